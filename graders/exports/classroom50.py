"""Classroom 50's result, `classroom50/result/v1`: whole numbers, so points are counted in hundredths."""

import json

from graders.ledger import StudentResult

SCHEMA = "classroom50/result/v1"
SCALE = 100


def classroom50_text(result: StudentResult) -> str | None:
    """Return a student's result as JSON; None where there is no total."""
    if result.total is None:
        return None
    tests = [
        {
            "test-name": c.title,
            "passed": c.earned >= c.points,
            "score": round(c.earned * SCALE),
            "max-score": round(c.points * SCALE),
        }
        for c in result.criteria
    ]
    told = {
        "schema": SCHEMA,
        "score": sum(round(c.earned * SCALE) for c in result.criteria),
        "max-score": sum(round(c.points * SCALE) for c in result.criteria),
        "tests": tests,
    }
    return json.dumps(told, allow_nan=False) + "\n"
