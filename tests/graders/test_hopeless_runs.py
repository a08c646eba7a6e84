"""Answers of the right form and hopeless content reach deep into the judges of training and dropout, and are judged."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import Verdict
from graders.measure import truth
from graders.rubric.registry import grader_class
from tests.sitting import TINY, dataset

SERIES = ("train_loss", "val_loss", "train_acc", "val_acc")
TRAINED = ("training", "shuffling", "curves", "early_stopping")
FILLS = (0.0, 1e-320, 1.0, -1.0, 1e154, 1e308)

Answering = Callable[[Call, int], Value]


def filled(shapes: Sequence[tuple[int, ...]], fill: float, sign: float = 1.0) -> Params:
    arrays = dict(zip(truth.NAMES, (np.full(shape, sign * fill) for shape in shapes), strict=True))
    return Params(**arrays)


def trained(call: Call, fill: float, *, sign: float, epochs: int) -> Value:
    """Return what a run of this width would look like with these numbers everywhere."""
    H = call.kwargs.get("H", 128)
    assert isinstance(H, int)
    params = filled([(784, H), (H,), (H, 10), (10,)], fill, sign)
    return {"params": params, "history": {name: [sign * fill] * epochs for name in SERIES}}


def verdict_on(criterion: str, answer: Answering) -> Verdict:
    exam = Exam(seed=1, data=dataset("tiny"), training=TINY)
    grader = grader_class(criterion)()
    seen: dict[str, Answer] = {}
    asked = list(grader.ask(exam))
    while asked:
        for call in asked:
            seen[call.name] = Answer(call=call, observation=Returned(value=answer(call, len(seen))))
        asked = list(grader.ask_again(exam, seen))
    return grader.judge(exam, seen)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("criterion", TRAINED)
def test_runs_that_all_end_alike_are_judged(criterion: str, fill: float) -> None:
    assert verdict_on(criterion, lambda call, _: trained(call, fill, sign=1.0, epochs=7)).share < 0.7


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("criterion", TRAINED)
def test_runs_that_end_far_apart_are_judged(criterion: str, fill: float) -> None:
    def answer(call: Call, i: int) -> Value:
        return trained(call, fill, sign=(-1.0) ** i, epochs=1 + i % 41)

    assert verdict_on(criterion, answer).share < 0.7


@pytest.mark.parametrize("criterion", TRAINED)
def test_random_runs_are_judged(criterion: str) -> None:
    rng = np.random.default_rng(2)

    def answer(call: Call, _: int) -> Value:
        run = trained(call, float(rng.normal()), sign=1.0, epochs=int(rng.integers(1, 40)))
        assert isinstance(run, dict)
        run["history"] = {name: rng.random(int(rng.integers(1, 40))) for name in SERIES}
        return run

    for _ in range(5):
        assert verdict_on(criterion, answer).share < 0.7


@pytest.mark.parametrize("fill", FILLS)
def test_dropped_arrays_and_gradients_of_one_number_are_judged(fill: float) -> None:
    def answer(call: Call, i: int) -> Value:
        match call.target, call.args:
            case "dropout", (np.ndarray() as A, *_):
                return np.full(A.shape, fill), np.full(A.shape, fill)
            case "loss_and_grads", (Params() as params, *_):
                return fill, filled([a.shape for a in params.arrays()], fill, (-1.0) ** i)
        return np.full((1, 5), fill)

    assert verdict_on("dropout", answer).share < 0.6


@pytest.mark.parametrize("fill", FILLS)
def test_steps_to_one_number_are_judged(fill: float) -> None:
    def answer(call: Call, i: int) -> Value:
        state = filled([(7, 5), (5,), (5, 3), (3,)], fill, (-1.0) ** i)
        return {"params": [state] * 4, "velocities": []} if call.target == "momentum_trace" else (state, state)

    assert verdict_on("momentum_step", answer).share < 0.2


@pytest.mark.parametrize("fill", [*FILLS, float("inf")])
@pytest.mark.parametrize("criterion", ["step_decay", "cosine"])
def test_rates_of_one_number_are_judged(criterion: str, fill: float) -> None:
    assert verdict_on(criterion, lambda _call, _i: fill).share < 0.2
