"""What every view says alike: words and symbols for how things came out, points, and the headline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from graders.foundation.verdict import Check, Standing
from graders.grading.scorecard import CriterionResult, Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How something came out, for eyes of every kind.

    Args:
        key: a short name for style sheets.
        symbol: one character that repeats the words; never shown alone.
        words: what it means.
    """

    key: str
    symbol: str
    words: str


_STANDINGS: Mapping[Standing, Outcome] = MappingProxyType(
    {
        Standing.FULL: Outcome(key="full", symbol="✓", words="full marks"),
        Standing.PARTIAL: Outcome(key="partial", symbol="◐", words="some points"),
        Standing.NONE: Outcome(key="none", symbol="✗", words="no points"),
        Standing.NOT_ATTEMPTED: Outcome(key="blank", symbol="○", words="not attempted"),
        Standing.OPEN: Outcome(key="open", symbol="…", words="open for a reviewer"),
        Standing.UNGRADED: Outcome(key="ungraded", symbol="!", words="not graded"),
    }
)


def standing_outcome(standing: Standing) -> Outcome:
    """Return how a criterion came out, in words."""
    return _STANDINGS[standing]


def check_outcome(check: Check, standing: Standing) -> Outcome:
    """Return how one check came out; `standing` is its criterion's, for the checks of an open one are a reviewer's."""
    if not check.attempted:
        return _STANDINGS[Standing.NOT_ATTEMPTED]
    if check.credit == 0:
        return Outcome(key="none", symbol="✗", words="lost")
    if standing is Standing.OPEN:
        return Outcome(key="open", symbol="…", words="for a reviewer")
    if check.charged_at and check.credit == 1:
        return Outcome(key="carried", symbol="↪", words="not charged again")
    if check.credit == 1:
        return Outcome(key="full", symbol="✓", words="passed")
    return Outcome(key="partial", symbol="◐", words=f"partly passed ({check.credit:.0%})")


def points_text(points: float) -> str:
    """Return points as a person writes them: 6, 5.5, 5.25."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def in_one_line(result: CriterionResult) -> str:
    """Return the mistake's name or the criterion's reason, and where a mistake that also shows here was charged."""
    note = _carried_note(result)
    told = result.reason if result.standing is Standing.FULL else name_of_loss(result) or result.reason
    return f"{told.rstrip('.')}. {note}" if note else told


def name_of_loss(result: CriterionResult) -> str:
    """Return what explains a criterion's loss in one sentence, or "" where nothing does."""
    whole = next((d for d in result.diagnoses if not d.part), None)
    if whole is not None:
        return " Or: ".join(name.did for name in whole.names)
    return " ".join(f"{part_title(d.part)}: {d.names[0].did}" for d in result.diagnoses if len(d.names) == 1)


def part_title(part: str) -> str:
    """Return a part of an answer as a student calls it."""
    return {"value": "the answer", "changed": "its arguments"}.get(part, part)


def _carried_note(result: CriterionResult) -> str:
    checks = result.verdict.checks if result.verdict else ()
    carried = [c for c in checks if c.charged_at]
    if not carried or any(c.reason == result.reason for c in carried):
        return ""
    titles = " and ".join(dict.fromkeys(title for c in carried for title in c.charged_at))
    return f"What follows from the mistake at {titles} is not charged again here."


def points_cell(result: CriterionResult) -> str:
    """Return a criterion's points for a table: "5.5 / 6", "open / 4" for a reviewer's, "? / 6" while ungraded."""
    if result.standing is Standing.UNGRADED:
        earned = "?"
    else:
        earned = "open" if result.standing is Standing.OPEN else points_text(result.earned)
    return f"{earned} / {points_text(result.points)}"


def counted(number: float, noun: str) -> str:
    """Return a number and its noun, in the plural where English wants it: "1 point", "4 points"."""
    return f"{points_text(number)} {noun}" if number == 1 else f"{points_text(number)} {noun}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The score in large letters, what it is a score of, and what is still open (empty when nothing is)."""

    score: str
    of: str
    still_open: str

    @property
    def line(self) -> str:
        """Score and what it is of, on one line."""
        return f"{self.score} {self.of}"


def headline(scorecard: Scorecard) -> Headline:
    """Return the scorecard's headline. While anything is ungraded there is no score."""
    still_open = f"{counted(scorecard.open_points, 'point')} open for a reviewer" if scorecard.open_points else ""
    if scorecard.earned is None:
        return Headline(score="No score yet", of="because a person must look first", still_open=still_open)
    if scorecard.decided_points == scorecard.points:
        return Headline(
            score=points_text(scorecard.earned), of=f"of {counted(scorecard.points, 'point')}", still_open=still_open
        )
    of = f"of {points_text(scorecard.decided_points)} decided point{'' if scorecard.decided_points == 1 else 's'}"
    return Headline(score=points_text(scorecard.earned), of=of, still_open=still_open)


def ungraded(scorecard: Scorecard) -> Sequence[CriterionResult]:
    """Return the criteria that a person must look at."""
    return [c for c in scorecard.criteria if c.standing is Standing.UNGRADED]


def ungraded_apology(count: int) -> str:
    """Return what is said first when `count` criteria could not be graded."""
    what = "One criterion" if count == 1 else f"{count} criteria"
    return (
        f"{what} could not be graded. The fault is ours, not yours: no points are lost, and a person will look at it."
    )


def by_group(criteria: Sequence[CriterionResult]) -> Sequence[tuple[str, Sequence[CriterionResult]]]:
    """Return the criteria under their headings, both in the rubric's order."""
    groups: dict[str, list[CriterionResult]] = {}
    for criterion in criteria:
        groups.setdefault(criterion.group, []).append(criterion)
    return list(groups.items())
