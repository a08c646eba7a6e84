"""The catalogue as a whole: enough entries, each with its words, no solution handed over, no root that is not there."""

import ast
import importlib
import re
from collections import Counter
from pathlib import Path

import pytest

from graders.catalogue import all_mistakes, catalogue_of
from graders.naming.mistake import Mistake
from graders.rubric.registry import criterion_names
from tests.banks.mutants import UNLISTED, load_mutants
from tests.sitting import ROOT

ENTRIES = all_mistakes()
WORDS = ("did", "why", "see", "fix")


def test_there_are_at_least_a_hundred_entries_over_every_criterion() -> None:
    counts = Counter(entry.criterion for entry in ENTRIES)
    assert len(ENTRIES) >= 100
    assert {name for name in criterion_names() if not counts[name]} == set()


def test_every_id_is_unique_and_begins_with_its_criterion() -> None:
    assert [i for i, n in Counter(entry.id for entry in ENTRIES).items() if n > 1] == []
    odd = [e.id for e in ENTRIES if not re.fullmatch(rf"{e.criterion.replace('_', '-')}-[a-z0-9-]+", e.id)]
    assert odd == []


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_an_entry_says_in_sentences_what_was_done_why_how_to_see_it_and_what_next(entry: Mistake) -> None:
    for field in WORDS:
        text = getattr(entry, field)
        assert len(text) >= 12, f"{entry.id}: {field} says too little"
        assert text[-1] in ".?!:;)", f"{entry.id}: {field} is no sentence"
        assert " " in text.strip(), f"{entry.id}: {field} is one word"


def test_a_root_is_an_entry_of_another_criterion() -> None:
    by_id = {entry.id: entry for entry in ENTRIES}
    for entry in ENTRIES:
        if entry.root:
            assert entry.root in by_id, f"{entry.id}: there is no {entry.root}"
            assert by_id[entry.root].criterion != entry.criterion, entry.id
            assert not by_id[entry.root].root, f"{entry.id}: {entry.root} has a root of its own"


def solution_lines() -> set[str]:
    """Return the reference's statements, without spaces; short ones stand in any explanation."""
    lines = set()
    for path in (ROOT / "reference").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.AnnAssign):
                text = ast.unparse(node)
                lines |= {re.sub(r"\s", "", part) for part in (text, text.partition("=")[2]) if len(part) > 20}
    return lines


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_no_entry_hands_over_a_line_of_the_solution(entry: Mistake) -> None:
    told = re.sub(r"\s", "", " ".join(getattr(entry, field) for field in WORDS))
    assert [line for line in solution_lines() if line in told] == []


def test_every_catalogue_is_of_a_criterion_and_found_by_its_name() -> None:
    for name in criterion_names():
        catalogue = catalogue_of(name)
        assert catalogue is not None, name
        assert catalogue.criterion == name
        assert Path(importlib.import_module(f"graders.catalogue.{name}").__file__ or "").stem == name


def test_every_mutant_says_which_entry_it_is_and_most_entries_have_one() -> None:
    mutants = load_mutants()
    listed = [m for m in mutants if m.mistake != UNLISTED]
    assert len(listed) >= 0.9 * len(mutants)
    without = {entry.id for entry in ENTRIES} - {m.mistake for m in listed}
    assert len(without) <= 0.35 * len(ENTRIES), sorted(without)
