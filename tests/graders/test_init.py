import math

import numpy as np
import pytest

from graders.foundation.call import Params
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import Verdict
from graders.init import Init
from tests.sitting import TINY, dataset, lost, named, sit, sit_result

W1 = "rng.normal(0.0, math.sqrt(2 / D), size=(D, H))"
W2 = "rng.normal(0.0, math.sqrt(2 / H), size=(H, K))"
SCALES = ("W1 has variance 2/D", "W2 has variance 2/H")


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_initialisation() -> None:
    assert lost(sit("init")) == ()


@pytest.mark.parametrize(
    ("first", "second", "mistake"),
    [
        ("math.sqrt(1 / (D + H))", "math.sqrt(1 / (H + K))", "init-glorot-halved"),
        ("2 / (D + H)", "2 / (H + K)", "init-glorot-variance-as-deviation"),
        ("1 / D", "1 / H", "init-divided-by-fan-in"),
        ("math.sqrt(6 / D)", "math.sqrt(6 / H)", "init-bound-as-deviation"),
        ("0.1", "0.1", "init-small-constant-scale"),
    ],
)
def test_another_scale_loses_both_layers_and_is_named(first: str, second: str, mistake: str) -> None:
    edits = [(W2, f"rng.normal(0.0, {second}, size=(H, K))"), (W1, f"rng.normal(0.0, {first}, size=(D, H))")]
    result = sit_result("init", edits={"mlp_numpy.py": edits})
    assert result.verdict is not None
    assert lost(result.verdict) == SCALES
    assert named(result) == (mistake,)


def test_a_wrong_scale_in_one_layer_loses_that_layer_alone() -> None:
    verdict = sit("init", edits={"mlp_numpy.py": [("math.sqrt(2 / H)", "math.sqrt(2 / D)")]})
    assert lost(verdict) == SCALES[1:]


def test_uniform_weights_of_he_variance_lose_the_normal_check_alone() -> None:
    edits = [
        (W1, "rng.uniform(-math.sqrt(6 / D), math.sqrt(6 / D), size=(D, H))"),
        (W2, "rng.uniform(-math.sqrt(6 / H), math.sqrt(6 / H), size=(H, K))"),
    ]
    assert lost(sit("init", edits={"mlp_numpy.py": edits})) == ("the weights are normally distributed",)


def test_biases_of_a_hundredth_lose_the_bias_check_alone() -> None:
    edits = [("return W1, np.zeros(H), W2, np.zeros(K)", "return W1, np.full(H, 0.01), W2, np.zeros(K)")]
    assert lost(sit("init", edits={"mlp_numpy.py": edits})) == ("the biases are zero",)


@pytest.mark.parametrize("generator", ["np.random.default_rng()", "np.random"])
def test_a_generator_without_the_seed_loses_the_same_bits(generator: str) -> None:
    edits = [("    rng = np.random.default_rng(seed)\n    # ReLU", f"    rng = {generator}\n    # ReLU")]
    assert lost(sit("init", edits={"mlp_numpy.py": edits})) == ("the same seed gives the same bits",)


def test_a_seed_that_is_ignored_gives_the_same_weights_for_every_seed() -> None:
    edits = [("    rng = np.random.default_rng(seed)\n    # ReLU", "    rng = np.random.default_rng(0)\n    # ReLU")]
    assert lost(sit("init", edits={"mlp_numpy.py": edits})) == ("another seed gives other weights",)


def test_a_seed_without_a_default_loses_that_check_alone() -> None:
    edits = [("def init(D: int, H: int, K: int, seed: int = 0)", "def init(D: int, H: int, K: int, seed: int)")]
    assert lost(sit("init", edits={"mlp_numpy.py": edits})) == ("works without a seed",)


def test_transposed_weights_lose_their_shape_alone() -> None:
    edits = [("size=(D, H))", "size=(H, D))")]
    assert lost(sit("init", edits={"mlp_numpy.py": edits})) == ("returns W1 (D, H), b1 (H,), W2 (H, K), b2 (K,)",)


def test_zero_weights_are_told_to_keep_hidden_units_alike() -> None:
    verdict = sit("init", edits={"mlp_numpy.py": [(W1, "np.zeros((D, H))")]})
    assert "stay alike for ever" in reason(verdict, "the weights are normally distributed")


def test_two_hundred_right_draws_lose_nothing() -> None:
    grader = Init()
    for seed in range(200):
        exam = Exam(seed=seed, data=dataset("tiny"), training=TINY)
        seen = {}
        for call in grader.ask(exam):
            D, H, K = (int(size) for size in call.args if isinstance(size, int))
            chosen = call.kwargs.get("seed", 0)
            assert isinstance(chosen, int)
            rng = np.random.default_rng(chosen)
            value = Params(
                W1=rng.normal(size=(D, H)) * math.sqrt(2 / D),
                b1=np.zeros((1, H)),
                W2=rng.normal(size=(H, K)) * math.sqrt(2 / H),
                b2=np.zeros((1, K)),
            )
            seen[call.name] = Answer(call=call, observation=Returned(value=value))
        assert lost(grader.judge(exam, seen)) == ()
