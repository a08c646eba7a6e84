"""A CSV file that belongs to the instructor: read as its platform wrote it, given back in the same dress."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from graders.exports.table import csv_text
from graders.foundation.errors import BadUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """Rows of cells, and how the file was dressed.

    Args:
        path: the file, for messages.
        rows: all rows, the header first.
        delimiter: what stands between cells.
        line_end: what stands between rows.
        mark: whether the file began with a byte-order mark.
    """

    path: Path
    rows: list[list[str]]
    delimiter: str
    line_end: str
    mark: bool

    def text(self, rows: list[list[object]]) -> str:
        """Return rows in this file's dress."""
        return ("\ufeff" if self.mark else "") + csv_text(rows, line_end=self.line_end, delimiter=self.delimiter)


def read_sheet(path: Path) -> Sheet:
    """Read a CSV file.

    Raises:
        BadUsage: it is none.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read as UTF-8 text ({error})"
        raise BadUsage(message, remedy="Use the file as the platform gave it for download.") from error
    mark = text.startswith("\ufeff")
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        message = f"{path} is no CSV file ({error})"
        raise BadUsage(message, remedy="Use the file as the platform gave it for download.") from error
    if not rows or len(rows[0]) < 2:
        message = f"{path} has no header"
        raise BadUsage(message, remedy="Use the file as the platform gave it for download.")
    return Sheet(
        path=path, rows=rows, delimiter=delimiter, line_end="\r\n" if first.endswith("\r") else "\n", mark=mark
    )


def scaled(total: float, points: float, possible: str) -> float:
    """Return a total on the platform's own scale; as it is where that says no number."""
    try:
        scale = float(possible.replace(",", "."))
    except ValueError:
        return total
    within = 0 < scale < float("inf") and points > 0
    return round(total / points * scale, 2) if within else total
