"""Whatever a submission returns, a judge returns a verdict: an exception would be our own fault."""

from collections.abc import Sequence

import numpy as np
import pytest

from graders.foundation.call import Call, Opaque, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Failed, FailureKind, Observation, Returned
from graders.foundation.verdict import Verdict
from graders.measure import truth
from graders.rubric.registry import grader_class
from tests.sitting import TINY, dataset

CRITERIA = ("softmax", "cross_entropy", "init", "forward", "gradients", "weight_decay", "predict")
FORBIDDEN_TOO = (*CRITERIA, "numpy_only")

ODD: Sequence[Value] = (
    None,
    True,
    "0.5",
    3,
    10**300,
    -(10**400),
    float("nan"),
    float("inf"),
    1e308,
    (),
    [],
    [[1.0, 2.0], [3.0]],
    [None, None],
    [10**400],
    {},
    {"W1": 1.0},
    Opaque(type_name="Tensor"),
    np.zeros(0),
    np.array(2.0),
    np.array("text"),
    np.array(["2024-01-01"], dtype="M8[D]"),
    np.zeros(3, dtype="V4"),
    np.zeros((2, 2), dtype=complex),
    np.full((7, 5), np.nan),
    np.full((7, 5), 1e308),
    np.full((7, 5), -np.inf),
    np.full(7, 1e308),
    np.full(40, 1e308),
    np.full(40, 2**63, dtype=np.uint64),
    np.zeros((1, 0, 3)),
    Params(W1=np.zeros(0), b1=np.zeros(0), W2=np.zeros(0), b2=np.zeros(0)),
    Params(W1=np.array("x"), b1=np.array(None), W2=np.zeros((2, 2), dtype=complex), b2=np.array(1.0)),
)


@pytest.fixture(autouse=True)
def _quick_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the slow second opinion on the right gradients, which other tests look at."""
    monkeypatch.setattr(truth, "central_differences", lambda params, X, y: truth.loss_and_grads(params, X, y)[1])


def _like(call: Call, fill: float, sign: float) -> Value:
    """Return arrays of the right shapes and hopeless content."""
    params = next((a for a in call.args if isinstance(a, Params)), None)
    if params is None:
        D, H, K = (int(size) for size in call.args if isinstance(size, int))
        params = Params(W1=np.zeros((D, H)), b1=np.zeros(H), W2=np.zeros((H, K)), b2=np.zeros(K))
    filled = Params(**{n: np.full(getattr(params, n).shape, sign * fill) for n in ("W1", "b1", "W2", "b2")})
    return filled if call.target == "init" else (sign * fill, filled)


def _verdict(criterion: str, values: Sequence[Value], *, alike: bool = False, fill: float = 0.0) -> Verdict:
    exam = Exam(seed=1, data=dataset("tiny"), training=TINY)
    grader = grader_class(criterion)()
    seen = {}
    for i, call in enumerate(grader.ask(exam)):
        value = _like(call, fill, 1.0 if i % 2 else -1.0) if alike else values[i % len(values)]
        seen[call.name] = Answer(call=call, observation=Returned(value=value, changed=("0", "kwarg", "99")))
    return grader.judge(exam, seen)


@pytest.mark.parametrize("criterion", FORBIDDEN_TOO)
@pytest.mark.parametrize("odd", range(len(ODD)))
def test_an_odd_value_is_judged(criterion: str, odd: int) -> None:
    verdict = _verdict(criterion, [ODD[odd]])
    assert criterion == "numpy_only" or verdict.share < 0.6


@pytest.mark.parametrize("criterion", CRITERIA)
def test_odd_losses_and_gradients_are_judged(criterion: str) -> None:
    for odd in ODD:
        for value in ((odd, odd), [1.0, odd], (odd, [odd, odd, odd, odd]), (odd, odd, odd)):
            assert _verdict(criterion, [value]).share < 1


@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_mixture_of_odd_values_is_judged(criterion: str) -> None:
    for shift in range(len(ODD)):
        assert _verdict(criterion, [*ODD[shift:], *ODD[:shift]]).share < 1


@pytest.mark.parametrize("fill", [0.0, 1e-320, 1e308, np.inf, np.nan])
@pytest.mark.parametrize("criterion", ["init", "gradients", "weight_decay"])
def test_arrays_of_the_right_shape_with_hopeless_content_are_judged(criterion: str, fill: float) -> None:
    assert _verdict(criterion, [], alike=True, fill=fill).share < 1


@pytest.mark.parametrize("kind", list(FailureKind))
@pytest.mark.parametrize("criterion", CRITERIA)
def test_every_kind_of_failure_loses_everything_with_its_reason(criterion: str, kind: FailureKind) -> None:
    exam = Exam(seed=1, data=dataset("tiny"), training=TINY)
    grader = grader_class(criterion)()
    failed: Observation = Failed(kind=kind, message="It went wrong.", where="mlp_numpy.py, line 3")
    verdict = grader.judge(exam, {c.name: Answer(call=c, observation=failed) for c in grader.ask(exam)})
    assert verdict.share == 0
    assert all(check.reason == "It went wrong." for check in verdict.checks)
    assert all(check.attempted is (kind is not FailureKind.NOT_ATTEMPTED) for check in verdict.checks)
