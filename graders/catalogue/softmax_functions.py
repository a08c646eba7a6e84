"""Mistakes that make another function of `softmax(z)`: other formulas, bounds, rounding, side effects."""

from functools import partial

import numpy as np

from graders.mistaken.wrong_softmax import bounded, denominator_epsilon, in_place, normalised, right, shifted
from graders.naming.functions import answers
from graders.naming.mistake import Mistake
from graders.naming.styles import any_of

ANOTHER_FUNCTION = "The answer looks plausible, but it is not the function whose derivative the backward pass uses."
BIG = "Call it with [[1000., 0.]], where the probabilities are 1 and 0."
ZEROS = "Call it with [[0., 0.]], where both probabilities are one half, and with [[0., 1.]]."
BY_HAND = "Work out one row of two classes by hand, with the definition beside your code."
ROWS = "Print the sums of the rows and of the columns of your answer."
DEFINITION = "Which steps lead from one row of logits to its probabilities, and which of them does your code do?"
NOT_NEEDED = (
    "After the right shift, how small can the sum of a row's exponentials be? What does it need protecting from?"
)
PRINT_SHAPES = "Print the shapes of both sides of each subtraction and division, for 7 images and 5 classes."

mistake = partial(Mistake, criterion="softmax")

FUNCTIONS = (
    mistake(
        id="softmax-epsilon-in-the-denominator",
        did="A small number is added to the sum in the denominator, and it is large enough to show.",
        why="The rows sum to less than one; what it guards against cannot happen after the right shift.",
        see=ROWS,
        fix=NOT_NEEDED,
        gives=denominator_epsilon,
    ),
    mistake(
        id="softmax-bounded-probabilities",
        did="The probabilities are kept away from zero by a small number that is large enough to show.",
        why="The rows do not sum to one, and a hopeless class does not get the zero that it deserves.",
        see=BIG,
        fix="Who needs a probability above zero, and could that one avoid needing it?",
        gives=bounded,
    ),
    mistake(
        id="softmax-in-place",
        did="Your softmax writes into the array of logits that it was given.",
        why="The caller's logits are changed without a word; the loss is then computed from other numbers.",
        see="Print z before and after the call.",
        fix="Which of your statements writes into z?",
        gives=answers(in_place),
    ),
    mistake(
        id="softmax-bracket-slip",
        did="The division by the sum happens inside the exponential, not after it.",
        why="One bracket closes too late: the logits are divided, not the exponentials.",
        see=ROWS,
        fix=DEFINITION,
        gives=any_of(
            lambda z: np.exp((z - z.max(axis=1, keepdims=True)) / shifted(z).sum(axis=1, keepdims=True)),
            lambda z: np.exp(z / np.exp(z).sum(axis=1, keepdims=True)),
        ),
    ),
    mistake(
        id="softmax-twice",
        did="The softmax is applied twice: its result goes through another softmax.",
        why="No probability can exceed e/(e + K - 1) any more, however certain the network is.",
        see=BIG,
        fix="How often does your code take exponentials on the way from z to the answer?",
        gives=answers(lambda z: normalised(np.exp(right(z)))),
    ),
    mistake(
        id="softmax-log",
        did="Logarithms of the probabilities are returned, not the probabilities.",
        why="That is log-softmax, which the loss wants; here probabilities are asked for.",
        see=ROWS,
        fix="Can a probability be negative?",
        gives=any_of(
            lambda z: np.log(right(z)),
            lambda z: (s := z - z.max(axis=1, keepdims=True)) - np.log(np.exp(s).sum(axis=1, keepdims=True)),
        ),
    ),
    mistake(
        id="softmax-not-normalised",
        did="The exponentials are returned as they are; the division by their sum is missing.",
        why="They are positive and in the right order, but they do not sum to one.",
        see=ROWS,
        fix=DEFINITION,
        gives=any_of(shifted, np.exp, lambda z: np.exp(z - z.max())),
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
        gives=answers(lambda z: normalised(1 / (1 + np.exp(-z)))),
    ),
    mistake(
        id="softmax-sign",
        did="The exponent has the wrong sign: the largest logit gets the smallest probability.",
        why="That is the softmax of -z; the network would learn to prefer the wrong classes.",
        see=ZEROS,
        fix="Which class must get the largest probability?",
        gives=any_of(lambda z: right(-z), lambda z: normalised(np.exp(-z))),
    ),
    mistake(
        id="softmax-base-2",
        did="Powers of two are taken, not of e.",
        why=ANOTHER_FUNCTION,
        see=BY_HAND,
        fix=DEFINITION,
        gives=any_of(lambda z: normalised(np.exp2(z - z.max(axis=1, keepdims=True))), lambda z: normalised(np.exp2(z))),
    ),
    mistake(
        id="softmax-no-exponential",
        did="The logits are divided by their sum without an exponential.",
        why="Logits may be negative, so the answers are no probabilities, and a sum near zero makes them huge.",
        see="Call it with [[1., -1., 0.5]].",
        fix=DEFINITION,
        gives=any_of(normalised, lambda z: normalised(z - z.max(axis=1, keepdims=True))),
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
        gives=answers(lambda z: (e := shifted(z)) / np.sqrt((e**2).sum(axis=1, keepdims=True))),
    ),
    mistake(
        id="softmax-divided-by-the-mean",
        did="The exponentials are divided by their mean, not by their sum.",
        why="Every probability is K times too large.",
        see=ROWS,
        fix=DEFINITION,
        gives=answers(lambda z: (e := shifted(z)) / e.mean(axis=1, keepdims=True)),
    ),
    mistake(
        id="softmax-rounded",
        did="The probabilities are rounded to a few decimals.",
        why="Small probabilities become zero, and their logarithm infinite.",
        see="Call it with [[0., 12.]] and print the answer with 10 digits.",
        fix="Rounding is for printing: where else does your code do it?",
        gives=any_of(*(lambda z, d=decimals: np.round(right(z), d) for decimals in (1, 2, 3, 4, 5, 6))),
    ),
    mistake(
        id="softmax-transposed",
        did="The answer comes transposed: classes as rows, images as columns.",
        why="With as many classes as images nothing would fail, and every number would be another image's.",
        see=PRINT_SHAPES,
        fix="Which shape has your answer for 7 images and 5 classes?",
        gives=answers(lambda z: right(z).T),
    ),
)
