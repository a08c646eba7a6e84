import numpy as np
import pytest

from tests.sitting import lost, sit

RATE = "lr * drop ** (epoch // every)"
FOUR, SEVEN, DEFAULTS, FIRST = (
    "multiplies by drop after every 4 epochs",
    "multiplies by drop after every 7 epochs",
    "drops to a tenth every 10 epochs by default",
    "the first epoch has the full rate",
)


def told(new: str, old: str = RATE) -> tuple[tuple[str, ...], str]:
    verdict = sit("step_decay", edits={"mlp_numpy.py": [(old, new)]})
    return lost(verdict), " ".join(check.reason for check in verdict.checks)


def test_the_reference_keeps_every_point_on_step_decay() -> None:
    assert lost(sit("step_decay")) == ()


@pytest.mark.parametrize(
    "rate",
    ["np.float32(lr) * np.float32(drop) ** (epoch // every)", "lr * np.prod([drop] * (epoch // every))"],
)
def test_another_way_to_the_same_rates_is_as_good(rate: str) -> None:
    assert told(rate)[0] == ()


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ("lr * drop ** (epoch / every)", "the exponent is not rounded down"),
        ("lr * drop ** ((epoch + 1) // every)", "one epoch early"),
        ("lr * drop ** (max(epoch - 1, 0) // every)", "one epoch late"),
        ("lr * drop ** epoch", "acts in every epoch"),
        ("lr * (drop if epoch >= every else 1)", "drops once and never again"),
        ("lr * (1 - drop) ** (epoch // every)", "drop is the factor itself"),
    ],
)
def test_a_wrong_decay_loses_its_series_and_is_named(rate: str, words: str) -> None:
    titles, reasons = told(rate)
    assert {FOUR, SEVEN} <= set(titles)
    assert FIRST not in titles
    assert words in reasons


def test_a_drop_in_the_first_epoch_loses_that_epoch_too() -> None:
    titles, reasons = told("lr * drop ** (epoch // every + 1)")
    assert titles == (FOUR, SEVEN, DEFAULTS, FIRST)
    assert "acts already in epoch 0" in reasons


def test_other_defaults_lose_the_defaults_alone() -> None:
    titles, _ = told("drop: float = 0.1, every: int = 5)", "drop: float = 0.1, every: int = 10)")
    assert titles == (DEFAULTS,)


def test_a_rate_that_depends_on_earlier_calls_loses_points() -> None:
    stateful = "CALLS.append(epoch)\n    epoch = len(CALLS) - 1\n    return float(lr * drop"
    edits = [("return float(lr * drop", stateful), ("import sys\n", "import sys\n\nCALLS = []\n")]
    assert FOUR in lost(sit("step_decay", edits={"mlp_numpy.py": edits}))


def test_a_rate_that_is_not_a_number_is_told_so() -> None:
    verdict = sit("step_decay", edits={"mlp_numpy.py": [(f"float({RATE})", "float('nan')")]})
    assert verdict.share == 0
    assert "is nan" in verdict.checks[0].reason


def test_rates_are_compared_with_the_formula_in_the_task() -> None:
    from graders.measure import truth

    assert np.allclose([truth.step_decay(e, 0.4, 0.5, 3) for e in range(7)], [0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1])
