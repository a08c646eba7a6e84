"""Sittings in results.db: what was handed in, by which rubric it was judged, what was answered and what came out."""

import sqlite3
from collections.abc import Sequence

from graders.ledger.database import Database
from graders.ledger.rows import SittingRow


class Sittings(Database):
    """Reads and writes sittings."""

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
