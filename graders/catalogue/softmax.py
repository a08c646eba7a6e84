"""Mistakes in `softmax(z)`: each is the function as it would have been written wrongly."""

from functools import partial

import numpy as np

from graders.catalogue.softmax_functions import BIG, FUNCTIONS, PRINT_SHAPES, ROWS, ZEROS
from graders.measure import truth
from graders.mistaken.wrong_softmax import clipped, normalised, shift_beyond, shifted
from graders.naming.functions import answers, observing
from graders.naming.mistake import Catalogue, Mistake
from graders.naming.styles import any_of

OVERFLOW = "exp overflows beyond 709 in float64 and beyond 88 in float32, and infinity divided by infinity is NaN."
UNDERFLOW = "A row that lies far below what is subtracted consists of zeros after exp, and 0/0 is NaN."
AXES = "NumPy's axis=0 runs down the rows, from image to image; axis=1 runs along one image's classes."
UNEQUAL = "A softmax survives the same shift of all logits of a row, and no other: other shifts change the result."
ALL_IMAGES = "The images share one sum, so the probabilities of one image depend on which others are in the batch."
SHAPES = "Without keepdims=True a sum over the classes has shape (N,), and NumPy lines it up with the columns."
FAR_APART = "Call it with [[0., 1.], [1000., 999.]]: both rows have finite probabilities."
BIG_FLOAT32 = "Call it with np.array([[100., 0.]], dtype=np.float32), and with [[-1000., -1001.]]."
ALONE = "Call it with two rows, then with the first of them alone: its probabilities must not change."
SHIFT = "What happens to a row's probabilities when the same number is added to all of its logits?"
WHICH = "Which number makes the largest exponential of each row equal to one?"
ONE_IMAGE = "Each row is one image: the probabilities of its classes must sum to one."

mistake = partial(Mistake, criterion="softmax")

