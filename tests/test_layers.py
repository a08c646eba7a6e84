"""The architecture, enforced: each layer imports only what stands to its left, and the driver nothing but the wire."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CRITERIA = "criteria"

# What each part of graders/ may import of ours. A part always may import itself.
ALLOWED = {
    "wire": set(),
    "driver": {"wire"},
    "dataset": {"foundation"},
    "foundation": {"dataset"},
    "submission": {"foundation", "wire"},
    "measure": {"foundation", "wire"},
    CRITERIA: {"foundation", "measure", "wire"},
    "naming": {"foundation", "measure", "wire"},
    "mistaken": {"foundation", "measure", "wire", CRITERIA, "naming"},
    "catalogue": {"foundation", "measure", "wire", CRITERIA, "naming", "mistaken"},
    "rubric": {"foundation", CRITERIA},
    "exam_room": {"foundation", "submission", "wire"},
    "grading": {"foundation", "measure", "naming", "catalogue", "rubric", "submission", "exam_room", "dataset", "wire"},
    "report": {"foundation", "grading", "exam_room"},
    "selfcheck": {"foundation", "exam_room", "submission", "rubric", "grading", "report", "wire"},
    "handout": {"foundation"},
    "machine": {"foundation", "exam_room", "grading"},
    "intake": {"foundation", "submission", "wire"},
    "ledger": {"foundation", "submission", "exam_room", "grading", "report", "wire"},
    "exports": {"foundation", "intake", "ledger", "report"},
    "dashboard": {"foundation", "ledger", "report"},
    "review": {"foundation", "grading", "report", "ledger", "exports"},
    "similarity": {"foundation", "submission", "report", "ledger", "dashboard"},
    "batch": {
        *("foundation", "dataset", "submission", "exam_room", "rubric", "grading", "report"),
        *("intake", "ledger", "exports", "dashboard", "review", "similarity"),
    },
    "commands": {
        *("foundation", "dataset", "submission", "exam_room", "rubric", "grading", "report"),
        *("selfcheck", "handout", "machine", "exports", "batch"),
    },
}


def imports_of(path: Path) -> set[str]:
    """Return the parts of graders/ that a module imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "graders" and len(parts) > 1:
                found.add(part_of(parts[1]))
    return found


def part_of(name: str) -> str:
    """Return the part that graders.NAME belongs to: a subpackage, or the criterion modules."""
    return name if (ROOT / "graders" / name).is_dir() else CRITERIA


MODULES = sorted((ROOT / "graders").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_what_stands_to_its_left(path: Path) -> None:
    relative = path.relative_to(ROOT / "graders")
    part = part_of(relative.parts[0]) if len(relative.parts) > 1 else CRITERIA
    if relative.name == "__init__.py" and len(relative.parts) == 1:
        part = "wire"  # the package's own docstring; it imports nothing
    assert imports_of(path) - {part} <= ALLOWED[part]


def test_every_part_of_graders_has_its_place_in_the_layers() -> None:
    folders = {p.name for p in (ROOT / "graders").iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders == set(ALLOWED) - {CRITERIA}


def test_no_criterion_imports_another() -> None:
    for path in (ROOT / "graders").glob("*.py"):
        assert CRITERIA not in imports_of(path), path.name


def test_nothing_of_the_grader_imports_the_reference() -> None:
    for path in [*MODULES, ROOT / "grade.py"]:
        names = {
            node.module.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and node.module
        }
        assert not names & {"reference", "student_template", "mlp_numpy", "mlp_torch", "study"}, path.name
