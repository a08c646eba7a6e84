"""One run of `grade.py review`: walk, export or import, then write the files that changed."""

import argparse
import getpass

from rich.console import Console

from graders.batch.finish import finish
from graders.batch.grade_class import export_files, in_use, say
from graders.batch.publish import Publisher
from graders.batch.publish_class import publish_class
from graders.batch.run import timeout_of
from graders.batch.workers import LocalWorkers
from graders.exports.write import refuse_incomplete
from graders.foundation.errors import BadUsage
from graders.ledger import Ledger
from graders.report.whole_file import write_whole
from graders.review.points import points_of
from graders.review.sheet import awards_in, review_csv
from graders.review.walk import walk

RENDER_SECONDS = 300.0


def review_class(options: argparse.Namespace) -> int:
    """Review a graded class; returns the exit status.

    Raises:
        BadUsage: the folder holds no graded class, or the spreadsheet is wrong.
        LedgerError: results.db cannot be used.
    """
    console = Console(highlight=False)
    who = options.reviewer or getpass.getuser()
    refuse_incomplete(options.export_to, export_files(options))
    with in_use(options.results, create=False), Ledger(options.results) as ledger:
        if options.export:
            return export(options, console, ledger)
        if options.import_:
            awards = awards_in(options.import_, ledger, who)
            ledger.keep_awards(awards)
            given = len(awards)
        else:
            try:
                given = walk(ledger, console, input, who, everything=options.all)
            except KeyboardInterrupt:
                say(console, "")
                given = -1  # some may have been given before Ctrl-C
        left = sum(point.is_open for point in points_of(ledger))
        say(console, f"{max(given, 0)} given by {who}; {left} still open." if given >= 0 else f"{left} still open.")
        if given:
            with LocalWorkers(options.jobs, timeout_of(RENDER_SECONDS)) as workers:
                publish_class(ledger, Publisher(ledger, options.results), workers)
        finish(ledger, options.results, title_of(ledger), options.export_to, export_files(options))
    return 0


def export(options: argparse.Namespace, console: Console, ledger: Ledger) -> int:
    """Write the spreadsheet."""
    try:
        write_whole(options.export, review_csv(ledger, everything=options.all))
    except OSError as error:
        message = f"cannot write {options.export} ({error.strerror or error})"
        raise BadUsage(message, remedy="Name a file in a folder where you may write.") from error
    say(console, f"Fill in the column 'given', then: grade.py review {options.results} --import {options.export}")
    return 0


def title_of(ledger: Ledger) -> str:
    """Return the title of the rubric that the class is judged by."""
    rows = ledger.rows(
        "SELECT r.title FROM hand_in h JOIN sitting s ON s.key = h.sitting JOIN rubric r ON r.digest = s.rubric"
        " ORDER BY h.place LIMIT 1"
    )
    return str(rows[0]["title"]) if rows else "Nothing graded yet"
