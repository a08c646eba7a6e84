import pytest

from graders.foundation.call import Value
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import Verdict
from graders.width_study import WidthStudy
from tests.sitting import TINY, dataset, lost, sit

EVERY, NUMBERS = "there is a result for every width", "results are histories or accuracies, all finite"
OPTIONS, OWN, VALIDATED = (
    "the options reach the training",
    "each width has its own result",
    "the validation images are used",
)

RIGHT = "return {H: train(X, y, X_val, y_val, H=H, **train_options)[1] for H in widths}"
ACCURACIES = """
from mlp_numpy import predict, train

def width_study(X, y, X_val, y_val, widths, **train_options):
    out = {}
    for width in widths:
        params, _ = train(X, y, X_val, y_val, width, **train_options)
        out[f"{width}"] = ((predict(params, X) == y).mean(), (predict(params, X_val) == y_val).mean())
    return out
"""


@pytest.mark.torch_room
@pytest.mark.parametrize("files", [{}, {"study.py": ACCURACIES}])
def test_a_right_study_keeps_every_point(files: dict[str, str]) -> None:
    assert lost(sit("width_study", files=files)) == ()


@pytest.mark.torch_room
@pytest.mark.parametrize(
    ("wrong", "titles"),
    [
        (RIGHT.replace(", **train_options", ""), (OPTIONS,)),
        (RIGHT.replace("**train_options", 'epochs=train_options["epochs"]'), (OPTIONS,)),
        (RIGHT.replace("H=H, ", ""), (OWN,)),
        (RIGHT.replace("X_val, y_val, H", "X, y, H"), (VALIDATED,)),
        (RIGHT.replace("[1] for", "[0] for"), (NUMBERS, VALIDATED)),
        (RIGHT.replace("for H in widths", "for H in widths[:1]"), (EVERY, NUMBERS, OPTIONS, OWN, VALIDATED)),
    ],
)
def test_a_wrong_study_loses_what_it_breaks(wrong: str, titles: tuple[str, ...]) -> None:
    assert lost(sit("width_study", edits={"study.py": [(RIGHT, wrong)]})) == titles


def judged(results: Value, relabelled: Value) -> Verdict:
    exam = Exam(seed=1, data=dataset("tiny"), training=TINY)
    values = {"study": results, "other labels": relabelled, "no rate": relabelled}
    calls = WidthStudy().ask(exam)
    return WidthStudy().judge(exam, {c.name: Answer(call=c, observation=Returned(value=values[c.name])) for c in calls})


def test_numbers_pairs_and_series_of_accuracies_are_all_results() -> None:
    assert lost(judged({4: 0.5, 16: 0.6}, {4: 0.1, 16: 0.2})) == ()
    assert lost(judged({"4": [0.5, 0.6], "H=16": [0.7, 0.8]}, {"4": [0.1, 0.2], "H=16": [0.1, 0.3]})) == ()


def test_a_result_that_is_not_finite_loses() -> None:
    assert lost(judged({4: float("nan"), 16: 0.6}, {4: 0.1, 16: 0.2})) == (NUMBERS,)
