"""Which images a training run visited, how often and with which label, from the parameters alone.

A first-order step adds to W1 a sum over the images: each image times a row of its own. With more pixels than images the
rows can be told apart by least squares.
"""

import numpy as np

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.compare import Wrong
from graders.measure.miniature import CLASSES, Problem

NOTHING = 1e-3  # a row this small beside the largest one belongs to an image that was not visited
ALIKE = 0.999  # cosine between a row and the gradient of an image with a given label


def rows(problem: Problem, small: Params, large: Params) -> np.ndarray:
    """Return what each image contributed to the change of W1 between two runs, (N, H).

    Args:
        problem: what was trained on; its images must be linearly independent.
        small: parameters after an epoch with a learning rate that is next to nothing.
        large: the same with one that is still small, so that all steps start from nearly the same parameters.
    """
    found: np.ndarray = np.linalg.lstsq(problem.X.T, large.W1 - small.W1, rcond=None)[0]
    return found


def visits(parts: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return how often each image was visited, (N,), with the mean set to 1; not rounded.

    Args:
        parts: rows of an epoch of mini-batches, (N, H).
        whole: rows of an epoch whose only batch holds all images, so that each counts once.

    Raises:
        Wrong: that one batch did not hold all images, or nothing moved.
    """
    norms = np.linalg.norm(whole, axis=1)
    if not norms.max() > 0:
        raise Wrong("Training does not change W1, so no image was learnt from.", got="no change", expected="a step")
    absent = np.flatnonzero(norms <= NOTHING * norms.max())
    if len(absent):
        raise Wrong(
            f"In an epoch whose one batch has room for all {len(norms)} images, the images at positions "
            f"{', '.join(map(str, absent))} were not visited.",
            expected="every image once",
        )
    ratios = np.linalg.norm(parts, axis=1) / norms
    total = float(ratios.sum())
    if not total > 0:
        raise Wrong("An epoch of mini-batches does not change W1.", got="no change", expected="a step for each batch")
    counts: np.ndarray = ratios * len(ratios) / total
    return counts


def labels_used(problem: Problem, theta: Params, moves: np.ndarray) -> np.ndarray | None:
    """Return with which label each image was learnt, (N,), or None where the rows are no gradients of any labels.

    An image that activates no hidden unit moves nothing; it counts as learnt with its own label.

    Args:
        problem: what was trained on.
        theta: the parameters at which the gradient was taken.
        moves: rows, (N, H), of images that were all visited.
    """
    alike, _, silent = _compared(problem, theta, moves)
    certain = (silent | (alike.max(axis=1) >= ALIKE)).all()
    return np.where(silent, problem.y, _likeliest(problem, alike)) if certain else None


def learnt(problem: Problem, theta: Params, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return with which label each image was learnt and how much, (N,) each, or None where rows are no gradients.

    Args:
        problem: what was trained on.
        theta: the parameters at which the gradient was taken.
        moves: rows, (N, H); those of images that were not visited are nearly nothing.

    Returns:
        Labels, which are the own ones of images that were not visited, and amounts, in multiples of the gradient of
        the image's own loss.
    """
    alike, amounts, silent = _compared(problem, theta, moves)
    norms = np.linalg.norm(moves, axis=1)
    still = silent | (norms <= NOTHING * norms.max())
    if not norms.max() > 0 or not (still | (alike.max(axis=1) >= ALIKE)).all():
        return None
    labels = np.where(still, problem.y, _likeliest(problem, alike))
    return labels, np.where(still, 0.0, amounts[np.arange(len(labels)), labels])


def _likeliest(problem: Problem, alike: np.ndarray) -> np.ndarray:
    """Return each image's likeliest label, its own one where that explains the row as well, as with one active unit."""
    own = alike[np.arange(len(problem.y)), problem.y] >= ALIKE
    likeliest: np.ndarray = np.where(own, problem.y, alike.argmax(axis=1))
    return likeliest


def _compared(problem: Problem, theta: Params, moves: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each row's cosine with the descent for each label, its multiple of it, (N, K), and which cannot move."""
    z1 = truth.preactivation(theta, problem.X)  # (N, H)
    p = truth.softmax(truth.forward(theta, problem.X))  # (N, K)
    alike, amounts = np.empty((2, len(problem.X), CLASSES))
    for label in range(CLASSES):
        descent = -((p - np.eye(CLASSES)[label]) @ theta.W2.T) * (z1 > 0)  # (N, H)
        along, length = (descent * moves).sum(axis=1), np.linalg.norm(descent, axis=1)
        scale = length * np.linalg.norm(moves, axis=1)
        alike[:, label] = along / np.where(scale > 0, scale, 1.0)
        amounts[:, label] = along / np.where(length > 0, length**2, 1.0)
    return alike, amounts, np.asarray(~(z1 > 0).any(axis=1))
