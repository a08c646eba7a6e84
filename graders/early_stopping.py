"""Early stopping ends training when validation no longer improves, and returns the best epoch's parameters.

Measures: on small problems with wrong labels, on which a network overfits within a few epochs, whether each run ends
`patience` epochs after its best one, by the run's own recorded validation loss or accuracy (one epoch more is as good);
whether the returned parameters are those of the best epoch, also when the epochs run out first; that without
`patience` all epochs are run.

Matters: the parameters of the last epoch are those that patience has just found to be worse. A stored reference to
arrays that are updated in place leads to the same parameters.

Fix: print each epoch's validation loss, the best so far and the count of bad epochs, and follow them by hand. At the
end compute the validation loss of what you return, and compare it with the best one printed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer
from graders.foundation.verdict import Curves, Verdict, verdict
from graders.measure.compare import Wrong, check
from graders.measure.patience_runs import SHORT, STOPPED, Kind, recorded
from graders.measure.stopped_runs import ended_in_time
from graders.measure.stopping import RIGHT, Recorded, best_epochs

SHORT_EPOCHS = 20
PREFIXED = 2  # runs of each kind whose parameters are looked up by running them again, shorter
COPY = "When is the best epoch's copy of the parameters made, and which of your statements could change it afterwards?"
COUNT = "Print, for each epoch, the validation loss, the best one so far and the count of bad epochs."


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStopping(Grader):
    """Grades the `patience` of `train`.

    Args:
        patience: bad epochs after which a run shall end.
        epochs: the most that it may run.
        runs: how many runs with patience are looked at.
        rtol: allowed gap between a recorded validation loss and that of the returned parameters.
    """

    title: ClassVar[str] = "Early stopping"
    about: ClassVar[str] = "train"

    patience: int = 3
    epochs: int = 40
    runs: int = 8
    rtol: float = 1e-3

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for runs with patience, for runs whose epochs run out first, and for one without patience."""
        lengths: dict[Kind, dict[str, Value]] = {
            STOPPED: {"epochs": self.epochs, "patience": self.patience},
            SHORT: {"epochs": SHORT_EPOCHS, "patience": SHORT_EPOCHS},
        }
        calls = [
            kind.run(exam, i, f"{kind.name} {i}", options)
            for kind, options in lengths.items()
            for i in range(self._count(kind))
        ]
        return [*calls, SHORT.run(exam, 0, "without", {"epochs": SHORT_EPOCHS})]

    def ask_again(self, exam: Exam, seen: Seen) -> Sequence[Call]:
        """Ask for shorter runs where the recorded numbers do not tell of which epoch the parameters are."""
        if any(name.startswith("prefix") for name in seen):
            return ()
        calls = []
        for kind in (STOPPED, SHORT):
            unclear = [i for i in range(self._count(kind)) if self._unclear(exam, kind, i, seen)]
            for i in unclear[:PREFIXED]:
                run = recorded(seen[f"{kind.name} {i}"].value)
                calls += [
                    kind.run(exam, i, f"prefix {kind.name} {i} {epoch}", {"epochs": epoch + 1})
                    for epoch in sorted({*best_epochs(run).values(), run.epochs - 1})
                ]
        return calls

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge when the runs ended, and whose parameters they returned."""
        stopped, short = ([seen[f"{k.name} {i}"] for i in range(self._count(k))] for k in (STOPPED, SHORT))

        def ends(*values: Value) -> str:
            return ended_in_time([recorded(v) for v in values], patience=self.patience, epochs=self.epochs)

        def best(kind: Kind) -> Callable[..., str]:
            return lambda *values: self._best(exam, seen, kind, values)

        return verdict(
            check(f"ends {self.patience} epochs after the best one", stopped, ends, weight=2, fix=COUNT),
            check("returns the best epoch's parameters", stopped, best(STOPPED), weight=2, fix=COPY),
            check("returns the best epoch's parameters when the epochs run out", short, best(SHORT), fix=COPY),
            check("a patience as long as the run ends none early", short, _none_early, weight=0.5, fix=COUNT),
            check("without patience all epochs are run", seen["without"], _all_epochs, weight=0.5),
            exhibits=_curves(stopped[0]),
        )

    def _count(self, kind: Kind) -> int:
        return self.runs if kind is STOPPED else (self.runs + 1) // 2

    def _unclear(self, exam: Exam, kind: Kind, i: int, seen: Seen) -> bool:
        try:
            return not kind.returned_epochs(exam, i, seen[f"{kind.name} {i}"].value, rtol=self.rtol)
        except Wrong:
            return False

    def _best(self, exam: Exam, seen: Seen, kind: Kind, values: Sequence[Value]) -> str:
        found = []
        for i, value in enumerate(values):
            epochs = kind.returned_epochs(exam, i, value, rtol=self.rtol)
            start = f"prefix {kind.name} {i} "
            prefixes = {int(name.removeprefix(start)): a for name, a in seen.items() if name.startswith(start)}
            if epochs or prefixes:
                found.append((recorded(value), epochs or kind.equal_epochs(value, prefixes)))
        for name in RIGHT:
            if found and all(best_epochs(run)[name] in epochs for run, epochs in found):
                return f"{len(found)} runs returned their best epoch's parameters, by {name}"
        raise _not_the_best(found)


def _not_the_best(found: Sequence[tuple[Recorded, set[int]]]) -> Wrong:
    """Say of one run that it did not return its best epoch's parameters."""
    odd = [(run, epochs) for run, epochs in found if not epochs & set(best_epochs(run).values())]
    run, epochs = (odd or found)[0]
    last = all(run.epochs - 1 in epochs for run, epochs in found)
    told = "In every run they are those of the last epoch." if last else "No one rule makes them the best of every run."
    best = _epochs(best_epochs(run).values())
    return Wrong(
        f"In a run of {run.epochs} epochs the best one by loss or accuracy, as recorded, was {best}; the returned "
        f"params are those of {_epochs(epochs)}. {told}",
        got=f"params of epoch {_epochs(epochs)}",
        expected=f"params of epoch {best}",
    )


