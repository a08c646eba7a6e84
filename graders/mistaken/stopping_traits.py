"""Where runs with `patience` ended and what they kept: as observed, and as a rule would have it."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed
from graders.measure.compare import Wrong
from graders.measure.miniature import CLASSES, draw
from graders.measure.patience_runs import EXACT, SHORT, STOPPED, Kind, recorded
from graders.measure.stopping import Recorded, best_epochs
from graders.mistaken.stopping_rules import RIGHT_HABITS, START, Ending, Habit
from graders.naming.mistake import ENDING, RETURNED, Case, Key, Outcome, Outcomes, Predict, once_a_case

RTOL = 1e-3  # between a recorded validation loss and that of the returned parameters
ENDS, KEPT, VALUE = "ends", "kept", "value"
STILL, WORSE, FEW = "at rest with patience", "with the labels of other classes", 12
LAYERS = (("W1", "b1"), ("W2", "b2"))


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
            run = recorded(seen[name].value)
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
    value = seen[name].value
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
                found[int(name.removeprefix(start))] = kind.params_of(answer.value)
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
            run = recorded(seen[name].value)
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


@once_a_case
def _ended(case: Case) -> tuple[_Ended, ...]:
    found = []
    for name, kind, i in _runs(case.seen):
        if (name, ENDS) in case.observed:
            kwargs, run = case.seen[name].call.kwargs, recorded(case.seen[name].value)
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
