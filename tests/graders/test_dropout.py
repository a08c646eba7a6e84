import numpy as np
import pytest

from graders.foundation.verdict import Verdict
from graders.measure.dropped import dependence
from tests.sitting import lost, sit

DRAW, BACK = "(rng.random(A.shape) >= p)", "dZ2 @ W2.T * mask * relu_grad(Z1)"
RETURN = "    return A * mask, mask"
SCALED, OTHER_P, SHARE, OWN_ENTRY, MASK, UNTOUCHED, GENERATOR, BOTH, UNITS, INNER_GENERATOR, IMAGES, INFERENCE = (
    "kept entries are scaled by 1/(1-p)",
    "the same with another p",
    "p is the chance to be dropped",
    "every entry is dropped independently",
    "returns the mask that acted",
    "leaves A as given",
    "draws from the given generator",
    "one mask acts in the forward and the backward pass",
    "hidden units are dropped with chance p",
    "loss_and_grads draws from the given generator",
    "every image has a mask of its own",
    "forward has no dropout",
)


def of(*edits: tuple[str, str]) -> Verdict:
    return sit("dropout", edits={"mlp_numpy.py": edits})


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_dropout() -> None:
    assert lost(sit("dropout")) == ()


@pytest.mark.parametrize(
    "mask",
    ["mask > 0", "mask * (1 - p)", "np.float32(mask)"],
)
def test_a_boolean_or_unscaled_or_rounded_mask_is_as_good(mask: str) -> None:
    own = "dZ2 @ W2.T * (mask != 0) / (1 - dropout) * relu_grad(Z1)"
    assert lost(of((RETURN, f"    return A * mask, {mask}"), (BACK, own))) == ()


def test_another_way_to_draw_is_as_good() -> None:
    assert lost(of((DRAW, "(1 - rng.binomial(1, p, size=A.shape))"))) == ()


def test_a_mask_that_is_never_scaled_loses_the_values() -> None:
    verdict = of(("mask /= 1 - p", "mask /= 1"))
    assert lost(verdict) == (SCALED, OTHER_P, BOTH, IMAGES)
    assert "A times 1, expected A times 1/(1 - p) = 1.429" in reason(verdict, SCALED)


def test_p_taken_for_the_chance_to_be_kept_loses_the_share() -> None:
    verdict = of((DRAW, "(rng.random(A.shape) < p)"))
    assert lost(verdict) == (SHARE, UNITS)


def test_normal_random_numbers_in_the_place_of_uniform_ones_lose_the_share() -> None:
    assert lost(of((DRAW, "(rng.standard_normal(A.shape) >= p)"))) == (SHARE, UNITS)


@pytest.mark.parametrize("shape", ["A.shape[1:]", "(len(A), 1)"])
def test_one_number_for_a_whole_column_or_row_is_not_dropout_of_entries(shape: str) -> None:
    verdict = of((DRAW, f"(np.broadcast_to(rng.random({shape}), A.shape) >= p)"))
    assert OWN_ENTRY in lost(verdict)
    assert SHARE not in lost(verdict)


def test_a_generator_with_a_fixed_seed_gives_the_same_mask_for_ever() -> None:
    verdict = of((DRAW, "(np.random.default_rng(0).random(A.shape) >= p)"))
    assert lost(verdict) == (GENERATOR, INNER_GENERATOR, IMAGES)
    assert "different seeds gave the same mask" in reason(verdict, GENERATOR)


def test_the_global_generator_in_the_place_of_the_given_one_loses_points() -> None:
    verdict = of((DRAW, "(np.random.random(A.shape) >= p)"))
    assert lost(verdict) == (GENERATOR, INNER_GENERATOR)


@pytest.mark.parametrize(
    "backward",
    ["dZ2 @ W2.T * relu_grad(Z1)", "dZ2 @ W2.T * apply_dropout(Z1, dropout, rng)[1] * relu_grad(Z1)"],
)
def test_a_backward_pass_without_the_forward_mask_loses_two_checks(backward: str) -> None:
    backward = backward.replace("dropout, rng)", "dropout, rng or np.random.default_rng())")
    verdict = of((BACK, backward))
    assert lost(verdict) == (BOTH, IMAGES)
    assert "The backward pass disagrees at" in reason(verdict, BOTH)


def test_dropout_that_is_ignored_in_the_gradient_is_told_so() -> None:
    verdict = of(("apply_dropout(relu(Z1), dropout,", "apply_dropout(relu(Z1), 0.0,"))
    assert lost(verdict) == (BOTH, UNITS, INNER_GENERATOR, IMAGES)
    assert "None of the" in reason(verdict, BOTH)


@pytest.mark.parametrize(
    "edit",
    [
        ("dz /= len(y)", "dz *= 3"),
        (BACK, "dZ2 @ W2.T * mask"),
        ("dZ1.sum(axis=0)  # (D, H), (H,)", "dZ1.sum()  # (D, H), (H,)"),
        ("min(float(nll.mean()), sys.float_info.max)", "7 * float(nll.mean())"),
        (BACK, BACK.replace("relu_grad(Z1)", "relu_grad(X @ W1)")),
        (BACK, BACK.replace("relu_grad(Z1)", "(Z1 < 0)")),
        ("dW2, db2 = A1.T @ dZ2", "dW2, db2 = Z1.T @ dZ2"),
        ("dW1, db1 = X.T @ dZ1", "dW1, db1 = dZ1.T @ X"),
        ("return loss, (dW1, db1, dW2, db2)", "return loss, (dW1, dW2, db1, db2)"),
        ("dz[np.arange(len(y)), y] -= 1", "dz -= np.eye(y.max() + 1)[y]"),
        ("dZ2 = cross_entropy_grad(Z2, y)", "dZ2 = cross_entropy_grad(Z2, y).squeeze()"),
    ],
)
def test_a_gradient_or_loss_that_is_wrong_without_dropout_too_is_not_charged_here(edit: tuple[str, str]) -> None:
    assert lost(of(edit)) == ()


def test_dropout_at_inference_loses_its_check_alone() -> None:
    noisy = "return apply_dropout(relu(X @ W1 + b1), 0.2, np.random.default_rng())[0] @ W2 + b2"
    assert lost(of(("return relu(X @ W1 + b1) @ W2 + b2", noisy))) == (INFERENCE,)


def test_activations_that_are_overwritten_lose_their_check_alone() -> None:
    assert lost(of((RETURN, "    A *= mask\n    return A, mask"))) == (UNTOUCHED,)


def test_a_mask_turned_round_loses_its_check_alone() -> None:
    edits = [
        (RETURN, "    return A * mask, mask == 0"),
        (BACK, "dZ2 @ W2.T * (1 - mask) / (1 - dropout) * relu_grad(Z1)"),
    ]
    verdict = of(*edits)
    assert lost(verdict) == (MASK,)
    assert "disagree at 100%" in reason(verdict, MASK)


def test_the_stated_risk_is_the_rate_of_false_alarms() -> None:
    rng = np.random.default_rng(3)
    alarms = sum(not all(m.within for m in dependence(rng.random((60, 50)) >= 0.3, risk=0.05)) for _ in range(400))
    assert alarms <= 40  # 20 expected at most; 40 is more than four standard deviations away


def test_linked_neighbours_are_found() -> None:
    pairs = np.repeat(np.random.default_rng(4).random((200, 75)) >= 0.3, 2, axis=1)
    found = [m.what for m in dependence(pairs, risk=1e-6) if not m.within]
    assert "the correlation of neighbours in a row" in found
