"""What the answers about dropout show: `dropout` by itself, the mask inside `loss_and_grads`, chance in `forward`."""

from collections.abc import Mapping, Sequence

import numpy as np

from graders.foundation.call import Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed, Returned
from graders.measure.batch import of_call
from graders.measure.compare import Wrong, array, pair
from graders.measure.dropped import PARTS, dependence, dropped_array
from graders.measure.gradient_arrays import read
from graders.measure.masks import right_without
from graders.measure.statistics import compatible_share
from graders.measure.unmasking import (
    ANOTHER_MASK,
    BACK,
    HIDDEN,
    NOTHING,
    UNEXPLAINED,
    UNJUDGED,
    WHOLE,
    Pass,
    pairs_of,
    read_pass,
)
from graders.naming.mistake import ENDING, RETURNED, Interval, Key, Outcome, Outcomes

RISK = 1e-6
CLOSE = 1e-3
DIRECT, INSIDE, INFERENCE = "dropout", "loss_and_grads", "forward"  # the parts
MASKS = ("mask", "other p")
REPEATED, AT_ZERO = "one image 0 again", "p=0 in the gradient"
ANYTHING = Interval(low=-np.inf, high=np.inf)

# Words for how masks and generators look.
ENTRIES, COLUMNS, ROWS, LINKED = "entries", "columns", "rows", "linked entries"
GIVEN, NEW, SAME_FOR_EVER = "the given generator", "not reproducible", "the same for ever"
AS_GIVEN, NOT_FINITE, SOME_DROPPED, ALL_DROPPED, CHANGED = "as given", "not finite", "some", "all", "changed"
ACTING, OPPOSITE, ANOTHER, MISSING = "the one that acted", "the opposite", "another", "missing"


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return how each question ended, and the traits of all answers together."""
    found: dict[Key, Outcome] = {}
    for question, answer in seen.items():
        observation = answer.observation
        found[question, ENDING] = observation.kind.value if isinstance(observation, Failed) else RETURNED
    values = {q: a.observation.value for q, a in seen.items() if isinstance(a.observation, Returned)}
    found |= {(trait, DIRECT): told for trait, told in _of_dropout(seen, values).items()}
    found |= {(trait, INSIDE): told for trait, told in _of_the_gradient(seen, values).items()}
    if {"logits", "logits again"} <= set(values):
        alike = np.array_equal(_numbers(values["logits"]), _numbers(values["logits again"]))
        found["twice", INFERENCE] = "the same" if alike else "differs"
    return found


def _numbers(value: Value) -> np.ndarray:
    try:
        return array(value, what="the logits", finite=False)
    except Wrong:
        return np.zeros(0)


def _of_dropout(seen: Seen, values: Mapping[str, Value]) -> Mapping[str, Outcome]:
    """Return the traits of `dropout` by itself."""
    A = seen["mask"].call.args[0]
    assert isinstance(A, np.ndarray)
    direct = [q for q in ("mask", "mask again", "other mask", "other p", "p=0") if q in values]
    changed = {i for q in direct if isinstance(o := seen[q].observation, Returned) for i in o.changed}
    traits: dict[str, Outcome] = {"changed": ",".join(sorted(changed))}
    dropped: dict[str, np.ndarray] = {}
    for question in direct:
        try:
            dropped[question] = dropped_array(values[question], A)
        except Wrong as wrong:
            traits[f"A, {question}"] = NOT_FINITE if "finite" in wrong.expected else wrong.got
    for question in (q for q in MASKS if q in dropped):
        traits |= {f"{trait}, {question}": told for trait, told in _mask(dropped[question], A).items()}
    if "mask" in dropped:
        traits["pattern"] = _pattern(dropped["mask"] != 0)
        traits["returned"] = _returned(values["mask"], dropped["mask"], A, _p(seen, "mask"))
    if {"mask", "mask again", "other mask"} <= set(dropped):
        traits["generator"] = generator(*([dropped[q]] for q in ("mask", "mask again", "other mask")))
    if "p=0" in dropped:
        traits["p=0"] = _without(dropped["p=0"], A)
    elif "A, p=0" in traits:
        traits["p=0"] = traits.pop("A, p=0")
    return traits


def _p(seen: Seen, question: str) -> float:
    p = seen[question].call.args[1]
    assert isinstance(p, float)
    return p


def _mask(dropped: np.ndarray, A: np.ndarray) -> Mapping[str, Outcome]:
    """Return the factor on what was kept, and which shares to keep are compatible with what was kept."""
    kept = dropped != 0
    ratios = (dropped / A)[kept]
    scale: Outcome = ANYTHING
    if ratios.size:
        alike = np.ptp(ratios) <= CLOSE * np.abs(ratios).max()
        scale = np.asarray(ratios.mean()) if alike else "varied"
    # Where rows (or columns) share their numbers, one of them holds all the chance there was.
    drawn = kept[0] if (kept == kept[0]).all() else kept[:, 0] if (kept == kept[:, :1]).all() else kept
    return {"scale": scale, "share": _share(int(np.count_nonzero(drawn)), drawn.size)}


def _share(hits: int, n: int) -> Interval:
    low, high = compatible_share(hits, n, risk=RISK)
    return Interval(low=low, high=high)


def _pattern(kept: np.ndarray) -> str:
    if kept.all() or not kept.any():
        return "nothing dropped" if kept.all() else "everything dropped"
    if (kept == kept[0]).all():
        return COLUMNS
    if (kept == kept[:, :1]).all():
        return ROWS
    return ENTRIES if all(m.within for m in dependence(kept, risk=RISK)) else LINKED


def _returned(value: Value, dropped: np.ndarray, A: np.ndarray, p: float) -> str:
    """Return what the mask is that came back."""
    try:
        mask = array(pair(value, what="dropout", parts=PARTS)[1], what="the mask", shape=A.shape)
    except Wrong:
        return MISSING
    kept = dropped != 0
    if ((mask != 0) == kept).all():
        acted = float(np.mean((dropped / A)[kept])) if kept.any() else 1.0
        one = any((np.abs(mask[kept] - k) <= CLOSE * abs(k)).all() for k in (1.0, acted, 1 / (1 - p)))
        return ACTING if one else ANOTHER
    return OPPOSITE if ((mask != 0) != kept).all() else ANOTHER


def _without(dropped: np.ndarray, A: np.ndarray) -> str:
    """Return what dropout with p = 0 did."""
    if np.abs(dropped - A).max() <= CLOSE:
        return AS_GIVEN
    kept = dropped != 0
    return CHANGED if kept.all() else SOME_DROPPED if kept.any() else ALL_DROPPED


def generator(first: Sequence[np.ndarray], again: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> str:
    """Return where the numbers come from: one seed twice, then another one."""
    if not all(np.array_equal(a, b) for a, b in zip(first, again, strict=True)):
        return NEW
    return SAME_FOR_EVER if all(np.array_equal(a, b) for a, b in zip(first, other, strict=True)) else GIVEN


def _of_the_gradient(seen: Seen, values: Mapping[str, Value]) -> Mapping[str, Outcome]:
    """Return the traits of the mask inside `loss_and_grads`, from what is right there without dropout."""
    one, two = of_call(seen["one image"].call), of_call(seen["two images"].call)
    names = right_without(seen["one image"].observation, one, rtol=CLOSE)
    singles = [q for q in values if q.startswith("one image ")]
    if not {"W2", "b2"} <= set(names) or not singles:
        return {}
    p = inner_p(seen)
    try:
        shown = {q: read_pass(values[q], one, names, p=p) for q in singles}
        flat = {q: list(read(values[q], one, names).values()) for q in (*singles, "one image", AT_ZERO) if q in values}
    except Wrong as wrong:
        return {"acts on": wrong.got or wrong.reason}
    traits = _together([told for q, told in shown.items() if q != REPEATED])
    forward = traits["forward"]
    scale = float(forward) if isinstance(forward, np.ndarray) else 1 / (1 - p)
    doubles = [values[q] for q in values if q.startswith("two images ")]
    names_of_two = right_without(seen["two images"].observation, two, rtol=CLOSE)
    if traits["acts on"] in {HIDDEN, NOTHING, WHOLE, BACK}:
        traits["pairs"] = pairs_of(doubles, two, names_of_two, scale=scale)
        traits["acts on"] = WHOLE if traits["pairs"] == WHOLE else traits["acts on"]
    if {"one image 0", REPEATED, "one image 1"} <= set(flat):
        traits["generator"] = generator(flat["one image 0"], flat[REPEATED], flat["one image 1"])
    if {"one image", AT_ZERO} <= set(flat):
        pairs = zip(flat["one image"], flat[AT_ZERO], strict=True)
        alike = all(np.abs(a - b).max() <= CLOSE * max(np.abs(a).max(), CLOSE) for a, b in pairs)
        traits["p=0"] = "the same" if alike else "differs"
    return traits


def inner_p(seen: Seen) -> float:
    """Return the chance to be dropped that `loss_and_grads` was asked with."""
    p = seen["one image 0"].call.kwargs["dropout"]
    assert isinstance(p, float)
    return p


def _together(shown: Sequence[Pass]) -> dict[str, Outcome]:
    """Return the traits of several answers about one image, each with a mask of its own."""
    kinds = {s.acts for s in shown} - {NOTHING}
    acts = kinds.pop() if len(kinds) == 1 else UNEXPLAINED if kinds else NOTHING
    judged = [s for s in shown if s.relation != UNJUDGED]
    relations = {s.relation for s in judged} or {UNJUDGED}
    losses = {s.loss for s in judged} or {UNJUDGED}
    chances = [(s.kept, s.active) for s in judged if s.acts in {HIDDEN, BACK}]
    return {
        "acts on": acts,
        "forward": _one_number([s.forward for s in shown]),
        "backward": _one_number([s.backward for s in shown]),
        "way back": relations.pop() if len(relations) == 1 else ANOTHER_MASK,
        "loss": losses.pop() if len(losses) == 1 else "another",
        "share": _share(sum(k for k, _ in chances), sum(n for _, n in chances)) if chances else ANYTHING,
        "pairs": UNJUDGED,
    }


def _one_number(told: Sequence[float | None]) -> Outcome:
    known = np.array([k for k in told if k is not None])
    if not known.size:
        return ANYTHING
    return np.asarray(known.mean()) if np.ptp(known) <= CLOSE * np.abs(known).max() else "varied"
