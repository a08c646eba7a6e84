"""Every grader of the project returns a verdict whatever the exam room reports, also on what it asks again."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from graders.foundation.call import Call, Opaque, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Failed, FailureKind, Observation, Returned
from graders.foundation.verdict import Standing, Verdict
from graders.measure import truth
from graders.rubric.load import with_parameters
from graders.rubric.registry import criterion_names
from tests.sitting import TINY, dataset

WITHOUT_CODE = {"answers"}  # judges the written answers, not what functions return
ZEROS = Params(W1=np.zeros((784, 16)), b1=np.zeros(16), W2=np.zeros((16, 10)), b2=np.zeros(10))
SERIES = ("train_loss", "val_loss", "train_acc", "val_acc")


@pytest.fixture(autouse=True)
def _quick_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the slow second opinion on the right gradients, which other tests look at."""
    monkeypatch.setattr(truth, "central_differences", lambda params, X, y: truth.loss_and_grads(params, X, y)[1])


def run_like(history: Value, params: Value = ZEROS, predictions: Value = None) -> Value:
    """Return what a training run's routine sends."""
    return {"params": params, "history": history, "predictions": predictions, "predictions_again": predictions}


VALUES: dict[str, Value] = {
    "None": None,
    "text": "full marks",
    "a huge integer": 10**400,
    "not a number": float("nan"),
    "an empty dictionary": {},
    "an empty list": [],
    "a ragged list": [[1.0, 2.0], [3.0], None],
    "an opaque object": Opaque(type_name="Tensor"),
    "two opaque objects": (Opaque(type_name="a"), Opaque(type_name="b")),
    "an array of text": np.array("x"),
    "complex numbers": np.zeros((2, 2), dtype=complex),
    "infinities": np.full((7, 5), np.inf),
    "not a pair": {"not_a_pair": None},
    "a run without history": run_like(None),
    "a run with empty series": run_like({name: [] for name in SERIES}),
    "a run with text for series": run_like(dict.fromkeys(SERIES, "rising")),
    "a run with NaN": run_like({name: [float("nan")] * 3 for name in SERIES}),
    "a run with nested series": run_like({name: [[1.0, 2.0]] * 3 for name in SERIES}),
    "a run with odd weights": run_like({name: [0.1] for name in SERIES}, params="the model has no weights"),
    "a run with huge weights": run_like(
        {name: [0.1, 0.2] for name in SERIES},
        params=Params(**{n: np.full_like(getattr(ZEROS, n), 1e308) for n in truth.NAMES}),
        predictions=np.full(500, 10**12),
    ),
    "a trace of nothing": {"params": [], "velocities": []},
    "a trace of nonsense": {"params": [None, ZEROS, "x"], "velocities": [None]},
    "a figure of nothing": {"saved": 0, "figures": 0, "axes": [], "texts": []},
    "a figure of nonsense": {"saved": -1, "figures": "two", "axes": [{"lines": [{"y": "x"}]}, 3], "texts": None},
    "lists of logits": [np.zeros((3, 2)), None],
    "integer keys": {5: {"val_loss": [1.0]}, -1: None, "12": Opaque(type_name="x")},
}


def verdict_on(criterion: str, observe: Callable[[Call], Observation]) -> Verdict:
    """Return the verdict when every question is answered by `observe`, rounds of further questions included."""
    exam = Exam(seed=1, data=dataset("tiny"), training=TINY, answers="# nothing")
    grader = with_parameters(criterion, {}).grader
    seen: dict[str, Answer] = {}
    asked = list(grader.ask(exam))
    for _ in range(40):
        seen |= {call.name: Answer(call=call, observation=observe(call)) for call in asked}
        asked = list(grader.ask_again(exam, seen))
        if not asked:
            return grader.judge(exam, seen)
    msg = "it asked for ever"
    raise AssertionError(msg)


@pytest.mark.parametrize("what", VALUES)
@pytest.mark.parametrize("criterion", criterion_names())
def test_an_odd_value_gets_a_verdict_and_no_full_marks(criterion: str, what: str) -> None:
    verdict = verdict_on(criterion, lambda _: Returned(value=VALUES[what], changed=("0", "nobody")))
    assert criterion in {*WITHOUT_CODE, "numpy_only"} or verdict.share < 1


@pytest.mark.parametrize("criterion", criterion_names())
def test_a_mixture_of_odd_values_gets_a_verdict(criterion: str) -> None:
    for shift in range(len(VALUES)):
        values: Iterator[Value] = iter([*list(VALUES.values())[shift:], *VALUES.values()] * 60)
        verdict_on(criterion, lambda _, values=values: Returned(value=next(values)))  # type: ignore[misc]


@pytest.mark.parametrize("kind", list(FailureKind))
@pytest.mark.parametrize("criterion", [name for name in criterion_names() if name not in WITHOUT_CODE])
def test_every_kind_of_failure_earns_nothing_and_says_why(criterion: str, kind: FailureKind) -> None:
    verdict = verdict_on(criterion, lambda _: Failed(kind=kind, message="It went wrong."))
    wanted = Standing.NOT_ATTEMPTED if kind is FailureKind.NOT_ATTEMPTED else Standing.NONE
    assert verdict.standing is wanted
    assert all(check.reason for check in verdict.checks)
