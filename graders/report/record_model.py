"""The form of `results.json`: what pydantic checks when one is read, and what its JSON Schema is made from."""

import math
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from graders.foundation.verdict import Standing

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


class NameRecord(_Part):
    """A mistake of the catalogue."""

    id: Text = Field(description="its name in the catalogue, unique")
    did: Text = Field(description="what the student did")
    why: Text = Field(description="how it comes about, or what it leads to")
    see: Text = Field(description="a small experiment that shows it")
    fix: Text = Field(description="what to think about next")


class DiagnosisRecord(_Part):
    """What explains the whole criterion, or one part of it."""

    part: Text = Field(description="empty where it explains the whole criterion")
    names: list[NameRecord] = Field(description="one; or several that give the same numbers on all that was asked")


class SmallestRecord(_Part):
    """The smallest question that still gets a wrong answer."""

    asked: Text
    got: Text
    expected: Text


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
    diagnoses: list[DiagnosisRecord] = Field(description="what explains a loss, by the catalogue of mistakes")
    smallest: SmallestRecord | None = Field(description="where nothing explains it: the smallest failing question")
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
