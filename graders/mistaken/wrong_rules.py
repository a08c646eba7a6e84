"""Mistaken momentum steps, wherever they stand: in `momentum_step`, again inside `train`, or in the PyTorch port."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from graders.measure.trajectory import Rule

BY_HAND = (
    "Write down three steps of one parameter by hand, with mu=0.9, lr=0.1 and a gradient of 1 each time, "
    "and compare each with what your function does."
)
CONSTANT = "Feed a constant gradient of 1 for 50 steps with mu=0.9: the steps must grow from lr to nearly 10 lr."
DOWNHILL = "Take one step on f(x) = x² from x = 1 and look at whether f became smaller."
TWO_LINES = "Two lines make the step. Which of them holds lr, which mu, and which value of v does the second one read?"
SIGNS = "Does your velocity point downhill or uphill? The sign in front of it in the update must agree with that."


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention:
    """How a velocity is kept: all four give the same steps at a constant learning rate.

    Args:
        sign: 1 where the velocity points downhill, -1 where it points uphill and is subtracted.
        scaled: whether it holds the learning rate; else the step does.
    """

    sign: float
    scaled: bool

    def held(self, lr: float) -> float:
        """The factor of the gradient in the velocity, apart from its sign."""
        return lr if self.scaled else 1.0

    def used(self, lr: float) -> float:
        """The factor of the velocity in the step, apart from its sign."""
        return 1.0 if self.scaled else lr

    def step(self, v: np.ndarray, lr: float) -> np.ndarray:
        """The step that a velocity makes."""
        return self.sign * self.used(lr) * v


CONVENTIONS = tuple(Convention(sign=sign, scaled=scaled) for sign in (1.0, -1.0) for scaled in (True, False))

Moves: TypeAlias = tuple[np.ndarray, np.ndarray]
Mistaken: TypeAlias = Callable[[Convention, np.ndarray, np.ndarray, float, float], Moves]
"""From convention, velocity, gradient, learning rate and mu to the step taken and the new velocity."""


def right(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    """The right rule in any convention."""
    v = mu * v - c.sign * c.held(lr) * g
    return c.step(v, lr), v


def rules(mistaken: Mistaken) -> tuple[Rule, ...]:
    """Return the rule in each convention."""
    return tuple(partial(mistaken, convention) for convention in CONVENTIONS)


def _average(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    return right(c, v, (1 - mu) * g, lr, mu)


def _none(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, _mu: float) -> Moves:
    return right(c, v, g, lr, 0.0)


def _uphill(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    return right(c, v, -g, lr, mu)


def _lr_twice(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    v = mu * v - c.sign * lr * g
    return c.sign * lr * v, v


def _lr_not_used(c: Convention, v: np.ndarray, g: np.ndarray, _lr: float, mu: float) -> Moves:
    return right(c, v, g, 1.0, mu)


def _lr_on_everything(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    v = lr * (mu * v - c.sign * g)
    return c.sign * v, v


def _nesterov(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    _, v = right(c, v, g, lr, mu)
    return right(c, v, g, lr, mu)[0], v


def _stale(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    return c.step(v, lr), right(c, v, g, lr, mu)[1]


def _not_updated(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    return right(c, v, g, lr, mu)[0], v


def _minus_mu(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    return right(c, v, g, lr, -mu)


def _never_forgets(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, _mu: float) -> Moves:
    return right(c, v, g, lr, 1.0)


def _mu_on_gradient(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    return right(c, v, mu * g, lr, mu)


def _one_minus_mu(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    return right(c, v, g, lr, 1 - mu)


def _swapped_weights(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    return right(c, v, mu * g, lr, 1 - mu)


def _biases_without(c: Convention, v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> Moves:
    return right(c, v, g, lr, mu if g.ndim == 2 else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongRule:
    """A mistaken step in words.

    Args:
        name: the end of its id, as in "momentum-step-average".
        did: what the student did; it may stand after "In momentum_step" or "Inside train" as well.
        why: how it comes about, or what it leads to.
        see: a small experiment.
        fix: what to think about next.
        step: the rule.
    """

    name: str
    did: str
    why: str
    see: str
    fix: str
    step: Mistaken

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rule in each convention of the velocity."""
        return rules(self.step)


