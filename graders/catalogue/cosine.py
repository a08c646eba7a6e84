"""Mistakes in `cosine(epoch, lr, epochs)`: each is the function as it would have been written wrongly."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.measure import truth
from graders.mistaken.rates import Rates, observed_rates, rates
from graders.naming.mistake import Catalogue, Mistake

THREE = "Print the rates of the first, the middle and the last of 10 epochs for lr=1, and draw all ten."
FORMULA = "Put epoch = 0, epochs / 2 and epochs into your formula: what must the cosine be at each of them?"
SHAPE = "cos falls from 1 to -1 over pi. Which sum, and which factor, makes a fall from lr to 0 of it?"
NEGATIVE = "With a negative rate training climbs, and the last epochs undo what the first ones learnt."
PI = "cos takes radians, and half a wave is pi long."

mistake = partial(Mistake, criterion="cosine")


def wave(shape: Callable[[float], float]) -> tuple[Rates, ...]:
    """Return the schedules of a shape over t from 0 to 1: a wave that ends after the last epoch, or in it."""
    return (
        lambda epoch, lr, epochs: lr * shape(epoch / epochs),
        lambda epoch, lr, epochs: lr * shape(epoch / (epochs - 1)),
    )


def _half(t: float) -> float:
    return (1 + math.cos(math.pi * t)) / 2


def _warm_up(length: int) -> Rates:
    return lambda epoch, lr, epochs: min(1.0, (epoch + 1) / length) * lr * _half(epoch / epochs)


def _floor(lowest: float) -> Rates:
    return lambda epoch, lr, epochs: max(lowest * lr, lr * _half(epoch / epochs))


def _lifted(lowest: float) -> Rates:
    return lambda epoch, lr, epochs: lr * (lowest + (1 - lowest) * _half(epoch / epochs))


def _fixed(length: int) -> Rates:
    return lambda epoch, lr, _epochs: lr * _half(epoch / length)


LOWEST = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001)

MISTAKES = (
    mistake(
        id="cosine-ahead",
        did="The wave runs one epoch ahead: the first epoch never has the full rate.",
        why="Epochs count from 0, and cos(0) = 1 belongs to the first one.",
        see="Call it for epoch 0: the answer must be lr itself.",
        fix="Which number does the loop in train call its first epoch?",
        gives=rates(lambda epoch, lr, epochs: lr * _half((epoch + 1) / epochs)),
    ),
    mistake(
        id="cosine-without-half",
        did="Every rate is twice too large: the half in front of the wave is missing.",
        why="1 + cos lies between 0 and 2, so the first epoch has 2 lr.",
        see=THREE,
        fix=SHAPE,
        gives=rates(*wave(lambda t: 2 * _half(t))),
    ),
    mistake(
        id="cosine-whole-period",
        did="The wave goes down and up again: it runs through a whole period instead of half of one.",
        why="At the end of training the rate is as large as at its beginning, and nothing settles.",
        see=THREE,
        fix=PI + " How long is yours?",
        gives=rates(*wave(lambda t: _half(2 * t))),
    ),
    mistake(
        id="cosine-quarter",
        did="It is a quarter of a wave, cos(pi/2 · epoch/epochs): it falls to zero, but along another curve.",
        why="The rate stays high for longer and then falls steeply, where it should flatten out.",
        see="Call it in the middle of training: the rate there must be half of lr.",
        fix=SHAPE,
        gives=rates(*wave(lambda t: math.cos(math.pi * t / 2))),
    ),
    mistake(
        id="cosine-without-one",
        did="The 1 + is missing, so the rate becomes negative in the second half of training.",
        why=NEGATIVE,
        see=THREE,
        fix=SHAPE,
        gives=rates(*wave(lambda t: math.cos(math.pi * t)), *wave(lambda t: math.cos(math.pi * t) / 2)),
    ),
    mistake(
        id="cosine-parentheses",
        did="The half acts on the 1 or on the cosine alone, not on their sum.",
        why="0.5 + cos starts at 1.5 lr and becomes negative; 1 + 0.5 cos never falls below half of lr.",
        see=THREE,
        fix=SHAPE,
        gives=rates(
            *wave(lambda t: 0.5 + math.cos(math.pi * t)),
            *wave(lambda t: 1 + math.cos(math.pi * t) / 2),
            lambda epoch, lr, epochs: lr / 2 + math.cos(math.pi * epoch / epochs),
            lambda epoch, lr, epochs: lr / 2 * 1 + math.cos(math.pi * epoch / epochs) / 2,
        ),
    ),
    mistake(
        id="cosine-rising",
        did="The wave goes up: a minus stands where the 1 + belongs.",
        why="Training begins with a rate of 0 and ends with the largest one.",
        see=THREE,
        fix=FORMULA,
        gives=rates(*wave(lambda t: 1 - _half(t))),
    ),
    mistake(
        id="cosine-sine",
        did="A sine stands where the cosine belongs.",
        why="The sine starts at 0 and comes back to it: the rate rises and falls around lr.",
        see=THREE,
        fix=FORMULA,
        gives=rates(*wave(lambda t: (1 + math.sin(math.pi * t)) / 2), *wave(lambda t: math.sin(math.pi * t))),
    ),
    mistake(
        id="cosine-without-pi",
        did="pi is missing from the cosine's argument.",
        why="The wave ends at cos(1) = 0.54, so the rate never falls below three quarters of lr.",
        see=THREE,
        fix=PI,
        gives=rates(*wave(lambda t: (1 + math.cos(t)) / 2)),
    ),
    mistake(
        id="cosine-degrees",
        did="The argument is in degrees; the cosine takes radians.",
        why="180 radians are nearly 29 whole turns: the rate jumps up and down from epoch to epoch.",
        see=THREE,
        fix=PI,
        gives=rates(*wave(lambda t: (1 + math.cos(180 * t)) / 2)),
    ),
    mistake(
        id="cosine-linear",
        did="The rate falls along a straight line.",
        why="A wave is flat at both ends: it stays near lr at first and near zero at last. A line does neither.",
        see=THREE,
        fix="Where is the cosine in what you return?",
        gives=rates(*wave(lambda t: 1 - t)),
    ),
    mistake(
        id="cosine-constant",
        did="The rate never changes.",
        why="The last epochs are as unsteady as the first, and the schedule has no effect.",
        see=THREE,
        fix="Does the epoch that comes in reach the line that you return?",
        gives=rates(lambda _epoch, lr, _epochs: lr),
    ),
    mistake(
        id="cosine-integer-division",
        did="epoch // epochs is 0 in every epoch of the training, so the rate never changes.",
        why="// rounds down to whole numbers; how far the training has come is a fraction.",
        see="Print epoch // epochs and epoch / epochs for the first, the middle and the last epoch.",
        fix="Which of Python's two divisions gives a fraction?",
        gives=rates(lambda epoch, lr, epochs: lr * _half(epoch // epochs)),
    ),
    mistake(
        id="cosine-warm-up",
        did="The rate climbs during the first epochs before it follows the wave.",
        why="A warm-up is a schedule of its own; the task's wave starts from the full rate.",
        see="Call it for epoch 0: the answer must be lr itself.",
        fix=FORMULA,
        gives=rates(*(_warm_up(length) for length in (2, 3, 4, 5, 6, 10))),
    ),
    mistake(
        id="cosine-floor",
        did="The rate never falls below a smallest rate of your own.",
        why="The task's wave goes down to zero at the end; a smallest rate keeps the last epochs unsteady.",
        see="Call it for the last of 100 epochs with lr=1: the answer must be below 0.001.",
        fix="Which rate does the task's formula give when epoch comes near epochs?",
        gives=rates(*(_floor(lowest) for lowest in LOWEST), *(_lifted(lowest) for lowest in LOWEST)),
    ),
    mistake(
        id="cosine-fixed-length",
        did="The wave's length is written into the function: it does not depend on epochs.",
        why="A shorter training ends before the rate has fallen; in a longer one it rises again.",
        see="Call it for the last epoch of 5, of 10 and of 50 epochs.",
        fix="Which of your arguments stand in the line that is returned? Each must have its say.",
        gives=rates(*(_fixed(length) for length in (10, 15, 20, 25, 30, 40, 50, 100, 200))),
    ),
    mistake(
        id="cosine-without-lr",
        did="The rate does not contain lr: it starts from 1.",
        why="Every training runs with the same rates, whatever lr is.",
        see="Call it for epoch 0 with lr=0.5: the answer must be 0.5.",
        fix="Which of your arguments stand in the line that is returned? Each must have its say.",
        gives=rates(lambda epoch, _lr, epochs: _half(epoch / epochs)),
    ),
)

BEYOND = "beyond"


def _further(_exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask a schedule that never changes for the epoch after the last one, where a rounded fraction becomes 1."""
    told = observed_rates(_exam, seen)
    flat = all(isinstance(r, np.ndarray) and np.ptp(r) == 0 for (_, part), r in told.items() if part == "rates")
    return [Call(name=f"{BEYOND} 10", target="cosine", args=(10, 0.05, 10))] if flat and told else ()


CATALOGUE = Catalogue(
    criterion="cosine",
    observe=observed_rates,
    right=rates(truth.cosine, lambda epoch, lr, epochs: truth.cosine(epoch, lr, epochs - 1)),
    mistakes=MISTAKES,
    rtol=1e-5,
    further=_further,
)
