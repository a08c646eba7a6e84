import pytest

from graders.foundation.verdict import Verdict
from tests.sitting import lost, sit

RATE = "0.5 * lr * (1 + math.cos(math.pi * epoch / epochs))"


def of(rate: str) -> Verdict:
    return sit("cosine", edits={"mlp_numpy.py": [(RATE, rate)]})


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
    assert lost(of(rate)) == ()


def test_a_wave_one_epoch_ahead_keeps_half() -> None:
    verdict = of("0.5 * lr * (1 + math.cos(math.pi * (epoch + 1) / epochs))")
    assert verdict.share == pytest.approx(0.5)
    assert all("one epoch ahead" in check.reason for check in verdict.checks)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ("lr * (1 + math.cos(math.pi * epoch / epochs))", "twice too large"),
        ("lr * math.cos(math.pi * epoch / epochs / 2)", "a quarter of a wave"),
        ("lr * math.cos(math.pi * epoch / epochs)", "becomes negative"),
        ("0.5 * lr * (1 + math.cos(2 * math.pi * epoch / epochs))", "down and up again"),
        ("0.5 * lr * (1 + math.cos(epoch / epochs))", "pi is missing"),
        ("0.5 * lr * (1 - math.cos(math.pi * epoch / epochs))", "The wave goes up"),
        ("lr * (1 - epoch / epochs)", "a straight line"),
        ("lr", "never changes"),
    ],
)
def test_a_wrong_wave_earns_nothing_and_is_named(rate: str, words: str) -> None:
    verdict = of(rate)
    assert verdict.share == 0
    assert all(words in check.reason for check in verdict.checks)


def test_a_function_that_is_not_written_counts_as_not_attempted() -> None:
    verdict = sit("cosine", edits={"mlp_numpy.py": [(f"return float({RATE})", "raise NotImplementedError")]})
    assert verdict.standing.value == "not attempted"
