"""Mistakes in `momentum_step(params, grads, velocity, lr, mu)`: the steps that each takes on the same questions."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from graders.measure.trajectory import Rule
from graders.measure.truth import NAMES
from graders.mistaken.traces import (
    DEFAULT_MU,
    Arrays,
    Step,
    after,
    before,
    by_rule,
    frozen,
    observe,
    question,
    stepping,
    steps,
)
from graders.mistaken.wrong_rules import TWO_LINES, WRONG_RULES, Convention, right, rules
from graders.naming.mistake import Case, Catalogue, Mistake, Predict

ARGUMENTS = "Which of your arguments stand in the two lines that make the step? Each must have its say."
LEFT = "Compare all four arrays before and after one step."
UNPACK = "Call it once, unpack the two values, and print the shapes of both."
RETURNS = "The contract asks for two values: the params, then the velocity. What stands behind your return?"
TWICE = "Call it twice with the same arguments: both calls must return the same."

mistake = partial(Mistake, criterion="momentum_step")


def _moved(case: Case, name: str) -> tuple[np.ndarray, ...] | None:
    """Return how far the first step of a question led, array by array, or None where it cannot be read."""
    found = [case.observed.get((name, n)) for n in NAMES]
    return tuple(m[0] for m in found if isinstance(m, np.ndarray)) if all(
        isinstance(m, np.ndarray) and np.isfinite(m).all() for m in found
    ) else None  # fmt: skip


def _fitted(moved: Arrays | None, direction: Arrays) -> float:
    """Return the factor that brings a direction nearest to a move; NaN where there is none."""
    if moved is None:
        return float("nan")
    along = sum(float(np.vdot(d, m)) for d, m in zip(direction, moved, strict=True))
    return along / sum(float(np.vdot(d, d)) for d in direction)


def _fixed_lr(rule: Rule, case: Case) -> Step:
    asked = question(case.seen["first"])
    lr = -_fitted(_moved(case, "first"), asked.grads[0].arrays())
    return stepping(rule, lr=lr if abs(lr) > 1e-6 and abs(lr - 1) > 1e-3 else float("nan"))


def _fixed_mu(rule: Rule, case: Case) -> Step:
    return stepping(rule, mu=_mu_of(case, "moving", ends=(0.0, 1.0)))


def _other_default(rule: Rule, case: Case) -> Step:
    return stepping(rule, default=_mu_of(case, "default mu", ends=(DEFAULT_MU,)))


def _mu_of(case: Case, name: str, *, ends: Sequence[float]) -> float:
    """Return the momentum that explains a first step from a moving start; NaN for what other entries tell."""
    asked, moved = question(case.seen[name]), _moved(case, name)
    if moved is None:
        return float("nan")
    best, least = float("nan"), np.inf
    for sign, scale in ((1.0, 1.0), (-1.0, 1.0), (-1.0, asked.lr), (1.0, asked.lr)):
        direction = tuple(sign * scale * v for v in asked.velocity.arrays())
        rest = tuple(m + asked.lr * g for m, g in zip(moved, asked.grads[0].arrays(), strict=True))
        mu = _fitted(rest, direction)
        left = max(float(np.max(np.abs(r - mu * d))) for r, d in zip(rest, direction, strict=True))
        if left < least and -1e-6 <= mu <= 1 + 1e-6:
            best, least = mu, left
    return best if all(abs(best - end) > 1e-3 for end in ends) else float("nan")


def _kept_in_the_module(rule: Rule, case: Case) -> Step:
    """The velocity lives outside: it goes on from question to question, from a start that the first step shows."""
    inner = stepping(rule)
    asked, moved = question(case.seen["first"]), _moved(case, "first")
    if moved is None or not asked.mu:
        return stepping(rule, lr=float("nan"))
    zero = tuple(np.zeros_like(m) for m in moved)
    unit = [rule(z, g, asked.lr, asked.mu) for z, g in zip(zero, asked.grads[0].arrays(), strict=True)]
    probe = [rule(np.ones_like(z), np.zeros_like(z), asked.lr, asked.mu)[0] for z in zero]
    kept: list[Arrays] = [tuple((m - s) / p for m, (s, _), p in zip(moved, unit, probe, strict=True))]

    def step(theta: Arrays, g: Arrays, _v: Arrays | None, lr: float, mu: float | None) -> object:
        result = inner(theta, g, kept[-1], lr, mu)
        kept.append(result[1])  # type: ignore[index]
        return result

    return step


def _shared(_case: Case, _c: Convention) -> Callable[[Arrays, Arrays], tuple[Arrays, Arrays]]:
    return lambda g, v: (g, (v[0], v[0][0], v[2], v[2][0]))


def _clipped(case: Case, _c: Convention) -> Callable[[Arrays, Arrays], tuple[Arrays, Arrays]]:
    moved, lr = _moved(case, "first"), question(case.seen["first"]).lr
    limit = max(float(np.abs(m).max()) for m in moved) / lr if moved else float("nan")
    return lambda g, v: (tuple(np.clip(gi, -limit, limit) for gi in g), v)


def _shortened(case: Case, _c: Convention) -> Callable[[Arrays, Arrays], tuple[Arrays, Arrays]]:
    """The gradient is shortened to a largest length, of all four arrays together."""
    moved, lr = _moved(case, "first"), question(case.seen["first"]).lr
    limit = float(np.sqrt(sum(float((m * m).sum()) for m in moved))) / lr if moved else float("nan")

    def shortened(g: Arrays, v: Arrays) -> tuple[Arrays, Arrays]:
        length = float(np.sqrt(sum(float((gi * gi).sum()) for gi in g)))
        return tuple(gi * min(1.0, limit / length) for gi in g), v

    return shortened


def _mu_on_params(theta: Arrays, g: Arrays, v: Arrays | None, lr: float, mu: float | None) -> object:
    share = DEFAULT_MU if mu is None else mu
    return tuple(share * t - lr * gi for t, gi in zip(theta, g, strict=True)), v


def of_right(maker: Callable[[Rule, Case], Step]) -> Predict:
    """Return the prediction of a step that is made from the right rule of each convention."""
    return steps(*(partial(maker, rule) for rule in rules(right)))


MISTAKES = (
    *(
        mistake(id=f"momentum-step-{w.name}", did=w.did, why=w.why, see=w.see, fix=w.fix, gives=by_rule(w.step))
        for w in WRONG_RULES
    ),
    mistake(
        id="momentum-step-fixed-lr",
        did="lr is not used: a learning rate is written into the step.",
        why="Every training runs with that one rate, and no schedule can change it.",
        see="Halve lr: the first step must become half as long.",
        fix=ARGUMENTS,
        gives=of_right(_fixed_lr),
    ),
    mistake(
        id="momentum-step-fixed-mu",
        did="mu is not used: a momentum is written into the step.",
        why="A training with momentum=0 then has momentum all the same, and comparisons of the two show nothing.",
        see="Call it with mu=0: the step must be plain gradient descent.",
        fix=ARGUMENTS,
        gives=of_right(_fixed_mu),
    ),
    mistake(
        id="momentum-step-other-default-mu",
        did="mu has another default than the task says.",
        why="Whoever calls the step without naming mu gets your default.",
        see="Call it without mu and with mu=0.9, and compare.",
        fix="Compare your signature with the one in the task, default by default.",
        gives=of_right(_other_default),
    ),
    mistake(
        id="momentum-step-own-velocity",
        did="The velocity is kept outside the function, and the one that is handed in is ignored.",
        why="A velocity that outlives a training leaks into the next one, so that the same call gives other results.",
        see=TWICE,
        fix="Which velocity does your step start from: the one it is given, or one that it keeps for itself?",
        gives=of_right(_kept_in_the_module),
    ),
    mistake(
        id="momentum-step-bias-shares-velocity",
        did="A bias shares the velocity of its layer's weights.",
        why="Each of the four arrays has gradients of its own, so each needs a velocity of its own.",
        see="Hand in a velocity that is zero for the weights and 1 for the biases, with a gradient of 0.",
        fix="How many velocities go into your step, and how many does it use?",
        gives=before(_shared),
    ),
    mistake(
        id="momentum-step-clipped-entries",
        did="The gradient's entries are clipped to a largest size.",
        why="Clipping bends the step's direction; the contract's step takes the gradient as it is.",
        see="Hand in a gradient of 1000: the step must be a thousand times that of a gradient of 1.",
        fix="What happens to the gradient on its way into the velocity?",
        gives=before(_clipped),
    ),
    mistake(
        id="momentum-step-clipped-norm",
        did="The gradient is shortened to a largest length.",
        why="Shortening changes how far a step leads; the contract's step takes the gradient as it is.",
        see="Hand in a gradient of 1000: the step must be a thousand times that of a gradient of 1.",
        fix="What happens to the gradient on its way into the velocity?",
        gives=before(_shortened),
    ),
    mistake(
        id="momentum-step-swapped",
        did="Velocity and params are returned in each other's place.",
        why="The caller unpacks params first, and then trains on with a velocity in their place.",
        see=UNPACK,
        fix=RETURNS,
        gives=after(lambda _old, new, v: (v, new)),
    ),
    mistake(
        id="momentum-step-params-alone",
        did="The params are returned without the velocity.",
        why="Without the velocity the next step cannot go on from this one.",
        see=UNPACK,
        fix=RETURNS,
        gives=after(lambda _old, new, _v: new),
    ),
    mistake(
        id="momentum-step-velocity-lost",
        did="None is returned in the velocity's place.",
        why="Without the velocity the next step cannot go on from this one.",
        see=UNPACK,
        fix=RETURNS,
        gives=after(lambda _old, new, _v: (new, None)),
    ),
    mistake(
        id="momentum-step-nothing-moves",
        did="The params are returned as they came in: the step is not added to them.",
        why="A sum that is computed and not kept, or a loop that rebinds its own variable, changes nothing.",
        see=LEFT,
        fix="Which line changes the params that are returned?",
        gives=frozen(*NAMES),
    ),
    mistake(
        id="momentum-step-biases-fixed",
        did="The biases never move: only the weights are updated.",
        why="Without biases every hidden unit's border runs through the origin, and classes keep equal odds at 0.",
        see=LEFT,
        fix="How many of the four arrays does your update reach?",
        gives=frozen("b1", "b2"),
    ),
    mistake(
        id="momentum-step-output-layer-fixed",
        did="The last layer never moves: only the first one is updated.",
        why="The hidden layer must then fit a random output layer; training is slow and ends early.",
        see=LEFT,
        fix="How many of the four arrays does your update reach?",
        gives=frozen("W2", "b2"),
    ),
    mistake(
        id="momentum-step-hidden-layer-fixed",
        did="The first layer never moves: only the last one is updated.",
        why="The network then learns on random features of the images.",
        see=LEFT,
        fix="How many of the four arrays does your update reach?",
        gives=frozen("W1", "b1"),
    ),
    mistake(
        id="momentum-step-mu-on-params",
        did="mu multiplies the params, where it belongs to the velocity.",
        why="The params shrink by a tenth in each step, whatever the gradient says.",
        see="Call it with a gradient and a velocity of 0: the params must stay as they are.",
        fix=TWO_LINES,
        gives=steps(lambda _case: _mu_on_params),
    ),
)

CATALOGUE = Catalogue(
    criterion="momentum_step",
    observe=observe,
    right=by_rule(right),
    mistakes=MISTAKES,
)
