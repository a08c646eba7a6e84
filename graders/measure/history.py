"""What a history should say: losses and accuracies at known parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.compare import Wrong, same
from graders.measure.miniature import Problem
from graders.measure.training import accuracy_of, loss_of

WORDS = {
    "train_loss": "the training loss",
    "val_loss": "the validation loss",
    "train_acc": "the training accuracy",
    "val_acc": "the validation accuracy",
}
TIE = 1e-4  # two logits this near may swap places in float32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """The right series over some states of the parameters, one number a state.

    Args:
        problem: what was trained on.
        states: the parameters.
    """

    problem: Problem
    states: Sequence[Params]

    def series(self, name: str) -> np.ndarray:
        """Return one of the four series."""
        X, y = self._images(name)
        if name.endswith("loss"):
            return np.array([loss_of(theta, X, y, what="train") for theta in self.states])
        return np.array([accuracy_of(theta, X, y) for theta in self.states])

    def slack(self, name: str) -> float:
        """Return how far an accuracy may be off because of images whose two likeliest classes are as good as equal."""
        if name.endswith("loss"):
            return 0.0
        X, _ = self._images(name)
        ties = 0
        for theta in self.states:
            best_two = np.sort(truth.forward(theta, X), axis=1)[:, -2:]
            ties = max(ties, int((best_two[:, 1] - best_two[:, 0] < TIE).sum()))
        return ties / len(X)

    def _images(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        p = self.problem
        return (p.X, p.y) if name.startswith("train") else (p.X_val, p.y_val)


def as_share(name: str, values: np.ndarray) -> np.ndarray:
    """Return a series with accuracies in percent brought to shares: that is judged by itself."""
    percent = name.endswith("acc") and values.max(initial=0.0) > 1.0
    return values / 100 if percent else values


def series_right(got: np.ndarray, name: str, after: Record, before: Record, *, running: bool, rtol: float) -> str:
    """Pass when a series holds what it should.

    Args:
        got: the recorded series, (E,).
        name: which one.
        after: the states after each epoch.
        before: the states before each epoch.
        running: whether an average over the epoch's batches is as good; with one batch it is the value before the step.
        rtol: allowed gap, relative to the largest number.
    """
    got = as_share(name, got)
    right, earlier = after.series(name), before.series(name)
    slack = after.slack(name)
    for want in (right, earlier) if running else (right,):
        if (np.abs(got - want) <= rtol * np.abs(want).max() + slack).all():
            return f"largest gap {np.abs(got - want).max():.1e}, allowed {rtol * np.abs(want).max() + slack:.1e}"
    return same(got, right, what=f"history['{name}']", rtol=rtol)


def as_it_ends(got: np.ndarray, name: str, end: Record, *, rtol: float) -> str:
    """Pass when the last number, or the best one, is that of the returned parameters."""
    values = as_share(name, got)
    best = values.min() if name.endswith("loss") else values.max()
    want = end.series(name)
    gap, allowed = min(abs(values[-1] - want[0]), abs(best - want[0])), rtol * abs(want[0])
    if gap > allowed:
        allowed += end.slack(name)  # only where it matters: it takes another pass over the images
    if gap <= allowed:
        return f"{values[-1]:.4g} recorded, {want[0]:.4g} measured with the returned params"
    try:
        return same(values[-1:], want, what=f"history['{name}'] after the last epoch", rtol=rtol)
    except Wrong as wrong:
        raise Wrong(
            f"After the last epoch {WORDS[name]} is recorded as {values[-1]:.6g}; the returned params give "
            f"{want[0]:.6g} (allowed gap {allowed:.1e}).",
            got=f"{values[-1]:.6g}",
            expected=f"{want[0]:.6g}",
            fix=wrong.fix,
        ) from wrong
