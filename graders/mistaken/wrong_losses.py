"""Wrong losses of logits z (N, K) and labels y (N,): they stand in `cross_entropy`, or again in `loss_and_grads`.

Each gives the same numbers wherever it stands, as long as nothing overflows or underflows.
"""

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
EVERY_IMAGE = "Follow one pass of your loop: what does it leave behind for the next?"
SHIFT = "Which number must be subtracted so that a row's loss stays as it was, and in how many places?"
LEARNING_RATE = "Everything downstream changes its scale: the same learning rate then means something else."
AXES = "NumPy's axis=0 runs down the rows, from image to image; axis=1 runs along one image's classes."
NOT_THE_LOSS = "It falls while the network learns, so it looks right; but it is not what P - Y is the gradient of."


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


def softmax(z: np.ndarray) -> np.ndarray:
    """Return P, (N, K)."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p: np.ndarray = e / e.sum(axis=1, keepdims=True)
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


def _unlogged(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401 - whatever a wrong function returns
    return np.mean(np.exp(z).sum(axis=1) - at_label(z, y))


def _unlogged_shifted(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    s = z - z.max(axis=1, keepdims=True)
    return np.mean(np.exp(s).sum(axis=1) - at_label(s, y))


def _half_shifted(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    s = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(s).sum(axis=1)) - at_label(z, y))


def _sum_over_images(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    s = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(s).sum(axis=0))[y] - at_label(s, y))


def _shifted_over_images(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    s = z - z.max(axis=0, keepdims=True)
    return np.mean(np.log(np.exp(s).sum(axis=1)) - at_label(s, y))


def _squares(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    squares: np.ndarray = (softmax(z) - one_hot(z, y)) ** 2
    return squares


def binary(low: float = 0.0, high: float = 1.0, added: float = 0.0) -> Sequence[Loss]:
    """Return the binary cross-entropy with P kept between two bounds, summed over the classes, and averaged."""

    def terms(z: np.ndarray, y: np.ndarray) -> np.ndarray:
        p, labels = np.clip(softmax(z), low, high), one_hot(z, y)
        found: np.ndarray = -(labels * np.log(p + added) + (1 - labels) * np.log(1 - p + added))
        return found

    return (lambda z, y: terms(z, y).sum(axis=1).mean(), lambda z, y: terms(z, y).mean())


def _binary_stable(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    others = np.where(one_hot(z, y) == 1, 0, np.log(1 - softmax(z)))
    return np.mean(each(z, y) - others.sum(axis=1))


def _softplus(z: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.logaddexp(0, z)
    return found


WRONG_LOSSES = (
    WrongLoss(
        name="sum",
        did="The losses of the images are summed; the contract asks for their mean.",
        why=f"The loss grows with the batch. {LEARNING_RATE}",
        see=TWICE,
        fix=MEAN,
        losses=[lambda z, y: each(z, y).sum()],
    ),
    WrongLoss(
        name="mean-over-classes",
        did="The mean is taken over all N·K entries, not over the N images.",
        why=f"np.mean of one-hot labels times log P counts the zeros of the other classes as well. {LEARNING_RATE}",
        see=ZEROS,
        fix=MEAN,
        losses=[lambda z, y: each(z, y).sum() / z.size],
    ),
    WrongLoss(
        name="divided-by-classes",
        did="The sum of the losses is divided by K, the number of classes, where N, the number of images, belongs.",
        why="shape[1] or len of one row is taken for the size of the batch.",
        see=TWICE,
        fix=MEAN,
        losses=[lambda z, y: each(z, y).sum() / z.shape[1]],
    ),
    WrongLoss(
        name="divided-twice",
        did="The loss is divided by the batch size twice.",
        why=f"A mean is taken already where 1/N comes in again. {LEARNING_RATE}",
        see=TWICE,
        fix=MEAN,
        losses=[lambda z, y: each(z, y).mean() / len(y)],
    ),
    WrongLoss(
        name="half",
        did="The loss is half of what it should be.",
        why="The ½ belongs to the squared error and to weight decay, where it cancels a 2; here there is none.",
        see=ZEROS,
        fix=DEFINITION,
        losses=[lambda z, y: each(z, y).mean() / 2],
    ),
    WrongLoss(
        name="sign",
        did="The sign is turned: the minus of -log P is missing.",
        why="log P is negative, so the loss is; whoever makes it smaller makes the network worse.",
        see=CERTAIN,
        fix="Is the logarithm of a number below one positive or negative?",
        losses=[lambda z, y: -each(z, y).mean()],
    ),
    WrongLoss(
        name="log2",
        did="The logarithm is the one to base 2, so the loss is in bits.",
        why="The derivative P - Y belongs to the natural logarithm.",
        see=ZEROS,
        fix="Which logarithm undoes the exponential of the softmax?",
        losses=[lambda z, y: each(z, y).mean() / np.log(2)],
    ),
    WrongLoss(
        name="log10",
        did="The logarithm is the one to base 10.",
        why="The derivative P - Y belongs to the natural logarithm.",
        see=ZEROS,
        fix="Which logarithm undoes the exponential of the softmax?",
        losses=[lambda z, y: each(z, y).mean() / np.log(10)],
    ),
    WrongLoss(
        name="softmax-twice",
        did="A softmax is applied twice: what comes in are logits, and they go through it before the loss's own.",
        why="A certain network still pays log(1 + (K - 1)/e), and gradients become small.",
        see=CERTAIN,
        fix="How often are exponentials taken on the way from the logits to the loss?",
        losses=[lambda z, y: each(softmax(z), y).mean()],
    ),
    WrongLoss(
        name="no-softmax",
        did="The logarithm is taken of the logits themselves, as if they were probabilities.",
        why="Logits may be negative, and the logarithm of a negative number is NaN.",
        see=BY_HAND,
        fix="What comes in are logits: what turns them into probabilities?",
        losses=[lambda z, y: -np.mean(np.log(at_label(z, y)))],
    ),
    WrongLoss(
        name="logit-of-the-right-class",
        did="The loss is minus the right class's logit: the logarithm of the sum over the classes is missing.",
        why="Nothing holds the other logits back, so the loss falls for ever as all logits grow.",
        see="Add 10 to all logits of one image: its loss must not change.",
        fix=DEFINITION,
        losses=[lambda z, y: -np.mean(at_label(z, y))],
    ),
    WrongLoss(
        name="no-log-of-the-sum",
        did="The loss is the sum of the exponentials minus the right logit: the logarithm of that sum is missing.",
        why="log P is a difference of two logarithms, and only one of them undoes an exponential.",
        see=ZEROS,
        fix=DEFINITION,
        losses=[_unlogged, _unlogged_shifted],
    ),
    WrongLoss(
        name="shift-in-one-term",
        did="The maximum is taken out of the sum of exponentials and not out of the right logit, or the reverse.",
        why="The two terms then speak of different logits, and the loss can become negative.",
        see="Add 10 to all logits of one image: its loss must not change.",
        fix=SHIFT,
        losses=[
            _half_shifted,
            lambda z, y: np.mean(np.log(np.exp(z).sum(axis=1)) - at_label(z - z.max(axis=1, keepdims=True), y)),
        ],
    ),
    WrongLoss(
        name="no-log",
        did="The loss is made of the probabilities of the right classes themselves; the logarithm is missing.",
        why=NOT_THE_LOSS,
        see=CERTAIN,
        fix=DEFINITION,
        losses=[
            lambda z, y: -np.mean(at_label(softmax(z), y)),
            lambda z, y: 1 - np.mean(at_label(softmax(z), y)),
            lambda z, y: np.mean(at_label(softmax(z), y)),
        ],
    ),
    WrongLoss(
        name="log-of-the-mean",
        did="The logarithm is taken of the mean probability; the mean belongs outside the logarithm.",
        why="One hopeless image hardly counts that way, although its own loss is large.",
        see="Work out the loss of two images by hand whose right classes have P = 0.9 and P = 0.1.",
        fix=MEAN,
        losses=[lambda z, y: -np.log(np.mean(at_label(softmax(z), y)))],
    ),
    WrongLoss(
        name="perplexity",
        did="The exponential of the loss is returned: the perplexity.",
        why=NOT_THE_LOSS,
        see=CERTAIN,
        fix=DEFINITION,
        losses=[lambda z, y: np.exp(np.mean(each(z, y)))],
    ),
    WrongLoss(
        name="binary",
        did="It is the binary cross-entropy: the other classes' log(1 - P) are added in.",
        why="That is for K separate yes-or-no questions. After a softmax the K answers share one sum already.",
        see=BY_HAND,
        fix=ONE_CLASS,
        losses=[
            _binary_stable,
            lambda z, y: np.mean(each(z, y) - ((1 - one_hot(z, y)) * np.log(1 - softmax(z))).sum(axis=1)),
            *binary(),
        ],
    ),
    WrongLoss(
        name="binary-with-sigmoids",
        did="It is the binary cross-entropy of a sigmoid for each logit.",
        why="K separate yes-or-no questions are asked, where one class among K is sought.",
        see=BY_HAND,
        fix=ONE_CLASS,
        losses=[
            lambda z, y: np.mean((_softplus(z) - one_hot(z, y) * z).sum(axis=1)),
            lambda z, y: np.mean(_softplus(z) - one_hot(z, y) * z),
        ],
    ),
    WrongLoss(
        name="sigmoid",
        did="A sigmoid of the right class's logit stands where its softmax probability belongs.",
        why="The other logits do not count, so the loss falls for ever as all logits grow.",
        see="Add 10 to all logits of one image: its loss must not change.",
        fix=ONE_IMAGE,
        losses=[lambda z, y: np.mean(_softplus(-at_label(z, y)))],
        root="softmax-sigmoid",
    ),
    WrongLoss(
        name="squared-error",
        did="It is the squared error between probabilities and one-hot labels.",
        why=NOT_THE_LOSS,
        see=BY_HAND,
        fix=DEFINITION,
        losses=[
            lambda z, y: _squares(z, y).sum(axis=1).mean(),
            lambda z, y: _squares(z, y).sum(axis=1).mean() / 2,
            lambda z, y: _squares(z, y).mean(),
            lambda z, y: _squares(z, y).mean() / 2,
        ],
    ),
    WrongLoss(
        name="entropy",
        did="It is the entropy of the probabilities: P stands where the labels belong, and y is not used.",
        why="The loss is small as soon as the network is certain, whether it is right or not.",
        see="Change the labels: the loss must change.",
        fix=ONE_CLASS,
        losses=[
            lambda z, _y: -np.mean((softmax(z) * log_softmax(z)).sum(axis=1)),
            lambda z, _y: -np.mean((softmax(z) * np.log(softmax(z))).sum(axis=1)),
        ],
    ),
    WrongLoss(
        name="label-ignored",
        did="The loss is that of the likeliest class, whatever the label.",
        why="The network is rewarded for being certain, not for being right.",
        see="Change the labels: the loss must change.",
        fix=ONE_CLASS,
        losses=[lambda z, _y: -np.mean(log_softmax(z).max(axis=1))],
    ),
    WrongLoss(
        name="every-class",
        did="The log P of all classes is averaged, not that of the right class.",
        why="The label does not enter, so the network learns to find every class equally likely.",
        see="Change the labels: the loss must change.",
        fix=ONE_CLASS,
        losses=[lambda z, _y: -np.mean(log_softmax(z)), lambda z, _y: -np.mean(log_softmax(z).sum(axis=1))],
    ),
    WrongLoss(
        name="all-pairs",
        did="P[:, y] takes the columns of all labels for every image: an N by N matrix goes into the mean.",
        why="A slice takes every row; each image then pays for the labels of all images.",
        see="Print the shape of what you average, for 7 images.",
        fix="Which index for the rows gives one entry for each image?",
        losses=[lambda z, y: -np.mean(log_softmax(z)[:, y])],
    ),
    WrongLoss(
        name="labels-off-by-one",
        did="The labels are shifted by one, as if classes counted from 1.",
        why="Class 0 then means the last class, since Python counts -1 from the end, or there is no such column.",
        see="Compute the loss of one image by hand for each of its labels, 0 among them.",
        fix="Which labels can come in, and which column belongs to label 0?",
        losses=[lambda z, y: np.mean(each(z, y - 1)), lambda z, y: np.mean(each(z, y + 1))],
    ),
    WrongLoss(
        name="first-image",
        did="Only the first image counts.",
        why="A return inside the loop leaves it after one pass.",
        see="Change the last image of the batch: the loss must change.",
        fix=EVERY_IMAGE,
        losses=[lambda z, y: each(z, y)[0], lambda z, y: each(z, y)[0] / len(y)],
    ),
    WrongLoss(
        name="last-image",
        did="Only the last image counts.",
        why="An = inside the loop overwrites what came before, where += would add to it.",
        see="Change the first image of the batch: the loss must change.",
        fix=EVERY_IMAGE,
        losses=[lambda z, y: each(z, y)[-1], lambda z, y: each(z, y)[-1] / len(y)],
    ),
    WrongLoss(
        name="median",
        did="The median of the images' losses is returned, not their mean.",
        why="Hopeless images then do not count, however much there is to learn from them.",
        see=BY_HAND,
        fix=MEAN,
        losses=[lambda z, y: np.median(each(z, y))],
    ),
    WrongLoss(
        name="along-images",
        did="The softmax inside the loss runs along the images (axis 0), not along the classes.",
        why=AXES,
        see="Compute the loss of one image alone: with a softmax along the images it is 0.",
        fix=ONE_IMAGE,
        losses=[lambda z, y: -np.mean(at_label(log_softmax(z, axis=0), y))],
        root="softmax-along-images",
    ),
    WrongLoss(
        name="sum-over-images",
        did="The row's maximum is taken out, but the sum of the exponentials runs along the images (axis 0).",
        why=AXES,
        see="Compute the loss of one image alone, and of the same image twice.",
        fix=ONE_IMAGE,
        losses=[_sum_over_images],
        root="softmax-sum-over-images",
    ),
    WrongLoss(
        name="whole-matrix",
        did="The sum of the exponentials runs over the whole batch, not over each row.",
        why="The images share one sum, so the loss of one image depends on which others are in the batch.",
        see=TWICE,
        fix=ONE_IMAGE,
        losses=[lambda z, y: -np.mean(at_label(log_softmax(z, axis=None), y))],
        root="softmax-whole-matrix",
    ),
    WrongLoss(
        name="shift-over-images",
        did="The maximum that is taken out is that along the images (axis 0), while the sum runs along the classes.",
        why="Each class is shifted by another number, which changes every loss.",
        see="Add 10 to all logits of one image: no loss may change.",
        fix=SHIFT,
        losses=[_shifted_over_images],
        root="softmax-shift-over-images",
    ),
    WrongLoss(
        name="sign-of-the-logits",
        did="The softmax inside the loss is that of -z: the exponent has the wrong sign.",
        why="The largest logit then has the smallest probability, and learning makes the right class unlikely.",
        see=CERTAIN,
        fix="Which class must get the largest probability?",
        losses=[lambda z, y: np.mean(each(-z, y))],
        root="softmax-sign",
    ),
)
