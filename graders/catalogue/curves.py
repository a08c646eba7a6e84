"""Mistakes in the history that `train` returns: each is what it would have recorded of the same runs."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from graders.curves import EPOCHS
from graders.foundation.observation import Returned
from graders.measure import truth
from graders.measure.training import SERIES
from graders.mistaken.curve_runs import (
    EMPTY,
    FULL,
    LONG,
    MASKED,
    MISSING,
    ONE_LEFT,
    REST,
    TRAINING,
    VALIDATION,
    WHOLE,
    Change,
    Run,
    Series,
    Style,
    further,
    observe,
    recording,
    right,
)
from graders.naming.mistake import Case, Catalogue, Mistake, Outcome, Outcomes

LOSSES, ACCURACIES = ("train_loss", "val_loss"), ("train_acc", "val_acc")
DRAWS = 400  # masks that are tried to see how far a validation loss with dropout may lie
WIDTHS = 5.0  # standard deviations of those losses
LAST_ONE = (
    "Run it for three epochs, compute each number with the returned params, and compare it with the history's last."
)
AT_REST = "Run one epoch with lr=0 and a batch of 5: nothing changes, so the epoch's number must be that of the params."
OVERFITS = "A history that hides the difference between training and validation hides overfitting."
PRINT = "Print the history of a run of three epochs: names, and the length of each series."
WHICH_SET = "Follow each of the four numbers back to the images and labels that it was computed from."
FLOATS = "What do you append after an epoch, and what is it divided by?"
MEAN_OF_WHAT = "How many numbers did you add up, and was each of them a mean already?"
WHEN = "At which moment of the epoch do you measure, and with which params?"

mistake = partial(Mistake, criterion="curves")


def _numbers(run: Run, names: Sequence[str], style: Style, change: Callable[[str, np.ndarray], Outcome]) -> Series:
    """Return the right series of these names, changed."""
    usual = run.right(style)
    return {n: change(n, told) for n in names if isinstance(told := usual.get(n), np.ndarray)}


def _each(names: Sequence[str], change: Callable[[Run, str, np.ndarray], Outcome]) -> Change:
    return lambda run, style: _numbers(run, names, style, lambda n, told: change(run, n, told))


def _subsets(*groups: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield all of the names, then each group alone."""
    yield tuple(name for group in groups for name in group)
    if len(groups) > 1:
        yield from groups


def _over(change: Callable[[Run, str, np.ndarray], Outcome], *groups: Sequence[str]) -> Sequence[Change]:
    return [_each(names, change) for names in _subsets(*groups)]


def _other(name: str) -> str:
    split, kind = name.split("_")
    return f"{'val' if split == 'train' else 'train'}_{kind}"


def _of_the_other_set(names: Sequence[str]) -> Change:
    def change(run: Run, style: Style) -> Series:
        gathered = dict(zip(TRAINING, style, strict=True))
        found: dict[str, Outcome] = {}
        for name in names:
            states = run.before if gathered.get(_other(name)) and run.before else run.after
            found[name] = run.series(_other(name), states)
        return found

    return change


def _ahead(run: Run, name: str, told: np.ndarray) -> Outcome:
    """Return a series measured before the epoch's steps; where those params are not known, whatever was recorded."""
    if run.before:
        return run.series(name, run.before)
    return run.got[name] if run.question == FULL else told


def _summed(run: Run, name: str, told: np.ndarray) -> Outcome:
    return told * len(run.images(name)[0])


def _by_batches(of: Callable[[np.ndarray, np.ndarray, Run], float]) -> Change:
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


def _last_batch(run: Run, style: Style) -> Series:
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
    return _numbers(run, ("train_loss",), (True, style[1]), lambda _n, told: told)


def _per_batch(names: Sequence[str]) -> Change:
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
                found |= _numbers(run, (name,), (True, True), lambda _n, told: told)
        return {**_numbers(run, names, style, lambda _n, told: told), **found}

    return change


