"""`grade.py check`: for students, who check their own work twenty times an evening."""

import argparse
import contextlib
import io
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from graders.commands import DEFAULT_RUBRIC, SELFCHECK_RUBRIC
from graders.foundation.errors import BadUsage, OurFault, PlumblineError

if TYPE_CHECKING:  # all of these are slow to import, and --help shall answer at once
    from rich.console import Console

    from graders.exam_room import Rooms
    from graders.foundation.exam import Exam
    from graders.rubric import Rubric
    from graders.selfcheck.hints import Hint
    from graders.selfcheck.steps import Step
    from graders.submission import Submission

DESCRIPTION = """\
Check your own work, as often as you like. Each function is asked in the order
of the task; what is next comes first, with what was measured and where it went
wrong. A function that you have not written yet costs nothing.
"""

EPILOG = """\
examples:
  python grade.py check                   the folder you are in
  python grade.py check hw1               a folder, a .zip or a notebook
  python grade.py check hw1 --hint        a hint for what is next; then another
  python grade.py check hw1 --watch       check again on every save; Ctrl-C ends
  python grade.py check hw1 --only init   one function's criterion
  python grade.py check hw1 --full        before you hand in: what it would earn

The inputs are random, and not those of the final grading.

exit status:
  0 checked (whatever came out)    1 the submission cannot be opened
  2 usage or rubric error          3 Plumbline itself failed at a criterion
"""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's arguments."""
    parser = commands.add_parser(
        "check",
        help="for students: what is next, with hints, in seconds",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "submission", type=Path, nargs="?", help="a folder, .zip, .ipynb or .py file (the folder you are in)"
    )
    parser.add_argument("--hint", action="store_true", help="give the next hint for what is next; never the answer")
    parser.add_argument("--watch", action="store_true", help="check again on every save, only what it can affect")
    parser.add_argument("--only", action="append", metavar="CRITERION", help="check this criterion alone; repeatable")
    parser.add_argument("--full", action="store_true", help="the public part of the full rubric, within a minute or so")
    parser.add_argument(
        "--rubric", help=f"a file, or a name in rubrics/ ({SELFCHECK_RUBRIC}; {DEFAULT_RUBRIC} if full)"
    )
    parser.add_argument("--json", action="store_true", help="the result as JSON on standard output, the rest on stderr")


def run(options: argparse.Namespace) -> int:
    """Check a submission, once or on every save."""
    from rich.console import Console  # noqa: PLC0415 - slow to import

    from graders.exam_room import Rooms  # noqa: PLC0415 - the same
    from graders.rubric import find_rubric, load_rubric  # noqa: PLC0415 - the same

    if options.hint and (options.watch or options.full):
        message = "--hint goes neither with --watch nor with --full"
        raise BadUsage(message, remedy="Keep --watch in one terminal and ask for a hint in another.")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # whoever reads a pipe sees what is next when it is known
    path = options.submission or here()
    whole = load_rubric(find_rubric(options.rubric or (DEFAULT_RUBRIC if options.full else SELFCHECK_RUBRIC)))
    whole.public().only(options.only)  # refuses a name that is not there, before any work
    with Rooms() as rooms:
        table = Checking(whole, path, options, Console(stderr=options.json), rooms)
        return table.watch() if options.watch else table.once()


def here() -> Path:
    """Return what is checked when nothing is named: the folder one is in; in Plumbline's own, the template."""
    folder = Path()
    template = folder / "student_template"
    return template if (folder / "grade.py").is_file() and template.is_dir() else folder


