"""A sitting as a whole."""

import dataclasses
from collections.abc import Sequence

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from graders.foundation.exam import Exam
from graders.grading import sitting
from graders.grading.scorecard import CriterionResult
from graders.rubric import find_rubric, load_rubric
from tests.sitting import TINY, Silent, dataset, edited_reference, submission_of, warm_rooms


def test_judging_counts_on_one_thread_and_leaves_the_others_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile: list[int] = []

    def threads() -> list[int]:
        return [int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"]

    def examine(*_arguments: object) -> Sequence[CriterionResult]:
        meanwhile.extend(threads())
        return ()

    monkeypatch.setattr(sitting, "examine", examine)
    rubric = dataclasses.replace(load_rubric(find_rubric("usaaio_2024_r1_p4")), criteria=())
    exam = Exam(seed=1, data=dataset("tiny"), training=TINY)
    with threadpool_limits(limits=2, user_api="blas"):
        before = threads()
        sitting.sit(rubric, submission_of(edited_reference()), exam, Silent(), warm_rooms())
        assert threads() == before
    assert set(meanwhile) == {1}
