"""Plumbline's command line: grade a submission, write its report; print the schemas of rubrics and results."""

import argparse
import importlib
import pkgutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

import graders.commands
from graders.commands import DEFAULT_RUBRIC
from graders.foundation.errors import BadUsage, OurFault, PlumblineError

OWN = ("grade", "calibrate", "schema", "points")
# One module each, with add_parser(commands) and run(options); the file is the registration.
MODULES = tuple(sorted(module.name for module in pkgutil.iter_modules(graders.commands.__path__)))
COMMANDS = (*OWN, *MODULES)
INTERRUPTED = 130

EPILOG = """\
examples:
  python grade.py submission/                     grade a folder, a zip, or a notebook
  python grade.py check submission/               for students: what is next, in seconds
  python grade.py new hw1                         for students: a folder to start from
  python grade.py submission/ --only softmax      one criterion
  python grade.py submission/ --json              the results as JSON on standard output
  python grade.py batch submissions/ --out results/   a whole class
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
    commands = top.add_subparsers(dest="command", required=True, metavar=f"{{{','.join(COMMANDS)}}}")
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
    grade.add_argument("--seed", type=seed_number, help="draw other random inputs than the rubric's seed gives")
    grade.add_argument("--dataset", help="mnist_10k, fashion_10k, mnist or fashion-mnist (the rubric's choice)")
    grade.add_argument("--data-dir", type=Path, help="folder with the four standard IDX files, instead of a download")
    grade.add_argument("--instructor", action="store_true", help="write instructor.html too, with the right numbers")
    grade.add_argument("--json", action="store_true", help="print results.json on standard output, the rest on stderr")
    grade.add_argument("--require-sandbox", action="store_true", help="refuse to grade where there is no sandbox")
    grade.add_argument("--fresh-room", action="store_true", help="open a new exam room whenever one is needed")
    grade.add_argument("--profile", action="store_true", help="show where the time went")
    grade.add_argument("--quiet", action="store_true", help="say nothing but errors")
    calibrate = commands.add_parser(
        "calibrate",
        help="measure what the reference reaches, and write the thresholds that follow into a rubric",
        description="Train both implementations of the reference on many seeds; write a calibration into RUBRIC.",
    )
    calibrate.add_argument("rubric", help="a file, or a name in rubrics/")
    calibrate.add_argument("--seeds", type=int, default=30, help="how many (%(default)s); more narrow the estimate")
    calibrate.add_argument("--risk", type=float, default=0.001, help="of failing a right submission (%(default)s)")
    calibrate.add_argument("--data-dir", type=Path, help="folder with the four standard IDX files")
    schema = commands.add_parser("schema", help="print a JSON Schema")
    schema.add_argument("what", choices=("rubric", "results"), help="of rubric files, or of results.json")
    listed = grade.format_help().split("options:\n", 1)[1].split("\nexamples:", 1)[0]
    top.epilog = f"options of grade, which is meant when no command is named:\n{listed}\n{EPILOG}"
    points = commands.add_parser("points", help="print a rubric's point table in Markdown")
    points.add_argument("--rubric", default=DEFAULT_RUBRIC, help="a file, or a name in rubrics/ (%(default)s)")
    for name in MODULES:
        importlib.import_module(f"graders.commands.{name}").add_parser(commands)
    return top


def seed_number(text: str) -> int:
    """Return a seed from the command line."""
    seed = int(text)
    if not 0 <= seed < 2**31:
        message = "a seed is a whole number from 0 to 2147483647"
        raise argparse.ArgumentTypeError(message)
    return seed


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    options = parser().parse_args(with_command(arguments))
    for ending in (signal.SIGINT, signal.SIGTERM):  # also where a shell had us ignore it: the rooms must end first
        signal.signal(ending, signal.default_int_handler)
    try:
        match options.command:
            case "schema":
                return print_schema(options.what)
            case "points":
                return print_points(options.rubric)
            case "calibrate":
                return calibrate(options)
        if options.command in MODULES:
            return int(importlib.import_module(f"graders.commands.{options.command}").run(options))
        return grade(options)
    except PlumblineError as error:
        complain(error.message, error.remedy)
        return error.exit_status
    except KeyboardInterrupt:
        complain("interrupted", "")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - never a traceback for a user
        complain(
            f"Plumbline itself failed ({type(error).__name__}: {error})", "Please report this; no score was given."
        )
        return OurFault.exit_status


def with_command(arguments: Sequence[str]) -> Sequence[str]:
    """Put `grade` in front unless another command, or a plea for help, stands there."""
    if not arguments:
        return ["--help"]
    return list(arguments) if arguments[0] in (*COMMANDS, "-h", "--help") else ["grade", *arguments]


def grade(options: argparse.Namespace) -> int:
    """Grade one submission and write its report."""
    # Imported here, so that --help and usage errors answer at once.
    from graders.dataset import load_dataset  # noqa: PLC0415
    from graders.exam_room import Rooms  # noqa: PLC0415
    from graders.exam_room.isolation import isolation, require_sandbox  # noqa: PLC0415
    from graders.foundation.exam import Exam  # noqa: PLC0415
    from graders.grading.sitting import sit  # noqa: PLC0415
    from graders.report import print_scorecard, progress, record_text, write_html, write_record  # noqa: PLC0415
    from graders.report.profile import Stopwatch, print_profile  # noqa: PLC0415
    from graders.rubric import find_rubric, load_rubric  # noqa: PLC0415
    from graders.submission import open_submission  # noqa: PLC0415

    clock = Stopwatch()
    if options.require_sandbox:
        require_sandbox(isolation())
    out = writable_folder(options.out)
    rubric = load_rubric(find_rubric(options.rubric)).only(options.only)
    submission = open_submission(options.submission)
    data = load_dataset(options.dataset or rubric.dataset, data_dir=options.data_dir)
    seed = rubric.seed if options.seed is None else options.seed
    exam = Exam(
        seed=seed,
        data=data,
        training=rubric.training,
        answers=submission.answers,
        calibration=rubric.calibration,
    )
    console = Console(stderr=options.json, quiet=options.quiet)
    clock.lap("reading submission, rubric and data")
    with progress(console) as shown, Rooms(fresh=options.fresh_room) as rooms:
        scorecard = sit(rubric, submission, exam, shown, rooms)
    clock.lap("sitting", "graders' own arithmetic (CPU)")
    try:
        write_html(scorecard, out / "report.html")
        if options.instructor:
            write_html(scorecard, out / "instructor.html", instructor=True)
        write_record(scorecard, out / "results.json")
    except OSError as error:
        message = f"cannot write the report to {out} ({error.strerror or error})"
        raise BadUsage(message, remedy="Name another folder with --out.") from error
    clock.lap("writing the report")
    print_scorecard(scorecard, console, report_path=out / "report.html")
    if options.profile:
        print_profile(rooms.ledger.entries, clock.seconds, console)
    if options.json:
        sys.stdout.write(record_text(scorecard))
    if scorecard.earned is None:
        complain("a criterion could not be graded, so there is no total", f"See {out / 'report.html'}.")
        return OurFault.exit_status
    return 0


def calibrate(options: argparse.Namespace) -> int:
    """Measure the reference over many seeds and write the calibration into the rubric."""
    from rich.progress import Progress  # noqa: PLC0415 - slow to import

    from graders.dataset import load_dataset  # noqa: PLC0415 - the same
    from graders.foundation.exam import Exam  # noqa: PLC0415 - the same
    from graders.grading.calibrate import calibrate as measure  # noqa: PLC0415 - the same
    from graders.rubric import find_rubric, load_rubric  # noqa: PLC0415 - the same
    from graders.rubric.write import write_calibration  # noqa: PLC0415 - the same
    from graders.submission import open_submission  # noqa: PLC0415 - the same

    if options.seeds < 3 or not 0 < options.risk < 0.5:
        message = "calibrating takes at least 3 seeds and a risk between 0 and 0.5"
        raise BadUsage(message, remedy="Leave --seeds and --risk out to use 30 seeds and a risk of 0.001.")
    path = find_rubric(options.rubric)
    rubric = load_rubric(path)
    exam = Exam(
        seed=rubric.seed, data=load_dataset(rubric.dataset, data_dir=options.data_dir), training=rubric.training
    )
    reference = open_submission(Path(__file__).resolve().parent / "reference")
    console = Console(stderr=True)
    with Progress(console=console) as shown:
        task = shown.add_task("training the reference", total=2 * options.seeds)
        found = measure(
            rubric, reference, exam, seeds=options.seeds, risk=options.risk, advance=lambda: shown.advance(task)
        )
    write_calibration(path, found)
    console.print(
        f"{path}: the mean of 2 runs must reach {found.threshold(2):.2%}; a right submission misses it with chance "
        f"{options.risk:g}. The gap of one seed scatters by {found.gap_sd_points:.2f} points.",
        soft_wrap=True,
    )
    return 0


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
