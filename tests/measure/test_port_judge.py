"""The shortcuts of the port's judge lead where following every step leads."""

import itertools
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.port_judge import PortJudge
from graders.measure.port_steps import WRONG_PORTS, Port, leaving_one_out, one_way
from graders.measure.trajectory import any_near, distance


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def judge_of(rng: np.random.Generator, port: Port) -> tuple[PortJudge, Params]:
    X, y = rng.random((5, 4)), rng.integers(0, 3, size=5)
    return PortJudge(whole=(X, y), lr=0.2, rtol=2e-3, port=port), truth.params_like(4, 6, 3, rng)


def beside(*several: Params) -> Params:
    """Return runs side by side."""
    return Params(**{n: np.stack([getattr(one, n) for one in several]) for n in truth.NAMES})


def each(runs: Iterable[Params], n: int) -> list[Params]:
    """Return runs that lie side by side one after another."""
    return [Params(**{k: getattr(several, k)[i] for k in truth.NAMES}) for several in runs for i in range(n)]


def followed(judge: PortJudge, port: Port, start: Params) -> list[Params]:
    """Return where every second epoch leads, with the last batch dropped, taken, or taken with gradients added."""
    ports, rates = (port, replace(port, accumulates=True)), (0.1, 0.0, 0.2)
    orders = [one_way(leaving_one_out(*judge.whole), i) for i in range(5)]
    return [
        state
        for rate, order, one in itertools.product(rates, orders, ports)
        for state in one.walk(start, order, lrs=[rate] * 2)
    ]


@pytest.mark.parametrize("port", [Port(), Port(frozen=("b1", "W2"))])
def test_second_epochs_are_those_of_the_followed_steps_and_no_others(rng: np.random.Generator, port: Port) -> None:
    judge, start = judge_of(rng, port)
    found = each(judge._second_epochs(start, leaving_one_out(*judge.whole)), 5)
    right = followed(judge, port, start)
    for some, others in ((found, right), (right, found)):
        for state in some:
            assert any(distance([one], [state], start=start, scale=[state]) < 1e-12 for one in others)


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
                for runs in ([right], [start, right], [right, start]):
                    assert any_near(got, beside(*runs), start=start, rtol=1e-3) == (far <= 1e-3)


def test_a_state_that_a_wrong_port_explains_is_never_taken_for_right(rng: np.random.Generator) -> None:
    judge, start = judge_of(rng, Port())
    right = judge._steps(start, 1)
    ends = {port: replace(judge, port=port)._steps(start, 1) for port in WRONG_PORTS}
    for (one,) in ends.values():
        explaining = [port for port, end in ends.items() if judge._explains(end, one, start, right)]
        assert judge.mistake_of(start, one) == (explaining[0] if len(explaining) == 1 else Port())


def test_a_right_step_is_the_mistake_of_no_port_and_clears(rng: np.random.Generator) -> None:
    judge, start = judge_of(rng, Port())
    assert judge.mistake_of(start, judge._steps(start, 1)[0]) == Port()
    assert not judge.never_clears(start, judge._steps(start, 3)[0])
    adding = replace(judge, port=Port(accumulates=True))
    assert judge.never_clears(start, adding._steps(start, 3)[0])
