import pytest

from graders.foundation.verdict import Verdict
from tests.sitting import lost, sit

FIRST, SECOND = "dW1 += weight_decay * W1", "dW2 += weight_decay * W2"
W1, W2, BIASES, PROPORTIONAL, LOSS = (
    "dW1 grows by λ·W1",
    "dW2 grows by λ·W2",
    "db1 and db2 stay as they were",
    "the change is proportional to λ",
    "the loss includes ½·λ·‖W‖² or leaves it out",
)


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_weight_decay() -> None:
    assert lost(sit("weight_decay")) == ()


def test_a_loss_without_the_penalty_is_as_good() -> None:
    edits = [("loss += 0.5 * weight_decay", "loss += 0.0 * weight_decay")]
    assert lost(sit("weight_decay", edits={"mlp_numpy.py": edits})) == ()


@pytest.mark.parametrize(
    ("factor", "words", "proportional"),
    [
        ("2 * weight_decay", "added twice", True),
        ("0.5 * weight_decay", "half of λ·W", True),
        ("-weight_decay", "The sign is wrong", True),
        ("weight_decay / len(X)", "7 is the batch size", True),
        ("weight_decay**2", "λ squared", False),
    ],
)
def test_decay_of_the_wrong_size_is_named(factor: str, words: str, *, proportional: bool) -> None:
    edits = [(FIRST, f"dW1 += ({factor}) * W1"), (SECOND, f"dW2 += ({factor}) * W2")]
    verdict = sit("weight_decay", edits={"mlp_numpy.py": edits})
    assert lost(verdict) == ((W1, W2) if proportional else (W1, W2, PROPORTIONAL))
    assert words in reason(verdict, W1)


def test_decayed_biases_lose_their_check_alone() -> None:
    edits = [(SECOND, f"{SECOND}; db1 = db1 + weight_decay * b1")]
    verdict = sit("weight_decay", edits={"mlp_numpy.py": edits})
    assert lost(verdict) == (BIASES,)
    assert "λ·b1: the biases are decayed too" in reason(verdict, BIASES)


def test_decay_in_one_layer_loses_the_other_alone() -> None:
    verdict = sit("weight_decay", edits={"mlp_numpy.py": [(FIRST, "pass")]})
    assert lost(verdict) == (W1,)
    assert "this layer is not decayed" in reason(verdict, W1)


def test_an_ignored_weight_decay_earns_nothing() -> None:
    verdict = sit("weight_decay", edits={"mlp_numpy.py": [("    if weight_decay:", "    if False:")]})
    assert verdict.share == 0


@pytest.mark.parametrize(
    ("penalty", "words"),
    [
        ("loss += weight_decay * float((W1**2).sum() + (W2**2).sum())", "the ½ is missing"),
        ("loss += 0.5 * weight_decay * float(sum((p**2).sum() for p in params))", "over the biases too"),
        ("loss += 0.5 * weight_decay * float((W2**2).sum())", "W2 alone"),
    ],
)
def test_another_penalty_in_the_loss_loses_the_loss_alone(penalty: str, words: str) -> None:
    old = "loss += 0.5 * weight_decay * float((W1**2).sum() + (W2**2).sum())"
    verdict = sit("weight_decay", edits={"mlp_numpy.py": [(old, penalty)]})
    assert lost(verdict) == (LOSS,)
    assert words in reason(verdict, LOSS)


def test_a_wrong_gradient_is_not_charged_again() -> None:
    edits = [("    dz /= len(y)  #", "    #"), ("* mask * relu_grad(Z1)", "* mask")]
    assert lost(sit("weight_decay", edits={"mlp_numpy.py": edits})) == ()
