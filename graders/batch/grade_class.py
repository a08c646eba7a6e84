"""One run of `grade.py batch`, from the command line's options to the files of the class."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from rich.console import Console
from rich.text import Text

from graders.batch.assignment import Assignment, grader_version
from graders.batch.finish import finish
from graders.batch.publish import Publisher
from graders.batch.run import Batch, Tally, timeout_of
from graders.batch.students import rows_for
from graders.batch.view import batch_view
from graders.batch.workers import LocalWorkers, Workers
from graders.exports.export import Exported, ExportFiles
from graders.exports.write import refuse_incomplete
from graders.foundation.errors import BadUsage, OurFault
from graders.intake import HandIn, Intake, Member, match, read_roster, take_in
from graders.intake.roster import Matched
from graders.ledger import HandInRow, Ledger
from graders.report.plain_text import one_line
from graders.rubric import find_rubric, parse_rubric, read_rubric

LISTED = 10


def grade_class(options: argparse.Namespace) -> int:
    """Grade a class as the options say; returns the exit status.

    Raises:
        BadUsage: an option, the roster, the data or a folder is wrong.
        BadRubric: the rubric is.
        LedgerError: results.db cannot be used.
    """
    console = Console(quiet=options.quiet, highlight=False)
    files = export_files(options)
    refuse_incomplete(options.export, files)
    assignment = assignment_of(options)
    roster = read_roster(options.roster) if options.roster else None
    with take_in(options.submissions) as intake, in_use(options.out), Ledger(options.out, create=True) as ledger:
        matched = matched_class(intake, roster)
        tell_intake(console, intake, matched, has_roster=roster is not None)
        rows = rows_for(matched.members)
        ledger.keep_class(rows)
        ledger.keep_rubric(
            assignment.rubric.digest, assignment.rubric_path, assignment.rubric.title, assignment.rubric_text
        )
        publisher = Publisher(ledger, options.out)
        handed_in = [(r, m.hand_in) for r, m in zip(rows, matched.members, strict=True) if m.hand_in]
        publisher.remove_all_but({row.student for row, _ in handed_in})
        tally = graded(options, console, ledger, assignment, publisher, handed_in)
        if options.similarity:
            look_alikes(console, ledger, options.out)
        exported = finish(ledger, options.out, assignment.rubric.title, options.export, files)
    tell(console, tally, exported, options.out, missing=sum(m.hand_in is None for m in matched.members))
    return OurFault.exit_status if tally.ungraded else 0


def graded(
    options: argparse.Namespace,
    console: Console,
    ledger: Ledger,
    assignment: Assignment,
    publisher: Publisher,
    handed_in: list[tuple[HandInRow, HandIn]],
) -> Tally:
    """Grade what is not graded yet."""
    with (
        batch_view(console, len(handed_in)) as view,
        workers_of(options, assignment.rubric.limits.submission_seconds) as workers,
    ):
        batch = Batch(ledger, assignment, workers, publisher, view, keep_observations=options.observations == "keep")
        return batch.run(handed_in)


def workers_of(options: argparse.Namespace, submission_seconds: float) -> Workers:
    """Return the workers that the options name."""
    if options.scheduler:
        from graders.batch.cluster import ClusterWorkers  # noqa: PLC0415 - an extra

        return ClusterWorkers(options.scheduler)
    return LocalWorkers(options.jobs, timeout_of(submission_seconds))


def assignment_of(options: argparse.Namespace) -> Assignment:
    """Return what the class is graded by; rubric and data are read once here, so that a mistake shows at once."""
    path = find_rubric(options.rubric)
    text = read_rubric(path)
    rubric = parse_rubric(path, text)
    assignment = Assignment(
        rubric_path=str(path),
        rubric_text=text,
        dataset=options.dataset or rubric.dataset,
        data_dir=str(options.data_dir.resolve()) if options.data_dir else "",
        seed=rubric.seed if options.seed is None else options.seed,
        grader=grader_version(),
    )
    _ = assignment.data.digest
    return assignment


def matched_class(intake: Intake, roster: list[dict[str, str]] | None) -> Matched:
    """Return the class: the roster's lines with their hand-ins, or the hand-ins alone."""
    if roster is None:
        return Matched(members=[Member(identity=h.identity, hand_in=h) for h in intake.hand_ins])
    return match(intake.hand_ins, roster)


