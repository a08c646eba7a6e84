"""Hints come in steps and never hold the answer; the count is kept outside of what is handed in."""

import ast
import json
import re
from pathlib import Path

import pytest

from graders.selfcheck.checking import SelfCheck
from graders.selfcheck.hints import HintsGiven, hints_for
from graders.selfcheck.record import record_text, to_record
from graders.selfcheck.steps import Step
from graders.submission import Submission, open_submission
from tests.banks.mutants import load_mutants
from tests.selfcheck.evening import Asked, checked, edited, exam, rubric
from tests.sitting import ROOT, Edits

WHOLE_MATRIX: Edits = {"mlp_numpy.py": [("P: Array = e / e.sum(axis=1, keepdims=True)", "P: Array = e / e.sum()")]}
UNSTABLE: Edits = {"mlp_numpy.py": [("e = np.exp(z - z.max(axis=1, keepdims=True))", "e = np.exp(z)")]}
NO_MEAN: Edits = {"mlp_numpy.py": [("    dz /= len(y)", "    dz /= 1")]}


def first(submission: Submission, name: str) -> Step:
    """Return one criterion's outcome."""
    return checked(submission, name)[0]


def solution_lines() -> set[str]:
    """Return the statements of the reference's functions, without blanks, that say more than a name or a number."""
    lines: set[str] = set()
    for path in (ROOT / "reference").glob("mlp_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return) and node.value is not None:
                lines.add(re.sub(r"\s", "", ast.unparse(node.value)))
    return {line for line in lines if len(line) > 12}


def test_the_hints_come_one_after_the_other_and_then_start_over(tmp_path: Path) -> None:
    step = first(edited(WHOLE_MATRIX), "softmax")
    texts = hints_for(step)
    assert len(texts) >= 3
    given = [HintsGiven(tmp_path / "hw1", tmp_path / "state").next(step) for _ in range(len(texts) + 1)]
    assert [hint.text for hint in given if hint] == [*texts, texts[0]]
    assert [hint.number for hint in given if hint] == [*range(1, len(texts) + 1), 1]


def test_each_mistake_and_each_submission_has_a_count_of_its_own(tmp_path: Path) -> None:
    wrong, unstable = first(edited(WHOLE_MATRIX), "softmax"), first(edited(UNSTABLE), "softmax")
    assert wrong.lost[0].title != unstable.lost[0].title
    numbers = [
        hint.number
        for folder, step in (("a", wrong), ("a", unstable), ("a", wrong), ("b", wrong))
        if (hint := HintsGiven(tmp_path / folder, tmp_path / "state").next(step))
    ]
    assert numbers == [1, 1, 2, 1]


@pytest.mark.parametrize("kept", ["[]", "{", '{"ABOUT": "many"}', '{"ABOUT": -4}'])
def test_a_spoilt_count_starts_over(kept: str, tmp_path: Path) -> None:
    step = first(edited(WHOLE_MATRIX), "softmax")
    HintsGiven(tmp_path / "hw1", tmp_path / "state").next(step)
    (file,) = (tmp_path / "state").iterdir()
    (about,) = json.loads(file.read_text())
    file.write_text(kept.replace("ABOUT", about))
    hint = HintsGiven(tmp_path / "hw1", tmp_path / "state").next(step)
    assert hint is not None
    assert hint.number == 1


def test_where_the_count_cannot_be_kept_the_first_hint_is_given(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    step = first(edited(WHOLE_MATRIX), "softmax")
    for _ in range(2):
        hint = HintsGiven(tmp_path / "hw1", tmp_path / "state" / "hints").next(step)
        assert hint is not None
        assert hint.number == 1


def test_nothing_is_hinted_at_where_nothing_is_wrong(tmp_path: Path) -> None:
    step = first(edited({}), "softmax")
    assert HintsGiven(tmp_path / "hw1", tmp_path / "state").next(step) is None
    assert not (tmp_path / "state").exists()


def test_what_is_not_written_has_hints_of_its_own() -> None:
    texts = hints_for(first(open_submission(ROOT / "student_template"), "softmax"))
    assert len(texts) == 3
    assert "along the class axis" in texts[0]


@pytest.mark.parametrize("name", ["softmax", "cross_entropy", "gradients", "dropout", "cosine", "momentum_step"])
def test_no_hint_and_no_reason_holds_a_line_of_the_solution(name: str) -> None:
    lines = solution_lines()
    assert len(lines) > 40
    wrong = [edited(m.code_edits) for m in load_mutants() if m.criterion == name][:3]
    assert wrong
    for submission in [*wrong, open_submission(ROOT / "student_template")]:
        step = first(submission, name)
        told = re.sub(r"\s", "", "\n".join([*hints_for(step), record_text(to_record([step], submission))]))
        assert not [line for line in lines if line in told]


def test_the_record_is_json_without_seed_exhibits_or_the_references_numbers() -> None:
    submission = edited(NO_MEAN)
    check = SelfCheck(rubric("softmax", "gradients"), Asked())
    list(check.run(submission, exam()))
    text = record_text(to_record(check.steps, submission))
    record = json.loads(text)
    assert record["schema"] == "plumbline/check/v1"
    assert (record["done"], record["of"], record["next"]) == (1, 2, "gradients")
    assert [c["state"] for c in record["criteria"]] == ["done", "not right yet"]
    assert not {"seed", "exhibits", "reference", "threshold"} & set(re.findall(r'"(\w+)":', text))
    assert text.isascii()
