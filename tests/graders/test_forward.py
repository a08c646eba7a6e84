import pytest

from graders.foundation.verdict import Verdict
from tests.sitting import lost, sit

RIGHT = "return relu(X @ W1 + b1) @ W2 + b2"
VALUES = (
    "gives the right logits",
    "gives the right logits for other sizes",
    "works for a single image",
    "works in float32",
)


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_the_forward_pass() -> None:
    assert lost(sit("forward")) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        "softmax(relu(X @ W1 + b1) @ W2 + b2)",
        "(X @ W1 + b1) @ W2 + b2",
        "np.tanh(X @ W1 + b1) @ W2 + b2",
        "relu(X @ W1) @ W2 + b2",
    ],
)
def test_a_wrong_network_loses_the_values_alone(wrong: str) -> None:
    assert lost(sit("forward", edits={"mlp_numpy.py": [(RIGHT, f"return {wrong}")]})) == VALUES


def test_statistics_of_the_batch_make_an_image_depend_on_its_neighbours() -> None:
    edits = [(RIGHT, "X = X - X.mean(axis=0); return relu(X @ W1 + b1) @ W2 + b2")]
    verdict = sit("forward", edits={"mlp_numpy.py": edits})
    assert "an image's logits do not depend on the images beside it" in lost(verdict)
    assert "gives the same answer when asked again" not in lost(verdict)


def test_dropout_at_inference_is_caught_by_asking_twice() -> None:
    edits = [(RIGHT, "return apply_dropout(relu(X @ W1 + b1), 0.5, np.random.default_rng())[0] @ W2 + b2")]
    verdict = sit("forward", edits={"mlp_numpy.py": edits})
    assert "Two calls with the same arguments differ" in reason(verdict, "gives the same answer when asked again")


def test_an_update_in_place_loses_manners_alone() -> None:
    edits = [(RIGHT, "W1 *= 2; W1 /= 2; b1 += 1; X = X @ W1; return relu(X + b1 - 1) @ W2 + b2")]
    verdict = sit("forward", edits={"mlp_numpy.py": edits})
    assert lost(verdict) == ("leaves params and X as given",)
    assert "changed the params" in reason(verdict, "leaves params and X as given")
