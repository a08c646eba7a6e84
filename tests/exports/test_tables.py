"""The CSV files, read back as the systems read them."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from graders.exports.canvas import canvas_text
from graders.exports.gradebook import gradebook
from graders.exports.moodle import entry_of, moodle_text
from graders.exports.table import csv_text
from graders.foundation.errors import BadUsage
from graders.ledger import Ledger, StudentFigures, figures_of, results_of
from tests.exports.class_of_names import LONG, PEOPLE, class_of_names

POSSIBLE = 22.5


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with class_of_names(tmp_path) as opened:
        yield opened


def figures(ledger: Ledger) -> list[StudentFigures]:
    """Return the class as tables hold it."""
    return [figures_of(result) for result in results_of(ledger)]


def read(text: str) -> list[list[str]]:
    """Return the cells of a CSV."""
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", " =1", "\ufeff=1", "|calc", "%x"])
def test_a_formula_becomes_text(text: str) -> None:
    assert read(csv_text([[text, "x"]]))[0][0] == f"'{text}"


@pytest.mark.parametrize("value", [-2.5, "-2.5", 0.0, 7, "O'Neil", "a=b", "Doe, Jane", 'say "hi"', "two\nlines", "علي"])
def test_a_number_stays_a_number_and_a_name_a_name(value: object) -> None:
    cell = read(csv_text([[value, "x"]]))[0][0]
    assert cell == (str(value) if isinstance(value, str) else f"{value:g}")


def test_the_gradebook_has_everyone_and_no_zero_for_those_without_a_total(ledger: Ledger) -> None:
    header, *rows = read(gradebook(figures(ledger)))
    assert len(rows) == len(PEOPLE)
    by_folder = {row[header.index("Folder")]: dict(zip(header, row, strict=True)) for row in rows}
    assert by_folder["s101"]["Total"] == "6"
    assert by_folder["s102"]["Total"] == "4.25"
    assert by_folder["s101"]["Open"] == "4"
    assert by_folder["s107"]["Total"] == by_folder["s108"]["Total"] == ""
    assert by_folder["s107"]["Status"] == "nothing handed in"
    assert by_folder["s108"]["Remark"] == "The worker died."
    assert by_folder["s103"]["Name"] == "'=cmd|' /C calc'!A0"
    assert by_folder["s106"]["Name"] == "'-2+3, Mallory\nsecond line"
    assert by_folder["s105"]["Name"] == LONG


# As Canvas writes it: a byte-order mark, "Manual Posting" in a row of its own, leading spaces before Points Possible.
CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Homework 1 (900),MLP from scratch (901),"
    "MLP from scratch resit (902),Assignments Current Score\r\n"
    ",,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,10,{possible},45,(read only)\r\n"
    '"Doe, Jane",101,7001,janed,"Math, 1",9,,,90.0\r\n'
    '"Müller, Jürgen ""JJ""",555,7002,jj,Math 1,8,3,,80.0\r\n'
    "=cmd|' /C calc'!A0,103,,eve,Math 1,7,,,70.0\r\n"
    "علي حسن,104,7004,ali,Math 1,,,,\r\n"
    '"Stranger, Sam",999,7999,sam,Math 1,5,17,,50.0\r\n'
    '"Noll, Nora",107,7007,nora,Math 1,,,,\r\n'
    '"Student, Test",1,,abcdef,Math 1,,,,\r\n'
)


def canvas_file(folder: Path, text: str = CANVAS, possible: str = "22.5") -> Path:
    """Write a Canvas export."""
    path = folder / "grades.csv"
    path.write_bytes(text.replace("{possible}", possible).encode())
    return path


@pytest.mark.parametrize("wanted", ["MLP from scratch (901)", "901", "MLP from scratch"])
def test_canvas_gets_its_own_file_back_with_one_column_filled_in(wanted: str, ledger: Ledger, tmp_path: Path) -> None:
    text, missing = canvas_text(canvas_file(tmp_path), wanted, figures(ledger))
    assert text.startswith("\ufeff")
    assert "\r\n" in text
    header, manual, possible, *rows = read(text)
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "MLP from scratch (901)"]
    assert manual == ["", "", "", "", "", "Manual Posting"]
    assert possible == ["    Points Possible", "", "", "", "", "22.5"]
    assert rows[0] == ["Doe, Jane", "101", "7001", "janed", "Math, 1", "6"]
    assert rows[1][-1] == "4.25", "matched by SIS number where Canvas's own is another"
    assert rows[2][0] == "'=cmd|' /C calc'!A0"
    assert rows[2][-1] == "2.5"
    assert rows[3][0] == "علي حسن"
    assert rows[4][-1] == "", (
        "a student who is not in the class is not touched: an empty cell changes nothing in Canvas"
    )
    assert rows[5][-1] == "", "who handed nothing in gets no grade"
    assert LONG in missing


