"""Mistakes in the order in which `train` visits the images: how often each is seen, with which label, beside which."""

import itertools
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from graders.foundation.call import Call, Params
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed, Returned
from graders.measure import truth
from graders.measure.compare import Wrong
from graders.measure.miniature import CLASSES, PIXELS, Problem
from graders.measure.recipes import DEFAULT_MU
from graders.measure.training import accuracy_of, trained_params
from graders.measure.trajectory import course, distance, follow
from graders.measure.visits import learnt, rows
from graders.naming.mistake import ENDING, RETURNED, Case, Catalogue, Key, Mistake, Outcome, Outcomes, Predict
from graders.shuffling import BATCH, EPOCHS, SMALL, H, N, Shuffling, first_batch, problem_of, stays_together, unseeded

LR = 0.1  # of the runs whose batches show
INDICES = "Print the indices that make up each batch, over two epochs."
ALIKE = "Are images and labels indexed with the same array of indices?"
FRESH_ORDER = "When is the order drawn: once, or anew for each epoch? And from which generator?"
LABELS_COME_SORTED = "Labels often come sorted: a batch then holds one class, and the network forgets the others."
SLICES = "Where does each batch begin, where does it end, and how many batches make an epoch?"
SKIPPED = "Images that are never visited are never learnt."

CLEAN = {"tiny whole": N, "tiny fives": BATCH, "tiny pairs": 2}  # batch sizes of the runs that show the visits
ONCE = "1 " * N
OWN, PERMUTED, OTHERS, UNCLEAR = "own labels", "each other's labels", "others' labels", "unclear"
GIVEN, GIVEN_BATCHES, NATURAL, SORTED = "as given", "given batches, changing places", "given batches", "by label"
KEPT, FRESH, UNSEEN = "drawn once", "fresh", "unseen"
FAR = "far too long"
LEARNS, FORGETS = "learns sorted images", "does not learn sorted images"

mistake = partial(Mistake, criterion="shuffling")


