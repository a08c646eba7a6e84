"""Mistakes in `softmax(z)`: each is the function as it would have been written wrongly."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from graders.measure import truth
from graders.naming.functions import answers, observing
from graders.naming.mistake import Case, Catalogue, Mistake, Outcomes
from graders.naming.styles import any_of

OVERFLOW = "exp overflows beyond 709 in float64 and beyond 88 in float32, and infinity divided by infinity is NaN."
UNDERFLOW = "A row that lies far below what is subtracted consists of zeros after exp, and 0/0 is NaN."
AXES = "NumPy's axis=0 runs down the rows, from image to image; axis=1 runs along one image's classes."
UNEQUAL = "A softmax survives the same shift of all logits of a row, and no other: other shifts change the result."
ALL_IMAGES = "The images share one sum, so the probabilities of one image depend on which others are in the batch."
ANOTHER_FUNCTION = "The answer looks plausible, but it is not the function whose derivative the backward pass uses."
SHAPES = "Without keepdims=True a sum over the classes has shape (N,), and NumPy lines it up with the columns."
FAR_APART = "Call it with [[0., 1.], [1000., 999.]]: both rows have finite probabilities."
BIG = "Call it with [[1000., 0.]], where the probabilities are 1 and 0."
BIG_FLOAT32 = "Call it with np.array([[100., 0.]], dtype=np.float32), and with [[-1000., -1001.]]."
ZEROS = "Call it with [[0., 0.]], where both probabilities are one half, and with [[0., 1.]]."
ALONE = "Call it with two rows, then with the first of them alone: its probabilities must not change."
BY_HAND = "Work out one row of two classes by hand, with the definition beside your code."
SHIFT = "What happens to a row's probabilities when the same number is added to all of its logits?"
WHICH = "Which number makes the largest exponential of each row equal to one?"
ROWS = "Print the sums of the rows and of the columns of your answer."
ONE_IMAGE = "Each row is one image: the probabilities of its classes must sum to one."
DEFINITION = "Which steps lead from one row of logits to its probabilities, and which of them does your code do?"
NOT_NEEDED = (
    "After the right shift, how small can the sum of a row's exponentials be? What does it need protecting from?"
)
PRINT_SHAPES = "Print the shapes of both sides of each subtraction and division, for 7 images and 5 classes."

mistake = partial(Mistake, criterion="softmax")
Function = Callable[[np.ndarray], np.ndarray]


def _normalised(e: np.ndarray, axis: int | None = 1) -> np.ndarray:
    p: np.ndarray = e / e.sum(axis=axis, keepdims=True)
    return p


def _shifted(z: np.ndarray) -> np.ndarray:
    e: np.ndarray = np.exp(z - z.max(axis=1, keepdims=True))
    return e


def _right(z: np.ndarray) -> np.ndarray:
    return _normalised(_shifted(z))


def _in_place(z: np.ndarray) -> np.ndarray:
    z -= z.max(axis=1, keepdims=True)
    return _normalised(np.exp(z))


def _clipped(low: float, high: float) -> Function:
    return lambda z: _normalised(np.exp(np.clip(z, low, high)))


def _shift_beyond(threshold: float) -> Function:
    def softmax(z: np.ndarray) -> np.ndarray:
        top = z.max(axis=1, keepdims=True)
        return _normalised(np.exp(z - np.where(top > threshold, top, 0)))

    return softmax


def _denominator_epsilon(case: Case) -> Sequence[Outcomes]:
    """Read off the sums of the rows how much was added to the denominator, and predict all answers with it."""
    z, p = case.seen["plain"].call.args[0], case.observed.get(("plain", "value"))
    if not isinstance(z, np.ndarray) or not isinstance(p, np.ndarray) or p.shape != z.shape:
        return ()
    sums = _shifted(z).sum(axis=1)
    epsilon = float(np.median(sums / p.sum(axis=1) - sums))
    if not 1e-7 < epsilon < 10:
        return ()
    return any_of(lambda z: (e := _shifted(z)) / (e.sum(axis=1, keepdims=True) + epsilon))(case)


def _bounded(case: Case) -> Sequence[Outcomes]:
    """Read off the smallest probability where the answer keeps it, and predict all answers with it."""
    p = case.observed.get(("thousand", "value"))
    if not isinstance(p, np.ndarray) or not 1e-7 < float(p.min(initial=1.0)) < 0.1:
        return ()
    least = float(p.min())
    both, below = any_of(lambda z: np.clip(_right(z), least, 1 - least)), any_of(lambda z: np.maximum(_right(z), least))
    added = any_of(lambda z: _right(z) + least)
    return [outcomes for predict in (both, below, added) for outcomes in predict(case)]


MISTAKES = (
    mistake(
        id="softmax-no-shift",
        did="The exponentials are taken of the logits as they are; nothing is subtracted first.",
        why=OVERFLOW,
        see=BIG,
        fix=SHIFT,
        gives=answers(lambda z: _normalised(np.exp(z))),
    ),
    mistake(
        id="softmax-global-max",
        did="One maximum is subtracted for the whole batch, not each row's own.",
        why=UNDERFLOW,
        see=FAR_APART,
        fix=WHICH,
        gives=answers(lambda z: _normalised(np.exp(z - z.max()))),
    ),
    mistake(
        id="softmax-shift-over-images",
        did="The maximum that is subtracted is taken along the images (axis 0), while the sum runs along the classes.",
        why=UNEQUAL,
        see=FAR_APART,
        fix=WHICH,
        gives=answers(lambda z: _normalised(np.exp(z - z.max(axis=0, keepdims=True)))),
    ),
    mistake(
        id="softmax-mean-shift",
        did="The row's mean is subtracted, not its maximum.",
        why="The largest logit may lie far above the mean, and its exponential still overflows.",
        see="Call it with [[1000., -1000., -1000.]].",
        fix=WHICH,
        gives=answers(lambda z: _normalised(np.exp(z - z.mean(axis=1, keepdims=True)))),
    ),
    mistake(
        id="softmax-min-shift",
        did="The row's minimum is subtracted, not its maximum.",
        why="That makes every exponent positive, so the exponentials overflow sooner than without a shift.",
        see="Call it with [[1000., 0.]].",
        fix=WHICH,
        gives=answers(lambda z: _normalised(np.exp(z - z.min(axis=1, keepdims=True)))),
    ),
    mistake(
        id="softmax-largest-magnitude-shift",
        did="The logit of the largest magnitude is subtracted, whatever its sign.",
        why=UNDERFLOW,
        see="Call it with [[-1000., -1001.]].",
        fix=WHICH,
        gives=any_of(
            lambda z: _normalised(np.exp(z - np.abs(z).max(axis=1, keepdims=True))),
            lambda z: _normalised(np.exp(z - np.abs(z).max())),
        ),
    ),
    mistake(
        id="softmax-scaled-by-max",
        did="The logits are divided by the row's maximum; it is not subtracted.",
        why="A softmax survives a shift of its logits, not a change of their scale.",
        see=ZEROS,
        fix=SHIFT,
        gives=any_of(
            lambda z: _normalised(np.exp(z / z.max(axis=1, keepdims=True))), lambda z: _normalised(np.exp(z / z.max()))
        ),
    ),
    mistake(
        id="softmax-clipped-logits",
        did="The logits are clipped to a fixed range before the exponential.",
        why="Nothing overflows any more, but all logits beyond the bound count the same, and the larger does not win.",
        see="Call it with [[1000., 2000.]], where the probabilities are 0 and 1.",
        fix=SHIFT,
        gives=any_of(
            *(_clipped(-bound, bound) for bound in (10, 20, 30, 50, 80, 88, 100, 200, 300, 500, 600, 700, 709)),
            *(_clipped(-np.inf, bound) for bound in (10, 20, 30, 50, 80, 88, 100, 200, 300, 500, 600, 700, 709)),
        ),
    ),
    mistake(
        id="softmax-shift-only-beyond-700",
        did="The maximum is subtracted only where it is beyond a bound near float64's limit of 709.",
        why="float32 overflows at 89 already, and rows of very negative logits become 0/0.",
        see=BIG_FLOAT32,
        fix=WHICH,
        gives=any_of(*(_shift_beyond(threshold) for threshold in (100, 200, 300, 500, 600, 700, 709))),
    ),
    mistake(
        id="softmax-shift-in-the-numerator-only",
        did="The maximum is subtracted in the numerator, but the sum below it is that of the unshifted exponentials.",
        why=UNEQUAL,
        see=ROWS,
        fix="Which exponentials must a row's numerators and its denominator have in common?",
        gives=answers(lambda z: _shifted(z) / np.exp(z).sum(axis=1, keepdims=True)),
    ),
    mistake(
        id="softmax-along-images",
        did="The softmax runs along the images (axis 0), not along the classes.",
        why=AXES,
        see=ROWS,
        fix=ONE_IMAGE,
        gives=any_of(
            lambda z: _normalised(np.exp(z - z.max(axis=0, keepdims=True)), axis=0),
            lambda z: _normalised(np.exp(z - z.max()), axis=0),
        ),
    ),
    mistake(
        id="softmax-along-images-no-shift",
        did="The softmax runs along the images (axis 0), and nothing is subtracted before the exponential.",
        why=f"{AXES} {OVERFLOW}",
        see=ROWS,
        fix=ONE_IMAGE,
        gives=answers(lambda z: _normalised(np.exp(z), axis=0)),
    ),
    mistake(
        id="softmax-sum-over-images",
        did="The row's maximum is subtracted, but the sum in the denominator runs along the images (axis 0).",
        why=AXES,
        see=ROWS,
        fix=ONE_IMAGE,
        gives=answers(lambda z: _normalised(_shifted(z), axis=0)),
    ),
    mistake(
        id="softmax-whole-matrix",
        did="The denominator is the sum over the whole batch, not over each row.",
        why=ALL_IMAGES,
        see=ALONE,
        fix=ONE_IMAGE,
        gives=any_of(
            lambda z: _normalised(_shifted(z), axis=None), lambda z: _normalised(np.exp(z - z.max()), axis=None)
        ),
    ),
    mistake(
        id="softmax-whole-matrix-no-shift",
        did="The denominator is the sum over the whole batch, and nothing is subtracted before the exponential.",
        why=f"{ALL_IMAGES} {OVERFLOW}",
        see=ALONE,
        fix=ONE_IMAGE,
        gives=answers(lambda z: _normalised(np.exp(z), axis=None)),
    ),
    mistake(
        id="softmax-no-keepdims",
        did="A maximum or a sum over the classes lost its axis, so it does not stand beside its own row any more.",
        why=SHAPES,
        see=PRINT_SHAPES,
        fix="Which shape must the row sums have, so that each row is divided by its own?",
        gives=any_of(
            lambda z: (e := _shifted(z)) / e.sum(axis=1),
            lambda z: _normalised(np.exp(z - z.max(axis=1))),
            lambda z: (e := np.exp(z - z.max(axis=1))) / e.sum(axis=1),
            lambda z: (e := np.exp(z)) / e.sum(axis=1),
            lambda z: (e := np.exp(z - z.max())) / e.sum(axis=1),
        ),
    ),
    mistake(
        id="softmax-epsilon-in-the-denominator",
        did="A small number is added to the sum in the denominator, and it is large enough to show.",
        why="The rows sum to less than one; what it guards against cannot happen after the right shift.",
        see=ROWS,
        fix=NOT_NEEDED,
        gives=_denominator_epsilon,
    ),
    mistake(
        id="softmax-bounded-probabilities",
        did="The probabilities are kept away from zero by a small number that is large enough to show.",
        why="The rows do not sum to one, and a hopeless class does not get the zero that it deserves.",
        see=BIG,
        fix="Who needs a probability above zero, and could that one avoid needing it?",
        gives=_bounded,
    ),
    mistake(
        id="softmax-in-place",
        did="Your softmax writes into the array of logits that it was given.",
        why="The caller's logits are changed without a word; the loss is then computed from other numbers.",
        see="Print z before and after the call.",
        fix="Which of your statements writes into z?",
        gives=answers(_in_place),
    ),
    mistake(
        id="softmax-bracket-slip",
        did="The division by the sum happens inside the exponential, not after it.",
        why="One bracket closes too late: the logits are divided, not the exponentials.",
        see=ROWS,
        fix=DEFINITION,
        gives=any_of(
            lambda z: np.exp((z - z.max(axis=1, keepdims=True)) / _shifted(z).sum(axis=1, keepdims=True)),
            lambda z: np.exp(z / np.exp(z).sum(axis=1, keepdims=True)),
        ),
    ),
    mistake(
        id="softmax-twice",
        did="The softmax is applied twice: its result goes through another softmax.",
        why="No probability can exceed e/(e + K - 1) any more, however certain the network is.",
        see=BIG,
        fix="How often does your code take exponentials on the way from z to the answer?",
        gives=answers(lambda z: _normalised(np.exp(_right(z)))),
    ),
    mistake(
        id="softmax-log",
        did="Logarithms of the probabilities are returned, not the probabilities.",
        why="That is log-softmax, which the loss wants; here probabilities are asked for.",
        see=ROWS,
        fix="Can a probability be negative?",
        gives=any_of(
            lambda z: np.log(_right(z)),
            lambda z: (s := z - z.max(axis=1, keepdims=True)) - np.log(np.exp(s).sum(axis=1, keepdims=True)),
        ),
    ),
    mistake(
        id="softmax-not-normalised",
        did="The exponentials are returned as they are; the division by their sum is missing.",
        why="They are positive and in the right order, but they do not sum to one.",
        see=ROWS,
        fix=DEFINITION,
        gives=any_of(_shifted, np.exp, lambda z: np.exp(z - z.max())),
    ),
    mistake(
        id="softmax-sigmoid",
        did="Each logit goes through a sigmoid on its own.",
        why="The sigmoid is the softmax of two classes; with more of them the rows do not sum to one.",
        see=ROWS,
        fix=DEFINITION,
        gives=answers(lambda z: 1 / (1 + np.exp(-z))),
    ),
    mistake(
        id="softmax-sigmoid-normalised",
        did="Each logit goes through a sigmoid, and the results are divided by their sum.",
        why=ANOTHER_FUNCTION,
        see=BY_HAND,
        fix=DEFINITION,
        gives=answers(lambda z: _normalised(1 / (1 + np.exp(-z)))),
    ),
    mistake(
        id="softmax-sign",
        did="The exponent has the wrong sign: the largest logit gets the smallest probability.",
        why="That is the softmax of -z; the network would learn to prefer the wrong classes.",
        see=ZEROS,
        fix="Which class must get the largest probability?",
        gives=any_of(lambda z: _right(-z), lambda z: _normalised(np.exp(-z))),
    ),
    mistake(
        id="softmax-base-2",
        did="Powers of two are taken, not of e.",
        why=ANOTHER_FUNCTION,
        see=BY_HAND,
        fix=DEFINITION,
        gives=any_of(
            lambda z: _normalised(np.exp2(z - z.max(axis=1, keepdims=True))), lambda z: _normalised(np.exp2(z))
        ),
    ),
    mistake(
        id="softmax-no-exponential",
        did="The logits are divided by their sum without an exponential.",
        why="Logits may be negative, so the answers are no probabilities, and a sum near zero makes them huge.",
        see="Call it with [[1., -1., 0.5]].",
        fix=DEFINITION,
        gives=any_of(_normalised, lambda z: _normalised(z - z.max(axis=1, keepdims=True))),
    ),
    mistake(
        id="softmax-hard",
        did="The largest logit gets 1 and all others 0.",
        why="That is the argmax: it has no derivative, so nothing behind it can learn.",
        see=ZEROS,
        fix=DEFINITION,
        gives=any_of(
            lambda z: np.eye(z.shape[1])[z.argmax(axis=1)],
            lambda z: (z == z.max(axis=1, keepdims=True)).astype(np.float64),
        ),
    ),
    mistake(
        id="softmax-euclidean-norm",
        did="The exponentials are divided by their Euclidean norm, the root of the sum of squares, not by their sum.",
        why="Then the squares of a row sum to one, and the probabilities do not.",
        see=ROWS,
        fix=DEFINITION,
        gives=answers(lambda z: (e := _shifted(z)) / np.sqrt((e**2).sum(axis=1, keepdims=True))),
    ),
    mistake(
        id="softmax-divided-by-the-mean",
        did="The exponentials are divided by their mean, not by their sum.",
        why="Every probability is K times too large.",
        see=ROWS,
        fix=DEFINITION,
        gives=answers(lambda z: (e := _shifted(z)) / e.mean(axis=1, keepdims=True)),
    ),
    mistake(
        id="softmax-rounded",
        did="The probabilities are rounded to a few decimals.",
        why="Small probabilities become zero, and their logarithm infinite.",
        see="Call it with [[0., 12.]] and print the answer with 10 digits.",
        fix="Rounding is for printing: where else does your code do it?",
        gives=any_of(*(lambda z, d=decimals: np.round(_right(z), d) for decimals in (1, 2, 3, 4, 5, 6))),
    ),
    mistake(
        id="softmax-transposed",
        did="The answer comes transposed: classes as rows, images as columns.",
        why="With as many classes as images nothing would fail, and every number would be another image's.",
        see=PRINT_SHAPES,
        fix="Which shape has your answer for 7 images and 5 classes?",
        gives=answers(lambda z: _right(z).T),
    ),
)

CATALOGUE = Catalogue(
    criterion="softmax",
    observe=observing(),
    right=answers(truth.softmax, dtypes=False),
    mistakes=MISTAKES,
    rtol=1e-6,
)
