import pytest

from tests.sitting import lost, named, named_parts, sit, sit_result

FIRST, SECOND = "dW1 += weight_decay * W1", "dW2 += weight_decay * W2"
W1, W2, BIASES, PROPORTIONAL, LOSS = (
    "dW1 grows by λ·W1",
    "dW2 grows by λ·W2",
    "db1 and db2 stay as they were",
    "the change is proportional to λ",
    "the loss includes ½·λ·‖W‖² or leaves it out",
)


def test_the_reference_keeps_every_point_on_weight_decay() -> None:
    assert lost(sit("weight_decay")) == ()


def test_a_loss_without_the_penalty_is_as_good() -> None:
    edits = [("loss += 0.5 * weight_decay", "loss += 0.0 * weight_decay")]
    assert lost(sit("weight_decay", edits={"mlp_numpy.py": edits})) == ()


@pytest.mark.parametrize(
    ("factor", "mistake", "proportional"),
    [
        ("2 * weight_decay", "weight-decay-doubled", True),
        ("-weight_decay", "weight-decay-sign", True),
        ("weight_decay / len(X)", "weight-decay-divided-by-n", True),
        ("weight_decay**2", "weight-decay-squared-lambda", False),
        ("0.003", "weight-decay-fixed-lambda", False),
    ],
)
def test_decay_of_the_wrong_size_is_named(factor: str, mistake: str, *, proportional: bool) -> None:
    edits = [(FIRST, f"dW1 += ({factor}) * W1"), (SECOND, f"dW2 += ({factor}) * W2")]
    result = sit_result("weight_decay", edits={"mlp_numpy.py": edits})
    assert result.verdict is not None
    assert lost(result.verdict) == ((W1, W2) if proportional else (W1, W2, PROPORTIONAL))
    assert named(result) == (mistake,)


def test_decayed_biases_lose_their_check_alone() -> None:
    edits = [(SECOND, f"{SECOND}; db1 = db1 + weight_decay * b1")]
    assert lost(sit("weight_decay", edits={"mlp_numpy.py": edits})) == (BIASES,)


def test_decay_in_one_layer_loses_the_other_alone() -> None:
    assert lost(sit("weight_decay", edits={"mlp_numpy.py": [(FIRST, "pass")]})) == (W1,)


def test_an_ignored_weight_decay_earns_nothing() -> None:
    verdict = sit("weight_decay", edits={"mlp_numpy.py": [("    if weight_decay:", "    if False:")]})
    assert verdict.share == 0


@pytest.mark.parametrize(
    ("penalty", "mistake"),
    [
        ("loss += 0.5 * weight_decay * float((W2**2).sum())", "weight-decay-penalty-of-one-layer"),
        ("loss -= 0.5 * weight_decay * float((W1**2).sum() + (W2**2).sum())", "weight-decay-penalty-sign"),
    ],
)
def test_another_penalty_in_the_loss_loses_the_loss_alone(penalty: str, mistake: str) -> None:
    old = "loss += 0.5 * weight_decay * float((W1**2).sum() + (W2**2).sum())"
    result = sit_result("weight_decay", edits={"mlp_numpy.py": [(old, penalty)]})
    assert result.verdict is not None
    assert lost(result.verdict) == (LOSS,)
    assert named(result) == (mistake,)


def test_decay_that_train_does_by_itself_is_told_from_none() -> None:
    shrink = "params = tuple(p * (1 - rate * weight_decay) if p.ndim == 2 else p for p in params)"
    step = "            params, velocity = momentum_step(params, grads, velocity, rate, momentum)"
    edits = [(FIRST, "pass"), (SECOND, "pass"), (step, f"{step}\n            {shrink}")]
    assert named(sit_result("weight_decay", edits={"mlp_numpy.py": edits})) == ("weight-decay-decoupled",)
    assert named(sit_result("weight_decay", edits={"mlp_numpy.py": edits[:2]})) == ("weight-decay-loss-only",)


def test_a_mistake_beside_a_wrong_gradient_is_named() -> None:
    edits = [
        ("* mask * relu_grad(Z1)", "* mask"),
        (FIRST, "dW1 += weight_decay * W1 * 2"),
        (SECOND, "dW2 += 0.5 * 4 * weight_decay * W2"),
    ]
    assert named(sit_result("weight_decay", edits={"mlp_numpy.py": edits})) == ("weight-decay-doubled",)


def test_two_mistakes_in_two_layers_are_named_by_part_alone() -> None:
    edits = [(FIRST, "dW1 -= weight_decay * W1"), (SECOND, "dW2 += weight_decay * np.sign(W2)")]
    result = sit_result("weight_decay", edits={"mlp_numpy.py": edits})
    assert named(result) == ()
    assert named_parts(result) == {"W1": ("weight-decay-sign",), "W2": ("weight-decay-l1",)}


def test_a_wrong_gradient_is_not_charged_again() -> None:
    edits = [("    dz /= len(y)  #", "    #"), ("* mask * relu_grad(Z1)", "* mask")]
    assert lost(sit("weight_decay", edits={"mlp_numpy.py": edits})) == ()
