"""A check says what is next, costs nothing where nothing is written, and never disagrees with the grading."""

import pytest

from graders.exam_room import ExamRoom
from graders.foundation.call import Room
from graders.grading.sitting import sit
from graders.selfcheck.steps import State, certain_next, next_step
from graders.submission import Submission, open_submission
from tests.selfcheck.evening import BLOCKS, RoomsOpened, checked, edited, exam, rubric, states, template
from tests.sitting import ROOT, Edits, Silent, submission_of

OVER_THE_WHOLE_MATRIX: Edits = {
    "mlp_numpy.py": [("P: Array = e / e.sum(axis=1, keepdims=True)", "P: Array = e / e.sum()")]
}
NO_MEAN: Edits = {"mlp_numpy.py": [("float(nll.mean())", "float(nll.sum())")]}


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> RoomsOpened:
    """Count what is asked in each room."""
    counted = RoomsOpened()
    monkeypatch.setattr(ExamRoom, "ask", lambda room, call, *, seed: counted.ask(room, call, seed=seed))
    return counted


def test_the_template_is_not_attempted_and_no_room_opens_for_it(rooms: RoomsOpened) -> None:
    submission = open_submission(ROOT / "student_template")
    steps = checked(submission, *BLOCKS, "numpy_only", "training", "torch_forward", "torch_steps", "plot_curves")
    assert set(states(steps).values()) == {State.NOT_ATTEMPTED}
    assert rooms.asked == {Room.NUMPY: 0, Room.TORCH: 0}
    following = next_step(steps)
    assert following is not None
    assert (following.number, following.name) == (1, "softmax")


def test_the_reference_is_done_in_the_order_of_the_task() -> None:
    steps = checked(open_submission(ROOT / "reference"), *BLOCKS, "numpy_only", "training")
    assert [s.number for s in steps] == list(range(1, 11))
    assert set(states(steps).values()) == {State.DONE}
    assert next_step(steps) is None


@pytest.mark.parametrize("style", ["dict_params_minus_velocity", "flat_vector", "layer_classes", "helper_modules"])
def test_a_right_submission_in_another_style_is_done(style: str) -> None:
    steps = checked(open_submission(ROOT / "tests" / "banks" / "styles" / style), *BLOCKS, "momentum_step", "init")
    assert set(states(steps).values()) == {State.DONE}


def test_a_wrong_softmax_is_next_and_what_it_spoils_waits_for_it() -> None:
    steps = checked(edited(OVER_THE_WHOLE_MATRIX), *BLOCKS)
    following = next_step(steps)
    assert following is not None
    assert following.name == "softmax"
    assert any("softmax(z)[" in check.reason for check in following.lost)
    found = states(steps)
    assert found["gradients"] is State.CARRIED
    assert found["cosine"] is State.DONE


def test_what_is_next_is_told_before_anything_later_is_asked() -> None:
    steps = checked(edited(OVER_THE_WHOLE_MATRIX), *BLOCKS)
    told = certain_next(steps[:1])
    assert told is not None
    assert told.name == "softmax"


def test_a_later_mistake_is_not_called_next_before_the_earlier_criteria_are_known() -> None:
    steps = checked(edited(NO_MEAN), "cosine", "cross_entropy")
    assert [s.name for s in steps] == ["cosine", "cross_entropy"]
    assert certain_next(steps[1:]) is None
    assert next_step(steps[1:]) is steps[1]


def half_written() -> Submission:
    """Return the template with softmax and the forward pass written, and nothing else."""
    files = template()
    stubs = {
        "softmax": "e = np.exp(z - z.max(1, keepdims=True))\n    return e / e.sum(1, keepdims=True)",
        "forward": "W1, b1, W2, b2 = params\n    return np.maximum(X @ W1 + b1, 0) @ W2 + b2",
    }
    for name, body in stubs.items():
        head, tail = files["mlp_numpy.py"].split(f"def {name}(", 1)
        files["mlp_numpy.py"] = f"{head}def {name}({tail.replace('raise NotImplementedError', body, 1)}"
    return submission_of(files)


def test_what_is_written_is_checked_and_the_rest_costs_nothing(rooms: RoomsOpened) -> None:
    steps = checked(half_written(), *BLOCKS, "numpy_only", "torch_forward", "torch_steps")
    found = states(steps)
    assert found["softmax"] is found["forward"] is State.DONE
    assert found["numpy_only"] is State.SO_FAR
    assert found["gradients"] is found["torch_forward"] is State.NOT_ATTEMPTED
    assert rooms.asked[Room.NUMPY] > 0
    assert rooms.asked[Room.TORCH] == 0, "PyTorch was started for a port that is not written"
    following = next_step(steps)
    assert following is not None
    assert following.name == "cross_entropy"


@pytest.mark.parametrize("edits", [OVER_THE_WHOLE_MATRIX, NO_MEAN, {}], ids=["softmax", "cross_entropy", "right"])
def test_a_check_and_the_grading_come_to_the_same_points(edits: Edits) -> None:
    names = (*BLOCKS, "numpy_only", "training")
    submission = edited(edits)
    graded = sit(rubric(*names), submission, exam(), Silent())
    steps = checked(submission, *names)
    assert {s.name: s.result.earned for s in steps} == {c.name: c.earned for c in graded.criteria}
    assert {s.name: s.charged_at for s in steps if s.charged_at} == {
        c.name: list(dict.fromkeys(t for check in c.verdict.checks for t in check.charged_at))
        for c in graded.criteria
        if c.verdict and any(check.charged_at for check in c.verdict.checks)
    }


def test_a_criterion_that_is_checked_alone_still_knows_whose_mistake_it_shows() -> None:
    steps = checked(edited(OVER_THE_WHOLE_MATRIX), *BLOCKS, only=["gradients"])
    assert [(s.number, s.name, s.state) for s in steps] == [(4, "gradients", State.CARRIED)]


def test_code_that_does_not_compile_is_told_with_its_line() -> None:
    files = {**template(), "mlp_numpy.py": "import numpy as np\n\ndef softmax(z:\n    return z\n"}
    submission = submission_of(files)
    folder_like = Submission(
        name="test",
        files=submission.files,
        modules=submission.modules,
        faults={"mlp_numpy.py": "mlp_numpy.py, line 3: '(' was never closed"},
    )
    steps = checked(folder_like, "softmax", "cosine")
    assert set(states(steps).values()) == {State.OPEN}
    assert "line 3" in steps[0].result.reason