def test_canvas_points_are_scaled_to_what_the_assignment_is_worth(ledger: Ledger, tmp_path: Path) -> None:
    text, _ = canvas_text(canvas_file(tmp_path, possible="100"), "901", figures(ledger))
    assert read(text)[3][-1] == "26.67"  # 6 of 22.5


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("MLP from scratch (901)", "MLP from scrach (901)", "Did you mean 'MLP from scrach (901)'"),
        ("Student,ID,", "Student,Number,", "no column ID"),
        ("SIS Login ID,Section,", "Section,SIS Login ID,", "Section is not the last"),
    ],
)
def test_a_canvas_file_that_would_do_harm_is_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = canvas_file(tmp_path, CANVAS.replace(old, new))
    with pytest.raises(BadUsage, match=words.replace("(", r"\(").replace(")", r"\)")) as told:
        canvas_text(path, "MLP from scratch (901)", ())
    assert told.value.remedy


def test_a_title_that_two_assignments_share_is_refused(tmp_path: Path) -> None:
    path = canvas_file(tmp_path, CANVAS.replace("Homework 1 (900)", "MLP from scratch (900)"))
    with pytest.raises(BadUsage, match="several assignments"):
        canvas_text(path, "MLP from scratch", ())


# As Moodle writes it; the plugins and the site's language decide about the letters' case.
MOODLE = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 101","Jane Doe",jane@example.edu,"Submitted for grading - ",,22.50,Yes,'
    '"Sunday, 1 March 2026, 10:59 PM",-,\n'
    '"Participant 909","Jürgen ""JJ"" Müller",jj@example.edu,"Submitted for grading - ",1.00,22.50,Yes,-,'
    '"Monday, 2 March 2026, 8:00 AM","old, with comma"\n'
    '"Participant 104","علي حسن",ali@example.edu,"Submitted",5.00,22.50,No,-,-,locked\n'
    '"Participant 103","=cmd|\' /C calc\'!A0",eve@example.edu,Submitted,,22.50,Yes,-,-,\n'
    '"Participant 107","Nora Noll",nora@example.edu,"No submission - ",,22.50,Yes,-,-,\n'
    '"Participant 999","Sam Stranger",sam@example.edu,"No submission - ",3.00,22.50,Yes,-,-,"keep me"\n'
)


@pytest.mark.parametrize("change_case", [str, str.lower, str.upper])
def test_moodle_gets_its_own_worksheet_back(change_case: type, ledger: Ledger, tmp_path: Path) -> None:
    header, rest = MOODLE.split("\n", 1)
    path = tmp_path / "worksheet.csv"
    path.write_text(f"{change_case(header)}\n{rest}", encoding="utf-8")
    before = read(path.read_text(encoding="utf-8"))
    text, missing = moodle_text(path, map(entry_of, results_of(ledger)))
    after = read(text)
    assert "\r" not in text, "line ends stay as Moodle wrote them"
    changed = {
        (row, column)
        for row, cells in enumerate(before)
        for column, cell in enumerate(cells)
        if after[row][column] != cell
    }
    grade, feedback = 4, 9
    assert changed == {(1, grade), (1, feedback), (2, grade), (2, feedback), (4, 1), (4, grade), (4, feedback)}
    assert (after[1][grade], after[2][grade], after[4][grade]) == ("6", "4.25", "2.5")
    assert after[4][1] == "'=cmd|' /C calc'!A0"
    assert "Softmax (4.25 of 6): softmax: a &lt; b &amp; c" in after[2][feedback]
    assert "gradients" not in after[2][feedback].casefold(), "what is hidden stays hidden"
    assert "\n" not in after[2][feedback]
    assert LONG in missing


def test_moodle_grades_are_scaled_to_the_maximum(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "worksheet.csv"
    path.write_text(MOODLE.replace("22.50", "100.00"), encoding="utf-8")
    assert read(moodle_text(path, map(entry_of, results_of(ledger)))[0])[1][4] == "26.67"


@pytest.mark.parametrize("column", ["Identifier", "Grade", "Feedback comments"])
def test_a_worksheet_without_a_column_that_is_needed_is_refused(column: str, tmp_path: Path) -> None:
    path = tmp_path / "worksheet.csv"
    path.write_text(MOODLE.replace(column, "Colour", 1), encoding="utf-8")
    with pytest.raises(BadUsage, match=column) as told:
        moodle_text(path, ())
    assert told.value.remedy
