"""Written answers: under the contract's headings, wherever they were written."""

from dataclasses import replace
from pathlib import Path

import pytest

from graders.submission import open_submission
from graders.submission.answers import contract_heading, decode_text, sections
from graders.submission.model import DEFAULT_LIMITS
from tests.submission.handing_in import hand_in, messages, write_folder, write_notebook


def test_the_text_cells_of_a_notebook_are_the_answers(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "md:# My homework\nHello.",
        "md:# DERIVATION\nWe find",
        "x = 1",
        "md:$P - Y$\n### in detail\nso it is",
        "md:#### Hidden  width:\nwider",
        "md:# Appendix\nnothing",
    )
    assert made.answers == "## Derivation\n\nWe find\n\n$P - Y$\n### in detail\nso it is\n\n## Hidden width\n\nwider"


def test_the_file_wins_where_it_has_the_heading(tmp_path: Path) -> None:
    write_folder(tmp_path, {"Answers.md": "Me.\n## Derivation\nfrom the file\n"})
    write_notebook(tmp_path / "solution.ipynb", "md:## Derivation\nfrom the cell", "md:## Schedules\ncosine")
    assert open_submission(tmp_path).answers == "Me.\n## Derivation\nfrom the file\n\n## Schedules\n\ncosine"


def test_text_without_any_of_the_headings_is_kept_for_the_reader(tmp_path: Path) -> None:
    assert hand_in(tmp_path, "md:I think that", "md:it overfits").answers == "I think that\n\nit overfits"


def test_a_comment_in_a_code_block_is_no_heading() -> None:
    text = "## Derivation\n```python\n# Overfitting\n```\n~~~\n```\n# Schedules\n~~~\nend\n# Other\n"
    assert list(sections(text)) == ["Derivation"]
    assert sections(text)["Derivation"].endswith("end")


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        ("Derivation", "Derivation"),
        ("2. **Overfitting**", "Overfitting"),
        ("Part C: the effect of HIDDEN_WIDTH", "Hidden width"),
        ("Learning-rate schedules ##", "Schedules"),
        ("Derivations and more", None),
        ("", None),
    ],
)
def test_a_heading_is_known_however_it_is_numbered_and_decorated(title: str, heading: str | None) -> None:
    assert contract_heading(title) == heading


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_prose_is_read_in_whatever_encoding_it_was_saved(encoding: str) -> None:
    assert decode_text("## Überanpassung\r\nja".encode(encoding)) == "## Überanpassung\nja"


def test_answers_without_end_are_cut_with_a_notice(tmp_path: Path) -> None:
    write_folder(tmp_path, {"answers.md": "a" * 50})
    made = open_submission(tmp_path, limits=replace(DEFAULT_LIMITS, max_answer_characters=20))
    assert made.answers == "a" * 20
    assert "the answers are longer than 20 characters" in messages(made)