MISTAKES = (
    mistake(
        id="softmax-no-shift",
        did="The exponentials are taken of the logits as they are; nothing is subtracted first.",
        why=OVERFLOW,
        see=BIG,
        fix=SHIFT,
        gives=answers(lambda z: normalised(np.exp(z))),
    ),
    mistake(
        id="softmax-global-max",
        did="One maximum is subtracted for the whole batch, not each row's own.",
        why=UNDERFLOW,
        see=FAR_APART,
        fix=WHICH,
        gives=answers(lambda z: normalised(np.exp(z - z.max()))),
    ),
    mistake(
        id="softmax-shift-over-images",
        did="The maximum that is subtracted is taken along the images (axis 0), while the sum runs along the classes.",
        why=UNEQUAL,
        see=FAR_APART,
        fix=WHICH,
        gives=answers(lambda z: normalised(np.exp(z - z.max(axis=0, keepdims=True)))),
    ),
    mistake(
        id="softmax-mean-shift",
        did="The row's mean is subtracted, not its maximum.",
        why="The largest logit may lie far above the mean, and its exponential still overflows.",
        see="Call it with [[1000., -1000., -1000.]].",
        fix=WHICH,
        gives=answers(lambda z: normalised(np.exp(z - z.mean(axis=1, keepdims=True)))),
    ),
    mistake(
        id="softmax-min-shift",
        did="The row's minimum is subtracted, not its maximum.",
        why="That makes every exponent positive, so the exponentials overflow sooner than without a shift.",
        see="Call it with [[1000., 0.]].",
        fix=WHICH,
        gives=answers(lambda z: normalised(np.exp(z - z.min(axis=1, keepdims=True)))),
    ),
    mistake(
        id="softmax-largest-magnitude-shift",
        did="The logit of the largest magnitude is subtracted, whatever its sign.",
        why=UNDERFLOW,
        see="Call it with [[-1000., -1001.]].",
        fix=WHICH,
        gives=any_of(
            lambda z: normalised(np.exp(z - np.abs(z).max(axis=1, keepdims=True))),
            lambda z: normalised(np.exp(z - np.abs(z).max())),
        ),
    ),
    mistake(
        id="softmax-scaled-by-max",
        did="The logits are divided by the row's maximum; it is not subtracted.",
        why="A softmax survives a shift of its logits, not a change of their scale.",
        see=ZEROS,
        fix=SHIFT,
        gives=any_of(
            lambda z: normalised(np.exp(z / z.max(axis=1, keepdims=True))), lambda z: normalised(np.exp(z / z.max()))
        ),
    ),
    mistake(
        id="softmax-clipped-logits",
        did="The logits are clipped to a fixed range before the exponential.",
        why="Nothing overflows any more, but all logits beyond the bound count the same, and the larger does not win.",
        see="Call it with [[1000., 2000.]], where the probabilities are 0 and 1.",
        fix=SHIFT,
        gives=any_of(
            *(clipped(-bound, bound) for bound in (10, 20, 30, 50, 80, 88, 100, 200, 300, 500, 600, 700, 709)),
            *(clipped(-np.inf, bound) for bound in (10, 20, 30, 50, 80, 88, 100, 200, 300, 500, 600, 700, 709)),
        ),
    ),
    mistake(
        id="softmax-shift-only-beyond-700",
        did="The maximum is subtracted only where it is beyond a bound near float64's limit of 709.",
        why="float32 overflows at 89 already, and rows of very negative logits become 0/0.",
        see=BIG_FLOAT32,
        fix=WHICH,
        gives=any_of(*(shift_beyond(threshold) for threshold in (100, 200, 300, 500, 600, 700, 709))),
    ),
    mistake(
        id="softmax-shift-in-the-numerator-only",
        did="The maximum is subtracted in the numerator, but the sum below it is that of the unshifted exponentials.",
        why=UNEQUAL,
        see=ROWS,
        fix="Which exponentials must a row's numerators and its denominator have in common?",
        gives=answers(lambda z: shifted(z) / np.exp(z).sum(axis=1, keepdims=True)),
    ),
    mistake(
        id="softmax-along-images",
        did="The softmax runs along the images (axis 0), not along the classes.",
        why=AXES,
        see=ROWS,
        fix=ONE_IMAGE,
        gives=any_of(
            lambda z: normalised(np.exp(z - z.max(axis=0, keepdims=True)), axis=0),
            lambda z: normalised(np.exp(z - z.max()), axis=0),
        ),
    ),
    mistake(
        id="softmax-along-images-no-shift",
        did="The softmax runs along the images (axis 0), and nothing is subtracted before the exponential.",
        why=f"{AXES} {OVERFLOW}",
        see=ROWS,
        fix=ONE_IMAGE,
        gives=answers(lambda z: normalised(np.exp(z), axis=0)),
    ),
    mistake(
        id="softmax-sum-over-images",
        did="The row's maximum is subtracted, but the sum in the denominator runs along the images (axis 0).",
        why=AXES,
        see=ROWS,
        fix=ONE_IMAGE,
        gives=answers(lambda z: normalised(shifted(z), axis=0)),
    ),
    mistake(
        id="softmax-whole-matrix",
        did="The denominator is the sum over the whole batch, not over each row.",
        why=ALL_IMAGES,
        see=ALONE,
        fix=ONE_IMAGE,
        gives=any_of(lambda z: normalised(shifted(z), axis=None), lambda z: normalised(np.exp(z - z.max()), axis=None)),
    ),
    mistake(
        id="softmax-whole-matrix-no-shift",
        did="The denominator is the sum over the whole batch, and nothing is subtracted before the exponential.",
        why=f"{ALL_IMAGES} {OVERFLOW}",
        see=ALONE,
        fix=ONE_IMAGE,
        gives=answers(lambda z: normalised(np.exp(z), axis=None)),
    ),
    mistake(
        id="softmax-no-keepdims",
        did="A maximum or a sum over the classes lost its axis, so it does not stand beside its own row any more.",
        why=SHAPES,
        see=PRINT_SHAPES,
        fix="Which shape must the row sums have, so that each row is divided by its own?",
        gives=any_of(
            lambda z: (e := shifted(z)) / e.sum(axis=1),
            lambda z: normalised(np.exp(z - z.max(axis=1))),
            lambda z: (e := np.exp(z - z.max(axis=1))) / e.sum(axis=1),
            lambda z: (e := np.exp(z)) / e.sum(axis=1),
            lambda z: (e := np.exp(z - z.max())) / e.sum(axis=1),
        ),
    ),
    *FUNCTIONS,
)

CATALOGUE = Catalogue(
    criterion="softmax",
    observe=observing(),
    right=answers(truth.softmax, dtypes=False),
    mistakes=MISTAKES,
    rtol=1e-6,
)
