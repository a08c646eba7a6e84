"""What `build_torch` shows: how its weights start, what a model with given weights returns, what its dropout does."""

import itertools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy.special import betaincinv, chdtri

from graders.foundation.call import Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Answer, Failed, Returned
from graders.measure import truth
from graders.measure.compare import Wrong, array, mapping, params
from graders.measure.statistics import z_of
from graders.naming.mistake import ENDING, RETURNED, Case, Interval, Key, Outcome, Outcomes

Model: TypeAlias = Callable[[Params, np.ndarray], np.ndarray]
"""From parameters (float64) and images (N, D) to what the model returns, (N, K)."""

RISK = 1e-7  # that an interval misses the number that it is about
NEAR = 1e-3  # of a ratio; float32 rounding stays below 1e-5
LOGITS = ("small", "one image", "pixels")
UNDROPPED = "undropped"  # the masked questions' images in evaluation mode: the model's own activations
MASKED = ("training", "without dropout")
HIDDEN, ON_LOGITS, ON_INPUTS, NOWHERE, NORMALISED = "hidden", "logits", "inputs", "nowhere", "normalised hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropping:
    """What a model in training mode does to its activations.

    Args:
        place: which of them it drops.
        kept: by what it multiplies those that it keeps.
        share: how many it drops.
        unit: what is dropped at once: "entries", "rows" or "columns".
        again: whether a second pass drops others.
    """

    place: str = HIDDEN
    kept: float = 1.0
    share: float = 0.0
    unit: str = "entries"
    again: bool = True

    def outcomes(self, question: str) -> dict[Key, Outcome]:
        """Return the traits of a question; "" where one says nothing."""
        nothing = self.place == NOWHERE or (self.share == 0 and self.kept == 1 and self.place != NORMALISED)
        some = not nothing and 0 < self.share < 1
        return unreadable(question, NOWHERE if nothing else self.place) | {
            (f"{question}, share", "dropout"): "" if nothing else np.array(self.share),
            (f"{question}, factor", "dropout"): "" if nothing or self.share == 1 else np.array(self.kept),
            (f"{question}, at once", "dropout"): self.unit if some else "",
            (f"{question}, second pass", "dropout"): ("others" if self.again else "the same") if some else "",
        }