WRONG_RULES: Sequence[WrongRule] = (
    WrongRule(
        name="average",
        did="The gradient enters the velocity times (1 - mu), as in a moving average.",
        why="An average of the past gradients is not their sum: with mu=0.9 every step is 10 times shorter than it "
        "should be. Adam's first moment is such an average; classical momentum is not.",
        see=CONSTANT,
        fix=BY_HAND,
        step=_average,
    ),
    WrongRule(
        name="none",
        did="The velocity of the step before is forgotten: the steps are those of plain gradient descent.",
        why="Without the old velocity nothing accumulates, and mu has no effect.",
        see=CONSTANT,
        fix="Where does your second step read what the first one left behind?",
        step=_none,
    ),
    WrongRule(
        name="uphill",
        did="The signs of the velocity and of the update do not belong together: the parameters move uphill.",
        why="A velocity that holds -lr g is added; one that holds +lr g is subtracted. A mixture climbs.",
        see=DOWNHILL,
        fix=SIGNS,
        step=_uphill,
    ),
    WrongRule(
        name="lr-twice",
        did="The learning rate acts twice: in the velocity, and once more when the velocity is added.",
        why="With lr=0.1 every step is ten times too short, and training hardly moves.",
        see="Halve lr: the first step must become half as long, not a quarter.",
        fix=TWO_LINES,
        step=_lr_twice,
    ),
    WrongRule(
        name="lr-not-used",
        did="The learning rate does not act: the steps are as long as with lr=1.",
        why="Steps of the gradient's own length overshoot, and no schedule can shorten them.",
        see="Halve lr: the first step must become half as long.",
        fix=TWO_LINES,
        step=_lr_not_used,
    ),
    WrongRule(
        name="lr-on-everything",
        did="The learning rate multiplies the old velocity too, which contains it already.",
        why="The old velocity shrinks by lr times mu in each step, so momentum is as good as gone.",
        see=CONSTANT,
        fix="Which of the two terms of the velocity does lr belong to, and what do your parentheses hold?",
        step=_lr_on_everything,
    ),
    WrongRule(
        name="nesterov",
        did="The step looks ahead as Nesterov's does: mu times the new velocity, and the gradient once more.",
        why="Nesterov's momentum is a method of its own; the contract asks for the classical one.",
        see="From zero velocity the first step must be lr times the gradient, not (1 + mu) times as much.",
        fix="Which of the two rules does the task print, and which velocity does it add to the parameters?",
        step=_nesterov,
    ),
    WrongRule(
        name="stale",
        did="Each step uses the velocity from before its update.",
        why="The parameters are moved before the gradient has entered the velocity, so every gradient acts one step "
        "late and the first step does nothing.",
        see="From zero velocity the first step must already move the parameters.",
        fix="In which order do your two lines stand, and which v does the second one read?",
        step=_stale,
    ),
    WrongRule(
        name="not-updated",
        did="The velocity that is returned is the one that came in: what the step adds to it is lost.",
        why="Each step starts again from the first velocity, so nothing accumulates.",
        see="Print the velocity after two steps with a gradient of 1: it must differ after each.",
        fix="Which of your two velocities, the old or the new one, leaves the function?",
        step=_not_updated,
    ),
    WrongRule(
        name="minus-mu",
        did="mu times the old velocity enters with the wrong sign.",
        why="Every step then turns half against the one before: momentum brakes instead of carrying on.",
        see=CONSTANT,
        fix=SIGNS,
        step=_minus_mu,
    ),
    WrongRule(
        name="never-forgets",
        did="The old velocity is kept whole, not times mu.",
        why="A velocity that never shrinks keeps every gradient for ever; the parameters swing and do not settle.",
        see="With a gradient of 0 the velocity must shrink by mu in every step.",
        fix="What is the share of the old velocity that is kept, and where does your line say so?",
        step=_never_forgets,
    ),
    WrongRule(
        name="mu-on-gradient",
        did="mu multiplies the gradient too, not only the old velocity.",
        why="Every step is mu times as long as it should be; with mu=0 nothing moves at all.",
        see="Call it with mu=0: the step must be plain gradient descent.",
        fix="Which of the two terms of the velocity does mu belong to, and what do your parentheses hold?",
        step=_mu_on_gradient,
    ),
    WrongRule(
        name="one-minus-mu",
        did="The share 1 - mu of the old velocity is kept, where mu belongs.",
        why="With mu=0.9 only a tenth of the velocity carries over, and with mu=0 all of it.",
        see="With a gradient of 0 and mu=0.9 the velocity must become 0.9 times what it was.",
        fix="mu is the share that is kept. What does your line keep for mu=0?",
        step=_one_minus_mu,
    ),
    WrongRule(
        name="weights-swapped",
        did="The gradient is weighted by mu and the old velocity by 1 - mu.",
        why="The two weights of a moving average stand in each other's place, and an average is not asked for.",
        see="Call it with mu=0: the step must be plain gradient descent.",
        fix=BY_HAND,
        step=_swapped_weights,
    ),
    WrongRule(
        name="not-for-biases",
        did="The biases move without momentum; the weights alone have it.",
        why="All four arrays share one rule. Biases without momentum lag up to ten times behind with mu=0.9.",
        see="Feed the same gradient twice and compare the second step of a bias with its first.",
        fix="Is there a branch in your step that treats one-dimensional arrays differently?",
        step=_biases_without,
    ),
)
