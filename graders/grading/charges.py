"""Which mistake is charged at which criterion, so that none is charged twice.

A student may have written the same mistake a second time inside another function. Where one entry of the catalogue
explains all that a criterion lost, and that mistake is charged at a function it is built on, it is not charged again.

Where whole runs lead (accuracy, the port's gap) is an outcome of their function. Where one mistake explains all that
another criterion saw, and was measured to lower this outcome as far by itself, runs that ended as the questions there
did are not charged again.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from graders.foundation.diagnosis import Name
from graders.foundation.observation import Failed, FailureKind
from graders.grading.rounds import Candidacy
from graders.grading.scorecard import CriterionResult

A_SECOND_TIME = "the same mistake stands here a second time, and explains all that was seen."
MARGIN = 0.3  # of a criterion's points, by which a mistake may lower it more with another seed, data or options
LED_ASTRAY = "these runs were trained with the mistake that is named there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """Why whole runs lead less far.

    Args:
        charged_at: title of the criterion at which the mistake is charged.
        least: the share of its points that a criterion is left with at least.
        failures: the ways in which questions there failed, all of which the mistake explains.
    """

    charged_at: str
    least: float
    failures: frozenset[FailureKind]

    def explains(self, result: CriterionResult, runs: Candidacy) -> bool:
        """Tell whether whole runs lost no more, and failed in no other way."""
        share = result.verdict.share if result.verdict else 0.0
        return share >= self.least - MARGIN and _failures(runs) <= self.failures


@dataclass(slots=True, kw_only=True)
class Charges:
    """What is charged so far.

    Args:
        functions: title of the criterion for each wrong function that a criterion is about.
        insides: the same for functions inside which the mistake of a criterion about another one was seen.
        mistakes: title of the criterion for each mistake of the catalogue, by its id.
        lowered: for criteria about whole runs the first mistake that is known to lower them.
    """

    functions: dict[str, str] = field(default_factory=dict)
    insides: dict[str, str] = field(default_factory=dict)
    mistakes: dict[str, str] = field(default_factory=dict)
    lowered: dict[str, Lowered] = field(default_factory=dict)

    @property
    def wrong(self) -> Mapping[str, str]:
        """The wrong functions, each with the title of the criterion that it is charged at."""
        return {**self.insides, **self.functions}

    def settled(self, result: CriterionResult, candidacy: Candidacy) -> CriterionResult:
        """Charge what a criterion lost, or give it back where the mistake is charged already."""
        name = _certain(result)
        home, why = self._repeated(name, result.title), A_SECOND_TIME
        lowered = self.lowered.get(result.name)
        if home is None and lowered is not None and lowered.explains(result, candidacy):
            home, why = lowered.charged_at, LED_ASTRAY
        elif home is None and name is not None:
            self.mistakes.setdefault(name.root, result.title)
        for outcome, least in name.lowers.items() if name is not None else ():
            at, failures = home or result.title, _failures(candidacy)
            self.lowered.setdefault(outcome, Lowered(charged_at=at, least=least, failures=failures))
        return result if home is None else _given_back(result, home, why)

    def at_functions(self, result: CriterionResult, about: str) -> None:
        """Note the functions in which the mistake of a criterion stands: its own, and those that it looked into."""
        self.functions.setdefault(about, result.title)
        for check in result.verdict.checks if result.verdict else ():
            if check.inside and check.credit < 1:
                self.insides.setdefault(check.inside, result.title)

    def _repeated(self, name: Name | None, title: str) -> str | None:
        """Return where a mistake that explains all of a loss is charged already; None where it is charged here."""
        home = None if name is None else self.mistakes.get(name.root)
        return None if home == title else home


def _certain(result: CriterionResult) -> Name | None:
    """Return the one mistake that explains all that was lost; None where that is not known."""
    return next((d.names[0] for d in result.diagnoses if d.certain), None)


def _failures(candidacy: Candidacy) -> frozenset[FailureKind]:
    """Return in which ways questions failed."""
    told = (answer.observation for answer in candidacy.answers.values())
    return frozenset(o.kind for o in told if isinstance(o, Failed))


def _given_back(result: CriterionResult, home: str, why: str) -> CriterionResult:
    """Return the result with full credit, and the reason."""
    if result.verdict is None:
        return result
    told = f"Charged once, at {home}: {why}"
    checks = tuple(
        c if c.credit == 1.0 else dataclasses.replace(c, credit=1.0, reason=told, charged_at=(home,))
        for c in result.verdict.checks
    )
    return dataclasses.replace(result, verdict=dataclasses.replace(result.verdict, checks=checks))
