"""A fresh copy of the template: as files, as a notebook, with tests that just work."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from graders.foundation.errors import BadUsage
from graders.handout import hand_out
from graders.handout.folder import CODE, TEMPLATE
from graders.rubric import find_rubric, load_rubric
from graders.submission import open_submission
from graders.submission.unwritten import unwritten
from graders.wire.contract import MODULE_OF
from tests.sitting import ROOT


def pytest_in(folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run pytest in a student's folder, as an editor does."""
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-rs", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("PYTEST")},
            "PLUMBLINE": str(ROOT),
            **environment,
        },
    )


def test_a_new_folder_holds_the_template() -> None:
    names = {path.name for path in TEMPLATE.iterdir() if path.is_file()}
    assert names == {*CODE, "answers.md", "README.md", "test_mlp.py"}, "hand_out has to know every file"


def test_a_new_folder_is_the_template_word_for_word(tmp_path: Path) -> None:
    hand_out(tmp_path / "deep" / "hw1", notebook=False)
    for path in (tmp_path / "deep" / "hw1").iterdir():
        assert path.read_text() == (TEMPLATE / path.name).read_text()
        assert str(ROOT) not in path.read_text(), "a folder may be moved to another machine"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    hand_out(tmp_path, notebook=True)
    assert {path.name for path in tmp_path.iterdir()} == {"README.md", "solution.ipynb", "test_mlp.py"}


@pytest.mark.parametrize("inside", ["notes.txt", ".hidden"])
def test_a_folder_that_holds_something_is_refused_and_left_alone(inside: str, tmp_path: Path) -> None:
    (tmp_path / inside).write_text("mine")
    with pytest.raises(BadUsage, match="not empty"):
        hand_out(tmp_path, notebook=False)
    assert [path.name for path in tmp_path.iterdir()] == [inside]


def test_a_file_and_a_place_where_nothing_can_be_written_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadUsage, match="is a file"):
        hand_out(tmp_path / "file", notebook=False)
    with pytest.raises(BadUsage, match="cannot write"):
        hand_out(tmp_path / "file" / "below", notebook=False)
    with pytest.raises(BadUsage, match="cannot write"):
        hand_out(Path("/proc/nowhere"), notebook=False)


def test_the_notebook_holds_the_templates_functions_once_each_and_its_questions(tmp_path: Path) -> None:
    hand_out(tmp_path, notebook=True)
    notebook = nbformat.read(tmp_path / "solution.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    made = {node.name: ast.unparse(node) for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
    kept = {
        node.name: ast.unparse(node)
        for name in CODE
        for node in ast.parse((TEMPLATE / name).read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    assert made == kept
    assert code.count("def ") == len(made)
    answers = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for question in re.findall(r"^## .*$|<!--.*-->", (TEMPLATE / "answers.md").read_text(), re.MULTILINE):
        assert question in answers


def test_the_notebook_runs_and_is_a_submission_in_which_nothing_is_written(tmp_path: Path) -> None:
    hand_out(tmp_path, notebook=True)
    notebook = nbformat.read(tmp_path / "solution.ipynb", as_version=4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    submission = open_submission(tmp_path)
    assert submission.notices == ()
    assert unwritten(submission).keys() == set(MODULE_OF)


def test_the_same_notebook_comes_out_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        hand_out(tmp_path / name, notebook=True)
    assert (tmp_path / "a/solution.ipynb").read_bytes() == (tmp_path / "b/solution.ipynb").read_bytes()


def test_the_tests_of_the_template_are_the_public_criteria_in_order() -> None:
    tree = ast.parse((TEMPLATE / "test_mlp.py").read_text())
    tests = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    assert [t.name.removeprefix("test_") for t in tests] == [
        c.name for c in load_rubric(find_rubric("selfcheck")).public().criteria
    ]
    for test in tests:
        name = test.name.removeprefix("test_")
        assert ast.unparse(test.body[1]) == f"judge('{name}')"


def test_the_tests_are_no_part_of_what_is_judged(tmp_path: Path) -> None:
    hand_out(tmp_path, notebook=False)
    submission = open_submission(tmp_path)
    assert submission.notices == ()
    assert set(submission.modules) == {"mlp_numpy", "mlp_torch", "study"}


def test_pytest_in_a_new_folder_skips_what_is_not_written(tmp_path: Path) -> None:
    hand_out(tmp_path, notebook=False)
    done = pytest_in(tmp_path, "-k", "softmax or cosine or torch_steps")
    assert done.returncode == 0, done.stdout
    assert "3 skipped" in done.stdout
    assert "softmax is not written yet" in done.stdout


def test_pytest_in_a_new_folder_passes_what_is_right_and_fails_what_is_wrong(tmp_path: Path) -> None:
    hand_out(tmp_path, notebook=False)
    text = (ROOT / "reference" / "mlp_numpy.py").read_text()
    wrong = text.replace("P: Array = e / e.sum(axis=1, keepdims=True)", "P: Array = e / e.sum()")
    assert wrong != text
    (tmp_path / "mlp_numpy.py").write_text(wrong)
    done = pytest_in(tmp_path, "-k", "softmax or cosine")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "rows sum to one" in done.stdout
    assert "Traceback" not in done.stdout


def test_pytest_finds_plumbline_around_the_template_beside_it_and_through_the_environment(tmp_path: Path) -> None:
    shutil.copytree(TEMPLATE, tmp_path / "lonely", ignore=shutil.ignore_patterns("__pycache__"))
    lost = pytest_in(tmp_path / "lonely", "-k", "cosine", PLUMBLINE="")
    assert lost.returncode == 1
    assert "Plumbline was not found, so nothing was checked." in lost.stdout
    assert "Set the environment variable PLUMBLINE" in lost.stdout
    (tmp_path / "plumbline").symlink_to(ROOT)
    beside = pytest_in(tmp_path / "lonely", "-k", "cosine", PLUMBLINE="")
    assert "1 skipped" in beside.stdout, beside.stdout
    found = pytest_in(tmp_path / "lonely", "-k", "cosine", PLUMBLINE=str(ROOT))
    assert "1 skipped" in found.stdout, found.stdout
    inside = pytest_in(TEMPLATE, "-k", "cosine", PLUMBLINE="")
    assert "1 skipped" in inside.stdout, inside.stdout


def test_pytest_says_why_a_folder_cannot_be_checked(tmp_path: Path) -> None:
    hand_out(tmp_path, notebook=False)
    for name in (*CODE, "answers.md"):
        (tmp_path / name).unlink()
    done = pytest_in(tmp_path, "-k", "cosine")
    assert done.returncode == 1
    assert "could not check this folder" in done.stdout
