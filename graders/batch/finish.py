"""The files of the class as a whole, written from the ledger alone: the same ledger, the same bytes."""

from collections.abc import Sequence
from pathlib import Path

from graders.dashboard import render_dashboard
from graders.exports.export import Exported, ExportFiles
from graders.exports.gradebook import gradebook
from graders.exports.write import opened_exports
from graders.foundation.errors import BadUsage
from graders.ledger import Ledger, figures_of, results_of
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
        with opened_exports(exports, folder, files) as opened:
            figures = []
            # The words of a class of ten thousand take hundreds of megabytes, its figures about twenty.
            for result in results_of(ledger):
                figures.append(figures_of(result))
                for export in opened:
                    export.add(result)
            write_whole(folder / "gradebook.csv", gradebook(figures))
            similarity = SIMILARITY if (folder / SIMILARITY).is_file() else ""
            write_whole(folder / "index.html", render_dashboard(ledger, figures, title, similarity=similarity))
            return [export.written() for export in opened]
    except OSError as error:
        message = f"cannot write to {folder} ({error.strerror or error})"
        remedy = "Make room, or give write permission, and run the same command again; what was graded is kept."
        raise BadUsage(message, remedy=remedy) from error
