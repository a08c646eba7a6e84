import numpy as np
import pytest

from graders.foundation.call import Params, Value
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import ErrorMap, Verdict
from graders.gradients import Gradients
from graders.measure import truth
from graders.measure.batch import of_call
from tests.sitting import TINY, dataset, lost, named, sit, sit_result

ARRAYS = ("dW1 is right", "db1 is right", "dW2 is right", "db2 is right")
EDGES = ("works where no image has the last class", "works in float32")
HIDDEN = "dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)"
OUTPUT = "dW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0)"


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_gradients() -> None:
    assert lost(sit("gradients")) == ()


def test_a_gradient_that_is_not_divided_by_n_keeps_the_loss_and_tells_the_factor() -> None:
    verdict = sit("gradients", edits={"mlp_numpy.py": [("    dz /= len(y)  #", "    #")]})
    assert lost(verdict) == (*ARRAYS, *EDGES)
    for title in ARRAYS:
        assert "Every entry is 7 times what it should be." in reason(verdict, title)


def test_a_wrong_loss_does_not_cost_the_gradient() -> None:
    edits = [("    loss = cross_entropy(Z2, y)\n", "    loss = -cross_entropy(Z2, y)\n")]
    result = sit_result("gradients", edits={"mlp_numpy.py": edits})
    assert result.verdict is not None
    assert lost(result.verdict) == ("the loss is right",)
    assert named(result) == ("gradients-loss-sign",)


@pytest.mark.parametrize(
    ("old", "new", "title", "mistake"),
    [
        (HIDDEN, "dW1, db1 = X.T @ dZ1, dZ1.mean(axis=0)", "db1 is right", "gradients-bias-mean"),
        (HIDDEN, "dW1, db1 = X.T @ dZ1, dZ1.sum()", "db1 is right", "gradients-bias-scalar"),
        (HIDDEN, "dW1, db1 = X.T @ dZ1, dZ1", "db1 is right", "gradients-bias-not-summed"),
        (HIDDEN, "dW1, db1 = dZ1.T @ X, dZ1.sum(axis=0)", "dW1 is right", "gradients-transposed"),
        (HIDDEN, "dW1, db1 = -X.T @ dZ1, dZ1.sum(axis=0)", "dW1 is right", "gradients-sign"),
        (OUTPUT, "dW2, db2 = Z1.T @ dZ2, dZ2.sum(axis=0)", "dW2 is right", "gradients-preactivation-in-dw2"),
        (OUTPUT, "dW2, db2 = (Z1 > 0).T @ dZ2, dZ2.sum(axis=0)", "dW2 is right", "gradients-overwritten-activation"),
        (OUTPUT, "dW2, db2 = A1.T @ dZ2, dZ2.sum()", "db2 is right", "gradients-bias-scalar"),
        (
            OUTPUT,
            "dW2, db2 = A1.T @ dZ2 * len(X) / X.shape[1], dZ2.sum(axis=0)",
            "dW2 is right",
            "gradients-divided-by-inputs",
        ),
    ],
)
def test_a_slip_in_one_array_loses_that_array_alone_and_is_named(old: str, new: str, title: str, mistake: str) -> None:
    result = sit_result("gradients", edits={"mlp_numpy.py": [(old, new)]})
    assert result.verdict is not None
    assert lost(result.verdict) == (title,)
    assert named(result) == (mistake,)


@pytest.mark.parametrize(
    ("old", "new"),
    [("* mask * relu_grad(Z1)", "* mask"), ("return z > 0", "return np.maximum(z, 0) >= 0")],
)
def test_a_missing_relu_mask_loses_the_hidden_layer_alone(old: str, new: str) -> None:
    assert lost(sit("gradients", edits={"mlp_numpy.py": [(old, new)]})) == ARRAYS[:2]


def test_a_function_that_fails_for_a_single_image_keeps_half() -> None:
    edits = [("    Z1 = X @ W1 + b1", "    X = np.squeeze(X)\n    Z1 = X @ W1 + b1")]
    verdict = sit("gradients", edits={"mlp_numpy.py": edits})
    assert lost(verdict) == ("the loss is right", *ARRAYS)
    assert all(c.credit == 0.5 for c in verdict.checks if c.credit < 1)
    assert "Right for batches, but not for a single image" in reason(verdict, "dW1 is right")


def test_a_one_hot_matrix_as_wide_as_the_largest_label_loses_one_edge_alone() -> None:
    edits = [("    dz[np.arange(len(y)), y] -= 1", "    dz -= np.eye(y.max() + 1)[y]")]
    assert lost(sit("gradients", edits={"mlp_numpy.py": edits})) == EDGES[:1]


def test_parameters_changed_in_place_lose_manners_alone() -> None:
    edits = [("    Z1 = X @ W1 + b1", "    W1 += 1e-9\n    Z1 = X @ W1 + b1")]
    assert lost(sit("gradients", edits={"mlp_numpy.py": edits})) == ("leaves params, X and y as given",)


def _judged(change: "Params | None" = None, *, seed: int = 7, wrong_at: str = "") -> Verdict:
    """Judge right answers in float32, with `change` added to the gradients of one question."""
    exam = Exam(seed=seed, data=dataset("tiny"), training=TINY)
    grader = Gradients()
    seen = {}
    for call in grader.ask(exam):
        batch = of_call(call)
        loss, grads = truth.loss_and_grads(batch.params, batch.X, batch.y)
        parts = {n: getattr(grads, n).astype(np.float32) for n in truth.NAMES}
        if call.name == wrong_at and change is not None:
            parts = {n: parts[n] + getattr(change, n) for n in truth.NAMES}
        value: Value = (float(np.float32(loss)), Params(**parts))
        seen[call.name] = Answer(call=call, observation=Returned(value=value))
    return grader.judge(exam, seen)


def _single_entry(D: int, H: int, K: int) -> Params:
    change = Params(W1=np.zeros((D, H)), b1=np.zeros(H), W2=np.zeros((H, K)), b2=np.zeros(K))
    change.W2[1, 0] = 0.02
    return change


def test_one_wrong_entry_of_one_array_on_the_second_batch_is_found_and_shown() -> None:
    verdict = _judged(_single_entry(5, 8, 2), wrong_at="two classes")
    assert lost(verdict) == ("dW2 is right",)
    wrong = next(c for c in verdict.checks if c.credit < 1)
    assert "dW2[1, 0]" in wrong.reason
    (exhibit,) = wrong.exhibits
    assert isinstance(exhibit, ErrorMap)
    assert exhibit.errors.shape == (8, 2)
    assert np.flatnonzero(exhibit.errors > exhibit.allowed).tolist() == [2]


@pytest.mark.parametrize("seed", range(12))
def test_right_gradients_in_float32_lose_nothing_on_any_seed(seed: int) -> None:
    assert lost(_judged(seed=seed)) == ()
