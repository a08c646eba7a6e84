import pytest

from graders.foundation.verdict import Verdict
from tests.sitting import lost, sit

RIGHT = "labels: Labels = forward(params, X).argmax(axis=1)"
VALUES = (
    "gives the likeliest class of each image",
    "works for two classes",
    "works for a single image",
    "works in float32",
)


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_prediction() -> None:
    assert lost(sit("predict")) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        "forward(params, X).argmax(axis=0)",
        "softmax(forward(params, X))",
        "forward(params, X).argmin(axis=1)",
        "forward(params, X).argmax(axis=1) + 1",
        "forward(params, X).argmax(axis=1) + 0.5",
    ],
)
def test_wrong_labels_lose_the_values(wrong: str) -> None:
    verdict = sit("predict", edits={"mlp_numpy.py": [(RIGHT, f"labels = {wrong}")]})
    assert lost(verdict) == VALUES


def test_a_number_between_two_labels_is_told_to_be_none() -> None:
    verdict = sit("predict", edits={"mlp_numpy.py": [(RIGHT, "labels = forward(params, X).argmax(axis=1) + 0.5")]})
    assert "no class label" in reason(verdict, VALUES[0])


@pytest.mark.parametrize(
    "right",
    [
        "forward(params, X).argmax(axis=1)[:, None].astype(float)",
        "[int(np.argmax(z)) for z in forward(params, X)]",
        "softmax(forward(params, X)).argmax(axis=-1).astype(np.uint8)",
    ],
)
def test_labels_in_another_form_lose_nothing(right: str) -> None:
    assert lost(sit("predict", edits={"mlp_numpy.py": [(RIGHT, f"labels = {right}")]})) == ()


def test_dropout_at_prediction_is_caught_by_asking_twice() -> None:
    drop = "apply_dropout(relu(X @ params[0] + params[1]), 0.6, np.random.default_rng())[0] @ params[2] + params[3]"
    verdict = sit("predict", edits={"mlp_numpy.py": [(RIGHT, f"labels = ({drop}).argmax(axis=1)")]})
    assert "gives the same labels when asked again" in lost(verdict)
