"""`grade.py package gradescope --out autograder.zip`: an archive that a platform runs."""

import argparse
from pathlib import Path

EPILOG = """\
examples:
  python grade.py package gradescope --out autograder.zip
  python grade.py package gradescope --out autograder.zip --rubric selfcheck

Upload the archive under Configure Autograder. It keeps within Gradescope's smallest container (768 MB of memory, half
a processor); choose a larger one for speed. Its isolation is Gradescope's container; the program in it can be read by
the code that is graded, so give Gradescope a rubric whose seed you use nowhere else.
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's options."""
    package = commands.add_parser(
        "package",
        help="make an archive that a platform runs",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    package.add_argument("platform", choices=("gradescope",), help="the platform")
    package.add_argument("--out", type=Path, default=Path("autograder.zip"), help="the archive (%(default)s)")
    package.add_argument("--rubric", default="usaaio_2024_r1_p4", help="a file, or a name in rubrics/ (%(default)s)")
    # What the archive's run_autograder calls, inside the container.
    package.add_argument("--run", action="store_true", help=argparse.SUPPRESS)
    package.add_argument("--submission", type=Path, help=argparse.SUPPRESS)
    package.add_argument("--results", type=Path, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Make the archive, or be what it runs."""
    if options.run:
        from graders.batch.inside_gradescope import grade_inside_gradescope  # noqa: PLC0415 - slow to import

        return grade_inside_gradescope(options.submission, options.results)
    from graders.batch.package_class import package  # noqa: PLC0415 - slow to import

    return package(options.rubric, options.out)
