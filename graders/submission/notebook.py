"""Reads a notebook file, of whatever version, into its cells; a broken one is refused with line and column."""

import json
from dataclasses import dataclass
from typing import Any

from graders.foundation.errors import BadSubmission
from graders.submission.model import SubmissionLimits
from graders.submission.source import no_warnings, plain

SAVE_AGAIN = "open it in Jupyter, run it, and save it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell.

    Args:
        number: its place among all cells, text cells included, from 1.
        kind: "code", "markdown" or "raw".
        text: its source.
    """

    number: int
    kind: str
    text: str


def read_cells(raw: bytes, path: str, limits: SubmissionLimits) -> list[Cell]:
    """Return the cells of a notebook.

    Args:
        raw: the notebook file's content.
        path: the notebook's path, as the student knows it.
        limits: how many cells, and how much code, are accepted.

    Raises:
        BadSubmission: it is no notebook, is written in another language than Python, or is too large.
    """
    notebook = upgraded(slimmed(parsed(raw, path), path, limits), path)
    language = language_of(notebook)
    if not language.startswith(("python", "ipython")):
        msg = f"{path} is a notebook in {plain(language, 40)}, and this assignment is in Python"
        raise BadSubmission(msg, remedy="hand in a Python notebook")
    cells = [cell_of(number, item) for number, item in enumerate(notebook["cells"], start=1)]
    code = sum(len(cell.text.encode()) for cell in cells if cell.kind == "code")
    if code > limits.max_code_bytes:
        msg = f"{path} has {code:,} bytes of code; at most {limits.max_code_bytes:,} are read"
        raise BadSubmission(msg, remedy="keep data out of the code cells")
    return cells


def parsed(raw: bytes, path: str) -> dict[str, Any]:
    """Return a notebook's JSON.

    Raises:
        BadSubmission: it is none.
    """
    try:
        content = json.loads(raw)
    except json.JSONDecodeError as error:
        hint = " (it looks like a web page)" if raw.lstrip()[:1] == b"<" else "" if raw.strip() else " (it is empty)"
        msg = f"{path} is no notebook{hint}: line {error.lineno}, column {error.colno}: {error.msg}"
        raise BadSubmission(msg, remedy=SAVE_AGAIN) from None
    except (ValueError, RecursionError, MemoryError) as error:
        msg = f"{path} is no notebook: {plain(str(error))}"
        raise BadSubmission(msg, remedy=SAVE_AGAIN) from None
    if not isinstance(content, dict):
        raise no_notebook(path)
    return content


def slimmed(content: dict[str, Any], path: str, limits: SubmissionLimits) -> dict[str, Any]:
    """Return a notebook without its outputs, which may be large or broken and are not graded.

    Raises:
        BadSubmission: it has no list of cells, or too many.
    """
    count = 0
    sheets = content.get("worksheets", [content])
    for sheet in sheets if isinstance(sheets, list) else [None]:
        if not isinstance(sheet, dict) or not isinstance(sheet.get("cells"), list):
            raise no_notebook(path)
        sheet["cells"] = [slim_cell(cell) for cell in sheet["cells"]]
        count += len(sheet["cells"])
    if count > limits.max_cells:
        msg = f"{path} has {count:,} cells; at most {limits.max_cells:,} are read"
        raise BadSubmission(msg, remedy="hand in a notebook with your solution only")
    metadata = content.get("metadata")
    return {"nbformat": 4, "nbformat_minor": 0, **content, "metadata": metadata if isinstance(metadata, dict) else {}}


def slim_cell(cell: object) -> dict[str, Any]:
    """Return a cell without outputs, attachments and metadata; an empty one where the notebook holds none."""
    if not isinstance(cell, dict):
        return {"cell_type": "raw", "source": "", "metadata": {}}
    slim = {key: value for key, value in cell.items() if key not in ("outputs", "attachments", "level")}
    kind = slim.get("cell_type")
    return {
        **slim,
        "metadata": {},
        **({"outputs": []} if kind == "code" else {"level": 2} if kind == "heading" else {}),
    }


def upgraded(content: dict[str, Any], path: str) -> dict[str, Any]:
    """Return a notebook of any version as one of version 4.

    Raises:
        BadSubmission: nbformat cannot read it.
    """
    import nbformat  # noqa: PLC0415 - a tenth of a second, which a submission without a notebook need not pay

    try:
        with no_warnings():
            notebook = nbformat.reader.reads(json.dumps(content))
            upgraded_notebook: dict[str, Any] = nbformat.convert(notebook, 4)
    except Exception as error:  # noqa: BLE001 - on JSON of an unexpected shape nbformat raises whatever comes first
        msg = f"{path} cannot be read as a notebook: {plain(str(error)) or type(error).__name__}"
        raise BadSubmission(msg, remedy=SAVE_AGAIN) from None
    if not isinstance(upgraded_notebook.get("cells"), list):
        raise no_notebook(path)
    return upgraded_notebook


def language_of(notebook: dict[str, Any]) -> str:
    """Return the language a notebook says it is written in, "python" if it does not say."""
    metadata = notebook.get("metadata")
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        section = metadata.get(key) if isinstance(metadata, dict) else None
        language = section.get(field) if isinstance(section, dict) else None
        if isinstance(language, str) and language:
            return language.lower()
    return "python"


def cell_of(number: int, item: dict[str, Any]) -> Cell:
    """Return a cell of a notebook of version 4, whatever its fields hold."""
    source = item.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    text = source if isinstance(source, str) else ""
    # Half a surrogate pair is legal in JSON and in no file.
    return Cell(number=number, kind=str(item.get("cell_type", "raw")), text=text.encode(errors="replace").decode())


def no_notebook(path: str) -> BadSubmission:
    """Return the error for JSON that is something else than a notebook."""
    return BadSubmission(f"{path} is JSON, but no notebook: it has no list of cells", remedy=SAVE_AGAIN)
