"""What the runs about curves recorded, and what they should have recorded: the material of the curves' catalogue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from graders.curves import EPOCHS, LAST, LEARNT, H, full, problem, start, uneven
from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed, Returned
from graders.measure import truth
from graders.measure.compare import Wrong
from graders.measure.miniature import CLASSES, PIXELS, Problem, draw
from graders.measure.training import SERIES, history_series, trained_params
from graders.naming.gaps import Doubt
from graders.naming.mistake import ENDING, RETURNED, Case, Key, Outcome, Outcomes, Predict, once_a_case

FULL, REST, LONG, MASKED, ONE_LEFT = "numpy run 0", "at rest", "learnt", "dropout", "one left"
TRAINING, VALIDATION = ("train_loss", "train_acc"), ("val_loss", "val_acc")
READ, MISSING, EMPTY = "read", "missing", "empty"
AHEAD = " one epoch before"
WHOLE = 20  # images of the first batch where one image is left for the second

Series: TypeAlias = Mapping[str, Outcome]
Style: TypeAlias = tuple[bool, bool]
"""Whether the training loss, and whether the training accuracy, are gathered over the epoch's batches."""
STYLES: Sequence[Style] = ((False, False), (True, True), (True, False), (False, True))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One run with what is known of its parameters.

    Args:
        question: its name.
        problem: what it trained on.
        after: the parameters after each epoch that is looked at.
        before: those before each of these epochs; empty where they are not known.
        batch: images in a mini-batch.
        got: what it recorded in these epochs, by series.
        recorded: the whole series.
    """

    question: str
    problem: Problem
    after: Sequence[Params]
    before: Sequence[Params]
    batch: int
    got: Series
    recorded: Series
    _known: dict[tuple[str, int], np.ndarray] = field(default_factory=dict)
    _right: dict[Style, Series] = field(default_factory=dict)

    def images(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the images (N, D) and labels (N,) that a series is measured on."""
        p = self.problem
        return (p.X, p.y) if name.startswith("train") else (p.X_val, p.y_val)

    def each(self, name: str, state: Params) -> np.ndarray:
        """Return the loss of each image, or whether its label is right, (N,)."""
        key = (name, id(state))
        if key not in self._known:
            X, y = self.images(name)
            z = truth.forward(state, X)
            if name.endswith("loss"):
                self._known[key] = truth.losses(z, y)
            else:
                self._known[key] = (z.argmax(axis=1) == y).astype(float)
        return self._known[key]

    def series(self, name: str, states: Sequence[Params]) -> np.ndarray:
        """Return a right series over some states."""
        return np.array([self.each(name, state).mean() for state in states])

    def right(self, style: Style) -> Series:
        """Return the right series of a style."""
        if style not in self._right:
            gathered = dict(zip(TRAINING, style, strict=True))
            self._right[style] = {
                name: self._gathered(name) if gathered.get(name) and self.before else self.series(name, self.after)
                for name in self.got
            }
        return self._right[style]

    def nearest(self, name: str, values: Sequence[float]) -> np.ndarray:
        """Return the one of several possible numbers that is nearest to what was recorded, (1,)."""
        got = self.got[name]
        target = float(got[-1]) if isinstance(got, np.ndarray) and got.size else 0.0
        return np.array([min(values, key=lambda value: abs(value - target))])

    def _gathered(self, name: str) -> np.ndarray:
        """Return a training series averaged over batches; which image a short batch has left over is not known."""
        if self.question != ONE_LEFT:
            return self.series(name, self.before)
        each = self.each(name, self.after[0])
        first = [(float(each.sum()) - float(left)) / WHOLE for left in each]
        means = [(mean + float(left)) / 2 for mean, left in zip(first, each, strict=True)]
        return self.nearest(name, [float(each.mean()), *first, *means])


Change: TypeAlias = Callable[[Run, Style], Series]
"""What a mistake records in a run; what is left out is right."""


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return what was recorded, by question and series."""
    found: dict[Key, Outcome] = {}
    for name in _questions(seen):
        if isinstance(observation := seen[name].observation, Failed):
            found[name, ENDING] = observation.kind.value
            continue
        found[name, ENDING] = RETURNED
        try:
            _params(exam, seen, name)
            found[name, "params"] = READ
        except Wrong as wrong:
            found[name, "params"] = wrong.got
    for run in _runs(exam, seen):
        found |= {(run.question, name): told for name, told in run.got.items()}
    return found


def right(case: Case) -> Sequence[Outcomes]:
    """Return what should have been recorded, in each style."""
    told = (_all(case, lambda _run, _style: {}, style) for style in STYLES)
    return [one for one in told if one is not None]


def recording(*changes: Change) -> Predict:
    """Return the prediction that every run records as one of these changes says."""

    def predict(case: Case) -> list[Outcomes]:
        told = (_all(case, change, style) for change in changes for style in STYLES)
        return [one for one in told if one is not None]

    return predict


def _all(case: Case, change: Change, style: Style) -> Outcomes | None:
    """Return what all runs record; None once it explains nothing."""
    doubt = Doubt(case.observed, case.sought)
    found: dict[Key, Outcome] = {}
    for name in _questions(case.seen):
        found[name, ENDING] = RETURNED
        if isinstance(case.seen[name].observation, Returned):
            found[name, "params"] = READ
    for run in runs(case):
        told = {**run.right(style), **change(run, style)}
        one = {(run.question, name): told[name] for name in run.got}
        if doubt.explains_nothing(one):
            return None
        found |= one
    return found


@once_a_case
def runs(case: Case) -> tuple[Run, ...]:
    """Return all runs whose parameters can be read."""
    return tuple(_runs(case.exam, case.seen))


def further(exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask for the runs with dropout and to the end one epoch shorter, and for one at rest with one image left over."""
    calls = [
        Call(name=f"{name}{AHEAD}", target=call.target, args=call.args, kwargs={**call.kwargs, "epochs": epochs})
        for name in (MASKED, LONG)
        if isinstance(epochs := (call := seen[name].call).kwargs["epochs"], int) and (epochs := epochs - 1)
    ]
    options: dict[str, Value] = {"H": H, "batch": WHOLE, "seed": 31, "lr": 0.0, "epochs": 1}
    return [*calls, _one_left(exam).run(ONE_LEFT, options)]


