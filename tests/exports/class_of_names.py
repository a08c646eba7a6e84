"""A class with the names that people have, as the ledger keeps it."""

from pathlib import Path

from graders.ledger import CriterionRow, HandInRow, Ledger, SittingRow

LONG = "Wolfeschlegelsteinhausenbergerdorff " * 5 + "Graf von und zu Adlerhorst"
PEOPLE = (
    ("101", "Doe, Jane", "jane@example.edu", "7001"),
    ("102", 'Müller, Jürgen "JJ"', "jj@example.edu", "7002"),
    ("103", "=cmd|' /C calc'!A0", "eve@example.edu", "7003"),
    ("104", "علي حسن", "ali@example.edu", "7004"),
    ("105", LONG, "long@example.edu", "7005"),
    ("106", "-2+3, Mallory\nsecond line", "mal@example.edu", "7006"),
    ("107", "Noll, Nora", "nora@example.edu", "7007"),  # handed nothing in
    ("108", "Ungar, Uwe", "uwe@example.edu", "7008"),  # the machinery failed
)
MISSING, FAILED = "107", "108"


def criterion(name: str, points: float, earned: float, standing: str, **fields: object) -> CriterionRow:
    """Return a criterion's row."""
    told = {"reason": f"{name}: a < b & c", "feedback": f"{name}: =1+1 <b>\x1b[31m", "open_points": 0.0, **fields}
    return CriterionRow(
        name=name,
        title=name.replace("_", " ").title(),
        group="Blocks",
        points=points,
        earned=earned,
        standing=standing,
        seconds=0.5,
        **told,  # type: ignore[arg-type]
    )


def criteria(number: int) -> tuple[CriterionRow, ...]:
    """Return three criteria that come out differently for everyone."""
    earned = 6.0 - number % 3 * 1.75
    return (
        criterion("softmax", 6.0, earned, "full" if earned == 6.0 else "partial", mistakes=(("axis", "wrong axis"),)),
        criterion("gradients", 12.5, 0.0, "none", visibility="hidden"),
        criterion("answers", 4.0, 0.0, "open", open_points=4.0, visibility="after_published"),
    )


def class_of_names(folder: Path) -> Ledger:
    """Return an open ledger with the class in it."""
    ledger = Ledger(folder, create=True)
    ledger.keep_rubric("r1", "r.yaml", "MLP from scratch", "title: x")
    ledger.keep_class(
        [
            HandInRow(
                student=f"s{lms}",
                identity={"name": name, "email": email, "sid": sid, "lms": lms},
                source="" if lms == MISSING else f"{lms}.zip",
            )
            for lms, name, email, sid in PEOPLE
        ]
    )
    for number, (lms, *_) in enumerate(PEOPLE):
        if lms == MISSING:
            continue
        row = SittingRow(
            key=f"k{lms}",
            conditions=f"k{lms}",
            parcel=f"p{lms}",
            rubric="r1",
            dataset="d",
            dataset_digest="x",
            data_dir="",
            seed=1,
            grader="g",
            fault="The worker died." if lms == FAILED else "",
            scorecard=None if lms == FAILED else b"",
            seconds=number + 0.5,
            criteria=() if lms == FAILED else criteria(number),
        )
        ledger.keep_sitting(row, parcel=b"", observations=None, students=[f"s{lms}"])
    return ledger