class Checking:
    """One student's evening: a rubric, a path, and what was found there so far."""

    def __init__(
        self, rubric: "Rubric", path: Path, options: argparse.Namespace, console: "Console", rooms: "Rooms"
    ) -> None:
        from rich.console import Console  # noqa: PLC0415 - slow to import

        from graders.selfcheck.checking import SelfCheck  # noqa: PLC0415 - the same
        from graders.selfcheck.terminal import CheckView  # noqa: PLC0415 - the same

        self._rubric = rubric
        self._path = path
        self._options = options
        self._console = console
        self._view = CheckView(
            console,
            again(path, options.only),
            points=options.full,
            partial=bool(options.only),
            progress=Console(stderr=True),
        )
        self._check = SelfCheck(rubric.public(), self._view, only=options.only or (), rooms=rooms)

    def once(self) -> int:
        """Check once; returns the exit status."""
        submission = self._open()
        return self._hint(submission) if self._options.hint else self._look(submission)

    def watch(self) -> int:
        """Check on every save until Ctrl-C; returns the exit status."""
        from graders.selfcheck.saves import Saves  # noqa: PLC0415 - slow to import

        self._open()  # what cannot be opened at all is an error at the start, and a thing to wait for later on
        saved = threading.Event()

        def stop() -> None:
            saved.set()
            self._check.stop()

        with contextlib.suppress(KeyboardInterrupt), Saves(self._path, stop):
            while True:
                saved.clear()
                self._check.begin()
                self._look_again(saved)
                while not saved.wait(timeout=0.5):  # with a timeout, so that Ctrl-C is heard on every system
                    pass
        self._view.stop()
        self._console.print("\nStopped watching.")
        return 0

    def _look_again(self, saved: threading.Event) -> None:
        """Check what a save can have changed; what cannot be opened now may be in the middle of being saved."""
        try:
            submission = self._open()
        except PlumblineError as error:
            self._console.print(f"\n{error.message}. {error.remedy}", markup=False)
            return
        if self._check.steps and not self._check.outdated(submission):
            self._console.print("Saved; nothing that is checked can have changed.")
            return
        self._look(submission)
        if not saved.is_set():
            self._console.print(f"\nWatching {self._path}: save, and it is checked again. Ctrl-C ends.", markup=False)

    def _look(self, submission: "Submission") -> int:
        from graders.selfcheck.prediction import predict  # noqa: PLC0415 - slow to import
        from graders.selfcheck.record import record_text, to_record  # noqa: PLC0415 - the same
        from graders.selfcheck.steps import State  # noqa: PLC0415 - the same

        self._check.outdated(submission)
        self._view.begin(self._rubric.title, submission, self._check.steps)
        try:
            for step in self._check.run(submission, self._exam(submission)):
                self._view.add(step)
        finally:
            self._view.stop()
        if self._check.stopped:
            return 0
        steps = self._check.steps
        prediction = predict(self._rubric, steps) if self._options.full and not self._options.only else None
        self._view.end(submission, self._check.printed, prediction)
        if self._options.json:
            record = to_record(steps, submission, printed=self._check.printed, prediction=prediction)
            sys.stdout.write(record_text(record, indent=None if self._options.watch else 1))
            sys.stdout.flush()
        return OurFault.exit_status if any(s.state is State.UNGRADED for s in steps) else 0

    def _hint(self, submission: "Submission") -> int:
        from graders.selfcheck.hints import HintsGiven  # noqa: PLC0415 - slow to import
        from graders.selfcheck.record import record_text, to_record  # noqa: PLC0415 - the same

        following = self._find_next(submission)
        hint: Hint | None = HintsGiven(self._path).next(following) if following else None
        self._view.hint(following, hint)
        if self._options.json:
            sys.stdout.write(record_text(to_record(self._check.steps, submission, hint=hint)))
        return 0

    def _find_next(self, submission: "Submission") -> "Step | None":
        """Check until it is known what is next."""
        from graders.selfcheck.steps import certain_next, next_step  # noqa: PLC0415 - slow to import

        with (
            self._console.status("looking for what is next"),
            contextlib.closing(self._check.run(submission, self._exam(submission))) as steps,
        ):
            for _ in steps:
                following = None if self._options.only else certain_next(self._check.steps)
                if following is not None:
                    return following
        return next_step(self._check.steps)

    def _open(self) -> "Submission":
        from graders.submission import open_submission  # noqa: PLC0415 - slow to import

        return open_submission(self._path)

    def _exam(self, submission: "Submission") -> "Exam":
        from graders.dataset import load_dataset  # noqa: PLC0415 - slow to import
        from graders.foundation.exam import Exam  # noqa: PLC0415 - the same

        return Exam(
            seed=practice_seed(self._rubric) if self._options.full else self._rubric.seed,
            data=load_dataset(self._rubric.dataset),
            training=self._rubric.training,
            answers=submission.answers,
            calibration=self._rubric.calibration,
        )


def practice_seed(rubric: "Rubric") -> int:
    """Return a seed that tells nothing of the one that the final grading draws its inputs from."""
    from graders.rubric import find_rubric, load_rubric  # noqa: PLC0415 - slow to import

    seed = load_rubric(find_rubric(SELFCHECK_RUBRIC)).seed
    return seed if seed != rubric.seed else seed + 1


def again(path: Path, only: Sequence[str] | None) -> str:
    """Return the command that checks the same again."""
    where = "" if path == Path() else f" {path}"
    return f"python {sys.argv[0]} check{where}{''.join(f' --only {name}' for name in only or ())}"
