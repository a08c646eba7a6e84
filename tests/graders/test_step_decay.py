import numpy as np
import pytest

from tests.sitting import lost, named, sit, sit_result

RATE = "lr * drop ** (epoch // every)"
FOUR, SEVEN, DEFAULTS, FIRST = (
    "multiplies by drop after every 4 epochs",
    "multiplies by drop after every 7 epochs",
    "drops to a tenth every 10 epochs by default",
    "the first epoch has the full rate",
)


def told(new: str, old: str = RATE) -> tuple[tuple[str, ...], tuple[str, ...]]:
    result = sit_result("step_decay", edits={"mlp_numpy.py": [(old, new)]})
    assert result.verdict is not None
    return lost(result.verdict), named(result)


def test_the_reference_keeps_every_point_on_step_decay() -> None:
    assert lost(sit("step_decay")) == ()


@pytest.mark.parametrize(
    "rate",
    ["np.float32(lr) * np.float32(drop) ** (epoch // every)", "lr * np.prod([drop] * (epoch // every))"],
)
def test_another_way_to_the_same_rates_is_as_good(rate: str) -> None:
    assert told(rate) == ((), ())


@pytest.mark.parametrize(
    ("rate", "mistake"),
    [
        ("lr * math.pow(drop, epoch / every)", "step-decay-continuous"),
        ("lr * drop ** int((epoch + 1) / every)", "step-decay-early"),
        ("lr * drop ** ((epoch - 1) // every if epoch else 0)", "step-decay-late"),
        ("lr * np.prod([drop] * epoch)", "step-decay-every-epoch"),
        ("lr * (drop if epoch >= every else 1)", "step-decay-once"),
        ("lr * np.exp((epoch // every) * np.log1p(-drop))", "step-decay-one-minus-drop"),
    ],
)
def test_a_wrong_decay_loses_its_series_and_is_named_however_it_is_written(rate: str, mistake: str) -> None:
    titles, names = told(rate)
    assert {FOUR, SEVEN} <= set(titles)
    assert FIRST not in titles
    assert names == (mistake,)


def test_a_drop_in_the_first_epoch_loses_that_epoch_too() -> None:
    titles, names = told("lr * drop ** (1 + epoch // every)")
    assert titles == (FOUR, SEVEN, DEFAULTS, FIRST)
    assert names == ("step-decay-from-the-start",)


def test_two_mistakes_at_once_get_no_name() -> None:
    titles, names = told("lr * (1 - drop) ** ((epoch + 1) // every)")
    assert FOUR in titles
    assert names == ()


def test_other_defaults_lose_the_defaults_alone() -> None:
    titles, names = told("drop: float = 0.1, every: int = 8)", "drop: float = 0.1, every: int = 10)")
    assert titles == (DEFAULTS,)
    assert names == ("step-decay-other-default-every",)


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
