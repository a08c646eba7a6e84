"""What nothing explains gets no name, but the smallest question that shows it; a factor gets its size and meaning."""

import numpy as np
import pytest

from graders.foundation.call import Call
from graders.foundation.observation import Failed, FailureKind, Observation, Returned
from graders.measure import truth
from graders.naming.factors import quantities_of
from graders.naming.smallest import SMALL, smallest_failure, written
from tests.sitting import named, sit_result

SUM = "P: Array = e / e.sum(axis=1, keepdims=True)"


def test_an_unknown_mistake_shows_the_smallest_logits_that_fail() -> None:
    result = sit_result("softmax", edits={"mlp_numpy.py": [(SUM, f"{SUM} ** 1.5")]})
    assert named(result) == ()
    assert result.smallest is not None
    assert (result.smallest.asked, result.smallest.expected) == ("softmax([[0., 0.]])", "[[0.5, 0.5]]")
    assert result.smallest.got != result.smallest.expected


def test_the_smallest_question_is_the_same_in_every_sitting() -> None:
    edits = {"mlp_numpy.py": [(SUM, f"{SUM} ** 1.5")]}
    first, second = (sit_result("softmax", edits=edits) for _ in range(2))
    assert first.smallest is not None
    assert first.smallest == second.smallest


def test_a_named_mistake_needs_no_smallest_question() -> None:
    result = sit_result("softmax", edits={"mlp_numpy.py": [("np.exp(z - z.max(axis=1, keepdims=True))", "np.exp(z)")]})
    assert (named(result), result.smallest) == (("softmax-no-shift",), None)


def test_a_factor_that_no_one_listed_is_told_with_its_size() -> None:
    result = sit_result("softmax", edits={"mlp_numpy.py": [(SUM, f"{SUM} * 0.7")]})
    assert named(result) == ("softmax-constant-factor",)
    assert "0.7 times" in result.diagnoses[0].names[0].did


@pytest.mark.parametrize("criterion", SMALL)
def test_a_right_function_has_no_smallest_failure(criterion: str) -> None:
    small = SMALL[criterion]

    def ask(call: Call) -> Observation:
        return Returned(value=small.right(*call.args))

    assert smallest_failure(criterion, ask) is None


@pytest.mark.parametrize("criterion", SMALL)
def test_a_function_that_always_raises_fails_on_a_small_question(criterion: str) -> None:
    failing = smallest_failure(criterion, lambda _call: Failed(kind=FailureKind.RAISED, message="IndexError"))
    assert failing is not None
    assert failing.got == "IndexError"
    assert len(failing.asked) < 200


def test_a_function_that_never_answers_is_not_searched() -> None:
    asked = []

    def ask(call: Call) -> Observation:
        asked.append(call)
        return Failed(kind=FailureKind.TIMED_OUT, message="too long")

    assert smallest_failure("softmax", ask) is None
    assert len(asked) == 1


def test_a_gradient_question_knows_its_sizes() -> None:
    args = (truth.params_like(13, 11, 5, np.random.default_rng(0)),)
    assert quantities_of(Call(name="q", target="forward", args=args)) == {"D": 13, "H": 11, "K": 5}


def test_arrays_are_written_as_a_student_types_them() -> None:
    assert written((1.0, [2.0, "a"])) == "(1, [2, 'a'])"
