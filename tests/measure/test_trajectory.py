"""Of several right ways the first that fits is taken; where none fits, the nearest is what a student is told of."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.trajectory import likeliest

START = truth.params_like(4, 6, 3, np.random.default_rng(2))


def moved(by: float) -> list[Params]:
    """Return a trajectory of one step, along which every entry moves by the same."""
    return [Params(**{n: getattr(START, n) + by for n in truth.NAMES})]


def ways(*moves: float, asked: list[float]) -> Iterator[tuple[Params, Sequence[Params]]]:
    """Yield a trajectory for each move, noting which were asked for."""
    for by in moves:
        asked.append(by)
        yield START, moved(by)


def test_the_first_way_that_fits_is_taken_and_none_after_it_is_asked_for() -> None:
    asked: list[float] = []
    _, (end,), gap = likeliest(moved(1.0), ways(2.0, 1.001, 1.0, asked=asked), rtol=0.01)
    assert np.array_equal(end.W1, moved(1.001)[0].W1)
    assert gap == pytest.approx(0.001 / 1.001)
    assert asked == [2.0, 1.001]


@pytest.mark.parametrize("moves", [(np.nan, 3.0, 1.5), (1.5, np.nan, 3.0), (3.0, 1.5, np.inf)])
def test_where_none_fits_the_nearest_is_returned(moves: tuple[float, ...]) -> None:
    with np.errstate(all="ignore"):
        _, (end,), gap = likeliest(moved(1.0), ways(*moves, asked=[]), rtol=0.01)
    assert np.array_equal(end.W1, moved(1.5)[0].W1)
    assert gap == pytest.approx(1 / 3)


def test_parameters_that_are_no_numbers_are_near_to_no_way() -> None:
    with np.errstate(all="ignore"):
        *_, gap = likeliest(moved(np.nan), ways(1.0, 2.0, asked=[]), rtol=0.01)
    assert gap == np.inf
