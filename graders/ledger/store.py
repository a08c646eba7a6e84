"""Reading and writing results.db. Every change is one transaction; what a kill interrupts never happened."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from graders.foundation.errors import PlumblineError
from graders.ledger.criteria import CriterionRow
from graders.ledger.schema import NEWEST, TooNew, migrate

FILE = "results.db"
LOCK_SECONDS = 10.0


class LedgerError(PlumblineError):
    """results.db cannot be read or written: disk full, closed to us, locked by somebody else. Nothing in it is lost."""

    exit_status = 2


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


class Ledger:
    """The ledger of one class.

    Args:
        folder: the folder that holds results.db.
        create: whether to make it where there is none.

    Raises:
        LedgerError: it cannot be opened.
    """

    def __init__(self, folder: Path, *, create: bool = False, lock_seconds: float = LOCK_SECONDS) -> None:
        self.path = folder / FILE
        if not create and not self.path.is_file():
            message = f"there is no {FILE} in {folder}"
            raise LedgerError(message, remedy="Name the folder that 'grade.py batch' wrote with --out.")
        with self._told():
            self._db = sqlite3.connect(self.path, timeout=lock_seconds, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")  # a committed result survives a power cut
            self._db.execute("PRAGMA foreign_keys = ON")
            migrate(self._db)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn SQLite's errors into ours, each with its remedy."""
        try:
            yield
        except TooNew as error:
            message = f"{self.path} has version {error} of the ledger; this program knows versions up to {NEWEST}"
            raise LedgerError(message, remedy="Use the newer Plumbline that wrote it.") from error
        except sqlite3.Error as error:
            said = str(error)
            remedies = {
                "locked": "Another program is writing to it: wait for it to end, or close it.",
                "full": "Make room on the disk and run the same command again; what was graded is kept.",
                "readonly": "Give write permission to the folder and the file, or name another folder with --out.",
                "unable to open": "Give write permission to the folder, or name another one with --out.",
                "disk I/O": "Check the disk and run the same command again; what was graded is kept.",
                "not a database": "The file is something else: move it away, or name another folder with --out.",
                "malformed": "The file is damaged: restore it from a copy, or name another folder with --out.",
            }
            remedy = next((text for key, text in remedies.items() if key in said), "")
            message = f"the ledger {self.path} cannot be used ({said})"
            raise LedgerError(message, remedy=remedy) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Make all changes inside it happen, or none."""
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
            try:
                self._db.execute("COMMIT")
            except sqlite3.Error:  # a full disk: the transaction is still open
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return the rows of a query, for reading only."""
        with self._told():
            cursor = self._db.execute(query, parameters)
            cursor.row_factory = sqlite3.Row
            return cursor.fetchall()

    def each(self, query: str, parameters: Sequence[Any] = ()) -> Iterator[sqlite3.Row]:
        """Yield the rows of a query one by one, for reading only."""
        with self._told():
            cursor = self._db.execute(query, parameters)
            cursor.row_factory = sqlite3.Row
            yield from cursor

    # The class

    def keep_class(self, hand_ins: Sequence[HandInRow]) -> None:
        """Make these the class, in this order; what is known of a student's hand-in from before stays until told."""
        with self.transaction() as db:
            db.execute("CREATE TEMP TABLE IF NOT EXISTS present (student TEXT PRIMARY KEY)")
            db.execute("DELETE FROM present")
            db.executemany("INSERT INTO present VALUES (?)", [(row.student,) for row in hand_ins])
            db.execute("DELETE FROM hand_in WHERE student NOT IN present")
            db.executemany(
                "INSERT INTO hand_in VALUES (?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT (student) DO UPDATE SET"
                " place = excluded.place, identity = excluded.identity, source = excluded.source, late = excluded.late,"
                " problem = excluded.problem, notices = excluded.notices,"
                " sitting = CASE WHEN excluded.source = source AND excluded.problem = '' THEN sitting END",
                [
                    (
                        row.student,
                        place,
                        json.dumps(dict(row.identity), sort_keys=True),
                        row.source,
                        row.late,
                        row.problem,
                        json.dumps(row.notices),
                    )
                    for place, row in enumerate(hand_ins)
                ],
            )

    def keep_opened(
        self, student: str, *, problem: str, notices: Sequence[tuple[str, str]], sitting: str | None
    ) -> None:
        """Note what became of a student's hand-in: why it could not be opened, or which sitting it has."""
        with self.transaction() as db:
            db.execute(
                "UPDATE hand_in SET problem = ?, notices = ?, sitting = ? WHERE student = ?",
                (problem, json.dumps(list(notices)), sitting, student),
            )

    def hand_ins(self) -> list[HandInRow]:
        """Return the class in its order."""
        return [
            HandInRow(
                student=row["student"],
                identity=json.loads(row["identity"]),
                source=row["source"],
                late=bool(row["late"]),
                problem=row["problem"],
                notices=tuple((message, where) for message, where in json.loads(row["notices"])),
                sitting=row["sitting"],
            )
            for row in self.rows("SELECT * FROM hand_in ORDER BY place")
        ]

    # Sittings

    def keep_rubric(self, digest: str, path: str, title: str, text: str) -> None:
        """Keep a rubric's text."""
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO rubric VALUES (?, ?, ?, ?)", (digest, path, title, text))

    def rubric(self, digest: str) -> sqlite3.Row:
        """Return a rubric's row."""
        return self.rows("SELECT * FROM rubric WHERE digest = ?", (digest,))[0]

    def keep_sitting(
        self, row: SittingRow, *, parcel: bytes, observations: bytes | None, students: Sequence[str] = ()
    ) -> None:
        """Keep a graded submission, and that these students handed it in: one transaction."""
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO parcel VALUES (?, ?)", (row.parcel, parcel))
            for table in ("criterion", "mistake"):
                db.execute(f"DELETE FROM {table} WHERE sitting = ?", (row.key,))  # noqa: S608 - names of ours
            # Not REPLACE: students point to the row.
            db.execute(
                "INSERT INTO sitting VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                " fault = excluded.fault, scorecard = excluded.scorecard, seconds = excluded.seconds",
                (
                    row.key,
                    row.conditions,
                    row.parcel,
                    row.rubric,
                    row.dataset,
                    row.dataset_digest,
                    row.data_dir,
                    row.seed,
                    row.grader,
                    row.fault,
                    row.scorecard,
                    row.seconds,
                ),
            )
            if observations is not None:
                db.execute("INSERT OR REPLACE INTO observations VALUES (?, ?)", (row.conditions, observations))
            db.executemany(
                "INSERT INTO criterion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        row.key,
                        place,
                        c.name,
                        c.title,
                        c.group,
                        c.points,
                        c.earned,
                        c.open_points,
                        c.standing,
                        c.reason,
                        c.feedback,
                        c.seconds,
                        c.visibility,
                    )
                    for place, c in enumerate(row.criteria)
                ],
            )
            db.executemany(
                "INSERT OR IGNORE INTO mistake VALUES (?, ?, ?, ?)",
                [(row.key, c.name, identity, words) for c in row.criteria for identity, words in c.mistakes],
            )
            db.executemany(
                "UPDATE hand_in SET sitting = ?, problem = '' WHERE student = ?", [(row.key, s) for s in students]
            )

    def is_graded(self, key: str) -> bool:
        """Tell whether a sitting was graded; one that the machinery failed at is to be tried again."""
        return bool(self.rows("SELECT 1 FROM sitting WHERE key = ? AND fault = ''", (key,)))

    def sitting(self, key: str) -> SittingRow | None:
        """Return a sitting without its criteria; None if there is none."""
        rows = self.rows("SELECT * FROM sitting WHERE key = ?", (key,))
        return SittingRow(**dict(rows[0])) if rows else None

    def parcel(self, digest: str) -> bytes:
        """Return a parcel as it was kept."""
        return bytes(self.rows("SELECT content FROM parcel WHERE digest = ?", (digest,))[0]["content"])

    def observations(self, conditions: str) -> bytes | None:
        """Return what was answered under these conditions as it was kept; None if it was not."""
        rows = self.rows("SELECT content FROM observations WHERE conditions = ?", (conditions,))
        return bytes(rows[0]["content"]) if rows else None

    def point_to(self, sittings: Mapping[str, str]) -> None:
        """Give students other sittings (student -> key), all of them or none."""
        with self.transaction() as db:
            db.executemany("UPDATE hand_in SET sitting = ? WHERE student = ?", [(k, s) for s, k in sittings.items()])

    # Published files

    def published(self) -> dict[str, str]:
        """Return what each student's files were last written from."""
        return {row["student"]: row["content"] for row in self.rows("SELECT * FROM published")}

    def keep_published(self, student: str, content: str | None) -> None:
        """Note what a student's files were written from; None when they were removed."""
        with self.transaction() as db:
            db.execute("DELETE FROM published WHERE student = ?", (student,))
            if content is not None:
                db.execute("INSERT INTO published VALUES (?, ?)", (student, content))

    # Review

    def awards(self) -> dict[tuple[str, str], Award]:
        """Return the points that people gave, by student and criterion."""
        found: dict[tuple[str, str], Award] = {}
        for row in self.rows("SELECT * FROM override ORDER BY id"):
            place = (row["student"], row["criterion"])
            found.pop(place, None)
            if row["points"] is not None:
                found[place] = Award(**{key: row[key] for key in Award.__dataclass_fields__})
        return found

    def keep_awards(self, awards: Sequence[Award]) -> None:
        """Add awards, all of them or none; the newest of a student and criterion counts."""
        with self.transaction() as db:
            for award in awards:
                db.execute(
                    "INSERT INTO override (student, criterion, points, who, at, why) VALUES (?, ?, ?, ?, ?, ?)",
                    (award.student, award.criterion, award.points, award.who, award.at, award.why),
                )
                db.execute("DELETE FROM skipped WHERE student = ? AND criterion = ?", (award.student, award.criterion))

    def skipped(self) -> set[tuple[str, str]]:
        """Return the open points that a reviewer left for later, by student and criterion."""
        return {(row["student"], row["criterion"]) for row in self.rows("SELECT * FROM skipped")}

    def keep_skipped(self, student: str, criterion: str) -> None:
        """Note that a reviewer left these open points for later."""
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO skipped VALUES (?, ?)", (student, criterion))
