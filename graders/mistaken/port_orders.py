"""In which order of the images a port ends nearest to what was observed; all orders are followed side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graders.foundation.call import Call, Params
from graders.measure import truth
from graders.mistaken.port_runs import Epoch, Position, Recipe, moves_of, number, setting_out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reached:
    """Where a run ended, and by which order of the images.

    Args:
        moves: how far each parameter moved, in units of how far a right port moves it.
        order: the mini-batches of each epoch.
    """

    moves: Mapping[str, np.ndarray]
    order: Sequence[Epoch]


def nearest(
    recipe: Recipe,
    start: Params,
    origin: Params,
    call: Call,
    *,
    to: Mapping[str, np.ndarray],
    units: Mapping[str, float],
    known: Sequence[Epoch] = (),
) -> Reached:
    """Return where a recipe leads in the order of the images that comes nearest to what was observed.

    Args:
        recipe: how the port trains.
        start: the weights that moves are counted from.
        origin: the weights that the run starts from.
        call: the question that asks for the run.
        to: the observed moves.
        units: of the moves.
        known: the order of the first epochs, where another run has shown it.
    """
    epochs = int(number(call, "epochs")) + recipe.extra
    orders = recipe.orders(call)
    if epochs - len(known) > 1 and len(orders) > 1:
        orders = orders[: max(len(orders) // 2, 1)]  # two unknown epochs: leave out dropped batches
    reached: list[tuple[list[Epoch], Position]] = [([], setting_out(_alone(origin)))]
    for epoch in range(epochs):
        ways = [[batches] for batches in known[epoch : epoch + 1]] or _alike(orders)
        reached = [
            _further(recipe, taken, position, call, epoch, several) for taken, position in reached for several in ways
        ]
    found = []
    for taken, position in reached:
        moves = moves_of(Params(**position.theta), start, units)
        gaps = [np.abs(moves[n] - to[n]).max(axis=truth.AXES[n]) for n in truth.NAMES]
        gap = np.nan_to_num(np.max(gaps, axis=0), nan=np.inf)
        i = int(np.argmin(gap))
        order = [[rows[i] for rows in batches] for batches in taken]
        found.append((gap[i], Reached(moves={n: a[i] for n, a in moves.items()}, order=order)))
    return min(found, key=lambda one: one[0])[1]


def _alone(params: Params) -> Params:
    """Return parameters as those of several runs side by side, of which there is one."""
    return Params(**{n: getattr(params, n)[None] for n in truth.NAMES})


def _alike(orders: Sequence[Epoch]) -> list[list[Epoch]]:
    """Return orders of an epoch in groups whose batches have the same sizes."""
    groups: dict[tuple[int, ...], list[Epoch]] = {}
    for order in orders:
        groups.setdefault(tuple(len(rows) for rows in order), []).append(order)
    return list(groups.values())


def _further(
    recipe: Recipe, taken: Sequence[Epoch], position: Position, call: Call, epoch: int, orders: Sequence[Epoch]
) -> tuple[list[Epoch], Position]:
    """Return where an epoch leads from where several runs stand, in each of some orders, with all batches taken.

    Args:
        recipe: how the port trains.
        taken: the batches of the epochs before, runs side by side.
        position: where the runs stand.
        call: the question that asks for the run.
        epoch: which one it is.
        orders: of its images, alike in their batches' sizes.
    """
    runs = len(position.theta["b1"])
    before, after = np.repeat(np.arange(runs), len(orders)), np.tile(np.arange(len(orders)), runs)
    batches = [np.stack(alike)[after] for alike in zip(*orders, strict=True)]
    order: list[Epoch] = [*([rows[before] for rows in done] for done in taken), batches]
    return order, recipe.after_epoch(position.several(before), call, epoch, batches)
