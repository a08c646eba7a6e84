import pytest

from tests.sitting import edited_reference, lost, sit

TITLE = "momentum 0.9 needs at most 50% of the epochs"
STEP = "params, velocity = momentum_step(params, grads, velocity, rate, momentum)"
RULE = "velocity = tuple(mu * v - lr * g for v, g in zip(velocity, grads, strict=True))"
VELOCITY = "velocity: Params = tuple(np.zeros_like(p) for p in params)"


def nesterov() -> str:
    """Return the reference with Nesterov's momentum and gradients scaled in the velocity, another right trainer."""
    source = edited_reference()["mlp_numpy.py"]
    return source.replace(
        "p + v for p, v in zip(params, velocity", "p + mu * v - lr * g for p, v, g in zip(params, velocity, grads"
    )


def test_the_reference_reaches_the_loss_in_half_of_the_epochs_and_shows_both_curves() -> None:
    verdict = sit("momentum_benefit")
    assert lost(verdict) == ()
    assert [name for name, _ in verdict.exhibits[0].lines] == ["momentum 0.0", "momentum 0.9"]  # type: ignore[union-attr]


def test_a_momentum_of_another_kind_that_pays_keeps_the_point() -> None:
    assert lost(sit("momentum_benefit", files={"mlp_numpy.py": nesterov()})) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (STEP, STEP.replace("momentum)", "0.0)")),
        (STEP, STEP.replace("momentum)", "0.9)")),
        (STEP, STEP.replace("params, velocity =", "params, _ =")),
        (RULE, RULE.replace("- lr * g", "- (1 - mu) * lr * g")),
    ],
)
def test_momentum_that_does_not_pay_loses(old: str, new: str) -> None:
    assert lost(sit("momentum_benefit", edits={"mlp_numpy.py": [(old, new)]})) == (TITLE,)
