"""Mistakes in a schedule: the learning rates by epoch that it would give, read as one series for each setting."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed
from graders.measure.compare import Wrong, number
from graders.naming.mistake import ENDING, RETURNED, Case, Key, Outcome, Outcomes

Rates: TypeAlias = Callable[..., float]
"""A schedule, right or mistaken: from epoch and settings to the rate."""


def series_of(name: str) -> str:
    """Return the series that a question belongs to: "stages of 4" for "stages of 4 13"."""
    return name.rpartition(" ")[0]


def observed_rates(_exam: Exam, seen: Seen) -> Outcomes:
    """Return the rates of each series, by epoch; how it ended where one of its questions has no number."""
    found: dict[Key, Outcome] = {}
    for series, names in _by_series(seen).items():
        endings, rates = [], []
        for name in names:
            observation = seen[name].observation
            if isinstance(observation, Failed):
                endings.append(observation.kind.value)
                continue
            try:
                rates.append(number(observation.value, what="the rate"))
            except Wrong as wrong:
                endings.append(wrong.got)
        found[series, ENDING] = endings[0] if endings else RETURNED
        if not endings:
            found[series, "rates"] = np.array(rates)
    return found


@dataclass(frozen=True, slots=True)
class Forms:
    """The prediction of a mistaken schedule, in each form in which the mistake may be written."""

    schedules: tuple[Rates, ...]

    def __call__(self, case: Case) -> Sequence[Outcomes]:
        """Return the rates that each form gives."""
        return [_told(case.seen, schedule) for schedule in self.schedules]


def rates(*schedules: Rates) -> Forms:
    """Return the prediction of a schedule, or of several where the same mistake is written in several ways."""
    return Forms(schedules)


def _told(seen: Seen, schedule: Rates) -> Outcomes:
    found: dict[Key, Outcome] = {}
    for series, names in _by_series(seen).items():
        found[series, ENDING] = RETURNED
        found[series, "rates"] = np.array([float(schedule(*seen[name].call.args)) for name in names])
    return found


def _by_series(seen: Seen) -> Mapping[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name in sorted(seen, key=lambda n: (series_of(n), int(n.rpartition(" ")[2]))):
        names.setdefault(series_of(name), []).append(name)
    return names
