from graders.foundation.verdict import Standing
from tests.sitting import named, named_parts, sit_result

WORDS = "Every word of this long sentence is counted, so that there are enough of them for an answer to the question.\n"


def sitting(answers: str) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Return how written answers are named, as a whole and by their parts."""
    result = sit_result("answers", answers=answers)
    return named(result), named_parts(result)


def test_a_section_without_its_heading_is_named() -> None:
    answers = f"# 1. Derivation\n{WORDS}# 2. Overfitting\n{WORDS}# 3. Schedules\n{WORDS}"
    assert sitting(answers)[0] == ("answers-hidden-width-missing",)


def test_a_section_under_a_heading_of_its_own_is_told_from_a_missing_one() -> None:
    answers = f"## Derivation\n{WORDS}## Regularise!\n{WORDS}## Hidden width\n{WORDS}## Schedules\n{WORDS}"
    assert sitting(answers)[0] == ("answers-overfitting-renamed",)


def test_two_gaps_are_named_part_by_part() -> None:
    answers = f"## Derivation\n{WORDS}## Overfitting\n## Hidden width\n{WORDS}## Schedules\nCosine.\n"
    assert sitting(answers) == (
        (),
        {"Overfitting": ("answers-overfitting-empty",), "Schedules": ("answers-schedules-short",)},
    )


def test_answers_with_headings_of_every_form_have_no_diagnosis() -> None:
    first = f"Intro\n# DERIVATION\n{WORDS}### Q2 Overfitting\n{WORDS}## Notes\n"
    answers = f"{first}## hidden width\n{WORDS}# Schedules:\n{WORDS}"
    result = sit_result("answers", answers=answers)
    assert result.standing is Standing.OPEN
    assert result.diagnoses == ()
