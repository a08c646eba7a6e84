"""What is not written yet is known without running anything, and nothing that is written is taken for it."""

import re

import pytest

from graders.submission import open_submission
from graders.submission.unwritten import unwritten
from graders.wire.contract import MODULE_OF
from tests.sitting import ROOT, submission_of

STUB = 'def softmax(z):\n    """Probabilities."""\n    raise NotImplementedError\n'


def test_the_template_has_nothing_written_and_says_where() -> None:
    found = unwritten(open_submission(ROOT / "student_template"))
    assert found.keys() == set(MODULE_OF)
    assert found["softmax"].where.startswith("mlp_numpy.py, line ")


@pytest.mark.parametrize("style", sorted(p.name for p in (ROOT / "tests/banks/styles").iterdir() if p.is_dir()))
def test_no_style_is_taken_for_unwritten(style: str) -> None:
    folder = ROOT / "tests" / "banks" / "styles" / style
    if not any(folder.glob("**/*.py")) and not any(folder.glob("*.ipynb")):
        pytest.skip("no code")
    submission = open_submission(folder)
    text = "\n".join(content.decode() for path, content in submission.files.items() if path.endswith(".py"))
    written = {name for name in MODULE_OF if re.search(rf"^(def {name}\(|{name} = )", text, re.MULTILINE)}
    assert written
    assert not written & unwritten(submission).keys()


@pytest.mark.parametrize(
    "text",
    [
        "def softmax(z):\n    raise NotImplementedError('soon')\n",
        "def softmax(z):\n    raise NotImplementedError\n",
        STUB,
        "x = 1\n",
    ],
)
def test_a_refusal_and_an_absent_function_are_unwritten(text: str) -> None:
    assert "softmax" in unwritten(submission_of({"mlp_numpy.py": text}))


@pytest.mark.parametrize(
    "text",
    [
        "def softmax(z):\n    return z\n",
        "def softmax(z):\n    pass\n",
        "def softmax(z):\n    print(z)\n    raise NotImplementedError\n",
        "def softmax(z):\n    raise ValueError\n",
        f"{STUB}\ndef right(z):\n    return z\n\nsoftmax = right\n",
        f"{STUB}\nif True:\n    def softmax(z):\n        return z\n",
        f"def filled(f):\n    return lambda z: z\n\n@filled\n{STUB}",
        "from layers import softmax\n",
        "from layers import *\n",
        "exec('def softmax(z): return z')\n",
        "globals()['softmax'] = abs\n",
        "def __getattr__(name):\n    return abs\n",
        "class Net:\n    pass\n\nfor softmax in [abs]:\n    pass\n",
    ],
)
def test_whatever_may_be_written_is_left_for_the_exam_room_to_find_out(text: str) -> None:
    assert "softmax" not in unwritten(submission_of({"mlp_numpy.py": text}))


def test_a_function_in_the_other_module_is_found() -> None:
    files = {"mlp_numpy.py": "x = 1\n", "study.py": "def softmax(z):\n    return z\n"}
    assert "softmax" not in unwritten(submission_of(files))
