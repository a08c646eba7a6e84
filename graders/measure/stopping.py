"""Early stopping as a rule over recorded curves: where it stops, which epoch is the best, which rule a run followed."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class Recorded:
    """What a run recorded, one number for each epoch that it ran.

    Args:
        val_loss: validation losses, or None where there are none.
        val_acc: validation accuracies, or None.
        train_loss: training losses, or None.
    """

    val_loss: np.ndarray | None
    val_acc: np.ndarray | None
    train_loss: np.ndarray | None

    @functools.cached_property
    def epochs(self) -> int:
        """How many epochs were recorded by every series that is there."""
        return min((len(s) for s in (self.val_loss, self.val_acc, self.train_loss) if s is not None), default=0)

    @functools.cached_property
    def falling(self) -> Sequence[float]:
        """The series that falls as validation improves: the loss, or the accuracy turned round where there is none."""
        if self.val_loss is not None:
            return _plain(self.val_loss)
        return [0.0] * self.epochs if self.val_acc is None else _plain(-self.val_acc)

    @functools.cached_property
    def rising(self) -> Sequence[float]:
        """The series that rises as validation improves: the accuracy, or the loss turned round where there is none."""
        return [-loss for loss in self.falling] if self.val_acc is None else _plain(self.val_acc)


def _plain(series: np.ndarray) -> Sequence[float]:
    """Return a series as Python's numbers, which dozens of rules compare one by one."""
    return [float(number) for number in series]


Better: TypeAlias = Callable[[Recorded, int, int], bool]
"""Whether an epoch is better than the best one before it."""


def _loss(margin: float) -> Better:
    return lambda run, epoch, best: bool(run.falling[epoch] < run.falling[best] - margin)


def _loss_or_equal(run: Recorded, epoch: int, best: int) -> bool:
    return bool(run.falling[epoch] <= run.falling[best])


def _accuracy(run: Recorded, epoch: int, best: int) -> bool:
    return bool(run.rising[epoch] > run.rising[best])


def _accuracy_or_equal(run: Recorded, epoch: int, best: int) -> bool:
    return bool(run.rising[epoch] >= run.rising[best])


def _accuracy_then_loss(run: Recorded, epoch: int, best: int) -> bool:
    tie = run.rising[epoch] == run.rising[best]
    return _accuracy(run, epoch, best) or bool(tie and run.falling[epoch] < run.falling[best])


def _loss_or_accuracy(run: Recorded, epoch: int, _best: int) -> bool:
    return bool(run.falling[epoch] < np.min(run.falling[:epoch]) or run.rising[epoch] > np.max(run.rising[:epoch]))


RIGHT: Mapping[str, Better] = {
    "the validation loss": _loss(0.0),
    "the validation loss, by more than 1e-4": _loss(1e-4),
    "the validation loss, by more than 1e-3": _loss(1e-3),
    "the validation loss, equal or lower": _loss_or_equal,
    "the validation accuracy": _accuracy,
    "the validation accuracy, equal or higher": _accuracy_or_equal,
    "the validation accuracy, then the loss": _accuracy_then_loss,
    "the validation loss or the accuracy": _loss_or_accuracy,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When to stop.

    Args:
        better: what counts as an improvement.
        limit: bad epochs after which the run ends.
    """

    better: Better
    limit: int

    def outcome(self, run: Recorded) -> tuple[int | None, int]:
        """Return after how many epochs the rule stops, None if not within the run, and its best epoch (from 0)."""
        best = bad = 0
        for epoch in range(1, run.epochs):
            if self.better(run, epoch, best):
                best, bad = epoch, 0
            else:
                bad += 1
            if bad >= self.limit:
                return epoch + 1, best
        return None, best

    def followed_by(self, run: Recorded, epochs: int) -> bool:
        """Tell whether a run of at most `epochs` epochs ended where the rule says."""
        stop, _ = self.outcome(run)
        return stop == run.epochs or (stop is None and run.epochs == epochs)


def accepted(patience: int) -> list[Rule]:
    """Return the rules that the contract allows: by loss or by accuracy, after `patience` bad epochs or one more."""
    return [Rule(better=better, limit=patience + extra) for extra in (0, 1) for better in RIGHT.values()]


def rule_of(runs: Sequence[Recorded], rules: Sequence[Rule], epochs: int) -> Rule | None:
    """Return the first rule that all runs followed."""
    return next((rule for rule in rules if all(rule.followed_by(run, epochs) for run in runs)), None)


def best_epochs(run: Recorded) -> dict[str, int]:
    """Return the epoch (from 0) that each accepted rule holds for the best of a whole run."""
    unlimited = run.epochs + 1
    return {name: Rule(better=better, limit=unlimited).outcome(run)[1] for name, better in RIGHT.items()}