def unreadable(question: str, place: str) -> dict[Key, Outcome]:
    """Return the traits of a question of which only the place is known."""
    others = ("share", "factor", "at once", "second pass")
    found: dict[Key, Outcome] = {(f"{question}, {trait}", "dropout"): "" for trait in others}
    return {(f"{question}, place", "dropout"): place, **found}


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return all traits."""
    found: dict[Key, Outcome] = {}
    for name, answer in seen.items():
        if isinstance(answer.observation, Failed):
            found[name, ENDING] = answer.observation.kind.value
            shapes = re.findall(r"\([\d, ]*\)", answer.observation.message.partition("expected")[0])
            if shapes:
                found[f"{name}: layers", "layers"] = " ".join(sorted(shapes))
        else:
            found[name, ENDING] = RETURNED
    found |= _starts(seen)
    for name in (*LOGITS, "evaluation"):
        found |= _logits(seen[name], name, missing_biases(seen))
    for name in MASKED:
        if name in seen and isinstance(seen[name].observation, Returned):
            found |= _dropping(seen, name)
    return found


def missing_biases(seen: Seen) -> tuple[str, ...]:
    """Return the biases that the model lacks."""
    value = seen["built"].value
    there = value.get("biases") if isinstance(value, Mapping) else None
    return tuple(n for n in ("b1", "b2") if isinstance(there, list) and n not in there)


def inputs_of(answer: Answer, missing: tuple[str, ...] = ()) -> tuple[Params, np.ndarray]:
    """Return the parameters, float64 and without what the model lacks, and the images of a question about logits."""
    given, X = answer.call.args
    assert isinstance(given, Params)
    assert isinstance(X, np.ndarray)
    theta = truth.in_float64(given)
    return replace(theta, **{n: np.zeros_like(getattr(theta, n)) for n in missing}), X.astype(np.float64)


def model_outcomes(case: Case, model: Model) -> Outcomes:
    """Return the logits that a model gives in evaluation mode, for the questions that returned something."""
    found: dict[Key, Outcome] = {}
    for name in (*LOGITS, "evaluation"):
        if isinstance(case.seen[name].observation, Returned):
            part = "evaluation" if name == "evaluation" else "logits"
            found[name, part] = model(*inputs_of(case.seen[name], missing_biases(case.seen)))
    return found


def spread_of(values: np.ndarray) -> Interval:
    """Return the standard deviations that are compatible with these numbers."""
    freedom, sd = max(values.size - 1, 1), float(np.std(values, ddof=1))
    low, high = (sd * math.sqrt(freedom / float(chdtri(freedom, tail))) for tail in (RISK / 2, 1 - RISK / 2))
    return Interval(low=low, high=high)


def share_of(hits: int, n: int) -> Interval:
    """Return the chances that are compatible with so many hits in n independent trials (Clopper and Pearson 1934)."""
    low = float(betaincinv(hits, n - hits + 1, RISK / 2)) if hits else 0.0
    return Interval(low=low, high=float(betaincinv(hits + 1, n - hits, 1 - RISK / 2)) if hits < n else 1.0)


def _starts(seen: Seen) -> dict[Key, Outcome]:
    read = {name: _built(seen[name]) for name in ("built", "built again", "other seed")}
    found: dict[Key, Outcome] = {}
    first = read["built"]
    if first is None:
        return found
    missing = missing_biases(seen)
    for n in ("W1", "W2"):
        W = getattr(first, n)
        spread = spread_of(W)
        half = z_of(RISK) * float(np.std(W)) / math.sqrt(W.size)
        found[f"{n}, spread", n] = spread
        found[f"{n}, mean", n] = Interval(low=float(W.mean()) - half, high=float(W.mean()) + half)
    for n in ("b1", "b2"):
        b = getattr(first, n)
        same = "zeros" if not b.any() else f"all {b[0]:.4g}" if (b == b[0]).all() else ""
        found[n, n] = "missing" if n in missing else same or spread_of(b)
    for name, of in (("built again", truth.NAMES), ("other seed", ("W1", "W2"))):
        second = read[name]
        if second is not None:
            differing = [n for n in of if not np.array_equal(getattr(first, n), getattr(second, n))]
            found[name, "seed"] = " ".join(differing)
    return found


def _built(answer: Answer) -> Params | None:
    D, H, K = (int(a) for a in answer.call.args if isinstance(a, int))
    try:
        return params(mapping(answer.value, what="").get("params"), what="", shapes=(D, H, K))
    except Wrong:
        return None


def _logits(answer: Answer, name: str, missing: tuple[str, ...]) -> dict[Key, Outcome]:
    if not isinstance(answer.observation, Returned):
        return {}
    theta, X = inputs_of(answer, missing)
    part = "evaluation" if name == "evaluation" else "logits"
    try:
        passes = _passes(answer.observation.value, theta, X)
    except Wrong as wrong:
        return {(name, part): wrong.got or wrong.reason}
    z = passes[0]
    if any(not np.array_equal(z, other) for other in passes):
        return {(name, part): "another each time"}
    if _sums_to_one(np.exp(np.minimum(z, 1.0))):  # log-probabilities are as good as logits: a constant in each row
        z = z + (truth.forward(theta, X) - z).mean(axis=1, keepdims=True)
    return {(name, part): z}


def _passes(value: Value, theta: Params, X: np.ndarray) -> list[np.ndarray]:
    several = value if isinstance(value, list | tuple) and value else [None]
    return [array(z, what="model(X)", shape=(len(X), len(theta.b2))) for z in several]


def _sums_to_one(p: np.ndarray) -> bool:
    return bool((np.abs(p.sum(axis=1) - 1) <= 1e-4).all())


def _dropping(seen: Seen, name: str) -> Outcomes:
    """Return what was dropped in a pass in training mode, by the model's own activations in evaluation mode."""
    answer, plain = seen[name], seen.get(UNDROPPED)
    theta, X = inputs_of(answer, missing_biases(seen))
    own = truth.forward(theta, X)
    try:
        assert isinstance(answer.observation, Returned)
        passes = _passes(answer.observation.value, theta, X)
        if plain is not None and isinstance(plain.observation, Returned):
            own = _passes(plain.observation.value, theta, X)[0]
    except Wrong as wrong:
        return unreadable(name, wrong.got or wrong.reason)
    z = passes[0]
    again = not np.array_equal(z, passes[-1])
    for place, ratios in _ratios(theta, X, z, own):
        kept = ratios[np.abs(ratios) > NEAR]
        factor = float(np.median(kept)) if kept.size else 0.0
        if np.all(np.isfinite(ratios)) and (np.abs(kept - factor) <= NEAR * abs(factor)).all():
            return _masked(name, place, ratios, factor, again=again)
    return unreadable(name, "unknown")


