import numpy as np
import pytest

from graders.foundation.call import Params
from graders.foundation.verdict import Verdict
from graders.measure import recipes, truth
from graders.measure.full_batch import states_follow
from graders.measure.miniature import draw
from tests.sitting import lost, sit

VELOCITY = "mu * v - lr * g for v, g"
UPDATE = "params, velocity = momentum_step(params, grads, velocity, rate, momentum)"
LOSS = "loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)"
BATCHES = "for start in range(0, len(X), batch):"
RATE = "rate = {None: lr,"
SEEDED = "    rng = np.random.default_rng(seed)\n    classes"
ONE, PLAIN, MOMENTUM, DECAY, STEP, EPOCHS, COSINE, BITS, SEED, ACTS, MASKS, BITS_DROPOUT, WIDTH = (
    "one epoch of one batch is one gradient step",
    "momentum=0 gives plain gradient descent",
    "momentum is 0.9 by default and carries over",
    "weight_decay acts on both weight matrices",
    "schedule='step' drops the learning rate after 10 epochs",
    "schedule='step' counts epochs, not mini-batches",
    "schedule='cosine' lowers the learning rate along the wave",
    "the same seed gives the same bits",
    "another seed gives another network",
    "dropout acts in training",
    "every step draws a new dropout mask",
    "the same seed gives the same bits with dropout",
    "H sets the hidden width",
)


def of(*edits: tuple[str, str]) -> Verdict:
    return sit("training", edits={"mlp_numpy.py": edits})


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_training() -> None:
    assert lost(sit("training")) == ()


@pytest.mark.parametrize(
    "edits",
    [
        [(VELOCITY, "mu * v + g for v, g"), ("p + v for p, v", "p - lr * v for p, v")],
        [(BATCHES, "for start in range(0, len(X) - batch + 1, batch):")],
        [("p.astype(X.dtype) for p in init(", "p.astype(np.float32) for p in init("),
         (SEEDED, "    X, X_val = np.float32(X), np.float32(X_val)\n" + SEEDED)],
        [("math.pi * epoch / epochs", "math.pi * epoch / max(epochs - 1, 1)")],
        [("order = rng.permutation(len(X))", "order = np.arange(len(X)); rng.shuffle(order)")],
    ],
    ids=["pytorch velocity", "short batch dropped", "float32", "cosine ends at zero", "shuffled in place"],
)  # fmt: skip
def test_a_loop_in_another_style_is_as_good(edits: list[tuple[str, str]]) -> None:
    assert lost(of(*edits)) == ()


def test_a_momentum_that_is_not_an_option_loses_its_check_alone() -> None:
    assert lost(of(("    momentum: float = 0.9,\n", ""), (UPDATE, UPDATE.replace("momentum)", "0.9)")))) == (PLAIN,)


def test_an_averaged_gradient_loses_momentum_alone_and_is_named() -> None:
    verdict = of((VELOCITY, "mu * v - (1 - mu) * lr * g for v, g"))
    assert lost(verdict) == (MOMENTUM,)
    assert "as in a moving average" in reason(verdict, MOMENTUM)


def test_a_velocity_that_starts_anew_each_epoch_loses_momentum_alone() -> None:
    anew = "        velocity = tuple(np.zeros_like(p) for p in params)\n        order = "
    verdict = of(("        order = ", anew))
    assert lost(verdict) == (MOMENTUM,)
    assert "does not carry over" in reason(verdict, MOMENTUM)


def test_a_rate_that_is_computed_and_never_used_loses_both_schedules() -> None:
    verdict = of((UPDATE, UPDATE.replace("rate", "lr")))
    assert lost(verdict) == (STEP, EPOCHS, COSINE)
    assert "the learning rate stays as it was" in reason(verdict, COSINE)


def test_a_rate_that_compounds_is_named() -> None:
    verdict = of((RATE, "lr = rate = {None: lr,"))
    assert lost(verdict) == (STEP, COSINE)
    assert all("had lowered already" in reason(verdict, title) for title in (STEP, COSINE))


