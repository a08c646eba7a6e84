"""Mistakes in the `patience` of `train`: where each would end the runs by their recorded curves, and what it keeps."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed
from graders.measure.compare import Wrong
from graders.measure.miniature import CLASSES, draw
from graders.measure.patience_runs import EXACT, SHORT, STOPPED, Kind, recorded, value_of
from graders.measure.stopping import RIGHT, Recorded, best_epochs
from graders.mistaken.stopping_rules import (
    ACCURACY,
    LOSS,
    MAIN,
    RIGHT_HABITS,
    START,
    Ending,
    Habit,
    after_patience_epochs,
    counting,
    higher_loss,
    keeping,
    last_if_run_out,
    last_of,
    lower_accuracy,
    margin,
    never,
    no_epoch_counts,
    training_loss,
    without_patience_too,
)
from graders.naming.mistake import ENDING, RETURNED, Case, Catalogue, Key, Mistake, Outcome, Outcomes, Predict

RTOL = 1e-3  # between a recorded validation loss and that of the returned parameters
ENDS, KEPT, VALUE = "ends", "kept", "value"
STILL, WORSE, FEW = "at rest with patience", "with the labels of other classes", 12
LAYERS = (("W1", "b1"), ("W2", "b2"))
BY_HAND = (
    "Print each epoch's validation loss, the best one so far and the count of bad epochs, and follow them by hand."
)
BEST_BACK = "Compute the validation loss of the params that come back, and compare it with the smallest one recorded."
COUNT = "What happens to your count in an epoch that is better than all before, and in one that is not?"
COPY = "When is the best epoch's copy of the params made, and which of your statements could change it afterwards?"
TOO_LONG = "Training goes on while validation gets worse: the time is lost."
TOO_SHORT = "A short rise of the validation loss ends a run that was still learning."

mistake = partial(Mistake, criterion="early_stopping")


def _runs(seen: Seen) -> Iterator[tuple[str, Kind, int]]:
    """Yield name, kind and number of each run whose ending is looked at."""
    for kind in (STOPPED, SHORT):
        for i in range(len(seen)):
            if f"{kind.name} {i}" in seen:
                yield f"{kind.name} {i}", kind, i
    yield "without", SHORT, 0
    for name in (STILL, WORSE):
        if name in seen:
            yield name, STOPPED, 0


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return where each run ended, and of which epoch the two layers are that came back."""
    found: dict[Key, Outcome] = {}
    for name, kind, i in _runs(seen):
        if isinstance(observation := seen[name].observation, Failed):
            found[name, ENDING] = observation.kind.value
            continue
        found[name, ENDING] = RETURNED
        try:
            run = recorded(value_of(seen[name]))
        except Wrong as wrong:
            found[name, VALUE] = wrong.got
            continue
        found[name, ENDS] = np.array([float(run.epochs)])
        epochs = _kept(exam, seen, name, kind, i)
        if epochs is not None and name not in (STILL, WORSE, "without"):
            found[name, KEPT] = _first(epochs)
    return found


def _first(epochs: Sequence[set[int]]) -> Outcome:
    return np.array([float(min(some)) for some in epochs]) if all(epochs) else "those of no epoch"


def _kept(exam: Exam, seen: Seen, name: str, kind: Kind, i: int) -> Sequence[set[int]] | None:
    """Return the epochs that each layer may be of; None where neither curves nor shorter runs tell."""
    value = value_of(seen[name])
    try:
        by_loss = kind.returned_epochs(exam, i, value, rtol=RTOL)
        theta = kind.params_of(value)
    except Wrong:
        return None
    known = _known(seen, kind, i)
    found: list[set[int]] = []
    for names in LAYERS:
        equal = set()
        for epoch, other in known.items():
            pairs = [(getattr(theta, n), getattr(other, n)) for n in names]
            if all(np.abs(a - b).max() <= EXACT * max(np.abs(a).max(), EXACT) for a, b in pairs):
                equal.add(epoch)
        found.append(equal)
    if any(found):  # equal parameters say more than equal losses
        return found
    return (by_loss, by_loss) if by_loss else found if known else None


