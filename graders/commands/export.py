"""`grade.py export RESULTS FORMAT`: write a graded class for a learning platform."""

import argparse
from pathlib import Path

from graders.commands.batch import add_platform_files
from graders.exports.formats import FORMATS

EPILOG = """\
examples:
  python grade.py export results/ gradescope
  python grade.py export results/ canvas --canvas-csv grades.csv --assignment 'MLP (12345)'
  python grade.py export results/ moodle --moodle-csv worksheet.csv
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    export = commands.add_parser(
        "export",
        help="write a graded class for a learning platform",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    export.add_argument("results", type=Path, help="the folder that 'batch' wrote")
    export.add_argument("format", choices=FORMATS, help="the system that reads it")
    add_platform_files(export)


def run(options: argparse.Namespace) -> int:
    """Write the export."""
    from graders.batch.export_class import export_class  # noqa: PLC0415 - slow to import

    return export_class(options)
