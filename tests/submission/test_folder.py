"""Folders: what is taken, what is left out, what is refused; and the value that comes of it."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from graders.submission import Submission, open_submission
from tests.submission.handing_in import ALL_FOUR, SOFTMAX, messages, write_folder, write_notebook


def test_a_whole_folder_becomes_one_value(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path / "ada", ALL_FOUR))
    assert made.name == "ada"
    assert set(made.files) == {"mlp_numpy.py", "mlp_torch.py", "study.py"}
    assert dict(made.modules) == {"mlp_numpy": "mlp_numpy", "mlp_torch": "mlp_torch", "study": "study"}
    assert made.answers == "## Derivation\nP - Y"
    assert (made.notebook_module, made.notices, dict(made.faults), dict(made.origins)) == (None, (), {}, {})


def test_a_submission_cannot_be_changed(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path / "ada", ALL_FOUR))
    with pytest.raises(FrozenInstanceError):
        made.name = "bob"  # type: ignore[misc]
    with pytest.raises(TypeError):
        made.files["mlp_numpy.py"] = b""  # type: ignore[index]


def test_any_subset_will_do(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path / "ada", {"study.py": "x = 1\n"}))
    assert dict(made.modules) == {"study": "study"}
    assert made.answers == ""


def test_a_single_file_will_do(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path, ALL_FOUR) / "mlp_numpy.py")
    assert list(made.files) == ["mlp_numpy.py"]


def test_the_digest_is_of_the_content_alone(tmp_path: Path) -> None:
    one = open_submission(write_folder(tmp_path / "one", ALL_FOUR))
    same = open_submission(
        write_folder(tmp_path / "two", {name: ALL_FOUR[name] for name in sorted(ALL_FOUR, reverse=True)})
    )
    other = open_submission(write_folder(tmp_path / "three", {**ALL_FOUR, "answers.md": "## Derivation\nother"}))
    assert one.digest == same.digest
    assert one.digest != other.digest
    assert len(one.digest) == 64


def test_moving_a_byte_from_a_files_name_to_its_content_changes_the_digest() -> None:
    first = Submission(name="a", files={"ab": b"c"}, modules={})
    second = Submission(name="a", files={"a": b"bc"}, modules={})
    assert first.digest != second.digest


def test_the_folder_inside_is_the_submission_as_zips_usually_are(tmp_path: Path) -> None:
    nested = {f"outer/hw3/{name}": content for name, content in ALL_FOUR.items()}
    made = open_submission(write_folder(tmp_path / "ada", {**nested, "README.txt": "hello"}))
    assert made.modules["mlp_numpy"] == "mlp_numpy"
    assert made.answers.startswith("## Derivation")
    assert "README.txt" in made.files


def test_parts_in_folders_of_their_own_come_together(tmp_path: Path) -> None:
    made = open_submission(
        write_folder(
            tmp_path,
            {
                "one/mlp_numpy.py": SOFTMAX,
                "two/mlp_torch.py": "import layers\n",
                "two/layers.py": "",
                "study/study.py": "",
            },
        )
    )
    assert set(made.modules) == {"mlp_numpy", "mlp_torch", "study"}
    assert "layers.py" in made.files


def test_of_two_versions_the_better_folder_is_graded_and_the_student_is_told(tmp_path: Path) -> None:
    old = {"old/mlp_numpy.py": "x = 1\n"}
    made = open_submission(write_folder(tmp_path, {**ALL_FOUR, **old}))
    assert b"softmax" in made.files["mlp_numpy.py"]
    assert "old/mlp_numpy.py was left out: mlp_numpy.py is graded" in messages(made)


def test_helper_modules_and_packages_are_kept(tmp_path: Path) -> None:
    more = {
        "layers.py": "x = 1\n",
        "nets/__init__.py": "",
        "nets/deep/block.py": "from .. import x\n",
        "data.csv": "1,2\r\n",
    }
    made = open_submission(write_folder(tmp_path, {**ALL_FOUR, **more}))
    assert set(more) <= set(made.files)
    assert made.files["data.csv"] == b"1,2\r\n"


def test_what_is_no_students_work_is_passed_over_without_a_word(tmp_path: Path) -> None:
    junk = [
        "__MACOSX/._mlp_numpy.py",
        ".DS_Store",
        "__pycache__/a.py",
        ".git/b.py",
        ".ipynb_checkpoints/c.py",
        ".venv/d.py",
    ]
    hidden_environment: dict[str, str | bytes] = {
        "my_env/pyvenv.cfg": "",
        "my_env/lib/e.py": "",
        "curve.png": b"\x89PNG",
    }
    hidden_environment |= dict.fromkeys(junk, "!")
    made = open_submission(write_folder(tmp_path, {**ALL_FOUR, **hidden_environment}))
    assert set(made.files) == {"mlp_numpy.py", "mlp_torch.py", "study.py"}
    assert made.notices == ()


@pytest.mark.parametrize("name", ["weights.npz", "weights.npy", "model.pt", "model.pkl"])
def test_stored_weights_are_left_out_with_a_notice(tmp_path: Path, name: str) -> None:
    made = open_submission(write_folder(tmp_path, {**ALL_FOUR, name: b"\0" * 10}))
    assert name not in made.files
    assert f"{name} was left out: stored arrays and weights are not taken" in messages(made)


def test_files_that_python_would_run_by_itself_are_left_out(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path, {**ALL_FOUR, "sitecustomize.py": "x = 1\n"}))
    assert "sitecustomize.py" not in made.files
    assert "sitecustomize.py was left out" in messages(made)


def test_relative_imports_at_the_top_make_the_folder_a_package(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "ada",
        {
            "mlp_numpy.py": "from .layers import relu, CALLS\n\n\ndef forward(z):\n    return relu(z)\n",
            "layers.py": "CALLS = []\n\n\ndef relu(z):\n    return max(z, 0)\n",
            "study.py": "from mlp_numpy import forward\nimport layers\n\nsame = layers.relu\n",
            "table.json": "{}",
        },
    )
    made = open_submission(folder)
    assert dict(made.modules) == {"mlp_numpy": "submission.mlp_numpy", "study": "submission.study"}
    assert {"table.json", "submission/table.json"} <= set(made.files)
    room = write_folder(tmp_path / "room", dict(made.files))
    check = (
        "import importlib; a, b = map(importlib.import_module, ['submission.mlp_numpy', 'submission.study'])\n"
        "assert a.forward(-1) == 0 and b.forward is a.forward and b.same is a.relu\n"
        "import sys; assert b.layers is sys.modules['submission.layers']"
    )
    subprocess.run([sys.executable, "-c", check], cwd=room, check=True, timeout=60)


def test_a_folder_that_is_imported_by_its_own_name_keeps_it(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "hw3", {"mlp_numpy.py": "from hw3.layers import relu\n", "layers.py": "relu = abs\n"}
    )
    made = open_submission(folder)
    assert made.modules["mlp_numpy"] == "hw3.mlp_numpy"
    assert "hw3/layers.py" in made.files


def test_a_fault_in_a_package_is_found_under_its_contract_module(tmp_path: Path) -> None:
    made = open_submission(
        write_folder(tmp_path, {"mlp_numpy.py": "from . import layers\n", "study.py": "def (", "layers.py": ""})
    )
    assert made.fault_of("study") == made.faults["submission/study.py"]
    assert made.fault_of("mlp_numpy") is None
    assert made.fault_of("mlp_torch") is None


def test_a_folder_with_a_notebook_and_a_folder_with_both(tmp_path: Path) -> None:
    write_notebook(
        write_folder(tmp_path / "ada", {}) / "my work.ipynb", "def softmax(z):\n    return z", "def forward(): ..."
    )
    made = open_submission(tmp_path / "ada")
    assert made.notebook_module == "solution"
    assert dict(made.modules) == {}
    write_folder(tmp_path / "ada", {"mlp_numpy.py": SOFTMAX, "solution.py": "x = 1\n"})
    mixed = open_submission(tmp_path / "ada")
    assert dict(mixed.modules) == {"mlp_numpy": "mlp_numpy"}
    assert mixed.notebook_module == "solution_notebook"
    assert "softmax: defined in the .py file and in the notebook; the .py file counts" in messages(mixed)
    assert b"def softmax" not in mixed.files["solution_notebook.py"]


def test_a_notebook_that_only_uses_the_files_adds_nothing(tmp_path: Path) -> None:
    write_notebook(write_folder(tmp_path, ALL_FOUR) / "try.ipynb", "from mlp_numpy import softmax", "softmax(1)")
    made = open_submission(tmp_path)
    assert made.notebook_module is None
    assert made.notices == ()


def test_of_several_notebooks_the_named_or_the_most_complete_counts(tmp_path: Path) -> None:
    write_notebook(tmp_path / "a.ipynb", "x = 1")
    write_notebook(tmp_path / "b.ipynb", "def softmax(): ...")
    assert b"softmax" in open_submission(tmp_path).files["solution.py"]
    assert "there are several notebooks; b.ipynb is graded, and not a.ipynb" in messages(open_submission(tmp_path))
    write_notebook(tmp_path / "solution.ipynb", "def forward(): ...")
    assert b"forward" in open_submission(tmp_path).files["solution.py"]


def test_there_is_an_end_to_the_notices(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path, {**ALL_FOUR, **{f"{i}.npz": b"" for i in range(100)}}))
    assert len(made.notices) == 61
    assert made.notices[-1].message == "there are 40 more notices of this kind"


def test_a_file_with_the_name_of_an_imported_library_is_noticed(tmp_path: Path) -> None:
    files = {"mlp_numpy.py": "import random\n", "random.py": "x = 1\n", "code.py": "x = 1\n"}
    assert messages(open_submission(write_folder(tmp_path, files))).startswith("random.py: random.py has the name of a")
