"""What a `train_torch` or `predict_torch` written wrongly would show, trait by trait."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from graders.measure.training import accuracy_of
from graders.mistaken.stopping_rules import Habit
from graders.mistaken.torch_training_traits import (
    EARLIER,
    NOISY,
    PATIENT,
    RIGHT,
    STILL_DROPPED,
    Run,
    images_of,
    logits_of,
    loss_on,
    number_of,
    read_runs,
    theta_of,
)
from graders.naming.mistake import ENDING, RETURNED, Case, Key, Outcome, Outcomes, once_a_case


def right(case: Case) -> Outcomes:
    """Return what a right port shows, of what could be read."""
    return told(case, {})


def told(case: Case, changed: Mapping[Key, Outcome]) -> dict[Key, Outcome]:
    """Return what is right with some traits changed."""
    seen = case.seen
    found: dict[Key, Outcome] = {(name, ENDING): RETURNED for name in seen}
    found |= predicted(case, lambda z: z.argmax(axis=1))
    found |= curves(case)
    for key in case.observed:
        if key[1] == "dropout":
            found[key] = "acts"
        elif key[1] == "seed":
            found[key] = "other" if "other" in key[0] else "the same"
        elif key[1] in {"ends", "kept"}:
            found[key] = RIGHT
    return {**found, **changed}


def predicted(case: Case, labels: Callable[[np.ndarray], np.ndarray], *, in_training_mode: bool = False) -> Outcomes:
    """Return the answers of a predict_torch that makes labels of logits (N, K) in this way."""
    found: dict[Key, Outcome] = {}
    for name in ("plain", "dropout"):
        if (f"{name}: labels", "prediction") in case.observed:
            logits, clear = logits_of(case.seen, name)
            made = labels(logits)
            made = made[clear] if len(made) == len(clear) else made
            noisy = in_training_mode and name == "dropout"
            found[f"{name}: labels", "prediction"] = "two calls differ" if noisy else made.astype(np.float64)
    return found


def curves(
    case: Case,
    *,
    lengths: Mapping[str, int] | None = None,
    train: str = "train",
    val: str = "val",
    loss_factor: Mapping[str, float] | None = None,
    errors: bool = False,
    noisy: bool = False,
    earlier: bool = False,
    accumulates: bool = False,
) -> dict[Key, Outcome]:
    """Return the curves of the runs that do not move, and of what the plain run ends with.

    Args:
        case: the case.
        lengths: how many numbers the plain run's series have, where that differs; -1 where one is missing.
        train: on which images the training curves are measured, "train" or "val".
        val: on which the validation curves are.
        loss_factor: what each split's losses are multiplied by.
        errors: whether the share of wrong answers takes the place of the accuracy.
        noisy: whether validation runs with dropout.
        earlier: whether validation is measured before the epoch's steps.
        accumulates: whether the training loss is added up over the epochs.
    """
    found: dict[Key, Outcome] = {}
    seen, factors = case.seen, loss_factor or {}
    for key in case.observed:
        name, part = key
        if part == "lengths":
            run, _, series = name.partition(": ")
            epochs = int(number_of(seen[run].call, "epochs"))
            number = (lengths or {}).get(series, epochs)
            found[key] = "missing" if number < 0 else str(number)
        if part != "curves":
            continue
        run, _, series = name.partition(": ")
        split, _, kind = series.partition("_")
        on = {"train": train, "val": val}[split]
        theta = theta_of(seen, EARLIER if earlier and split == "val" and run == "plain" else run)
        if theta is None:
            continue
        X, y, X_val, y_val = images_of(seen[run].call)
        images, labels = (X, y) if on == "train" else (X_val, y_val)
        number_told = accuracy_of(theta, images, labels) if kind == "acc" else loss_on(theta, images, labels)
        number_told = 1 - number_told if kind == "acc" and errors else number_told
        number_told *= factors.get(split, 1.0) if kind == "loss" else 1.0
        epochs = int(number_of(seen[run].call, "epochs"))
        series_told = np.full(1 if run == "plain" else epochs, number_told)
        if accumulates and series == "train_loss":
            series_told = number_told * np.arange(1, epochs + 1)
        found[key] = NOISY if noisy and run == STILL_DROPPED and kind == "loss" and split == "val" else series_told
    return found


def ended(case: Case, habit: Habit) -> dict[Key, Outcome]:
    """Return where runs with patience end by a rule, and whose weights they keep."""
    found: dict[Key, Outcome] = {}
    for kind in PATIENT:
        if (kind, "ends") not in case.observed:
            continue
        runs = _runs(case, kind)
        endings = [habit(run, patience, epochs) for run, patience, epochs, _ in runs]
        lengths = [stop for stop, _ in endings]
        same = isinstance(case.observed[kind, "ends"], str) and lengths == [run.epochs for run, _, _, _ in runs]
        found[kind, "ends"] = RIGHT if same else np.array(lengths, dtype=float)
        if (kind, "kept") in case.observed:
            kept = [best for _, (best, _) in endings]
            found[kind, "kept"] = _as_observed(case.observed[kind, "kept"], kept, runs)
    return found


def kept(case: Case, habit: Habit) -> dict[Key, Outcome]:
    """Return whose weights a rule keeps, where runs end by an accepted one."""
    return {key: outcome for key, outcome in ended(case, habit).items() if key[1] == "kept"}


@once_a_case
def _runs(case: Case, kind: str) -> Sequence[Run]:
    return read_runs(case.seen, kind)


def _as_observed(observed: Outcome, epochs: Sequence[int], runs: Sequence[Run]) -> Outcome:
    """Return the epochs of a prediction as they are observed where they may be the same."""
    fits = all(epoch in (some or ()) for epoch, (_, _, _, some) in zip(epochs, runs, strict=True))
    return observed if fits else np.array(epochs, dtype=float)
