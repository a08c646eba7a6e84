"""The files of the class as a whole, written from the ledger alone: the same ledger, the same bytes."""

from collections.abc import Sequence
from pathlib import Path

from graders.dashboard import render_dashboard
from graders.exports.gradebook import gradebook
from graders.exports.write import Exported, ExportFiles, write_export
from graders.foundation.errors import BadUsage
from graders.ledger import Ledger, results_of
from graders.report.whole_file import write_whole

NO_FILES = ExportFiles()
SIMILARITY = "similarity/index.html"


def finish(
    ledger: Ledger, folder: Path, title: str, exports: Sequence[str] = (), files: ExportFiles = NO_FILES
) -> list[Exported]:
    """Write gradebook.csv, index.html and the exports.

    Raises:
        BadUsage: they cannot be written, or a platform's file is not what it should be.
    """
    try:
        results = list(results_of(ledger))  # read once; a class of ten thousand takes a few hundred megabytes
        write_whole(folder / "gradebook.csv", gradebook(results))
        similarity = SIMILARITY if (folder / SIMILARITY).is_file() else ""
        write_whole(folder / "index.html", render_dashboard(ledger, results, title, similarity=similarity))
        return [write_export(kind, results, folder, files) for kind in exports]
    except OSError as error:
        message = f"cannot write to {folder} ({error.strerror or error})"
        remedy = "Make room, or give write permission, and run the same command again; what was graded is kept."
        raise BadUsage(message, remedy=remedy) from error
