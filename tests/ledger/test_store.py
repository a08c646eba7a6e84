import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from graders.ledger import Award, CriterionRow, HandInRow, Ledger, LedgerError, SittingRow, Status, results_of
from graders.ledger.schema import NEWEST, VERSIONS

ROW = CriterionRow(
    name="softmax",
    title="Softmax",
    group="Blocks",
    points=6.0,
    earned=3.0,
    open_points=0.0,
    standing="partial",
    reason="half of it",
    feedback="half of it",
    seconds=0.5,
    mistakes=(("axis", "the wrong axis"),),
)


def keep(ledger: Ledger, key: str = "k1", students: tuple[str, ...] = ("amara",), fault: str = "") -> None:
    """Keep one sitting."""
    ledger.keep_rubric("r1", "small.yaml", "Small", "title: Small")
    row = SittingRow(
        key=key,
        conditions=key,
        parcel="p1",
        rubric="r1",
        dataset="d",
        dataset_digest="dd",
        data_dir="",
        seed=1,
        grader="g",
        fault=fault,
        scorecard=None if fault else b"card",
        seconds=2.5,
        criteria=() if fault else (ROW,),
    )
    ledger.keep_sitting(row, parcel=b"parcel", observations=b"seen", students=students)


def hand_in(student: str, **fields: object) -> HandInRow:
    """Return a hand-in."""
    return HandInRow(student=student, identity={"name": student.title()}, **{"source": student, **fields})  # type: ignore[arg-type]


def test_what_is_kept_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    with Ledger(tmp_path, create=True) as ledger:
        ledger.keep_class([hand_in("amara"), hand_in("ben", source="")])
        keep(ledger)
        ledger.keep_awards([Award(student="amara", criterion="softmax", points=5.0, who="Kim", at="2026", why="w")])
    with Ledger(tmp_path) as ledger:
        assert ledger.is_graded("k1")
        assert ledger.observations("k1") == b"seen"
        assert ledger.parcel("p1") == b"parcel"
        amara, ben = results_of(ledger)
        assert (amara.total, amara.status, amara.seconds) == (5.0, Status.GRADED, 2.5)
        assert "Kim" in amara.criteria[0].reason
        assert (ben.total, ben.status) == (None, Status.MISSING)


def test_a_fault_of_the_machinery_is_tried_again_and_replaced(tmp_path: Path) -> None:
    with Ledger(tmp_path, create=True) as ledger:
        ledger.keep_class([hand_in("amara")])
        keep(ledger, fault="the worker died")
        assert not ledger.is_graded("k1")
        (amara,) = results_of(ledger)
        assert (amara.status, amara.problem, amara.total) == (Status.UNGRADED, "the worker died", None)
        keep(ledger)
        (amara,) = results_of(ledger)
        assert amara.total == 3.0


def test_a_class_that_changes_keeps_what_is_known_of_those_who_stay(tmp_path: Path) -> None:
    with Ledger(tmp_path, create=True) as ledger:
        ledger.keep_class([hand_in("amara"), hand_in("ben")])
        keep(ledger, students=("amara", "ben"))
        ledger.keep_class([hand_in("chi"), hand_in("amara"), hand_in("ben", source="another.zip")])
        assert [(r.student, r.sitting) for r in ledger.hand_ins()] == [("chi", None), ("amara", "k1"), ("ben", None)]


def test_the_newest_award_counts_and_all_are_kept(tmp_path: Path) -> None:
    with Ledger(tmp_path, create=True) as ledger:
        for points in (1.0, 2.0):
            ledger.keep_awards(
                [Award(student="amara", criterion="c", points=points, who="Kim", at=f"{points}", why="")]
            )
        assert ledger.awards()["amara", "c"].points == 2.0
        assert len(ledger.rows("SELECT * FROM override")) == 2


def test_a_transaction_that_fails_changes_nothing(tmp_path: Path) -> None:
    with Ledger(tmp_path, create=True) as ledger:
        with pytest.raises(LedgerError), ledger.transaction() as db:
            db.executemany("INSERT INTO rubric VALUES (?, 'b', 'c', 'd')", [("a",), ("a",)])
        assert ledger.rows("SELECT * FROM rubric") == []


@pytest.mark.parametrize("version", range(NEWEST))
def test_an_older_ledger_is_brought_up_to_date_and_keeps_its_rows(version: int, tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "results.db", isolation_level=None)
    for script in VERSIONS[:version]:
        old.executescript(script)
    if version:
        old.execute("INSERT INTO rubric VALUES ('r0', 'path', 'title', 'text')")
    old.execute(f"PRAGMA user_version = {version}")
    old.close()
    with Ledger(tmp_path) as ledger:
        assert ledger.rows("PRAGMA user_version")[0][0] == NEWEST
        assert len(ledger.rows("SELECT * FROM rubric")) == (1 if version else 0)
        assert ledger.awards() == {}


def test_a_newer_ledger_is_refused_and_left_alone(tmp_path: Path) -> None:
    newer = sqlite3.connect(tmp_path / "results.db", isolation_level=None)
    newer.execute(f"PRAGMA user_version = {NEWEST + 1}")
    newer.close()
    with pytest.raises(LedgerError, match="knows versions up to") as told:
        Ledger(tmp_path)
    assert "newer" in told.value.remedy


def test_a_ledger_that_somebody_else_holds_is_told_with_a_remedy(tmp_path: Path) -> None:
    Ledger(tmp_path, create=True).__exit__(None, None, None)
    other = sqlite3.connect(tmp_path / "results.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Ledger(tmp_path, lock_seconds=0.1) as ledger:
        with pytest.raises(LedgerError, match="locked") as told:
            ledger.keep_rubric("r", "p", "t", "x")
        assert "Another program" in told.value.remedy
        other.execute("ROLLBACK")
        ledger.keep_rubric("r", "p", "t", "x")
    other.close()


def test_something_else_in_the_ledgers_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "results.db").write_bytes(b"this is a text file, not a database, and long enough" * 40)
    with pytest.raises(LedgerError, match="not a database") as told:
        Ledger(tmp_path)
    assert told.value.remedy


def test_a_missing_ledger_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=r"no results\.db"):
        Ledger(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """Return a folder on a disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    return folder


def test_a_full_disk_loses_nothing_that_was_kept(small_disk: Path) -> None:
    try:
        with Ledger(small_disk, create=True) as ledger:
            ledger.keep_class([hand_in("amara")])
            keep(ledger)
            fill(small_disk / "filler")
            with pytest.raises(LedgerError) as told:
                keep_many(ledger)
            assert "Make room" in told.value.remedy or "Check the disk" in told.value.remedy
            (small_disk / "filler").unlink()
            assert [r.total for r in results_of(ledger)] == [3.0]
            keep(ledger, key="k2")
            assert ledger.rows("PRAGMA integrity_check")[0][0] == "ok"
    finally:
        subprocess.run(["umount", str(small_disk)], check=True)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(65536))
        except OSError:
            return


def keep_many(ledger: Ledger) -> None:
    """Keep more than a small disk holds."""
    for number in range(2000):
        ledger.keep_rubric(f"r{number}x", "p", "t", "x" * 100_000)
