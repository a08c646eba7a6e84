import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.report.plain_text import one_line, plain_text
from tests.report.samples import BIDI, ESCAPES, HOSTILE

ANY_TEXT = st.text(st.characters(exclude_categories=()))
JOINERS = "\u200c\u200d"


@given(ANY_TEXT)
def test_no_control_character_survives_but_tab_and_newline(text: str) -> None:
    left = [c for c in plain_text(text) if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\t\n"]
    assert left == []


@given(ANY_TEXT)
def test_nothing_that_turns_the_reading_direction_survives(text: str) -> None:
    overriding = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not overriding & {unicodedata.bidirectional(c) for c in plain_text(text + BIDI)}


@given(ANY_TEXT)
def test_plain_text_is_plain_already(text: str) -> None:
    assert plain_text(plain_text(text)) == plain_text(text)


@given(ANY_TEXT)
def test_plain_text_can_always_be_written_to_a_file(text: str) -> None:
    assert plain_text(text).encode("utf-8").decode("utf-8") == plain_text(text)


@given(ANY_TEXT)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "dW1[3, 1]: 1.2e-05 × ∂L/∂Z₂ − ŷ",
        "softmax(z)\n\tz: (7, 5)",
        "Łukasz Ångström, 李明, أمل, अक्षय",
        f"نمی{JOINERS[0]}خواهم 👩{JOINERS[1]}🔬",
    ],
)
def test_what_people_write_stays_as_it_was(text: str) -> None:
    assert plain_text(text) == text


def test_escape_sequences_go_as_a_whole_and_leave_no_litter() -> None:
    assert plain_text(ESCAPES) == "red link "


def test_an_unfinished_escape_sequence_does_not_swallow_what_follows() -> None:
    assert "points lost" in plain_text("\x1b]0;title without an end\npoints lost")


def test_a_carriage_return_cannot_overwrite_a_line() -> None:
    assert plain_text("0 points\rfull marks") == "0 points\nfull marks"


def test_the_hostile_sample_keeps_its_readable_words() -> None:
    assert one_line(HOSTILE).startswith("</script><script>alert(1)</script>")
    assert one_line(HOSTILE).endswith("end")
