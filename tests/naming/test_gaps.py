"""A prediction is given up as soon as it explains nothing that is sought, and never before."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Returned
from graders.naming.functions import answers
from graders.naming.gaps import Doubt, Gaps, gap
from graders.naming.mistake import ENDING, RAISED, RETURNED, Case, Outcomes, Sought, once_a_case
from tests.sitting import TINY, dataset

OBSERVED: Outcomes = {
    ("one", ENDING): RETURNED,
    ("one", "W1"): np.array([1.0]),
    ("one", "b1"): np.array([2.0]),
    ("two", ENDING): RETURNED,
    ("two", "W1"): np.array([3.0]),
    ("two", "W2"): np.array([4.0]),
}
WRONG, W1, B1 = np.array([9.0]), np.array([1.0]), np.array([2.0])


def sought(*parts: str) -> Sought:
    return Sought(parts=frozenset(parts), rtol=1e-3)


def test_a_prediction_that_is_wanted_in_full_is_never_given_up() -> None:
    assert not Doubt(OBSERVED, None).explains_nothing({("one", "W1"): WRONG, ("one", ENDING): RAISED})


def test_it_is_given_up_once_every_part_is_wrong_somewhere() -> None:
    doubt = Doubt(OBSERVED, sought("W1", "b1"))
    assert not doubt.explains_nothing({("one", "W1"): W1, ("one", "b1"): WRONG})
    assert doubt.is_lost("b1")
    assert not doubt.is_lost("W1")
    assert doubt.explains_nothing({("two", "W1"): WRONG})


def test_what_is_wrong_in_other_parts_does_not_count_while_a_part_may_be_explained() -> None:
    doubt = Doubt(OBSERVED, sought("W1"))
    assert not doubt.explains_nothing({("two", "W2"): WRONG, ("one", "b1"): WRONG, ("one", "W1"): W1})


def test_a_question_that_ends_otherwise_loses_its_parts_and_no_others() -> None:
    doubt = Doubt(OBSERVED, sought("b1", "W2"))
    assert not doubt.explains_nothing({("one", ENDING): RAISED})
    assert doubt.is_lost("b1")
    assert not doubt.is_lost("W2")
    assert doubt.explains_nothing({("two", ENDING): RAISED})


def test_where_only_endings_are_wrong_one_contradiction_is_enough() -> None:
    assert not Doubt(OBSERVED, sought()).explains_nothing({("one", "W1"): W1, ("one", "b1"): B1})
    assert Doubt(OBSERVED, sought()).explains_nothing({("one", "b1"): WRONG})


def test_what_was_not_observed_contradicts_nothing() -> None:
    assert not Doubt(OBSERVED, sought("W1")).explains_nothing({("three", "W1"): WRONG})


def doubled(count: int) -> Case:
    """Return a case of so many questions, all answered with twice the argument."""
    seen = {
        f"q{i}": Answer(
            call=Call(name=f"q{i}", target="softmax", args=(np.array([[i + 1.0]]),)),
            observation=Returned(value=np.array([[2 * i + 2.0]]), seconds=0.0),
        )
        for i in range(count)
    }
    observed: Outcomes = {(name, "value"): answer.value for name, answer in seen.items()}  # type: ignore[misc]
    return Case(exam=Exam(seed=1, data=dataset("tiny"), training=TINY), seen=seen, observed=observed)


@pytest.mark.parametrize(("parts", "calls"), [(None, 5), (("value",), 1)])
def test_a_function_that_is_wrong_at_once_is_asked_no_further(parts: tuple[str, ...] | None, calls: int) -> None:
    asked = []

    def tripled(z: np.ndarray) -> np.ndarray:
        asked.append(z)
        return 3 * z

    case = doubled(5)
    case = case if parts is None else replace(case, sought=sought(*parts))
    told = answers(tripled, dtypes=False)(case)
    assert len(asked) == calls
    assert len(told) == (1 if parts is None else 0)


def test_a_function_that_fits_is_asked_everything() -> None:
    case = replace(doubled(5), sought=sought("value"))
    told = answers(lambda z: 2 * z, dtypes=False)(case)
    assert not isinstance(told, Mapping)
    assert {question for question, part in told[0] if part == "value"} == set(case.seen)


def test_what_follows_from_a_case_is_computed_once_whatever_is_sought() -> None:
    computed = []

    @once_a_case
    def size(case: Case, factor: int) -> int:
        computed.append(case)
        return factor * len(case.seen)

    one, other = doubled(2), doubled(3)
    assert [size(one, 2), size(replace(one, sought=sought("value")), 2), size(other, 2), size(one, 3)] == [4, 4, 6, 6]
    assert len(computed) == 3


def test_gaps_that_are_remembered_are_those_of_the_same_objects() -> None:
    gaps = Gaps()
    for i in range(200):  # arrays that are gone leave their identities to the next
        observed, predicted = np.array([float(i % 7)]), np.array([float(i % 5)])
        assert gaps(observed, predicted) == gap(observed, predicted)


def test_a_gap_between_the_same_objects_is_measured_once() -> None:
    gaps, observed, predicted = Gaps(), np.array([1.0]), np.array([2.0])
    first = gaps(observed, predicted)
    predicted[0] = 5.0
    assert gaps(observed, predicted) == first
    assert gaps(observed, predicted.copy()) != first
