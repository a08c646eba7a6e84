"""Mistakes in `init` are named in any style, by intervals that two hundred right draws do not leave."""

from functools import partial

import numpy as np
import pytest

from graders.catalogue.init import CATALOGUE
from graders.foundation.call import Value
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Returned
from graders.init import Init
from graders.naming.match import deviations, diagnose
from graders.naming.mistake import Case
from tests.sitting import TINY, dataset, named, named_parts, sit_function

# An own style: the legacy generator, weights in float32, biases as rows, a list.
OWN = """
def init(D, H, K, seed=0):
    draw = np.random.RandomState(seed)
    W1 = (draw.randn(D, H) * (2.0 / D) ** 0.5).astype(np.float32)
    W2 = (draw.randn(H, K) * (2.0 / H) ** 0.5).astype(np.float32)
    return [W1, np.zeros((1, H)), W2, np.zeros((1, K))]


def predict("""
FIRST, SECOND = "draw.randn(D, H) * (2.0 / D) ** 0.5", "draw.randn(H, K) * (2.0 / H) ** 0.5"


own = partial(sit_function, "init", OWN)


def test_a_right_function_in_another_style_has_no_diagnosis() -> None:
    result = own()
    assert result.verdict is not None
    assert result.verdict.share == 1
    assert result.diagnoses == ()


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ([(FIRST, "draw.randn(D, H)"), (SECOND, "draw.randn(H, K)")], "init-unscaled"),
        ([(FIRST, "draw.rand(D, H) - 0.5"), (SECOND, "draw.rand(H, K) - 0.5")], "init-uniform-unscaled"),
        ([(FIRST, "abs(draw.randn(D, H)) * (2.0 / D) ** 0.5")], "init-absolute-values"),
        ([(FIRST, "draw.normal((2 / D) ** 0.5, size=(D, H))")], "init-scale-as-mean"),
        ([(FIRST, "draw.randn(D, H) * (2.0 / H) ** 0.5")], "init-fan-out"),
        ([("RandomState(seed)", "RandomState()")], "init-seed-ignored"),
        ([("seed=0", "seed")], "init-seed-has-no-default"),
        ([("[W1, np.zeros((1, H)), W2, np.zeros((1, K))]", "W1, W2, np.zeros(H), np.zeros(K)")], "init-order"),
    ],
)
def test_a_mistake_is_named_in_another_style(changes: list[tuple[str, str]], mistake: str) -> None:
    assert named(own(*changes)) == (mistake,)


def test_two_mistakes_in_two_layers_are_named_by_part_alone() -> None:
    result = own((FIRST, "np.zeros((D, H))"), (SECOND, "draw.randn(H, K) * 0.01"))
    assert named(result) == ()
    assert named_parts(result) == {"W1": ("init-zeros",), "W2": ("init-small-constant-scale",)}


def _answers(scale: float, seed: int) -> Case:
    exam = Exam(seed=seed, data=dataset("tiny"), training=TINY)
    seen = {}
    for call in Init().ask(exam):
        D, H, K = (int(size) for size in call.args if isinstance(size, int))
        chosen = call.kwargs.get("seed", 0)
        assert isinstance(chosen, int)
        rng = np.random.default_rng(chosen)
        weights = [rng.normal(scale=(scale / n) ** 0.5, size=(n, m)) for n, m in ((D, H), (H, K))]
        value: Value = (weights[0], np.zeros(H), weights[1], np.zeros(K))
        seen[call.name] = Answer(call=call, observation=Returned(value=value))
    return Case(exam=exam, seen=seen, observed=CATALOGUE.observe(exam, seen))


def test_two_hundred_right_draws_deviate_in_nothing() -> None:
    for seed in range(200):
        case = _answers(2.0, seed)
        want = CATALOGUE.right(case)
        assert isinstance(want, dict)
        assert deviations(case.observed, want, CATALOGUE.rtol) == []


def test_a_missing_factor_is_named_on_every_seed_and_by_no_other_name() -> None:
    for seed in range(60):
        (diagnosis,) = diagnose(_answers(1.0, seed), CATALOGUE)
        assert [name.id for name in diagnosis.names] == ["init-without-the-two"]
