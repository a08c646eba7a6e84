"""Whatever a submission says, no terminal, browser or spreadsheet obeys it: a class of talkers, graded as a batch.

In each control the same words stand as they are in a view of the common kind, which must obey.
"""

import contextlib
import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Template
from rich.console import Console

from graders.exports.table import FORMULA_STARTS
from graders.grading.scorecard import Scorecard
from graders.ledger import Ledger
from graders.ledger.stored import scorecard_of
from graders.report import print_scorecard, render_html
from tests.banks.attacks import Attack, load_attacks
from tests.batch.classroom import run, write_rubric
from tests.sitting import edited_reference

ATTACKS = load_attacks("words")
CALL = "plumbline_attack"
COMPUTED = "42000042"
# Control characters but tab and newline, and what turns the direction of reading.
COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def name_of(attack: Attack) -> str:
    """Return the name of an attack's hand-in."""
    return attack.named or attack.id


def source_of(attack: Attack) -> str:
    """Return the module of an attack."""
    return edited_reference()["mlp_numpy.py"] + "\n\n" + attack.code.replace("␛", "\x1b")


def hand_in(attack: Attack, folder: Path) -> Path:
    """Write an attack's hand-in into a folder; returns where."""
    work = folder / name_of(attack)
    work.mkdir()
    (work / "mlp_numpy.py").write_text(source_of(attack))
    if attack.beside:
        (work / attack.beside).write_text("x")
    return work


class Graded:
    """A class of talkers, and everything that was written and printed of it."""

    def __init__(self, home: Path) -> None:
        (home / "class").mkdir()
        for attack in ATTACKS:
            hand_in(attack, home / "class")
        out = home / "results"
        options = ("--rubric", write_rubric(home), "--export", "junit", "--export", "gradescope")
        done = run("batch", home / "class", "--out", out, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        self.printed = done.stdout + done.stderr
        self.pages = [p.read_text() for p in out.rglob("*.html")]
        self.records = [p.read_text() for p in out.rglob("*.json")]
        self.exported = [p.read_text() for p in (out / "exports").rglob("*.json")]
        self.sheets = [p.read_text() for p in out.rglob("*.csv")]
        self.words_for_machines = [p.read_text() for p in out.rglob("*.xml")]
        with Ledger(out) as ledger:
            sittings = {row.student: ledger.sitting(row.sitting or "") for row in ledger.hand_ins()}
        self.cards: Mapping[str, Scorecard] = {
            student: scorecard_of(sitting.scorecard)
            for student, sitting in sittings.items()
            if sitting is not None and sitting.scorecard is not None
        }


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Grade the class once."""
    return Graded(tmp_path_factory.mktemp("talkers"))


class Obeyed(HTMLParser):
    """Collects what a browser would run or load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._tag = ""
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag."""
        self._tag = tag
        self.found += [f"{tag} {name}" for name, _ in attrs if name.startswith("on")]
        self.found += [f"{tag} {name}" for name, value in attrs if (value or "").lower().startswith("javascript:")]

    def handle_data(self, data: str) -> None:
        """Look at a script."""
        if self._tag == "script" and data.startswith(CALL):
            self.found.append("script")

    def handle_endtag(self, tag: str) -> None:
        """Leave a tag."""
        del tag
        self._tag = ""


def formulas(sheet: str) -> list[str]:
    """Return the cells that a spreadsheet computes."""

    def is_number(cell: str) -> bool:
        with contextlib.suppress(ValueError):
            float(cell)
            return True
        return False

    cells = [cell.lstrip() for row in csv.reader(io.StringIO(sheet, newline="")) for cell in row]
    return [c for c in cells if len(c) > 1 and c.startswith(FORMULA_STARTS) and not is_number(c)]


def all_texts(value: object) -> Iterator[str]:
    """Yield every text in a record."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.items() if isinstance(value, dict) else value:
            yield from all_texts(list(inner) if isinstance(inner, tuple) else inner)


def test_everyone_of_the_class_was_graded(graded: Graded) -> None:
    assert len(graded.cards) == len(ATTACKS)
    assert len(graded.pages) == len(ATTACKS) + 1
    assert len(graded.sheets) == len(graded.words_for_machines) == 1
    assert len(graded.exported) == len(ATTACKS)


def test_no_browser_runs_what_was_said(graded: Graded) -> None:
    for page in [*graded.pages, *(render_html(card, instructor=True) for card in graded.cards.values())]:
        assert Obeyed(page).found == []
        assert COMPUTED not in page


def test_no_terminal_obeys_what_was_said(graded: Graded) -> None:
    assert COMMANDS.search(graded.printed) is None
    for card in graded.cards.values():
        shown = io.StringIO()
        print_scorecard(card, Console(file=shown, width=100), report_path=None)
        assert COMMANDS.search(shown.getvalue()) is None
        assert COMPUTED not in shown.getvalue()


def test_no_spreadsheet_computes_what_was_said(graded: Graded) -> None:
    for sheet in graded.sheets:
        assert formulas(sheet) == []
        assert COMMANDS.search(sheet.replace("\r\n", "\n")) is None


def test_no_record_passes_a_command_on(graded: Graded) -> None:
    for record in graded.records:
        assert COMMANDS.search(record) is None  # as a file: JSON has its own escapes
    for record in graded.exported:
        for text in all_texts(json.loads(record)):
            assert COMMANDS.search(text) is None, text
    for text in graded.words_for_machines:
        assert COMMANDS.search(text) is None
        assert f"<script>{CALL}" not in text


def test_the_words_themselves_are_there_to_be_read(graded: Graded) -> None:
    shown = " ".join(text for record in graded.records for text in all_texts(json.loads(record)))
    for words in ("100 of 100", f"<script>{CALL}()</script>", "{{ 6 * 7000007 }}", "=HYPERLINK("):
        assert words in shown


def said(attack: Attack, folder: Path) -> str:
    """Return all that a submission says of itself in a plain interpreter: what it prints, raises and is called."""
    work = hand_in(attack, folder)
    teller = (
        "import numpy\n"
        "try:\n"
        "    import mlp_numpy\n"
        "    print(mlp_numpy.__doc__)\n"
        "    print(mlp_numpy.softmax.__name__)\n"
        "    print(type(mlp_numpy.softmax(numpy.ones((1, 3)))).__name__)\n"
        "except SyntaxError as error: print(error.text)\n"
        "except Exception as error: print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", teller], cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    return "\n".join([name_of(attack), attack.beside, ended.stdout.decode("latin1" if b"\x9b" in ended.stdout else "utf-8")])


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.id)
def test_a_view_that_shows_words_as_they_are_obeys_them(attack: Attack, tmp_path: Path) -> None:
    words = said(attack, tmp_path)
    match attack.control:
        case "terminal":
            assert COMMANDS.search(words)
        case "page":
            assert Obeyed(f"<html><pre>{words}</pre></html>").found
        case "template":
            assert COMPUTED in Template(f"<pre>{words}</pre>").render()
        case "sheet":
            assert formulas(",total\n".join(words.splitlines()))
        case _:
            pytest.fail(f"no view is called {attack.control!r}")
