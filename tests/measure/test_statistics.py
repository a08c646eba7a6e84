import math

import numpy as np
import pytest

from graders.measure.statistics import deviation_of_normal, he_scale, mean_of_normal, share, z_of


def test_right_draws_fail_as_often_as_stated() -> None:
    rng, risk, draws = np.random.default_rng(1), 0.03, 3000
    failed = sum(
        not all(m.within for m in he_scale(rng.normal(0, math.sqrt(2 / 23), (23, 31)), 23, name="W", risk=risk))
        for _ in range(draws)
    )
    assert failed <= draws * risk + 4 * math.sqrt(draws * risk)
    assert failed >= draws * risk / 3


@pytest.mark.parametrize("scale", [math.sqrt(1 / 200), 2 / 200, 1.0, 0.01, math.sqrt(2 / 300)])
def test_weights_of_another_scale_are_outside(scale: float) -> None:
    weights = np.random.default_rng(2).normal(0, scale, size=(200, 100))
    assert not all(m.within for m in he_scale(weights, 200, name="W1", risk=1e-6))


def test_uniform_weights_of_the_right_variance_pass_the_scale_and_not_the_shape() -> None:
    weights = np.random.default_rng(3).uniform(-1, 1, size=(784, 128)) * math.sqrt(6 / 784)
    assert all(m.within for m in he_scale(weights, 784, name="W1", risk=1e-6))
    inside = int(np.count_nonzero(np.abs(weights) <= math.sqrt(2 / 784)))  # 57.7 % of a uniform distribution
    assert not share(inside, weights.size, p=0.6827, what="the share", risk=1e-6).within


def test_a_shifted_mean_is_outside() -> None:
    weights = np.random.default_rng(4).normal(0.02, 0.05, size=(100, 100))
    measured = mean_of_normal(weights, sd=0.05, what="the mean", risk=1e-6)
    assert not measured.within
    assert measured.told.startswith("The mean is 0.0")


@pytest.mark.parametrize("weights", [np.full((3, 4), np.nan), np.zeros((0, 4)), np.zeros((1, 1))])
def test_nothing_and_nan_are_never_within(weights: np.ndarray) -> None:
    assert not deviation_of_normal(weights, sd=0.1, what="the deviation", risk=1e-6).within


def test_a_share_lies_between_bounds_that_hold_as_often_as_stated() -> None:
    rng = np.random.default_rng(5)
    hits = rng.binomial(10_000, 0.3, size=5000)
    outside = sum(not share(int(h), 10_000, p=0.3, what="the share", risk=0.01).within for h in hits)
    assert 5 <= outside <= 5000 * 0.01 + 4 * math.sqrt(50)
    assert not share(7000, 10_000, p=0.3, what="the share", risk=1e-6).within
    assert not share(0, 0, p=0.3, what="the share", risk=1e-6).within


def test_z_is_two_sided() -> None:
    assert z_of(0.05) == pytest.approx(1.95996, abs=1e-4)
