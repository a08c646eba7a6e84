"""A crash while a mistake's name is sought changes no point, and does not go unsaid."""

import dataclasses

import pytest

from graders.catalogue import catalogue_of
from graders.grading import diagnosing
from graders.naming.mistake import Case, Outcomes
from tests.sitting import named, sit_result

NO_SHIFT = {"mlp_numpy.py": [("np.exp(z - z.max(axis=1, keepdims=True))", "np.exp(z)")]}


def test_a_catalogue_that_crashes_costs_the_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sit_result("softmax", edits=NO_SHIFT)
    catalogue = catalogue_of("softmax")
    assert catalogue is not None

    def crash(_case: Case) -> Outcomes:
        message = "an entry went wrong"
        raise KeyError(message)

    broken = dataclasses.replace(catalogue, right=crash)
    monkeypatch.setattr(diagnosing, "catalogue_of", lambda _name: broken)
    result = sit_result("softmax", edits=NO_SHIFT)
    assert named(whole) == ("softmax-no-shift",)
    assert named(result) == ()
    assert result.earned == whole.earned
    assert result.verdict is not None
    assert any(remark.startswith(diagnosing.NAMELESS) for remark in result.verdict.remarks)
