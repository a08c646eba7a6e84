"""Student words as plain text: what could move a cursor, colour a terminal or reverse a line is taken out."""

import re

_ESCAPE_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS: titles, links
    r"|\x1b[ -/]*[0-~]?"
)
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# Control characters but tab and newline; bidirectional overrides, isolates and marks; other characters that show
# nothing (zero-width space, word joiner, byte order mark, annotations, tags). Joiners stay: scripts need them.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f"
    r"\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def plain_text(text: str) -> str:
    r"""Return `text` without escape sequences, control characters and bidirectional overrides.

    Line ends become \n, tabs stay, lone surrogates become U+FFFD; so the result can always be encoded as UTF-8.
    """
    if text.isascii() and text.isprintable():
        return text
    told = _ESCAPE_SEQUENCES.sub("", text)
    told = _LINE_ENDS.sub("\n", told)
    return _SURROGATES.sub("\ufffd", _UNSEEN.sub("", told))


def one_line(text: str) -> str:
    """Return `text` as plain text on a single line."""
    return " ".join(plain_text(text).split())