def _short_batch_left_out(run: Run, style: Style) -> Series:
    n = len(run.problem.X)
    share = n // run.batch * run.batch / n
    if run.question == ONE_LEFT:  # one image's answer is missing, right or wrong
        right_ones = int(run.each("train_acc", run.after[0]).sum())
        return {"train_acc": run.nearest("train_acc", [right_ones / n, (right_ones - 1) / n])}
    return _numbers(run, ("train_acc",), style, lambda _n, told: told * share)


def _broadcast(run: Run, name: str, told: np.ndarray) -> Outcome:
    """Return the mean over all pairs of a prediction and a label."""
    if name not in run.got:
        return told
    X, y = run.images(name)
    counts = np.bincount(y, minlength=10) / len(y)
    states = run.after
    return np.array([counts[truth.forward(state, X).argmax(axis=1)].mean() for state in states])


def _best_so_far(names: Sequence[str]) -> Change:
    def best(run: Run, name: str, told: np.ndarray) -> Outcome:
        sign = 1 if name.endswith("acc") else -1
        if len(told) > 1:
            return sign * np.maximum.accumulate(sign * told)
        got, recorded = run.got[name], run.recorded[name]
        if isinstance(got, np.ndarray) and isinstance(recorded, np.ndarray):
            never_worse = bool((np.diff(sign * recorded) >= 0).all())
            stands_still = len(recorded) > 1 and recorded[-1] == recorded[-2]
            if never_worse and stands_still and sign * got[-1] >= sign * told[-1]:
                return got
        return told

    return _each(names, best)


def _never_reset(*, mean: bool) -> Change:
    """Return training series whose sums go on from epoch to epoch."""

    def change(run: Run, _style: Style) -> Series:
        def gathered(name: str, told: np.ndarray) -> Outcome:
            if run.question == LONG:
                return run.got[name]
            total = np.cumsum(told)
            return total / np.arange(1, len(told) + 1) if mean else total

        return _numbers(run, TRAINING, (True, True), gathered)

    return change


def _never_reset_loss(run: Run, style: Style) -> Series:
    return _numbers(run, ("train_loss",), (True, style[1]), lambda _n, told: np.cumsum(told))


def _with_dropout(names: Sequence[str]) -> Change:
    """Return what was recorded where masks give such a number, else the mean over masks."""

    def change(run: Run, _style: Style) -> Series:
        if run.question != MASKED:
            return {}
        X, y = run.images("val_loss")
        state = truth.in_float64(run.after[0])
        hidden = np.maximum(truth.preactivation(state, X), 0.0)  # (M, H)
        rng = np.random.default_rng(0)
        losses = []
        for _ in range(DRAWS):
            mask = (rng.random(hidden.shape) >= 0.5) / 0.5
            losses.append(truth.cross_entropy((hidden * mask) @ state.W2 + state.b2, y))
        mean, spread = float(np.mean(losses)), float(np.std(losses))
        got = run.got["val_loss"]
        near = isinstance(got, np.ndarray) and bool((np.abs(got - mean) <= WIDTHS * spread).all())
        return {name: got if near else np.array([mean]) for name in names if name in run.got}

    return change


def _first_images(count: int) -> Change:
    """Return validation numbers of the first images alone; 0 stands for a batch of them."""

    def first(run: Run, name: str, told: np.ndarray) -> Outcome:
        wanted = count or run.batch
        return np.array([run.each(name, s)[:wanted].mean() for s in run.after]) if wanted else told

    return _each(VALIDATION, first)


def _start_included(names: Sequence[str]) -> Change:
    def change(run: Run, style: Style) -> Series:
        def longer(name: str, told: np.ndarray) -> Outcome:
            first = run.series(name, run.before[:1])
            return np.concatenate([first, run.series(name, run.after)]) if len(told) else told

        asked = names if run.question not in (LONG, MASKED, FULL) else ()
        return _numbers(run, asked, style, longer)

    return change


def _words(word: str, names: Sequence[str]) -> Change:
    return lambda run, _style: {name: word for name in names if name in run.got}


