import numpy as np
import pytest

from graders.dashboard.statistics import corrected_item_total, cronbach_alpha, earned_matrix, statistics
from graders.ledger import CriterionRow, HandInRow, Status, StudentFigures, StudentResult, figures_of


def result(number: int, *earned: float | None, status: Status = Status.GRADED) -> StudentFigures:
    """Return a student with these points of ten a criterion; None for what is open."""
    criteria = tuple(
        CriterionRow(
            name=f"c{place}",
            title=f"C{place}",
            group="g",
            points=10.0,
            earned=points or 0.0,
            open_points=10.0 if points is None else 0.0,
            standing="open" if points is None else "full" if points == 10 else "partial" if points else "none",
            reason="",
            feedback="",
            seconds=0.0,
        )
        for place, points in enumerate(earned)
    )
    hand_in = HandInRow(student=f"s{number}", identity={}, source="x")
    return figures_of(StudentResult(hand_in=hand_in, status=status, problem="", criteria=criteria, seconds=1.0))


def test_alpha_is_cronbachs() -> None:
    """The worked example: five people, three items; alpha = 3/2 (1 - sum of variances / variance of sums)."""
    earned = np.array([[2, 3, 3], [4, 4, 5], [1, 2, 2], [5, 4, 4], [3, 3, 5.0]])
    variances = [np.var(earned[:, i], ddof=1) for i in range(3)]
    expected = 1.5 * (1 - sum(variances) / np.var(earned.sum(axis=1), ddof=1))
    assert cronbach_alpha(earned) == pytest.approx(expected)
    assert cronbach_alpha(np.column_stack([earned[:, 0], earned[:, 0]])) == pytest.approx(1.0)
    assert cronbach_alpha(earned[:1]) is None
    assert cronbach_alpha(earned[:, :1]) is None
    assert cronbach_alpha(np.ones((5, 3))) is None


def test_discrimination_leaves_the_criterion_itself_out_of_the_sum() -> None:
    rng = np.random.default_rng(3)
    earned = rng.uniform(0, 10, size=(2000, 4))
    assert abs(corrected_item_total(earned, 0) or 1.0) < 0.1, "independent criteria do not correlate"
    earned[:, 1:] = earned[:, :1]
    assert corrected_item_total(earned, 0) == pytest.approx(1.0)
    earned[:, 0] *= -1
    assert corrected_item_total(earned, 0) == pytest.approx(-1.0)


def test_what_cannot_be_told_is_none_and_no_warning() -> None:
    same = np.full((5, 3), 4.0)
    assert corrected_item_total(same, 0) is None
    assert corrected_item_total(np.arange(6.0).reshape(2, 3), 0) is None
    empty = statistics([])
    assert (empty.totals, empty.mean, empty.alpha) == (0, None, None)


def test_the_ungraded_are_counted_and_nothing_else() -> None:
    told = statistics(
        [
            result(0, 10, 10),
            result(1, 0, 5),
            result(2, 5, 5),
            result(3, status=Status.UNGRADED),
            result(4, status=Status.MISSING),
        ]
    )
    assert (told.totals, told.median) == (3, 10)
    assert told.mean == pytest.approx(35 / 3)
    assert (told.counts[Status.UNGRADED], told.counts[Status.MISSING]) == (1, 1)
    assert sum(told.bins) == 3
    assert told.bins[-1] == 1
    assert [c.difficulty for c in told.criteria] == [pytest.approx(0.5), pytest.approx(2 / 3)]
    assert [(c.full, c.partial, c.none) for c in told.criteria] == [(1, 1, 1), (1, 2, 0)]


def test_open_points_do_not_count_as_lost() -> None:
    told = statistics([result(0, 10, None), result(1, 0, None), result(2, 5, 6), result(3, 6, 7)])
    assert told.criteria[1].difficulty == pytest.approx(0.65)
    assert told.criteria[1].open == 2
    assert told.criteria[1].judged == 2
    matrix = earned_matrix([result(0, 10, None)], ["c0", "c1"])
    assert np.isnan(matrix[0, 1])
