"""Rows of results.db as the rest of the program sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graders.ledger.criteria import CriterionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class HandInRow:
    """One student of the class and what they handed in; fields as in graders/ledger/schema.py."""

    student: str
    identity: Mapping[str, str]
    source: str = ""
    late: bool = False
    problem: str = ""
    notices: tuple[tuple[str, str], ...] = ()
    sitting: str | None = None

    @property
    def name(self) -> str:
        """What to call the student."""
        return self.identity.get("name") or self.student


@dataclass(frozen=True, slots=True, kw_only=True)
class SittingRow:
    """One sitting; fields as in graders/ledger/schema.py."""

    key: str
    conditions: str
    parcel: str
    rubric: str
    dataset: str
    dataset_digest: str
    data_dir: str
    seed: int
    grader: str
    fault: str = ""
    scorecard: bytes | None = None
    seconds: float = 0.0
    criteria: Sequence[CriterionRow] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """Points that a person gave for one criterion of one student: who, when and why."""

    student: str
    criterion: str
    points: float
    who: str
    at: str
    why: str
