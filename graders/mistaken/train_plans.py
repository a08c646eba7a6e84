"""What a loop does with its options, step by step, and where that leads when every batch has the same gradient."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from graders.measure import truth
from graders.measure.trajectory import Rule, course, unscaled
from graders.measure.truth import NAMES

Arrays: TypeAlias = tuple[np.ndarray, ...]
Factors: TypeAlias = tuple[float, float, float, float]
NONE: Factors = (0.0, 0.0, 0.0, 0.0)
WEIGHTS: Factors = (1.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The options of a run, as train hears them."""

    lr: float
    epochs: int
    batch: int
    momentum: float
    decay: float
    schedule: str | None
    images: int
    copies: bool = False
    momentum_given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What the contract leaves to the student, or another criterion judges.

    Args:
        wave: how far the cosine's wave reaches beyond the last epoch, and how many epochs it runs ahead.
        rule: the velocity's convention, which shows while the rate changes.
        short: whether a short last batch is trained on.
    """

    wave: tuple[int, int] = (0, 0)
    rule: Rule = course
    short: bool = True

    def rate(self, run: Run, epoch: int) -> float:
        """Return the learning rate of an epoch."""
        match run.schedule:
            case "step":
                return truth.step_decay(epoch, run.lr)
            case "cosine":
                beyond, ahead = self.wave
                return truth.cosine(epoch + ahead, run.lr, max(run.epochs + beyond, 1))
            case _:
                return run.lr


WAVES = ((0, 0), (-1, 0), (0, 1))
STYLES = tuple(
    Style(wave=wave, rule=rule, short=short) for short in (True, False) for wave in WAVES for rule in (course, unscaled)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done in a run.

    Args:
        rates: of each epoch, the learning rate of each step.
        weights: what the gradient of each step of an epoch is multiplied by.
        mu: momentum.
        decay: what is added to the gradient of each array, as a multiple of the array.
        shrink: what is taken from each array after the step, as a multiple of the array and the learning rate.
        rule: how a step is made.
        velocity: "kept", or begun anew in every "epoch" or "step".
        at: whether a gradient is taken at the params of its "step", or at those with which its "epoch" began.
        total: "" where each gradient is used once; else they add up in an "epoch" or in the whole "run".
        fixed: names of the arrays that never move.
    """

    rates: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    mu: float
    decay: Factors = NONE
    shrink: Factors = NONE
    rule: Rule = course
    velocity: str = "kept"
    at: str = "step"
    total: str = ""
    fixed: tuple[str, ...] = ()
    _hash: int = field(init=False, repr=False, compare=False)  # plans are long, and asked for often

    def __post_init__(self) -> None:
        numbers = (self.rates, self.weights, self.mu, self.decay, self.shrink)
        object.__setattr__(self, "_hash", hash((numbers, self.rule, self.velocity, self.at, self.total, self.fixed)))

    def __hash__(self) -> int:
        return self._hash


@lru_cache(maxsize=1 << 10)
def plan_of(run: Run, style: Style) -> Plan:
    """Return the right plan."""
    full, rest = divmod(run.images, run.batch)
    steps = full + bool(rest and (style.short or not full))
    rates = tuple((style.rate(run, epoch),) * steps for epoch in range(run.epochs))
    decay = tuple(run.decay * w for w in WEIGHTS)
    return Plan(rates=rates, weights=(1.0,) * steps, mu=run.momentum, decay=decay, rule=style.rule)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """What is trained on, and from where: compared by identity, so that walks on it are remembered.

    Args:
        X: images (N, D).
        y: labels (N,).
        start: W1, b1, W2, b2.
    """

    X: np.ndarray
    y: np.ndarray
    start: Arrays

    def gradient(self, theta: Arrays) -> Arrays:
        """Return the gradient of all images; `truth.loss_and_grads` without its loss, for it is asked often."""
        W1, b1, W2, b2 = theta
        z1 = self.X @ W1 + b1  # (N, H)
        a1 = np.maximum(z1, 0.0)
        z2 = a1 @ W2 + b2  # (N, K)
        e = np.exp(z2 - z2.max(axis=1, keepdims=True))
        dz2 = e / e.sum(axis=1, keepdims=True)
        dz2[np.arange(len(self.y)), self.y] -= 1.0
        dz2 /= len(self.y)
        dz1 = (dz2 @ W2.T) * (z1 > 0)
        return self.X.T @ dz1, dz1.sum(axis=0), a1.T @ dz2, dz2.sum(axis=0)


class Even(Ground):
    """Where the gradient is 1 everywhere."""

    def gradient(self, theta: Arrays) -> Arrays:
        """Return ones."""
        return tuple(np.ones_like(a) for a in theta)


EVEN = Even(
    X=np.zeros((0, 1)), y=np.zeros(0, dtype=int), start=(np.zeros((1, 1)), np.zeros(1), np.zeros((1, 1)), np.zeros(1))
)


@lru_cache(maxsize=1 << 10)  # a tenth of a megabyte each
def walk(plan: Plan, ground: Ground) -> tuple[Arrays, Arrays, Arrays]:
    """Return params, velocity and the sum of gradients at a plan's end; plans that begin alike share their epochs."""
    zero = tuple(np.zeros_like(a) for a in ground.start)
    if not plan.rates:
        return ground.start, zero, zero
    theta, v, total = walk(replace(plan, rates=plan.rates[:-1]), ground)
    origin = theta
    v = zero if plan.velocity == "epoch" else v
    total = zero if plan.total == "epoch" else total
    for lr, weight in zip(plan.rates[-1], plan.weights, strict=True):
        raw = ground.gradient(origin if plan.at == "epoch" else theta)
        g = tuple(_decayed(gi, weight, d, t) for gi, d, t in zip(raw, plan.decay, theta, strict=True))
        total = tuple(t + gi for t, gi in zip(total, g, strict=True)) if plan.total else g
        v = zero if plan.velocity == "step" else v
        moves = [plan.rule(vi, gi, lr, plan.mu) for vi, gi in zip(v, total, strict=True)]
        v = tuple(after for _, after in moves)
        theta = tuple(
            t if n in plan.fixed else (t + m) * (1 - lr * s) if s else t + m
            for n, t, (m, _), s in zip(NAMES, theta, moves, plan.shrink, strict=True)
        )
    return theta, v, total


def _decayed(gradient: np.ndarray, weight: float, decay: float, array: np.ndarray) -> np.ndarray:
    """Return the weighted gradient with what decay adds; most plans leave it as it is, and long arrays cost."""
    weighted = gradient if weight == 1.0 else weight * gradient
    return weighted + decay * array if decay else weighted
