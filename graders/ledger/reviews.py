"""What people decided, in results.db: points that they gave, and open points that they left for later."""

from collections.abc import Sequence

from graders.ledger.database import Database
from graders.ledger.rows import Award


class Reviews(Database):
    """Reads and writes what people decided."""

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
