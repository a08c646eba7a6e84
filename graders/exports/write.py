"""Writing an export under RESULTS/exports/."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from graders.exports.canvas import canvas_text
from graders.exports.classroom50 import classroom50_text
from graders.exports.export import Export, ExportFiles, FileEach, JunitExport, TableExport
from graders.exports.gradescope import gradescope_file
from graders.exports.moodle import entry_of, moodle_text
from graders.foundation.errors import BadUsage
from graders.ledger import figures_of
from graders.report.whole_file import whole_file


def refuse_incomplete(formats: Sequence[str], files: ExportFiles) -> None:
    """Refuse an export whose file is missing, before hours of grading.

    Raises:
        BadUsage: it is.
    """
    if "canvas" in formats and not (files.canvas_csv and files.assignment):
        message = "the Canvas export fills in your own gradebook file"
        raise BadUsage(message, remedy="Give it with --canvas-csv FILE --assignment 'Title (12345)'.")
    if "moodle" in formats and not files.moodle_csv:
        message = "the Moodle export fills in your own grading worksheet"
        raise BadUsage(message, remedy="Give it with --moodle-csv FILE.")
    if "canvas" in formats:
        assert files.canvas_csv is not None
        canvas_text(files.canvas_csv, files.assignment, ())
    if "moodle" in formats:
        assert files.moodle_csv is not None
        moodle_text(files.moodle_csv, ())


@contextmanager
def opened_exports(kinds: Sequence[str], folder: Path, files: ExportFiles) -> Iterator[list[Export]]:
    """Open exports, so that one reading of the class is enough for all: each is given every student, then written.

    Args:
        kinds: some of FORMATS.
        folder: the folder of the results.
        files: what the platforms gave.

    Raises:
        OSError: they cannot be written.
    """
    with ExitStack() as whole_files:
        yield [_export(kind, folder / "exports", files, whole_files) for kind in kinds]


def _export(kind: str, out: Path, files: ExportFiles, whole_files: ExitStack) -> Export:
    out.mkdir(parents=True, exist_ok=True)
    match kind:
        case "canvas":
            assert files.canvas_csv is not None
            filled_in = partial(canvas_text, files.canvas_csv, files.assignment)
            return TableExport(out / "canvas.csv", figures_of, filled_in)
        case "moodle":
            assert files.moodle_csv is not None
            return TableExport(out / "moodle.csv", entry_of, partial(moodle_text, files.moodle_csv))
        case "junit":
            path = out / "junit.xml"
            return JunitExport(path, whole_files.enter_context(whole_file(path)))
        case "gradescope":
            return FileEach(out / kind, gradescope_file)
    return FileEach(out / kind, classroom50_text)
