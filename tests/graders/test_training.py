import numpy as np
import pytest

from graders.foundation.call import Params
from graders.foundation.verdict import Verdict
from graders.measure import recipes, truth
from graders.measure.full_batch import states_follow
from graders.measure.miniature import draw
from tests.sitting import lost, named, named_parts, sit, sit_result

VELOCITY = "mu * v - lr * g for v, g"
UPDATE = "params, velocity = momentum_step(params, grads, velocity, rate, momentum)"
LOSS = "loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)"
ROWS = "            rows = order[start : start + batch]\n"
BATCHES = "for start in range(0, len(X), batch):"
RATE = "rate = {None: lr,"
SEEDED = "    rng = np.random.default_rng(seed)\n    classes"
ONE, PLAIN, MOMENTUM, DECAY, STEP, EPOCHS, COSINE, BITS, SEED, ACTS, MASKS, BITS_DROPOUT, WIDTH, MINI = (
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
    "each mini-batch is one step, averaged over its own images",
)


def of(*edits: tuple[str, str]) -> Verdict:
    return sit("training", edits={"mlp_numpy.py": edits})


def name_of(*edits: tuple[str, str]) -> tuple[str, ...]:
    return named(sit_result("training", edits={"mlp_numpy.py": edits}))


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
        [(BATCHES, "for rows in np.array_split(order, -(-len(X) // batch)):"), (ROWS, "")],
        [("classes = int(max(y.max(), y_val.max())) + 1", "classes = len(np.unique(y))")],
    ],
    ids=["pytorch velocity", "short batch dropped", "float32", "cosine ends at zero", "shuffled in place",
         "even batches", "classes counted by the labels that occur"],
)  # fmt: skip
def test_a_loop_in_another_style_is_as_good(edits: list[tuple[str, str]]) -> None:
    assert lost(of(*edits)) == ()


def test_a_momentum_that_is_not_an_option_loses_its_check_alone() -> None:
    assert lost(of(("    momentum: float = 0.9,\n", ""), (UPDATE, UPDATE.replace("momentum)", "0.9)")))) == (PLAIN,)


def test_an_averaged_gradient_loses_momentum_alone() -> None:
    assert lost(of((VELOCITY, "mu * v - (1 - mu) * lr * g for v, g"))) == (MOMENTUM,)


def test_a_velocity_that_starts_anew_each_epoch_loses_momentum_alone() -> None:
    anew = "        velocity = tuple(np.zeros_like(p) for p in params)\n        order = "
    assert lost(of(("        order = ", anew))) == (MOMENTUM,)


def test_a_rate_that_is_computed_and_never_used_loses_both_schedules() -> None:
    assert lost(of((UPDATE, UPDATE.replace("rate", "lr")))) == (STEP, EPOCHS, COSINE)


def test_a_rate_that_compounds_loses_both_schedules() -> None:
    assert lost(of((RATE, "lr = rate = {None: lr,"))) == (STEP, COSINE)


def test_a_schedule_that_counts_mini_batches_loses_its_check_alone() -> None:
    counted = "rate = step_decay(epoch * -(-len(X) // batch) + start // batch, lr) if schedule == 'step' else rate"
    verdict = of((f"            {UPDATE}", f"            {counted}\n            {UPDATE}"))
    assert lost(verdict) == (EPOCHS,)


@pytest.mark.parametrize(
    "edits",
    [
        [(LOSS, LOSS.replace("weight_decay", "2 * weight_decay"))],
        [("dW2 += weight_decay * W2", "dW2 += weight_decay * W2; db1 += weight_decay * b1; db2 += weight_decay * b2")],
        [("dW2 += weight_decay * W2", "pass")],
    ],
)
def test_a_wrong_weight_decay_loses_its_check_alone(edits: list[tuple[str, str]]) -> None:
    assert lost(of(*edits)) == (DECAY,)


