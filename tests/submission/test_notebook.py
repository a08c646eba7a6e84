"""Notebook files: whatever is in them, they are read or refused with a place and a plain word."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graders.foundation.errors import BadSubmission
from graders.submission import open_submission
from graders.submission.model import DEFAULT_LIMITS
from tests.submission.handing_in import NBFORMAT, hand_in, messages, run, source_of, write_folder, write_notebook


def write_json(path: Path, content: Any) -> Path:
    """Write a notebook file that nbformat would not write."""
    path.write_text(json.dumps(content))
    return path


def test_a_notebook_alone_is_a_submission(tmp_path: Path) -> None:
    made = open_submission(write_notebook(tmp_path / "HW 3 (final).ipynb", "def softmax(z):\n    return z"))
    assert made.name == "HW 3 (final)"
    assert made.notebook_module == "solution"
    assert dict(made.modules) == {}
    assert run(made)["softmax"](2) == 2


def test_the_digest_does_not_see_outputs_and_counters(tmp_path: Path) -> None:
    plain = hand_in(tmp_path, "def softmax(z):\n    return z")
    book = NBFORMAT.read(tmp_path / "solution.ipynb", as_version=4)
    book.cells[0].execution_count = 7
    book.cells[0].outputs = [NBFORMAT.v4.new_output("stream", text="hello")]
    NBFORMAT.write(book, tmp_path / "solution.ipynb")
    assert open_submission(tmp_path / "solution.ipynb").digest == plain.digest


def test_a_notebook_of_version_3_is_upgraded(tmp_path: Path) -> None:
    cells = [NBFORMAT.v3.new_heading_cell("Derivation", level=2), NBFORMAT.v3.new_text_cell("markdown", "P - Y")]
    cells.append(NBFORMAT.v3.new_code_cell("def softmax(z):\n    return z"))
    book = NBFORMAT.v3.new_notebook(worksheets=[NBFORMAT.v3.new_worksheet(cells=cells)])
    (tmp_path / "old.ipynb").write_text(json.dumps(book))
    made = open_submission(tmp_path / "old.ipynb")
    assert "def softmax" in source_of(made)
    assert made.answers == "## Derivation\n\nP - Y"


def test_a_notebook_against_its_schema_is_read_all_the_same_and_silently(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cells = [
        {"cell_type": "code", "source": ["def softmax(z):\n", "    return z"], "outputs": "broken"},
        7,
        {"source": 3},
    ]
    made = open_submission(write_json(tmp_path / "a.ipynb", {"cells": cells}))
    assert run(made)["softmax"](2) == 2
    sheets = [{"cells": [{"cell_type": "code", "input": "def forward(): ...", "level": 10**9, "extra": 1}]}]
    made = open_submission(write_json(tmp_path / "b.ipynb", {"worksheets": sheets, "nbformat": 3, "metadata": {}}))
    assert "def forward" in source_of(made)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"cells": [\n  {"source": "x",}\n]}', r"a.ipynb is no notebook: line 2, column 18: "),
        (b"", r"a.ipynb is no notebook \(it is empty\): line 1, column 1"),
        (b"<!DOCTYPE html><html>", r"a.ipynb is no notebook \(it looks like a web page\)"),
        (b"\xff\xfe\xfd", r"a.ipynb is no notebook: "),
        (b"[" * 100_000, r"a.ipynb is no notebook: "),
        (b"[1, 2]", r"a.ipynb is JSON, but no notebook"),
        (b'{"a": 1}', r"a.ipynb is JSON, but no notebook"),
        (b'{"cells": 3}', r"a.ipynb is JSON, but no notebook"),
        (b'{"worksheets": {"cells": 3}}', r"a.ipynb is JSON, but no notebook"),
        (b'{"cells": [], "nbformat": 99}', r"a.ipynb cannot be read as a notebook: Unsupported nbformat version 99"),
        (b'{"cells": [], "nbformat": []}', r"a.ipynb cannot be read as a notebook"),
        (b'{"cells": [], "nbformat": 3}', r"a.ipynb"),
        (b'{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}', r"a.ipynb is a notebook in r, and this"),
    ],
)
def test_what_is_no_notebook_is_refused_with_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.ipynb").write_bytes(content)
    with pytest.raises(BadSubmission, match=message) as caught:
        open_submission(tmp_path / "a.ipynb")
    assert caught.value.remedy


def test_a_notebook_of_two_gigabytes_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "a.ipynb").open("wb") as file:
        file.truncate(2 << 30)
    monkeypatch.setattr("graders.submission.folder.os.open", None)
    with pytest.raises(BadSubmission, match=r"a.ipynb has 2048.0 MB; a notebook may have at most 20.0 MB") as caught:
        open_submission(tmp_path / "a.ipynb")
    assert "clear its outputs" in caught.value.remedy


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("max_cells", "has 6 cells; at most 2 are read"),
        ("max_statements", "has 5 statements at top level; at most 2 are read"),
        ("max_code_bytes", "has 25 bytes of code; at most 2 are read"),
    ],
)
def test_notebooks_have_limits(tmp_path: Path, limit: str, message: str) -> None:
    path = write_notebook(tmp_path / "a.ipynb", *["x = 1"] * 5, "md:text")
    with pytest.raises(BadSubmission, match=message):
        open_submission(path, limits=replace(DEFAULT_LIMITS, **{limit: 2}))


def test_a_broken_cell_costs_only_itself_and_is_named(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "md:# Title",
        "def softmax(z):\n    return z",
        "x = 1",
        "def forward(z):\n    return (z\n\ny = 3",
        "PATTERN = '\\d'\ndef predict(z):\n    return PATTERN",
    )
    place = "solution.ipynb, cell 4, line 2: '(' was never closed\n    return (z"
    assert made.faults == {"solution.ipynb": place}
    assert f"{place}\nThe rest of the notebook is graded; what it should define (forward) is missing." in messages(made)
    names = run(made)
    assert names["softmax"](1) == 1
    assert names["predict"](1) == "\\d"
    assert made.fault_of("mlp_numpy") is None


def test_a_line_of_a_cell_is_counted_with_its_magics(tmp_path: Path) -> None:
    made = hand_in(tmp_path, "%%time\n!ls\nx = )")
    assert made.faults["solution.ipynb"] == "solution.ipynb, cell 1, line 3: unmatched ')'\n    x = )"


def test_a_cell_that_writes_a_module_is_that_file(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "%%writefile mlp_numpy.py\n\ndef softmax(z):\n    return z\n\ndef softmax(z):\n    return 1\n",
        "%%writefile -a mlp_numpy.py\ndef forward(z):\n    return (",
        "%%writefile ../out.py\nx = 1",
        "%%writefile notes.txt\nhello",
    )
    assert made.modules["mlp_numpy"] == "mlp_numpy"
    assert set(made.files) == {"mlp_numpy.py"}
    assert made.faults["mlp_numpy.py"].startswith("solution.ipynb, cell 2, line 3: '(' was never closed")


def test_a_file_in_the_folder_goes_before_the_cell_that_writes_it(tmp_path: Path) -> None:
    write_folder(tmp_path, {"mlp_numpy.py": "x = 1\n"})
    write_notebook(tmp_path / "solution.ipynb", "%%writefile mlp_numpy.py\nx = 2\n")
    made = open_submission(tmp_path)
    assert made.files["mlp_numpy.py"] == b"x = 1\n"
    assert "mlp_numpy.py is in the folder too, and the file counts" in messages(made)


def test_what_is_imported_from_a_file_that_was_not_handed_in_is_the_notebooks_own(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "def cosine(e):\n    return 5\ndef train():\n    return 6",
        "import math\nfrom mlp_numpy import cosine, train as fit",
        "def train_torch():\n    return fit(), cosine(0)",
    )
    names = run(made)
    assert (names["cosine"](0), names["train_torch"]()) == (5, (6, 5))
    assert "cell 2, line 2: mlp_numpy.py was not handed in; the notebook's own cosine, train counts" in messages(made)


def test_a_function_lost_to_a_cell_magic_is_noticed(tmp_path: Path) -> None:
    made = hand_in(tmp_path, "%%timeit\ndef softmax(z):\n    return z", "%%bash\nls")
    told = "solution.ipynb, cell 1: the cell begins with %%timeit, so what it defines (softmax) does not count"
    assert messages(made) == told


def test_an_empty_notebook_is_opened_and_near_names_are_noticed(tmp_path: Path) -> None:
    assert hand_in(tmp_path).notebook_module == "solution"
    made = hand_in(tmp_path, "def soft_max(z):\n    return z")
    assert messages(made) == "solution.ipynb, cell 1: softmax is not defined, but soft_max is; did you mean that?"


ODD_LINES = """\
%time x|%%bash|%%writefile a.py|!ls|x = 1|x = !ls|?x|x?|(|)|\'\'\'|def softmax(z):|    return z|for i in x:|\tpass
class A:|  softmax = softmax|from __future__ import annotations|from __future__ import braces|from x import *
import softmax.b|del softmax|@softmax|global y|await z|yield 1|nonlocal q|lambda: (yield)|type X = int|é = 'ß'; é"""
LINES = st.sampled_from([*ODD_LINES.replace("\n", "|").split("|"), "\\", "\0", "\x0c", "\u2028", "\ud800", '"""'])
TEXTS = st.one_of(st.text(max_size=80), st.lists(LINES, max_size=8).map("\n".join))


