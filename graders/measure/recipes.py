"""How a network is trained where every mini-batch has the same gradient: the recipes that are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.miniature import Problem
from graders.measure.trajectory import Rule, course, follow, unscaled

DEFAULT_MU = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recipe:
    """How a network is trained.

    Args:
        lrs: the learning rate of each epoch.
        mu: momentum.
        decay: what is added to the gradients of W1 and W2, as a multiple of them.
        rule: how a step is made.
        steps: of an epoch.
    """

    lrs: Sequence[float]
    mu: float = 0.0
    decay: float = 0.0
    rule: Rule = course
    steps: int = 1

    def states(self, problem: Problem, start: Params, *, nudge: float = 0.0) -> list[Params]:
        """Return the parameters after each epoch.

        Args:
            problem: what is trained on; every mini-batch must have the gradient of all of it.
            start: the parameters before the first epoch.
            nudge: added to the pre-activations, to see on which side of zero the nearest of them matters.
        """

        def gradient(theta: Params, _step: int) -> Params:
            nudged = Params(W1=theta.W1, b1=theta.b1 + nudge, W2=theta.W2, b2=theta.b2)
            return truth.loss_and_grads(nudged, problem.X, problem.y, weight_decay=self.decay)[1]

        lrs = [lr for lr in self.lrs for _ in range(self.steps)]
        with np.errstate(all="ignore"):
            return follow(start, gradient, rule=self.rule, lrs=lrs, mu=self.mu)[self.steps - 1 :: self.steps]


def descent(lr: float, epochs: int, mu: float, *, decay: float = 0.0) -> list[Recipe]:
    """Return the recipe of a constant learning rate."""
    return [Recipe(lrs=[lr] * epochs, mu=mu, decay=decay)]


def mini_batches(lr: float, epochs: int, mu: float, *, images: int, batch: int) -> list[Recipe]:
    """Return the recipes of mini-batches: a short last batch counts as any other, or is left out."""
    counts = dict.fromkeys((-(-images // batch), images // batch))
    return [Recipe(lrs=[lr] * epochs, mu=mu, steps=count) for count in counts]


def step(lr: float, epochs: int, mu: float) -> list[Recipe]:
    """Return the recipes of step decay; the velocity may hold the learning rate or not."""
    lrs = [truth.step_decay(epoch, lr) for epoch in range(epochs)]
    return [Recipe(lrs=lrs, mu=mu, rule=rule) for rule in (course, unscaled)]


def cosine(lr: float, epochs: int, mu: float) -> list[Recipe]:
    """Return the recipes of the cosine schedule.

    The wave may end after the last epoch, in it, or run one epoch ahead: the function itself is judged elsewhere.
    """
    after, within = ([truth.cosine(e, lr, length) for e in range(epochs + 1)] for length in (epochs, epochs - 1))
    waves = (after[:-1], within[:-1], after[1:])
    return [Recipe(lrs=lrs, mu=mu, rule=rule) for lrs in waves for rule in (course, unscaled)]
