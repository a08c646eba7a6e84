"""Source files: encodings as Python reads them, faults that name their place, definitions that come twice."""

import codecs
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graders.submission import Submission, open_submission
from graders.submission.source import UndecodableSource, compile_fault, decode_source
from tests.submission.handing_in import messages, write_folder


def hand_in_code(folder: Path, content: str | bytes) -> Submission:
    """Open a folder of one mlp_numpy.py."""
    return open_submission(write_folder(folder, {"mlp_numpy.py": content}))


def test_windows_line_ends_and_a_byte_order_mark_are_fine(tmp_path: Path) -> None:
    made = hand_in_code(tmp_path, codecs.BOM_UTF8 + b"x = 1\r\ny = '''a\r\nb'''\rz = 2\n")
    assert made.files["mlp_numpy.py"] == b"x = 1\ny = '''a\nb'''\nz = 2\n"
    assert dict(made.faults) == {}


@pytest.mark.parametrize("line", ["# -*- coding: latin-1 -*-", "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :"])
def test_a_coding_line_is_honoured_and_then_says_utf8(tmp_path: Path, line: str) -> None:
    made = hand_in_code(tmp_path, f"{line}\nNAME = 'Zoë'\n".encode("latin-1"))
    names: dict[str, str] = {}
    exec(compile(made.files["mlp_numpy.py"], "m", "exec"), names)  # noqa: S102
    assert names["NAME"] == "Zoë"
    assert made.files["mlp_numpy.py"].count(b"\n") == line.count("\n") + 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "x = 1\n# Zoë\n".encode("latin-1"),
            "mlp_numpy.py, line 2: byte 0xeb is not utf-8 text; save the file as UTF-8",
        ),
        (b"x = 1\n" * 5 + b"# \xe9\n", "mlp_numpy.py, line 6: byte 0xe9 is not utf-8 text"),
        ("x = 1\n".encode("utf-16"), "mlp_numpy.py: the file is saved as UTF-16 or UTF-32"),
        ("x = 1\n".encode("utf-16-le"), "mlp_numpy.py, line 1: the file holds a NUL character"),
        (b"x = 1\ny = '\0'\n", "mlp_numpy.py, line 2: the file holds a NUL character"),
        (b"# coding: klingon\nx = 1\n", "mlp_numpy.py, line 1: unknown encoding"),
        (b"# coding: punycode\nx = 1\n", "mlp_numpy.py, line 1: the file declares the encoding punycode"),
        (b"# coding: rot13\nx = 1\n", "mlp_numpy.py, line 1: the file declares the encoding rot13"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\nx = 1\n", "mlp_numpy.py, line 1: encoding problem"),
        (b"def f(:\n    pass\n", "mlp_numpy.py, line 1: "),
        (b"x = 1\ny = (2,\n", "mlp_numpy.py, line 2: '(' was never closed\n    y = (2,"),
        (b"x = 1\n  y = 2\n", "mlp_numpy.py, line 2: unexpected indent\n    y = 2"),
        (b"return 1\n", "mlp_numpy.py, line 1: 'return' outside function\n    return 1"),
        (b"x = '\n" + b"y" * 500, "mlp_numpy.py, line 1: unterminated string"),
    ],
)
def test_a_file_that_python_cannot_read_is_a_fault_with_its_place(tmp_path: Path, content: bytes, message: str) -> None:
    made = hand_in_code(tmp_path, content)
    assert list(made.faults) == ["mlp_numpy.py"]
    assert made.faults["mlp_numpy.py"].startswith(message)
    assert made.fault_of("mlp_numpy") == made.faults["mlp_numpy.py"]
    assert made.modules["mlp_numpy"] == "mlp_numpy"


def test_importing_a_file_in_a_wrong_encoding_raises_the_same_message(tmp_path: Path) -> None:
    made = open_submission(write_folder(tmp_path, {"mlp_numpy.py": "import layers\n", "layers.py": b"# \xe9\n"}))
    with pytest.raises(SyntaxError, match=r"layers.py, line 1: byte 0xe9"):
        exec(compile(made.files["layers.py"], "layers.py", "exec"), {})  # noqa: S102


