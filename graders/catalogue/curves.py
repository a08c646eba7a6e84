"""Mistakes in the history that `train` returns: each is what it would have recorded of the same runs."""

from functools import partial

from graders.measure.training import SERIES
from graders.mistaken.curve_batches import (
    by_batches,
    last_batch,
    never_reset,
    never_reset_loss,
    per_batch,
    short_batch_left_out,
    validation_batches,
)
from graders.mistaken.curve_changes import (
    ACCURACIES,
    LOSSES,
    ahead,
    best_so_far,
    broadcast,
    first_images,
    last_alone,
    last_repeated,
    mixed_up,
    of_the_other_set,
    other_names,
    over,
    rounded,
    start_included,
    subsets,
    summed,
    with_dropout,
    words,
)
from graders.mistaken.curve_runs import EMPTY, MISSING, TRAINING, VALIDATION, further, observe, recording, right
from graders.naming.mistake import Catalogue, Mistake

LAST_ONE = (
    "Run it for three epochs, compute each number with the returned params, and compare it with the history's last."
)
AT_REST = "Run one epoch with lr=0 and a batch of 5: nothing changes, so the epoch's number must be that of the params."
OVERFITS = "A history that hides the difference between training and validation hides overfitting."
PRINT = "Print the history of a run of three epochs: names, and the length of each series."
WHICH_SET = "Follow each of the four numbers back to the images and labels that it was computed from."
MEAN_OF_WHAT = "How many numbers did you add up, and was each of them a mean already?"
WHEN = "At which moment of the epoch do you measure, and with which params?"

mistake = partial(Mistake, criterion="curves")

