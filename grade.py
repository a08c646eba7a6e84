"""Plumbline's command line: grade a submission, write its report; print the schemas of rubrics and results."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from graders.foundation.errors import BadUsage, OurFault, PlumblineError

COMMANDS = ("grade", "schema", "points")
DEFAULT_RUBRIC = "usaaio_2024_r1_p4"
INTERRUPTED = 130

EPILOG = """\
examples:
  python grade.py submission/                     grade a folder, a zip, or a notebook
  python grade.py submission/ --rubric selfcheck  a quick check for students, in seconds
  python grade.py submission/ --only softmax      one criterion
  python grade.py submission/ --json              the results as JSON on standard output
  python grade.py schema rubric                   the JSON Schema of rubric files

exit status:
  0 graded (whatever the score)    1 the submission cannot be opened
  2 usage, data or rubric error    3 the grader itself failed, or a criterion is ungraded
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="grade.py",
        description="Grade from-scratch deep learning, name what is wrong, and show the evidence.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="{grade,schema,points}")
    grade = commands.add_parser(
        "grade",
        help="grade a submission (the default: 'grade.py PATH' is enough)",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    grade.add_argument("submission", type=Path, help="a folder, a .zip, a notebook .ipynb, or a single .py file")
    grade.add_argument("--rubric", default=DEFAULT_RUBRIC, help="a file, or a name in rubrics/ (%(default)s)")
    grade.add_argument("--out", type=Path, default=Path("plumbline-report"), help="folder for the report (%(default)s)")
    grade.add_argument("--only", action="append", metavar="CRITERION", help="judge this criterion alone; repeatable")
    grade.add_argument("--seed", type=int, help="draw other random inputs than the rubric's seed gives")
    grade.add_argument("--dataset", help="mnist_10k, fashion_10k, mnist or fashion-mnist (the rubric's choice)")
    grade.add_argument("--data-dir", type=Path, help="folder with the four standard IDX files, instead of a download")
    grade.add_argument("--json", action="store_true", help="print results.json on standard output, the rest on stderr")
    grade.add_argument("--quiet", action="store_true", help="say nothing but errors")
    schema = commands.add_parser("schema", help="print a JSON Schema")
    schema.add_argument("what", choices=("rubric", "results"), help="of rubric files, or of results.json")
    points = commands.add_parser("points", help="print a rubric's point table in Markdown")
    points.add_argument("--rubric", default=DEFAULT_RUBRIC, help="a file, or a name in rubrics/ (%(default)s)")
    return top


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    options = parser().parse_args(with_command(arguments))
    try:
        match options.command:
            case "schema":
                return print_schema(options.what)
            case "points":
                return print_points(options.rubric)
        return grade(options)
    except PlumblineError as error:
        complain(error.message, error.remedy)
        return error.exit_status
    except KeyboardInterrupt:
        complain("interrupted; nothing was written", "")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - never a traceback for a user
        complain(
            f"Plumbline itself failed ({type(error).__name__}: {error})", "Please report this; no score was given."
        )
        return OurFault.exit_status


def with_command(arguments: Sequence[str]) -> Sequence[str]:
    """Put `grade` in front unless another command, or a plea for help, stands there."""
    first = arguments[0] if arguments else "--help"
    return list(arguments) if first in (*COMMANDS, "-h", "--help") else ["grade", *arguments]


def grade(options: argparse.Namespace) -> int:
    """Grade one submission and write its report."""
    # Imported here, so that --help and usage errors answer at once.
    from graders.dataset import load_dataset  # noqa: PLC0415
    from graders.foundation.exam import Exam  # noqa: PLC0415
    from graders.grading.sitting import sit  # noqa: PLC0415
    from graders.report import print_scorecard, progress, record_text, write_html, write_record  # noqa: PLC0415
    from graders.rubric import find_rubric, load_rubric  # noqa: PLC0415
    from graders.submission import open_submission  # noqa: PLC0415

    out = writable_folder(options.out)
    rubric = load_rubric(find_rubric(options.rubric)).only(options.only)
    submission = open_submission(options.submission)
    data = load_dataset(options.dataset or rubric.dataset, data_dir=options.data_dir)
    seed = rubric.seed if options.seed is None else options.seed
    exam = Exam(seed=seed, data=data, training=rubric.training, answers=submission.answers)
    console = Console(stderr=options.json, quiet=options.quiet)
    with progress(console) as shown:
        scorecard = sit(rubric, submission, exam, shown)
    write_html(scorecard, out / "report.html")
    write_record(scorecard, out / "results.json")
    print_scorecard(scorecard, console, report_path=out / "report.html")
    if options.json:
        sys.stdout.write(record_text(scorecard))
    return 0 if scorecard.earned is not None else OurFault.exit_status


def writable_folder(path: Path) -> Path:
    """Return the folder, made if need be, before any work is done for it.

    Raises:
        BadUsage: nothing can be written there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe = path / ".plumbline"
        probe.touch()
        probe.unlink()
    except OSError as error:
        message = f"cannot write to {path} ({error.strerror or error})"
        raise BadUsage(message, remedy="Name another folder with --out.") from error
    return path


def print_schema(what: str) -> int:
    """Print one of the two schemas."""
    from graders.report import record_schema  # noqa: PLC0415 - slow to import
    from graders.rubric.schema import rubric_schema  # noqa: PLC0415 - the same

    sys.stdout.write(rubric_schema() if what == "rubric" else record_schema())
    return 0


def print_points(rubric: str) -> int:
    """Print a rubric's point table."""
    from graders.rubric import find_rubric, load_rubric  # noqa: PLC0415 - slow to import
    from graders.rubric.points import points_table  # noqa: PLC0415 - the same

    sys.stdout.write(points_table(load_rubric(find_rubric(rubric))))
    return 0


def complain(message: str, remedy: str) -> None:
    """Say what is wrong and what to do about it, on standard error."""
    from graders.report.plain_text import plain_text  # noqa: PLC0415 - slow to import

    console = Console(stderr=True)
    console.print(Text("error: ", style="bold red").append(plain_text(message), style="default"), soft_wrap=True)
    if remedy:
        console.print(Text(plain_text(remedy)), soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
