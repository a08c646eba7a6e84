"""The shortcuts of the port's judge lead where following every step leads."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.port_judge import PortJudge
from graders.measure.port_steps import Port, leaving_one_out
from graders.measure.trajectory import distance, is_near


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def judge_of(rng: np.random.Generator, port: Port) -> tuple[PortJudge, Params]:
    X, y = rng.random((5, 4)), rng.integers(0, 3, size=5)
    return PortJudge(whole=(X, y), lr=0.2, rtol=2e-3, port=port), truth.params_like(4, 6, 3, rng)


@pytest.mark.parametrize("port", [Port(), Port(frozen=("b1", "W2"))])
def test_second_epochs_are_those_of_the_followed_steps(rng: np.random.Generator, port: Port) -> None:
    judge, start = judge_of(rng, port)
    adding = replace(port, accumulates=True)
    found = list(judge._second_epochs(start, leaving_one_out(*judge.whole)))
    for rate, order in itertools.product((0.1, 0.0, 0.2), leaving_one_out(*judge.whole)):
        followed = [*port.walk(start, order, lrs=[rate] * 2), adding.walk(start, order, lrs=[rate] * 2)[-1]]
        for state in followed:
            assert any(distance([one], [state], start=start, scale=[state]) < 1e-12 for one in found)


def test_no_second_epoch_leads_anywhere_else(rng: np.random.Generator) -> None:
    judge, start = judge_of(rng, Port())
    orders = leaving_one_out(*judge.whole)
    followed = [
        state
        for rate, order in itertools.product((0.1, 0.0, 0.2), orders)
        for port in (Port(), Port(accumulates=True))
        for state in port.walk(start, order, lrs=[rate] * 2)
    ]
    for one in judge._second_epochs(start, orders):
        assert any(distance([one], [state], start=start, scale=[state]) < 1e-12 for state in followed)


@pytest.mark.parametrize("odd", [None, np.nan, np.inf])
def test_near_is_what_the_distance_says(rng: np.random.Generator, odd: float | None) -> None:
    start, want = truth.params_like(4, 6, 3, rng), truth.params_like(4, 6, 3, rng)
    for scale, name in itertools.product((1e-4, 1e-2), truth.NAMES):
        changed = {n: np.array(getattr(want, n)) for n in truth.NAMES}
        changed[name] += scale
        if odd is not None:
            changed[name].flat[0] = odd
        for got, right in ((Params(**changed), want), (want, Params(**changed))):
            with np.errstate(all="ignore"):
                far = distance([got], [right], start=start, scale=[right])
                assert is_near(got, right, start=start, rtol=1e-3) == (far <= 1e-3)