def _other_names(case: Case) -> Sequence[Outcomes]:
    """Return that the missing series are missing, where as many others stand in the history."""
    found = set()
    for answer in case.seen.values():
        if isinstance(answer.observation, Returned) and isinstance(answer.observation.value, dict):
            history = answer.observation.value.get("history")
            found |= {str(key) for key in history} if isinstance(history, dict) else set()
    missing = [name for name in SERIES if name not in found]
    if not missing or len(found - set(SERIES)) < len(missing):
        return ()
    told = recording(_words(MISSING, missing))(case)
    return [told] if isinstance(told, dict) else list(told)  # type: ignore[arg-type]


def _last_repeated(run: Run, _name: str, told: np.ndarray) -> Outcome:
    return np.full_like(told, told[-1]) if run.question == f"after {EPOCHS}" else told


def _last_alone(run: Run, _name: str, told: np.ndarray) -> Outcome:
    return told[-1:]


def _rounded(digits: int) -> Callable[[Run, str, np.ndarray], Outcome]:
    return lambda _run, _name, told: np.round(told, digits)


def _mixed_up(run: Run, style: Style) -> Series:
    swap = {"loss": "acc", "acc": "loss"}
    gathered = dict(zip(TRAINING, style, strict=True))
    found: dict[str, Outcome] = {}
    for name in run.got:
        split, kind = name.split("_")
        other = f"{split}_{swap[kind]}"
        found[name] = run.series(other, run.before if gathered.get(other) and run.before else run.after)
    return found


def _validation_batches(run: Run, _style: Style) -> Series:
    """Return the sum of the means of the validation set's batches, in order."""
    if "val_loss" not in run.got:
        return {}
    each = [run.each("val_loss", state) for state in run.after]
    cuts = range(0, len(each[0]), run.batch)
    return {"val_loss": np.array([sum(e[i : i + run.batch].mean() for i in cuts) for e in each])}


