"""Every epoch visits every image once, in a fresh order.

Measures: on ten images in two batches of five, which images share a batch: two images that share one can change places
without changing the result. That shows whether the order is drawn at all, and whether it is drawn anew for each
epoch. From the parameters after one epoch, how often each image was visited, and with which label.

Matters: labels often come sorted. Without shuffling a batch then holds one class, and the network forgets the
others while it learns it. A fixed order, and images visited twice while others are never seen, do the same harm slowly.

Fix: print the indices that make up each batch, over two epochs. Together they must hold every index once an epoch,
the second epoch must differ from the first, and images and labels must be indexed alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Returned
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import truth
from graders.measure.compare import Wrong, check
from graders.measure.miniature import CLASSES, PIXELS, Problem, draw
from graders.measure.training import accuracy_of, trained_params
from graders.measure.visits import labels_used, rows, visits

N, BATCH, H, SEED, EPOCHS = 10, 5, 32, 23, 6
SMALL, SMALLER = 1e-4, 1e-9  # learning rates at which the steps of an epoch hardly depend on each other
NEVER = 0.05  # visits fewer than this are none
SORTED = 100  # images of the problem with sorted labels
INDICES = "Print the indices that make up each batch, over two epochs."
UNSEEDED = "How often each image is visited could not be seen: two runs with one seed start from different weights."
ALIKE = "Index images and labels with the same array of indices."


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffling(Grader):
    """Grades the order in which `train` visits the images.

    Args:
        same: an effect on the parameters that is less than this share of the largest one is none.
        once: credit for an order that is drawn once and then kept.
    """

    title: ClassVar[str] = "A fresh order in every epoch"
    about: ClassVar[str] = "train"

    same: float = 1e-2
    once: float = 0.5

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for a run, the same again, with pairs of images in each other's place, and with tiny steps."""
        problem = problem_of(exam)
        one_epoch: dict[str, Value] = {"H": H, "batch": BATCH, "seed": SEED, "lr": 0.1, "epochs": 1}
        tiny: dict[str, Value] = {**one_epoch, "lr": SMALL}
        return [
            problem.run("base", one_epoch),
            problem.run("base again", one_epoch, repeat=1),
            *(problem.reordered(_exchange(0, j)).run(f"exchanged {j}", one_epoch) for j in range(1, N)),
            problem.run("long", {**one_epoch, "epochs": EPOCHS}),
            problem.run("parts", tiny),
            problem.run("whole", {**tiny, "batch": N}),
            problem.run("origin", {**tiny, "batch": N, "lr": SMALLER}),
        ]

    def ask_again(self, exam: Exam, seen: Seen) -> Sequence[Call]:
        """Ask whether the first epoch's batches stay together, or, where batches cannot be seen, what is learnt."""
        if "regrouped" in seen or "sorted" in seen or not isinstance(seen["base"].observation, Returned):
            return ()
        batch = first_batch(seen, self.same)
        if batch is not None:
            return [problem_of(exam).reordered(_within(batch)).run("regrouped", seen["long"].call.kwargs)]
        mixed = draw(exam.rng("sorted labels"), n=SORTED, n_val=N)
        options: dict[str, Value] = {"H": H, "batch": N, "seed": SEED, "lr": 0.05, "epochs": 5}
        in_order = mixed.reordered(np.argsort(mixed.y, kind="stable"))
        return [mixed.run("mixed", options), in_order.run("sorted", options)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the visits, the labels and the order."""
        if unseeded(seen):
            return verdict(self._order(seen), remarks=(UNSEEDED,))
        problem = problem_of(exam)
        tiny = [seen["origin"], seen["whole"], seen["parts"]]
        labels = check("every image keeps its label", tiny, lambda *v: _paired(problem, *v), fix=ALIKE)
        paired = labels.credit == 1.0
        visited = "every image is visited once an epoch"
        checks = [check(visited, tiny, lambda *v: _visited(problem, *v, paired=paired), fix=INDICES)]
        # Images with each other's labels are not learnt, so what is learnt says nothing about their order.
        if paired or "regrouped" in seen:
            checks.append(self._order(seen))
        return verdict(labels, *checks)

    def _order(self, seen: Seen) -> Check:
        title = "the order is drawn anew for every epoch"
        if "regrouped" in seen:
            answers = [seen["base"], seen["long"], seen["regrouped"]]
            return check(
                title, answers, lambda *v: self._fresh(first_batch(seen, self.same), *v), weight=2, fix=INDICES
            )
        answers = [seen["mixed"], seen["sorted"]] if "sorted" in seen else [seen["base"]]
        return check(title, answers, lambda *v: _learns_sorted(seen, *v), weight=2, fix=INDICES)

    def _fresh(self, batch: frozenset[int] | None, base: Value, long: Value, regrouped: Value) -> str:
        start, end, other = (_parameters(v) for v in (base, long, regrouped))
        together = ", ".join(str(i) for i in sorted(batch or ()))
        if not stays_together(start, end, other, self.same):
            return f"positions {together} shared a batch in the first epoch, not in all of {EPOCHS}"
        natural = batch == frozenset(range(BATCH))
        told = "in the order in which they are given" if natural else "in an order that is drawn once and then kept"
        raise Wrong(
            f"The images at positions {together} share a mini-batch in every one of {EPOCHS} epochs: the images are "
            f"visited {told}.",
            expected="other batches in every epoch",
            credit=0.0 if natural else self.once,
            fix=INDICES,
        )


def first_batch(seen: Seen, same: float) -> frozenset[int] | None:
    """Return the positions that shared a batch with position 0 in the first epoch; None when they do not show.

    Args:
        seen: all answers.
        same: an effect that is less than this share of the largest one is none.
    """
    try:
        base, again = (_parameters(seen[name].value) for name in ("base", "base again"))
        others = {j: _parameters(seen[f"exchanged {j}"].value) for j in range(1, N)}
    except Wrong:
        return None
    effects = {j: _difference(base, other) for j, other in others.items()}
    largest = max(effects.values())
    if _difference(base, again) > 0.0 or not largest > 0.0:
        return None
    batch = frozenset({0}) | {j for j, effect in effects.items() if effect <= same * largest}
    return batch if len(batch) == BATCH else None


def stays_together(base: Params, long: Params, regrouped: Params, same: float) -> bool:
    """Tell whether changing places within the first epoch's batches makes no difference in later epochs either."""
    return not _difference(long, regrouped) > same * _difference(long, base)


def problem_of(exam: Exam) -> Problem:
    """Return what is trained on."""
    return draw(exam.rng("shuffling"), n=N, n_val=N)


def _exchange(i: int, j: int) -> np.ndarray:
    order = np.arange(N)
    order[[i, j]] = j, i
    return order


def _within(batch: frozenset[int]) -> np.ndarray:
    """Return an order in which the positions of the batch change places among each other, and so do the rest."""
    order = np.arange(N)
    for group in (sorted(batch), sorted(set(range(N)) - batch)):
        order[group] = np.roll(group, 1)
    return order


def _parameters(value: Value) -> Params:
    return trained_params(value, what="train", shapes=(PIXELS, H, CLASSES))


def _difference(a: Params, b: Params) -> float:
    with np.errstate(over="ignore"):
        return float(max(np.abs(getattr(a, n) - getattr(b, n)).max() for n in truth.NAMES))


def unseeded(seen: Seen) -> bool:
    """Tell whether runs of one seed start from different weights, so that tiny steps do not show."""
    try:
        origin, *others = (_parameters(seen[name].value) for name in ("origin", "whole", "parts"))
    except Wrong:
        return False
    with np.errstate(over="ignore"):
        return bool(max(np.abs(end.W1 - origin.W1).max() for end in others) > 0.1 * np.abs(origin.W1).max())


def _visited(problem: Problem, origin: Value, whole: Value, parts: Value, *, paired: bool) -> str:
    start, full, small = (_parameters(v) for v in (origin, whole, parts))
    counts = visits(rows(problem, start, small), rows(problem, start, full))
    # Momentum lets the first batch count up to 1.9 times as much as the second one; another label, anything.
    if ((counts > 0.4) & (counts < 1.6)).all() or (not paired and counts.min() > NEVER):
        return f"all {N} images once"
    never = [str(i) for i in np.flatnonzero(np.abs(counts) < NEVER)]
    raise Wrong(
        f"An epoch of two batches of {BATCH} does not visit each of the {N} images once."
        + (f" Never visited: those at positions {', '.join(never)}." if never else ""),
        got=", ".join(f"{c:.2g}" for c in counts),
        expected="each once",
    )


def _paired(problem: Problem, origin: Value, whole: Value, parts: Value) -> str:
    start, *ends = (_parameters(v) for v in (origin, whole, parts))
    for end in ends:
        used = labels_used(problem, start, rows(problem, start, end))
        if used is not None and (used != problem.y).any():
            i = int(np.flatnonzero(used != problem.y)[0])
            raise Wrong(
                f"{int((used != problem.y).sum())} of {N} images are learnt with another image's label; the image at "
                f"position {i} has label {problem.y[i]} and is learnt as {used[i]}.",
                got=f"label {used[i]}",
                expected=f"label {problem.y[i]}",
            )
    return "no image is learnt with another label"


def _learns_sorted(seen: Seen, *values: Value) -> str:
    shares = []
    for name, value in zip(("mixed", "sorted"), values, strict=True):
        X, y = seen[name].call.args[:2]
        assert isinstance(X, np.ndarray)
        assert isinstance(y, np.ndarray)
        shares.append(accuracy_of(_parameters(value), X, y))
    told = f"training accuracy {shares[0]:.0%} on mixed images, {shares[1]:.0%} when they come sorted by label"
    if shares[0] <= 3 / CLASSES:
        raise Wrong(f"Whether the images are shuffled cannot be seen, for training does not learn them: {told}.")
    if shares[1] < shares[0] / 2:
        raise Wrong(f"The order of the images matters too much: {told}.", fix=INDICES)
    return told
