"""Hands in: writes folders, zips and notebooks as students do, and runs a made module where the test says so."""

import sys
import types
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from graders.submission import Submission, open_submission

NBFORMAT: Any = nbformat  # ships no types for its functions

SOFTMAX = "import numpy as np\n\n\ndef softmax(z):\n    return np.exp(z) / np.exp(z).sum(1, keepdims=True)\n"

ALL_FOUR: Mapping[str, str | bytes] = {
    "mlp_numpy.py": SOFTMAX,
    "mlp_torch.py": "def build_torch(): ...\n",
    "study.py": "def plot_curves(): ...\n",
    "answers.md": "## Derivation\nP - Y\n",
}


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook; a cell whose text begins with `md:` is a text cell."""
    made = [
        NBFORMAT.v4.new_markdown_cell(c[3:]) if c.startswith("md:") else NBFORMAT.v4.new_code_cell(c) for c in cells
    ]
    NBFORMAT.write(NBFORMAT.v4.new_notebook(cells=made), path)
    return path


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder, made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def write_zip(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a deflated zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def hand_in(tmp_path: Path, *cells: str) -> Submission:
    """Open a notebook of these cells."""
    return open_submission(write_notebook(tmp_path / "solution.ipynb", *cells))


def source_of(submission: Submission) -> str:
    """Return the source of the module made from the notebook."""
    assert submission.notebook_module is not None
    return submission.files[submission.notebook_module + ".py"].decode()


class Trained:
    """Stands in for work that must not be done: counts how often it was."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, *_args: Any, **_options: Any) -> tuple[list[float], dict[str, list[float]]]:
        """Count, and return what `train` returns."""
        self.times += 1
        return [1.0], {"train_loss": [0.5]}


def run(submission: Submission, *, strict: bool = True, **stubs: Any) -> dict[str, Any]:
    """Run the module made from the notebook among stubs and return its names."""
    module = types.ModuleType("made_from_notebook")
    names = vars(module)
    names.update(stubs)
    sys.modules["made_from_notebook"] = module
    try:
        with warnings.catch_warnings(action="ignore"):
            code = compile(source_of(submission), "solution.py", "exec")
        exec(code, names)  # noqa: S102
    finally:
        del sys.modules["made_from_notebook"]
    assert not strict or names["__cell_errors__"] == []
    return names


def messages(submission: Submission) -> str:
    """Return all notices as one text."""
    return "\n".join(f"{notice.where}: {notice.message}" for notice in submission.notices)
