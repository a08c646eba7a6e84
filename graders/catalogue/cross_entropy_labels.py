"""Mistakes in `cross_entropy(z, y)` in the use of labels and shapes, and in what is averaged."""

from functools import partial

import numpy as np

from graders.mistaken.loss_parts import BY_HAND, MEAN, TWICE, at_label, each, log_softmax, softmax
from graders.mistaken.losses_at_limits import as_wide_as, in_place, log_of, nominal, read, shifted_by, smoothed
from graders.naming.mistake import Mistake
from graders.naming.styles import any_of

CONFIDENT = "Take one image with logits [0., 1000., 0.] and label 1: its loss is 0."
WIDTH = "How many classes there are shows in the logits, not in the labels of one batch."

mistake = partial(Mistake, criterion="cross_entropy")

LABELS = (
    mistake(
        id="cross-entropy-no-keepdims",
        did="The row maxima or sums lost their axis, so they do not stand beside their own rows any more.",
        why="A maximum without keepdims=True has shape (N,), and NumPy lines it up with the columns.",
        see="Print the shapes of both sides of each subtraction, for 7 images and 5 classes.",
        fix="Which shape must the row maxima have, so that each is subtracted from its own row?",
        gives=any_of(
            shifted_by(lambda z: z.max(axis=1)),
            lambda z, y: -np.mean(at_label((s := z - z.max(axis=1)) - np.log(np.exp(s).sum(axis=1)), y)),
            lambda z, y: -np.mean(at_label((s := z - z.max(axis=1, keepdims=True)) - np.log(np.exp(s).sum(axis=1)), y)),
            read=read,
        ),
        root="softmax-no-keepdims",
    ),
    mistake(
        id="cross-entropy-in-place",
        did="Your loss writes into the array of logits that it was given.",
        why="The caller's logits are changed without a word; the gradient is then computed from other numbers.",
        see="Print z before and after the call.",
        fix="Which of your statements writes into z?",
        gives=any_of(in_place, read=read),
    ),
    mistake(
        id="cross-entropy-one-hot-width",
        did="The one-hot labels are as wide as the largest label of the batch.",
        why="A batch without the last class then gets too narrow a matrix.",
        see="Call it with five logits for each image, and labels none of which is 4.",
        fix=WIDTH,
        gives=any_of(*as_wide_as(lambda y: int(y.max()) + 1), read=read),
    ),
    mistake(
        id="cross-entropy-as-many-classes-as-labels",
        did="The one-hot labels are as wide as there are different labels in the batch.",
        why="A batch in which a class does not occur then gets too narrow a matrix.",
        see="Call it with five logits for each image, and labels that leave one class out.",
        fix=WIDTH,
        gives=any_of(*as_wide_as(lambda y: len(np.unique(y))), read=read),
    ),
    mistake(
        id="cross-entropy-ten-classes",
        did="The one-hot labels have ten columns, however many classes there are.",
        why="The number of classes of one data set is written into the function.",
        see="Call it with three logits for each image.",
        fix=WIDTH,
        gives=any_of(*as_wide_as(lambda _y: 10), read=read),
    ),
    mistake(
        id="cross-entropy-expects-one-hot",
        did="The labels are multiplied with log P as if they were one-hot rows; they are one integer for each image.",
        why="The contract's y has shape (N,), and holds the number of the right class.",
        see="Print the shape of y, and that of its product with log P.",
        fix="How do you find the entry of a row whose column you know?",
        gives=any_of(
            lambda z, y: -np.mean((y * log_softmax(z)).sum(axis=1)),
            lambda z, y: -np.sum(y * log_softmax(z)) / len(y),
            lambda z, y: -np.sum(y * np.log(softmax(z) + 1e-12)) / len(y),
            lambda z, y: -np.sum(y * np.log(softmax(z))) / len(y),
            read=read,
        ),
    ),
    mistake(
        id="cross-entropy-not-averaged",
        did="One loss for each image is returned; their mean is missing.",
        why="A loss is one number: only that can be made smaller.",
        see="Print the shape of what you return, for 7 images.",
        fix=MEAN,
        gives=any_of(each, lambda z, y: each(z, y)[:, None], *log_of(softmax, lambda losses: losses), read=read),
    ),
    mistake(
        id="cross-entropy-nominal-batch",
        did="The sum of the losses is divided by a fixed number, whatever the batch holds.",
        why="The last batch of an epoch is often smaller, and other callers have batches of other sizes.",
        see=TWICE,
        fix=MEAN,
        gives=nominal,
    ),
    mistake(
        id="cross-entropy-label-smoothing",
        did="The other classes get a share of the label: label smoothing.",
        why="It is a remedy against overconfidence of its own right, but another loss: a certain network pays for it.",
        see=CONFIDENT,
        fix=BY_HAND,
        gives=smoothed,
    ),
)
