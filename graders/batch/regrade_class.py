"""One run of `grade.py regrade`: judge again, show who changes and why, and make it so when told."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from graders.batch.assignment import Assignment, grader_version
from graders.batch.finish import finish
from graders.batch.grade_class import export_files, in_use, say
from graders.batch.publish import Publisher
from graders.batch.publish_class import point_to, publish_class
from graders.batch.regrade import Change, Regrade, changes
from graders.batch.run import timeout_of
from graders.batch.view import batch_view
from graders.batch.workers import LocalWorkers
from graders.exports.write import refuse_incomplete
from graders.foundation.errors import BadUsage, OurFault
from graders.ledger import Ledger, SittingRow
from graders.report.plain_text import one_line
from graders.rubric import find_rubric, parse_rubric, read_rubric


def regrade_class(options: argparse.Namespace) -> int:
    """Judge a graded class by another rubric; returns the exit status.

    Raises:
        BadUsage: the folder holds no graded class, or an option is wrong.
        BadRubric: the new rubric is.
        LedgerError: results.db cannot be used.
    """
    console = Console(quiet=options.quiet, highlight=False, stderr=options.json)
    refuse_incomplete(options.export, export_files(options))
    with in_use(options.results, create=False), Ledger(options.results) as ledger:
        assignment = assignment_of(options.rubric, ledger)
        r = assignment.rubric
        ledger.keep_rubric(r.digest, assignment.rubric_path, r.title, assignment.rubric_text)
        sittings = {row.sitting for row in ledger.hand_ins() if row.sitting}
        with (
            batch_view(console, len(sittings)) as view,
            LocalWorkers(options.jobs, timeout_of(r.limits.submission_seconds)) as workers,
        ):
            regrade = Regrade(ledger, assignment, workers, view)
            new = regrade.run()
            changed = list(changes(ledger, new))
            if options.apply:
                publisher = Publisher(ledger, options.results)
                point_to(ledger, publisher, new)
                publish_class(ledger, publisher, workers)
        awards = {place: award for place, award in ledger.awards().items() if place[0] in new}
        if options.apply:
            finish(ledger, options.results, r.title, options.export, export_files(options))
    if options.json:
        sys.stdout.write(json.dumps([dataclasses.asdict(c) for c in changed], indent=1) + "\n")
    else:
        show(console, changed, students=len(new))
    ran = "no student code was run" if not regrade.reran else f"{regrade.reran} submissions were asked something new"
    say(console, f"{len(new)} students judged again; {ran}.")
    if awards:
        say(console, f"{len(awards)} points given by reviewers stay as they are, and count before what is shown here.")
    if not options.apply:
        say(console, "Nothing is changed yet. To make it so: the same command with --apply")
    for fault in regrade.faults:
        say(console, f"Ungraded: {fault}")
    return OurFault.exit_status if regrade.faults else 0


def assignment_of(name: str, ledger: Ledger) -> Assignment:
    """Return the new rubric with the data of the class; the seed is the new rubric's, unless the class had its own.

    Raises:
        BadUsage: nothing has been graded yet.
    """
    rows = ledger.rows("SELECT s.* FROM hand_in h JOIN sitting s ON s.key = h.sitting ORDER BY h.place LIMIT 1")
    if not rows:
        message = f"{ledger.path} holds no graded submission"
        raise BadUsage(message, remedy="Grade the class first, with: python grade.py batch")
    old = SittingRow(**dict(rows[0]))
    told = ledger.rubric(old.rubric)
    before = parse_rubric(Path(told["path"]), told["text"])
    path = find_rubric(name)
    text = read_rubric(path)
    rubric = parse_rubric(path, text)
    same_data = before.dataset == rubric.dataset
    return Assignment(
        rubric_path=str(path),
        rubric_text=text,
        dataset=old.dataset if same_data else rubric.dataset,
        data_dir=old.data_dir if same_data else "",
        seed=rubric.seed if old.seed == before.seed else old.seed,
        grader=grader_version(),
    )


def show(console: Console, changed: list[Change], *, students: int) -> None:
    """Print who changes, by how much, and through which criterion."""
    if not changed:
        say(console, "Nobody's points change.")
        return
    table = Table(box=None, pad_edge=False, expand=True, title=f"{len(changed)} of {students} students change")
    table.add_column("Student", overflow="fold", ratio=2)
    for heading in ("Before", "After", "Change"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Through", overflow="fold", ratio=3)
    for change in sorted(changed, key=lambda c: (delta(c), c.student)):
        through = "; ".join(f"{one_line(t)} {figure(a)} → {figure(b)}" for t, (a, b) in change.criteria.items())
        told = f"{delta(change):+g}" if change.before is not None and change.after is not None else "?"
        table.add_row(Text(one_line(change.name)), figure(change.before), figure(change.after), told, Text(through))
    console.print(table)


def delta(change: Change) -> float:
    """Return by how much a total changes; where there was none or is none, it counts as 0."""
    return round((change.after or 0.0) - (change.before or 0.0), 2)


def figure(points: float | None) -> str:
    """Return points for a table."""
    return "–" if points is None else f"{points:g}"
