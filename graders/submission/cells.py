"""One code cell of a notebook, made plain Python: IPython's magics, shell lines and help are taken out.

Line numbers stay: a line that is taken out leaves an empty line or a `pass`. IPython itself is not needed.
"""

import re
from dataclasses import dataclass

from graders.submission.source import parse_quietly, unix_lines

# Cell magics that run their body in the notebook's own namespace; the body of any other is no part of it.
TRANSPARENT = frozenset({"time", "capture", "prun", "memit", "snakeviz", "wandb"})
WRITERS = frozenset({"writefile", "file"})
# IPython runs these without a per-cent sign too (automagic).
AUTOMAGIC = re.compile(
    r"(pip3?|conda|mamba|cd|ls|cat|cp|mv|rm|mkdir|matplotlib|load_ext|autoreload)( +[-\w./~$*{\"'].*)?$"
)
ESCAPES = ("%", "!", "?", "/", ",", ";")
ASSIGNED = re.compile(r"[\w.\[\], *]+=\s*(!|%(?!=))\s*\w")
HELP = re.compile(r"%{0,2}[\w.*]+\?{1,2}(\s*;)?\s*(#.*)?$")
TIMED = re.compile(r"%time\s+(?!-)(?P<statement>\S.*)$")
CELL_MAGIC = re.compile(r"%%\s*([\w!]+)\s*(.*)$")
QUOTES = ("'''", '"""', "'", '"')


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCode:
    """What a code cell comes to.

    Args:
        text: the Python of the cell, line for line.
        dropped: the cell magic whose body is no Python of the notebook, "" for an ordinary cell.
        file: the path that the cell writes its body to, "" if it writes none.
        appends: whether the body is added to that file.
    """

    text: str
    dropped: str = ""
    file: str = ""
    appends: bool = False


def clean(source: str) -> CellCode:
    """Return the Python of a code cell. Never raises: what is no Python afterwards was none before."""
    lines = unix_lines(source).split("\n")
    for index, line in enumerate(lines):
        magic = CELL_MAGIC.match(line)
        if line.strip() and magic is None:
            break
        lines[index] = ""
        if magic and magic[1] in WRITERS:
            options, _, path = magic[2].strip().rpartition(" ")
            text = "\n".join(lines)
            return CellCode(text=text, dropped=magic[1], file=path.strip("\"'"), appends="-a" in options.split())
        if magic and magic[1] not in TRANSPARENT:
            return CellCode(text="\n".join(lines), dropped=magic[1])
    lines = dedented(lines)
    text = "\n".join(lines)
    return CellCode(text=text if is_python(text) else "\n".join(without_magics(lines)))


def is_python(text: str) -> bool:
    """Return whether a text parses. One that does holds no magic, whatever its lines begin with."""
    try:
        parse_quietly(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def dedented(lines: list[str]) -> list[str]:
    """Take the first line's indentation from all lines that have it, as IPython does."""
    first = next((line for line in lines if line.strip()), "")
    margin = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(margin) for line in lines] if margin else lines


def without_magics(lines: list[str]) -> list[str]:
    """Replace magics, shell lines and help by `pass`, leaving strings and continued lines alone."""
    scan = LineScan()
    kept = []
    escaped = False
    for line in lines:
        if escaped or (scan.at_statement and is_escape(line.strip())):
            timed = None if escaped else TIMED.match(line.strip())
            continues, escaped = escaped, line.endswith("\\")
            indent = line[: len(line) - len(line.lstrip())]
            if timed is None:
                kept.append("" if continues else indent + "pass")
                continue
            line = indent + timed["statement"]  # noqa: PLW2901 - `%time statement` runs the statement
            escaped = False
        scan.read(line)
        kept.append(line)
    return kept


def is_escape(statement: str) -> bool:
    """Return whether a line at the start of a statement is IPython's and not Python's."""
    return bool(
        statement.startswith(ESCAPES)
        or AUTOMAGIC.match(statement)
        or ASSIGNED.match(statement)
        or HELP.match(statement)
    )


class LineScan:
    """Knows, reading a text line by line, whether the next line begins a statement or stands inside a string."""

    def __init__(self) -> None:
        self._quote = ""
        self._depth = 0
        self._continued = False

    @property
    def in_string(self) -> bool:
        """Whether the next line begins inside a string."""
        return bool(self._quote)

    @property
    def at_statement(self) -> bool:
        """Whether the next line begins a statement: outside strings and brackets, after no backslash."""
        return not self._quote and self._depth == 0 and not self._continued

    def read(self, line: str) -> None:
        """Take in one line."""
        self._continued = False
        at = 0
        while at < len(line):
            at = self._after_string(line, at) if self._quote else self._after_code(line, at)
        if len(self._quote) == 1 and not self._continued:
            self._quote = ""  # a one-line string ends with its line, closed or not

    def _after_string(self, line: str, at: int) -> int:
        if line[at] == "\\":
            self._continued = at == len(line) - 1
            return at + 2
        if line.startswith(self._quote, at):
            at += len(self._quote)
            self._quote = ""
            return at
        return at + 1

    def _after_code(self, line: str, at: int) -> int:
        character = line[at]
        if character == "#":
            return len(line)
        if character in "'\"":
            self._quote = next(quote for quote in QUOTES if line.startswith(quote, at))
            return at + len(self._quote)
        if character in "([{":
            self._depth += 1
        elif character in ")]}":
            self._depth = max(0, self._depth - 1)
        self._continued = character == "\\" and at == len(line) - 1
        return at + 1
