"""The written answers: Markdown under the contract's headings, from answers.md and from a notebook's text cells."""

import re
from collections.abc import Iterable

HEADINGS = ("Derivation", "Overfitting", "Hidden width", "Schedules")
HEADING_LINE = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
FENCE = re.compile(r" {0,3}(```|~~~)")


def decode_text(raw: bytes) -> str:
    """Return prose with LF line ends, whatever it was saved as; what cannot be text is replaced."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = raw.decode("utf-16", errors="replace")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")


def contract_heading(title: str) -> str | None:
    """Return the contract's heading that a title stands for, however it is numbered, decorated or cased."""
    words = re.sub(r"[\W_]+", " ", title).casefold()
    return next((h for h in HEADINGS if f" {h.casefold()} " in f" {words} "), None)


def sections(text: str) -> dict[str, str]:
    """Return what is written under each of the contract's headings; one that comes twice is joined.

    A section ends at the next heading of the contract and at any heading of its own level or above.
    """
    found: dict[str, list[str]] = {}
    current: str | None = None
    level = 0
    fence = ""
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if mark and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        heading = None if fence else HEADING_LINE.match(line)
        title = contract_heading(heading[2] or "") if heading else None
        if heading and title:
            current, level = title, len(heading[1])
            found.setdefault(title, [])
        elif heading and len(heading[1]) <= level:
            current = None
        elif current is not None:
            found[current].append(line)
    return {title: "\n".join(lines).strip() for title, lines in found.items()}


def merged(own: str, cells: Iterable[str]) -> str:
    """Return the answers of answers.md, completed by those sections of a notebook that it does not have.

    Args:
        own: text of answers.md, "" without it.
        cells: the notebook's Markdown cells in order.
    """
    joined = "\n\n".join(cells)
    have = sections(own)
    more = {title: body for title, body in sections(joined).items() if title not in have}
    if not have and not more:
        return own.strip() or joined.strip()
    written = [own.strip(), *(f"## {title}\n\n{more[title]}" for title in HEADINGS if title in more)]
    return "\n\n".join(part for part in written if part)