def _known(seen: Seen, kind: Kind, i: int) -> Mapping[int, Params]:
    """Return the parameters after some epochs, from shorter runs of the same seed, and those before training."""
    start, found = f"prefix {kind.name} {i} ", {}
    for name, answer in seen.items():
        if name.startswith(start):
            try:
                found[int(name.removeprefix(start))] = kind.params_of(value_of(answer))
            except Wrong:
                continue
    return found


def further(exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask for a run at rest, for one that only gets worse, and for shorter runs: whose parameters came back?"""
    # With a rate of zero no epoch is better: who looks at the curves stops, who does not look goes on.
    usual: dict[str, Value] = {"epochs": FEW, "patience": 3}
    # What is learnt is wrong for these validation labels: validation gets worse from the first epoch on.
    clear = draw(exam.rng("early stopping", "worse"), n=40, n_val=60)
    other = dataclasses.replace(clear, y_val=(clear.y_val + 1) % CLASSES)
    still = STOPPED.run(exam, 0, STILL, {**usual, "lr": 0.0})
    worse = other.run(WORSE, {**usual, "H": STOPPED.H, "batch": STOPPED.batch, "lr": STOPPED.lr, "seed": 41})
    calls = [still, worse]
    for name, kind, i in _runs(seen):
        if name in (STILL, WORSE, "without"):
            continue
        try:
            run = recorded(value_of(seen[name]))
        except Wrong:
            continue
        bests = set(best_epochs(run).values())
        for epoch in sorted({*bests, *(e - 1 for e in bests), 0, 1, run.epochs - 1, START}):
            question = f"prefix {kind.name} {i} {epoch}"
            if question not in seen and epoch >= START:
                # With a rate of zero, one epoch changes nothing: these are the parameters before training.
                options = {"epochs": 1, "lr": 0.0} if epoch == START else {"epochs": epoch + 1}
                calls.append(kind.run(exam, i, question, options))
    return calls


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ended:
    """One run whose ending is looked at.

    Args:
        name: of its question.
        run: what it recorded.
        patience: what was asked for.
        epochs: the most that it might take.
        kept: the epochs that each layer may be of, where that is known.
    """

    name: str
    run: Recorded
    patience: int | None
    epochs: int
    kept: Sequence[set[int]] | None


@functools.lru_cache(maxsize=2)
def _ended(case: Case) -> tuple[_Ended, ...]:
    found = []
    for name, kind, i in _runs(case.seen):
        if (name, ENDS) in case.observed:
            kwargs, run = case.seen[name].call.kwargs, recorded(value_of(case.seen[name]))
            patience, epochs = kwargs.get("patience"), kwargs["epochs"]
            assert isinstance(epochs, int)
            assert isinstance(patience, int | None)
            kept = _kept(case.exam, case.seen, name, kind, i) if (name, KEPT) in case.observed else None
            found.append(_Ended(name=name, run=run, patience=patience, epochs=epochs, kept=kept))
    return tuple(found)


Told: TypeAlias = tuple[Ending, ...]


def _endings(case: Case, habit: Habit) -> Told:
    return tuple(habit(e.run, e.patience, e.epochs) for e in _ended(case))


def ending_by(*habits: Habit) -> Predict:
    """Return the prediction that all runs follow one of these rules."""
    return lambda case: [_outcomes(case, told) for told in dict.fromkeys(_endings(case, h) for h in habits)]


def rightly_ended(*kept: Habit) -> Predict:
    """Return the prediction that runs end by an accepted rule and keep what one of these rules keeps."""

    def predict(case: Case) -> list[Outcomes]:
        ends = dict.fromkeys(tuple(stop for stop, _ in _endings(case, h)) for h in RIGHT_HABITS)
        layers = dict.fromkeys(tuple(epochs for _, epochs in _endings(case, h)) for h in kept)
        return [_outcomes(case, tuple(zip(e, k, strict=True))) for e in ends for k in layers]

    return predict


def _outcomes(case: Case, told: Told) -> Outcomes:
    found: dict[Key, Outcome] = {(name, ENDING): RETURNED for name, _, _ in _runs(case.seen)}
    for ended, (stop, layers) in zip(_ended(case), told, strict=True):
        found[ended.name, ENDS] = np.array([float(stop)])
        if ended.kept is not None:
            fits = all(epoch in some for epoch, some in zip(layers, ended.kept, strict=True))
            found[ended.name, KEPT] = case.observed[ended.name, KEPT] if fits else np.array(layers, dtype=float)
    return found


def _both(ends: Habit, keeps: Habit) -> Habit:
    """Return the rule that ends as one does and keeps what another keeps."""

    def habit(run: Recorded, patience: int | None, epochs: int) -> Ending:
        return ends(run, patience, epochs)[0], keeps(run, patience, epochs)[1]

    return habit


BEST: Sequence[Habit] = [never(better) for better in RIGHT.values()]
"""Keeping the best of all recorded epochs, by each accepted rule."""


def _last(run: Recorded, _best: tuple[int, int]) -> tuple[int, int]:
    return last_of(run), last_of(run)


def _before(_run: Recorded, best: tuple[int, int]) -> tuple[int, int]:
    return best[0] - 1, best[1] - 1


def _start(_run: Recorded, _best: tuple[int, int]) -> tuple[int, int]:
    return START, START


def _first_layer(run: Recorded, best: tuple[int, int]) -> tuple[int, int]:
    return best[0], last_of(run)


def _second_layer(run: Recorded, best: tuple[int, int]) -> tuple[int, int]:
    return last_of(run), best[1]


def _with_last(habits: Sequence[Habit]) -> Sequence[Habit]:
    """Return the rules, and the same with the last parameters kept."""
    return [*habits, *(keeping(habit, _last) for habit in habits)]


MISTAKES = (
    mistake(
        id="early-stopping-last-params",
        did="The params that come back are those of the last epoch, not of the best one.",
        why="Either the last ones are returned, or what was kept as the best is only another name for arrays that "
        "later steps change in place.",
        see=BEST_BACK,
        fix=COPY,
        gives=rightly_ended(keeping(BEST[0], _last)),
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
        gives=ending_by(keeping(BEST[0], _last)),
    ),
    mistake(
        id="early-stopping-training-loss",
        did="The training loss decides when to stop, not the validation loss.",
        why="The training loss falls on while the network overfits, which is just what early stopping should notice.",
        see=BY_HAND,
        fix="On which images do you measure the number that decides?",
        gives=ending_by(
            *(counting(training_loss, more=extra) for extra in (0, 1)),
            *(_both(counting(training_loss, more=extra), keeps) for extra in (0, 1) for keeps in BEST),
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
        gives=ending_by(*_with_last([counting(b, fixed=1) for b in MAIN])),
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
            *_with_last([after_patience_epochs(b, extra=extra) for b in (LOSS, ACCURACY) for extra in (0, 1)])
        ),
    ),
    mistake(
        id="early-stopping-params-of-the-epoch-before",
        did="The params that come back are those from before the best epoch's steps.",
        why="They are copied at the wrong moment: before the epoch, while its loss is measured after it.",
        see=BEST_BACK,
        fix="At which moment is the loss measured, and at which the copy made?",
        gives=rightly_ended(*(keeping(habit, _before) for habit in BEST)),
    ),
    mistake(
        id="early-stopping-first-layer-only",
        did="One layer comes back from the best epoch and the other one from the last.",
        why="Only some of the four arrays are kept; the two layers were never trained to work together.",
        see=BEST_BACK,
        fix="Which arrays make up the params, and which of them does your copy hold?",
        gives=rightly_ended(*(keeping(habit, layers) for habit in BEST for layers in (_first_layer, _second_layer))),
    ),
    mistake(
        id="early-stopping-without-patience-too",
        did="Training stops early although no patience is asked for.",
        why="With patience=None all epochs must be run; a default of your own acts there.",
        see="Train for 20 epochs without patience, and look at the length of the history.",
        fix="What does your loop do when patience is None?",
        gives=ending_by(*(without_patience_too(b, fixed) for b in MAIN for fixed in range(1, 16))),
    ),
    mistake(
        id="early-stopping-returns-initial-params",
        did="The params that come back are those from before training.",
        why="What is kept as the best is set once, before the first epoch, and never replaced.",
        see=BEST_BACK,
        fix=COPY,
        gives=rightly_ended(keeping(BEST[0], _start)),
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
