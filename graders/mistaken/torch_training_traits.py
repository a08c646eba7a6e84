"""What `train_torch` and `predict_torch` show: labels, curves, dropout in each epoch, seeds, and how patience ends."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed
from graders.measure import truth
from graders.measure.compare import Wrong, array
from graders.measure.describe import type_of
from graders.measure.port_steps import Port
from graders.measure.stopping import Recorded
from graders.measure.training import SERIES, history_series, loss_of, trained_params
from graders.measure.trajectory import distance
from graders.mistaken.stopping_rules import RIGHT_HABITS
from graders.naming.mistake import ENDING, RETURNED, Key, Outcome, Outcomes

TRAIN = "train_torch"
CLEAR = 1e-3  # between two logits, for the order of the classes to be beyond rounding
RTOL = 1e-3
STILL, STILL_DROPPED = "still", "still, with dropout"  # runs at a learning rate of zero, whose curves are known
STARTS = ("start", "start again", "start of another seed")
EARLIER = "one epoch less"
PATIENT = ("patience", "long patience", "rough patience")
ROUGH = 0.5  # a learning rate at which the training loss rises now and then, too
NOISY = "changes from epoch to epoch although the weights do not"
RIGHT = "by an accepted rule"


def theta_of(seen: Seen, name: str) -> Params | None:
    """Return the parameters that a run ended with, where they can be read."""
    H = seen[name].call.kwargs["H"]
    X, y, _, y_val = images_of(seen[name].call)
    assert isinstance(H, int)
    shapes = (X.shape[1], H, int(max(y.max(), y_val.max())) + 1)
    try:
        return trained_params(seen[name].value, what=TRAIN, shapes=shapes)
    except Wrong:
        return None


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return all traits that can be read."""
    found: dict[Key, Outcome] = {}
    for name, answer in seen.items():
        failed = answer.observation if isinstance(answer.observation, Failed) else None
        found[name, ENDING] = failed.kind.value if failed else RETURNED
        value = answer.value
        if isinstance(value, Mapping) and "not_a_pair" in value:
            found[name, "returned"] = re.sub(r" (with|of type) .*", "", type_of(value["not_a_pair"]), flags=re.DOTALL)
    found |= _predictions(seen) | _curves(seen) | _dropout(seen) | _seeds(seen)
    if _curves_are_right(seen):
        found |= _endings(seen)
    return found


