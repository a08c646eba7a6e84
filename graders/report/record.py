"""The record of one sitting, `results.json`: what was judged and on which evidence, for programs and for appeals.

Two sittings of the same submission give the same record but for what stands under "times".
"""

import dataclasses
import json
from pathlib import Path

from graders.foundation.diagnosis import Diagnosis
from graders.foundation.verdict import AgainstReference, Check, Curves, ErrorMap, Exhibit, GapOverSeeds
from graders.grading.scorecard import CriterionResult, Scorecard
from graders.report.error_cells import error_cells
from graders.report.record_model import (
    SCHEMA,
    AgainstReferenceRecord,
    AnyExhibit,
    AwardRecord,
    CheckRecord,
    CriterionRecord,
    CurvesRecord,
    DiagnosisRecord,
    DigestsRecord,
    ErrorMapRecord,
    GapOverSeedsRecord,
    LineRecord,
    NameRecord,
    NoticeRecord,
    Record,
    SmallestRecord,
    TimesRecord,
    TotalRecord,
)
from graders.report.whole_file import write_whole


def to_record(scorecard: Scorecard) -> dict[str, object]:
    """Return the record as plain data: dicts, lists, text, finite numbers, booleans, None."""
    record = Record(
        schema=SCHEMA,
        submission=scorecard.submission,
        rubric=scorecard.rubric,
        dataset=scorecard.dataset,
        digests=DigestsRecord(
            submission=scorecard.submission_digest, rubric=scorecard.rubric_digest, dataset=scorecard.dataset_digest
        ),
        seed=scorecard.seed,
        isolation=scorecard.isolation,
        environment=dict(scorecard.environment),
        total=TotalRecord(
            points=scorecard.points,
            earned=scorecard.earned,
            open_points=scorecard.open_points,
            decided_points=scorecard.decided_points,
        ),
        criteria=[_criterion(c) for c in scorecard.criteria],
        notices=[NoticeRecord(message=n.message, where=n.where) for n in scorecard.notices],
        output=dict(scorecard.output),
        times=TimesRecord(
            started=scorecard.started,
            seconds=scorecard.seconds,
            criteria={c.name: c.seconds for c in scorecard.criteria},
        ),
    )
    return record.model_dump(mode="json", by_alias=True)


def record_text(scorecard: Scorecard) -> str:
    """Return the record as JSON: sorted keys, ASCII (it can trick no terminal), a newline at the end."""
    return json.dumps(to_record(scorecard), indent=1, sort_keys=True, allow_nan=False) + "\n"


def write_record(scorecard: Scorecard, path: Path) -> None:
    """Write the record, whole or not at all.

    Raises:
        OSError: `path` cannot be written.
    """
    write_whole(path, record_text(scorecard))


def read_record(path: Path) -> Record:
    """Return a record that `write_record` wrote.

    Raises:
        OSError: `path` cannot be read.
        pydantic.ValidationError: it is no record, or one of another version.
    """
    return Record.model_validate_json(path.read_bytes())


def record_schema() -> str:
    """Return the record's JSON Schema (draft 2020-12) as text."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Record.model_json_schema(by_alias=True, mode="serialization"),
    }
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def _criterion(result: CriterionResult) -> CriterionRecord:
    verdict, small = result.verdict, result.smallest
    return CriterionRecord(
        name=result.name,
        title=result.title,
        group=result.group,
        points=result.points,
        earned=result.earned,
        open_points=result.open_points,
        standing=result.standing,
        reason=result.reason,
        checks=[_check(c) for c in verdict.checks] if verdict else [],
        diagnoses=[_diagnosis(d) for d in result.diagnoses],
        smallest=None if small is None else SmallestRecord(asked=small.asked, got=small.got, expected=small.expected),
        remarks=list(verdict.remarks) if verdict else [],
        exhibits=[_exhibit(e) for e in verdict.exhibits] if verdict else [],
        award=None if result.award is None else AwardRecord(**dataclasses.asdict(result.award)),
    )


def _diagnosis(diagnosis: Diagnosis) -> DiagnosisRecord:
    names = [NameRecord(id=n.id, did=n.did, why=n.why, see=n.see, fix=n.fix) for n in diagnosis.names]
    return DiagnosisRecord(part=diagnosis.part, names=names)


def _check(check: Check) -> CheckRecord:
    return CheckRecord(
        title=check.title,
        credit=check.credit,
        weight=check.weight,
        reason=check.reason,
        asked=check.asked,
        got=check.got,
        expected=check.expected,
        fix=check.fix,
        where=check.where,
        attempted=check.attempted,
        charged_at=list(check.charged_at),
        exhibits=[_exhibit(e) for e in check.exhibits],
    )


def _exhibit(exhibit: Exhibit) -> AnyExhibit:
    match exhibit:
        case AgainstReference():
            return AgainstReferenceRecord(
                kind="against_reference",
                title=exhibit.title,
                label=exhibit.label,
                reference=list(exhibit.reference),
                submission=list(exhibit.submission),
                threshold=exhibit.threshold,
            )
        case Curves():
            return CurvesRecord(
                kind="curves",
                title=exhibit.title,
                x_label=exhibit.x_label,
                y_label=exhibit.y_label,
                x=list(exhibit.x),
                lines=[LineRecord(name=name, values=list(values)) for name, values in exhibit.lines],
            )
        case GapOverSeeds():
            return GapOverSeedsRecord(
                kind="gap_over_seeds",
                title=exhibit.title,
                seeds=list(exhibit.seeds),
                gaps=list(exhibit.gaps),
                low=exhibit.low,
                high=exhibit.high,
                allowed=exhibit.allowed,
            )
        case ErrorMap():
            cells = error_cells(exhibit.errors)
            return ErrorMapRecord(
                kind="error_map",
                title=exhibit.title,
                shape=cells.shape,
                block=cells.block,
                errors=cells.worst.tolist(),
                allowed=exhibit.allowed,
            )
