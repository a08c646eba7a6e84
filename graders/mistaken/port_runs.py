"""Whole runs of a PyTorch port, right or mistaken, on a miniature problem: the weights that each would end with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from graders.foundation.call import Call, Params
from graders.measure import truth
from graders.measure.port_steps import Port
from graders.measure.trajectory import Rule, course

Rows: TypeAlias = np.ndarray
"""The images of one mini-batch, (N,), or of as many as runs are followed side by side, (runs, N)."""

Epoch: TypeAlias = Sequence[Rows]
"""The mini-batches of one epoch."""

PARTITIONS = 12  # random orders of an epoch that is too long to try them all


class Clears(StrEnum):
    """When gradients are set to zero."""

    EVERY_STEP = "every step"
    EVERY_EPOCH = "every epoch"
    NEVER = "never"


class Steps(StrEnum):
    """When the optimiser takes a step."""

    EVERY_BATCH = "every batch"
    FIRST_BATCH = "first batch"
    LAST_BATCH = "last batch"
    LATE = "with the gradients of the batch before"
    NEVER = "never"


def schedule_by_epoch(name: object, lr: float, epoch: int, epochs: int, i: int, batches: int) -> float:
    """Return the contract's learning rate.

    Args:
        name: None, "step" or "cosine".
        lr: of the first epoch.
        epoch: from 0.
        epochs: after how many the cosine reaches zero.
        i: the batch within the epoch, from 0.
        batches: how many an epoch has.
    """
    del i, batches
    if name == "step":
        return truth.step_decay(epoch, lr)
    return truth.cosine(epoch, lr, epochs) if name == "cosine" else lr


def decay_of_weights(name: str, W: np.ndarray, strength: float, lr: float, images: int) -> np.ndarray:
    """Return what the contract's weight decay adds to a gradient."""
    del lr, images
    return strength * W if name in {"W1", "W2"} else np.zeros_like(W)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a port trains; the default is right.

    Args:
        port: network and loss.
        update: how a step is made of the gradient.
        momentum: what is used instead of the momentum that was asked for.
        decay: what weight decay adds to the gradient.
        decoupled: whether the decay moves the weights beside the optimiser's step, as AdamW's does.
        clears: when gradients are set to zero.
        steps: when the optimiser takes a step.
        rate: the learning rate.
        to_zero: whether the cosine reaches zero in the last epoch, which is as good.
        fresh: whether every epoch makes a new optimiser.
        nominal: whether a batch's mean is divided by the batch size that was asked for.
        whole: whether all images are one batch, whatever was asked for.
        extra: epochs too many.
        clip: the longest gradient, over all parameters together.
        scale: of the images.
    """

    port: Port = field(default_factory=Port)
    update: Rule = course
    momentum: float | None = None
    decay: Callable[[str, np.ndarray, float, float, int], np.ndarray] = decay_of_weights
    decoupled: bool = False
    clears: Clears = Clears.EVERY_STEP
    steps: Steps = Steps.EVERY_BATCH
    rate: Callable[[object, float, int, int, int, int], float] = schedule_by_epoch
    to_zero: bool = False
    fresh: bool = False
    nominal: bool = False
    whole: bool = False
    extra: int = 0
    clip: float = np.inf
    scale: float = 1.0

    def walk(self, start: Params, call: Call, order: Sequence[Epoch]) -> Params:
        """Return the parameters at the end of the run that a question asks for, in this order of the images."""
        position = setting_out(start)
        for epoch, batches in enumerate(order):
            position = self.after_epoch(position, call, epoch, batches)
        return Params(**position.theta)

    def after_epoch(self, position: "Position", call: Call, epoch: int, batches: Epoch) -> "Position":
        """Return where an epoch leads from there."""
        X, y = (np.asarray(a) for a in call.args[:2])
        theta, total = position.theta, {} if self.clears is Clears.EVERY_EPOCH else position.total
        state = {} if self.fresh else dict(position.state)
        for i, rows in enumerate(batches):
            before = total
            total = {} if self.clears is Clears.EVERY_STEP else total
            g = self.port.gradient(Params(**theta), X[rows] * self.scale, y[rows])
            share = rows.shape[-1] / min(number(call, "batch"), len(y)) if self.nominal else 1.0
            own = {n: share * getattr(g, n) for n in truth.NAMES}
            total = {n: total[n] + own[n] for n in truth.NAMES} if total else own
            if self._steps_now(i, len(batches)):
                used = before if self.steps is Steps.LATE else total
                lr = self._rate_of(call, epoch, i, len(batches))
                theta = self._stepped(theta, used, state, lr, call) if used else theta
        return Position(theta=theta, state=state, total=total)

    def origin(self, start: Params, call: Call) -> Params:
        """Return the weights before the run at learning rate 0, which this port may have moved all the same."""
        origin, order = truth.in_float64(start), [[np.arange(len(np.asarray(call.args[1])))]] * (1 + self.extra)
        # A fixed point: the origin plus its move is the start. Where there is one it is found in a dozen rounds.
        for _ in range(20 if self._rate_of(call, 0, 0, 1) else 0):
            moved = self.walk(origin, call, order)
            before = origin
            origin = Params(**{n: getattr(start, n) - getattr(moved, n) + getattr(origin, n) for n in truth.NAMES})
            if truth.same_bits(origin, before):
                break
        return origin

    def orders(self, call: Call) -> Sequence[Epoch]:
        """Return every order of one epoch that is told apart; a sample where there are too many."""
        n, batch = len(np.asarray(call.args[1])), int(number(call, "batch"))
        if self.whole or batch >= n:
            return [[np.arange(n)]]
        if batch == n - 1:
            taken: list[Epoch] = [[np.delete(np.arange(n), i), np.array([i])] for i in range(n)]
            # The last batch may be dropped, but not where it is the one that counts.
            return taken if self.steps is Steps.LAST_BATCH else taken + [order[:1] for order in taken]
        rng = np.random.default_rng(n)
        shuffled = [rng.permutation(n) for _ in range(PARTITIONS)]
        return [[rows[i : i + batch] for i in range(0, n, batch)] for rows in shuffled]

    def _steps_now(self, i: int, batches: int) -> bool:
        match self.steps:
            case Steps.FIRST_BATCH:
                return i == 0
            case Steps.LAST_BATCH:
                return i == batches - 1
            case Steps.NEVER:
                return False
            case _:
                return True

    def _rate_of(self, call: Call, epoch: int, i: int, batches: int) -> float:
        epochs = int(number(call, "epochs"))
        period = max(epochs - 1, 1) if self.to_zero else epochs
        return self.rate(call.kwargs.get("schedule"), number(call, "lr"), epoch, period, i, batches)

    def _stepped(
        self,
        theta: Mapping[str, np.ndarray],
        g: Mapping[str, np.ndarray],
        state: dict[str, np.ndarray],
        lr: float,
        call: Call,
    ) -> dict[str, np.ndarray]:
        mu = number(call, "momentum") if self.momentum is None else self.momentum
        strength, images = number(call, "weight_decay"), len(np.asarray(call.args[1]))
        if self.clip < np.inf:
            length = np.sqrt(sum((a * a).sum(axis=truth.AXES[n]) for n, a in g.items()))
            shorter = np.minimum(1.0, self.clip / (length + 1e-6))  # as clip_grad_norm_ has it
            g = {n: np.expand_dims(shorter, truth.AXES[n]) * a for n, a in g.items()}
        after = {}
        for n in truth.NAMES:
            if n in self.port.frozen:
                after[n] = theta[n]
                continue
            decay = self.decay(n, theta[n], strength, lr, images)
            gradient = g[n] if self.decoupled else g[n] + decay
            velocity = state[n] if n in state else np.zeros_like(theta[n])
            step, state[n] = self.update(velocity, gradient, lr, mu)
            after[n] = theta[n] + step - (lr * decay if self.decoupled else 0.0)
        return after


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Position:
    """Where a run stands between two epochs, or several runs side by side, on a further axis in front.

    Args:
        theta: the parameters, by name.
        state: the optimiser's, by the parameters' names; empty before the first step.
        total: gradients that were not cleared, by the parameters' names.
    """

    theta: Mapping[str, np.ndarray]
    state: Mapping[str, np.ndarray] = field(default_factory=dict)
    total: Mapping[str, np.ndarray] = field(default_factory=dict)

    def several(self, runs: np.ndarray) -> "Position":
        """Return the positions of these runs, by number, of those that stand side by side; one may come repeatedly."""

        def taken(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
            # An optimiser may keep several arrays for each of a parameter; they lie before the axis of runs.
            return {n: a.take(runs, axis=a.ndim - self.theta[n].ndim) for n, a in arrays.items()}

        return Position(theta=taken(self.theta), state=taken(self.state), total=taken(self.total))


def setting_out(start: Params) -> Position:
    """Return the position before the first epoch, in float64."""
    return Position(theta={n: np.array(getattr(start, n), dtype=np.float64) for n in truth.NAMES})


def moves_of(end: Params, start: Params, units: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Return how far each parameter moved, in these units."""
    return {n: (getattr(end, n) - getattr(start, n)) / units[n] for n in truth.NAMES}


def units_of(start: Params, call: Call) -> dict[str, float]:
    """Return how far a right port moves each parameter in one run, at most."""
    right = Recipe()
    order = [right.orders(call)[0]] * int(number(call, "epochs"))
    end = right.walk(start, call, order)
    return {n: float(np.abs(getattr(end, n) - getattr(start, n)).max()) or 1.0 for n in truth.NAMES}


def number(call: Call, name: str) -> float:
    """Return an option of a run that is asked for; 0 where it is left to its default."""
    value = call.kwargs.get(name, 0.0)
    assert isinstance(value, int | float)
    return float(value)