def _epochs(epochs: Iterable[int]) -> str:
    """Name epochs in a message, counted from 1."""
    return " or ".join(str(epoch + 1) for epoch in sorted(set(epochs))) or "none that was recorded"


def _all_epochs(value: Value) -> None:
    run = recorded(value)
    if run.epochs != SHORT_EPOCHS:
        raise Wrong(
            f"A run of {SHORT_EPOCHS} epochs without patience recorded {run.epochs} epochs.",
            got=f"{run.epochs} epochs",
            expected=f"{SHORT_EPOCHS} epochs",
        )


def _none_early(*values: Value) -> None:
    lengths = [recorded(value).epochs for value in values]
    if any(length < SHORT_EPOCHS for length in lengths):
        told = ", ".join(map(str, lengths))
        raise Wrong(
            f"Runs of at most {SHORT_EPOCHS} epochs with patience={SHORT_EPOCHS} ended after {told} epochs.",
            got=f"{told} epochs",
            expected=f"{SHORT_EPOCHS} epochs each",
        )


def _curves(answer: Answer) -> tuple[Curves, ...]:
    try:
        run = recorded(answer.value)
    except Wrong:
        return ()
    named = (("training", run.train_loss), ("validation", run.val_loss))
    lines = tuple((name, tuple(float(v) for v in s[: run.epochs])) for name, s in named if s is not None)
    x = tuple(float(epoch) for epoch in range(1, run.epochs + 1))
    title = f"Loss of a run with patience, ended after {run.epochs} epochs"
    return (Curves(title=title, x_label="epoch", y_label="cross-entropy", x=x, lines=lines),) if lines else ()
