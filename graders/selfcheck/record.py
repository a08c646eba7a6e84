"""What a check found, as JSON for editors and other programs: no seed, no exhibit, nothing of the reference."""

import json
from collections.abc import Sequence

from graders.foundation.verdict import Check
from graders.selfcheck.hints import Hint
from graders.selfcheck.prediction import Prediction
from graders.selfcheck.steps import State, Step, next_step
from graders.submission import Submission

SCHEMA = "plumbline/check/v1"


def to_record(
    steps: Sequence[Step],
    submission: Submission,
    *,
    printed: str = "",
    hint: Hint | None = None,
    prediction: Prediction | None = None,
) -> dict[str, object]:
    """Return what a check found as plain data, the criteria in the order of the task.

    Args:
        steps: how the criteria came out.
        submission: what was checked.
        printed: what it printed.
        hint: the hint that was asked for.
        prediction: what the final grading would give.
    """
    following = next_step(steps)
    record: dict[str, object] = {
        "schema": SCHEMA,
        "submission": submission.name,
        "of": max((s.of for s in steps), default=0),
        "done": sum(s.state is State.DONE for s in steps),
        "next": following.name if following else None,
        "criteria": [_criterion(s) for s in steps],
        "printed": printed,
        "notices": [{"message": n.message, "where": n.where} for n in submission.notices],
    }
    if hint is not None:
        record["hint"] = {"number": hint.number, "of": hint.of, "text": hint.text}
    if prediction is not None:
        record["prediction"] = {
            "points": prediction.points,
            "earned": prediction.earned,
            "public_points": prediction.public,
            "hidden_points": prediction.hidden,
            "reviewer_points": prediction.reviewer,
        }
    return record


def record_text(record: dict[str, object], *, indent: int | None = 1) -> str:
    """Return a record as JSON text with a newline at its end: sorted keys, ASCII (it can trick no terminal)."""
    return json.dumps(record, indent=indent, sort_keys=True, allow_nan=False) + "\n"


def _criterion(step: Step) -> dict[str, object]:
    checks = step.result.verdict.checks if step.result.verdict else ()
    return {
        "number": step.number,
        "name": step.name,
        "title": step.criterion.title,
        "function": step.criterion.grader.about,
        "state": step.state.value,
        "reason": step.result.reason,
        "charged_at": list(step.charged_at),
        "checks": [_check(c) for c in checks],
    }


def _check(check: Check) -> dict[str, object]:
    return {
        "title": check.title,
        "holds": check.credit == 1.0,
        "attempted": check.attempted,
        "reason": check.reason,
        "where": check.where,
        "asked": check.asked,
        "got": check.got,
        "expected": check.expected,
    }
