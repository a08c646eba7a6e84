"""The class in results.db: who handed in what, and which sitting each has."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from graders.ledger.database import Database
from graders.ledger.rows import HandInRow


class HandIns(Database):
    """Reads and writes the class."""

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
        return [hand_in_of(row) for row in self.rows("SELECT * FROM hand_in ORDER BY place")]

    def point_to(self, sittings: Mapping[str, str]) -> None:
        """Give students other sittings (student -> key), all of them or none."""
        with self.transaction() as db:
            db.executemany("UPDATE hand_in SET sitting = ? WHERE student = ?", [(k, s) for s, k in sittings.items()])


def hand_in_of(row: sqlite3.Row) -> HandInRow:
    """Return a row of the table hand_in, with or without other columns, as the rest of the program sees it."""
    return HandInRow(
        student=row["student"],
        identity=json.loads(row["identity"]),
        source=row["source"],
        late=bool(row["late"]),
        problem=row["problem"],
        notices=tuple((message, where) for message, where in json.loads(row["notices"])),
        sitting=row["sitting"],
    )
