"""Mistakes in the way in which `train` hands on its options: rate, width, schedule, seed, dropout, decay and images."""

from dataclasses import replace
from functools import partial

from graders.mistaken.train_changes import (
    compounding,
    constant_rate,
    from_anywhere,
    one_early,
    own_width,
    per_batch,
    schedules_swapped,
    standardised,
    with_rates,
    with_validation,
    without_schedule,
)
from graders.mistaken.train_loop import Loop
from graders.mistaken.train_loops import loops
from graders.mistaken.train_traits import (
    DIFFERENT,
    NO_EFFECT,
    OTHERS,
    REPEATED_MASKS,
    SAME,
)
from graders.naming.mistake import Mistake

FOLLOW = "Follow the option from train's arguments to the line in which it acts: what arrives there in each epoch?"
HIDDEN = "An option that is not heard fails without a word: the training looks like any other."
REPEAT = "Train twice with one seed, and compare the params bit for bit."
SEED = "Which random numbers of your training do not come from a generator that was made with the seed?"
RATES = "Print the learning rate that momentum_step is given, in each step of 12 epochs with schedule='step'."

mistake = partial(Mistake, criterion="training")

OPTIONS = (
    mistake(
        id="training-learning-rate-ignored",
        did="train does not use its option lr: a learning rate is written into it.",
        why=HIDDEN,
        see="Train with lr=0: the params must be those of init.",
        fix=FOLLOW,
        lowers={"accuracy": 0.00, "regularisation": 0.00},
        gives=loops(constant_rate),
    ),
    mistake(
        id="training-width-ignored",
        did="train does not use its option H: the hidden width is written into it.",
        why=HIDDEN,
        see="Train with H=7 and print the shape of W1.",
        fix=FOLLOW,
        lowers={"accuracy": 0.00, "momentum_benefit": 0.00, "regularisation": 0.00},
        gives=own_width,
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
        gives=loops(without_schedule("cosine")),
    ),
    mistake(
        id="training-step-ignored",
        did="schedule='step' does not act, while schedule='cosine' does.",
        why=HIDDEN,
        see=RATES,
        fix="Which values of schedule does your train tell apart, and what does it do with the others?",
        gives=loops(without_schedule("step")),
    ),
    mistake(
        id="training-schedule-names-swapped",
        did="The two schedules stand in each other's place.",
        why="'step' and 'cosine' each run, under the other's name.",
        see=RATES,
        fix="Which function does each value of schedule lead to?",
        gives=loops(Loop(options=schedules_swapped)),
    ),
    mistake(
        id="training-schedule-compounds",
        did="Each epoch lowers the rate that the epoch before it had lowered already.",
        why="The scheduled rate replaces lr, so the schedule is handed its own last result and acts on it again.",
        see=RATES,
        fix="Which rate does the schedule start from in the second epoch: lr, or the last one it gave?",
        gives=loops(Loop(plan=compounding)),
    ),
    mistake(
        id="training-schedule-per-batch",
        did="The schedule counts mini-batches, not epochs.",
        why="With many batches an epoch the rate is next to nothing before the first epoch is over.",
        see=RATES,
        fix="What does the schedule's first argument count, and in which loop is it counted?",
        gives=loops(with_rates(per_batch)),
    ),
    mistake(
        id="training-schedule-one-epoch-late",
        did="Both schedules are asked for the epoch before.",
        why="Every rate comes an epoch too late.",
        see=RATES,
        fix="Which number has the first epoch in your loop, and which does the schedule get?",
        gives=loops(with_rates(lambda run, style, epoch, _i, _n: style.rate(run, max(epoch - 1, 0)))),
    ),
    mistake(
        id="training-schedule-one-epoch-early",
        did="The schedule is asked for the epoch after: every drop of schedule='step' comes one epoch early.",
        why="Epochs count from 0, and the first ten of them share the full rate.",
        see=RATES,
        fix="Which number has the first epoch in your loop, and which does the schedule get?",
        gives=loops(with_rates(one_early)),
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
        gives=loops(from_anywhere),
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
        lowers={"regularisation": 0.50},
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
        gives=loops(Loop(options=with_validation, mixed=True, free=("visits", "masks"))),
    ),
    mistake(
        id="training-images-standardised",
        did="train standardises the images, so its params fit other images than the caller has.",
        why="forward and predict get the caller's images as they are, and meet weights for shifted and scaled ones.",
        see="Compare the loss in the history with cross_entropy(forward(params, X), y) for the params that come back.",
        fix="Where must a change of the images happen so that training and prediction both see it?",
        lowers={"accuracy": 0.97},
        gives=loops(
            Loop(images=standardised, free=("masks", "visits")),
            Loop(images=lambda X: X - X.mean(), free=("masks", "visits")),
        ),
    ),
    mistake(
        id="training-images-rescaled",
        did="train divides the images by 255, although they lie between 0 and 1 already.",
        why="The images are then nearly black, and the network learns 255 times more slowly.",
        see="Print X.max() in front of the first step.",
        fix="Which range do the images have when train gets them?",
        lowers={"accuracy": 0.00, "regularisation": 0.00},
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
