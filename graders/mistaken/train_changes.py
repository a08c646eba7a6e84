"""Changes of a right loop, of which the mistakes of `train` are made."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from graders.foundation.call import Params
from graders.foundation.observation import Returned
from graders.measure import truth
from graders.measure.compare import Wrong, params
from graders.measure.training import trained_params
from graders.measure.trajectory import distance
from graders.measure.truth import NAMES
from graders.mistaken.train_loop import Loop
from graders.mistaken.train_loops import RTOL, ending
from graders.mistaken.train_plans import WAVES, Plan, Run, Style
from graders.mistaken.train_traits import (
    DIFFERENT,
    NO_EFFECT,
    NOT_ALL,
    RATIO,
    STILL,
    start_of,
)
from graders.naming.mistake import ENDING, Case, Outcomes
from graders.training import LR, SHAPES, H, problem_of


def with_weights(weights: Callable[[int, int], Sequence[float]]) -> Loop:
    """Return the loop with these factors of an epoch's steps; from images and batch size."""

    def plan(right: Plan, run: Run, style: Style) -> Plan:
        factors = tuple(weights(run.images, run.batch))
        rates = tuple((style.rate(run, epoch),) * len(factors) for epoch in range(run.epochs))
        return replace(right, weights=factors, rates=rates)

    return Loop(plan=plan)


def nominal(images: int, batch: int) -> Sequence[float]:
    """Return the factors of an epoch's steps where each batch is divided by the nominal size."""
    full, rest = divmod(images, batch)
    return [1.0] * full + ([rest / batch] if rest else [])


def empty_last(images: int, batch: int) -> Sequence[float]:
    """Return the factors of an epoch's steps where an empty batch may come last."""
    full, rest = divmod(images, batch)
    return [1.0] * full + [1.0 if rest else 0.0]


def with_epochs(first: int, extra: int) -> Sequence[Loop]:
    """Return the loops that begin with another epoch than 0, or do some more (or fewer) than they are asked for."""

    def plan(wave: tuple[int, int]) -> Callable[[Plan, Run, Style], Plan]:
        # A cosine that lacks an epoch may look like another style's, so each is tried.
        def of_wave(right: Plan, run: Run, style: Style) -> Plan:
            rate, steps = replace(style, wave=wave).rate, len(right.weights)
            epochs = range(first, max(run.epochs + extra, 0))
            return replace(right, rates=tuple((rate(run, epoch),) * steps for epoch in epochs))

        return of_wave

    return [Loop(plan=plan(wave), free=("masks", "visits")) for wave in WAVES]


def counted(extra: int) -> Loop:
    """Return the loop that does some epochs more (or fewer) than it is asked for, schedule and all."""
    return Loop(options=lambda run: replace(run, epochs=run.epochs + extra), free=("masks", "visits"))


def with_rates(rate: Callable[[Run, Style, int, int, int], float]) -> Loop:
    """Return the loop with these rates; from run, style, epoch, step of the epoch and steps in an epoch."""

    def plan(right: Plan, run: Run, style: Style) -> Plan:
        steps = len(right.weights)
        rows = [tuple(rate(run, style, e, i, steps) for i in range(steps)) for e in range(run.epochs)]
        return replace(right, rates=tuple(rows))

    return Loop(plan=plan)


def compounding(right: Plan, run: Run, style: Style) -> Plan:
    """Each epoch's rate is computed from the rate of the epoch before, in the place of the first one."""
    rows, lr = [], run.lr
    for epoch in range(run.epochs):
        lr = style.rate(replace(run, lr=lr), epoch)
        rows.append((lr,) * len(right.weights))
    return replace(right, rates=tuple(rows))


def per_batch(run: Run, style: Style, epoch: int, step: int, steps: int) -> float:
    """Return the rate of a schedule that counts mini-batches."""
    count = epoch * steps + step
    return style.rate(run, min(count, run.epochs) if run.schedule == "cosine" else count)


def one_early(run: Run, style: Style, epoch: int, _step: int, _steps: int) -> float:
    """Return the rate of a schedule that is asked for the epoch after."""
    # A cosine that runs one epoch ahead is judged where the function is, so here it is a style.
    return style.rate(run, epoch + 1 if run.schedule == "step" else epoch)


def without_schedule(option: str) -> Loop:
    """Return the loop that does not hear one of the schedules."""
    return Loop(options=lambda run: replace(run, schedule=None if run.schedule == option else run.schedule))


def schedules_swapped(run: Run) -> Run:
    """Return the run with the other schedule."""
    other = {"step": "cosine", "cosine": "step"}
    return replace(run, schedule=other[run.schedule] if run.schedule else None)