def _one_left(exam: Exam) -> Problem:
    return draw(exam.rng("curves", "one image left"), n=WHOLE + 1, n_val=30)


def _questions(seen: Seen) -> list[str]:
    return [name for name in (LAST, REST, ONE_LEFT, MASKED, LONG, FULL) if name in seen]


def _params(exam: Exam, seen: Seen, name: str) -> Params:
    value = seen[name].value
    shapes = (PIXELS, H, CLASSES)
    if name == FULL:
        shapes = exam.layers
    return trained_params(value, what="train", shapes=shapes)


def _runs(exam: Exam, seen: Seen) -> list[Run]:
    """Return the runs whose parameters can be read."""
    problems = {LAST: problem, REST: problem, MASKED: problem, LONG: uneven, FULL: full, ONE_LEFT: _one_left}
    asked: Mapping[str, Sequence[str]] = {
        LAST: SERIES, REST: SERIES, ONE_LEFT: TRAINING, MASKED: ("val_loss",), LONG: ("train_acc", *VALIDATION),
        FULL: VALIDATION,
    }  # fmt: skip
    found = []
    for name in _questions(seen):
        observation = seen[name].observation
        try:
            end = _params(exam, seen, name)
            states = [_params(exam, seen, f"after {n}") for n in range(1, EPOCHS + 1)] if name == LAST else [end]
        except Wrong:
            continue
        assert isinstance(observation, Returned)
        batch = seen[name].call.kwargs["batch"]
        assert isinstance(batch, int)
        recorded = {series: _recorded(observation.value, series) for series in asked[name]}
        run = Run(
            question=name, problem=problems[name](exam), after=states, before=_before(exam, seen, name, states),
            batch=batch, got=dict(recorded), recorded=recorded,
        )  # fmt: skip
        found.append(_looked_at(run, seen))
    return found


def _before(exam: Exam, seen: Seen, name: str, states: Sequence[Params]) -> Sequence[Params]:
    if name == LAST:
        return [*(start(seen) or states[:1]), *states[:-1]]
    if name in (REST, ONE_LEFT):
        return states
    try:
        return [_params(exam, seen, f"{name}{AHEAD}")] if f"{name}{AHEAD}" in seen else ()
    except Wrong:
        return ()


def _looked_at(run: Run, seen: Seen) -> Run:
    """Return the run with what is looked at: all epochs, or how a long run ends, or how each of several ended."""
    got: dict[str, Outcome] = dict(run.got)
    if run.question == LAST and not _repeats(seen):
        ends = [seen[f"after {n}"].observation for n in range(1, EPOCHS + 1)]
        for name in got:
            several = [_recorded(o.value, name) if isinstance(o, Returned) else MISSING for o in ends]
            if all(isinstance(s, np.ndarray) for s in several):
                got[name] = np.array([s[-1] for s in several if isinstance(s, np.ndarray)])
    if run.question in (MASKED, LONG, FULL):
        for name, told in run.got.items():
            if isinstance(told, np.ndarray):
                got[name] = _end(run, name, told)
    if run.question == LONG and not (
        run.each("train_acc", run.after[0]).all() and run.each("train_loss", run.after[0]).mean() < LEARNT
    ):
        del got["train_acc"]
    return Run(
        question=run.question, problem=run.problem, after=run.after, before=run.before, batch=run.batch,
        got=got, recorded=run.recorded,
    )  # fmt: skip


def _repeats(seen: Seen) -> bool:
    """Tell whether two runs with one seed ended with the same parameters."""
    one, other = (seen[name].observation for name in (LAST, "again"))
    try:
        a, b = (
            trained_params(o.value if isinstance(o, Returned) else None, what="train", shapes=(PIXELS, H, CLASSES))
            for o in (one, other)
        )
    except Wrong:
        return True
    return truth.same_bits(a, b)


def _end(run: Run, name: str, told: np.ndarray) -> np.ndarray:
    """Return the last number, or the best one where the best epoch's parameters came back."""
    want = run.each(name, run.after[-1]).mean()
    best = told.min() if name.endswith("loss") else told.max()
    near = abs(best - want) <= 1e-6 * max(abs(want), 1e-3) and abs(told[-1] - want) > 1e-3 * abs(want)
    return np.array([best if near else told[-1]])


def _recorded(value: Value, name: str) -> Outcome:
    """Return one series, or a word where there is none."""
    history = value.get("history") if isinstance(value, Mapping) else None
    if isinstance(history, Mapping) and name not in history:
        return MISSING if history else EMPTY
    try:
        return history_series(value, name, what="train")
    except Wrong as wrong:
        return EMPTY if "empty" in wrong.reason else wrong.got
