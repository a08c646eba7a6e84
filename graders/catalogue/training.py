"""Mistakes in the loop of `train` and in the way it hands on its options: where each would end, run by run."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from graders.catalogue.mistake import ENDING, Case, Catalogue, Mistake, Outcomes
from graders.catalogue.train_loops import RTOL, WAVES, Loop, Plan, Run, Style, ending, loops, refusing, right_loop
from graders.catalogue.train_repeated import REPEATED
from graders.catalogue.train_traits import (
    DIFFERENT,
    NO_EFFECT,
    NOT_ALL,
    OTHERS,
    RATIO,
    REPEATED_MASKS,
    SAME,
    STILL,
    further,
    observe,
)
from graders.foundation.call import Params
from graders.foundation.observation import Returned
from graders.measure import truth
from graders.measure.compare import Wrong, params
from graders.measure.training import trained_params
from graders.measure.truth import NAMES
from graders.training import LR, SHAPES, H, problem_of

BY_HAND = "Train one epoch with batch=len(X), and take the same step by hand from the initial params."
FOLLOW = "Follow the option from train's arguments to the line in which it acts: what arrives there in each epoch?"
WHERE = "Where is the velocity made: before the loop over the epochs, in it, or in the loop over the batches?"
HIDDEN = "An option that is not heard fails without a word: the training looks like any other."
REPEAT = "Train twice with one seed, and compare the params bit for bit."
SEED = "Which random numbers of your training do not come from a generator that was made with the seed?"
BATCHES = "Print the number of images of each batch of one epoch, for 20 images and batch=5, 7 and 20."
RATES = "Print the learning rate that momentum_step is given, in each step of 12 epochs with schedule='step'."
BOTH = "Compare all four arrays before and after training with one epoch."

mistake = partial(Mistake, criterion="training")


def _weights(weights: Callable[[int, int], Sequence[float]]) -> Loop:
    """Return the loop with these factors of an epoch's steps; from images and batch size."""

    def plan(right: Plan, run: Run, style: Style) -> Plan:
        factors = tuple(weights(run.images, run.batch))
        rates = tuple((style.rate(run, epoch),) * len(factors) for epoch in range(run.epochs))
        return replace(right, weights=factors, rates=rates)

    return Loop(plan=plan)


def _nominal(images: int, batch: int) -> Sequence[float]:
    full, rest = divmod(images, batch)
    return [1.0] * full + ([rest / batch] if rest else [])


def _empty_last(images: int, batch: int) -> Sequence[float]:
    full, rest = divmod(images, batch)
    return [1.0] * full + [1.0 if rest else 0.0]


def _epochs(first: int, extra: int) -> Sequence[Loop]:
    """Return the loops that begin with another epoch than 0, or do some more (or fewer) than they are asked for."""

    def plan(wave: tuple[int, int]) -> Callable[[Plan, Run, Style], Plan]:
        # A cosine that lacks an epoch may look like another style's, so each is tried.
        def of_wave(right: Plan, run: Run, style: Style) -> Plan:
            rate, steps = replace(style, wave=wave).rate, len(right.weights)
            epochs = range(first, max(run.epochs + extra, 0))
            return replace(right, rates=tuple((rate(run, epoch),) * steps for epoch in epochs))

        return of_wave

    return [Loop(plan=plan(wave), free=("masks", "visits")) for wave in WAVES]


def _counted(extra: int) -> Loop:
    return Loop(options=lambda run: replace(run, epochs=run.epochs + extra), free=("masks", "visits"))


def _rates(rate: Callable[[Run, Style, int, int, int], float]) -> Loop:
    """Return the loop with these rates; from run, style, epoch, step of the epoch and steps in an epoch."""

    def plan(right: Plan, run: Run, style: Style) -> Plan:
        steps = len(right.weights)
        rows = [tuple(rate(run, style, e, i, steps) for i in range(steps)) for e in range(run.epochs)]
        return replace(right, rates=tuple(rows))

    return Loop(plan=plan)


