"""How far what was observed is from what was predicted, and when a prediction is of no use any more."""

import math
from collections.abc import Callable

import numpy as np

from graders.naming.mistake import ENDING, Interval, Outcome, Outcomes, Sought


def gap(observed: Outcome | None, predicted: Outcome | None) -> float:
    """Return how far an outcome is from a predicted one: relative to its largest entry, infinite for another kind."""
    if isinstance(observed, np.ndarray) and isinstance(predicted, np.ndarray):
        return _relative(observed, predicted) if observed.shape == predicted.shape else np.inf
    if isinstance(observed, Interval) and isinstance(predicted, np.ndarray):
        return 0.0 if bool(np.all((observed.low <= predicted) & (predicted <= observed.high))) else np.inf
    return 0.0 if isinstance(observed, str) and isinstance(predicted, str) and observed == predicted else np.inf


def _relative(observed: np.ndarray, predicted: np.ndarray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        scale = float(np.abs(predicted).max(initial=0.0))
        largest = float(np.abs(observed - predicted).max(initial=0.0))
    if math.isfinite(scale) and math.isfinite(largest):
        return largest / (scale if scale > 0 else 1.0)
    finite = np.isfinite(predicted)
    if not (np.isfinite(observed) == finite).all() or not np.array_equal(
        observed[~finite], predicted[~finite], equal_nan=True
    ):
        return np.inf
    scale = float(np.max(np.abs(predicted[finite]), initial=0.0))
    with np.errstate(over="ignore"):
        largest = float(np.max(np.abs(observed[finite] - predicted[finite]), initial=0.0))
    return largest / (scale if scale > 0 else 1.0)


class Gaps:
    """Gaps between outcomes that are compared again and again and never changed, each measured once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Outcome | None, Outcome | None, float]] = {}

    def __call__(self, observed: Outcome | None, predicted: Outcome | None) -> float:
        """Return the gap between these two objects."""
        key = id(observed), id(predicted)
        if key not in self._known:
            # Both are kept, so that no other object gets their identities.
            self._known[key] = (observed, predicted, gap(observed, predicted))
        return self._known[key][2]


class Doubt:
    """What one prediction has got wrong so far: once nothing is left that it may explain, it need not be completed.

    Args:
        observed: what the prediction is held against.
        sought: what is to be explained; None where the prediction is wanted in full: it is never given up then.
        gap: how gaps are measured.
    """

    def __init__(
        self, observed: Outcomes, sought: Sought | None, gap: Callable[[Outcome, Outcome], float] = gap
    ) -> None:
        self._observed = observed
        self._gap = gap
        self._sought = sought
        self._left = set(sought.parts) if sought else set()
        self._lost: set[str] = set()
        self._fits = True

    def is_lost(self, part: str) -> bool:
        """Tell whether the prediction does not fit somewhere in a part: what else it says of that does not matter."""
        return part in self._lost

    def seeks(self, part: str) -> bool:
        """Tell whether a part is to be explained and fits so far."""
        return part in self._left

    def explains_nothing(self, found: Outcomes) -> bool:
        """Hold some more of the prediction against what was observed; tells whether it is of no use any more."""
        self.hold(found)
        return not self._fits and not self._left

    def hold(self, found: Outcomes) -> None:
        """Hold some more of the prediction against what was observed."""
        if self._sought is None:
            return
        for key, told in found.items():
            question, part = key
            unneeded = self._left and part not in self._left and part != ENDING
            if unneeded or key not in self._observed:
                continue
            if not self._gap(self._observed[key], told) <= self._sought.rtol:
                self._fits = False
                # A part does not fit either where its question ends in another way.
                lost = {own for q, own in self._observed if q == question} if part == ENDING else {part}
                self._lost |= lost - {ENDING}
                self._left -= lost