@given(st.lists(st.tuples(st.sampled_from(["code", "markdown", "raw"]), TEXTS), max_size=6))
@example([("code", "from __future__ import barry_as_FLUFL"), ("code", "softmax = 1 != 2")])
@example([("code", "softmax = \ud800")])
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cells_of_any_text_are_opened_or_refused(tmp_path: Path, cells: list[tuple[str, str]]) -> None:
    listed = [{"cell_type": kind, "source": text, "metadata": {}} for kind, text in cells]
    write_json(tmp_path / "a.ipynb", {"cells": listed, "nbformat": 4, "nbformat_minor": 4, "metadata": {}})
    try:
        made = open_submission(tmp_path / "a.ipynb")
    except BadSubmission:
        return
    lines = source_of(made).count("\n") if made.notebook_module else 0
    assert lines == (len(made.origins["solution.py"].places) if made.notebook_module else 0)
    if not made.faults:
        compile(source_of(made), "solution.py", "exec")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "worksheets", "metadata", "nbformat", "source", "cell_type", "input", "level", "outputs"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["cells", "worksheets", "metadata", "nbformat", "nbformat_minor"]), JSON),
    st.integers(1, 5),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_of_any_shape_is_opened_or_refused(tmp_path: Path, content: dict[str, Any], version: int) -> None:
    for book in (content, {**content, "nbformat": version}):
        with suppress(BadSubmission):
            open_submission(write_json(tmp_path / "a.ipynb", book))
