"""What the answers of `init` show: how the weights are spread, what the biases hold, what the seed decides."""

from collections.abc import Callable, Mapping, Sequence
from math import log, sqrt
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr

from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed, Returned
from graders.measure.batch import one_of_four
from graders.measure.compare import Wrong
from graders.measure.statistics import deviation_of_normal, kolmogorov, z_of
from graders.measure.truth import NAMES
from graders.naming.mistake import ENDING, RETURNED, Case, Interval, Key, Outcome, Outcomes
from graders.naming.styles import Several

RISK = 1e-6  # that an interval misses the number that a draw was made with
WEIGHTS, BIASES = ("W1", "W2"), ("b1", "b2")
LAYERS = (WEIGHTS, ("W1",), ("W2",))
NORMAL, UNIFORM, ANOTHER, CONSTANT, ZEROS = "normal", "uniform", "another", "constant", "zeros"
RANDOM = "random numbers"
SAME, OTHER = "the same", "others"

# The traits: each is a question or several, with an array's name for its part.
LAW, DEVIATION, MEAN, SHAPE, HOLDS, AGAIN, ELSE = "law", "deviation", "mean", "shape", "holds", "again", "other seed"

Size: TypeAlias = Callable[[int, int], float]
"""From fan_in and fan_out to a standard deviation or a mean."""


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return how each question ended, and the traits of the large draw."""
    found: dict[Key, Outcome] = {}
    arrays: dict[str, Mapping[str, np.ndarray]] = {}
    for question, answer in seen.items():
        observation = answer.observation
        found[question, ENDING] = observation.kind.value if isinstance(observation, Failed) else RETURNED
        if isinstance(observation, Returned):
            try:
                arrays[question] = {n: one_of_four(observation.value, n) for n in NAMES}
            except Wrong as wrong:
                found[question, ENDING] = wrong.got or wrong.reason
    for name in NAMES:
        if "small" in arrays:
            found[SHAPE, name] = _shape(arrays["small"][name], name)
        if "large" in arrays:
            large = arrays["large"]
            found |= _spread(large[name], name) if name in WEIGHTS else {(HOLDS, name): _held(large[name])}
            if "again" in arrays:
                found[AGAIN, name] = _told_apart(large[name], arrays["again"][name])
            if "other seed" in arrays and name in WEIGHTS:
                found[ELSE, name] = _told_apart(large[name], arrays["other seed"][name])
    return found


def _shape(array: np.ndarray, name: str) -> str:
    flat = name in BIASES and array.ndim == 2 and 1 in array.shape
    return str((array.size,) if flat else array.shape)


def _told_apart(first: np.ndarray, second: np.ndarray) -> str:
    return SAME if np.array_equal(first, second) else OTHER


def _held(bias: np.ndarray) -> str:
    if not bias.any():
        return ZEROS
    return CONSTANT if bias.size > 1 and np.ptp(bias) == 0 else RANDOM


def _spread(weights: np.ndarray, name: str) -> Outcomes:
    w = weights.ravel()
    if w.size < 2 or np.ptp(w) == 0:
        return {(LAW, name): CONSTANT if w.any() else ZEROS, (DEVIATION, name): "none", (MEAN, name): "none"}
    mean, sd = float(w.mean()), float(w.std(ddof=1))
    unit = deviation_of_normal(w, sd=1.0, what="", risk=RISK)
    half = z_of(RISK) * sd / sqrt(w.size)
    return {
        (LAW, name): law_of((w - mean) / sd),
        (DEVIATION, name): Interval(low=sd / unit.high, high=sd / unit.low),
        (MEAN, name): Interval(low=mean - half, high=mean + half),
    }


def law_of(z: np.ndarray) -> str:
    """Return the distribution that standardised numbers may come from."""
    z = np.sort(z)
    allowed = sqrt(log(2 / RISK) / (2 * z.size))  # Dvoretzky-Kiefer-Wolfowitz
    if kolmogorov(ndtr(z)) <= allowed:
        return NORMAL
    return UNIFORM if kolmogorov(np.clip(z / sqrt(12) + 0.5, 0, 1)) <= allowed else ANOTHER


def right(case: Case) -> Outcomes:
    """Return the traits of a He initialisation."""
    D, H, K = _sizes(case, "small")
    shapes = {"W1": (D, H), "b1": (H,), "W2": (H, K), "b2": (K,)}
    found: dict[Key, Outcome] = {(question, ENDING): RETURNED for question in case.seen}
    for name in NAMES:
        found |= {(SHAPE, name): str(shapes[name]), (AGAIN, name): SAME}
    for name in WEIGHTS:
        found |= _drawn(case, name, NORMAL, lambda fan_in, _: sqrt(2 / fan_in), _nothing)
        found[ELSE, name] = OTHER
    return found | {(HOLDS, name): ZEROS for name in BIASES}


def drawn(
    deviation: Size, *, law: str = NORMAL, mean: Size | None = None, layers: Sequence[Sequence[str]] = LAYERS
) -> Several:
    """Return the prediction that some weights come from another distribution.

    Args:
        deviation: from fan_in and fan_out to the standard deviation.
        law: the distribution.
        mean: from fan_in and fan_out to the mean; zero, when left out.
        layers: which weights; each selection is a style of its own.
    """

    def predict(case: Case) -> list[Outcomes]:
        return [
            {key: told for n in names for key, told in _drawn(case, n, law, deviation, mean or _nothing).items()}
            for names in layers
        ]

    return predict


def traits(*told: Mapping[Key, Outcome]) -> Several:
    """Return the prediction of these traits; several, where styles differ."""
    return lambda _case: list(told)


def alike(law: str) -> Several:
    """Return the prediction that all entries of some weights are one number."""
    return traits(
        *(
            {
                key: told
                for n in names
                for key, told in {
                    (LAW, n): law,
                    (DEVIATION, n): "none",
                    (MEAN, n): "none",
                    (ELSE, n): SAME,
                }.items()
            }
            for names in LAYERS
        )
    )


def both(first: Several, second: Several) -> Several:
    """Return the prediction that two things are wrong together, in every combination of styles."""
    return lambda case: [{**a, **b} for a in first(case) for b in second(case)]


def _sizes(case: Case, question: str) -> tuple[int, int, int]:
    D, H, K = (size for size in case.seen[question].call.args if isinstance(size, int))
    return D, H, K


def _drawn(case: Case, name: str, law: str, deviation: Size, mean: Size) -> Outcomes:
    D, H, K = _sizes(case, "large")
    fans = (D, H) if name == "W1" else (H, K)
    return {
        (LAW, name): law,
        (DEVIATION, name): np.asarray(deviation(*fans)),
        (MEAN, name): np.asarray(mean(*fans)),
    }


def _nothing(_fan_in: int, _fan_out: int) -> float:
    return 0.0
