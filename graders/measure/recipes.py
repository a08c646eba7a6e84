"""How networks are trained on one batch: the right recipes, and those that known mistakes follow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.miniature import Problem
from graders.measure.trajectory import MISTAKEN, Rule, course, follow, unscaled

DEFAULT_MU = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recipe:
    """How a network is trained.

    Args:
        lrs: the learning rate of each epoch.
        mu: momentum.
        decay: what is added to the gradient of each parameter, as a multiple of it: W1, b1, W2, b2.
        rule: how a step is made.
    """

    lrs: Sequence[float]
    mu: float = 0.0
    decay: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    rule: Rule = course

    def states(self, problem: Problem, start: Params, *, nudge: float = 0.0) -> list[Params]:
        """Return the parameters after each epoch.

        Args:
            problem: what is trained on.
            start: the parameters before the first epoch.
            nudge: added to the pre-activations, to see on which side of zero the nearest of them matters.
        """

        def gradient(theta: Params, _epoch: int) -> Params:
            nudged = Params(W1=theta.W1, b1=theta.b1 + nudge, W2=theta.W2, b2=theta.b2)
            _, g = truth.loss_and_grads(nudged, problem.X, problem.y)
            decayed = zip(truth.NAMES, self.decay, strict=True)
            return Params(**{n: getattr(g, n) + d * getattr(theta, n) for n, d in decayed})

        with np.errstate(all="ignore"):
            return follow(start, gradient, rule=self.rule, lrs=self.lrs, mu=self.mu)


Cases: TypeAlias = tuple[list[Recipe], dict[str, Recipe]]
"""The accepted recipes, and what known mistakes make of them."""


def one_step(lr: float, images: int) -> Cases:
    """Return the recipes of one step on all images."""
    factors = {
        f"every step is {images} times too long, the batch size: the gradients are sums over the images": images,
        f"every step is {images} times too short, the batch size": 1 / images,
        "the parameters move uphill": -1,
        "the learning rate acts twice": lr,
        "the learning rate is not used": 1 / lr,
    }
    return [Recipe(lrs=[lr])], {words: Recipe(lrs=[k * lr]) for words, k in factors.items()}


def descent(lr: float, epochs: int, mu: float) -> Cases:
    """Return the recipes of training without options."""
    lrs = [lr] * epochs
    other = {"momentum=0 is not heard, the steps are those with 0.9": Recipe(lrs=lrs, mu=DEFAULT_MU)} if mu == 0 else {}
    return [Recipe(lrs=lrs, mu=mu)], {w: Recipe(lrs=lrs, mu=mu, rule=r) for w, r in MISTAKEN.items()} | other


def decay(lr: float, epochs: int, mu: float, strength: float, images: int) -> Cases:
    """Return the recipes of weight decay: of the weights, not of the biases."""

    def recipe(w1: float, b1: float, w2: float, b2: float) -> Recipe:
        return Recipe(lrs=[lr] * epochs, mu=mu, decay=(strength * w1, strength * b1, strength * w2, strength * b2))

    wrong = {
        "weight_decay does not act": recipe(0, 0, 0, 0),
        "weight_decay acts twice": recipe(2, 0, 2, 0),
        "weight_decay acts on the biases too": recipe(1, 1, 1, 1),
        "weight_decay acts on W1 only": recipe(1, 0, 0, 0),
        "weight_decay acts on W2 only": recipe(0, 0, 1, 0),
        "the weights grow: weight_decay has the wrong sign": recipe(-1, 0, -1, 0),
        f"weight_decay is divided by {images}, the number of images": recipe(1 / images, 0, 1 / images, 0),
        "weight_decay is not multiplied by the learning rate": recipe(1 / lr, 0, 1 / lr, 0),
        "weight_decay acts with half its strength": recipe(0.5, 0, 0.5, 0),
    }
    return [recipe(1, 0, 1, 0)], wrong


def step(lr: float, epochs: int, mu: float) -> Cases:
    """Return the recipes of step decay; the velocity may hold the learning rate or not."""

    def recipe(ahead: int) -> Recipe:
        return Recipe(lrs=[truth.step_decay(max(epoch + ahead, 0), lr) for epoch in range(epochs)], mu=mu)

    right = recipe(0)
    wrong = {
        "the learning rate stays as it was": Recipe(lrs=[lr] * epochs, mu=mu),
        "the drop comes one epoch early": recipe(1),
        "the drop comes one epoch late": recipe(-1),
        "the drop acts from the start": Recipe(lrs=[0.1 * lr for lr in right.lrs], mu=mu),
        "each epoch lowers the rate that the epoch before it had lowered already": compounded(right),
    }
    return [right, Recipe(lrs=right.lrs, mu=mu, rule=unscaled)], wrong


def cosine(lr: float, epochs: int, mu: float) -> Cases:
    """Return the recipes of the cosine schedule.

    The wave may end after the last epoch, in it, or run one epoch ahead: the function itself is judged elsewhere.
    """
    after, within = ([truth.cosine(e, lr, length) for e in range(epochs + 1)] for length in (epochs, epochs - 1))
    waves = (after[:-1], within[:-1], after[1:])
    right = [Recipe(lrs=lrs, mu=mu, rule=rule) for lrs in waves for rule in (course, unscaled)]
    wrong = {
        "the learning rate stays as it was": Recipe(lrs=[lr] * epochs, mu=mu),
        "each epoch lowers the rate that the epoch before it had lowered already": compounded(right[0]),
    }
    return right, wrong


def compounded(recipe: Recipe) -> Recipe:
    """Return the recipe whose rates multiply up: the schedule is handed its own last rate in place of the first one."""
    first = recipe.lrs[0]
    lrs, lr = [], first
    for wanted in recipe.lrs:
        lr *= wanted / first
        lrs.append(lr)
    return Recipe(lrs=lrs, mu=recipe.mu, decay=recipe.decay, rule=recipe.rule)
