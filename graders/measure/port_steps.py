"""Where a PyTorch port's weights go, step by step: under the contract's rules, and under the usual mistakes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.trajectory import Rule, course, follow

Batch: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Images (N, D) and labels (N,)."""

AtTheLogits: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From logits (N, K) and one-hot labels (N, K) to the loss's gradient with respect to the logits (N, K)."""


def mean_cross_entropy(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """The contract's loss: (P - Y) / N."""
    at_logits: np.ndarray = (truth.softmax(z) - Y) / len(z)
    return at_logits


def _summed(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return mean_cross_entropy(z, Y) * len(z)


def _averaged_twice(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return mean_cross_entropy(z, Y) / len(z)


def _uphill(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return -mean_cross_entropy(z, Y)


def _through_softmax(P: np.ndarray, at_probabilities: np.ndarray) -> np.ndarray:
    """Carry a gradient back through a softmax whose output is P: P (g - sum(P g))."""
    carried: np.ndarray = P * (at_probabilities - (P * at_probabilities).sum(axis=1, keepdims=True))
    return carried


def _softmax_twice(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    P = truth.softmax(z)
    return _through_softmax(P, mean_cross_entropy(P, Y))


def _probability_instead_of_log(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return _through_softmax(truth.softmax(z), -Y / len(z))


def _squared_error(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    at_logits: np.ndarray = 2 * (z - Y) / z.size
    return at_logits


WRONG_LOSSES: Mapping[str, AtTheLogits] = MappingProxyType(
    {
        "every step is as many times too long as the batch has images, as with a loss that is summed over the batch "
        "(reduction='sum')": _summed,
        "every step is as many times too short as the batch has images: the loss is averaged over the batch twice": (
            _averaged_twice
        ),
        "the weights move uphill": _uphill,
        "the softmax is applied twice, in the model or before the loss and again in the cross-entropy": _softmax_twice,
        "the loss is minus the probability of the right class, without its logarithm (NLLLoss on probabilities)": (
            _probability_instead_of_log
        ),
        "the loss is the squared error between logits and one-hot labels": _squared_error,
    }
)

NO_DECAY: Mapping[str, float] = MappingProxyType(dict.fromkeys(truth.NAMES, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """What a port minimises, and whether it clears its gradients; the default is a right one.

    Args:
        loss: the loss's gradient at the logits.
        accumulates: whether a step's gradient is added to those of all steps before.
        frozen: names of parameters that never move.
    """

    loss: AtTheLogits = mean_cross_entropy
    accumulates: bool = False
    frozen: tuple[str, ...] = ()

    def walk(
        self,
        start: Params,
        batches: Sequence[Batch],
        *,
        lrs: Sequence[float],
        rule: Rule = course,
        mu: float = 0.0,
        decay: Mapping[str, float] = NO_DECAY,
    ) -> list[Params]:
        """Return the parameters after each batch.

        Args:
            start: the parameters before the first step.
            batches: images and labels of each step.
            lrs: the learning rate of each step.
            rule: how a step is made of velocity and gradient.
            mu: momentum.
            decay: the weight decay of each parameter, by name.
        """
        sums = {n: np.zeros(getattr(start, n).shape) for n in truth.NAMES}

        def gradient(theta: Params, i: int) -> Params:
            g = self._gradient(theta, *batches[i])
            if self.accumulates:
                sums.update({n: sums[n] + getattr(g, n) for n in truth.NAMES})
                g = Params(**sums)
            moving = {n: 0.0 if n in self.frozen else 1.0 for n in truth.NAMES}
            return Params(**{n: moving[n] * (getattr(g, n) + decay[n] * getattr(theta, n)) for n in truth.NAMES})

        with np.errstate(all="ignore"):  # a wrong rule may well diverge
            return follow(start, gradient, rule=rule, lrs=lrs, mu=mu)

    def _gradient(self, theta: Params, X: np.ndarray, y: np.ndarray) -> Params:
        """Return the gradient of this port's loss on one batch, in float64."""
        X = np.asarray(X, dtype=np.float64)
        z1 = truth.preactivation(theta, X)  # (N, H)
        a1 = np.maximum(z1, 0.0)
        z2 = a1 @ theta.W2 + theta.b2  # (N, K)
        dz2 = self.loss(z2, np.eye(z2.shape[1])[y])
        dz1 = (dz2 @ theta.W2.T) * (z1 > 0)
        return Params(W1=X.T @ dz1, b1=dz1.sum(axis=0), W2=a1.T @ dz2, b2=dz2.sum(axis=0))


WRONG_PORTS: Mapping[str, Port] = MappingProxyType(
    {
        **{words: Port(loss=loss) for words, loss in WRONG_LOSSES.items()},
        "the biases do not move: the model has none, or the optimiser does not hold them": Port(frozen=("b1", "b2")),
        "b1 does not move: the model has none, or the optimiser does not hold it": Port(frozen=("b1",)),
        "b2 does not move: the model has none, or the optimiser does not hold it": Port(frozen=("b2",)),
        "the first layer does not move": Port(frozen=("W1", "b1")),
        "the second layer does not move": Port(frozen=("W2", "b2")),
    }
)


def adam(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """Adam's first step, in which both moments cancel to the gradient's sign (Kingma and Ba 2015)."""
    del mu
    return -lr * g / (np.abs(g) + 1e-8), v


def damped(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """PyTorch's SGD with dampening equal to the momentum: the first gradient enters whole, later ones times 1 - mu."""
    v = mu * v + (1 - mu) * g if v.any() else g
    return -lr * v, v


def leaving_one_out(X: np.ndarray, y: np.ndarray) -> list[list[Batch]]:
    """Return every way in which an epoch can split N images into a batch of N - 1 and a last batch of one."""
    rows = np.arange(len(y))
    return [[(X[rows != i], y[rows != i]), (X[i : i + 1], y[i : i + 1])] for i in rows]
