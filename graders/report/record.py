"""The record of one sitting, `results.json`: what was judged and on which evidence, for programs and for appeals.

Two sittings of the same submission give the same record but for what stands under "times".
"""

import dataclasses
import json
import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from graders.foundation.verdict import AgainstReference, Check, Curves, ErrorMap, Exhibit, GapOverSeeds, Standing
from graders.grading.scorecard import CriterionResult, Scorecard
from graders.report.error_cells import error_cells
from graders.report.whole_file import write_whole

SCHEMA: Literal["plumbline/results/v1"] = "plumbline/results/v1"


def _twelve_digits(number: float) -> float:
    return float(f"{number:.12g}")


def _finite_or_null(number: float | None) -> float | None:
    return float(number) if number is not None and math.isfinite(number) else None


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


Number = Annotated[float, AfterValidator(_twelve_digits)]
Measured = Annotated[
    Annotated[float, AfterValidator(_twelve_digits)] | None,
    BeforeValidator(_finite_or_null),
    Field(description="null where the measurement was not a finite number"),
]
Text = Annotated[str, BeforeValidator(_encodable)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CurvesRecord(_Part):
    """Lines over a common axis."""

    kind: Literal["curves"]
    title: Text
    x_label: Text
    y_label: Text
    x: list[Measured]
    lines: list["LineRecord"]


class LineRecord(_Part):
    """One line of a Curves exhibit."""

    name: Text
    values: list[Measured]


class GapOverSeedsRecord(_Part):
    """Accuracy gap of each seed, in points; low and high bound its mean."""

    kind: Literal["gap_over_seeds"]
    title: Text
    seeds: list[int]
    gaps: list[Measured]
    low: Measured
    high: Measured
    allowed: Measured


class ErrorMapRecord(_Part):
    """Absolute error of a matrix's entries; each cell is the worst error of a block of entries."""

    kind: Literal["error_map"]
    title: Text
    shape: tuple[int, int] = Field(description="rows and columns of the whole matrix")
    block: tuple[int, int] = Field(description="how many rows and columns of the matrix one cell stands for")
    errors: list[list[Measured]] = Field(description="cells by row, at most 64 by 64")
    allowed: Measured


class AgainstReferenceRecord(_Part):
    """What the submission reached on each seed, beside what the reference reaches over many."""

    kind: Literal["against_reference"]
    title: Text
    label: Text
    reference: list[Measured]
    submission: list[Measured]
    threshold: Measured


AnyExhibit = CurvesRecord | GapOverSeedsRecord | ErrorMapRecord | AgainstReferenceRecord
ExhibitRecord = Annotated[AnyExhibit, Field(discriminator="kind")]


class CheckRecord(_Part):
    """One thing that was looked at, and what was seen."""

    title: Text = Field(description="what a right answer does, as a statement")
    credit: Number = Field(ge=0, le=1, description="the share earned")
    weight: Number = Field(gt=0, description="its share of the criterion, relative to the other checks")
    reason: Text = Field(description="the measured number, the allowed number and the place")
    asked: Text = Field(description="what was asked, in short")
    got: Text = Field(description="what came back, in short")
    expected: Text = Field(description="what was expected, in short")
    fix: Text = Field(description="the next thing for the student to try")
    where: Text = Field(description="file and line in the submission, where known")
    attempted: bool = Field(description="false when the function is not written yet")
    charged_at: list[Text] = Field(
        description="titles of the criteria at which the mistake behind it was charged already"
    )
    exhibits: list[ExhibitRecord]


class AwardRecord(_Part):
    """Points that a person gave in place of the grader's."""

    points: Number
    who: Text
    at: Text = Field(description="ISO 8601, UTC")
    why: Text


class CriterionRecord(_Part):
    """One rubric line and how it came out."""

    name: Text = Field(description="the rubric line's name")
    title: Text = Field(description="what a student reads")
    group: Text = Field(description="the heading under which the rubric lists it")
    points: Number = Field(description="the most it can give")
    earned: Number = Field(description="earned for certain; 0 while open or ungraded")
    open_points: Number = Field(description="what a reviewer may still award")
    standing: Standing
    reason: Text = Field(description="one line: the first reason for a loss, or what was measured")
    checks: list[CheckRecord] = Field(description="empty while ungraded")
    remarks: list[Text] = Field(description="things worth knowing that cost nothing")
    exhibits: list[ExhibitRecord] = Field(description="what belongs to the criterion as a whole")
    award: AwardRecord | None = Field(None, description="points that a person gave, which count in place of others")


class TotalRecord(_Part):
    """The sum over all criteria."""

    points: Number = Field(description="the most that all criteria can give")
    earned: Number | None = Field(description="null while any criterion is ungraded, for then there is no total")
    open_points: Number = Field(description="what a reviewer may still award")
    decided_points: Number = Field(description="the most that the criteria which are not open can give")


class DigestsRecord(_Part):
    """What was graded, by what, on which data: sha256, in hexadecimal."""

    submission: Text
    rubric: Text
    dataset: Text


class NoticeRecord(_Part):
    """Something worth knowing that costs nothing by itself."""

    message: Text
    where: Text


class TimesRecord(_Part):
    """All that may differ between two sittings of the same submission; no part of the judgement."""

    started: Text = Field(description="ISO 8601, UTC")
    seconds: Number
    criteria: dict[Text, Number] = Field(description="seconds by the criterion's name")


class Record(_Part):
    """Everything that is known of one graded submission."""

    schema_name: Literal["plumbline/results/v1"] = Field(alias="schema")
    submission: Text = Field(description="its display name")
    rubric: Text = Field(description="the rubric's title")
    dataset: Text = Field(description="name of the data set")
    digests: DigestsRecord
    seed: int = Field(description="the seed of the sitting")
    isolation: Text = Field(description="how the exam room was separated")
    environment: dict[Text, Text] = Field(description="versions and platform, by name")
    total: TotalRecord
    criteria: list[CriterionRecord] = Field(description="in the rubric's order")
    notices: list[NoticeRecord]
    output: dict[Text, Text] = Field(description="what the submission printed, capped, by exam room")
    times: TimesRecord


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
    verdict = result.verdict
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
        remarks=list(verdict.remarks) if verdict else [],
        exhibits=[_exhibit(e) for e in verdict.exhibits] if verdict else [],
        award=None if result.award is None else AwardRecord(**dataclasses.asdict(result.award)),
    )


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
