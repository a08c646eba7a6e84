"""Opening results.db. Every change is one transaction; what a kill interrupts never happened."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from graders.foundation.errors import PlumblineError
from graders.ledger.schema import NEWEST, TooNew, migrate

FILE = "results.db"
LOCK_SECONDS = 10.0
PAGE_BYTES = 2**15  # of a new file; what a submission answered is 20 MB, for which small pages take thrice the time


class LedgerError(PlumblineError):
    """results.db cannot be read or written: disk full, closed to us, locked by somebody else. Nothing in it is lost."""

    exit_status = 2


class Database:
    """results.db of one class, opened.

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
            self._db.execute(f"PRAGMA page_size = {PAGE_BYTES}")
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
