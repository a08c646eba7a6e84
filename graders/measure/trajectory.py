"""Where the parameters go under a given rule, and whether a submission's parameters went there too."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np

from graders.foundation.call import Params
from graders.measure.compare import same
from graders.measure.truth import AXES, NAMES, in_float64, zeros_like

Rule: TypeAlias = Callable[[np.ndarray, np.ndarray, float, float], tuple[np.ndarray, np.ndarray]]
"""From velocity, gradient, learning rate and mu to the step taken and the new velocity."""


def course(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """The contract's rule: v <- mu v - lr g; theta <- theta + v (Polyak 1964)."""
    v = mu * v - lr * g
    return v, v


def course_negated(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """The same with the velocity's sign turned: v <- mu v + lr g; theta <- theta - v."""
    v = mu * v + lr * g
    return -v, v


def unscaled(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """PyTorch's rule: v <- mu v + g; theta <- theta - lr v. The same steps while lr is constant."""
    v = mu * v + g
    return -lr * v, v


def unscaled_negated(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """The same with the velocity's sign turned: v <- mu v - g; theta <- theta + lr v."""
    v = mu * v - g
    return lr * v, v


ACCEPTED: tuple[Rule, ...] = (course, course_negated, unscaled, unscaled_negated)


def follow(
    start: Params,
    gradient: Callable[[Params, int], Params],
    *,
    rule: Rule,
    lrs: Sequence[float],
    mu: float,
    velocity: Params | None = None,
) -> list[Params]:
    """Return the parameters after each step.

    Args:
        start: the parameters before the first step.
        gradient: from parameters and the step's number (from 0) to their gradient.
        rule: how a step is made.
        lrs: the learning rate of each step.
        mu: momentum.
        velocity: the velocity before the first step, in the rule's own convention; zero when left out.
    """
    theta = in_float64(start)
    v = in_float64(velocity) if velocity is not None else zeros_like(theta)
    states = []
    for i, lr in enumerate(lrs):
        g = gradient(theta, i)
        moves = {n: rule(getattr(v, n), getattr(g, n), lr, mu) for n in NAMES}
        theta = Params(**{n: getattr(theta, n) + moves[n][0] for n in NAMES})
        v = Params(**{n: moves[n][1] for n in NAMES})
        states.append(theta)
    return states


def distance(got: Sequence[Params], want: Sequence[Params], *, start: Params, scale: Sequence[Params]) -> float:
    """Return the largest gap between two trajectories, relative to how far each array of `scale` has moved by then."""
    gaps = [0.0]
    for a, b, s in zip(got, want, scale, strict=True):
        for n in NAMES:
            moved = float(np.abs(getattr(s, n) - getattr(start, n)).max(initial=0.0))
            gaps.append(float(np.abs(getattr(a, n) - getattr(b, n)).max(initial=0.0)) / (moved or 1.0))
    return float(np.max(gaps))  # NaN stays NaN


def likeliest(
    got: Sequence[Params], rights: Iterable[tuple[Params, Sequence[Params]]], *, rtol: float
) -> tuple[Params, Sequence[Params], float]:
    """Return where the parameters were to go: the first of several right ways that fits, else the nearest.

    Args:
        got: the parameters after each step.
        rights: right ways, each with the parameters before its first step; those after the one that fits are not asked
            for.
        rtol: allowed gap, relative to how far each array moved.

    Returns:
        The parameters before the first step, those after each, and the gap.
    """
    found: list[tuple[Params, Sequence[Params], float]] = []
    for start, right in rights:
        gap = distance(got, right, start=start, scale=right)
        found.append((start, right, np.inf if np.isnan(gap) else gap))
        if gap <= rtol:
            return found[-1]
    return min(found, key=lambda one: one[2])


def any_near(got: Params, runs: Params, *, start: Params, rtol: float) -> bool:
    """Tell whether one of several runs ended near some parameters.

    Args:
        got: the parameters.
        runs: where the runs ended; every array has a further axis in front.
        start: the parameters before the first step.
        rtol: allowed gap of each array, relative to how far the run moved it.
    """
    gaps = []
    for n in NAMES:
        right = getattr(runs, n)
        moved = np.abs(right - getattr(start, n)).max(axis=AXES[n], initial=0.0)
        gap = np.abs(getattr(got, n) - right).max(axis=AXES[n], initial=0.0)
        gaps.append(gap / np.where(moved, moved, 1.0))
    return bool((np.max(gaps, axis=0) <= rtol).any())  # NaN stays NaN


def same_moves(
    got: Sequence[Params],
    right: Sequence[Params],
    *,
    start: Params,
    rtol: float,
    when: Sequence[str],
) -> str:
    """Pass when the parameters have moved as they should after every step, relative to how far each array moved.

    Args:
        got: the submission's parameters after each step.
        right: the right ones.
        start: the parameters before the first step.
        rtol: allowed gap, relative to the array's largest move.
        when: what each state is called in the message, as in "step 1".

    Returns:
        A remark with the measured gap.
    """
    with np.errstate(all="ignore"):
        for state, want, after in zip(got, right, when, strict=True):
            for n in NAMES:
                origin = getattr(start, n)
                what = f"After {after}, the change of {n}"
                same(getattr(state, n) - origin, getattr(want, n) - origin, what=what, rtol=rtol)
    gap = distance(got, right, start=start, scale=right)
    return f"largest gap {gap:.1e} of the array's move, allowed {rtol:.1e}"
