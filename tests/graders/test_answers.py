from pathlib import Path

import pytest

from graders.answers import sections
from graders.foundation.verdict import Standing
from tests.sitting import ROOT, lost, sit

WORDS = (
    "The gradient of the loss with respect to the logits is the softmax minus the labels, divided by the batch size. "
)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_reference_answers_leave_all_points_open_for_a_reviewer_beside_their_curves() -> None:
    verdict = sit("answers", answers=text_of(ROOT / "reference" / "answers.md"))
    assert verdict.standing is Standing.OPEN
    assert verdict.share == 1
    assert len(verdict.exhibits) == 2
    assert len(verdict.remarks) == 4


def test_the_template_as_it_is_counts_as_not_attempted() -> None:
    verdict = sit("answers", answers=text_of(ROOT / "student_template" / "answers.md"))
    assert verdict.standing is Standing.NOT_ATTEMPTED


def test_a_missing_section_closes_its_share_and_leaves_the_others_open() -> None:
    answers = f"# Derivation\n{WORDS}\n# OVERFITTING\n{WORDS}\n# hidden width\n{WORDS}\n"
    verdict = sit("answers", answers=answers)
    assert verdict.standing is Standing.OPEN
    assert lost(verdict) == ("'Schedules' is answered",)
    assert verdict.share == pytest.approx(3 / 4)


def test_a_few_words_are_no_answer_but_a_formula_is_a_derivation() -> None:
    answers = "## Derivation\n$\\partial L/\\partial Z = P - Y$\n## Overfitting\nUse dropout.\n"
    verdict = sit("answers", answers=answers)
    assert lost(verdict) == tuple(f"'{name}' is answered" for name in ("Overfitting", "Hidden width", "Schedules"))
    assert [check.attempted for check in verdict.checks] == [True, True, False, False]


def test_headings_may_be_numbered_nested_or_extended() -> None:
    markdown = (
        "## Question 1: derivation of the gradient\na\n### Notes on Overfitting\nb\n#### 2. Overfitting ####\nc\n"
    )
    found = sections(markdown)
    assert "a" in found["Derivation"]
    assert "b" in found["Derivation"]
    assert found["Overfitting"].strip() == "c"


def test_comments_and_code_are_no_headings() -> None:
    markdown = (
        "## Schedules\n<!-- ## Overfitting\nhidden -->\n```\n# Hidden width\n```\nshown\n## Literature\nelsewhere\n"
    )
    found = sections(markdown)
    assert "shown" in found["Schedules"]
    assert "hidden" not in "".join(found.values())
    assert "elsewhere" not in found["Schedules"]
    assert found["Hidden width"] == ""
