"""Mistakes in `step_decay(epoch, lr, drop, every)`: each is the function as it would have been written wrongly."""

from functools import partial

from graders.measure import truth
from graders.mistaken.rates import observed_rates, rates
from graders.naming.mistake import Catalogue, Mistake

TEN = (
    "Write down the rates of the epochs 0 to 9 for lr=1, drop=0.5 and every=4, and print what yours returns beside it."
)
STAGES = "How many whole stages of `every` epochs lie behind epoch 0, behind epoch every - 1, behind epoch every?"
LENGTH = "The training ends before it has converged, or never settles, and nothing but the curve shows it."
ARGUMENTS = "Which of your arguments stand in the line that is returned? Each must have its say."
DEFAULT_DROP, DEFAULT_EVERY = 0.1, 10

mistake = partial(Mistake, criterion="step_decay")


def _early(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return float(lr * drop ** ((epoch + 1) // every))


def _late(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return float(lr * drop ** (max(epoch - 1, 0) // every))


def _continuous(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return float(lr * drop ** (epoch / every))


def _from_the_start(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return float(lr * drop ** (epoch // every + 1))


def _every_epoch(epoch: int, lr: float, drop: float = DEFAULT_DROP, _every: int = DEFAULT_EVERY) -> float:
    return float(lr * drop**epoch)


def _modulo(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return float(lr * drop ** (epoch % every))


def _once(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return lr * drop if epoch >= every else lr


def _only_at_the_boundary(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return lr * drop if epoch % every == 0 and epoch > 0 else lr


def _at_every_boundary(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return lr * drop if epoch % every == 0 else lr


def _one_minus_drop(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return float(lr * (1 - drop) ** (epoch // every))


def _grows(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return float(lr / drop ** (epoch // every))


def _subtracts(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return lr * (1 - drop * (epoch // every))


def _subtracts_drop(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return lr - drop * (epoch // every)


def _product(epoch: int, lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return lr * drop * (epoch // every)


def _without_lr(epoch: int, _lr: float, drop: float = DEFAULT_DROP, every: int = DEFAULT_EVERY) -> float:
    return float(drop ** (epoch // every))


def _never(_epoch: int, lr: float, _drop: float = DEFAULT_DROP, _every: int = DEFAULT_EVERY) -> float:
    return lr


def _defaults(drop: float, every: int) -> "partial[float]":
    def decay(epoch: int, lr: float, drop: float = drop, every: int = every) -> float:
        return truth.step_decay(epoch, lr, drop, every)

    return partial(decay)


MISTAKES = (
    mistake(
        id="step-decay-early",
        did="Every drop comes one epoch early.",
        why="Epochs count from 0: with every=10 the epochs 0 to 9 share the full rate, and epoch 10 is the first to "
        "have less. Adding 1 to the epoch counts from 1.",
        see=TEN,
        fix=STAGES,
        gives=rates(_early),
    ),
    mistake(
        id="step-decay-late",
        did="Every drop comes one epoch late.",
        why="A drop belongs to the first epoch after a full stage; a comparison with > where >= belongs, or an epoch "
        "that lags behind by one, puts it off.",
        see=TEN,
        fix=STAGES,
        gives=rates(_late),
    ),
    mistake(
        id="step-decay-continuous",
        did="The rate falls a little in every epoch: the exponent is not rounded down to whole stages.",
        why="epoch / every is a fraction within a stage; a staircase needs the number of whole stages.",
        see=TEN,
        fix="Which of Python's two divisions gives whole stages?",
        gives=rates(_continuous),
    ),
    mistake(
        id="step-decay-from-the-start",
        did="The factor acts already in epoch 0: the schedule runs one stage ahead.",
        why="The rate that was asked for is never used; the whole training runs with a smaller one.",
        see="Call it for epoch 0: the answer must be lr itself.",
        fix=STAGES,
        gives=rates(_from_the_start),
    ),
    mistake(
        id="step-decay-every-epoch",
        did="The factor acts in every epoch, not once a stage.",
        why="With drop=0.1 the rate is a millionth after six epochs, and training stands still.",
        see=TEN,
        fix=ARGUMENTS,
        gives=rates(_every_epoch),
    ),
    mistake(
        id="step-decay-modulo",
        did="The exponent is the epoch's place within its stage, not the number of stages behind it.",
        why="% gives the remainder: the rate falls in every epoch and jumps back at each new stage.",
        see=TEN,
        fix="For epoch 13 and every=4: what are 13 // 4 and 13 % 4, and which of them counts stages?",
        gives=rates(_modulo),
    ),
    mistake(
        id="step-decay-once",
        did="The rate drops once and never again.",
        why="A condition tells only whether one stage has passed, not how many have.",
        see="Print the rates of the epochs 0, every, 2·every and 3·every.",
        fix=STAGES,
        gives=rates(_once),
    ),
    mistake(
        id="step-decay-at-the-boundary",
        did="Only the first epoch of a stage has a smaller rate; the next one has the full rate again.",
        why="The function is asked for one epoch and remembers nothing: what it lowered an epoch ago is gone.",
        see=TEN,
        fix="The rate of an epoch must follow from its number alone. How many drops lie behind it?",
        gives=rates(_only_at_the_boundary, _at_every_boundary),
    ),
    mistake(
        id="step-decay-one-minus-drop",
        did="Each stage multiplies by 1 - drop: drop is the factor itself.",
        why="With drop=0.1 the rate shrinks by a tenth where it should shrink to a tenth.",
        see="Call it with lr=1, drop=0.1 for the first epoch of the second stage.",
        fix="Does drop say how much is taken away, or how much stays? The task's formula tells.",
        gives=rates(_one_minus_drop),
    ),
    mistake(
        id="step-decay-grows",
        did="The rate is divided by drop at each stage, so it grows.",
        why="Dividing by a number below 1 enlarges; with drop=0.1 each stage multiplies the rate by ten.",
        see=TEN,
        fix="Is your rate at the end smaller than at the beginning? What does drop do to it?",
        gives=rates(_grows),
    ),
    mistake(
        id="step-decay-subtracts",
        did="Each stage subtracts instead of multiplying.",
        why="A rate that falls along a line reaches zero and becomes negative: then training climbs.",
        see="Print the rates for 20 stages: none may be negative.",
        fix="Which operation takes a half of a half of a half?",
        gives=rates(_subtracts, _subtracts_drop),
    ),
    mistake(
        id="step-decay-product",
        did="drop is multiplied by the number of stages, not raised to its power.",
        why="In the first stage that number is 0, so the rate is 0; later on the rate grows.",
        see=TEN,
        fix="Which operation repeats a multiplication?",
        gives=rates(_product),
    ),
    mistake(
        id="step-decay-without-lr",
        did="The rate does not contain lr: it starts from 1.",
        why="Every training runs with the same rates, whatever lr is.",
        see="Call it for epoch 0 with lr=0.5: the answer must be 0.5.",
        fix=ARGUMENTS,
        gives=rates(_without_lr),
    ),
    mistake(
        id="step-decay-never",
        did="The rate never drops.",
        why=LENGTH,
        see=TEN,
        fix=ARGUMENTS,
        gives=rates(_never),
    ),
    mistake(
        id="step-decay-fixed",
        did="drop and every are not used: it is a tenth every 10 epochs, whatever they are.",
        why="A number that is written into the function hides the argument of the same meaning.",
        see="Call it with every=2 and drop=0.5 for the epochs 0 to 9.",
        fix=ARGUMENTS,
        gives=rates(lambda epoch, lr, *_: truth.step_decay(epoch, lr)),
    ),
    mistake(
        id="step-decay-every-fixed",
        did="every is not used: the stages are 10 epochs long, whatever it is.",
        why="A number that is written into the function hides the argument of the same meaning.",
        see="Call it with every=2 for the epochs 0 to 9.",
        fix=ARGUMENTS,
        gives=rates(lambda epoch, lr, drop=DEFAULT_DROP, _every=DEFAULT_EVERY: truth.step_decay(epoch, lr, drop)),
    ),
    mistake(
        id="step-decay-drop-fixed",
        did="drop is not used: every stage divides by 10, whatever it is.",
        why="A number that is written into the function hides the argument of the same meaning.",
        see="Call it with drop=0.5 for the epochs 0 to 9 and every=4.",
        fix=ARGUMENTS,
        gives=rates(lambda epoch, lr, _drop=0.1, every=DEFAULT_EVERY: truth.step_decay(epoch, lr, 0.1, every)),
    ),
    mistake(
        id="step-decay-other-default-drop",
        did="drop has another default than the task says.",
        why="train calls the schedule without naming drop, so it is the default that acts there.",
        see="Call it with nothing but an epoch and lr, for the epochs 0, 10 and 20.",
        fix="Compare your signature with the one in the task, default by default.",
        gives=rates(*(_defaults(drop, DEFAULT_EVERY) for drop in (0.5, 0.2, 0.25, 0.3, 0.75, 0.8, 0.9, 0.95))),
    ),
    mistake(
        id="step-decay-other-default-every",
        did="every has another default than the task says.",
        why="train calls the schedule without naming every, so it is the default that acts there.",
        see="Call it with nothing but an epoch and lr, for the epochs 0 to 25.",
        fix="Compare your signature with the one in the task, default by default.",
        gives=rates(*(_defaults(DEFAULT_DROP, every) for every in (*range(1, 9), 12, 15, 20, 25))),
    ),
)

CATALOGUE = Catalogue(
    criterion="step_decay",
    observe=observed_rates,
    right=rates(truth.step_decay),
    mistakes=MISTAKES,
    rtol=1e-5,
)
