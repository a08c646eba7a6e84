"""Gradescope's results.json: one test a criterion; Gradescope itself adds them up."""

import json
from collections.abc import Mapping, Sequence

from graders.ledger import CriterionRow, StudentResult

VISIBILITIES = ("visible", "hidden", "after_due_date", "after_published")


def gradescope_results(result: StudentResult) -> dict[str, object] | None:
    """Return a student's results.json as plain data; None without a total, for which Gradescope has no word."""
    if result.total is None:
        return None
    return results_of_criteria(result.criteria, open_points=result.open_points)


def results_of_criteria(criteria: Sequence[CriterionRow], *, open_points: float, report: str = "") -> dict[str, object]:
    """Return results.json as plain data.

    There is no top-level `score`: it would override the sum of the tests.
    """
    told = "Graded by Plumbline." + (f" {report}" if report else "")
    if open_points:
        told += f" {open_points:g} points are open for a reviewer and not in the score yet."
    return {
        "output": told,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(number, c) for number, c in enumerate(criteria, start=1)],
    }


def _test(number: int, c: CriterionRow) -> Mapping[str, object]:
    if c.visibility not in VISIBILITIES:
        message = f"{c.visibility} is no visibility"
        raise ValueError(message)
    test: dict[str, object] = {
        "number": str(number),
        "name": c.title,
        "score": c.earned,
        "max_score": c.points,
        "output": c.feedback,
        "output_format": "text",
        "visibility": c.visibility,
    }
    if c.standing != "open":  # what waits for a person has neither passed nor failed
        test["status"] = "passed" if c.earned >= c.points else "failed"
    return test


def gradescope_file(result: StudentResult) -> str | None:
    """Return a student's results.json as text; None where there is no total."""
    told = gradescope_results(result)
    return None if told is None else gradescope_text(told)


def gradescope_text(results: Mapping[str, object]) -> str:
    """Return results.json as text."""
    return json.dumps(results, sort_keys=True, allow_nan=False) + "\n"
