"""Holding what was observed against what each known mistake would give.

A mistake is named only if its prediction fits everything that was observed, the right value does not, and no other
entry fits as well; entries that give the same numbers are named together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graders.foundation.diagnosis import Diagnosis, Evidence
from graders.measure.describe import describe_call
from graders.naming.factors import constant_factor
from graders.naming.gaps import gap
from graders.naming.mistake import (
    ENDING,
    RETURNED,
    Case,
    Catalogue,
    Interval,
    Key,
    Mistake,
    Outcome,
    Outcomes,
    Predict,
    Sought,
)

ALIKE = 1e-9  # gaps below this are rounding in float64: they tell no two entries apart
EVIDENCE, SHOWN = 24, 2000  # deviations of a criterion, and numbers of an array, that an instructor is shown
CLEARER = 10.0  # a fit this many times closer than another's settles between the two


def diagnose(case: Case, catalogue: Catalogue) -> tuple[Diagnosis, ...]:
    """Return what explains the whole criterion; else, for each part that is wrong, what explains that part; else ()."""
    rights = predictions(case, catalogue.right, {})
    deviating = min((deviations(case.observed, right, catalogue.rtol) for right in rights), key=len)
    if not deviating:
        return ()
    base = rights[0]
    off = {key: gap(case.observed.get(key), base.get(key)) for key in dict.fromkeys((*case.observed, *base))}
    wrong = dict.fromkeys(part for question, part in deviating if (question, part) in case.observed and part != ENDING)
    case = replace(case, sought=Sought(parts=frozenset(wrong), rtol=catalogue.rtol))
    candidates = [
        (m, [_fit(variant, case.observed, base, off, catalogue.rtol) for variant in predictions(case, m.gives, base)])
        for m in catalogue.mistakes
    ]
    whole = _fitting(candidates, catalogue.rtol, off.keys())
    if whole:
        return (Diagnosis(names=tuple(m.name for m in whole)),)
    factor = constant_factor(case, catalogue.criterion, base, catalogue.rtol)
    if factor is not None:
        return (Diagnosis(names=(factor,)),)
    found = []
    for part in wrong:
        questions = {question for question, own in (*case.observed, *base) if own == part}
        keys = {(question, p) for question in questions for p in (part, ENDING)}
        names = _fitting(candidates, catalogue.rtol, keys)
        if names:
            found.append(Diagnosis(names=tuple(m.name for m in names), part=part))
    return tuple(found)


def evidence(case: Case, catalogue: Catalogue) -> tuple[Evidence, ...]:
    """Return every deviation from what is right, with its numbers in full."""
    rights = predictions(case, catalogue.right, {})
    nearest = min(rights, key=lambda right: len(deviations(case.observed, right, catalogue.rtol)))
    return tuple(
        Evidence(
            asked=describe_call(case.seen[question]) if question in case.seen else question,
            part="" if part == "value" else part,
            got=_in_full(case.observed.get((question, part))),
            expected=_in_full(nearest.get((question, part))),
        )
        for question, part in deviations(case.observed, nearest, catalogue.rtol)[:EVIDENCE]
    )


def _in_full(outcome: Outcome | None) -> str:
    match outcome:
        case None:
            return "nothing"
        case str():
            return outcome or "none"
        case Interval():
            return f"between {outcome.low:.6g} and {outcome.high:.6g}"
        case _:
            return np.array2string(outcome, separator=", ", precision=8, threshold=SHOWN, max_line_width=120)


def predictions(case: Case, gives: Predict, base: Outcomes) -> list[Outcomes]:
    """Return what a mistake would have given, completed by what is right."""
    with np.errstate(all="ignore"):
        told = gives(case)
    several = [told] if isinstance(told, Mapping) else list(told)
    return [_ended({**base, **one}) for one in several]


def deviations(observed: Outcomes, predicted: Outcomes, rtol: float) -> list[Key]:
    """Return where the two differ."""
    keys = dict.fromkeys((*observed, *predicted))
    return [k for k in keys if not gap(observed.get(k), predicted.get(k)) <= rtol]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """How well one prediction fits; the prediction itself is gone, for a catalogue's take hundreds of megabytes.

    Args:
        gaps: how far off it is, at each key that was observed or predicted; infinite for the rest of a part that does
            not fit at one of its keys, where `wrong` is not known either.
        wrong: the keys at which it is not what is right.
    """

    gaps: Mapping[Key, float]
    wrong: frozenset[Key]

    def largest(self, keys: Collection[Key]) -> float:
        """Return the largest gap at these keys; infinite where the prediction is what is right at all of them."""
        if self.wrong.isdisjoint(keys):
            return np.inf
        return max((self.gaps[key] for key in keys if key in self.gaps), default=0.0)


def _fit(predicted: Outcomes, observed: Outcomes, right: Outcomes, off: Mapping[Key, float], rtol: float) -> _Fit:
    """Hold a prediction against what was observed; `off` says how far that is from what is right."""
    gaps: dict[Key, float] = {}
    wrong: set[Key] = set()
    failed: set[str] = set()
    for key in dict.fromkeys((*observed, *predicted)):
        told, part = predicted.get(key), key[1]
        if told is not None and told is right.get(key):  # most mistakes leave most of it as it is
            gaps[key] = off[key]
        elif part in failed:
            gaps[key] = np.inf
        else:
            gaps[key] = gap(observed.get(key), told)
            if not gap(right.get(key), told) <= rtol:
                wrong.add(key)
        if not gaps[key] <= rtol and part != ENDING:
            failed.add(part)
    wrong.update(key for key in right if key not in predicted)
    return _Fit(gaps=gaps, wrong=frozenset(wrong))


def _fitting(candidates: Sequence[tuple[Mistake, Sequence[_Fit]]], rtol: float, keys: Collection[Key]) -> list[Mistake]:
    """Return the entries that fit at these keys as well as the best one does."""
    gaps = {mistake: min((fit.largest(keys) for fit in fits), default=np.inf) for mistake, fits in candidates}
    best = min(gaps.values(), default=np.inf)
    if not best <= rtol:
        return []
    return [mistake for mistake, g in gaps.items() if g <= min(max(CLEARER * best, ALIKE), rtol)]


def _ended(outcomes: Mapping[Key, Outcome]) -> Outcomes:
    """Drop the values of questions that end without one."""
    failed = {q for (q, part), told in outcomes.items() if part == ENDING and told != RETURNED}
    return {(q, part): told for (q, part), told in outcomes.items() if part == ENDING or q not in failed}