@pytest.mark.parametrize("edit", [("dz /= len(y)", "dz *= 1"), ("p + v for p, v", "p - v for p, v")])
def test_a_wrong_step_loses_the_steps(edit: tuple[str, str]) -> None:
    assert {ONE, PLAIN, MOMENTUM} <= set(lost(of(edit)))


def test_a_short_last_batch_that_counts_less_loses_a_little() -> None:
    scaled = f"{LOSS}\n            grads = tuple(g * len(rows) / batch for g in grads)"
    assert lost(of((LOSS, scaled))) == (MINI,)


def test_steps_on_the_gradient_at_the_beginning_of_the_epoch_lose_a_little() -> None:
    order = "order = rng.permutation(len(X))"
    assert lost(
        of((order, f"begin, {order}".replace(" = ", " = params, ")), (LOSS, LOSS.replace("params", "begin")))
    ) == (MINI,)


INLINE = (
    "velocity = tuple(momentum * v + g for v, g in zip(velocity, grads, strict=True))\n"
    "            params = tuple(p - rate * v for p, v in zip(params, velocity, strict=True))"
)


@pytest.mark.parametrize(
    ("edits", "mistake"),
    [
        ([(UPDATE, INLINE.replace("* v + g", "* v + (1 - momentum) * g"))], "training-average"),
        ([(UPDATE, INLINE.replace("momentum * v", "0.9 * v"))], "training-momentum-ignored"),
        ([(UPDATE, f"velocity = [0 * g for g in grads]\n            {INLINE}")], "training-velocity-not-kept"),
        ([(UPDATE, INLINE.replace("rate", "lr"))], "training-schedule-ignored"),
        ([(BATCHES, BATCHES.replace("batch", "8")), (ROWS, ROWS.replace("batch", "8"))], "training-batch-ignored"),
        ([(SEEDED, SEEDED.replace("(seed)", "(int.from_bytes(__import__('os').urandom(4)))"))], "training-unseeded"),
        ([(LOSS, LOSS.replace("dropout", "dropout * 0"))], "training-dropout-ignored"),
        ([(UPDATE, f"{UPDATE}\n            params = tuple(p - rate * weight_decay * p for p in params)"),
          (LOSS, LOSS.replace("weight_decay", "0.0"))], "training-decay-of-biases"),
    ],
)  # fmt: skip
def test_a_mistake_of_the_loop_is_named_however_it_is_written(edits: list[tuple[str, str]], mistake: str) -> None:
    assert name_of(*edits) == (mistake,)


def test_two_mistakes_at_once_are_named_part_by_part() -> None:
    edits = [(LOSS, LOSS.replace("weight_decay", "0.0")), ('"cosine": cosine(epoch, lr, epochs)', '"cosine": lr')]
    result = sit_result("training", edits={"mlp_numpy.py": edits})
    assert named(result) == ()
    assert named_parts(result)["weight decay"] == ("training-weight-decay-ignored",)
    assert "training-cosine-ignored" in named_parts(result)["schedule='cosine'"]


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
    assert "were not moved by the steps of an epoch" in reason(verdict, MASKS)


def test_a_width_that_is_written_into_train_loses_its_check() -> None:
    assert WIDTH in lost(of(("init(X.shape[1], H,", "init(X.shape[1], 6,")))


@pytest.mark.parametrize("seed", range(3))
def test_a_unit_that_rounding_switches_costs_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = draw(rng, n=20, n_val=10)
    start = truth.params_like(784, 6, 10, rng)
    start.b1[:] -= truth.preactivation(start, problem.X)[0]  # every unit of the first image is at the kink
    right = recipes.descent(0.02, 1, 0.9)
    test = states_follow(problem, [start], right, H=6, rtol=1e-3)
    for side in (1e-8, -1e-8):
        theta = Params(W1=start.W1, b1=start.b1 + side, W2=start.W2, b2=start.b2)
        after = right[0].states(problem, theta)[0]
        back = Params(W1=after.W1, b1=after.b1 - side, W2=after.W2, b2=after.b2)
        assert "allowed" in test({"params": back, "history": {}})
