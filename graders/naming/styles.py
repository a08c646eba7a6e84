"""One mistake in several styles: the same slip may be written in ways that give different numbers."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graders.naming.functions import Read, answers, one_array
from graders.naming.mistake import Case, Key, Outcome, Outcomes, Predict

Several: TypeAlias = Callable[[Case], list[Outcomes]]
"""A prediction of several styles."""


def any_of(*functions: Callable[..., Any], read: Read = one_array) -> Several:
    """Return the prediction that every question is answered by one of these functions, whichever it is."""

    def predict(case: Case) -> list[Outcomes]:
        told = [answers(function, read)(case) for function in functions]
        return [one for several in told for one in ([several] if isinstance(several, Mapping) else several)]

    return predict


def same_trait(part: str, outcome: Outcome) -> Predict:
    """Return the prediction that one part of every answer is this, and all else is right."""

    def predict(case: Case) -> Outcomes:
        found: dict[Key, Outcome] = {(name, part): outcome for name in case.seen}
        return found

    return predict


def either(*predictions: Predict) -> Callable[[Case], list[Outcomes]]:
    """Return the prediction that one of these holds, whichever it is."""

    def predict(case: Case) -> list[Outcomes]:
        told = [prediction(case) for prediction in predictions]
        return [one for several in told for one in ([several] if isinstance(several, Mapping) else several)]

    return predict
