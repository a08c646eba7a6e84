"""What the runs of the criterion about `train` show: where they end, and in words what is random about them."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed, Returned
from graders.measure.compare import Wrong
from graders.measure.loop_traces import new_masks
from graders.measure.miniature import CLASSES, PIXELS, Problem
from graders.measure.recipes import DEFAULT_MU, Recipe
from graders.measure.training import loss_of, trained_params
from graders.measure.visits import labels_used, rows, visits
from graders.naming.mistake import ENDING, RETURNED, Interval, Key, Outcome, Outcomes
from graders.training import DEFAULTS, DROPPED, SHORT, WIDE, H, N, problem_of, starts_of

SAME, DIFFERENT = "the same bits", "different bits"
ACTS, NO_EFFECT = "acts", "no effect"
NEW, REPEATED_MASKS, STILL = "new masks", "the same masks", "no step"
LEARNS, NOT_LEARNT = "learns", "does not learn"
ALL_ONCE, NOT_ALL = "each image once", "not all images"
OWN, OTHERS, UNCLEAR = "own labels", "others' labels", "unclear"

Arrays: TypeAlias = tuple[np.ndarray, ...]

# Questions that are answered by the end of a run, by how they begin, and the part they belong to.
EXACT: Mapping[str, str] = {
    "plain": "momentum=0",
    "default": "momentum",
    "decay": "weight decay",
    "step": "schedule='step'",
    "cosine": "schedule='cosine'",
    "alike": "mini-batches",
}
# The word that a right loop gives, by trait; traits of which several questions have a share have names of their own.
RIGHT_WORDS: Mapping[str, str] = {
    "same seed": SAME,
    "same seed with dropout": SAME,
    "same seed at rest": SAME,
    "other seed": DIFFERENT,
    "dropout acts": ACTS,
    "masks": NEW,
    "learning": LEARNS,
    "visits": ALL_ONCE,
    "labels": OWN,
}
PARTS: Mapping[str, str] = {
    "same seed": "seed",
    "same seed with dropout": "seed",
    "same seed at rest": "seed",
    "other seed": "seed",
    "dropout acts": "dropout",
    "masks": "dropout",
    "learning": "learning",
    "visits": "visits",
    "labels": "visits",
}
FREE_WORDS = ("learning", "labels")  # what a wrong step makes of these is another matter
RATIO: Mapping[str, str] = {"slow step": "slow", f"slow step{DEFAULTS}": f"slow{DEFAULTS}"}
WORD: Mapping[str, str] = dict.fromkeys(RATIO, "schedule by epoch")
ROUNDING = 1e-7  # moves below this are none
TINY = 1e-4  # a learning rate at which the steps of an epoch hardly depend on each other


def exact(name: str) -> bool:
    """Tell whether a question is answered by where its run ends."""
    return name.split(" ", maxsplit=1)[0] in EXACT


def on_copies(name: str) -> bool:
    """Tell whether a question trains on copies of one image."""
    return name.startswith("alike")


def part_of(name: str) -> str:
    """Return the part that a question belongs to."""
    return EXACT[name.split(" ", maxsplit=1)[0]]


def start_of(seen: Seen) -> Params | None:
    """Return where the runs start, as far as is known."""
    found = starts_of(seen)
    return found[0] if found else None


def scales_of(start: Params, seen: Seen) -> Mapping[str, Arrays]:
    """Return how far each array gets, at most, in every run that can be followed; schedules are left out."""
    found = {}
    for name, answer in seen.items():
        if exact(name):
            X, y, X_val, y_val = (a for a in answer.call.args if isinstance(a, np.ndarray))
            problem = Problem(X=X, y=y, X_val=X_val, y_val=y_val)
            lr, epochs, mu, decay, batch = (
                float(told) if isinstance(told := answer.call.kwargs.get(option, default), int | float) else default
                for option, default in DEFAULT_OPTIONS.items()
            )
            steps = -(-len(X) // int(batch))
            recipe = Recipe(lrs=[lr] * int(epochs), mu=mu, decay=decay, steps=steps)
            moved = zip(recipe.states(problem, start)[-1].arrays(), start.arrays(), strict=True)
            found[name] = tuple(np.array(float(np.abs(end - origin).max()) or 1.0) for end, origin in moved)
    return found


DEFAULT_OPTIONS: Mapping[str, float] = {
    "lr": 0.1,
    "epochs": 20,
    "momentum": DEFAULT_MU,
    "weight_decay": 0.0,
    "batch": 128,
}


def relative(end: Arrays, start: Params, scales: Arrays) -> np.ndarray:
    """Return how far all arrays have moved, one after the other, each relative to its scale."""
    with np.errstate(all="ignore"):
        moved = [((e - s) / scale).ravel() for e, s, scale in zip(end, start.arrays(), scales, strict=True)]
    told = np.concatenate(moved)
    return np.where(np.abs(told) < ROUNDING, 0.0, told)


def further(exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask for more runs on copies, for one without a step, and for tiny steps that show which images are visited."""
    if start_of(seen) is None:
        return ()
    problem = problem_of(exam)
    alike = problem.alike()
    suffixed = f"decay{DEFAULTS}" in seen
    given = {k: v for k, v in seen["plain 1"].call.kwargs.items() if not (suffixed and k == "momentum")}
    rolling = {k: v for k, v in given.items() if k != "momentum"}
    return [
        alike.run("alike whole", {**given, "batch": N, "epochs": 2}),
        alike.run("alike twos", {**given, "batch": 2, "epochs": 2}),
        alike.run("alike rolling", {**rolling, "batch": SHORT, "epochs": 2}),
        *([] if suffixed else [problem.run("decay rolling", {**seen["decay"].call.kwargs, "momentum": 0.9})]),
        problem.run("at rest again", seen["at rest"].call.kwargs, repeat=1),
        problem.run("tiny whole", {**given, "lr": TINY, "epochs": 1}),
        problem.run("tiny fives", {**given, "lr": TINY, "batch": 5, "epochs": 1}),
    ]


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return how each run ended, where those end in which nothing is random, and in words what the others show."""
    found: dict[Key, Outcome] = {}
    ends: dict[str, Params] = {}
    for name, answer in seen.items():
        ending = _ending(answer.observation, answer.call)
        if on_copies(name) and ending != RETURNED:
            continue  # who counts classes by the labels that occur cannot train on copies of one image
        found[name, ENDING] = ending
        if found[name, ENDING] == RETURNED and answer.call.target == "train_run":
            assert isinstance(answer.observation, Returned)
            ends[name] = trained_params(answer.observation.value, what="train", shapes=_shapes(answer.call))
    start = start_of(seen)
    if start is None:
        return found
    scales = scales_of(start, seen)
    found |= {(n, part_of(n)): relative(end.arrays(), start, scales[n]) for n, end in ends.items() if exact(n)}
    for name, word in _words(problem_of(exam), start, ends).items():
        found[name, PARTS[name]] = word
    for name, of in RATIO.items():
        if name in ends and of in ends:
            found[name, WORD[name]] = _ratio(start, ends[name], ends[of], wide=DEFAULTS in name)
    return found


def _shapes(call: Call) -> tuple[int, int, int]:
    width = call.kwargs.get("H", H)
    assert isinstance(width, int)
    return PIXELS, width, CLASSES


def _ending(observation: Returned | Failed, call: Call) -> str:
    if isinstance(observation, Failed):
        return observation.kind.value
    if call.target != "train_run":
        return RETURNED
    try:
        trained_params(observation.value, what="train", shapes=_shapes(call))
    except Wrong as wrong:
        width = _width(observation.value)
        return wrong.got if width is None else f"{width} hidden units"
    return RETURNED


def _width(value: Value) -> int | None:
    found = value.get("params") if isinstance(value, Mapping) else None
    fits = isinstance(found, Params) and found.W1.ndim == 2 and found.W1.shape[0] == PIXELS
    return int(found.W1.shape[1]) if fits and isinstance(found, Params) else None


def _words(problem: Problem, start: Params, ends: Mapping[str, Params]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    pairs = {
        "same seed": ("mini-batches", "mini-batches again", SAME, DIFFERENT),
        "same seed with dropout": ("dropout", "dropout again", SAME, DIFFERENT),
        "same seed at rest": ("at rest", "at rest again", SAME, DIFFERENT),
        "other seed": ("mini-batches", "other seed", SAME, DIFFERENT),
        "dropout acts": ("mini-batches", "dropout", NO_EFFECT, ACTS),
    }
    for trait, (first, second, alike, apart) in pairs.items():
        if first in ends and second in ends:
            a, b = ends[first].arrays(), ends[second].arrays()
            found[trait] = alike if all(np.array_equal(x, y) for x, y in zip(a, b, strict=True)) else apart
    if "small steps 1" in ends and "small steps 2" in ends:
        found["masks"] = _masks(problem, ends["small steps 1"], ends["small steps 2"])
    if "mini-batches" in ends:
        found["learning"] = _learning(problem, start, ends["mini-batches"])
    if "tiny whole" in ends and "tiny fives" in ends:
        found["visits"] = _visits(problem, start, ends["tiny whole"], ends["tiny fives"])
    if "plain 1" in ends:
        used = labels_used(problem, start, rows(problem, start, ends["plain 1"]))
        found["labels"] = UNCLEAR if used is None else OWN if (used == problem.y).all() else OTHERS
    return found


def _masks(problem: Problem, first: Params, second: Params) -> str:
    try:
        new_masks(problem, {"params": first, "history": {}}, {"params": second, "history": {}}, H=WIDE, p=DROPPED)
    except Wrong as wrong:
        return STILL if wrong.got == "no change" else REPEATED_MASKS
    return NEW


def _learning(problem: Problem, start: Params, end: Params) -> str:
    try:
        after = loss_of(end, problem.X, problem.y, what="train")
        return LEARNS if after < loss_of(start, problem.X, problem.y, what="train") else NOT_LEARNT
    except Wrong:
        return NOT_LEARNT


def _visits(problem: Problem, start: Params, whole: Params, fives: Params) -> str:
    try:
        counts = visits(rows(problem, start, fives), rows(problem, start, whole))
    except Wrong:
        return NOT_ALL
    # Momentum lets the first of four batches count up to 3.4 times as much as the last one.
    if ((counts > 0.25) & (counts < 1.75)).all():
        return ALL_ONCE
    return f"{int((counts > 0.05).sum())} of {len(counts)} images"


def _ratio(start: Params, scheduled: Params, constant: Params, *, wide: bool) -> Interval:
    whole, part = constant.W1 - start.W1, scheduled.W1 - start.W1
    length = float((whole * whole).sum())
    ratio = float((whole * part).sum()) / length if length > 0 else 0.0
    within = 0.06 if wide else 0.02
    return Interval(low=ratio - within, high=ratio + within)
