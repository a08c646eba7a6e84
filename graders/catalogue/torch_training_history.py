"""Mistakes in the history that `train_torch` returns."""

from functools import partial

from graders.mistaken.torch_training_predictions import losses_off, missing, per_batch, recorded, returned
from graders.naming.mistake import Mistake
from graders.naming.styles import either

RECOMPUTE = "Recompute the validation loss of the model that comes back, and look for it in the history."
AVERAGE = "Print what you add up in one epoch, and what you divide it by: is each number a mean already?"
TWO_LISTS = "Print the length of each of the four series after two epochs."

mistake = partial(Mistake, criterion="torch_training")

HISTORY = (
    mistake(
        id="torch-training-validation-of-training-images",
        did="The validation curves are measured on the training images.",
        why="Overfitting is then invisible: both pairs of curves say the same.",
        see=RECOMPUTE,
        fix="Which images does each of your two evaluations get?",
        gives=recorded(val="train"),
        root="curves-copied",
    ),
    mistake(
        id="torch-training-training-of-validation-images",
        did="The training curves are measured on the validation images.",
        why="Overfitting is then invisible: both pairs of curves say the same.",
        see=RECOMPUTE,
        fix="Which images does each of your two evaluations get?",
        gives=recorded(train="val"),
        root="curves-training-from-validation",
    ),
    mistake(
        id="torch-training-curves-swapped",
        did="Training and validation curves stand in each other's place.",
        why="The network then seems to be better on images that it has never seen.",
        see=RECOMPUTE,
        fix="Which evaluation is appended to which series?",
        gives=recorded(train="val", val="train"),
        root="curves-swapped",
    ),
    mistake(
        id="torch-training-summed-loss",
        did="A recorded loss is the sum over the images, not their mean.",
        why="The curve then depends on how many images there are.",
        see=AVERAGE,
        fix="By how many images has the sum to be divided?",
        gives=losses_off(lambda n, _batch: n),
        root="curves-summed-loss",
    ),
    mistake(
        id="torch-training-divided-twice",
        did="A recorded mean loss is divided by the number of images once more.",
        why="cross_entropy averages already.",
        see=AVERAGE,
        fix="What does the loss function return for a batch: a sum or a mean?",
        gives=losses_off(lambda n, _batch: 1 / n),
        root="curves-divided-by-images",
    ),
    mistake(
        id="torch-training-running-sum",
        did="A recorded loss is the sum of the batches' means.",
        why="It is then as many times too large as there are batches in an epoch.",
        see=AVERAGE,
        fix="How many numbers were added up, and what makes a mean of them?",
        gives=losses_off(lambda n, batch: n / batch),
        root="curves-sum-over-batches",
    ),
    mistake(
        id="torch-training-batch-means-over-images",
        did="The batches' mean losses are added up and divided by the number of images.",
        why="Each of them is a mean already, so that the curve is as many times too low as a batch has images.",
        see=AVERAGE,
        fix="How many numbers were added up, and what makes a mean of them?",
        gives=losses_off(lambda _n, batch: 1 / batch),
        root="curves-divided-by-batch-size",
    ),
    mistake(
        id="torch-training-sum-never-reset",
        did="The training loss is added up over all epochs: the sum is not set to zero between them.",
        why="The curve then rises although training goes well.",
        see=AVERAGE,
        fix="Where does your sum start from zero: before all epochs, or before each?",
        gives=recorded(accumulates=True),
        root="curves-never-reset",
    ),
    mistake(
        id="torch-training-no-accuracy",
        did="Accuracies are missing from the history.",
        why="The history has four series, a loss and an accuracy for both training and validation.",
        see=TWO_LISTS,
        fix="Which of the four series does each line of your loop append to?",
        gives=either(missing("train_acc", "val_acc"), missing("train_acc"), missing("val_acc")),
        root="curves-no-accuracy",
    ),
    mistake(
        id="torch-training-error-rate",
        did="The share of wrong answers is recorded where the accuracy belongs.",
        why="An error rate falls where an accuracy rises.",
        see="Compute the accuracy of the model that comes back by hand, for ten images.",
        fix="Does your comparison count the images that are right or those that are wrong?",
        gives=recorded(errors=True),
        root="curves-error-rate",
    ),
    mistake(
        id="torch-training-per-batch",
        did="A training series has a number for every mini-batch, not for every epoch.",
        why="The series then have different lengths and cannot be drawn over the same epochs.",
        see=TWO_LISTS,
        fix="In which of the two loops does the line stand that appends to the history?",
        gives=either(
            per_batch("train_loss"),
            per_batch("train_loss", "train_acc"),
            per_batch("train_loss", "train_acc", "val_loss", "val_acc"),
        ),
        root="curves-per-batch",
    ),
    mistake(
        id="torch-training-loss-before-the-epoch",
        did="Validation is measured before the epoch's steps, so that its curves are one epoch late.",
        why="The last number is then not that of the weights that come back.",
        see=RECOMPUTE,
        fix="Which steps has the network taken when an epoch's validation is measured?",
        gives=recorded(earlier=True),
        root="curves-one-epoch-late",
    ),
    mistake(
        id="torch-training-one-value-alone",
        did="train_torch returns one thing where two belong: model and history.",
        why="Who calls it writes model, history = train_torch(...), and needs both.",
        see="Print the type of what train_torch returns.",
        fix="Which two values does the return statement have to name?",
        lowers={"accuracy_gap": 0.00},
        gives=returned("a dictionary", "an object", "None"),
    ),
)
