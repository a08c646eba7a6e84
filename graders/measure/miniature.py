"""MNIST in miniature: problems on which a training run takes a moment, for questions with an exact answer.

784 pixels in [0, 1] and ten classes, so that a submission with those sizes written into it answers as any other does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graders.foundation.call import Call, Value
from graders.measure.kept import Kept

PIXELS = 784
CLASSES = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """A training and a validation set: X (N, 784), y (N,), X_val (M, 784), y_val (M,); every class occurs in both."""

    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray

    def run(self, name: str, options: Mapping[str, Value], *, repeat: int = 0) -> Call:
        """Return the question that trains on this problem with these options."""
        args = (self.X, self.y, self.X_val, self.y_val)
        return Call(name=name, target="train_run", args=args, kwargs=options, repeat=repeat)

    def reordered(self, order: np.ndarray) -> "Problem":
        """Return the same problem with its training images, and their labels, in another order."""
        return Problem(X=self.X[order], y=self.y[order], X_val=self.X_val, y_val=self.y_val)

    def alike(self) -> "Problem":
        """Return as many copies of one image, of the highest class: every mini-batch of them has the same gradient."""
        i = int(np.argmax(self.y))
        X, y = (np.repeat(a[i : i + 1], len(self.y), axis=0) for a in (self.X, self.y))
        return Problem(X=X, y=y, X_val=X[: len(X) // 2].copy(), y_val=y[: len(y) // 2].copy())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Drawn:
    """A problem, and the generator's state when it was drawn."""

    problem: Problem
    state: Mapping[str, Any]


# A class sits one exam: its problems are drawn once, however many submissions and criteria ask for them.
_DRAWN: Kept[str, _Drawn] = Kept(64)


def draw(
    rng: np.random.Generator,
    *,
    n: int,
    n_val: int,
    contrast: float = 0.5,
    wrong_labels: float = 0.0,
    darkness: float = 3.0,
) -> Problem:
    """Draw a problem whose classes are random pictures under noise.

    Args:
        rng: where it comes from.
        n: training images, at least ten.
        n_val: validation images, at least ten.
        contrast: how much of an image is its class's picture; the rest is noise.
        wrong_labels: share of the training labels that are shuffled among each other.
        darkness: the larger, the fewer bright pixels.
    """
    generator = rng.bit_generator
    key = repr((generator.state, n, n_val, contrast, wrong_labels, darkness))
    known = _DRAWN.find(key)
    if known is None:
        problem = _drawn(rng, n, n_val, contrast=contrast, wrong_labels=wrong_labels, darkness=darkness)
        known = _Drawn(problem=problem, state=generator.state)
        _DRAWN.keep(key, known)
    generator.state = known.state
    return known.problem


def _drawn(
    rng: np.random.Generator, n: int, n_val: int, *, contrast: float, wrong_labels: float, darkness: float
) -> Problem:
    pictures = rng.random((CLASSES, PIXELS)) ** darkness  # dark with bright spots, as digits are

    def images(size: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.permutation(np.arange(size) % CLASSES)
        return contrast * pictures[y] + (1 - contrast) * rng.random((size, PIXELS)) ** darkness, y

    X, y = images(n)
    X_val, y_val = images(n_val)
    spoilt = rng.permutation(n)[: round(wrong_labels * n)]
    y[spoilt] = y[rng.permutation(spoilt)]  # a permutation keeps every class
    for array in (X, y, X_val, y_val):
        array.setflags(write=False)  # whoever draws it again gets the same arrays
    return Problem(X=X, y=y, X_val=X_val, y_val=y_val)