def fixed(*names: str) -> Loop:
    """Return the loop that never moves these arrays."""
    still = "W1" in names
    words = {"masks": STILL, "visits": NOT_ALL} if still else {}
    if set(names) == set(NAMES):
        words |= {"dropout acts": NO_EFFECT}
    return Loop(plan=lambda p, _run, _style: replace(p, fixed=names), words=words)


def constant_rate(case: Case) -> Sequence[Loop]:
    """The learning rate is a number of the student's own: the first step from init shows which."""
    start, one, rest = _of_init(case), _end(case), start_of(case.seen)
    # With a rate of its own, a run with lr=0 takes the very same step.
    if start is None or one is None or rest is None or not distance([rest], [one], start=start, scale=[one]) <= RTOL:
        return ()
    problem = problem_of(case.exam)
    g = truth.loss_and_grads(start, problem.X, problem.y)[1].arrays()
    moved = [e - s for e, s in zip(one.arrays(), start.arrays(), strict=True)]
    lr = -sum(float(np.vdot(m, gi)) for m, gi in zip(moved, g, strict=True)) / sum(float(np.vdot(gi, gi)) for gi in g)
    free = (*RATIO, "visits", "masks", "learning", "dropout acts")
    heard = Loop(options=lambda run: replace(run, lr=lr), start=start, free=free)
    deaf = Loop(options=lambda run: replace(run, lr=lr, schedule=None), start=start, free=free)
    return (heard, deaf) if lr > 1e-6 and abs(lr - LR) > 1e-3 * LR else ()


def _of_init(case: Case) -> Params | None:
    observation = case.seen["init"].observation
    try:
        told = params(observation.value, what="init", shapes=SHAPES) if isinstance(observation, Returned) else None
    except Wrong:
        return None
    return told


def _end(case: Case) -> Params | None:
    for name in ("plain 1", "default 1"):
        observation = case.seen[name].observation
        if isinstance(observation, Returned):
            try:
                return trained_params(observation.value, what="train", shapes=SHAPES)
            except Wrong:
                continue
    return None


def other_momentum(_case: Case) -> Sequence[Loop]:
    """Momentum has another default: the usual ones are tried."""

    def with_default(mu: float) -> Loop:
        return Loop(options=lambda run: run if run.momentum_given else replace(run, momentum=mu))

    return [with_default(mu) for mu in (0.0, 0.5, 0.7, 0.8, 0.85, 0.95, 0.98, 0.99)]


def fixed_momentum(_case: Case) -> Sequence[Loop]:
    """The momentum is a number of the student's own: the usual ones are tried."""

    def always(mu: float) -> Loop:
        return Loop(options=lambda run: replace(run, momentum=mu))

    return [always(mu) for mu in (0.9, 0.5, 0.8, 0.95, 0.99)]


def own_batches(_case: Case) -> Sequence[Loop]:
    """Batches of a size of the student's own: so many steps an epoch, whatever is asked for."""

    def plan(count: int) -> Callable[[Plan, Run, Style], Plan]:
        return lambda right, run, style: replace(
            right,
            weights=(1.0,) * count,
            rates=tuple((style.rate(run, e),) * count for e in range(run.epochs)),
        )

    free = ("visits", "masks", *RATIO)
    several = [Loop(plan=plan(count), mixed=True, free=free) for count in range(2, 21)]
    return [Loop(plan=plan(1), free=("masks", *RATIO)), *several]


def with_validation(run: Run) -> Run:
    """Return the run on the images for validation too."""
    # 20 images and the 30 for validation; of the copies, 20 and 10.
    return replace(run, images=run.images + (10 if run.copies else 30))


def standardised(X: np.ndarray) -> np.ndarray:
    """Return images (N, D) with mean 0 and standard deviation 1."""
    told: np.ndarray = (X - X.mean()) / X.std()
    return told


def from_anywhere(case: Case) -> Sequence[Loop]:
    """Where the runs start is drawn for each of them, so nothing of where they end can be told."""
    words = {"same seed": DIFFERENT, "same seed with dropout": DIFFERENT, "same seed at rest": DIFFERENT}
    return [Loop(words=words, free=("visits", "masks", *RATIO, *case.seen))]


def own_width(case: Case) -> Sequence[Outcomes]:
    """One width for all runs, which those that asked for another one show."""
    found = {told for (_, part), told in case.observed.items() if part == ENDING and isinstance(told, str)}
    widths = {told for told in found if told.endswith("hidden units")}
    if len(widths) != 1:
        return ()
    width = int(next(iter(widths)).split()[0])
    runs = [(n, a.call.kwargs.get("H", H)) for n, a in case.seen.items() if a.call.target == "train_run"]
    return ending(case, {n: f"{width} hidden units" for n, asked in runs if asked != width})
