"""What chance allows: the intervals in which a right but random answer lies, each with its stated risk.

Every function takes the risk of failing a right answer and returns the measured number with the allowed interval.
Quantiles are exact (normal, chi-square, binomial) and come from scipy.special.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrik, betaincinv, chdtri, ndtri


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A statistic of random numbers, and where it lies for a right answer.

    Args:
        what: what was measured, as in "the mean of W1".
        value: the measured number.
        low: smallest allowed number.
        high: largest allowed number.
    """

    what: str
    value: float
    low: float
    high: float

    @property
    def within(self) -> bool:
        """Whether the number lies in the interval; NaN does not."""
        return self.low <= self.value <= self.high

    @property
    def told(self) -> str:
        """The measured and the allowed numbers as a sentence."""
        return f"{self.what[:1].upper()}{self.what[1:]} is {self.value:.4g}, allowed {self.low:.4g} to {self.high:.4g}."


def z_of(risk: float) -> float:
    """Return how many standard deviations a normal number exceeds, in either direction, with this risk."""
    return float(-ndtri(risk / 2))


def mean_of_normal(values: np.ndarray, *, sd: float, what: str, risk: float, mean: float = 0.0) -> Measured:
    """Measure the mean of independent N(mean, sd²) numbers; exact for normal ones, close for any of many."""
    half = z_of(risk) * sd / math.sqrt(max(values.size, 1))
    return Measured(what=what, value=_mean(values), low=mean - half, high=mean + half)


def deviation_of_normal(values: np.ndarray, *, sd: float, what: str, risk: float) -> Measured:
    """Measure the standard deviation of independent normal numbers, by the chi-square interval of their variance.

    Uniform numbers of the same variance scatter less, so they pass with a smaller risk still.
    """
    freedom = max(values.size - 1, 1)
    low, high = (math.sqrt(float(chdtri(freedom, tail)) / freedom) * sd for tail in (1 - risk / 2, risk / 2))
    value = float(np.std(values, ddof=1)) if values.size > 1 else math.nan
    return Measured(what=what, value=value, low=low, high=high)


def share(hits: int, n: int, *, p: float, what: str, risk: float) -> Measured:
    """Measure a share of n independent trials that succeed with chance p, 0 < p < 1, by the binomial distribution."""
    if n == 0:
        return Measured(what=what, value=math.nan, low=0.0, high=1.0)
    low = math.floor(float(bdtrik(risk / 2, n, p))) / n
    high = 1 - math.floor(float(bdtrik(risk / 2, n, 1 - p))) / n
    return Measured(what=what, value=hits / n, low=low, high=high)


def compatible_share(hits: int, n: int, *, risk: float) -> tuple[float, float]:
    """Return the chances of success that `hits` of n independent trials are compatible with (Clopper and Pearson)."""
    low = float(betaincinv(hits, n - hits + 1, risk / 2)) if hits else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - risk / 2)) if hits < n else 1.0
    return low, high


def kolmogorov(cdf: np.ndarray) -> float:
    """Return the largest distance of sorted numbers from a distribution, given its cdf at them."""
    n = cdf.size
    return float(max(np.max(np.arange(1, n + 1) / n - cdf), np.max(cdf - np.arange(n) / n)))


def he_scale(weights: np.ndarray, fan_in: int, *, name: str, risk: float) -> tuple[Measured, ...]:
    """Measure mean and standard deviation of weights that shall have mean 0 and variance 2 / fan_in.

    Args:
        weights: a weight matrix of any shape.
        fan_in: how many inputs feed one unit.
        name: what the student calls it, as in "W1".
        risk: of failing a right answer, over both measurements together.
    """
    sd = math.sqrt(2 / fan_in)
    return (
        mean_of_normal(weights, sd=sd, what=f"the mean of {name}", risk=risk / 2),
        deviation_of_normal(weights, sd=sd, what=f"the standard deviation of {name}", risk=risk / 2),
    )


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if values.size else math.nan