def _compounding(right: Plan, run: Run, style: Style) -> Plan:
    """Each epoch's rate is computed from the rate of the epoch before, in the place of the first one."""
    rows, lr = [], run.lr
    for epoch in range(run.epochs):
        lr = style.rate(replace(run, lr=lr), epoch)
        rows.append((lr,) * len(right.weights))
    return replace(right, rates=tuple(rows))


def _per_batch(run: Run, style: Style, epoch: int, step: int, steps: int) -> float:
    count = epoch * steps + step
    return style.rate(run, min(count, run.epochs) if run.schedule == "cosine" else count)


def _one_early(run: Run, style: Style, epoch: int, _step: int, _steps: int) -> float:
    # A cosine that runs one epoch ahead is judged where the function is, so here it is a style.
    return style.rate(run, epoch + 1 if run.schedule == "step" else epoch)


def _without(option: str) -> Loop:
    return Loop(options=lambda run: replace(run, schedule=None if run.schedule == option else run.schedule))


def _swapped(run: Run) -> Run:
    other = {"step": "cosine", "cosine": "step"}
    return replace(run, schedule=other[run.schedule] if run.schedule else None)


def _fixed(*names: str) -> Loop:
    still = "W1" in names
    words = {"masks": STILL, "visits": NOT_ALL} if still else {}
    if set(names) == set(NAMES):
        words |= {"dropout acts": NO_EFFECT}
    return Loop(plan=lambda p, _run, _style: replace(p, fixed=names), words=words)


def _constant_rate(case: Case) -> Sequence[Loop]:
    """The learning rate is a number of the student's own: the first step from init shows which."""
    start, one = _of_init(case), _end(case)
    if start is None or one is None:
        return ()
    problem = problem_of(case.exam)
    g = truth.loss_and_grads(start, problem.X, problem.y)[1].arrays()
    moved = [e - s for e, s in zip(one.arrays(), start.arrays(), strict=True)]
    lr = -sum(float(np.vdot(m, gi)) for m, gi in zip(moved, g, strict=True)) / sum(float(np.vdot(gi, gi)) for gi in g)
    free = (*RATIO, "visits", "masks", "learning", "dropout acts")
    heard = Loop(options=lambda run: replace(run, lr=lr), start=start, free=free)
    deaf = Loop(options=lambda run: replace(run, lr=lr, schedule=None), start=start, free=free)
    return (heard, deaf) if lr > 1e-6 and abs(lr - LR) > 1e-3 * LR else ()


def _of_init(case: Case) -> Params | None:
    observation = case.seen["init"].observation
    try:
        told = params(observation.value, what="init", shapes=SHAPES) if isinstance(observation, Returned) else None
    except Wrong:
        return None
    return told


def _end(case: Case) -> Params | None:
    for name in ("plain 1", "default 1"):
        observation = case.seen[name].observation
        if isinstance(observation, Returned):
            try:
                return trained_params(observation.value, what="train", shapes=SHAPES)
            except Wrong:
                continue
    return None


def _other_momentum(_case: Case) -> Sequence[Loop]:
    """Momentum has another default: the usual ones are tried."""

    def with_default(mu: float) -> Loop:
        return Loop(options=lambda run: run if run.momentum_given else replace(run, momentum=mu))

    return [with_default(mu) for mu in (0.0, 0.5, 0.7, 0.8, 0.85, 0.95, 0.98, 0.99)]


def _fixed_momentum(_case: Case) -> Sequence[Loop]:
    def always(mu: float) -> Loop:
        return Loop(options=lambda run: replace(run, momentum=mu))

    return [always(mu) for mu in (0.9, 0.5, 0.8, 0.95, 0.99)]


def _own_batches(_case: Case) -> Sequence[Loop]:
    """Batches of a size of the student's own: so many steps an epoch, whatever is asked for."""

    def plan(count: int) -> Callable[[Plan, Run, Style], Plan]:
        return lambda right, run, style: replace(
            right,
            weights=(1.0,) * count,
            rates=tuple((style.rate(run, e),) * count for e in range(run.epochs)),
        )

    free = ("visits", "masks", *RATIO)
    several = [Loop(plan=plan(count), mixed=True, free=free) for count in range(2, 21)]
    return [Loop(plan=plan(1), free=("masks", *RATIO)), *several]


