"""Wrong rules of early stopping: from what a run recorded to where it would have ended and whose parameters it kept."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from graders.measure.stopping import RIGHT, Better, Recorded, Rule

Ending: TypeAlias = tuple[int, tuple[int, int]]
"""After how many epochs a run ends (BEYOND what was recorded), and whose first and second layer comes back."""
Habit: TypeAlias = Callable[[Recorded, int | None, int], Ending]
"""From the recorded curves, the patience and the most epochs to the ending. Epochs count from 0; START is before."""

START = -1
BEYOND = 10_000


def ending(run: Recorded, stop: int | None, kept: int, epochs: int) -> Ending:
    """Return the ending of a rule that stops after `stop` epochs; None where it does not within the recorded ones."""
    if stop is not None:
        return stop, (kept, kept)
    return (epochs if run.epochs == epochs else BEYOND), (kept, kept)


def by_rule(better: Better, *, extra: int = 0) -> Habit:
    """Return the right rule, with some patience more."""

    def habit(run: Recorded, patience: int | None, epochs: int) -> Ending:
        if patience is None:
            return epochs, (run.epochs - 1, run.epochs - 1)
        stop, best = Rule(better=better, limit=patience + extra).outcome(run)
        return ending(run, stop, best, epochs)

    return habit


def counting(
    better: Better, *, more: int = 0, fixed: int | None = None, resets: bool = True, against: str = "best"
) -> Habit:
    """Return a rule that counts bad epochs in another way.

    Args:
        better: what counts as an improvement.
        more: bad epochs beyond the patience after which the run ends.
        fixed: bad epochs after which it ends, whatever the patience is.
        resets: whether an improvement starts the count anew.
        against: what an epoch is held against: the "best" one, the one "before" it, or the "first" one.
    """

    def habit(run: Recorded, patience: int | None, epochs: int) -> Ending:
        if patience is None:
            return epochs, (run.epochs - 1, run.epochs - 1)
        allowed = patience + more if fixed is None else fixed
        best = bad = 0
        for epoch in range(1, run.epochs):
            other = {"best": best, "before": epoch - 1, "first": 0}[against]
            if better(run, epoch, other):
                best, bad = epoch, 0 if resets else bad
            else:
                bad += 1
            if bad >= allowed:
                return ending(run, epoch + 1, best, epochs)
        return ending(run, None, best, epochs)

    return habit


def keeping(habit: Habit, kept: Callable[[Recorded, tuple[int, int]], tuple[int, int]]) -> Habit:
    """Return the rule with other parameters kept: from the run and its best epoch's layers."""

    def other(run: Recorded, patience: int | None, epochs: int) -> Ending:
        stop, best = habit(run, patience, epochs)
        return stop, kept(run, best)

    return other


def last_if_run_out(better: Better, *, extra: int) -> Habit:
    """Return the right rule that keeps the last epoch's parameters where the epochs run out before the patience."""

    def habit(run: Recorded, patience: int | None, epochs: int) -> Ending:
        stop, best = (None, 0) if patience is None else Rule(better=better, limit=patience + extra).outcome(run)
        return ending(run, stop, last_of(run) if stop is None else best, epochs)

    return habit


def never(better: Better) -> Habit:
    """Return the rule that runs all epochs and keeps the best one's parameters."""

    def habit(run: Recorded, _patience: int | None, epochs: int) -> Ending:
        _, best = Rule(better=better, limit=run.epochs + 1).outcome(run)
        return epochs, (best, best)

    return habit


def after_patience_epochs(better: Better, *, extra: int = 0) -> Habit:
    """Return the rule that ends after `patience` epochs, whatever the curves do."""

    def habit(run: Recorded, patience: int | None, epochs: int) -> Ending:
        _, best = Rule(better=better, limit=run.epochs + 1).outcome(run)
        return (epochs if patience is None else min(patience + extra, epochs)), (best, best)

    return habit


def no_epoch_counts(*, extra: int = 0, kept: Callable[[Recorded], int] = lambda _run: START) -> Habit:
    """Return the rule for which no epoch ever becomes the best, so that all of them are bad."""

    def habit(run: Recorded, patience: int | None, epochs: int) -> Ending:
        return (epochs if patience is None else min(patience + extra, epochs)), (kept(run), kept(run))

    return habit


def without_patience_too(better: Better, fixed: int) -> Habit:
    """Return the right rule that also acts, with a patience of its own, where none is asked for."""

    def habit(run: Recorded, patience: int | None, epochs: int) -> Ending:
        return by_rule(better)(run, fixed if patience is None else patience, epochs)

    return habit


def margin(by: float) -> Better:
    """Return that a loss must fall by more than this to count."""
    return lambda run, epoch, best: bool(run.falling[epoch] < run.falling[best] - by)


def higher_loss(run: Recorded, epoch: int, best: int) -> bool:
    """Tell whether the validation loss is higher."""
    return bool(run.falling[epoch] > run.falling[best])


def lower_accuracy(run: Recorded, epoch: int, best: int) -> bool:
    """Tell whether the validation accuracy is lower."""
    return bool(run.rising[epoch] < run.rising[best])


def training_loss(run: Recorded, epoch: int, best: int) -> bool:
    """Tell whether the training loss is lower."""
    series = run.falling if run.train_loss is None else run.train_loss
    return bool(series[epoch] < series[best])


def last_of(run: Recorded) -> int:
    """Return the last epoch."""
    return run.epochs - 1


RIGHT_HABITS: Sequence[Habit] = [by_rule(better, extra=extra) for extra in (0, 1) for better in RIGHT.values()]
LOSS, ACCURACY = RIGHT["the validation loss"], RIGHT["the validation accuracy"]
MAIN: Sequence[Better] = (LOSS, ACCURACY, RIGHT["the validation loss, equal or lower"])
BEST: Sequence[Habit] = [never(better) for better in RIGHT.values()]
"""Keeping the best of all recorded epochs, by each accepted rule."""


def ends_and_keeps(ends: Habit, keeps: Habit) -> Habit:
    """Return the rule that ends as one does and keeps what another keeps."""

    def habit(run: Recorded, patience: int | None, epochs: int) -> Ending:
        return ends(run, patience, epochs)[0], keeps(run, patience, epochs)[1]

    return habit


def last(run: Recorded, _best: tuple[int, int]) -> tuple[int, int]:
    """Keep both layers of the last epoch."""
    return last_of(run), last_of(run)


def before(_run: Recorded, best: tuple[int, int]) -> tuple[int, int]:
    """Keep both layers from before the best epoch's steps."""
    return best[0] - 1, best[1] - 1


def start(_run: Recorded, _best: tuple[int, int]) -> tuple[int, int]:
    """Keep both layers from before training."""
    return START, START


def first_layer(run: Recorded, best: tuple[int, int]) -> tuple[int, int]:
    """Keep the best epoch's first layer alone."""
    return best[0], last_of(run)


def second_layer(run: Recorded, best: tuple[int, int]) -> tuple[int, int]:
    """Keep the best epoch's second layer alone."""
    return last_of(run), best[1]


def with_last(habits: Sequence[Habit]) -> Sequence[Habit]:
    """Return the rules, and the same with the last parameters kept."""
    return [*habits, *(keeping(habit, last) for habit in habits)]
