"""The grader is graded: every known mistake loses points on the criterion that it breaks.

PLUMBLINE_BANK=whole sits all mutants; otherwise the first two of every criterion sit.
"""

import ast
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from graders.rubric.registry import criterion_names
from tests.banks.mutants import BadBank, Mutant, load_mutants, sit_mutant
from tests.sitting import edited_reference, lost

MUTANTS = load_mutants()
EACH = 2
IN_THE_TORCH_ROOM = ("torch_forward", "torch_steps", "torch_training", "accuracy_gap", "plot_curves", "width_study")

GOOD = """\
- id: softmax-images-axis
  criterion: softmax
  what: "the sum runs over the images"
  edits:
    mlp_numpy.py:
      - old: "P: Array = e / e.sum(axis=1, keepdims=True)"
        new: "P: Array = e / e.sum(axis=0, keepdims=True)"
"""
CRITERION = "  criterion: softmax\n"


def sitting_mutants() -> Sequence[object]:
    """Return the mutants that sit, those that need no PyTorch first."""
    whole = os.environ.get("PLUMBLINE_BANK") == "whole"
    taken: Counter[str] = Counter()
    chosen = []
    for mutant in MUTANTS:
        taken[mutant.criterion] += 1
        if whole or taken[mutant.criterion] <= EACH:
            chosen.append(mutant)
    chosen.sort(key=lambda mutant: mutant.criterion in IN_THE_TORCH_ROOM)
    return [pytest.param(m, id=m.id, marks=_marks(m)) for m in chosen]


def _marks(mutant: Mutant) -> Sequence[pytest.MarkDecorator]:
    return [pytest.mark.torch_room] if mutant.criterion in IN_THE_TORCH_ROOM else []


def bank(folder: Path, text: str) -> Path:
    (folder / "bank.yaml").write_text(text)
    return folder


@pytest.mark.parametrize("mutant", sitting_mutants())
def test_a_known_mistake_loses_points_on_the_criterion_that_it_breaks(mutant: Mutant) -> None:
    verdict = sit_mutant(mutant)
    assert verdict.share < 1, f"{mutant.id} ({mutant.what}) keeps every point on {mutant.criterion}"
    assert lost(verdict)


def test_the_bank_holds_at_least_120_mutants() -> None:
    assert len(MUTANTS) >= 120


def test_every_criterion_has_at_least_two_mutants() -> None:
    counts = Counter(mutant.criterion for mutant in MUTANTS)
    assert {name: counts[name] for name in criterion_names() if counts[name] < EACH} == {}


def test_no_mutant_stands_twice_for_one_criterion() -> None:
    counts = Counter((mutant.criterion, str(dict(mutant.edits))) for mutant in MUTANTS)
    assert [key for key, count in counts.items() if count > 1] == []


def test_every_mutant_is_python_that_says_something_else() -> None:
    right = {name: ast.dump(ast.parse(text)) for name, text in edited_reference().items()}
    for mutant in MUTANTS:
        edited = edited_reference(mutant.code_edits)
        for name in mutant.code_edits:
            assert ast.dump(ast.parse(edited[name], filename=mutant.id)) != right[name], mutant.id


def test_a_good_entry_is_read_with_all_that_it_says(tmp_path: Path) -> None:
    (mutant,) = load_mutants(bank(tmp_path, GOOD.replace("softmax\n", "softmax\n  also: [predict]\n", 1)))
    assert (mutant.id, mutant.criterion, mutant.also) == ("softmax-images-axis", "softmax", ("predict",))
    ((old, new),) = mutant.edits["mlp_numpy.py"]
    assert (old.count("axis=1"), new.count("axis=0")) == (1, 1)


def test_an_edit_of_the_written_answers_does_not_reach_the_code(tmp_path: Path) -> None:
    text = GOOD.replace("mlp_numpy.py", "answers.md")
    text = text.replace("P: Array = e / e.sum(axis=1, keepdims=True)", "## Derivation\\n")
    (mutant,) = load_mutants(bank(tmp_path, text))
    assert mutant.code_edits == {}
    assert "## Derivation\n" not in mutant.answers
    assert mutant.edits["answers.md"][0][1] in mutant.answers


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("criterion: softmax", "criterion: sofmax", "no criterion named 'sofmax'. Did you mean 'softmax'?"),
        (CRITERION, f"{CRITERION}  also: [sofmax]\n", "no criterion named 'sofmax'"),
        (CRITERION, f"{CRITERION}  also: [softmax]\n", "names a criterion twice"),
        (CRITERION, f"{CRITERION}  also: predict\n", "'also' is a list"),
        (CRITERION, "", "'criterion' is missing"),
        (CRITERION, f"{CRITERION}  alsoo: [predict]\n", "'alsoo' is not known here. Did you mean 'also'?"),
        (CRITERION, f"{CRITERION}  criterion: predict\n", "not YAML"),
        (CRITERION, "  criterion: 3\n", "'criterion' is a text, not 3"),
        ("mlp_numpy.py", "mlp_nunpy.py", "reference/ has no file 'mlp_nunpy.py'. Did you mean 'mlp_numpy.py'?"),
        ('- old: "P: Array = e', '- old: "Q: Array = e', "stands 0 times in reference/mlp_numpy.py, not once"),
        ("P: Array = e / e.sum(axis=1, keepdims=True)", "axis=1", "times in reference/mlp_numpy.py, not once"),
        ('new: "P: Array = e / e.sum(axis=0', 'new: "P: Array = e / e.sum(axis=1', "replaces"),
        ("        new:", "        with:", "an edit has the keys old and new"),
        (GOOD, GOOD + GOOD, "the id 'softmax-images-axis' stands at bank.yaml:1 already"),
        (GOOD, "a: b\n", "is a list of mutants"),
        (GOOD, "- a\n", "a mutant is a mapping"),
    ],
)  # fmt: skip
def test_a_slip_in_the_bank_is_told_with_file_line_and_reason(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(BadBank) as refusal:
        load_mutants(bank(tmp_path, GOOD.replace(old, new)))
    assert words in str(refusal.value)
    assert str(refusal.value).startswith("bank.yaml")
