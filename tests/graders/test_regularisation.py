import pytest

from tests.sitting import lost, sit

DECAY, DROPOUT = "weight decay narrows the gap", "dropout narrows the gap"
GRADS = "_, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)"


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_reference_narrows_the_gap_with_either(seed: int) -> None:
    assert lost(sit("regularisation", seed=seed)) == ()


def test_a_decay_added_in_the_loop_and_a_mask_drawn_by_choice_are_as_good() -> None:
    edits = [
        (
            GRADS,
            f"{GRADS}\n            grads = tuple(g + (p.ndim == 2) * weight_decay * p for p, g in zip(params, grads))",
        ),
        ("    if weight_decay:\n", "    if False:\n"),
        (
            "(rng.random(A.shape) >= p).astype(A.dtype)",
            "rng.choice([0.0, 1.0], size=A.shape, p=[p, 1 - p]).astype(A.dtype)",
        ),
    ]
    assert lost(sit("regularisation", edits={"mlp_numpy.py": edits})) == ()


@pytest.mark.parametrize(
    ("wrong", "titles"),
    [
        (GRADS.replace("weight_decay, dropout", "0.0, dropout"), (DECAY,)),
        (GRADS.replace("weight_decay, dropout", "weight_decay, 0.0"), (DROPOUT,)),
        (GRADS.replace("dropout, rng)", "dropout if epoch == 0 else 0.0, rng)"), (DROPOUT,)),
    ],
)
def test_an_option_that_does_not_act_loses_its_check_alone(wrong: str, titles: tuple[str, ...]) -> None:
    verdict = sit("regularisation", edits={"mlp_numpy.py": [(GRADS, wrong)]})
    assert lost(verdict) == titles


def test_a_decay_that_leaves_nothing_of_the_network_is_no_regularisation() -> None:
    wrong = GRADS.replace("weight_decay, dropout", "500 * weight_decay, dropout")
    verdict = sit("regularisation", edits={"mlp_numpy.py": [(GRADS, wrong)]})
    assert lost(verdict) == (DECAY,)
