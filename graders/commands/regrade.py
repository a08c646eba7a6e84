"""`grade.py regrade RESULTS --rubric NEW`: judge a graded class by another rubric."""

import argparse
import sys
from pathlib import Path

from graders.commands.batch import STOPPED, add_export_options, cores, count

EPILOG = """\
examples:
  python grade.py regrade results/ --rubric milder.yaml          who would change, and why
  python grade.py regrade results/ --rubric milder.yaml --apply  make it so

Judges again from the recorded answers. A submission's code runs only where the new rubric asks
something that was not asked before. Points that reviewers gave stay as they are.

exit status: 0 done    2 usage, rubric or disk error    3 something is ungraded
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    regrade = commands.add_parser(
        "regrade",
        help="judge a graded class by another rubric",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    regrade.add_argument("results", type=Path, help="the folder that 'batch' wrote")
    regrade.add_argument("--rubric", required=True, metavar="NEW", help="the new rubric: a file, or a name in rubrics/")
    regrade.add_argument("--apply", action="store_true", help="make the new results count")
    regrade.add_argument("--jobs", type=count, default=cores(), help="submissions at a time (all cores: %(default)s)")
    regrade.add_argument("--json", action="store_true", help="print the changes as JSON, the rest on stderr")
    add_export_options(regrade)
    regrade.add_argument("--quiet", action="store_true", help="say nothing but errors")


def run(options: argparse.Namespace) -> int:
    """Judge again."""
    from graders.batch.regrade_class import regrade_class  # noqa: PLC0415 - slow to import

    try:
        return regrade_class(options)
    except KeyboardInterrupt:
        sys.stderr.write("stopped: nothing was changed; what was judged is kept for the next run\n")
        return STOPPED
