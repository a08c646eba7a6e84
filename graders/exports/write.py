"""Writing an export under RESULTS/exports/."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.exports.canvas import canvas_text
from graders.exports.classroom50 import classroom50_text
from graders.exports.gradescope import gradescope_results, gradescope_text
from graders.exports.junit import junit_text
from graders.exports.moodle import moodle_text
from graders.foundation.errors import BadUsage
from graders.ledger import StudentResult
from graders.report.whole_file import write_whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFiles:
    """What some platforms need beside the results.

    Args:
        canvas_csv: the gradebook as Canvas exported it.
        assignment: the assignment's heading in it.
        moodle_csv: the grading worksheet as Moodle exported it.
    """

    canvas_csv: Path | None = None
    assignment: str = ""
    moodle_csv: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: the file or folder, and who is not in it and why."""

    path: Path
    left_out: Sequence[str] = ()
    why: str = "they have no total yet"


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


def write_export(kind: str, results: Sequence[StudentResult], folder: Path, files: ExportFiles) -> Exported:
    """Write one export.

    Args:
        kind: one of FORMATS.
        results: the class.
        folder: the folder of the results.
        files: what the platform gave.

    Raises:
        BadUsage: the platform's file is not what it should be.
        OSError: the export cannot be written.
    """
    out = folder / "exports"
    out.mkdir(parents=True, exist_ok=True)
    match kind:
        case "canvas":
            assert files.canvas_csv is not None
            text, missing = canvas_text(files.canvas_csv, files.assignment, results)
            return _whole(out / "canvas.csv", text, missing)
        case "moodle":
            assert files.moodle_csv is not None
            text, missing = moodle_text(files.moodle_csv, results)
            return _whole(out / "moodle.csv", text, missing)
        case "junit":
            return _whole(out / "junit.xml", junit_text(results), ())
    left_out = []
    for result in results:
        if kind == "gradescope":
            told = gradescope_results(result)
            text_of_one = None if told is None else gradescope_text(told)
        else:
            text_of_one = classroom50_text(result)
        target = out / kind / result.hand_in.student / "results.json"
        if text_of_one is None:
            left_out.append(result.hand_in.name)
            target.unlink(missing_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, text_of_one)
    return Exported(path=out / kind, left_out=left_out)


def _whole(path: Path, text: str, missing: Sequence[str]) -> Exported:
    write_whole(path, text)
    return Exported(path=path, left_out=missing, why="the platform's file has no line for them")
