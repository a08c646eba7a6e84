"""Mistakes in the `patience` of `train`: where each would end the runs by their recorded curves, and what it keeps."""

from functools import partial

from graders.measure.stopping import RIGHT
from graders.mistaken.stopping_rules import (
    ACCURACY,
    BEST,
    LOSS,
    MAIN,
    after_patience_epochs,
    before,
    counting,
    ends_and_keeps,
    first_layer,
    higher_loss,
    keeping,
    last,
    last_if_run_out,
    last_of,
    lower_accuracy,
    margin,
    no_epoch_counts,
    second_layer,
    start,
    training_loss,
    with_last,
    without_patience_too,
)
from graders.mistaken.stopping_traits import ending_by, further, observe, rightly_ended
from graders.naming.mistake import Catalogue, Mistake

BY_HAND = (
    "Print each epoch's validation loss, the best one so far and the count of bad epochs, and follow them by hand."
)
BEST_BACK = "Compute the validation loss of the params that come back, and compare it with the smallest one recorded."
COUNT = "What happens to your count in an epoch that is better than all before, and in one that is not?"
COPY = "When is the best epoch's copy of the params made, and which of your statements could change it afterwards?"
TOO_LONG = "Training goes on while validation gets worse: the time is lost."
TOO_SHORT = "A short rise of the validation loss ends a run that was still learning."

mistake = partial(Mistake, criterion="early_stopping")