MISTAKES = (
    mistake(
        id="curves-swapped",
        did="Training and validation are swapped: each series holds the other one's numbers.",
        why=f"Validation then looks better than training. {OVERFITS}",
        see=LAST_ONE,
        fix=WHICH_SET,
        gives=recording(*(of_the_other_set(names) for names in subsets(LOSSES, ACCURACIES))),
    ),
    mistake(
        id="curves-copied",
        did="The validation series hold the numbers of the training images.",
        why=OVERFITS,
        see=LAST_ONE,
        fix=WHICH_SET,
        gives=recording(*(of_the_other_set(names) for names in subsets(("val_loss",), ("val_acc",)))),
    ),
    mistake(
        id="curves-training-from-validation",
        did="The training series hold the numbers of the validation images.",
        why=OVERFITS,
        see=LAST_ONE,
        fix=WHICH_SET,
        gives=recording(*(of_the_other_set(names) for names in subsets(("train_loss",), ("train_acc",)))),
    ),
    mistake(
        id="curves-percent",
        did="Accuracies are recorded in percent.",
        why="The contract asks for shares from 0 to 1; whoever draws or compares them expects those.",
        see=PRINT,
        fix="What is the largest value that a share can have?",
        gives=recording(*over(lambda _r, _n, told: 100 * told, ("train_acc",), ("val_acc",))),
    ),
    mistake(
        id="curves-one-epoch-late",
        did="Validation is measured before the epoch's steps, so its series comes one epoch late.",
        why="The training series and the validation series of one epoch then belong to different params.",
        see=LAST_ONE,
        fix=WHEN,
        gives=recording(*over(ahead, ("val_loss",), ("val_acc",))),
    ),
    mistake(
        id="curves-summed-loss",
        did="A recorded loss is the sum over the images, not their mean.",
        why="A sum grows with the number of images: training and validation can no longer be compared.",
        see="Divide the recorded loss by the mean loss of the returned params.",
        fix=MEAN_OF_WHAT,
        gives=recording(*over(summed, ("train_loss",), ("val_loss",))),
    ),
    mistake(
        id="curves-per-batch",
        did="The training series holds one number for each batch, several for an epoch.",
        why="It is then longer than the validation series, and the two cannot be drawn over the same epochs.",
        see="Run one epoch of 20 images with a batch of 5, and print the length of each series.",
        fix="Inside which of your two loops do you append?",
        gives=recording(*(per_batch(names) for names in subsets(("train_loss",), ("train_acc",)))),
    ),
    mistake(
        id="curves-last-batch",
        did="The loss of the last batch stands for the whole epoch.",
        why="One batch is a small sample: the curve jumps up and down although training does not.",
        see=AT_REST,
        fix="Which of an epoch's batches have a share in the number that you append?",
        gives=recording(last_batch),
    ),
    mistake(
        id="curves-sum-over-batches",
        did="An epoch's loss is the sum of its batches' mean losses.",
        why="The sum grows with the number of batches, so that the curve depends on the batch size.",
        see=AT_REST,
        fix=MEAN_OF_WHAT,
        gives=recording(
            by_batches(lambda means, _sizes, _run: float(means.sum())),
            validation_batches,
            lambda run, style: {
                **by_batches(lambda means, _sizes, _run: float(means.sum()))(run, style),
                **validation_batches(run, style),
            },
        ),
    ),
    mistake(
        id="curves-divided-by-images",
        did="The batches' mean losses are added up and divided by the number of images.",
        why="A batch's loss is a mean already; there are fewer of them than images.",
        see=AT_REST,
        fix=MEAN_OF_WHAT,
        gives=recording(by_batches(lambda means, sizes, _run: float(means.sum() / sizes.sum()))),
    ),
    mistake(
        id="curves-divided-by-batch-size",
        did="The mean of the batches' losses is divided by the batch size once more.",
        why="A batch's loss is a mean over its images already.",
        see=AT_REST,
        fix=MEAN_OF_WHAT,
        gives=recording(
            by_batches(lambda means, _sizes, run: float(means.mean() / run.batch)),
            by_batches(lambda means, sizes, _run: float((means / sizes).mean())),
        ),
    ),
    mistake(
        id="curves-short-batch-not-counted",
        did="The right answers of the last, shorter batch are left out, but its images are counted.",
        why="The accuracy then stays below 1 even where every image is labelled rightly.",
        see="Train on 22 images with a batch of 5 until all are right: the accuracy stops at 20/22.",
        fix="How many images did you count answers of, and by how many do you divide?",
        gives=recording(short_batch_left_out),
    ),
    mistake(
        id="curves-error-rate",
        did="The share of wrong answers is recorded as the accuracy.",
        why="The curve falls where it should rise.",
        see=LAST_ONE,
        fix="Which of the two does your comparison count: right answers, or wrong ones?",
        gives=recording(*over(lambda _r, _n, told: 1 - told, ("train_acc",), ("val_acc",))),
    ),
    mistake(
        id="curves-with-dropout",
        did="The validation loss is measured with dropout switched on.",
        why="Dropped units make the network worse than it is, and the curve noisy.",
        see="Measure the validation loss of one set of params twice, with dropout=0.5: it must be the same number.",
        fix="Which of your functions draws the mask, and is it called for validation too?",
        gives=recording(with_dropout(("val_loss",))),
    ),
    mistake(
        id="curves-no-accuracy",
        did="The history has no accuracies.",
        why="The contract asks for four series: train_loss, val_loss, train_acc and val_acc.",
        see=PRINT,
        fix="How would you compute the share of right answers after an epoch?",
        gives=recording(
            words(MISSING, ACCURACIES),
            words(EMPTY, ACCURACIES),
            words(MISSING, ("train_acc",)),
            words(MISSING, ("val_acc",)),
        ),
    ),
    mistake(
        id="curves-no-validation",
        did="The history has no validation series.",
        why=OVERFITS,
        see=PRINT,
        fix="What can X_val and y_val tell you after an epoch?",
        gives=recording(words(MISSING, VALIDATION), words(EMPTY, VALIDATION), words(MISSING, ("val_loss",))),
    ),
    mistake(
        id="curves-nothing-returned",
        did="The history that comes back is empty.",
        why="Nothing was appended to it, or another dictionary was returned.",
        see=PRINT,
        fix="Is the dictionary that you fill the one that you return?",
        gives=recording(words(EMPTY, SERIES)),
    ),
    mistake(
        id="curves-other-names",
        did="The series have other names than the contract gives them.",
        why="Whoever reads train_loss, val_loss, train_acc or val_acc finds nothing.",
        see=PRINT,
        fix="Compare the names with the contract's, letter by letter.",
        gives=other_names,
    ),
    mistake(
        id="curves-loss-and-accuracy-mixed-up",
        did="Losses stand where accuracies belong, and the other way round.",
        why="The function that measures returns two numbers, and they are unpacked in the other order.",
        see=PRINT,
        fix="In which order does your function return its two numbers, and in which do you take them?",
        gives=recording(mixed_up),
    ),
    mistake(
        id="curves-best-so-far",
        did="The best validation number so far is recorded, not the epoch's own.",
        why="Such a curve can never get worse. It hides overfitting and everything else that goes wrong.",
        see="Train for 60 epochs on 22 images with wrong labels: does the curve ever turn?",
        fix="Which number do you append when an epoch is worse than the best one?",
        gives=recording(*(best_so_far(names) for names in subsets(("val_acc",), ("val_loss",)))),
    ),
    mistake(
        id="curves-broadcast-accuracy",
        did="Every prediction is compared with every label, not with its own image's.",
        why="A column (N, 1) compared with a row (N,) broadcasts to N times N comparisons.",
        see="Print the shape of the comparison before you take its mean.",
        fix="Which shapes do your predictions and your labels have?",
        gives=recording(*over(broadcast, ("train_acc",), ("val_acc",))),
    ),
    mistake(
        id="curves-start-included",
        did="A number from before training comes first, so the series is one longer than there are epochs.",
        why="The contract asks for one number an epoch; series of different lengths cannot be drawn together.",
        see=PRINT,
        fix="What do you append before the first epoch?",
        gives=recording(
            *(start_included(names) for names in (SERIES, VALIDATION, LOSSES, ("val_loss",), ("train_loss",)))
        ),
    ),
    mistake(
        id="curves-first-batch-of-validation",
        did="Only the first validation images are measured, not all of them.",
        why="A few images are a small sample: early stopping and every comparison then follow their chance.",
        see=LAST_ONE,
        fix="How many validation images are there, and how many of them does your measurement see?",
        gives=recording(*(first_images(count) for count in range(30))),
    ),
    mistake(
        id="curves-last-repeated",
        did="Every epoch shows the last epoch's number.",
        why="One list is written anew in each epoch, or every entry is the same object.",
        see=PRINT,
        fix="What happens to the numbers of earlier epochs when an epoch ends?",
        gives=recording(*over(last_repeated, LOSSES, ACCURACIES)),
    ),
    mistake(
        id="curves-last-epoch-only",
        did="The history holds the last epoch alone, not one number for each epoch.",
        why="It is made anew in every epoch, or after the loop.",
        see=PRINT,
        fix="Where is the history made, and where is it added to?",
        gives=recording(*over(last_alone, TRAINING, VALIDATION), words("shape ()", SERIES), words("shape ()", LOSSES)),
    ),
    mistake(
        id="curves-never-reset",
        did="The sums of the training series go on from one epoch to the next.",
        why="They are set to zero before the first epoch only, so every epoch also counts those before it.",
        see="Compare train_loss of the first epoch with that of the second, on the same images.",
        fix="What is the running sum when the second epoch begins?",
        gives=recording(never_reset(mean=False), never_reset(mean=True), never_reset_loss),
    ),
    mistake(
        id="curves-rounded",
        did="The recorded numbers are rounded to a few digits.",
        why="Early stopping and comparisons need the differences that rounding takes away.",
        see=PRINT,
        fix="Where does rounding belong: into the history, or into the print?",
        gives=recording(*(change for digits in (0, 1, 2, 3) for change in over(rounded(digits), LOSSES, ACCURACIES))),
    ),
)

CATALOGUE = Catalogue(criterion="curves", observe=observe, right=right, mistakes=MISTAKES, rtol=1e-3, further=further)
