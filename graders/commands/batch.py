"""`grade.py batch SUBMISSIONS --out RESULTS`: grade a whole class."""

import argparse
import os
import sys
from pathlib import Path

from graders.exports.formats import FORMATS

STOPPED = 130

EPILOG = """\
examples:
  python grade.py batch submissions/ --out results/
  python grade.py batch export.zip --out results/ --roster roster.csv
  python grade.py batch submissions/ --out results/ --export canvas \\
      --canvas-csv grades.csv --assignment 'MLP from scratch (12345)'

SUBMISSIONS is a folder of folders, zips, notebooks or single files, of git clones, or what
Gradescope, Canvas or Moodle give for download, unpacked or as a zip.

Whatever happens, run the same command again: what is graded is kept, the rest goes on.
RESULTS/index.html shows the class; RESULTS/gradebook.csv is for a spreadsheet.

exit status: 0 graded    2 usage, data, rubric or disk error    3 something is ungraded
             130 stopped with Ctrl-C
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    batch = commands.add_parser(
        "batch", help="grade a whole class", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    batch.add_argument("submissions", type=Path, help="the class's work: a folder, or an export as downloaded")
    batch.add_argument("--out", type=Path, required=True, metavar="RESULTS", help="folder for ledger and results")
    batch.add_argument("--rubric", default="usaaio_2024_r1_p4", help="a file, or a name in rubrics/ (%(default)s)")
    batch.add_argument("--roster", type=Path, help="CSV with columns such as name, sid, email, login, section")
    batch.add_argument("--jobs", type=count, default=cores(), help="submissions at a time (all cores: %(default)s)")
    batch.add_argument("--seed", type=seed, help="draw other random inputs than the rubric's seed gives")
    batch.add_argument("--dataset", help="mnist_10k, fashion_10k, mnist or fashion-mnist (the rubric's choice)")
    batch.add_argument("--data-dir", type=Path, help="folder with the four standard IDX files")
    batch.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler, such as tcp://host:8786")
    batch.add_argument(
        "--observations",
        choices=("keep", "drop"),
        default="keep",
        help="keep answers for 'regrade' (about 20 MB a submission with the full rubric) or not (%(default)s)",
    )
    batch.add_argument("--similarity", action="store_true", help="also look for look-alikes; changes no score")
    add_export_options(batch)
    batch.add_argument("--quiet", action="store_true", help="say nothing but errors")


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of exports."""
    parser.add_argument(
        "--export",
        action="append",
        default=[],
        choices=FORMATS,
        help="also write RESULTS/exports/ for this system; repeatable",
    )
    add_platform_files(parser)


def add_platform_files(parser: argparse.ArgumentParser) -> None:
    """Add the options that name what a platform gave."""
    parser.add_argument("--canvas-csv", type=Path, metavar="FILE", help="the gradebook that Canvas exported")
    parser.add_argument("--assignment", default="", metavar="TITLE", help="its column, such as 'MLP (12345)'")
    parser.add_argument("--moodle-csv", type=Path, metavar="FILE", help="the grading worksheet that Moodle exported")


def count(text: str) -> int:
    """Return a number of workers."""
    number = int(text)
    if not 1 <= number <= 1024:
        message = "a number from 1 to 1024"
        raise argparse.ArgumentTypeError(message)
    return number


def seed(text: str) -> int:
    """Return a seed."""
    number = int(text)
    if not 0 <= number < 2**31:
        message = "a seed is a whole number from 0 to 2147483647"
        raise argparse.ArgumentTypeError(message)
    return number


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(options: argparse.Namespace) -> int:
    """Grade the class."""
    from graders.batch.grade_class import grade_class  # noqa: PLC0415 - slow to import

    try:
        return grade_class(options)
    except KeyboardInterrupt:
        sys.stderr.write("stopped: what was graded is kept; run the same command again to go on\n")
        return STOPPED
