"""Predictions about dropout: the traits of a right submission, and what a mistake changes of them."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from graders.measure.unmasking import HIDDEN, OWN, SAME_MASK, THIS_PASS
from graders.mistaken.dropping import ACTING, AS_GIVEN, DIRECT, ENTRIES, GIVEN, INFERENCE, INSIDE, MASKS, inner_p
from graders.naming.mistake import ENDING, RETURNED, Case, Key, Outcome, Outcomes
from graders.naming.styles import Several

OfP: TypeAlias = Callable[[float], float]
"""From the chance to be dropped to a factor or a share."""


def direct(
    *,
    scale: OfP | None = None,
    share: OfP | None = None,
    pattern: str = ENTRIES,
    returned: str = ACTING,
    generator: str = GIVEN,
    at_zero: str = AS_GIVEN,
    changed: str = "",
) -> Callable[[Case], Outcomes]:
    """Return the traits of `dropout` by itself; what is left out is right."""

    def traits(case: Case) -> Outcomes:
        found: dict[Key, Outcome] = {}
        for question in MASKS:
            p = case.seen[question].call.args[1]
            assert isinstance(p, float)
            found[f"scale, {question}", DIRECT] = np.asarray((scale or inverted)(p))
            found[f"share, {question}", DIRECT] = np.asarray((share or kept)(p))
        told = {"pattern": pattern, "returned": returned, "generator": generator, "p=0": at_zero, "changed": changed}
        return found | {(trait, DIRECT): word for trait, word in told.items()}

    return traits


def inside(
    *,
    acts: str = HIDDEN,
    forward: OfP | None = None,
    backward: OfP | None = None,
    way_back: str = SAME_MASK,
    loss: str = THIS_PASS,
    share: OfP | None = None,
    pairs: str = OWN,
    generator: str = GIVEN,
) -> Callable[[Case], Outcomes]:
    """Return the traits of the mask inside `loss_and_grads`; what is left out is right."""

    def traits(case: Case) -> Outcomes:
        if not any(part == INSIDE for _, part in case.observed):
            return {}  # wrong without dropout too: nothing can be read off, and nothing is judged
        p = inner_p(case.seen)
        told: Mapping[str, Outcome] = {
            "acts on": acts,
            "forward": np.asarray((forward or inverted)(p)),
            "backward": np.asarray((backward or inverted)(p)),
            "way back": way_back,
            "loss": loss,
            "share": np.asarray((share or kept)(p)),
            "pairs": pairs,
            "generator": generator,
            "p=0": "the same",
        }
        return {(trait, INSIDE): outcome for trait, outcome in told.items()}

    return traits


def inverted(p: float) -> float:
    """Return the right factor on what is kept."""
    return 1 / (1 - p)


def kept(p: float) -> float:
    """Return the right share to keep."""
    return 1 - p


def one(_p: float) -> float:
    """Return 1, the factor of what is not scaled."""
    return 1.0


def right(case: Case) -> Outcomes:
    """Return the traits of a right dropout."""
    found: dict[Key, Outcome] = {(question, ENDING): RETURNED for question in case.seen}
    return {**found, **direct()(case), **inside()(case), ("twice", INFERENCE): "the same"}


def one_of(*traits: Callable[[Case], Outcomes]) -> Several:
    """Return the prediction of these traits, each a style of its own."""
    return lambda case: [told(case) for told in traits]


def repeated(
    by_itself: Callable[[Case], Outcomes], within: Callable[[Case], Outcomes], *, alone: bool = True
) -> Several:
    """Return the prediction of a mistake in `dropout`, in a copy inside `loss_and_grads`, or in both.

    Args:
        by_itself: the traits of `dropout`.
        within: those of `loss_and_grads`.
        alone: whether the mistake may stand in `loss_and_grads` alone under this name.
    """

    def both(case: Case) -> Outcomes:
        return {**by_itself(case), **within(case)}

    return one_of(both, by_itself, within) if alone else one_of(both, by_itself)
