"""Histories as a wrong `train` would record them: each a change of the right series."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from graders.curves import EPOCHS
from graders.foundation.observation import Returned
from graders.measure import truth
from graders.measure.training import SERIES
from graders.mistaken.curve_runs import (
    FULL,
    LONG,
    MASKED,
    MISSING,
    TRAINING,
    VALIDATION,
    Change,
    Run,
    Series,
    Style,
    recording,
)
from graders.naming.mistake import Case, Outcome, Outcomes

LOSSES, ACCURACIES = ("train_loss", "val_loss"), ("train_acc", "val_acc")
DRAWS = 400  # masks that are tried to see how far a validation loss with dropout may lie
WIDTHS = 5.0  # standard deviations of those losses


def changed(run: Run, names: Sequence[str], style: Style, change: Callable[[str, np.ndarray], Outcome]) -> Series:
    """Return the right series of these names, changed."""
    usual = run.right(style)
    return {n: change(n, told) for n in names if isinstance(told := usual.get(n), np.ndarray)}


def _each(names: Sequence[str], change: Callable[[Run, str, np.ndarray], Outcome]) -> Change:
    return lambda run, style: changed(run, names, style, lambda n, told: change(run, n, told))


def subsets(*groups: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield all of the names, then each group alone."""
    yield tuple(name for group in groups for name in group)
    if len(groups) > 1:
        yield from groups


def over(change: Callable[[Run, str, np.ndarray], Outcome], *groups: Sequence[str]) -> Sequence[Change]:
    """Return the change of all of these series, then of each group alone."""
    return [_each(names, change) for names in subsets(*groups)]


def _other(name: str) -> str:
    split, kind = name.split("_")
    return f"{'val' if split == 'train' else 'train'}_{kind}"


def of_the_other_set(names: Sequence[str]) -> Change:
    """Return the numbers of the other set of images in these series."""

    def change(run: Run, style: Style) -> Series:
        gathered = dict(zip(TRAINING, style, strict=True))
        found: dict[str, Outcome] = {}
        for name in names:
            states = run.before if gathered.get(_other(name)) and run.before else run.after
            found[name] = run.series(_other(name), states)
        return found

    return change


def ahead(run: Run, name: str, told: np.ndarray) -> Outcome:
    """Return a series measured before the epoch's steps; where those params are not known, whatever was recorded."""
    if run.before:
        return run.series(name, run.before)
    return run.got[name] if run.question == FULL else told


def summed(run: Run, name: str, told: np.ndarray) -> Outcome:
    """Return the sum over the images."""
    return told * len(run.images(name)[0])


def broadcast(run: Run, name: str, told: np.ndarray) -> Outcome:
    """Return the mean over all pairs of a prediction and a label."""
    if name not in run.got:
        return told
    X, y = run.images(name)
    counts = np.bincount(y, minlength=10) / len(y)
    states = run.after
    return np.array([counts[truth.forward(state, X).argmax(axis=1)].mean() for state in states])


def best_so_far(names: Sequence[str]) -> Change:
    """Return the best number so far in each epoch; where the best cannot be told, whatever was recorded."""

    def best(run: Run, name: str, told: np.ndarray) -> Outcome:
        sign = 1 if name.endswith("acc") else -1
        if len(told) > 1:
            return sign * np.maximum.accumulate(sign * told)
        got, recorded = run.got[name], run.recorded[name]
        if isinstance(got, np.ndarray) and isinstance(recorded, np.ndarray):
            never_worse = bool((np.diff(sign * recorded) >= 0).all())
            stands_still = len(recorded) > 1 and recorded[-1] == recorded[-2]
            if never_worse and stands_still and sign * got[-1] >= sign * told[-1]:
                return got
        return told

    return _each(names, best)


def with_dropout(names: Sequence[str]) -> Change:
    """Return what was recorded where masks give such a number, else the mean over masks."""

    def change(run: Run, _style: Style) -> Series:
        if run.question != MASKED:
            return {}
        X, y = run.images("val_loss")
        state = truth.in_float64(run.after[0])
        hidden = np.maximum(truth.preactivation(state, X), 0.0)  # (M, H)
        rng = np.random.default_rng(0)
        losses = []
        for _ in range(DRAWS):
            mask = (rng.random(hidden.shape) >= 0.5) / 0.5
            losses.append(truth.cross_entropy((hidden * mask) @ state.W2 + state.b2, y))
        mean, spread = float(np.mean(losses)), float(np.std(losses))
        got = run.got["val_loss"]
        near = isinstance(got, np.ndarray) and bool((np.abs(got - mean) <= WIDTHS * spread).all())
        return {name: got if near else np.array([mean]) for name in names if name in run.got}

    return change


def first_images(count: int) -> Change:
    """Return validation numbers of the first images alone; 0 stands for a batch of them."""

    def first(run: Run, name: str, told: np.ndarray) -> Outcome:
        wanted = count or run.batch
        return np.array([run.each(name, s)[:wanted].mean() for s in run.after]) if wanted else told

    return _each(VALIDATION, first)


def start_included(names: Sequence[str]) -> Change:
    """Return these series with a number from before training in front."""

    def change(run: Run, style: Style) -> Series:
        def longer(name: str, told: np.ndarray) -> Outcome:
            first = run.series(name, run.before[:1])
            return np.concatenate([first, run.series(name, run.after)]) if len(told) else told

        asked = names if run.question not in (LONG, MASKED, FULL) else ()
        return changed(run, asked, style, longer)

    return change


def words(word: str, names: Sequence[str]) -> Change:
    """Return a word, such as that a series is missing, in the place of each of these series."""
    return lambda run, _style: {name: word for name in names if name in run.got}


def other_names(case: Case) -> Sequence[Outcomes]:
    """Return that the missing series are missing, where as many others stand in the history."""
    found = set()
    for answer in case.seen.values():
        if isinstance(answer.observation, Returned) and isinstance(answer.observation.value, dict):
            history = answer.observation.value.get("history")
            found |= {str(key) for key in history} if isinstance(history, dict) else set()
    missing = [name for name in SERIES if name not in found]
    if not missing or len(found - set(SERIES)) < len(missing):
        return ()
    told = recording(words(MISSING, missing))(case)
    return [told] if isinstance(told, dict) else list(told)  # type: ignore[arg-type]


def last_repeated(run: Run, _name: str, told: np.ndarray) -> Outcome:
    """Return the last epoch's number in every epoch."""
    return np.full_like(told, told[-1]) if run.question == f"after {EPOCHS}" else told


def last_alone(run: Run, _name: str, told: np.ndarray) -> Outcome:
    """Return the last epoch's number alone."""
    return told[-1:]


def rounded(digits: int) -> Callable[[Run, str, np.ndarray], Outcome]:
    """Return the series rounded to some digits."""
    return lambda _run, _name, told: np.round(told, digits)


def mixed_up(run: Run, style: Style) -> Series:
    """Return accuracies in the place of losses, and losses in that of accuracies."""
    swap = {"loss": "acc", "acc": "loss"}
    gathered = dict(zip(TRAINING, style, strict=True))
    found: dict[str, Outcome] = {}
    for name in run.got:
        split, kind = name.split("_")
        other = f"{split}_{swap[kind]}"
        found[name] = run.series(other, run.before if gathered.get(other) and run.before else run.after)
    return found
