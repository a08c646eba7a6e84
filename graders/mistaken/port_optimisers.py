"""Optimisers and learning rates that a PyTorch port may have instead of those of the contract."""

from collections.abc import Callable

import numpy as np

from graders.measure import truth

Decay = Callable[[str, np.ndarray, float, float, int], np.ndarray]
Rate = Callable[[object, float, int, int, int, int], float]


def adam(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """Adam with PyTorch's defaults (Kingma and Ba 2015); its state holds both moments and the step's number."""
    del mu
    m, s, t = v if v.ndim > g.ndim else np.zeros((3, *g.shape))
    m, s, t = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g, t + 1
    return -lr * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8), np.stack([m, s, t])


def rmsprop(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """RMSprop with PyTorch's defaults."""
    del mu
    v = 0.99 * v + 0.01 * g * g
    return -lr * g / (np.sqrt(v) + 1e-8), v


def adagrad(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """Adagrad with PyTorch's defaults."""
    del mu
    v = v + g * g
    return -lr * g / (np.sqrt(v) + 1e-10), v


def dampened(v: np.ndarray, g: np.ndarray, lr: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """PyTorch's SGD with dampening equal to the momentum: the first gradient enters whole, later ones times 1 - mu."""
    v = mu * v + (1 - mu) * g if v.any() else g  # runs side by side are all at their first step, or none is
    return -lr * v, v


def decays(W1: float, W2: float, biases: float) -> Decay:
    """Return the decay that is so many times as strong as asked for, by parameter."""
    factors = {"W1": W1, "W2": W2, "b1": biases, "b2": biases}
    return lambda name, W, strength, _lr, _images: factors[name] * strength * W


def decay_over_images(name: str, W: np.ndarray, strength: float, lr: float, images: int) -> np.ndarray:
    """The decay of the weights, divided by the number of images."""
    return decays(1, 1, 0)(name, W, strength / images, lr, images)


def decay_without_rate(name: str, W: np.ndarray, strength: float, lr: float, images: int) -> np.ndarray:
    """A decay that is not multiplied by the learning rate."""
    return decays(1, 1, 0)(name, W, strength / lr if lr else 0.0, lr, images)


def decay_of_signs(name: str, W: np.ndarray, strength: float, lr: float, images: int) -> np.ndarray:
    """The gradient of an L1 penalty on the weights."""
    return decays(1, 1, 0)(name, np.sign(W), strength, lr, images)


def decay_of_norms(name: str, W: np.ndarray, strength: float, lr: float, images: int) -> np.ndarray:
    """The gradient of a penalty on the norms, where their squares belong."""
    norm = np.sqrt((W * W).sum(axis=truth.AXES[name], keepdims=True))
    return decays(1, 1, 0)(name, W / np.where(norm, norm, 1.0), strength, lr, images)


def shifted(by: int, *, step: bool = True, cosine: bool = True) -> Rate:
    """Return schedules that give each epoch the rate of another; the first epoch's stays the first."""

    def rate(name: object, lr: float, epoch: int, epochs: int, _i: int, _batches: int) -> float:
        moved = max(epoch + by, 0)
        if name == "step":
            return truth.step_decay(moved if step else epoch, lr)
        return truth.cosine(moved if cosine else epoch, lr, epochs) if name == "cosine" else lr

    return rate


def replaced(
    step: Callable[[int, float], float] | None = None, cosine: Callable[[int, float, int], float] | None = None
) -> Rate:
    """Return schedules of which one or both are other functions of epoch, learning rate and number of epochs."""

    def rate(name: object, lr: float, epoch: int, epochs: int, _i: int, _batches: int) -> float:
        if name == "step":
            return (step or truth.step_decay)(epoch, lr)
        return (cosine or truth.cosine)(epoch, lr, epochs) if name == "cosine" else lr

    return rate


def constant(_epoch: int, lr: float, _epochs: int = 0) -> float:
    """A learning rate that never changes."""
    return lr


def dropping_every_epoch(epoch: int, lr: float) -> float:
    """A rate that drops again in every epoch after the ninth."""
    return float(lr * 0.1 ** max(epoch - 9, 0))


def dropping_smoothly(epoch: int, lr: float) -> float:
    """A rate that falls a little every epoch, by a tenth in ten."""
    return float(lr * 0.1 ** (epoch / 10))


def whole_period(epoch: int, lr: float, epochs: int) -> float:
    """A cosine that falls and rises again."""
    return truth.cosine(2 * epoch, lr, epochs)


def double_cosine(epoch: int, lr: float, epochs: int) -> float:
    """A cosine without its factor one half."""
    return 2 * truth.cosine(epoch, lr, epochs)


def by_batch(*, held: bool, stretched: bool = False) -> Rate:
    """Return schedules that move on with every batch.

    Args:
        held: whether the cosine stays at zero once it is there; else it rises again.
        stretched: whether the cosine reaches zero after the last batch of all.
    """

    def rate(name: object, lr: float, epoch: int, epochs: int, i: int, batches: int) -> float:
        t = epoch * batches + i
        if name == "step":
            return truth.step_decay(t, lr)
        if name != "cosine":
            return lr
        period = epochs * batches if stretched else epochs
        return truth.cosine(min(t, period) if held else t, lr, period)

    return rate


def fixed(rate_taken: float, *, scheduled: bool) -> Rate:
    """Return a rate that takes no notice of lr; the schedules may."""

    def rate(name: object, lr: float, epoch: int, epochs: int, _i: int, _batches: int) -> float:
        own = lr if name is not None and scheduled else rate_taken
        if name == "step":
            return truth.step_decay(epoch, own)
        return truth.cosine(epoch, own, epochs) if name == "cosine" else own

    return rate
