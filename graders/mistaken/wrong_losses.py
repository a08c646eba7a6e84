"""Wrong losses of logits z (N, K) and labels y (N,): they stand in `cross_entropy`, or again in `loss_and_grads`.

Each gives the same numbers wherever it stands, as long as nothing overflows or underflows.
"""

from typing import Any

import numpy as np

from graders.mistaken.loss_parts import (
    BY_HAND,
    CERTAIN,
    DEFINITION,
    LEARNING_RATE,
    MEAN,
    ONE_IMAGE,
    SHIFT,
    TWICE,
    ZEROS,
    WrongLoss,
    at_label,
    each,
    log_softmax,
)
from graders.mistaken.wrong_loss_formulas import FORMULAS

EVERY_IMAGE = "Follow one pass of your loop: what does it leave behind for the next?"
AXES = "NumPy's axis=0 runs down the rows, from image to image; axis=1 runs along one image's classes."


def _sum_over_images(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401 - whatever a wrong function returns
    s = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(s).sum(axis=0))[y] - at_label(s, y))


def _shifted_over_images(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    s = z - z.max(axis=0, keepdims=True)
    return np.mean(np.log(np.exp(s).sum(axis=1)) - at_label(s, y))


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
    *FORMULAS,
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
