"""Series that a wrong `train` would gather from its batches."""

from collections.abc import Callable, Sequence

import numpy as np

from graders.mistaken.curve_changes import changed
from graders.mistaken.curve_runs import LONG, ONE_LEFT, REST, TRAINING, WHOLE, Change, Run, Series, Style
from graders.naming.mistake import Outcome


def by_batches(of: Callable[[np.ndarray, np.ndarray, Run], float]) -> Change:
    """Return the training loss made of the batches' means and sizes."""

    def change(run: Run, _style: Style) -> Series:
        if "train_loss" not in run.got:
            return {}
        n = len(run.problem.X)
        if run.question == ONE_LEFT:
            each = run.each("train_loss", run.after[0])
            means = [((each.sum() - left) / WHOLE, left) for left in each]
            sizes = np.array([WHOLE, 1])
            return {"train_loss": run.nearest("train_loss", [of(np.array(pair), sizes, run) for pair in means])}
        count = n // run.batch
        found = [
            of(np.full(count, value), np.full(count, run.batch), run) for value in run.series("train_loss", run.before)
        ]
        return {"train_loss": np.array(found)}

    return change


def last_batch(run: Run, style: Style) -> Series:
    """Return the loss of the last batch: any five images at rest, the one that is left over, or all of them."""
    if run.question == REST:
        each = np.sort(run.each("train_loss", run.after[0]))
        got = run.got["train_loss"]
        possible = isinstance(got, np.ndarray) and got.shape == (1,)
        low, high = each[: run.batch].mean(), each[-run.batch :].mean()
        within = possible and isinstance(got, np.ndarray) and low <= got[0] <= high
        return {"train_loss": got} if within else {}
    if run.question == ONE_LEFT:
        return {"train_loss": run.nearest("train_loss", list(run.each("train_loss", run.after[0])))}
    return changed(run, ("train_loss",), (True, style[1]), lambda _n, told: told)


def per_batch(names: Sequence[str]) -> Change:
    """Return one number for each batch, several an epoch."""

    def change(run: Run, style: Style) -> Series:
        found: dict[str, Outcome] = {}
        for name in (n for n in names if n in run.got):
            if run.question in (REST, ONE_LEFT):
                count = -(-len(run.problem.X) // run.batch)
                got, mean = run.got[name], run.series(name, run.after)[0]
                as_many = isinstance(got, np.ndarray) and got.shape == (count,)
                if as_many and isinstance(got, np.ndarray) and run.question == REST:
                    as_many = abs(got.mean() - mean) <= 1e-4 * max(mean, 1e-3)
                found[name] = got if as_many else np.full(count, mean)
            else:
                found |= changed(run, (name,), (True, True), lambda _n, told: told)
        return {**changed(run, names, style, lambda _n, told: told), **found}

    return change


def short_batch_left_out(run: Run, style: Style) -> Series:
    """Return the accuracy whose last, shorter batch is counted and not looked at."""
    n = len(run.problem.X)
    share = n // run.batch * run.batch / n
    if run.question == ONE_LEFT:  # one image's answer is missing, right or wrong
        right_ones = int(run.each("train_acc", run.after[0]).sum())
        return {"train_acc": run.nearest("train_acc", [right_ones / n, (right_ones - 1) / n])}
    return changed(run, ("train_acc",), style, lambda _n, told: told * share)


def never_reset(*, mean: bool) -> Change:
    """Return training series whose sums go on from epoch to epoch."""

    def change(run: Run, _style: Style) -> Series:
        def gathered(name: str, told: np.ndarray) -> Outcome:
            if run.question == LONG:
                return run.got[name]
            total = np.cumsum(told)
            return total / np.arange(1, len(told) + 1) if mean else total

        return changed(run, TRAINING, (True, True), gathered)

    return change


def never_reset_loss(run: Run, style: Style) -> Series:
    """Return the training loss alone, its sum never set to zero."""
    return changed(run, ("train_loss",), (True, style[1]), lambda _n, told: np.cumsum(told))


def validation_batches(run: Run, _style: Style) -> Series:
    """Return the sum of the means of the validation set's batches, in order."""
    if "val_loss" not in run.got:
        return {}
    each = [run.each("val_loss", state) for state in run.after]
    cuts = range(0, len(each[0]), run.batch)
    return {"val_loss": np.array([sum(e[i : i + run.batch].mean() for i in cuts) for e in each])}
