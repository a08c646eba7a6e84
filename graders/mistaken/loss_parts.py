"""The parts that right and wrong losses of logits z (N, K) and labels y (N,) are made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Loss: TypeAlias = Callable[[np.ndarray, np.ndarray], Any]
BY_HAND = "Work out the loss of one image with three classes by hand, then the mean of two images."
TWICE = "Compare the loss of a batch with that of the same batch, each image twice: a mean stays as it is."
ZEROS = "With all logits zero the loss is log K, whatever the labels. What is yours?"
CERTAIN = "Take one image whose right logit leads by 30: its loss is all but zero. What is yours?"
DEFINITION = "Which steps lead from the logits of one image and its label to its loss, and which does your code take?"
MEAN = "What is the loss of one image, and over what is the mean of them taken?"
ONE_CLASS = "For one right class among many, which of the K probabilities enters the loss?"
ONE_IMAGE = "Each row is one image: the probabilities of its classes must sum to one."
SHIFT = "Which number must be subtracted so that a row's loss stays as it was, and in how many places?"
LEARNING_RATE = "Everything downstream changes its scale: the same learning rate then means something else."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WrongLoss:
    """One mistake in a loss.

    Args:
        name: what follows the criterion's name in an entry's id.
        did: what the student did.
        why: how it comes about, or what it leads to.
        see: a small experiment that shows it.
        fix: what to think about next.
        losses: the loss as it would have been written, in one style or in several.
        root: the entry of another criterion that this one repeats, or "".
    """

    name: str
    did: str
    why: str
    see: str
    fix: str
    losses: Sequence[Loss]
    root: str = ""


def log_softmax(z: np.ndarray, axis: int | None = 1) -> np.ndarray:
    """Return log P of logits, (N, K)."""
    s = z - z.max(axis=axis, keepdims=True)
    log_p: np.ndarray = s - np.log(np.exp(s).sum(axis=axis, keepdims=True))
    return log_p


def softmax(z: np.ndarray, axis: int = 1) -> np.ndarray:
    """Return P, (N, K), or probabilities along another axis."""
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    p: np.ndarray = e / e.sum(axis=axis, keepdims=True)
    return p


def one_hot(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return Y, (N, K)."""
    labels: np.ndarray = np.eye(z.shape[1])[y]
    return labels


def at_label(a: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return each row's entry at its label, (N,)."""
    picked: np.ndarray = a[np.arange(len(y)), y]
    return picked


def each(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the right loss of each image, (N,)."""
    losses: np.ndarray = -at_label(log_softmax(z), y)
    return losses


def binary(low: float = 0.0, high: float = 1.0, added: float = 0.0) -> Sequence[Loss]:
    """Return the binary cross-entropy with P kept between two bounds, summed over the classes, and averaged."""

    def terms(z: np.ndarray, y: np.ndarray) -> np.ndarray:
        p, labels = np.clip(softmax(z), low, high), one_hot(z, y)
        found: np.ndarray = -(labels * np.log(p + added) + (1 - labels) * np.log(1 - p + added))
        return found

    return (lambda z, y: terms(z, y).sum(axis=1).mean(), lambda z, y: terms(z, y).mean())
