"""The training curves hold what they say: losses and accuracies on both sets, one number an epoch.

Measures: that `train` records four series with one number for each epoch, and that the numbers are those of the
parameters at that time, recomputed from what `train` returns after one to four epochs. The training series may be
measured after the epoch or averaged over its batches. That validation is measured without dropout, and still holds
what it says when it gets worse.

Matters: overfitting, a learning rate that is too large, a bug: all are first seen in these curves. Curves that
show something else than they say hide them.

Fix: after the last epoch compute loss and accuracy of the returned parameters on the validation set yourself, and
compare them with the last numbers of the history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import truth
from graders.measure.compare import Wrong, check
from graders.measure.history import WORDS, Record, as_it_ends, as_share, series_right
from graders.measure.miniature import CLASSES, PIXELS, Problem, draw
from graders.measure.runs import numpy_run
from graders.measure.training import SERIES, history_curves, history_series, trained_params

N, BATCH, H, SEED, EPOCHS, LR = 20, 5, 16, 31, 4, 0.02
LEARNT, LEARNT_EPOCHS = 0.02, 60  # a training loss below this leaves no image near to another class
LAST = f"after {EPOCHS}"
PERCENT = "Record accuracies as shares from 0 to 1."
BATCHES = (
    "With lr=0 nothing changes, so every way to measure an epoch must give the same number. Which does yours give?"
)
RECOMPUTE = (
    "Compute the last number yourself, with the parameters that train returned. What does your history do differently?"
)
MODE = "Is dropout off while you measure the validation loss?"
SHORT = "With 22 images and batches of 5, by which number of images do you divide the right answers of an epoch?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves(Grader):
    """Grades the history that `train` returns.

    Args:
        rtol: allowed gap of a recorded number, relative to the largest of its series.
    """

    title: ClassVar[str] = "Training and validation curves"
    about: ClassVar[str] = "train"

    rtol: float = 1e-3

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for runs of one to four epochs on one batch, a run at rest, one with dropout, and the full run."""
        small = problem(exam)
        options: dict[str, Value] = {"H": H, "batch": N, "seed": SEED, "lr": LR}
        return [
            *(small.run(f"after {n}", {**options, "epochs": n}) for n in range(1, EPOCHS + 1)),
            small.run("again", {**options, "epochs": EPOCHS}, repeat=1),
            small.run("at rest", {**options, "batch": BATCH, "lr": 0.0, "epochs": 1}),
            small.run("dropout", {**options, "batch": BATCH, "epochs": 3, "dropout": 0.5}),
            uneven(exam).run("learnt", {**options, "batch": BATCH, "lr": 0.05, "epochs": LEARNT_EPOCHS}),
            numpy_run(exam, 0),
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the form, then each series epoch by epoch, then the other runs."""
        small = problem(exam)
        runs = [seen["again"], *(seen[f"after {n}"] for n in range(1, EPOCHS + 1))]
        whole = seen["numpy run 0"]
        return verdict(
            *(self._listed(seen, name) for name in SERIES),
            check("accuracies are shares from 0 to 1", seen[LAST], _shares, weight=0.5, fix=PERCENT),
            *(self._by_epoch(small, name, start(seen), runs) for name in SERIES),
            check("the training series are means over the batches", seen["at rest"],
                  lambda v: self._at_rest(small, v), fix=BATCHES),
            check("the validation loss is measured without dropout", seen["dropout"],
                  lambda v: self._ends(small, v, H, ("val_loss",)), fix=MODE),
            check("the training accuracy counts a short last batch rightly", seen["learnt"],
                  lambda v: _all_right(uneven(exam), v), weight=0.5, fix=SHORT),
            check("the validation numbers are those of the epoch, also when validation gets worse", seen["learnt"],
                  lambda v: self._ends(uneven(exam), v, H, ("val_loss", "val_acc")), weight=0.5, fix=RECOMPUTE),
            check("the full run's history ends with the validation numbers of the returned params", whole,
                  lambda v: self._ends(full(exam), v, exam.training.H, ("val_loss", "val_acc")), fix=RECOMPUTE),
            exhibits=history_curves(whole, of="of the full NumPy run, as recorded by train", what="train"),
        )  # fmt: skip

    def _listed(self, seen: Seen, name: str) -> Check:
        def test(value: Value) -> None:
            history_series(value, name, what="train", epochs=EPOCHS)

        return check(f"the history has {name}, one number an epoch", seen[LAST], test, weight=0.5)

    def _by_epoch(self, problem: Problem, name: str, start: list[Params], runs: Sequence[Answer]) -> Check:
        training = name.startswith("train")

        def test(*values: Value) -> str:
            end, *states = (trained_params(v, what="train", shapes=(PIXELS, H, CLASSES)) for v in values)
            # Runs of one seed that differ say only what they ended with.
            same_path = truth.same_bits(end, states[-1])
            ends = np.array([history_series(v, name, what="train")[-1] for v in values[1:]])
            got = history_series(values[-1], name, what="train", epochs=EPOCHS) if same_path else ends
            after = Record(problem=problem, states=states)
            before = Record(problem=problem, states=[*(start or states[:1]), *states[:-1]])
            return series_right(got, name, after, before, running=training, rtol=self.rtol)

        how = ", after the epoch or averaged over it" if training else ""
        return check(
            f"{name} is {WORDS[name]} of every epoch{how}", runs, test, weight=1.0 if training else 1.5, fix=RECOMPUTE
        )

    def _at_rest(self, problem: Problem, value: Value) -> str:
        theta = trained_params(value, what="train", shapes=(PIXELS, H, CLASSES))
        record = Record(problem=problem, states=[theta])
        told = []
        for name in ("train_loss", "train_acc"):
            got = history_series(value, name, what="train", epochs=1)
            told.append(series_right(got, name, record, record, running=True, rtol=self.rtol))
        return "; ".join(told)

    def _ends(self, problem: Problem, value: Value, width: int, names: Sequence[str]) -> str:
        classes = int(problem.y.max()) + 1
        theta: Params = trained_params(value, what="train", shapes=(problem.X.shape[1], width, classes))
        end = Record(problem=problem, states=[theta])
        told = [as_it_ends(history_series(value, n, what="train"), n, end, rtol=self.rtol) for n in names]
        return "; ".join(told)


def problem(exam: Exam) -> Problem:
    """Return what most runs train on."""
    return draw(exam.rng("curves"), n=N, n_val=30)


def uneven(exam: Exam) -> Problem:
    """Return a problem with a short last batch and wrong labels: learning them makes validation worse."""
    rng = exam.rng("curves", "short last batch")
    return draw(rng, n=22, n_val=400, wrong_labels=0.8, darkness=12.0)


def full(exam: Exam) -> Problem:
    """Return what the full run trains on."""
    X, y = exam.train_images()
    return Problem(X=X, y=y, X_val=exam.data.X_val, y_val=exam.data.y_val)


def start(seen: Seen) -> list[Params]:
    """Return the parameters before training, if a run with lr=0 shows them."""
    try:
        return [trained_params(seen["at rest"].value, what="train", shapes=(PIXELS, H, CLASSES))]
    except Wrong:
        return []


def _shares(value: Value) -> str:
    for name in ("train_acc", "val_acc"):
        got = history_series(value, name, what="train")
        if got.min() < 0 or got.max() > 100:
            worst = got.min() if got.min() < 0 else got.max()
            raise Wrong(f"history['{name}'] holds {worst:.4g}.", got=f"{worst:.4g}", expected="0 to 1")
        if got.max() > 1:
            raise Wrong(f"history['{name}'] goes up to {got.max():.4g}; a share is at most 1.", expected="0 to 1")
    return "all between 0 and 1"


def _all_right(problem: Problem, value: Value) -> str:
    theta = trained_params(value, what="train", shapes=(PIXELS, H, CLASSES))
    recorded = float(as_share("train_acc", history_series(value, "train_acc", what="train"))[-1])
    record = Record(problem=problem, states=[theta])
    accuracy, loss = float(record.series("train_acc")[0]), float(record.series("train_loss")[0])
    # A loss this small was small for the whole last epoch, so that an average over the epoch is 1 too.
    if abs(recorded - accuracy) <= 1e-6 or not (accuracy == 1.0 and loss < LEARNT):
        return f"{recorded:.4g} recorded, {accuracy:.4g} with the returned params"
    n = len(problem.X)
    raise Wrong(
        f"All {n} images are labelled rightly, but history['train_acc'] ends with {recorded:.4g}.",
        got=f"{recorded:.4g}",
        expected="1",
    )
