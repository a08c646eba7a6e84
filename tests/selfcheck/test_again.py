"""Checking again: only what a save can affect, and a run that a newer save overtakes tells nothing."""

import threading

import pytest

from graders.selfcheck.checking import SelfCheck
from graders.selfcheck.steps import State
from graders.submission import Submission
from tests.selfcheck.evening import BLOCKS, Asked, edited, exam, rubric, states
from tests.sitting import Edits

OVER_THE_WHOLE_MATRIX: Edits = {
    "mlp_numpy.py": [("P: Array = e / e.sum(axis=1, keepdims=True)", "P: Array = e / e.sum()")]
}


def asked_again(first: Submission, second: Submission, *names: str) -> tuple[list[str], SelfCheck]:
    """Return which criteria the second of two saves has asked."""
    asked = Asked()
    check = SelfCheck(rubric(*names), asked)
    list(check.run(first, exam()))
    asked.names.clear()
    list(check.run(second, exam()))
    return asked.names, check


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("return float(0.5 * lr * ", "return float(lr * 0.5 * ", ["cosine"]),
        ("return z > 0", "return 0 < z", ["gradients", "weight_decay", "dropout"]),
        ("forward(params, X).argmax(axis=1)", "np.argmax(forward(params, X), axis=1)", ["predict"]),
        ("# P does not change", "# The value does not change", []),
    ],
)
def test_a_save_asks_only_what_it_can_affect(old: str, new: str, expected: list[str]) -> None:
    names, check = asked_again(edited({}), edited({"mlp_numpy.py": [(old, new)]}), *BLOCKS)
    assert names == expected
    assert set(states(check.steps).values()) == {State.DONE}


def test_breaking_a_function_shows_at_once_and_mending_it_clears_what_waited_for_it() -> None:
    asked = Asked()
    check = SelfCheck(rubric(*BLOCKS), asked)
    list(check.run(edited({}), exam()))
    list(check.run(edited(OVER_THE_WHOLE_MATRIX), exam()))
    found = states(check.steps)
    assert found["softmax"] is State.OPEN
    assert found["gradients"] is State.CARRIED
    list(check.run(edited({}), exam()))
    assert set(states(check.steps).values()) == {State.DONE}


def test_lines_that_moved_are_told_anew() -> None:
    crash = {"mlp_numpy.py": [("return float(0.5 * lr * ", "return float(undefined * lr * ")]}
    first = edited(crash)
    moved = b"# one more line\n" + first.files["mlp_numpy.py"]
    second = Submission(name="test", files={**first.files, "mlp_numpy.py": moved}, modules=first.modules)
    check = SelfCheck(rubric("softmax", "cosine"), Asked())
    places = []
    for submission in (first, second):
        list(check.run(submission, exam()))
        places.append(int(check.steps[1].lost[0].where.rpartition(" ")[2]))
    assert places[1] == places[0] + 1


def test_a_run_that_is_overtaken_tells_nothing_and_is_made_up_for() -> None:
    slow = {"mlp_numpy.py": [("return float(0.5 * lr * ", "import time; time.sleep(60)\n    return float(0.5 * lr * ")]}
    check = SelfCheck(rubric("softmax", "cosine", "predict"), Asked())
    check.begin()
    told = []
    for step in check.run(edited(slow), exam()):
        told.append(step.name)
        threading.Timer(0.5, check.stop).start()
    assert told == ["softmax"]
    assert check.stopped
    check.begin()
    assert [s.name for s in check.run(edited({}), exam())] == ["cosine", "predict"]
    assert set(states(check.steps).values()) == {State.DONE}