MISTAKES = (
    mistake(
        id="early-stopping-last-params",
        did="The params that come back are those of the last epoch, not of the best one.",
        why="Either the last ones are returned, or what was kept as the best is only another name for arrays that "
        "later steps change in place.",
        see=BEST_BACK,
        fix=COPY,
        gives=rightly_ended(keeping(BEST[0], last)),
    ),
    mistake(
        id="early-stopping-never",
        did="A run with patience never ends early, although the best epoch's params come back.",
        why=TOO_LONG,
        see="Train with patience=3 on a few images with wrong labels, and look at the length of the history.",
        fix="Which statement leaves the loop over the epochs, and when is it reached?",
        gives=ending_by(*BEST),
    ),
    mistake(
        id="early-stopping-ignored",
        did="Patience changes nothing: all epochs are run and the last params come back.",
        why="The argument is taken and never used.",
        see="Train with patience=3 and with patience=None, and compare the lengths of the two histories.",
        fix="Where in your loop does patience occur?",
        gives=ending_by(keeping(BEST[0], last)),
    ),
    mistake(
        id="early-stopping-training-loss",
        did="The training loss decides when to stop, not the validation loss.",
        why="The training loss falls on while the network overfits, which is just what early stopping should notice.",
        see=BY_HAND,
        fix="On which images do you measure the number that decides?",
        gives=ending_by(
            *(counting(training_loss, more=extra) for extra in (0, 1)),
            *(ends_and_keeps(counting(training_loss, more=extra), keeps) for extra in (0, 1) for keeps in BEST),
        ),
    ),
    mistake(
        id="early-stopping-count-never-reset",
        did="Bad epochs are counted over the whole run: a better epoch does not start the count anew.",
        why=TOO_SHORT,
        see=BY_HAND,
        fix=COUNT,
        gives=ending_by(*(counting(b, more=extra, resets=False) for b in MAIN for extra in (0, 1))),
    ),
    mistake(
        id="early-stopping-too-soon",
        did="A run ends one bad epoch too soon.",
        why="The count is compared before it is complete, or it starts at one.",
        see=BY_HAND,
        fix="With patience=1, how many bad epochs may there be?",
        gives=ending_by(*(counting(b, more=-1) for b in MAIN)),
    ),
    mistake(
        id="early-stopping-too-late",
        did="A run goes on for two or more bad epochs beyond its patience.",
        why=TOO_LONG,
        see=BY_HAND,
        fix="With patience=1, how many bad epochs may there be?",
        gives=ending_by(*(counting(b, more=extra) for b in MAIN for extra in (2, 3))),
    ),
    mistake(
        id="early-stopping-one-bad-epoch",
        did="The first bad epoch ends the run, whatever patience is.",
        why=TOO_SHORT,
        see=BY_HAND,
        fix="Where are bad epochs counted?",
        gives=ending_by(*with_last([counting(b, fixed=1) for b in MAIN])),
    ),
    mistake(
        id="early-stopping-fixed-patience",
        did="The run ends after a fixed number of bad epochs, whatever patience is.",
        why="A number stands in the code where the argument belongs.",
        see="Train with patience=3 and with patience=20: do both end after the same epoch?",
        fix="Where in your loop does patience occur?",
        gives=ending_by(*(counting(b, fixed=k) for b in MAIN for k in range(2, 16))),
    ),
    mistake(
        id="early-stopping-only-when-it-triggers",
        did="The best epoch's params come back only where patience ended the run, else those of the last epoch.",
        why="A run whose epochs run out first also has a best epoch, and it is seldom the last one.",
        see="Train with a patience as long as the run, and compute the validation loss of what comes back.",
        fix="Which statements are reached when the loop ends by itself?",
        gives=rightly_ended(*(last_if_run_out(b, extra=extra) for b in RIGHT.values() for extra in (0, 1))),
    ),
    mistake(
        id="early-stopping-wrong-direction",
        did="A worse validation counts as better: the comparison is the wrong way round.",
        why="The loss should fall, the accuracy should rise; one sign turns stopping into its contrary.",
        see=BY_HAND,
        fix="Read your comparison aloud with two losses, 0.5 after 0.7.",
        gives=ending_by(*(counting(b, more=extra) for b in (higher_loss, lower_accuracy) for extra in (0, 1))),
    ),
    mistake(
        id="early-stopping-best-never-updated",
        did="Each epoch is held against the first one, not against the best so far.",
        why="The best value is never replaced, so an epoch that is worse than many before it still counts as good.",
        see=BY_HAND,
        fix="Which variables change when an epoch is the best so far?",
        gives=ending_by(*(counting(b, more=extra, against="first") for b in MAIN for extra in (0, 1))),
    ),
    mistake(
        id="early-stopping-compares-with-the-epoch-before",
        did="Each epoch is held against the one before it, not against the best so far.",
        why="A curve that falls a little after each rise never stops, although its best epoch is long gone.",
        see=BY_HAND,
        fix="Which variables change when an epoch is the best so far?",
        gives=ending_by(*(counting(b, more=extra, against="before") for b in MAIN for extra in (0, 1))),
    ),
    mistake(
        id="early-stopping-small-sentinel",
        did="No epoch ever becomes the best one, so that every epoch counts as bad.",
        why="The best loss starts at a number that no epoch can beat (such as 0 or 1).",
        see="Print the best loss so far before the first epoch, and after it.",
        fix="With which number must a search for the smallest begin?",
        gives=ending_by(
            *(no_epoch_counts(extra=extra) for extra in (0, 1)),
            *(no_epoch_counts(extra=extra, kept=last_of) for extra in (0, 1)),
        ),
    ),
    mistake(
        id="early-stopping-after-patience-epochs",
        did="The run ends after `patience` epochs, whatever the curves do.",
        why="Epochs are counted, not epochs without improvement.",
        see="Train with patience=3 while the validation loss still falls: it must not stop.",
        fix=COUNT,
        gives=ending_by(
            *with_last([after_patience_epochs(b, extra=extra) for b in (LOSS, ACCURACY) for extra in (0, 1)])
        ),
    ),
    mistake(
        id="early-stopping-params-of-the-epoch-before",
        did="The params that come back are those from before the best epoch's steps.",
        why="They are copied at the wrong moment: before the epoch, while its loss is measured after it.",
        see=BEST_BACK,
        fix="At which moment is the loss measured, and at which the copy made?",
        gives=rightly_ended(*(keeping(habit, before) for habit in BEST)),
    ),
    mistake(
        id="early-stopping-first-layer-only",
        did="One layer comes back from the best epoch and the other one from the last.",
        why="Only some of the four arrays are kept; the two layers were never trained to work together.",
        see=BEST_BACK,
        fix="Which arrays make up the params, and which of them does your copy hold?",
        gives=rightly_ended(*(keeping(habit, layers) for habit in BEST for layers in (first_layer, second_layer))),
    ),
    mistake(
        id="early-stopping-without-patience-too",
        did="Training stops early although no patience is asked for.",
        why="With patience=None all epochs must be run; a default of your own acts there.",
        see="Train for 20 epochs without patience, and look at the length of the history.",
        fix="What does your loop do when patience is None?",
        lowers={"regularisation": 0.50},
        gives=ending_by(*(without_patience_too(b, fixed) for b in MAIN for fixed in range(1, 16))),
    ),
    mistake(
        id="early-stopping-returns-initial-params",
        did="The params that come back are those from before training.",
        why="What is kept as the best is set once, before the first epoch, and never replaced.",
        see=BEST_BACK,
        fix=COPY,
        gives=rightly_ended(keeping(BEST[0], start)),
    ),
    mistake(
        id="early-stopping-large-margin",
        did="Only a large improvement counts, so that small ones are taken for bad epochs.",
        why="The contract counts every epoch with a better validation loss or accuracy.",
        see=BY_HAND,
        fix="By how much must the loss fall in your code before the count starts anew?",
        gives=ending_by(
            *(counting(margin(by), more=extra) for by in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2) for extra in (0, 1))
        ),
    ),
)

CATALOGUE = Catalogue(
    criterion="early_stopping",
    observe=observe,
    right=rightly_ended(*BEST),
    mistakes=MISTAKES,
    further=further,
)
