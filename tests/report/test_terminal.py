import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from graders.grading.scorecard import Scorecard
from graders.report.terminal import print_scorecard, progress
from tests.report import samples

Sample = Callable[[], Scorecard]
every_sample = pytest.mark.parametrize("sample", samples.ALL)
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:[349][0-7]|[34]8)(?:;[0-9]+)*m")
STYLING = re.compile(r"\x1b\[[0-9;]*m")


def printed(card: Scorecard, *, width: int = 80, terminal: bool = False, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(file=file, width=width, force_terminal=terminal, color_system="standard" if terminal else None)
    print_scorecard(card, console, report_path=Path("plumbline-report/report.html"))
    file.flush()
    return raw.getvalue().decode(encoding)


@every_sample
@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(sample: Sample, width: int) -> None:
    lines = printed(sample(), width=width).splitlines()
    assert max(cell_len(line) for line in lines) <= max(width, len("Full report: plumbline-report/report.html"))


@every_sample
def test_a_pipe_gets_words_and_nothing_else(sample: Sample) -> None:
    assert "\x1b" not in printed(sample())


@every_sample
def test_student_words_bring_no_escape_sequence_into_a_terminal(sample: Sample) -> None:
    left = STYLING.sub("", printed(sample(), terminal=True))
    assert [c for c in left if ord(c) < 32 and c not in "\n\r"] == []
    assert not set(left) & set("\u202e\u202c\u2066\u2069\u200f\x9b")


def test_a_terminal_gets_colour_unless_it_asks_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert COLOUR.search(printed(samples.partial(), terminal=True))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(printed(samples.partial(), terminal=True))


def test_the_words_are_the_same_with_and_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert STYLING.sub("", printed(samples.partial(), terminal=True)) == printed(samples.partial())


def test_markup_in_student_words_is_shown_as_it_is() -> None:
    said = " ".join(printed(samples.hostile(), width=200).split())
    assert "[bold]markup[/bold] [link=file:///etc]x[/link] :smile:" in said


def test_every_outcome_is_said_in_words() -> None:
    said = printed(samples.partial()) + printed(samples.ungraded()) + printed(samples.not_attempted())
    for words in ("full marks", "some points", "not attempted", "open for a reviewer", "not graded"):
        assert words in said


def test_a_console_without_the_symbols_still_says_everything() -> None:
    said = printed(samples.partial(), encoding="ascii")
    assert f"full marks: {samples.partial().criteria[0].reason}" in said
    assert "✓" not in said


def test_points_reasons_and_total_are_shown() -> None:
    said = " ".join(printed(samples.partial(), width=200).split())
    assert "Gradients of the loss 7.5 / 12 some points: db1[3]: you returned 0.512" in said
    assert "30.5 of 50 decided points" in said
    assert "4 points open for a reviewer" in said
    assert "solution.ipynb, cell 3" in said


def test_a_mistake_that_was_charged_elsewhere_says_where() -> None:
    said = " ".join(printed(samples.carried_forward(), width=200).split())
    assert "6 / 6 full marks: Charged once, at Softmax; right with a right function there." in said
    assert "cross_entropy of 1e30 is inf. What follows from the mistake at Softmax is not charged again here." in said


def test_nothing_is_said_to_be_open_when_nothing_is() -> None:
    said = printed(samples.full_marks())
    assert "18.5 of 18.5 points" in said
    assert "open" not in said


def test_what_is_ungraded_comes_first_and_there_is_no_total() -> None:
    said = printed(samples.ungraded())
    assert said.index("NOT GRADED") < said.index("Forward pass")
    assert "The exam room for PyTorch could not be started." in said
    assert "No score yet" in said
    assert "of 24" not in said


def test_the_path_of_the_report_is_never_broken_by_a_line_end() -> None:
    deep = Path("/".join(["a-long-folder-name"] * 12)) / "report.html"
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    print_scorecard(samples.full_marks(), console, report_path=deep)
    assert isinstance(console.file, io.StringIO)
    assert str(deep) in console.file.getvalue()


def test_a_log_gets_one_line_for_each_criterion() -> None:
    file = io.StringIO()
    card = samples.partial()
    with progress(Console(file=file, force_terminal=False, width=80)) as sitting:
        for result in card.criteria:
            sitting.started(result.name, result.title)
            sitting.finished(result)
    lines = file.getvalue().splitlines()
    assert len(lines) == len(card.criteria)
    assert " ".join(lines[2].split()) == "◐ Gradients of the loss 7.5 / 12 some points"


def test_a_terminal_sees_what_is_running_and_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    file = io.StringIO()
    first, second, *_ = samples.partial().criteria
    with progress(Console(file=file, force_terminal=True, force_interactive=True, width=80)) as sitting:
        sitting.started(first.name, first.title)
        sitting.finished(first)
        sitting.started(second.name, second.title)
    said = STYLING.sub("", file.getvalue())
    assert "✓ Softmax  6 / 6  full marks" in said
    assert "Cross-entropy from logits" in said


def test_progress_lets_an_error_pass() -> None:
    with pytest.raises(KeyboardInterrupt), progress(Console(file=io.StringIO(), force_terminal=False)):
        raise KeyboardInterrupt
