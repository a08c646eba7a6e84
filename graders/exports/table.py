"""CSV that a spreadsheet opens as text and numbers, never as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

# A cell that begins with one of these is a formula, a command or an import to some spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def csv_text(rows: Iterable[Sequence[object]], *, line_end: str = "\r\n", delimiter: str = ",") -> str:
    """Return rows as CSV (RFC 4180): text is defused, numbers stay numbers, None is an empty cell."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=line_end, delimiter=delimiter)
    writer.writerows([cell(value) for value in row] for row in rows)
    return buffer.getvalue()


def cell(value: object) -> str:
    """Return a value as a cell."""
    if value is None:
        return ""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, int):
        return str(value)
    return defused(str(value))


def number(value: float) -> str:
    """Return a number as a person writes it: 6, 5.5, 5.25."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def defused(text: str) -> str:
    """Return text with an apostrophe in front where a spreadsheet would take it for a formula."""
    bare = text.lstrip(" \u00a0\ufeff")
    risky = len(bare) > 1 and bare.startswith(FORMULA_STARTS) and not _is_number(bare)  # a lone dash is a dash
    return f"'{text}" if risky else text.encode(errors="replace").decode()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
