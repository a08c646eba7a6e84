"""What a change of the source can affect: nothing that may have changed is passed over, and little else is named."""

import ast
from collections.abc import Mapping
from pathlib import Path

import nbformat
import pytest

from graders.submission import Submission, open_submission
from graders.submission.dependence import fingerprints
from graders.wire.contract import MODULE_OF
from tests.sitting import ROOT, edited_reference, submission_of

TRAINS = {"train", "width_study"}
EVERYTHING = set(MODULE_OF)


def changed(before: Submission, after: Submission) -> set[str]:
    """Return the functions that may behave in another way."""
    old, new = fingerprints(before), fingerprints(after)
    return {name for name in old if old[name] != new[name]}


def touched(files: Mapping[str, str], path: str, name: str) -> dict[str, str]:
    """Return the files with a statement put into a function."""
    node = next(n for n in ast.parse(files[path]).body if isinstance(n, ast.FunctionDef) and n.name == name)
    lines = files[path].split("\n")
    lines.insert(node.body[0].end_lineno or 0, "    touched = 1")
    return {**files, path: "\n".join(lines)}


@pytest.mark.parametrize(
    ("path", "name", "reached"),
    [
        ("mlp_numpy.py", "softmax", {"softmax", "loss_and_grads"} | TRAINS),
        ("mlp_numpy.py", "relu", {"forward", "loss_and_grads", "predict"} | TRAINS),
        ("mlp_numpy.py", "cosine", {"cosine", "train_torch"} | TRAINS),
        ("mlp_numpy.py", "predict", {"predict"}),
        ("mlp_numpy.py", "train", TRAINS),
        ("mlp_torch.py", "build_torch", {"build_torch", "train_torch"}),
        ("mlp_torch.py", "predict_torch", {"predict_torch"}),
        ("study.py", "plot_curves", {"plot_curves"}),
    ],
)
def test_a_change_reaches_the_functions_that_use_it(path: str, name: str, reached: set[str]) -> None:
    files = edited_reference()
    assert changed(submission_of(files), submission_of(touched(files, path, name))) == reached


def test_comments_blank_lines_and_the_main_block_reach_nothing() -> None:
    files = edited_reference()
    text = files["mlp_numpy.py"].replace("def softmax", "# stable\n\n\ndef softmax", 1)
    text += '\n\nif __name__ == "__main__":\n    train(None, None, None, None)\n'
    assert changed(submission_of(files), submission_of({**files, "mlp_numpy.py": text})) == set()


@pytest.mark.parametrize(
    ("before", "after", "reached"),
    [
        ("EPS = 1e-9\ndef softmax(z): return z + EPS\ndef cosine(e): return e", ("1e-9", "1e-8"), {"softmax"}),
        (
            "TABLE = {}\nTABLE['a'] = 1\ndef softmax(z): return TABLE\ndef cosine(e): return e",
            ("= 1", "= 2"),
            {"softmax"},
        ),
        ("def softmax(z): return 1\nalias = softmax\ndef cosine(e): return alias(e)", ("return 1", "return 2"), None),
        (
            "class Net:\n    def f(self): return 1\ndef forward(p, X): return Net().f()",
            ("return 1", "return 2"),
            {"forward"},
        ),
        ("def deco(f): return f\n@deco\ndef cosine(e): return e", ("return f", "return len"), {"cosine"}),
        ("def softmax(z, n=1): return z\ndef cosine(e): return e", ("n=1", "n=2"), {"softmax"}),
        ("def init(D):\n    def inner(): return 1\n    return inner()", ("return 1", "return 2"), {"init"}),
    ],
)
def test_a_module_is_followed_through_its_names(before: str, after: tuple[str, str], reached: set[str] | None) -> None:
    found = changed(submission_of({"mlp_numpy.py": before}), submission_of({"mlp_numpy.py": before.replace(*after)}))
    assert found >= (reached or {"softmax", "cosine"})
    if before.startswith(("def softmax", "class", "def deco", "def init")):
        assert found == (reached or {"softmax", "cosine"})


@pytest.mark.parametrize(
    "importing",
    [
        "from layers import relu\ndef forward(p, X): return relu(X)",
        "import layers\ndef forward(p, X): return layers.relu(X)",
        "import layers as l\ndef forward(p, X): return l.relu(X)",
        "def forward(p, X):\n    from layers import relu\n    return relu(X)",
        "from layers import relu as r\ndef forward(p, X): return r(X)",
        "from nets.core import relu\ndef forward(p, X): return relu(X)",
        "from nets import core\ndef forward(p, X): return core.relu(X)",
    ],
)
def test_a_helper_module_is_followed(importing: str) -> None:
    helper = "def relu(z): return 1\n"
    files = {
        "mlp_numpy.py": f"{importing}\ndef cosine(e): return e\n",
        "layers.py": helper,
        "nets/__init__.py": "",
        "nets/core.py": helper,
    }
    mended = {name: text.replace("return 1", "return 2") for name, text in files.items()}
    assert changed(submission_of(files), submission_of(mended)) == {"forward"}


def test_a_relative_import_is_followed() -> None:
    folder = ROOT / "tests" / "banks" / "styles" / "package_with_relative_imports"
    before = open_submission(folder)
    (path,) = [p for p in before.files if p.endswith("nn/functional.py")]
    text = before.files[path].decode()
    (name, *_) = [n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
    after = Submission(
        name=before.name,
        files={**before.files, path: touched({path: text}, path, name)[path].encode()},
        modules=before.modules,
    )
    assert changed(before, after)


@pytest.mark.parametrize(
    "text",
    [
        "from layers import *\ndef softmax(z): return z\n",
        "def softmax(z): return eval('relu(z)')\n",
        "def softmax(z): return globals()['relu'](z)\n",
        "import importlib\nrelu = importlib.import_module('layers').relu\ndef softmax(z): return relu(z)\n",
        "import layers\nlayers.patch()\ndef softmax(z): return z\n",
    ],
)
def test_where_names_are_found_in_unseen_ways_everything_counts(text: str) -> None:
    files = {"mlp_numpy.py": text, "layers.py": "def relu(z): return 1\ndef patch(): return 1\n"}
    mended = {**files, "layers.py": files["layers.py"].replace("return 1", "return 2")}
    assert "softmax" in changed(submission_of(files), submission_of(mended))


def test_a_data_file_and_a_file_that_does_not_compile_reach_everything() -> None:
    files = edited_reference()
    assert changed(submission_of(files), submission_of({**files, "options.json": "{}"})) == EVERYTHING
    broken = submission_of({**files, "study.py": "def ("})
    faulty = Submission(
        name="test", files=broken.files, modules=broken.modules, faults={"study.py": "study.py, line 1: invalid syntax"}
    )
    assert changed(submission_of(files), faulty) == EVERYTHING


def test_a_notebooks_functions_are_followed_like_a_files(tmp_path: Path) -> None:
    parts = {"softmax": "def softmax(z: np.ndarray):\n    return z", "cosine": "def cosine(e: float):\n    return e"}

    def handed_in(cosine: str, remark: str = "") -> Submission:
        cells = ["import numpy as np", parts["softmax"], cosine, remark]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        nbformat.write(notebook, tmp_path / "solution.ipynb")
        return open_submission(tmp_path)

    before = handed_in(parts["cosine"])
    assert changed(before, handed_in(parts["cosine"].replace("return e", "return 2 * e"))) == {"cosine"}
    assert changed(before, handed_in(parts["cosine"], "# a remark")) == set()
