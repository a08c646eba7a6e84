"""Python source as a student saved it: decoded as Python itself would, and compiled, but never run."""

import ast
import codecs
import io
import re
import threading
import tokenize
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType

# Everything else that Python calls a codec is no text encoding, or takes quadratic time on hostile input.
TEXT_ENCODINGS = re.compile(r"(utf-8|ascii|iso8859|cp\d|koi8|mac|gb|big5|hz|shift_jis|euc|iso2022|johab|tis-620)")
CODING_LINE = re.compile(r"^([ \t\f]*#.*?coding[:=][ \t]*)([-\w.]+)", re.ASCII)
WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
SAVE_AS_UTF8 = "save the file as UTF-8"

_warnings_lock = threading.Lock()


class UndecodableSource(Exception):
    """The bytes are no Python source text. Carries the message and the line it is about (0 for the whole file)."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@contextmanager
def no_warnings() -> Iterator[None]:
    """Keep a student's invalid escape or `is 0` from becoming our warning, or our error under `python -W error`."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def compile_quietly(source: str | ast.Module, flags: int = 0) -> CodeType:
    """Compile without running and without a warning; raises what `compile` raises."""
    with no_warnings():
        code: CodeType = compile(source, "<submission>", "exec", flags=flags, dont_inherit=True)
    return code


def parse_quietly(text: str) -> ast.Module:
    """Parse without a warning; raises what `ast.parse` raises."""
    with no_warnings():
        return ast.parse(text)


def unix_lines(text: str) -> str:
    """Return the text with every line end as a line feed, the three ways Python itself reads them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decode_source(raw: bytes) -> str:
    """Return the source text with LF line ends, without byte-order mark, its coding line (PEP 263) made UTF-8.

    Raises:
        UndecodableSource: the bytes are not text in the encoding that Python would read them in.
    """
    if raw.startswith(WIDE_MARKS):
        msg = f"the file is saved as UTF-16 or UTF-32, which Python does not read; {SAVE_AS_UTF8}"
        raise UndecodableSource(msg)
    encoding = _encoding_of(raw)
    try:
        text = unix_lines(raw.decode(encoding))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        msg = f"byte 0x{raw[error.start]:02x} is not {encoding} text; {SAVE_AS_UTF8}"
        raise UndecodableSource(msg, line) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        msg = f"the file holds a NUL character, so it is no Python source; {SAVE_AS_UTF8}"
        raise UndecodableSource(msg, line)
    head = text.split("\n", 2)
    head[:2] = [CODING_LINE.sub(r"\1utf-8", line_text) for line_text in head[:2]]
    return "\n".join(head)


def _encoding_of(raw: bytes) -> str:
    """Return the encoding that a byte-order mark or a coding line declares, else UTF-8."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    except SyntaxError as error:
        if "invalid or missing" in str(error):
            return "utf-8"  # decoding then tells which byte is wrong
        msg = f"{plain(str(error))}; {SAVE_AS_UTF8}"
        raise UndecodableSource(msg, 1) from None
    if not TEXT_ENCODINGS.match(codecs.lookup(encoding).name):
        msg = f"the file declares the encoding {plain(encoding)}, which is not read here; {SAVE_AS_UTF8}"
        raise UndecodableSource(msg, 1)
    return encoding


def compile_fault(text: str, where: Callable[[int], str], flags: int = 0) -> str | None:
    """Return why a text does not compile, with its place and its line of source; None if it does.

    Args:
        text: Python source.
        where: leads from a line number to a place such as "mlp_numpy.py, line 12".
        flags: compiler flags.
    """
    try:
        compile_quietly(text, flags)
    except SyntaxError as error:
        line = error.lineno or 1
        source = shown_line(text, line)
        return f"{where(line)}: {error.msg}" + (f"\n    {source}" if source else "")
    except (RecursionError, MemoryError):
        return f"{where(1)}: the code is nested too deeply for Python to compile"
    except (ValueError, OverflowError) as error:
        return f"{where(1)}: Python cannot compile the code ({plain(str(error))})"
    return None


def shown_line(text: str, line: int) -> str:
    """Return one line of source, fit to be shown: stripped, plain and at most 120 characters."""
    lines = text.split("\n")
    return plain(lines[line - 1].strip()) if 1 <= line <= len(lines) else ""


def plain(text: str, limit: int = 120) -> str:
    """Return text without control characters, cut at a limit."""
    kept = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: limit + 1])
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"
