"""`grade.py new`: a folder to start from."""

import argparse
import shlex
import sys
from pathlib import Path

DESCRIPTION = """\
Make a fresh copy of the template: the functions to fill in, the questions, the
task in its README.md, and tests that `pytest` and your editor's test pane run.
"""

EPILOG = """\
examples:
  python grade.py new hw1              four files, one for each part of the task
  python grade.py new hw1 --notebook   one notebook instead

Nothing is ever overwritten: a folder that holds something is refused.
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "new",
        help="for students: a fresh copy of the template",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder to make; it may be there, if it is empty")
    parser.add_argument("--notebook", action="store_true", help="code and answers in one notebook, solution.ipynb")


def run(options: argparse.Namespace) -> int:
    """Write the files and say what to do with them."""
    from rich.console import Console  # noqa: PLC0415 - slow to import

    from graders.handout import hand_out  # noqa: PLC0415 - the same

    names = hand_out(options.folder, notebook=options.notebook)
    home = Path(sys.argv[0]).resolve().parent
    folder = options.folder.resolve()
    # The tests look around and beside their folder; from farther away they have to be told.
    named = "" if home in folder.parents or home.parent == folder.parent else f"PLUMBLINE={shlex.quote(str(home))} "
    check = f"python {shlex.quote(sys.argv[0])} check {shlex.quote(str(options.folder))}"
    told = (
        f"Made {options.folder} with {', '.join(names)}.\n"
        "The task is in its README.md. Then, as often as you like:\n\n"
        f"  {check}           what is next\n"
        f"  {check} --hint    a hint for it\n"
        f"  {check} --watch   check again whenever you save\n"
        f"  {named}pytest {shlex.quote(str(options.folder))}   the same as tests, in your editor's test pane too"
    )
    Console().print(told, markup=False, highlight=False, soft_wrap=True)
    return 0