def _ratios(theta: Params, X: np.ndarray, z: np.ndarray, own: np.ndarray) -> "list[tuple[str, np.ndarray]]":
    """Return, for each place where dropout may act, by what every activation there would have been multiplied."""
    h = theta.W1.shape[1]
    found = [(HIDDEN, _copied(z, theta) / _copied(own, theta))]
    if not _sums_to_one(own):
        found.append((ON_LOGITS, np.divide(z, own, out=np.full_like(z, np.nan), where=own != 0)))
    z1 = truth.preactivation(theta, X)
    normal = np.maximum((z1 - z1.mean(axis=0)) / np.sqrt(z1.var(axis=0) + 1e-5), 0.0)
    away = normal > NEAR * 10
    # Where nothing can be seen, what is seen elsewhere is taken for right.
    found.append((NORMALISED, (z[:, :h] - theta.b2[:h])[away] / normal[away]))
    nonzero = np.abs((z[:, :h] - theta.b2[:h]) / np.maximum(z1, 0.0))
    for factor in (1 / (1 - 0.3), 1 / (1 - 0.7), 2.0, 1.0):
        masks = np.array(list(itertools.product((0.0, factor), repeat=X.shape[1])))  # (2^D, D)
        reached = np.stack([np.maximum((X * m) @ theta.W1 + theta.b1, 0.0) + theta.b2[:h] for m in masks])
        gaps = np.abs(reached - z[None, :, :h]).max(axis=2)  # (2^D, N)
        if (gaps.min(axis=0) <= NEAR).all() and nonzero.size:
            found.append((ON_INPUTS, masks[gaps.argmin(axis=0)]))
    return found


def _copied(z: np.ndarray, theta: Params) -> np.ndarray:
    """Return the hidden activations (N, H) that W2 = [I, 0] copied into the logits; the last logit is a bias alone."""
    h = theta.W1.shape[1]
    z = np.log(z) if (z > 0).all() and _sums_to_one(z) else z
    copied: np.ndarray = z[:, :h] - z[:, h:] - (theta.b2[:h] - theta.b2[h])
    return copied


def _masked(name: str, place: str, ratios: np.ndarray, factor: float, *, again: bool) -> Outcomes:
    dropped = np.abs(ratios) <= NEAR
    share = float(dropped.mean())
    if not 0 < share < 1 or dropped.ndim < 2:
        unit, drawn = "entries", dropped.ravel()
    elif (dropped == dropped[0]).all():
        unit, drawn = "columns", dropped[0]
    elif (dropped == dropped[:, :1]).all():
        unit, drawn = "rows", dropped[:, 0]
    else:
        unit, drawn = "entries", dropped.ravel()
    near = abs(factor - 1) <= NEAR
    told = Dropping(place=place, kept=1.0 if near else factor, share=share, unit=unit, again=again).outcomes(name)
    key = (f"{name}, share", "dropout")
    if not isinstance(told[key], str):
        told[key] = share_of(int(drawn.sum()), drawn.size)
    return told
