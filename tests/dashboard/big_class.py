"""A class of any size in a ledger, without grading anything: what grading would have recorded."""

import random
from collections.abc import Sequence
from pathlib import Path

from graders.ledger import CriterionRow, HandInRow, Ledger, SittingRow

CRITERIA = 24
POINTS = 4.0
SCRIPT = "</script><script>alert(1)</script>"


def fill(folder: Path, students: int, *, names: Sequence[str] = ()) -> Ledger:
    """Return an open ledger with a graded class; the last three cannot be opened, are missing, or failed."""
    chance = random.Random(7)
    ledger = Ledger(folder, create=True)
    ledger.keep_rubric("r", "r.yaml", f"MLP from scratch {SCRIPT}", "title: x")
    rows = []
    for number in range(students):
        name = names[number] if number < len(names) else f"Student {number:05d}"
        missing = number == students - 2
        rows.append(
            HandInRow(
                student=f"s{number:05d}",
                identity={"name": name, "sid": str(100_000 + number), "email": f"s{number}@example.edu"},
                source="" if missing else f"s{number}.zip",
                late=number % 9 == 0,
                problem="work.zip is no zip" if number == students - 3 else "",
            )
        )
    ledger.keep_class(rows)
    with ledger.transaction() as db:  # thousands of transactions, each to the disk, would take minutes
        db.execute("INSERT INTO parcel VALUES ('p', '')")
    _keep_all(ledger, students, chance)
    return ledger


def _keep_all(ledger: Ledger, students: int, chance: random.Random) -> None:
    ledger.rows("PRAGMA synchronous = OFF")
    for number in range(students):
        if number in (students - 2, students - 3):
            continue
        failed = number == students - 1
        skill = chance.random()
        row = SittingRow(
            key=f"k{number}",
            conditions=f"k{number}",
            parcel="p",
            rubric="r",
            dataset="d",
            dataset_digest="x",
            data_dir="",
            seed=1,
            grader="g",
            fault="The grader's worker died." if failed else "",
            scorecard=None if failed else b"",
            seconds=round(chance.uniform(10, 60), 1),
            criteria=() if failed else tuple(_criterion(place, skill, chance) for place in range(CRITERIA)),
        )
        ledger.keep_sitting(row, parcel=b"", observations=None, students=[f"s{number:05d}"])


def _criterion(place: int, skill: float, chance: random.Random) -> CriterionRow:
    right = chance.random() < skill + 0.02 * place
    is_open = place == CRITERIA - 1
    mistake = f"mistake-{place}-{chance.randrange(3)}"
    return CriterionRow(
        name=f"criterion_{place}",
        title=f"Criterion {place}",
        group="Blocks",
        points=POINTS,
        earned=0.0 if is_open else POINTS if right else round(POINTS * chance.random() * 0.8, 2),
        open_points=POINTS if is_open else 0.0,
        standing="open" if is_open else "full" if right else "partial",
        reason="all checks hold" if right else "dW1 is 128 times too large",
        feedback="all checks hold" if right else "dW1 is 128 times too large: you did not divide by N " * 3,
        seconds=round(chance.random(), 3),
        mistakes=() if right or is_open else ((mistake, f"You made {mistake}"),),
    )
