"""A mistake is named only where it explains everything, and nothing else does."""

from collections.abc import Mapping

import numpy as np
import pytest

from graders.foundation.exam import Exam
from graders.naming.gaps import gap
from graders.naming.match import diagnose
from graders.naming.mistake import ENDING, RAISED, RETURNED, Case, Catalogue, Interval, Mistake, Outcome, Outcomes
from tests.sitting import TINY, dataset

RIGHT: Outcomes = {("plain", "value"): np.array([1.0, 2.0]), ("large", "value"): np.array([3.0, 5.0])}


def entry(name: str, *variants: Mapping[tuple[str, str], Outcome], root: str = "") -> Mistake:
    return Mistake(
        id=name, criterion="made-up", did=name, why="", see="", fix="", gives=lambda _case: variants, root=root
    )


def names(
    observed: Outcomes, *mistakes: Mistake, right: Outcomes = RIGHT, rtol: float = 1e-3
) -> list[tuple[str, list[str]]]:
    exam = Exam(seed=1, data=dataset("tiny"), training=TINY)
    catalogue = Catalogue(
        criterion="made-up", observe=lambda _e, _s: {}, right=lambda _c: right, mistakes=mistakes, rtol=rtol
    )
    found = diagnose(Case(exam=exam, seen={}, observed=observed), catalogue)
    return [(d.part, [n.id for n in d.names]) for d in found]


DOUBLE = entry("double-plain", {("plain", "value"): np.array([2.5, 4.0])})
FLAT = entry("flat", {("plain", "value"): np.array([7.0, 7.0]), ("large", "value"): np.array([7.0, 7.0])})


def test_what_is_right_has_no_name() -> None:
    assert names(RIGHT, DOUBLE, FLAT) == []


def test_the_entry_that_gives_everything_observed_is_named() -> None:
    assert names({**RIGHT, ("plain", "value"): np.array([2.5, 4.0])}, DOUBLE, FLAT) == [("", ["double-plain"])]


def test_an_entry_that_explains_one_question_and_not_the_other_is_not_named_for_the_whole() -> None:
    observed = {("plain", "value"): np.array([7.0, 7.0]), ("large", "value"): np.array([3.0, 5.5])}
    assert names(observed, FLAT) == []


def test_two_entries_that_give_the_same_are_named_together() -> None:
    twin = entry("twin", {("plain", "value"): np.array([2.5, 4.0])})
    assert names({**RIGHT, ("plain", "value"): np.array([2.5, 4.0])}, DOUBLE, twin) == [("", ["double-plain", "twin"])]


def test_a_much_closer_fit_settles_between_two_that_are_within_tolerance() -> None:
    near = entry("near", {("plain", "value"): np.array([2.5, 4.0005])})
    assert names({**RIGHT, ("plain", "value"): np.array([2.5, 4.0])}, near, DOUBLE) == [("", ["double-plain"])]


def test_an_entry_may_give_one_thing_or_another_by_the_students_style() -> None:
    either = entry("either", {("plain", "value"): np.array([9.0, 8.0])}, {("plain", "value"): np.array([8.0, 9.0])})
    assert names({**RIGHT, ("plain", "value"): np.array([8.0, 9.0])}, either) == [("", ["either"])]


def test_an_entry_that_gives_what_is_right_explains_nothing() -> None:
    assert names({**RIGHT, ("plain", "value"): np.array([2.5, 4.0])}, entry("harmless", RIGHT)) == []


def test_where_nothing_explains_the_whole_a_part_may_have_a_name() -> None:
    right = {("batch", "W1"): np.ones(3), ("batch", "b1"): np.array([1.0, 2.0])}
    observed = {("batch", "W1"): np.array([1.0, 2.0, 1.0]), ("batch", "b1"): np.array([5.0, 1.0])}
    reversed_bias = entry("bias", {("batch", "b1"): np.array([5.0, 1.0])})
    assert names(observed, reversed_bias, right=right) == [("b1", ["bias"])]


def test_a_question_that_fails_has_no_values_to_compare() -> None:
    right: Outcomes = {("q", ENDING): RETURNED, ("q", "value"): np.ones(2)}
    raises = entry("raises", {("q", ENDING): RAISED})
    assert names({("q", ENDING): RAISED}, raises, right=right) == [("", ["raises"])]
    assert names({("q", ENDING): "timed out"}, raises, right=right) == []


def test_a_constant_factor_is_found_without_being_listed() -> None:
    observed = {key: 3.5 * value for key, value in RIGHT.items() if isinstance(value, np.ndarray)}
    assert names(observed) == [("", ["made-up-constant-factor"])]
    assert names({**observed, ("large", "value"): np.array([3.0, 5.0])}) == []


def test_a_listed_entry_goes_before_a_searched_factor() -> None:
    halves = entry("half", {key: value / 2 for key, value in RIGHT.items() if isinstance(value, np.ndarray)})
    observed = {key: value / 2 for key, value in RIGHT.items() if isinstance(value, np.ndarray)}
    assert names(observed, halves) == [("", ["half"])]


@pytest.mark.parametrize(
    ("observed", "predicted", "fits"),
    [
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (np.array([np.nan, 1.0]), np.array([1.0, np.nan]), False),
        (np.array([np.inf]), np.array([np.inf]), True),
        (np.array([-np.inf]), np.array([np.inf]), False),
        (np.array([1.0]), np.array([np.nan]), False),
        (np.array([1e30]), np.array([1.0000001e30]), True),
        (np.array([0.0]), np.array([1e-6]), False),
        (np.ones((2, 1)), np.ones(2), False),
        ("raised", "raised", True),
        ("raised", np.ones(2), False),
        (None, np.ones(2), False),
        (Interval(low=0.9, high=1.1), np.array(1.05), True),
        (Interval(low=0.9, high=1.1), np.array(1.2), False),
        (Interval(low=0.9, high=1.1), np.array(np.nan), False),
    ],
)
def test_only_the_same_kind_of_outcome_in_the_same_places_fits(
    observed: Outcome | None, predicted: Outcome, *, fits: bool
) -> None:
    assert (gap(observed, predicted) <= 1e-3) is fits
