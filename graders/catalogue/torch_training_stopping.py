"""Mistakes in the early stopping of `train_torch`."""

from functools import partial

from graders.catalogue.early_stopping import BY_HAND, COUNT
from graders.catalogue.torch_training_history import RECOMPUTE
from graders.measure.stopping import RIGHT
from graders.mistaken.stopping_rules import (
    ACCURACY,
    BEST,
    LOSS,
    MAIN,
    after_patience_epochs,
    before,
    counting,
    higher_loss,
    keeping,
    last,
    last_if_run_out,
    last_of,
    lower_accuracy,
    never,
    no_epoch_counts,
    training_loss,
)
from graders.mistaken.torch_training_predictions import by_rules, keeps
from graders.naming.mistake import Mistake

mistake = partial(Mistake, criterion="torch_training")

STOPPING = (
    mistake(
        id="torch-training-last-weights",
        did="With patience the weights that come back are those of the last epoch, not of the best one.",
        why="Either the best ones are never loaded, or state_dict() gave references that later steps overwrote.",
        see=RECOMPUTE,
        fix="When is the best epoch's copy made, what could change it afterwards, and when does it get back?",
        gives=keeps(keeping(BEST[0], last)),
        root="early-stopping-last-params",
    ),
    mistake(
        id="torch-training-restored-only-when-it-triggers",
        did="The best epoch's weights come back only where patience ended the run.",
        why="A run whose epochs run out first also has a best epoch, and it is seldom the last one.",
        see="Train with a patience as long as the run, and compute the validation loss of what comes back.",
        fix="Which statement loads the best weights, and is it reached in every run?",
        gives=by_rules(*(last_if_run_out(b, extra=extra) for b in RIGHT.values() for extra in (0, 1))),
        root="early-stopping-only-when-it-triggers",
    ),
    mistake(
        id="torch-training-patience-ignored",
        did="Training never stops early: every run takes all its epochs, whatever patience is.",
        why="Nothing leaves the loop over the epochs, so the time after the best epoch is lost.",
        see=BY_HAND,
        fix="Which statement leaves the loop over the epochs, and when is it reached?",
        gives=by_rules(*BEST, keeping(BEST[0], last)),
        root="early-stopping-never",
    ),
    mistake(
        id="torch-training-patience-on-training-loss",
        did="The training loss decides when to stop, not the validation loss.",
        why="The training loss falls on while the network overfits, which is just what early stopping should notice.",
        see=BY_HAND,
        fix="On which images is the number measured that decides?",
        gives=by_rules(*(counting(training_loss, more=extra) for extra in (0, 1))),
        root="early-stopping-training-loss",
    ),
    mistake(
        id="torch-training-patience-never-reset",
        did="Bad epochs are counted over the whole run: a better epoch does not start the count anew.",
        why="A short rise of the validation loss ends a run that was still learning.",
        see=BY_HAND,
        fix=COUNT,
        gives=by_rules(*(counting(b, more=extra, resets=False) for b in MAIN for extra in (0, 1))),
        root="early-stopping-count-never-reset",
    ),
    mistake(
        id="torch-training-too-soon",
        did="A run ends one bad epoch too soon.",
        why="The count is compared before it is complete, or it starts at one.",
        see=BY_HAND,
        fix="With patience=1, how many bad epochs may there be?",
        gives=by_rules(*(counting(b, more=-1) for b in MAIN)),
        root="early-stopping-too-soon",
    ),
    mistake(
        id="torch-training-too-late",
        did="A run goes on for two or more bad epochs beyond its patience.",
        why="The time after the best epoch is lost.",
        see=BY_HAND,
        fix="With patience=1, how many bad epochs may there be?",
        gives=by_rules(*(counting(b, more=extra) for b in MAIN for extra in (2, 3))),
        root="early-stopping-too-late",
    ),
    mistake(
        id="torch-training-one-bad-epoch",
        did="The first bad epoch ends the run, whatever patience is.",
        why="A short rise of the validation loss ends a run that was still learning.",
        see=BY_HAND,
        fix="Where are bad epochs counted?",
        gives=by_rules(*(counting(b, fixed=1) for b in MAIN), *(keeping(counting(b, fixed=1), last) for b in MAIN)),
        root="early-stopping-one-bad-epoch",
    ),
    mistake(
        id="torch-training-wrong-direction",
        did="A worse validation counts as better: the comparison is the wrong way round.",
        why="The worst epoch is then kept for the best.",
        see=BY_HAND,
        fix="Does a better epoch have a larger or a smaller loss, and what does your comparison say?",
        gives=by_rules(*(counting(b, more=extra) for b in (higher_loss, lower_accuracy) for extra in (0, 1))),
        root="early-stopping-wrong-direction",
    ),
    mistake(
        id="torch-training-compares-with-the-epoch-before",
        did="Each epoch is held against the one before it, not against the best so far.",
        why="A small fall after a large rise then counts as an improvement.",
        see=BY_HAND,
        fix="Which number is the new loss compared with, and when does that number change?",
        gives=by_rules(
            *(counting(b, more=extra, against="before") for b in (LOSS, ACCURACY) for extra in (0, 1)),
        ),
        root="early-stopping-compares-with-the-epoch-before",
    ),
    mistake(
        id="torch-training-best-never-updated",
        did="Each epoch is held against the first one, not against the best so far.",
        why="The best value is set once and never changed, so that nearly every epoch is better.",
        see=BY_HAND,
        fix="Which number is the new loss compared with, and when does that number change?",
        gives=by_rules(*(counting(b, more=extra, against="first") for b in (LOSS, ACCURACY) for extra in (0, 1))),
        root="early-stopping-best-never-updated",
    ),
    mistake(
        id="torch-training-after-patience-epochs",
        did="The run ends after `patience` epochs, whatever the curves do.",
        why="All epochs are counted, not only the bad ones.",
        see=BY_HAND,
        fix=COUNT,
        gives=by_rules(
            *(after_patience_epochs(b, extra=extra) for b in MAIN for extra in (0, 1)),
            *(no_epoch_counts(extra=extra, kept=last_of) for extra in (0, 1)),
        ),
        root="early-stopping-after-patience-epochs",
    ),
    mistake(
        id="torch-training-weights-of-the-epoch-before",
        did="The weights that come back are those from before the best epoch's steps.",
        why="They are copied before the steps whose validation they are kept for.",
        see=RECOMPUTE,
        fix="Which steps has the network taken when the copy is made, and when validation is measured?",
        gives=keeps(*(keeping(never(b), before) for b in MAIN)),
        root="early-stopping-params-of-the-epoch-before",
    ),
)