def _further(exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask for tiny steps without momentum, so that each visit counts as much as any other."""
    options = {**seen["parts"].call.kwargs, "momentum": 0.0}
    problem = problem_of(exam)
    return [problem.run(name, {**options, "batch": batch}) for name, batch in CLEAN.items()]


def _observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return how often each image is visited, with which labels, and in which order, all in words."""
    found: dict[Key, Outcome] = {}
    ends: dict[str, Params] = {}
    for name, answer in seen.items():
        ending, end = _read(answer.observation)
        if name in CLEAN and end is None:
            continue  # momentum is not an option: no matter of this criterion
        found[name, ENDING] = ending
        if end is not None:
            ends[name] = end
    if not {"origin", "base", "long"} <= set(ends):
        return found
    if unseeded(seen) and ends["base"].W1.tobytes() == _bytes(ends.get("base again")):
        found["steps", "steps"] = FAR  # weights are seeded, so it is the steps that are too long to show anything
        return found
    problem = problem_of(exam)
    for name, batch in CLEAN.items():
        if name in ends and not unseeded(seen):
            counts, labels = _visits(problem, ends["origin"], ends[name], batch)
            # Where one batch of all images is read rightly, smaller ones that cannot be read tell nothing.
            if counts == UNCLEAR and found.get(("tiny whole", "labels")) == OWN:
                continue
            found[name, "visits"] = counts
            if name == "tiny whole":
                found[name, "labels"] = labels
    found["order", "order"] = _order(problem, seen, ends)
    if "sorted" in ends and "mixed" in ends:
        shares = [accuracy_of(ends[n], *_images(seen, n)) for n in ("mixed", "sorted")]
        found["sorted", "order"] = LEARNS if shares[1] >= shares[0] / 2 else FORGETS
    return found


def _bytes(end: Params | None) -> bytes:
    return b"" if end is None else end.W1.tobytes()


def _read(observation: Returned | Failed) -> tuple[str, Params | None]:
    if isinstance(observation, Failed):
        return observation.kind.value, None
    try:
        return RETURNED, trained_params(observation.value, what="train", shapes=(PIXELS, H, CLASSES))
    except Wrong as wrong:
        return wrong.got or "unreadable", None


def _images(seen: Seen, name: str) -> tuple[np.ndarray, np.ndarray]:
    X, y = seen[name].call.args[:2]
    assert isinstance(X, np.ndarray)
    assert isinstance(y, np.ndarray)
    return X, y


def _visits(problem: Problem, start: Params, end: Params, batch: int) -> tuple[str, str]:
    """Return how often the images are visited, most often first, and whose labels they are learnt with."""
    found = learnt(problem, start, rows(problem, start, end))
    if found is None:
        return UNCLEAR, UNCLEAR
    labels, amounts = found
    counts = amounts * batch / SMALL
    whole = np.round(counts)
    if np.abs(counts - whole).max() > 0.1:
        return UNCLEAR, UNCLEAR
    seen = whole > 0
    told = "".join(f"{int(c)} " for c in sorted(whole, reverse=True))
    if (labels[seen] == problem.y[seen]).all():
        return told, OWN
    return told, PERMUTED if sorted(labels) == sorted(problem.y) else OTHERS


def _order(problem: Problem, seen: Seen, ends: Mapping[str, Params]) -> str:
    same = Shuffling().same
    batch = first_batch(seen, same)
    by_label = np.argsort(problem.y, kind="stable")
    halves = by_label[:BATCH], by_label[BATCH:]
    if any(_reached(problem, ends, "base", [order]) for order in (halves, halves[::-1])):
        return SORTED
    if batch is None or "regrouped" not in ends:
        return UNSEEN
    if not stays_together(ends["base"], ends["long"], ends["regrouped"], same):
        return FRESH
    return KEPT if batch != frozenset(range(BATCH)) else _given(problem, ends)


def _given(problem: Problem, ends: Mapping[str, Params]) -> str:
    """Return whether the batches, which are those of the given order, keep their places from epoch to epoch."""
    parts = (np.arange(BATCH), np.arange(BATCH, N))
    if _reached(problem, ends, "base", [parts]) and _reached(problem, ends, "long", [parts] * EPOCHS):
        return GIVEN
    if any(_reached(problem, ends, "long", o) for o in itertools.product((parts, parts[::-1]), repeat=EPOCHS)):
        return GIVEN_BATCHES
    return NATURAL


def _reached(problem: Problem, ends: Mapping[str, Params], name: str, epochs: Sequence[Sequence[np.ndarray]]) -> bool:
    """Tell whether a run ends where these batches, epoch by epoch, lead a right loop."""
    batches = list(itertools.chain.from_iterable(epochs))

    def gradient(theta: Params, i: int) -> Params:
        return truth.loss_and_grads(theta, problem.X[batches[i]], problem.y[batches[i]])[1]

    want = follow(ends["origin"], gradient, rule=course, lrs=[LR] * len(batches), mu=DEFAULT_MU)[-1:]
    return distance([ends[name]], want, start=ends["origin"], scale=want) <= 1e-3


RIGHT: Mapping[Key, str] = {
    ("tiny whole", "visits"): ONCE,
    ("tiny fives", "visits"): ONCE,
    ("tiny pairs", "visits"): ONCE,
    ("tiny whole", "labels"): OWN,
    ("order", "order"): FRESH,
    ("sorted", "order"): LEARNS,
}


def _right(case: Case) -> Sequence[Outcomes]:
    """Predict a right order; where batches cannot be seen, that is no fault of the order."""
    return [_told(case, {}), _told(case, {("order", "order"): UNSEEN})]


def _told(case: Case, changed: Mapping[Key, Outcome]) -> Outcomes:
    ended: dict[Key, Outcome] = {key: RETURNED for key in case.observed if key[1] == ENDING}
    return ended | {key: changed.get(key, RIGHT[key]) for key in case.observed if key in RIGHT}


def _words(*several: Mapping[Key, str]) -> Predict:
    return lambda case: [_told(case, words) for words in several]


def _order_is(*words: str) -> Predict:
    return _words(*({("order", "order"): word} for word in words))


def _sorted(case: Case) -> Sequence[Outcomes]:
    """Sorting hides in which order the images come, so they are learnt alike however they do."""
    return [_told(case, {**_order_as_seen(case), ("order", "order"): SORTED})]


def _unmixed(*words: str) -> Predict:
    """Return the prediction of batches that stay as given; where batches cannot be seen, sorted images show it."""
    unseen = {("order", "order"): UNSEEN, ("sorted", "order"): FORGETS}
    return _words(*({("order", "order"): word} for word in words), unseen)


def _counts(*several: tuple[Sequence[int], Sequence[int], Sequence[int]]) -> Predict:
    """Return the prediction of how often each image is visited, in one batch, in batches of five and of two."""

    def predict(case: Case) -> Sequence[Outcomes]:
        shown = all((name, "visits") in case.observed for name in CLEAN)
        return [_told(case, {**_order_as_seen(case), **_visited(*counts)}) for counts in several if shown]

    return predict


def _visited(*counts: Sequence[int]) -> Mapping[Key, str]:
    padded = [[*c, *[0] * (N - len(c))] for c in counts]
    told = ["".join(f"{k} " for k in sorted(c, reverse=True)) for c in padded]
    return {(name, "visits"): word for name, word in zip(CLEAN, told, strict=True)}


def _order_as_seen(case: Case) -> Mapping[Key, Outcome]:
    """Return what was seen of the order: images that are left out make of it what chance will."""
    return {key: told for key, told in case.observed.items() if key in {("order", "order"), ("sorted", "order")}}


def _with_replacement(case: Case) -> Sequence[Outcomes]:
    """Each epoch holds N draws, so that some images come twice and others not at all: in which numbers is chance."""
    told = {key: v for key, v in case.observed.items() if key[1] == "visits"}
    drawn = [[int(c) for c in v.split()] for v in told.values() if isinstance(v, str) and v != UNCLEAR]
    complete = len(drawn) == len(CLEAN) and all(sum(counts) == N for counts in drawn)
    random = complete and sum(min(counts) == 0 for counts in drawn) >= 2 and drawn[0][-1] == 0
    return [_told(case, {**told, **_order_as_seen(case)})] if random else []


def _apart(case: Case) -> Sequence[Outcomes]:
    """Labels come in an order of their own; which one, and what it makes of the batches, is chance."""
    shown = ("tiny whole", "labels") in case.observed
    wrong = [{("tiny whole", "labels"): word} for word in (PERMUTED, OTHERS) if shown]
    visits = {key: told for key, told in case.observed.items() if key[1] == "visits"}
    return [_told(case, {**_order_as_seen(case), **visits, **words}) for words in wrong]


MISTAKES = (
    mistake(
        id="shuffling-none",
        did="The images are never shuffled: each batch holds the same neighbours in every epoch, as they were given.",
        why=LABELS_COME_SORTED + " Changing places within a batch changes nothing.",
        see=INDICES,
        fix=FRESH_ORDER,
        gives=_unmixed(GIVEN, NATURAL),
    ),
    mistake(
        id="shuffling-batches-only",
        did="Only the order of the batches changes; which images share one never does.",
        why=LABELS_COME_SORTED,
        see=INDICES,
        fix="What is permuted: the indices of the images, or those of the batches?",
        gives=_unmixed(GIVEN_BATCHES, NATURAL),
    ),
    mistake(
        id="shuffling-sorted-by-label",
        did="The images are sorted by their labels.",
        why="A batch then holds few classes, and the network forgets the others while it learns these.",
        see="Print the labels of each batch of one epoch.",
        fix=FRESH_ORDER,
        lowers={"accuracy": 0.00},
        gives=_sorted,
    ),
    mistake(
        id="shuffling-once",
        did="The order is the same in every epoch: it is drawn once, or again and again from the same seed.",
        why="The same images share a batch for ever, so the steps repeat the same mistakes; a generator that is made "
        "anew in each epoch draws the same order each time.",
        see=INDICES,
        fix=FRESH_ORDER,
        gives=_order_is(KEPT),
    ),
    mistake(
        id="shuffling-apart",
        did="Images and labels are shuffled apart: images are learnt with other images' labels.",
        why="Two permutations, or one that only images or only labels follow, pair every image with any label.",
        see="Train on images whose label can be seen, and print both for each row of a batch.",
        fix=ALIKE,
        lowers={"accuracy": 0.00, "regularisation": 0.00},
        gives=_apart,
    ),
    mistake(
        id="shuffling-with-replacement",
        did="Images are drawn with replacement: in an epoch some come several times and others not at all.",
        why="About a third of the images is missing in every epoch.",
        see="Count the different indices of one epoch.",
        fix="Does your draw put an index back before it takes the next one?",
        gives=_with_replacement,
    ),
    mistake(
        id="shuffling-first-batch-alone",
        did="An epoch ends after its first batch.",
        why=SKIPPED + " A break, or a return that is indented too far, ends the loop early.",
        see="Count the steps of one epoch of four batches.",
        fix="What ends your loop over the batches?",
        lowers={"accuracy": 0.00},
        gives=_counts(([1] * N, [1] * BATCH, [1] * 2)),
        root="training-one-step-per-epoch",  # which of its batches it is cannot be seen in a random order
    ),
    mistake(
        id="shuffling-half-of-the-images",
        did="An epoch ends after half of the images.",
        why=SKIPPED,
        see=INDICES,
        fix=SLICES,
        gives=_counts(([1] * N, [1] * BATCH, [1] * 6), ([1] * BATCH, [1] * BATCH, [1] * BATCH)),
    ),
    mistake(
        id="shuffling-overlapping-batches",
        did="The batches overlap: each begins one image after the one before, not one batch after.",
        why="Some images are visited again and again, and those at the end never.",
        see=INDICES,
        fix=SLICES,
        lowers={"accuracy": 0.87},
        gives=_counts(
            ([1] * N, [1, 2, 2, 2, 2, 1], [1, 2, 2, 2, 2, 1]),
            ([1] * N, [1, 2, 3, 4, 5, 5, 4, 3, 2, 1], [1, *[2] * 8, 1]),
        ),
    ),
    mistake(
        id="shuffling-one-batch-again-and-again",
        did="Every step of an epoch takes the same batch.",
        why=SKIPPED + " The slice does not move on with the loop.",
        see=INDICES,
        fix=SLICES,
        lowers={"accuracy": 0.88},
        gives=_counts(([1] * N, [2] * BATCH, [5] * 2)),
    ),
)

CATALOGUE = Catalogue(criterion="shuffling", observe=_observe, right=_right, mistakes=MISTAKES, further=_further)
