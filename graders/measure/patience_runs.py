"""Runs with patience on problems made for it, and of which epoch the parameters are that a run returned."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer
from graders.measure import truth
from graders.measure.compare import Wrong
from graders.measure.miniature import CLASSES, PIXELS, Problem, draw
from graders.measure.stopping import Recorded
from graders.measure.training import accuracy_of, history_series, loss_of, trained_params

N, N_VAL = 40, 60
EXACT = 1e-6  # relative gap that rounding in float32 explains


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Runs of one kind, on problems with wrong labels, where validation gets worse although training gets better.

    Args:
        name: of the kind.
        contrast: of the problems' images.
        wrong_labels: share of labels that say nothing.
        darkness: of the images.
        H: hidden units.
        batch: images in a mini-batch.
        lr: learning rate.
    """

    name: str
    contrast: float
    wrong_labels: float
    darkness: float
    H: int
    batch: int
    lr: float

    def run(self, exam: Exam, i: int, name: str, options: Mapping[str, Value]) -> Call:
        """Return the question that trains on the i-th problem."""
        own: dict[str, Value] = {"H": self.H, "batch": self.batch, "lr": self.lr, "seed": 41 + i}
        return self.problem(exam, i).run(name, {**own, **options})

    def problem(self, exam: Exam, i: int) -> Problem:
        """Return the i-th problem."""
        return draw(
            exam.rng("early stopping", self.name, str(i)),
            n=N,
            n_val=N_VAL,
            contrast=self.contrast,
            wrong_labels=self.wrong_labels,
            darkness=self.darkness,
        )

    def params_of(self, value: Value) -> Params:
        """Return the parameters that a run returned, or raise `Wrong`."""
        return trained_params(value, what="train", shapes=(PIXELS, self.H, CLASSES))

    def returned_epochs(self, exam: Exam, i: int, value: Value, *, rtol: float) -> set[int]:
        """Return the epochs (from 0) whose recorded validation numbers are those of the returned parameters.

        Raises:
            Wrong: there are no parameters, or no curves.
        """
        problem, run, theta = self.problem(exam, i), recorded(value), self.params_of(value)
        fitting = np.ones(run.epochs, dtype=bool)
        if run.val_loss is not None:
            loss = loss_of(theta, problem.X_val, problem.y_val, what="train")
            with np.errstate(over="ignore"):
                fitting &= np.abs(run.val_loss[: run.epochs] - loss) <= rtol * loss
        if run.val_acc is not None:
            accuracy = accuracy_of(theta, problem.X_val, problem.y_val)
            scale = 100 if run.val_acc.max() > 1 else 1
            fitting &= np.abs(run.val_acc[: run.epochs] / scale - accuracy) <= 1.5 / N_VAL  # one image may be a tie
        return {int(epoch) for epoch in np.flatnonzero(fitting)}

    def equal_epochs(self, value: Value, prefixes: Mapping[int, Answer]) -> set[int]:
        """Return the epochs (from 0) after which a shorter run of the same seed has the same parameters."""
        theta, equal = self.params_of(value), set()
        for epoch, answer in prefixes.items():
            try:
                other = self.params_of(answer.value)
            except Wrong:
                continue
            pairs = [(getattr(theta, n), getattr(other, n)) for n in truth.NAMES]
            if all(np.abs(a - b).max() <= EXACT * np.abs(a).max() for a, b in pairs):
                equal.add(epoch)
        return equal


# The validation loss wavers on its way down: whether the count of bad epochs starts anew shows.
STOPPED = Kind(name="stopped", contrast=0.3, wrong_labels=0.4, darkness=3.0, H=16, batch=10, lr=0.05)
# The validation loss rises after a few epochs: the best epoch lies well before the last one.
SHORT = Kind(name="short", contrast=0.35, wrong_labels=0.8, darkness=12.0, H=24, batch=8, lr=0.1)


def recorded(value: Value) -> Recorded:
    """Return the curves of a run, or raise `Wrong`; one of the validation series is enough, as either may decide."""
    found: dict[str, np.ndarray | None] = {}
    for name in ("val_loss", "val_acc", "train_loss"):
        try:
            found[name] = history_series(value, name, what="train")
        except Wrong:
            if name == "val_acc" and found["val_loss"] is None:
                raise
            found[name] = None
    return Recorded(val_loss=found["val_loss"], val_acc=found["val_acc"], train_loss=found["train_loss"])
