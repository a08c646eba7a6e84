"""Mistakes in `softmax(z)`: each is the function as it would have been written wrongly."""

from functools import partial

import numpy as np

from graders.catalogue.functions import answers, observing
from graders.catalogue.mistake import Catalogue, Mistake
from graders.measure import truth

OVERFLOW = "exp overflows beyond 709 in float64 and beyond 88 in float32, and infinity divided by infinity is NaN."
UNDERFLOW = "A row that lies far below what is subtracted consists of zeros after exp, and 0/0 is NaN."
AXES = "NumPy's axis=0 runs down the rows, from image to image; axis=1 runs along one image's classes."
FAR_APART = "Call it with [[0., 1.], [1000., 999.]]: both rows have finite probabilities."
BIG = "Call it with [[1000., 0.]], where the probabilities are 1 and 0."
SHIFT = "What happens to a row's probabilities when the same number is added to all of its logits?"
WHICH = "Which number makes the largest exponential of each row equal to one?"
ROWS = "Print the sums of the rows and of the columns of your answer."
ONE_IMAGE = "Each row is one image: the probabilities of its classes must sum to one."

mistake = partial(Mistake, criterion="softmax")


def _normalised(e: np.ndarray, axis: int | None = 1) -> np.ndarray:
    p: np.ndarray = e / e.sum(axis=axis, keepdims=True)
    return p


def _shifted_by(shift: np.ndarray) -> np.ndarray:
    return _normalised(np.exp(shift))


def _no_shift(z: np.ndarray) -> np.ndarray:
    return _normalised(np.exp(z))


def _in_place(z: np.ndarray) -> np.ndarray:
    z -= z.max(axis=1, keepdims=True)
    return _normalised(np.exp(z))


MISTAKES = (
    mistake(
        id="softmax-no-shift",
        did="The exponentials are taken of the logits as they are; nothing is subtracted first.",
        why=OVERFLOW,
        see=BIG,
        fix=SHIFT,
        gives=answers(_no_shift),
    ),
    mistake(
        id="softmax-global-max",
        did="One maximum is subtracted for the whole batch, not each row's own.",
        why=UNDERFLOW,
        see=FAR_APART,
        fix=WHICH,
        gives=answers(lambda z: _shifted_by(z - z.max())),
    ),
    mistake(
        id="softmax-along-images",
        did="The softmax runs along the images (axis 0), not along the classes.",
        why=AXES,
        see=ROWS,
        fix=ONE_IMAGE,
        gives=answers(lambda z: _normalised(np.exp(z - z.max(axis=0, keepdims=True)), axis=0)),
    ),
    mistake(
        id="softmax-in-place",
        did="Your softmax writes the shifted logits back into the array that it was given.",
        why="The caller's logits are changed without a word; the loss is then computed from other numbers.",
        see="Print z before and after the call.",
        fix="Which of your statements writes into z?",
        gives=answers(_in_place),
    ),
)

CATALOGUE = Catalogue(
    criterion="softmax",
    observe=observing(),
    right=answers(truth.softmax, dtypes=False),
    mistakes=MISTAKES,
)
