"""`grade.py review RESULTS`: give the points that only a person can give."""

import argparse
from pathlib import Path

from graders.commands.batch import add_platform_files, cores, count
from graders.exports.formats import FORMATS

EPILOG = """\
examples:
  python grade.py review results/                      walk through what is open
  python grade.py review results/ --all                also through what is decided
  python grade.py review results/ --export review.csv  for a spreadsheet
  python grade.py review results/ --import review.csv

Each award is kept at once, with who, when and why; stop at any time and go on later.
Awards survive a regrade.
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    review = commands.add_parser(
        "review",
        help="give the points that are open for a person",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    review.add_argument("results", type=Path, help="the folder that 'batch' wrote")
    review.add_argument("--reviewer", default="", metavar="NAME", help="who gives the points (your login)")
    review.add_argument("--all", action="store_true", help="also criteria that are decided: override them")
    way = review.add_mutually_exclusive_group()
    way.add_argument("--export", type=Path, metavar="FILE", help="write what is open as CSV")
    way.add_argument("--import", type=Path, metavar="FILE", dest="import_", help="read a filled-in CSV")
    review.add_argument(
        "--export-to",
        action="append",
        default=[],
        choices=FORMATS,
        help="afterwards write RESULTS/exports/ for this system; repeatable",
    )
    add_platform_files(review)
    review.add_argument("--jobs", type=count, default=cores(), help="reports written at a time (%(default)s)")


def run(options: argparse.Namespace) -> int:
    """Review."""
    from graders.batch.review_class import review_class  # noqa: PLC0415 - slow to import

    return review_class(options)
