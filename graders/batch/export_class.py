"""One run of `grade.py export`."""

import argparse

from rich.console import Console

from graders.batch.finish import finish
from graders.batch.grade_class import export_files, in_use, tell_exports
from graders.batch.review_class import title_of
from graders.exports.write import refuse_incomplete
from graders.ledger import Ledger


def export_class(options: argparse.Namespace) -> int:
    """Write a graded class for a platform; returns the exit status.

    Raises:
        BadUsage: the folder holds no graded class, or the platform's file is wrong.
    """
    console = Console(highlight=False)
    files = export_files(options)
    refuse_incomplete([options.format], files)
    with in_use(options.results, create=False), Ledger(options.results) as ledger:
        tell_exports(console, finish(ledger, options.results, title_of(ledger), [options.format], files))
    return 0
