import numpy as np
import pytest

from graders.cross_entropy import CrossEntropy
from graders.foundation.call import Value
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import Verdict
from graders.measure import truth
from tests.sitting import TINY, dataset, lost, sit

MEAN = "min(float(nll.mean()), sys.float_info.max)"
NLL = "nll = np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(y)), y]"
LAGS = (
    "a logit that lags by 1e3 costs 1e3",
    "a logit that lags by 1e4 costs 1e4",
    "a logit that lags by 1e30 costs 1e30",
)


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_cross_entropy() -> None:
    assert lost(sit("cross_entropy")) == ()


def test_a_sum_instead_of_a_mean_loses_the_values_and_not_the_hopeless_single_images() -> None:
    verdict = sit("cross_entropy", edits={"mlp_numpy.py": [(MEAN, "float(nll.sum())")]})
    assert {"gives the right loss", "is a mean, whatever the number of images"} <= set(lost(verdict))
    assert not set(LAGS) & set(lost(verdict))


def test_a_small_number_added_to_p_stays_finite_and_loses_only_where_the_loss_is_capped() -> None:
    edits = [(NLL, "nll = -np.log(softmax(z)[np.arange(len(y)), y] + 1e-12)")]
    verdict = sit("cross_entropy", edits={"mlp_numpy.py": edits})
    assert lost(verdict) == LAGS


def test_the_logarithm_of_an_underflowed_probability_is_not_finite() -> None:
    edits = [(NLL, "nll = -np.log(softmax(z)[np.arange(len(y)), y])"), (MEAN, "float(nll.mean())")]
    verdict = sit("cross_entropy", edits={"mlp_numpy.py": edits})
    assert lost(verdict) == ("stays finite where P of the right class underflows", *LAGS)


def test_a_one_hot_matrix_as_wide_as_the_largest_label_loses_the_batch_without_the_last_class() -> None:
    edits = [(NLL, "nll = np.log(np.exp(s).sum(axis=1)) - (np.eye(y.max() + 1)[y] * s).sum(axis=1)")]
    assert lost(sit("cross_entropy", edits={"mlp_numpy.py": edits})) == ("works where no image has the last class",)


def test_one_loss_for_each_image_is_told_to_be_one_number_too_many() -> None:
    verdict = sit("cross_entropy", edits={"mlp_numpy.py": [(f"return {MEAN}", "return nll")]})
    assert "7 numbers, one for each image" in reason(verdict, "gives the right loss")


def test_one_maximum_for_the_whole_batch_loses_the_certain_images_far_below_it() -> None:
    edits = [("s = z - z.max(axis=1, keepdims=True)", "s = z - z.max()"), (MEAN, "float(nll.mean())")]
    verdict = sit("cross_entropy", edits={"mlp_numpy.py": edits})
    assert lost(verdict) == ("is zero where the right class is certain",)


def test_writing_into_the_logits_loses_manners_alone() -> None:
    shift = "        s = z - z.max(axis=1, keepdims=True)"
    edits = [(shift, "        z -= z.max(axis=1, keepdims=True); s = z")]
    assert lost(sit("cross_entropy", edits={"mlp_numpy.py": edits})) == ("leaves z and y as given",)


def _returning(style: str) -> Verdict:
    exam = Exam(seed=3, data=dataset("tiny"), training=TINY)
    grader = CrossEntropy()
    seen = {}
    for call in grader.ask(exam):
        z, y = call.args
        assert isinstance(z, np.ndarray)
        assert isinstance(y, np.ndarray)
        loss = truth.cross_entropy(z, y)
        values: dict[str, Value] = {
            "0-d": np.array(loss),
            "one entry": np.array([loss]),
            "float32": float(np.float32(loss)),
        }
        seen[call.name] = Answer(call=call, observation=Returned(value=values[style]))
    return grader.judge(exam, seen)


@pytest.mark.parametrize("style", ["0-d", "one entry", "float32"])
def test_any_form_of_one_number_is_a_loss(style: str) -> None:
    assert lost(_returning(style)) == ()
