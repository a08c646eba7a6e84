"""Where a PyTorch port's weights go, step by step: with the contract's network and loss, and with wrong ones.

Every array may have a further axis in front, for runs side by side that differ in their images or their weights: small
arrays cost NumPy as much as large ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from scipy.special import ndtr

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.trajectory import Rule, course, follow

Batch: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Images (..., N, D) and labels (..., N)."""

AtTheLogits: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From logits and one-hot labels to the loss's gradient with respect to the logits, all (..., N, K)."""


Activation: TypeAlias = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From pre-activations to activations and their derivatives, all (..., N, H)."""


def mean_cross_entropy(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """The contract's loss: (P - Y) / N."""
    at_logits: np.ndarray = (truth.softmax(z) - Y) / z.shape[-2]
    return at_logits


def _summed(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    at_logits: np.ndarray = truth.softmax(z) - Y
    return at_logits


def _averaged_twice(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    at_logits: np.ndarray = mean_cross_entropy(z, Y) / z.shape[-2]
    return at_logits


def _uphill(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return -mean_cross_entropy(z, Y)


def _through_softmax(P: np.ndarray, at_probabilities: np.ndarray) -> np.ndarray:
    """Carry a gradient back through a softmax whose output is P: P (g - sum(P g))."""
    carried: np.ndarray = P * (at_probabilities - (P * at_probabilities).sum(axis=-1, keepdims=True))
    return carried


def _softmax_twice(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    P = truth.softmax(z)
    return _through_softmax(P, mean_cross_entropy(P, Y))


def _probability_instead_of_log(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return _through_softmax(truth.softmax(z), -Y / z.shape[-2])


def _squared_error(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    at_logits: np.ndarray = 2 * (z - Y) / (z.shape[-2] * z.shape[-1])
    return at_logits


def _mean_over_classes(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    at_logits: np.ndarray = mean_cross_entropy(z, Y) / z.shape[-1]
    return at_logits


def _logit_instead_of_log(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    at_logits: np.ndarray = -Y / z.shape[-2]
    return at_logits


def _squared_error_of_probabilities(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    P = truth.softmax(z)
    return _through_softmax(P, 2 * (P - Y) / (z.shape[-2] * z.shape[-1]))


def _binary_cross_entropies(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    at_logits: np.ndarray = (1 / (1 + np.exp(-z)) - Y) / (z.shape[-2] * z.shape[-1])
    return at_logits


def _smoothed_labels(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    return mean_cross_entropy(z, 0.9 * Y + 0.1 / z.shape[-1])


def _relu_of_logits(z: np.ndarray, Y: np.ndarray) -> np.ndarray:
    at_logits: np.ndarray = mean_cross_entropy(np.maximum(z, 0.0), Y) * (z > 0)
    return at_logits


WRONG_LOSSES: Mapping[str, AtTheLogits] = MappingProxyType(
    {
        "summed": _summed,
        "averaged twice": _averaged_twice,
        "mean over classes": _mean_over_classes,
        "uphill": _uphill,
        "softmax twice": _softmax_twice,
        "logit instead of log": _logit_instead_of_log,
        "probability instead of log": _probability_instead_of_log,
        "squared error": _squared_error,
        "squared error of probabilities": _squared_error_of_probabilities,
        "binary cross-entropies": _binary_cross_entropies,
        "smoothed labels": _smoothed_labels,
        "ReLU of the logits": _relu_of_logits,
    }
)


def relu(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The contract's activation, and its derivative."""
    return np.maximum(z, 0.0), z > 0


def _identity(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return z, np.ones_like(z)


def _sigmoid(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    s = 1 / (1 + np.exp(-z))
    return s, s * (1 - s)


def _tanh(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.tanh(z), 1 - np.tanh(z) ** 2


def _leaky(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    slope = np.where(z > 0, 1.0, 0.01)
    return slope * z, slope


def _gelu(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    below = ndtr(z)
    return z * below, below + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _elu(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0.0))), np.where(z > 0, 1.0, np.exp(np.minimum(z, 0.0)))


WRONG_ACTIVATIONS: Mapping[str, Activation] = MappingProxyType(
    {"none": _identity, "sigmoid": _sigmoid, "tanh": _tanh, "leaky": _leaky, "gelu": _gelu, "elu": _elu}
)

NO_DECAY: Mapping[str, float] = MappingProxyType(dict.fromkeys(truth.NAMES, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """What a port minimises, and whether it clears its gradients; the default is a right one.

    Args:
        loss: the loss's gradient at the logits.
        activation: of the hidden layer.
        accumulates: whether a step's gradient is added to those of all steps before.
        frozen: names of parameters that never move.
    """

    loss: AtTheLogits = mean_cross_entropy
    activation: Activation = relu
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
            g = self.gradient(theta, *batches[i])
            if self.accumulates:
                sums.update({n: sums[n] + getattr(g, n) for n in truth.NAMES})
                g = Params(**sums)
            return self._held(Params(**{n: getattr(g, n) + decay[n] * getattr(theta, n) for n in truth.NAMES}))

        with np.errstate(all="ignore"):  # a wrong rule may well diverge
            return follow(start, gradient, rule=rule, lrs=lrs, mu=mu)

    def moving(self, theta: Params, X: np.ndarray, y: np.ndarray) -> Params:
        """Return the gradient of one batch as it moves the parameters: zero for those that are frozen."""
        return self._held(self.gradient(theta, X, y))

    def _held(self, g: Params) -> Params:
        if not self.frozen:
            return g
        return Params(**{n: 0.0 * getattr(g, n) if n in self.frozen else getattr(g, n) for n in truth.NAMES})

    def gradient(self, theta: Params, X: np.ndarray, y: np.ndarray) -> Params:
        """Return the gradient of this port's loss on one batch, in float64; that of a frozen parameter too."""
        X = np.asarray(X, dtype=np.float64)
        z1 = X @ theta.W1 + theta.b1[..., None, :]  # (..., N, H)
        a1, slope = self.activation(z1)  # (..., N, H) each
        z2 = a1 @ theta.W2 + theta.b2[..., None, :]  # (..., N, K)
        dz2 = self.loss(z2, np.eye(z2.shape[-1])[y])
        dz1 = (dz2 @ theta.W2.swapaxes(-1, -2)) * slope
        return Params(
            W1=X.swapaxes(-1, -2) @ dz1,
            b1=dz1.sum(axis=-2),
            W2=a1.swapaxes(-1, -2) @ dz2,
            b2=dz2.sum(axis=-2),
        )


FROZEN: Sequence[tuple[str, ...]] = (("b1", "b2"), ("b1",), ("b2",), ("W1",), ("W2",), ("W1", "b1"), ("W2", "b2"))

WRONG_PORTS: Sequence[Port] = (
    *(Port(loss=loss) for loss in WRONG_LOSSES.values()),
    *(Port(activation=activation) for activation in WRONG_ACTIVATIONS.values()),
    *(Port(frozen=names) for names in FROZEN),
)


def leaving_one_out(X: np.ndarray, y: np.ndarray) -> list[Batch]:
    """Return every way in which an epoch can split N images into a batch of N - 1 and a last batch of one.

    Args:
        X: images (N, D).
        y: labels (N,).

    Returns:
        The two batches: images (N, N - 1, D) and (N, 1, D) with their labels, of N ways side by side.
    """
    n = len(y)
    others = np.nonzero(~np.eye(n, dtype=bool))[1].reshape(n, n - 1)
    return [(X[others], y[others]), (X[:, None], y[:, None])]


def one_way(orders: Sequence[Batch], i: int) -> list[Batch]:
    """Return the batches of one of several ways that lie side by side."""
    return [(X[i], y[i]) for X, y in orders]