MISTAKES = (
    mistake(
        id="curves-swapped",
        did="Training and validation are swapped: each series holds the other one's numbers.",
        why=f"Validation then looks better than training. {OVERFITS}",
        see=LAST_ONE,
        fix=WHICH_SET,
        gives=recording(*(_of_the_other_set(names) for names in _subsets(LOSSES, ACCURACIES))),
    ),
    mistake(
        id="curves-copied",
        did="The validation series hold the numbers of the training images.",
        why=OVERFITS,
        see=LAST_ONE,
        fix=WHICH_SET,
        gives=recording(*(_of_the_other_set(names) for names in _subsets(("val_loss",), ("val_acc",)))),
    ),
    mistake(
        id="curves-training-from-validation",
        did="The training series hold the numbers of the validation images.",
        why=OVERFITS,
        see=LAST_ONE,
        fix=WHICH_SET,
        gives=recording(*(_of_the_other_set(names) for names in _subsets(("train_loss",), ("train_acc",)))),
    ),
    mistake(
        id="curves-percent",
        did="Accuracies are recorded in percent.",
        why="The contract asks for shares from 0 to 1; whoever draws or compares them expects those.",
        see=PRINT,
        fix="What is the largest value that a share can have?",
        gives=recording(*_over(lambda _r, _n, told: 100 * told, ("train_acc",), ("val_acc",))),
    ),
    mistake(
        id="curves-one-epoch-late",
        did="Validation is measured before the epoch's steps, so its series comes one epoch late.",
        why="The training series and the validation series of one epoch then belong to different params.",
        see=LAST_ONE,
        fix=WHEN,
        gives=recording(*_over(_ahead, ("val_loss",), ("val_acc",))),
    ),
    mistake(
        id="curves-summed-loss",
        did="A recorded loss is the sum over the images, not their mean.",
        why="A sum grows with the number of images: training and validation can no longer be compared.",
        see="Divide the recorded loss by the mean loss of the returned params.",
        fix=MEAN_OF_WHAT,
        gives=recording(*_over(_summed, ("train_loss",), ("val_loss",))),
    ),
    mistake(
        id="curves-per-batch",
        did="The training series holds one number for each batch, several for an epoch.",
        why="It is then longer than the validation series, and the two cannot be drawn over the same epochs.",
        see="Run one epoch of 20 images with a batch of 5, and print the length of each series.",
        fix="Inside which of your two loops do you append?",
        gives=recording(*(_per_batch(names) for names in _subsets(("train_loss",), ("train_acc",)))),
    ),
    mistake(
        id="curves-last-batch",
        did="The loss of the last batch stands for the whole epoch.",
        why="One batch is a small sample: the curve jumps up and down although training does not.",
        see=AT_REST,
        fix="Which of an epoch's batches have a share in the number that you append?",
        gives=recording(_last_batch),
    ),
    mistake(
        id="curves-sum-over-batches",
        did="An epoch's loss is the sum of its batches' mean losses.",
        why="The sum grows with the number of batches, so that the curve depends on the batch size.",
        see=AT_REST,
        fix=MEAN_OF_WHAT,
        gives=recording(
            _by_batches(lambda means, _sizes, _run: float(means.sum())),
            _validation_batches,
            lambda run, style: {
                **_by_batches(lambda means, _sizes, _run: float(means.sum()))(run, style),
                **_validation_batches(run, style),
            },
        ),
    ),
    mistake(
        id="curves-divided-by-images",
        did="The batches' mean losses are added up and divided by the number of images.",
        why="A batch's loss is a mean already; there are fewer of them than images.",
        see=AT_REST,
        fix=MEAN_OF_WHAT,
        gives=recording(_by_batches(lambda means, sizes, _run: float(means.sum() / sizes.sum()))),
    ),
    mistake(
        id="curves-divided-by-batch-size",
        did="The mean of the batches' losses is divided by the batch size once more.",
        why="A batch's loss is a mean over its images already.",
        see=AT_REST,
        fix=MEAN_OF_WHAT,
        gives=recording(
            _by_batches(lambda means, _sizes, run: float(means.mean() / run.batch)),
            _by_batches(lambda means, sizes, _run: float((means / sizes).mean())),
        ),
    ),
    mistake(
        id="curves-short-batch-not-counted",
        did="The right answers of the last, shorter batch are left out, but its images are counted.",
        why="The accuracy then stays below 1 even where every image is labelled rightly.",
        see="Train on 22 images with a batch of 5 until all are right: the accuracy stops at 20/22.",
        fix="How many images did you count answers of, and by how many do you divide?",
        gives=recording(_short_batch_left_out),
    ),
    mistake(
        id="curves-error-rate",
        did="The share of wrong answers is recorded as the accuracy.",
        why="The curve falls where it should rise.",
        see=LAST_ONE,
        fix="Which of the two does your comparison count: right answers, or wrong ones?",
        gives=recording(*_over(lambda _r, _n, told: 1 - told, ("train_acc",), ("val_acc",))),
    ),
    mistake(
        id="curves-with-dropout",
        did="The validation loss is measured with dropout switched on.",
        why="Dropped units make the network worse than it is, and the curve noisy.",
        see="Measure the validation loss of one set of params twice, with dropout=0.5: it must be the same number.",
        fix="Which of your functions draws the mask, and is it called for validation too?",
        gives=recording(_with_dropout(("val_loss",))),
    ),
    mistake(
        id="curves-no-accuracy",
        did="The history has no accuracies.",
        why="The contract asks for four series: train_loss, val_loss, train_acc and val_acc.",
        see=PRINT,
        fix="How would you compute the share of right answers after an epoch?",
        gives=recording(
            _words(MISSING, ACCURACIES),
            _words(EMPTY, ACCURACIES),
            _words(MISSING, ("train_acc",)),
            _words(MISSING, ("val_acc",)),
        ),
    ),
    mistake(
        id="curves-no-validation",
        did="The history has no validation series.",
        why=OVERFITS,
        see=PRINT,
        fix="What can X_val and y_val tell you after an epoch?",
        gives=recording(_words(MISSING, VALIDATION), _words(EMPTY, VALIDATION), _words(MISSING, ("val_loss",))),
    ),
    mistake(
        id="curves-nothing-returned",
        did="The history that comes back is empty.",
        why="Nothing was appended to it, or another dictionary was returned.",
        see=PRINT,
        fix="Is the dictionary that you fill the one that you return?",
        gives=recording(_words(EMPTY, SERIES)),
    ),
    mistake(
        id="curves-other-names",
        did="The series have other names than the contract gives them.",
        why="Whoever reads train_loss, val_loss, train_acc or val_acc finds nothing.",
        see=PRINT,
        fix="Compare the names with the contract's, letter by letter.",
        gives=_other_names,
    ),
    mistake(
        id="curves-loss-and-accuracy-mixed-up",
        did="Losses stand where accuracies belong, and the other way round.",
        why="The function that measures returns two numbers, and they are unpacked in the other order.",
        see=PRINT,
        fix="In which order does your function return its two numbers, and in which do you take them?",
        gives=recording(_mixed_up),
    ),
    mistake(
        id="curves-best-so-far",
        did="The best validation number so far is recorded, not the epoch's own.",
        why="Such a curve can never get worse. It hides overfitting and everything else that goes wrong.",
        see="Train for 60 epochs on 22 images with wrong labels: does the curve ever turn?",
        fix="Which number do you append when an epoch is worse than the best one?",
        gives=recording(*(_best_so_far(names) for names in _subsets(("val_acc",), ("val_loss",)))),
    ),
    mistake(
        id="curves-broadcast-accuracy",
        did="Every prediction is compared with every label, not with its own image's.",
        why="A column (N, 1) compared with a row (N,) broadcasts to N times N comparisons.",
        see="Print the shape of the comparison before you take its mean.",
        fix="Which shapes do your predictions and your labels have?",
        gives=recording(*_over(_broadcast, ("train_acc",), ("val_acc",))),
    ),
    mistake(
        id="curves-start-included",
        did="A number from before training comes first, so the series is one longer than there are epochs.",
        why="The contract asks for one number an epoch; series of different lengths cannot be drawn together.",
        see=PRINT,
        fix="What do you append before the first epoch?",
        gives=recording(
            *(_start_included(names) for names in (SERIES, VALIDATION, LOSSES, ("val_loss",), ("train_loss",)))
        ),
    ),
    mistake(
        id="curves-first-batch-of-validation",
        did="Only the first validation images are measured, not all of them.",
        why="A few images are a small sample: early stopping and every comparison then follow their chance.",
        see=LAST_ONE,
        fix="How many validation images are there, and how many of them does your measurement see?",
        gives=recording(*(_first_images(count) for count in range(30))),
    ),
    mistake(
        id="curves-last-repeated",
        did="Every epoch shows the last epoch's number.",
        why="One list is written anew in each epoch, or every entry is the same object.",
        see=PRINT,
        fix="What happens to the numbers of earlier epochs when an epoch ends?",
        gives=recording(*_over(_last_repeated, LOSSES, ACCURACIES)),
    ),
    mistake(
        id="curves-last-epoch-only",
        did="The history holds the last epoch alone, not one number for each epoch.",
        why="It is made anew in every epoch, or after the loop.",
        see=PRINT,
        fix="Where is the history made, and where is it added to?",
        gives=recording(
            *_over(_last_alone, TRAINING, VALIDATION), _words("shape ()", SERIES), _words("shape ()", LOSSES)
        ),
    ),
    mistake(
        id="curves-never-reset",
        did="The sums of the training series go on from one epoch to the next.",
        why="They are set to zero before the first epoch only, so every epoch also counts those before it.",
        see="Compare train_loss of the first epoch with that of the second, on the same images.",
        fix="What is the running sum when the second epoch begins?",
        gives=recording(_never_reset(mean=False), _never_reset(mean=True), _never_reset_loss),
    ),
    mistake(
        id="curves-rounded",
        did="The recorded numbers are rounded to a few digits.",
        why="Early stopping and comparisons need the differences that rounding takes away.",
        see=PRINT,
        fix="Where does rounding belong: into the history, or into the print?",
        gives=recording(*(change for digits in (0, 1, 2, 3) for change in _over(_rounded(digits), LOSSES, ACCURACIES))),
    ),
)

CATALOGUE = Catalogue(criterion="curves", observe=observe, right=right, mistakes=MISTAKES, rtol=1e-3, further=further)
