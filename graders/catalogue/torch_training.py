"""Mistakes in `train_torch` and `predict_torch`: modes, curves, seeds, early stopping and labels."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from graders.measure import truth
from graders.measure.stopping import RIGHT, Recorded
from graders.mistaken.stopping_rules import (
    ACCURACY,
    LOSS,
    MAIN,
    Habit,
    after_patience_epochs,
    counting,
    higher_loss,
    keeping,
    last_if_run_out,
    last_of,
    lower_accuracy,
    never,
    no_epoch_counts,
    training_loss,
)
from graders.mistaken.torch_training_traits import curves, ended, further, kept, observe, predicted, right
from graders.naming.mistake import Case, Catalogue, Key, Mistake, Outcome, Outcomes, Predict

MODE = "Print model.training in front of every loop over batches, and in front of every evaluation."
WHICH_MODE = "In which mode has the model to be there, and which line puts it into that mode each time?"
RECOMPUTE = "Recompute the validation loss of the model that comes back, and look for it in the history."
AVERAGE = "Print what you add up in one epoch, and what you divide it by: is each number a mean already?"
BY_HAND = (
    "Print each epoch's validation loss, the best one so far and the count of bad epochs, and follow them by hand."
)
COUNT = "What happens to your count in an epoch that is better than all before, and in one that is not?"
TWICE = "Train twice with the same seed and compare the weights; do it again with another seed."
RANDOM = "List everything that is random in a run: weights, order of the images, masks. Which generator does each use?"
LABELS = "Compare predict_torch(model, X) with the logits of three images that you look at yourself."
ARGMAX = "Which axis of the logits (N, K) holds one image's classes, and what of it is the answer?"
TWO_LISTS = "Print the length of each of the four series after two epochs."

mistake = partial(Mistake, criterion="torch_training")


def traits(outcomes: Mapping[Key, Outcome]) -> Predict:
    """Return the prediction of some traits, where they were observed."""
    return lambda case: {k: v for k, v in outcomes.items() if k in case.observed}


def labels(made: Callable[[np.ndarray], np.ndarray], *, in_training_mode: bool = False) -> Predict:
    """Return the prediction of what predict_torch makes of logits."""
    return lambda case: predicted(case, made, in_training_mode=in_training_mode)


def recorded(**options: object) -> Predict:
    """Return the prediction of the curves; the options are those of `curves`."""
    return lambda case: curves(case, **options)  # type: ignore[arg-type]


def by_rules(*habits: Habit) -> Predict:
    """Return the prediction that runs with patience follow one of these rules."""
    return lambda case: [ended(case, habit) for habit in habits]


def keeps(*habits: Habit) -> Predict:
    """Return the prediction that runs end rightly and keep what one of these rules keeps."""
    return lambda case: [kept(case, habit) for habit in habits]


def either(*several: Predict) -> Predict:
    """Return the predictions of one mistake in several forms."""

    def predict(case: Case) -> Sequence[Outcomes]:
        found: list[Outcomes] = []
        for gives in several:
            told = gives(case)
            found += [told] if isinstance(told, Mapping) else list(told)
        return found

    return predict


def _images_of(case: Case) -> tuple[int, int]:
    """Return the training and the validation images of the plain run, in number; they are as many in each."""
    _, y, _, y_val = (np.asarray(a) for a in case.seen["plain"].call.args)
    return len(y), len(y_val)


def _factors(train: Callable[[float, float], float] | None, val: Callable[[float, float], float] | None) -> Predict:
    """Return the prediction that losses are off by these factors of the number of images and the batch size."""

    def predict(case: Case) -> Outcomes:
        batch = case.seen["plain"].call.kwargs["batch"]
        assert isinstance(batch, int)
        n, n_val = _images_of(case)
        factors = {"train": train(n, batch) if train else 1.0, "val": val(n_val, batch) if val else 1.0}
        return curves(case, loss_factor=factors)

    return predict


def _both(factor: Callable[[float, float], float]) -> Predict:
    return either(_factors(factor, factor), _factors(factor, None), _factors(None, factor))


def _per_batch(*series: str) -> Predict:
    def predict(case: Case) -> Outcomes:
        found: dict[Key, Outcome] = {}
        for key in case.observed:
            run, _, name = key[0].partition(": ")
            if key[1] == "lengths" and name in series:
                kwargs = case.seen[run].call.kwargs
                epochs, batch = kwargs["epochs"], kwargs["batch"]
                assert isinstance(epochs, int)
                assert isinstance(batch, int)
                found[key] = str(epochs * -(-_images_of(case)[0] // batch))
        return {**curves(case), **found}

    return predict


def _missing(*series: str) -> Predict:
    return lambda case: curves(case, lengths=dict.fromkeys(series, -1))


def _returned(*types: str) -> Predict:
    """Return the prediction that every run returns one thing of such a type, where a pair belongs."""
    return lambda case: [{(name, "returned"): told for name in case.seen} for told in types]


def _last(run: Recorded, _best: tuple[int, int]) -> tuple[int, int]:
    return last_of(run), last_of(run)


def _before(_run: Recorded, best: tuple[int, int]) -> tuple[int, int]:
    return best[0] - 1, best[1] - 1


BEST = tuple(never(better) for better in RIGHT.values())

MODES = (
    mistake(
        id="torch-training-no-eval",
        did="The validation loss is measured in training mode: dropout acts while it is computed.",
        why="A model stays in training mode until it is told otherwise, so the curves get noisy and too high.",
        see=MODE,
        fix=WHICH_MODE,
        gives=recorded(noisy=True),
        root="curves-with-dropout",
    ),
    mistake(
        id="torch-training-no-train-again",
        did="The model stays in evaluation mode after the first validation: dropout acts in the first epoch only.",
        why="model.eval() holds until model.train() is called, and nothing raises an error.",
        see=MODE,
        fix=WHICH_MODE,
        gives=traits({("second epoch", "dropout"): "the step is the one without dropout"}),
    ),
    mistake(
        id="torch-training-dropout-never-acts",
        did="No step has dropout, although it is asked for.",
        why="Either the model is built without it, or it is in evaluation mode while it is trained.",
        see=MODE,
        fix="Does the argument dropout reach build_torch, and in which mode is the model during the steps?",
        gives=traits({(e, "dropout"): "the step is the one without dropout" for e in ("first epoch", "second epoch")}),
        root="training-dropout-ignored",
    ),
)

LABELS_GIVEN = (
    mistake(
        id="torch-training-predict-without-eval",
        did="predict_torch leaves the model in whatever mode it is: in training mode dropout acts on its answers.",
        why="Two calls on the same images then give different labels.",
        see="Call model.train() and then predict_torch twice on the same images.",
        fix=WHICH_MODE,
        gives=labels(lambda z: z.argmax(axis=1), in_training_mode=True),
    ),
    mistake(
        id="torch-training-predict-images-axis",
        did="predict_torch looks for the largest logit along the images, not along the classes.",
        why="dim=0 runs from image to image: the answer then has one number for each class.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z.argmax(axis=0)),
        root="predict-along-images",
    ),
    mistake(
        id="torch-training-predict-logits",
        did="predict_torch returns the logits, not the labels.",
        why="The likeliest class has still to be picked from each row.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z),
        root="predict-logits",
    ),
    mistake(
        id="torch-training-predict-probabilities",
        did="predict_torch returns probabilities, not labels.",
        why="The likeliest class has still to be picked from each row.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(truth.softmax),
        root="predict-probabilities",
    ),
    mistake(
        id="torch-training-predict-largest-logit",
        did="predict_torch returns the largest logit of each image, not the class that it belongs to.",
        why="max gives values and their places; the label is the place.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z.max(axis=1)),
        root="predict-largest-logit",
    ),
    mistake(
        id="torch-training-predict-least",
        did="predict_torch gives the least likely class.",
        why="The smallest logit belongs to the class for which there is least evidence.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z.argmin(axis=1)),
        root="predict-least-likely",
    ),
    mistake(
        id="torch-training-predict-from-one",
        did="predict_torch counts the classes from one.",
        why="Labels go from 0 to K - 1, so that every answer is off by one.",
        see=LABELS,
        fix=ARGMAX,
        gives=labels(lambda z: z.argmax(axis=1) + 1),
        root="predict-from-one",
    ),
)

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
        gives=_both(lambda n, _batch: n),
        root="curves-summed-loss",
    ),
    mistake(
        id="torch-training-divided-twice",
        did="A recorded mean loss is divided by the number of images once more.",
        why="cross_entropy averages already.",
        see=AVERAGE,
        fix="What does the loss function return for a batch: a sum or a mean?",
        gives=_both(lambda n, _batch: 1 / n),
        root="curves-divided-by-images",
    ),
    mistake(
        id="torch-training-running-sum",
        did="A recorded loss is the sum of the batches' means.",
        why="It is then as many times too large as there are batches in an epoch.",
        see=AVERAGE,
        fix="How many numbers were added up, and what makes a mean of them?",
        gives=_both(lambda n, batch: n / batch),
        root="curves-sum-over-batches",
    ),
    mistake(
        id="torch-training-batch-means-over-images",
        did="The batches' mean losses are added up and divided by the number of images.",
        why="Each of them is a mean already, so that the curve is as many times too low as a batch has images.",
        see=AVERAGE,
        fix="How many numbers were added up, and what makes a mean of them?",
        gives=_both(lambda _n, batch: 1 / batch),
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
        gives=either(_missing("train_acc", "val_acc"), _missing("train_acc"), _missing("val_acc")),
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
            _per_batch("train_loss"),
            _per_batch("train_loss", "train_acc"),
            _per_batch("train_loss", "train_acc", "val_loss", "val_acc"),
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
        gives=_returned("a dictionary", "an object", "None"),
    ),
)

SEEDS = (
    mistake(
        id="torch-training-unseeded-order",
        did="The seed does not decide the order of the images.",
        why="An order from a generator without a seed makes every run another one.",
        see=TWICE,
        fix=RANDOM,
        gives=traits({("again", "seed"): "other", ("dropout again", "seed"): "other"}),
    ),
    mistake(
        id="torch-training-unseeded-weights",
        did="The seed does not decide the initial weights.",
        why="build_torch is not given the seed, or draws from a generator without one.",
        see=TWICE,
        fix=RANDOM,
        gives=traits(
            {
                ("again", "seed"): "other",
                ("dropout again", "seed"): "other",
                ("start again", "seed"): "other",
            }
        ),
        root="init-seed-ignored",
    ),
    mistake(
        id="torch-training-unseeded-masks",
        did="The seed does not decide the dropout masks.",
        why="nn.Dropout draws from PyTorch's global generator, which has to be seeded as well.",
        see=TWICE,
        fix=RANDOM,
        gives=traits({("dropout again", "seed"): "other"}),
        root="training-unseeded-masks",
    ),
    mistake(
        id="torch-training-seed-ignored",
        did="Every seed gives the same run.",
        why="A number in the code takes the place of the argument.",
        see=TWICE,
        fix="Where does the argument seed occur in train_torch?",
        gives=traits({("other seed", "seed"): "the same", ("start of another seed", "seed"): "the same"}),
        root="training-seed-ignored",
    ),
)

STOPPING = (
    mistake(
        id="torch-training-last-weights",
        did="With patience the weights that come back are those of the last epoch, not of the best one.",
        why="Either the best ones are never loaded, or state_dict() gave references that later steps overwrote.",
        see=RECOMPUTE,
        fix="When is the best epoch's copy made, what could change it afterwards, and when does it get back?",
        gives=keeps(keeping(BEST[0], _last)),
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
        gives=by_rules(*BEST, keeping(BEST[0], _last)),
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
        gives=by_rules(*(counting(b, fixed=1) for b in MAIN), *(keeping(counting(b, fixed=1), _last) for b in MAIN)),
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
        gives=keeps(*(keeping(never(b), _before) for b in MAIN)),
        root="early-stopping-params-of-the-epoch-before",
    ),
)

CATALOGUE = Catalogue(
    criterion="torch_training",
    observe=observe,
    right=right,
    mistakes=(*MODES, *LABELS_GIVEN, *HISTORY, *SEEDS, *STOPPING),
    further=further,
)