def further(_exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask for runs at a learning rate of zero, for one epoch less than the plain run, and for starting weights."""
    plain, dropped, other = (seen[name].call for name in ("plain", "dropout", "other seed"))

    def again(name: str, call: Call, *, repeat: int = 2, **changes: Value) -> Call:
        kwargs = {k: v for k, v in call.kwargs.items() if k != "X_eval"} | changes
        return Call(name=name, target=call.target, args=call.args, kwargs=kwargs, room=call.room, repeat=repeat)

    rough = [seen[name].call for name in seen if name.rpartition(" ")[0] == PATIENT[0]]
    return [
        *(again(f"{PATIENT[2]} {i}", call, lr=ROUGH) for i, call in enumerate(rough)),
        again(STILL, plain, lr=0.0, epochs=2),
        again(STILL_DROPPED, dropped, lr=0.0, epochs=3),
        again(EARLIER, plain, epochs=int(number_of(plain, "epochs")) - 1),
        again(STARTS[0], plain, lr=0.0, epochs=1),
        again(STARTS[1], plain, lr=0.0, epochs=1, repeat=3),
        again(STARTS[2], other, lr=0.0, epochs=1),
    ]


def _predictions(seen: Seen) -> dict[Key, Outcome]:
    found: dict[Key, Outcome] = {}
    for name in ("plain", "dropout"):
        value = seen[name].value
        if not isinstance(value, Mapping) or "predictions" not in value or theta_of(seen, name) is None:
            continue
        key, answers = (f"{name}: labels", "prediction"), (value.get("predictions"), value.get("predictions_again"))
        if isinstance(answers[0], str):
            found[key] = answers[0].partition(":")[0]
            continue
        try:
            first, second = (array(a, what="labels", finite=False) for a in answers)
        except Wrong as wrong:
            found[key] = wrong.got
            continue
        _, clear = logits_of(seen, name)
        if not np.array_equal(first, second, equal_nan=True):
            found[key] = "two calls differ"
        else:
            found[key] = first[clear] if len(first) == len(clear) else first
    return found


def logits_of(seen: Seen, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the logits of a run's images, and which of them have a clear order of classes."""
    X, theta = seen[name].call.kwargs["X_eval"], theta_of(seen, name)
    assert isinstance(X, np.ndarray)
    assert theta is not None
    z = truth.forward(theta, X)
    ranked = np.sort(z, axis=1)
    gaps = np.diff(ranked, axis=1)
    clear: np.ndarray = np.minimum(gaps[:, 0], gaps[:, -1]) > CLEAR
    return z, clear


def _curves(seen: Seen) -> dict[Key, Outcome]:
    found: dict[Key, Outcome] = {}
    for run in ("plain", STILL, STILL_DROPPED):
        if run not in seen or theta_of(seen, run) is None:
            continue
        epochs = int(number_of(seen[run].call, "epochs"))
        for name in SERIES:
            if run == STILL_DROPPED and name != "val_loss":
                continue
            try:
                series = history_series(seen[run].value, name, what=TRAIN)
            except Wrong as wrong:
                missing = wrong.got in {"no number", ""} or "has no" in wrong.reason
                found[f"{run}: {name}", "lengths"] = "missing" if missing else wrong.got
                continue
            found[f"{run}: {name}", "lengths"] = str(len(series))
            if len(series) != epochs:
                continue
            series = series / 100 if name.endswith("acc") and series.max() > 1 else series
            if run == "plain":
                if name.startswith("val"):
                    found[f"{run}: {name}", "curves"] = series[-1:]
                continue
            noisy = run == STILL_DROPPED and np.ptp(series) > RTOL * np.abs(series).max()
            found[f"{run}: {name}", "curves"] = NOISY if noisy else series
    return found


def _dropout(seen: Seen) -> dict[Key, Outcome]:
    found: dict[Key, Outcome] = {}
    names = ("before", "one epoch", "two epochs")
    states = [theta_of(seen, name) for name in names]
    X, y, _, _ = images_of(seen["one epoch"].call)
    lr = number_of(seen["one epoch"].call, "lr")
    for name, start, end in zip(("first epoch", "second epoch"), states, states[1:], strict=False):
        if start is not None and end is not None:
            free = Port().walk(start, [(X, y)], lrs=[lr])
            acts = distance([end], free, start=start, scale=free) > 1e-2
            found[name, "dropout"] = "acts" if acts else "the step is the one without dropout"
    return found


def _seeds(seen: Seen) -> dict[Key, Outcome]:
    found: dict[Key, Outcome] = {}
    pairs = (
        ("again", "plain"),
        ("dropout again", "dropout"),
        ("other seed", "plain"),
        *((n, STARTS[0]) for n in STARTS[1:]),
    )
    for name, first in pairs:
        if name not in seen or first not in seen:
            continue
        a, b = theta_of(seen, first), theta_of(seen, name)
        if a is not None and b is not None:
            other = "other" in name
            gap = distance([b], [a], start=truth.zeros_like(a), scale=[a])
            found[name, "seed"] = "the same" if (gap == 0 if other else gap <= RTOL) else "other"
    return found


def _curves_are_right(seen: Seen) -> bool:
    """Tell whether validation losses are those of the weights, but for a factor: else nothing follows from them."""
    factors = []
    for run in ("plain", STILL):
        theta = theta_of(seen, run) if run in seen else None
        if theta is None:
            continue
        try:
            series = history_series(seen[run].value, "val_loss", what=TRAIN)
        except Wrong:
            return False
        _, _, X_val, y_val = images_of(seen[run].call)
        factors.append(float(series[-1]) / loss_on(theta, X_val, y_val))
    return bool(factors) and max(factors) - min(factors) <= RTOL * abs(factors[0])


def _endings(seen: Seen) -> dict[Key, Outcome]:
    found: dict[Key, Outcome] = {}
    for kind in PATIENT:
        runs = read_runs(seen, kind)
        if not runs:
            continue
        lengths = [run.epochs for run, _, _, _ in runs]
        accepted = [h for h in RIGHT_HABITS if [h(r, p, e)[0] for r, p, e, _ in runs] == lengths]
        found[kind, "ends"] = RIGHT if accepted else np.array(lengths, dtype=float)
        if all(epochs is not None for _, _, _, epochs in runs):
            bests = [[h(r, None if p is None else e + 1, e)[1][0] for r, p, e, _ in runs] for h in RIGHT_HABITS]
            fits = any(all(b in (k or ()) for b, (_, _, _, k) in zip(best, runs, strict=True)) for best in bests)
            told_epochs = [float(min(k)) if k else -1.0 for _, _, _, k in runs]
            found[kind, "kept"] = RIGHT if fits else np.array(told_epochs)
    return found


Run = tuple[Recorded, int | None, int, frozenset[int] | None]

"""Curves, patience, most epochs, and the epochs whose weights may have come back."""


def read_runs(seen: Seen, kind: str) -> Sequence[Run]:
    """Return the runs with patience of one kind, as recorded; none where one of them cannot be read."""
    found: list[Run] = []
    plain = theta_of(seen, "plain")
    factor = 1.0
    if plain is not None:
        _, _, X_val, y_val = images_of(seen["plain"].call)
        factor = float(history_series(seen["plain"].value, "val_loss", what=TRAIN)[-1]) / loss_on(plain, X_val, y_val)
    for name in (n for n in seen if n.rpartition(" ")[0] == kind):
        theta = theta_of(seen, name)
        if theta is None:
            return ()
        series: dict[str, np.ndarray | None] = {}
        for one in SERIES:
            try:
                series[one] = history_series(seen[name].value, one, what=TRAIN)
            except Wrong:
                series[one] = None
        val_loss = series["val_loss"]
        if val_loss is None:
            return ()
        same = {k: v if v is not None and len(v) == len(val_loss) else None for k, v in series.items()}
        run = Recorded(val_loss=val_loss, val_acc=same["val_acc"], train_loss=same["train_loss"])
        _, _, X_val, y_val = images_of(seen[name].call)
        loss = loss_on(theta, X_val, y_val) * factor
        equal = frozenset(int(e) for e in np.flatnonzero(np.abs(val_loss - loss) <= RTOL * max(abs(loss), 1e-3)))
        call = seen[name].call
        found.append((run, int(number_of(call, "patience")), int(number_of(call, "epochs")), equal))
    return tuple(found)


def images_of(call: Call) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return training images and labels, then those of validation."""
    X, y, X_val, y_val = (np.asarray(a) for a in call.args)
    return X, y, X_val, y_val


def loss_on(theta: Params, X: np.ndarray, y: np.ndarray) -> float:
    """Return the mean loss, or infinity where it cannot be computed."""
    try:
        return loss_of(theta, X, y, what=TRAIN)
    except Wrong:
        return np.inf


def number_of(call: Call, name: str) -> float:
    """Return a numeric option of a question."""
    value = call.kwargs[name]
    assert isinstance(value, int | float)
    return float(value)