def test_a_schedule_that_counts_mini_batches_loses_its_check_alone() -> None:
    counted = "rate = step_decay(epoch * -(-len(X) // batch) + start // batch, lr) if schedule == 'step' else rate"
    verdict = of((f"            {UPDATE}", f"            {counted}\n            {UPDATE}"))
    assert lost(verdict) == (EPOCHS,)


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([(LOSS, LOSS.replace("weight_decay", "0.0"))], "weight_decay does not act"),
        ([(LOSS, LOSS.replace("weight_decay", "2 * weight_decay"))], "weight_decay acts twice"),
        ([("dW2 += weight_decay * W2", "dW2 += weight_decay * W2; db1 += weight_decay * b1; db2 += weight_decay * b2")],
         "the biases too"),
        ([("dW2 += weight_decay * W2", "pass")], "on W1 only"),
    ],
)  # fmt: skip
def test_a_wrong_weight_decay_loses_its_check_alone_and_is_named(edits: list[tuple[str, str]], words: str) -> None:
    verdict = of(*edits)
    assert lost(verdict) == (DECAY,)
    assert words in reason(verdict, DECAY)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("dz /= len(y)", "dz *= 1"), "20 times too long"),
        (("p + v for p, v", "p - v for p, v"), "uphill"),
        (("    params: Params = tuple(p.astype(X.dtype)", "    lr = 0.0\n    params: Params = tuple(p.astype(X.dtype)"),
         "none of the parameters moves"),
        (("return loss, (dW1, db1, dW2, db2)", "return loss, (dW1, 0 * db1, dW2, 0 * db2)"), "the biases do not move"),
        (("return loss, (dW1, db1, dW2, db2)", "return loss, (dW1, db1, 0 * dW2, 0 * db2)"), "the output layer"),
    ],
)  # fmt: skip
def test_a_wrong_step_is_named(edit: tuple[str, str], words: str) -> None:
    verdict = of(edit)
    assert {ONE, PLAIN, MOMENTUM} <= set(lost(verdict))
    assert words in reason(verdict, ONE)


def test_an_empty_last_batch_is_no_step() -> None:
    assert MOMENTUM in lost(of((BATCHES, "for start in range(0, len(X) + 1, batch):")))


def test_an_unseeded_order_loses_the_bits() -> None:
    verdict = of((SEEDED, SEEDED.replace("(seed)", "()")))
    assert lost(verdict) == (BITS, BITS_DROPOUT)
    assert "different W1" in reason(verdict, BITS)


def test_unseeded_masks_lose_the_bits_with_dropout_alone() -> None:
    assert lost(of((LOSS, LOSS.replace("rng)", "None)")))) == (BITS_DROPOUT,)


def test_a_seed_that_is_not_used_loses_its_check() -> None:
    edits = [(SEEDED, SEEDED.replace("(seed)", "(0)")), ("X.shape[1], H, classes, seed)", "X.shape[1], H, classes, 0)")]
    titles = lost(of(*edits))
    assert SEED in titles
    assert BITS not in titles


def test_dropout_that_never_acts_loses_its_check() -> None:
    assert ACTS in lost(of((LOSS, LOSS.replace("dropout", "0.0"))))


def test_a_mask_generator_made_anew_for_each_step_is_found() -> None:
    verdict = of((LOSS, LOSS.replace("rng)", "np.random.default_rng(seed))")))
    assert lost(verdict) == (MASKS,)
    assert "the same units are dropped in every step" in reason(verdict, MASKS)


def test_a_width_that_is_written_into_train_loses_its_check() -> None:
    assert WIDTH in lost(of(("init(X.shape[1], H,", "init(X.shape[1], 6,")))


@pytest.mark.parametrize("seed", range(3))
def test_a_unit_that_rounding_switches_costs_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = draw(rng, n=20, n_val=10)
    start = truth.params_like(784, 6, 10, rng)
    start.b1[:] -= truth.preactivation(start, problem.X)[0]  # every unit of the first image is at the kink
    right, wrong = recipes.descent(0.02, 1, 0.9)
    test = states_follow(problem, [start], right, wrong, H=6, rtol=1e-3)
    for side in (1e-8, -1e-8):
        theta = Params(W1=start.W1, b1=start.b1 + side, W2=start.W2, b2=start.b2)
        after = right[0].states(problem, theta)[0]
        back = Params(W1=after.W1, b1=after.b1 - side, W2=after.W2, b2=after.b2)
        assert "allowed" in test({"params": back, "history": {}})
