"""results.db as a whole: the class, its sittings, what people decided, and what was published."""

from graders.ledger.hand_ins import HandIns
from graders.ledger.reviews import Reviews
from graders.ledger.sittings import Sittings


class Ledger(HandIns, Sittings, Reviews):
    """The ledger of one class; its arguments are those of `Database`."""

    def published(self) -> dict[str, str]:
        """Return what each student's files were last written from."""
        return {row["student"]: row["content"] for row in self.rows("SELECT * FROM published")}

    def keep_published(self, student: str, content: str | None) -> None:
        """Note what a student's files were written from; None when they were removed."""
        with self.transaction() as db:
            db.execute("DELETE FROM published WHERE student = ?", (student,))
            if content is not None:
                db.execute("INSERT INTO published VALUES (?, ?)", (student, content))