@pytest.mark.parametrize(
    "code",
    [
        "x = " + "(" * 1000 + ")" * 1000,
        "x = " + "-" * 1000 + "1" * 5000,
        "x = " + "-" * 100_000 + "1",
        "x = " + "lambda: " * 20_000 + "1",
        "x = y" + ".z" * 100_000,
        "x = " + "1 + " * 100_000 + "1",
        "".join(" " * i + "if x:\n" for i in range(1000)) + " " * 1000 + "pass",
        "".join(" " * i + "for x in y:\n" for i in range(50)) + " " * 50 + "pass",
        "if x: pass\n" + "elif y: pass\n" * 20_000,
        "x = " + "9" * 10_000,
    ],
    ids=["brackets", "digits", "signs", "lambdas", "attributes", "sums", "ifs", "loops", "elifs", "number"],
)
def test_nesting_that_no_compiler_takes_is_a_fault(tmp_path: Path, code: str) -> None:
    made = hand_in_code(tmp_path, code + "\n")
    assert made.faults["mlp_numpy.py"].startswith("mlp_numpy.py, line ")
    assert len(made.faults["mlp_numpy.py"]) < 400


def test_a_fault_costs_only_its_own_file(tmp_path: Path) -> None:
    made = open_submission(
        write_folder(tmp_path, {"mlp_numpy.py": "x = 1\n", "study.py": "def (\n", "layers.py": "(\n"})
    )
    assert set(made.faults) == {"study.py", "layers.py"}
    assert made.fault_of("mlp_numpy") is None


def test_warnings_in_student_code_are_not_ours(tmp_path: Path) -> None:
    code = "PATTERN = '\\d'\nif PATTERN is 'x':\n    assert (PATTERN, 'always true')\n1()\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert dict(hand_in_code(tmp_path, code).faults) == {}


def test_nothing_is_tripped_when_python_makes_errors_of_warnings(tmp_path: Path) -> None:
    write_folder(tmp_path, {"mlp_numpy.py": "PATTERN = '\\d'\n"})
    script = "import sys, pathlib, graders.submission as s; print(s.open_submission(pathlib.Path(sys.argv[1])).faults)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, tmp_path],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("{}\n", "")


def test_a_name_defined_twice_in_a_file_is_noticed(tmp_path: Path) -> None:
    made = hand_in_code(tmp_path, "def softmax(z):\n    return 1\n\n\ndef softmax(z):\n    return 2\n")
    assert messages(made) == "mlp_numpy.py: softmax is defined on line 1 and again on line 5; the last one counts"


def test_definitions_that_share_a_name_on_purpose_are_not_noticed(tmp_path: Path) -> None:
    code = """
import functools
from typing import overload
try:
    from fast import softmax
except ImportError:
    def softmax(z): ...
if softmax:
    def forward(z): ...
else:
    def forward(z): ...
@overload
def init(D: int) -> int: ...
@overload
def init(D: str) -> str: ...
def init(D): ...
@functools.singledispatch
def show(z): ...
@show.register
def _(z: int): ...
@show.register
def _(z: str): ...
class Net:
    @property
    def W(self): ...
    @W.setter
    def W(self, value): ...
"""
    assert messages(hand_in_code(tmp_path, code)) == ""


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    with suppress(UndecodableSource):
        text = decode_source(raw)
        assert "\r" not in text
        assert compile_fault(text, str) is None or text


@given(
    st.sampled_from(["utf-8", "latin-1", "cp1252", "koi8-r", "utf-8-sig", "iso8859-15", "shift_jis"]),
    st.text("aäß\n", max_size=30),
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_decoding_a_declared_encoding_gives_the_text_that_was_written(encoding: str, body: str) -> None:
    try:
        raw = f"# coding: {encoding}\n{body}".encode(encoding.removesuffix("-sig"))
    except UnicodeEncodeError:
        return
    assert decode_source(raw) == f"# coding: utf-8\n{body}"
