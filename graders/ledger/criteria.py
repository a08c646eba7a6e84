"""What tables and exports say of a criterion: its figures, its words and its named mistakes, read off a scorecard."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graders.grading.scorecard import CriterionResult, Scorecard
from graders.report.plain_text import plain_text
from graders.report.record import to_record


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionRow:
    """One criterion of one sitting, as the ledger's table holds it.

    Args:
        name, title, group, points, earned, open_points, standing, reason: as in results.json.
        feedback: what the student reads of it elsewhere than in the report, as plain text.
        seconds: time that its questions took.
        visibility: who may see it in Gradescope: visible, hidden, after_due_date or after_published.
        mistakes: identity and words of each named mistake; where none is named, the first check lost.
    """

    name: str
    title: str
    group: str
    points: float
    earned: float
    open_points: float
    standing: str
    reason: str
    feedback: str
    seconds: float
    visibility: str = "visible"
    mistakes: tuple[tuple[str, str], ...] = ()


def rows_of(scorecard: Scorecard, visibility: Mapping[str, str]) -> tuple[CriterionRow, ...]:
    """Return a scorecard's criteria as rows.

    Args:
        scorecard: the outcome of a sitting.
        visibility: criterion -> who may see it; "visible" where it says nothing.
    """
    told: dict[str, Any] = to_record(scorecard)
    return tuple(
        CriterionRow(
            **{key: record[key] for key in ("name", "title", "group", "points", "earned", "open_points")},
            standing=str(record["standing"]),
            reason=plain_text(record["reason"]),
            feedback=feedback(result),
            seconds=result.seconds,
            visibility=visibility.get(result.name, "visible"),
            mistakes=tuple(dict(mistakes(record)).items()),
        )
        for record, result in zip(told["criteria"], scorecard.criteria, strict=True)
    )


def feedback(result: CriterionResult) -> str:
    """Return what was lost and what to try, one check after another, without anything that a screen would obey."""
    return plain_text(_feedback(result))


def _feedback(result: CriterionResult) -> str:
    if result.verdict is None:
        return result.fault
    lost = [check for check in result.verdict.checks if check.credit < 1.0]
    if not lost:
        return result.reason
    told = []
    for check in lost:
        lines = [f"{check.title}: {check.reason or 'not so'}"]
        lines += [f"  where: {check.where}"] if check.where else []
        lines += [f"  try: {check.fix}"] if check.fix else []
        told.append("\n".join(lines))
    return "\n".join(told)


def mistakes(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield identity and words of the named mistakes in a criterion's record; else the first check that it lost.

    What was charged at another criterion is counted there.
    """
    if all(check["charged_at"] for check in record["checks"] if check["credit"] < 1.0 or check["charged_at"]):
        return
    named = [name for diagnosis in record["diagnoses"] for name in diagnosis["names"]]
    if named:
        yield from ((name["id"], name["did"]) for name in named)
        return
    for check in record["checks"]:
        if check["credit"] < 1.0 and check["attempted"] and not check["charged_at"]:
            yield f"{record['name']}: {check['title']}", f"{record['title']}: '{check['title']}' fails"
            return