@contextmanager
def in_use(folder: Path, *, create: bool = True) -> Iterator[None]:
    """Keep everybody else from writing into the folder of the results.

    Raises:
        BadUsage: somebody else does already, or nothing can be written there.
    """
    if not create and not folder.is_dir():
        message = f"{folder}: there is no such folder"
        raise BadUsage(message, remedy="Name the folder that grade.py batch wrote its results into.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        message = f"another grade.py is writing into {folder}"
        raise BadUsage(message, remedy="Wait for it to end, or name another folder.") from error
    except OSError as error:
        message = f"cannot write to {folder} ({error.strerror or error})"
        raise BadUsage(message, remedy="Give write permission, or name another folder.") from error
    try:
        yield
    finally:
        lock.release()


def export_files(options: argparse.Namespace) -> ExportFiles:
    """Return the platforms' own files that the options name."""
    return ExportFiles(canvas_csv=options.canvas_csv, assignment=options.assignment, moodle_csv=options.moodle_csv)


def look_alikes(console: Console, ledger: Ledger, out: Path) -> None:
    """Compare the submissions with each other.

    Raises:
        BadUsage: the pages cannot be written.
    """
    from graders.similarity import write_similarity  # noqa: PLC0415 - slow to import

    try:
        pairs = write_similarity(ledger, out)
    except OSError as error:
        message = f"cannot write to {out / 'similarity'} ({error.strerror or error})"
        raise BadUsage(message, remedy="Make room, or give write permission.") from error
    say(console, f"Look-alikes: {pairs} pair{'' if pairs == 1 else 's'}, in {out / 'similarity' / 'index.html'}")


def tell_intake(console: Console, intake: Intake, matched: Matched, *, has_roster: bool) -> None:
    """Say what was found, and what a person should know of it."""
    say(console, f"Found {intake.layout} with {len(intake.hand_ins)} hand-ins.")
    listed(console, "Left out, for it belongs to nobody", intake.ignored)
    if has_roster:
        listed(console, "Not on the roster", matched.strangers)
        listed(console, "Please look", matched.doubtful)
        missing = [m.identity.get("name", "?") for m in matched.members if m.hand_in is None]
        listed(console, f"Nothing handed in ({len(missing)})", missing)


def tell(console: Console, tally: Tally, exported: list[Exported], out: Path, *, missing: int) -> None:
    """Say what came of it."""
    words = [f"{tally.graded} graded"]
    words += [f"{tally.kept} kept from before"] if tally.kept else []
    words += [f"{len(tally.unopened)} cannot be opened"] if tally.unopened else []
    words += [f"{missing} handed nothing in"] if missing else []
    words += [f"{len(tally.ungraded)} ungraded: a person must look"] if tally.ungraded else []
    say(console, ", ".join(words) + ".")
    tell_exports(console, exported)
    say(console, f"The class: {out / 'index.html'}")


def tell_exports(console: Console, exported: Sequence[Exported]) -> None:
    """Say what was exported, and who is not in it."""
    for export in exported:
        say(console, f"Export: {export.path}")
        listed(console, f"Not in it, for {export.why}", export.left_out)


def listed(console: Console, what: str, names: Sequence[str]) -> None:
    """Say a list of names, cut where it gets long."""
    known = [one_line(name) for name in names]
    if known:
        more = f" and {len(known) - LISTED} more" if len(known) > LISTED else ""
        say(console, f"{what}: {', '.join(known[:LISTED])}{more}")


def say(console: Console, words: str) -> None:
    """Print words as they are, never as markup."""
    console.print(Text(words), soft_wrap=True)
