import pytest

from graders.foundation.verdict import Verdict
from graders.grading.scorecard import CriterionResult
from tests.sitting import lost, named, sit, sit_result

RATE = "0.5 * lr * (1 + math.cos(math.pi * epoch / epochs))"


def of(rate: str) -> tuple[Verdict, CriterionResult]:
    result = sit_result("cosine", edits={"mlp_numpy.py": [(RATE, rate)]})
    assert result.verdict is not None
    return result.verdict, result


def test_the_reference_keeps_every_point_on_the_cosine_schedule() -> None:
    assert lost(sit("cosine")) == ()


@pytest.mark.parametrize(
    "rate",
    [
        "lr * math.cos(math.pi * epoch / epochs / 2) ** 2",
        "0.5 * lr * (1 + math.cos(math.pi * epoch / (epochs - 1)))",
        "np.float32(lr) / 2 * (1 + np.cos(np.float32(np.pi * epoch / epochs)))",
    ],
)
def test_the_same_wave_written_otherwise_or_ending_in_the_last_epoch_is_as_good(rate: str) -> None:
    verdict, result = of(rate)
    assert lost(verdict) == ()
    assert named(result) == ()


def test_a_wave_one_epoch_ahead_keeps_half() -> None:
    verdict, result = of("lr * math.cos(math.pi * (epoch + 1) / epochs / 2) ** 2")
    assert verdict.share == pytest.approx(0.5)
    assert named(result) == ("cosine-ahead",)


@pytest.mark.parametrize(
    ("rate", "mistake"),
    [
        ("lr * (1 + math.cos(math.pi * epoch / epochs))", "cosine-without-half"),
        ("lr * math.sin(math.pi / 2 * (1 - epoch / epochs))", "cosine-quarter"),
        ("lr * math.cos(math.pi * epoch / (epochs - 1))", "cosine-without-one"),
        ("lr * math.cos(math.pi * epoch / epochs) ** 2", "cosine-whole-period"),
        ("0.5 * lr * (1 + math.cos(epoch / epochs))", "cosine-without-pi"),
        ("lr * math.sin(math.pi * epoch / epochs / 2) ** 2", "cosine-rising"),
        ("lr * (epochs - epoch) / epochs", "cosine-linear"),
        ("lr", "cosine-constant"),
    ],
)
def test_a_wrong_wave_earns_nothing_and_is_named_however_it_is_written(rate: str, mistake: str) -> None:
    verdict, result = of(rate)
    assert verdict.share == 0
    assert named(result) == (mistake,)


def test_two_mistakes_at_once_get_no_name() -> None:
    verdict, result = of("lr * (1 + math.cos(2 * math.pi * epoch / epochs))")
    assert verdict.share == 0
    assert named(result) == ()


def test_a_function_that_is_not_written_counts_as_not_attempted() -> None:
    verdict = sit("cosine", edits={"mlp_numpy.py": [(f"return float({RATE})", "raise NotImplementedError")]})
    assert verdict.standing.value == "not attempted"