def _with_validation(run: Run) -> Run:
    # 20 images and the 30 for validation; of the copies, 20 and 10.
    return replace(run, images=run.images + (10 if run.copies else 30))


def _standardised(X: np.ndarray) -> np.ndarray:
    told: np.ndarray = (X - X.mean()) / X.std()
    return told


def _from_anywhere(case: Case) -> Sequence[Loop]:
    """Where the runs start is drawn for each of them, so nothing of where they end can be told."""
    words = {"same seed": DIFFERENT, "same seed with dropout": DIFFERENT, "same seed at rest": DIFFERENT}
    return [Loop(words=words, free=("visits", "masks", *RATIO, *case.seen))]


def _own_width(case: Case) -> Sequence[Outcomes]:
    """One width for all runs, which those that asked for another one show."""
    found = {told for (_, part), told in case.observed.items() if part == ENDING and isinstance(told, str)}
    widths = {told for told in found if told.endswith("hidden units")}
    if len(widths) != 1:
        return ()
    width = int(next(iter(widths)).split()[0])
    runs = [(n, a.call.kwargs.get("H", H)) for n, a in case.seen.items() if a.call.target == "train_run"]
    return ending(case, {n: f"{width} hidden units" for n, asked in runs if asked != width})


MISTAKES = (
    *REPEATED,
    mistake(
        id="training-momentum-ignored",
        did="train does not hand its option momentum on: the same momentum acts, whatever is asked for.",
        why=HIDDEN + " A comparison with and without momentum then compares a network with itself.",
        see="Train once with momentum=0 and once with 0.9, and compare the params.",
        fix=FOLLOW,
        gives=loops(_fixed_momentum),
    ),
    mistake(
        id="training-momentum-not-an-option",
        did="train does not take the option momentum.",
        why="Every option of the contract is an argument of train, so that one call can switch it off.",
        see="Call train(..., momentum=0.0).",
        fix="Compare train's signature with the one in the task, argument by argument.",
        gives=refusing("momentum"),
    ),
    mistake(
        id="training-other-default-momentum",
        did="momentum has another default in train than the task says.",
        why="Whoever trains without naming momentum gets your default.",
        see="Train once without momentum and once with momentum=0.9, and compare the params.",
        fix="Compare train's signature with the one in the task, default by default.",
        gives=loops(_other_momentum),
    ),
    mistake(
        id="training-velocity-reset-each-epoch",
        did="The velocity starts from zero again in every epoch.",
        why="What momentum has gathered is lost at the end of each epoch, so every epoch begins slowly.",
        see="Train two epochs with batch=len(X): the second step must be longer than the first.",
        fix=WHERE,
        gives=loops(Loop(plan=lambda p, _run, _style: replace(p, velocity="epoch"))),
    ),
    mistake(
        id="training-velocity-not-kept",
        did="The velocity that momentum_step returns is not kept: every step starts from rest.",
        why="Without the old velocity there is no momentum, whatever mu is.",
        see="Train two epochs with batch=len(X): the second step must be longer than the first.",
        fix="What does your loop do with the second value that momentum_step returns?",
        gives=loops(Loop(plan=lambda p, _run, _style: replace(p, velocity="step"))),
        root="momentum-step-none",
    ),
    mistake(
        id="training-result-of-the-step-dropped",
        did="Training ends with the params with which it began: the result of the steps is not kept.",
        why="A function that returns new params changes nothing by itself.",
        see=BOTH,
        fix="Which params does the next step start from, and which does train return?",
        gives=loops(_fixed(*NAMES)),
    ),
    mistake(
        id="training-output-layer-fixed",
        did="train never moves the last layer.",
        why="The hidden layer must then fit a random output layer; training is slow and ends early.",
        see=BOTH,
        fix="How many of the four arrays does your loop carry on to the next step?",
        gives=loops(_fixed("W2", "b2")),
        root="momentum-step-output-layer-fixed",
    ),
    mistake(
        id="training-hidden-layer-fixed",
        did="train never moves the first layer.",
        why="The network then learns on random features of the images.",
        see=BOTH,
        fix="How many of the four arrays does your loop carry on to the next step?",
        gives=loops(_fixed("W1", "b1")),
        root="momentum-step-hidden-layer-fixed",
    ),
    mistake(
        id="training-biases-fixed",
        did="train never moves the biases.",
        why="Without biases every hidden unit's border runs through the origin.",
        see=BOTH,
        fix="How many of the four arrays does your loop carry on to the next step?",
        gives=loops(_fixed("b1", "b2")),
        root="momentum-step-biases-fixed",
    ),
    mistake(
        id="training-gradients-add-up",
        did="Each step uses the sum of all gradients so far, not its own batch's gradient.",
        why="A velocity sums gradients already, with the old ones fading; a second sum never forgets any.",
        see="Print the gradient that momentum_step is given in two steps on the same batch with lr=0.",
        fix="Does anything in your loop add a gradient to an older one? Where is it set back?",
        gives=loops(
            Loop(plan=lambda p, _run, _style: replace(p, total="run")),
            Loop(plan=lambda p, _run, _style: replace(p, total="epoch")),
        ),
    ),
    mistake(
        id="training-step-on-stale-gradient",
        did="All steps of an epoch use gradients at the params with which the epoch began.",
        why="Each step must look where it stands; steps from an old place overshoot together.",
        see="Print W1[0, 0] of the params that loss_and_grads is given, in each step of one epoch.",
        fix="Which params does loss_and_grads get, those of the last step or those of the last epoch?",
        gives=loops(Loop(plan=lambda p, _run, _style: replace(p, at="epoch"))),
    ),
    mistake(
        id="training-one-step-per-epoch",
        did="There is only one step an epoch, with the gradient of its last batch.",
        why="The gradients of all other batches are computed and thrown away.",
        see="Count the calls of momentum_step in one epoch of four batches.",
        fix="Is the step inside the loop over the batches, or behind it? Look at how far it is indented.",
        gives=loops(
            replace(_weights(lambda _n, _b: [1.0]), free=(*RATIO, "masks"), words={"visits": "5 of 20 images"})
        ),
    ),
    mistake(
        id="training-last-batch-nominal",
        did="The last, shorter batch is divided by the nominal batch size, not by its own number of images.",
        why="Its images count less than all others, for a mean over 6 images needs a division by 6.",
        see=BATCHES,
        fix="How many images does the last batch hold, and by what is its gradient divided?",
        gives=loops(_weights(_nominal)),
    ),
    mistake(
        id="training-empty-last-batch",
        did="Where the batch size divides the number of images, each epoch ends with one empty batch.",
        why="An empty batch has no gradient, but the velocity moves the params on all the same.",
        see=BATCHES,
        fix="Where does the last batch begin when 20 images are cut into batches of 5?",
        gives=loops(_weights(_empty_last)),
    ),
    mistake(
        id="training-batch-ignored",
        did="train does not use its option batch: its batches have a size of their own.",
        why=HIDDEN,
        see=BATCHES,
        fix=FOLLOW,
        gives=loops(_own_batches),
    ),
    mistake(
        id="training-epochs-one-too-few",
        did="train does one epoch fewer than it is asked for.",
        why="A range that begins with 1, or ends one early, leaves an epoch out.",
        see="Train with epochs=1 and look at whether the params have moved.",
        fix="Which numbers does your loop over the epochs run through for epochs=3?",
        gives=loops(*_epochs(1, 0), *_epochs(0, -1), _counted(-1)),
    ),
    mistake(
        id="training-epochs-one-too-many",
        did="train does one epoch more than it is asked for.",
        why="A range that ends one late adds an epoch, and the schedule runs beyond its end.",
        see="Train with epochs=0: the params must be those of init.",
        fix="Which numbers does your loop over the epochs run through for epochs=3?",
        gives=loops(*_epochs(0, 1), _counted(1)),
    ),
    mistake(
        id="training-learning-rate-ignored",
        did="train does not use its option lr: a learning rate is written into it.",
        why=HIDDEN,
        see="Train with lr=0: the params must be those of init.",
        fix=FOLLOW,
        gives=loops(_constant_rate),
    ),
    mistake(
        id="training-width-ignored",
        did="train does not use its option H: the hidden width is written into it.",
        why=HIDDEN,
        see="Train with H=7 and print the shape of W1.",
        fix=FOLLOW,
        gives=_own_width,
    ),
    mistake(
        id="training-schedule-ignored",
        did="The schedule does not act: the learning rate stays as it was.",
        why="A rate that is computed and not handed on changes nothing. " + HIDDEN,
        see=RATES,
        fix="Which rate does momentum_step get: the scheduled one or lr?",
        gives=loops(Loop(options=lambda run: replace(run, schedule=None))),
    ),
    mistake(
        id="training-cosine-ignored",
        did="schedule='cosine' does not act, while schedule='step' does.",
        why=HIDDEN,
        see="Print the learning rate that momentum_step is given, in each epoch with schedule='cosine'.",
        fix="Which values of schedule does your train tell apart, and what does it do with the others?",
        gives=loops(_without("cosine")),
    ),
    mistake(
        id="training-step-ignored",
        did="schedule='step' does not act, while schedule='cosine' does.",
        why=HIDDEN,
        see=RATES,
        fix="Which values of schedule does your train tell apart, and what does it do with the others?",
        gives=loops(_without("step")),
    ),
    mistake(
        id="training-schedule-names-swapped",
        did="The two schedules stand in each other's place.",
        why="'step' and 'cosine' each run, under the other's name.",
        see=RATES,
        fix="Which function does each value of schedule lead to?",
        gives=loops(Loop(options=_swapped)),
    ),
    mistake(
        id="training-schedule-compounds",
        did="Each epoch lowers the rate that the epoch before it had lowered already.",
        why="The scheduled rate replaces lr, so the schedule is handed its own last result and acts on it again.",
        see=RATES,
        fix="Which rate does the schedule start from in the second epoch: lr, or the last one it gave?",
        gives=loops(Loop(plan=_compounding)),
    ),
    mistake(
        id="training-schedule-per-batch",
        did="The schedule counts mini-batches, not epochs.",
        why="With many batches an epoch the rate is next to nothing before the first epoch is over.",
        see=RATES,
        fix="What does the schedule's first argument count, and in which loop is it counted?",
        gives=loops(_rates(_per_batch)),
    ),
    mistake(
        id="training-schedule-one-epoch-late",
        did="Both schedules are asked for the epoch before.",
        why="Every rate comes an epoch too late.",
        see=RATES,
        fix="Which number has the first epoch in your loop, and which does the schedule get?",
        gives=loops(_rates(lambda run, style, epoch, _i, _n: style.rate(run, max(epoch - 1, 0)))),
    ),
    mistake(
        id="training-schedule-one-epoch-early",
        did="The schedule is asked for the epoch after: every drop of schedule='step' comes one epoch early.",
        why="Epochs count from 0, and the first ten of them share the full rate.",
        see=RATES,
        fix="Which number has the first epoch in your loop, and which does the schedule get?",
        gives=loops(_rates(_one_early)),
        root="step-decay-early",
    ),
    mistake(
        id="training-seed-ignored",
        did="train does not use its option seed: all runs have one seed.",
        why="Several runs are then one run, and say nothing about how much results scatter.",
        see="Train with seed=0 and seed=1 and compare the params.",
        fix=FOLLOW,
        gives=loops(Loop(words={"other seed": SAME})),
    ),
    mistake(
        id="training-unseeded",
        did="The order of the images comes from a generator without the seed.",
        why="Two runs of one seed then differ, and no result can be shown again.",
        see=REPEAT,
        fix=SEED,
        gives=loops(Loop(words={"same seed": DIFFERENT, "same seed with dropout": DIFFERENT})),
    ),
    mistake(
        id="training-unseeded-init",
        did="The initial weights do not come from the seed: two runs of one seed start from different ones.",
        why="No result can be shown again.",
        see=REPEAT,
        fix=SEED,
        gives=loops(_from_anywhere),
    ),
    mistake(
        id="training-unseeded-masks",
        did="The dropout masks come from a generator without the seed.",
        why="Two runs of one seed then differ as soon as dropout is on, and no result can be shown again.",
        see="Train twice with one seed and dropout=0.4, and compare the params bit for bit.",
        fix=SEED,
        gives=loops(Loop(words={"same seed with dropout": DIFFERENT})),
    ),
    mistake(
        id="training-dropout-ignored",
        did="train does not hand its option dropout on: nothing is dropped.",
        why=HIDDEN,
        see="Train with dropout=0 and dropout=0.9 and one seed, and compare the params.",
        fix=FOLLOW,
        gives=loops(Loop(words={"dropout acts": NO_EFFECT})),
    ),
    mistake(
        id="training-same-mask-in-every-step",
        did="Every step drops the same hidden units.",
        why="Units that are always dropped are never trained, and the others never learn to do without each other. A "
        "generator that is made again for each step draws the same mask each time.",
        see="Print the mask of two steps of one epoch.",
        fix="Where is the generator of the masks made: once for the training, or again for each step?",
        gives=loops(Loop(words={"masks": REPEATED_MASKS})),
    ),
    mistake(
        id="training-decay-lost-without-momentum",
        did="With momentum=0 the weight decay is skipped.",
        why="The two options are independent; a branch for plain gradient descent has left the decay out.",
        see="Train with weight_decay=1 and momentum=0, and look at whether the weights shrink.",
        fix=FOLLOW,
        gives=loops(Loop(options=lambda run: run if run.momentum else replace(run, decay=0.0))),
    ),
    mistake(
        id="training-validation-images-trained-on",
        did="The validation images are trained on too.",
        why="The validation curve then shows how well images are remembered, and early stopping never stops.",
        see="Count the images of all batches of one epoch.",
        fix="Which images may the gradient see, and which are there to judge it?",
        gives=loops(Loop(options=_with_validation, mixed=True, free=("visits", "masks"))),
    ),
    mistake(
        id="training-images-standardised",
        did="train standardises the images, so its params fit other images than the caller has.",
        why="forward and predict get the caller's images as they are, and meet weights for shifted and scaled ones.",
        see="Compare the loss in the history with cross_entropy(forward(params, X), y) for the params that come back.",
        fix="Where must a change of the images happen so that training and prediction both see it?",
        gives=loops(
            Loop(images=_standardised, free=("masks", "visits")),
            Loop(images=lambda X: X - X.mean(), free=("masks", "visits")),
        ),
    ),
    mistake(
        id="training-images-rescaled",
        did="train divides the images by 255, although they lie between 0 and 1 already.",
        why="The images are then nearly black, and the network learns 255 times more slowly.",
        see="Print X.max() in front of the first step.",
        fix="Which range do the images have when train gets them?",
        gives=loops(Loop(images=lambda X: X / 255, free=("masks", "visits"))),
    ),
    mistake(
        id="training-labels-apart",
        did="Images are learnt with other images' labels.",
        why="Images and labels are shuffled, or indexed, apart from each other.",
        see="Train on images whose label can be seen, with batch=len(X), and print both for each row of the batch.",
        fix="Are images and labels indexed with the same array?",
        gives=loops(Loop(words={"labels": OTHERS}, mixed=True, free=("visits", "masks"))),
        root="shuffling-apart",
    ),
)

CATALOGUE = Catalogue(
    criterion="training",
    observe=observe,
    right=right_loop,
    mistakes=MISTAKES,
    further=further,
    rtol=RTOL,
)
