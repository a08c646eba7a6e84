"""Mistakes of other functions that `train` may repeat: its own step, its own gradient, decay or schedule."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from graders.catalogue import cosine, step_decay
from graders.measure.trajectory import Rule
from graders.mistaken.rates import Forms, Rates
from graders.mistaken.train_loop import Loop
from graders.mistaken.train_loops import loops
from graders.mistaken.train_plans import NONE, Factors, Plan, Run, Style
from graders.mistaken.train_traits import RATIO
from graders.mistaken.wrong_rules import WRONG_RULES, WrongRule
from graders.naming.mistake import Mistake
from graders.training import LONG

RATES = "Print the learning rate that momentum_step is given in each epoch."
SHRINKS = "Train one step with weight_decay=1 and once with 0, and look at the difference of all four arrays."
DECAY = (
    "What does the gradient of weight_decay/2 (|W1|² + |W2|²) add to each of the four arrays, and where is it added?"
)
STEP = "Train one epoch with batch=len(X), and divide the change of W1 by the gradient of all images: it must be -lr."
MEAN = "Does your loss sum over the images or average over them? The gradient must do the same."
STRAY = ("visits", "masks", "learning", *RATIO)  # what steps that are far too long make of these cannot be told

# Mistakes that do not show in a training, or that look there like others which have entries of their own.
HIDDEN = (
    *(
        "step-decay-early",
        "step-decay-once",
        "step-decay-fixed",
        "step-decay-every-fixed",
        "step-decay-drop-fixed",
        "step-decay-never",
    ),
    *("cosine-ahead", "cosine-constant", "cosine-integer-division"),
)

LOWERED: Mapping[str, Mapping[str, float]] = {
    "average": {"accuracy": 0.21, "momentum_benefit": 0.0},
    "lr-twice": {"accuracy": 0.0, "regularisation": 0.5},
    "uphill": {"accuracy": 0.0, "momentum_benefit": 0.0, "regularisation": 0.0},
}

mistake = partial(Mistake, criterion="training")


def _ruled(wrong: WrongRule) -> Mistake:
    free = STRAY if wrong.name == "lr-not-used" else ("visits", "masks")
    one, *_ = wrong.rules

    def by(rule: Rule) -> Loop:
        return Loop(plan=lambda p, _run, _style: replace(p, rule=rule), free=free)

    return mistake(
        id=f"training-{wrong.name}",
        did=f"Inside train: {wrong.did[0].lower()}{wrong.did[1:]}",
        why=wrong.why,
        see=wrong.see,
        fix=wrong.fix,
        gives=loops(by(one), by(wrong.rules[1])),
        root=f"momentum-step-{wrong.name}",
        lowers=LOWERED.get(wrong.name, {}),
    )


def _times(factor: Callable[[int], float], *, decayed: bool) -> Loop:
    """Return the loop whose gradients are multiplied by a factor of the batch's images, with the decay or without."""

    def plan(right: Plan, run: Run, _style: Style) -> Plan:
        full, rest = divmod(run.images, run.batch)
        sizes = [run.batch] * full + [rest] * (len(right.weights) - full)
        by = factor(run.batch) if decayed else 1.0
        w1, b1, w2, b2 = (d * by for d in right.decay)
        return replace(right, weights=tuple(factor(size) for size in sizes), decay=(w1, b1, w2, b2))

    return Loop(plan=plan, free=("visits", "masks"))


def _decay(factors: Factors, by: Callable[[Run], float] = lambda _run: 1.0) -> Loop:
    """Return the loop whose gradients hold the decay times a factor for each array."""

    def plan(right: Plan, run: Run, _style: Style) -> Plan:
        w1, b1, w2, b2 = (f * run.decay * by(run) for f in factors)
        return replace(right, decay=(w1, b1, w2, b2))

    return Loop(plan=plan)


def _shrink(factors: Factors, *, kept: bool = False, by: Callable[[Run], float] = lambda _run: 1.0) -> Loop:
    """Return the loop that shrinks arrays after each step, with the decay in the gradient too or not."""

    def plan(right: Plan, run: Run, _style: Style) -> Plan:
        w1, b1, w2, b2 = (f * run.decay * by(run) for f in factors)
        return replace(right, decay=right.decay if kept else NONE, shrink=(w1, b1, w2, b2))

    return Loop(plan=plan)


def _scheduled(option: str, schedule: Rates) -> Loop:
    def plan(right: Plan, run: Run, _style: Style) -> Plan:
        if run.schedule != option:
            return right
        ends = (run.epochs,) if option == "cosine" else ()
        rates = tuple((float(schedule(e, run.lr, *ends)),) * len(right.weights) for e in range(run.epochs))
        return replace(right, rates=rates)

    return Loop(plan=plan)


def _acts(option: str, schedule: Rates) -> bool:
    """Tell whether the rate changes in as many epochs as are trained."""
    return option == "cosine" or len({schedule(epoch, 1.0) for epoch in range(LONG)}) > 1


def _schedules(option: str, entries: tuple[Mistake, ...]) -> tuple[Mistake, ...]:
    return tuple(
        mistake(
            id=f"training-{entry.id}",
            did=f"With schedule='{option}' inside train: {entry.did[0].lower()}{entry.did[1:]}",
            why=entry.why,
            see=RATES,
            fix=entry.fix,
            gives=loops(*(_scheduled(option, form) for form in entry.gives.schedules if _acts(option, form))),
            root=entry.id,
        )
        for entry in entries
        if isinstance(entry.gives, Forms) and entry.id not in HIDDEN
    )


W, B = (1.0, 0.0, 1.0, 0.0), (0.0, 1.0, 0.0, 1.0)
ALL = (1.0, 1.0, 1.0, 1.0)

REPEATED = (
    *(_ruled(wrong) for wrong in WRONG_RULES if wrong.name not in ("none", "not-updated")),
    mistake(
        id="training-not-divided-by-n",
        did="Inside train: the gradients are sums over the images of a batch, not means.",
        why="Every step is as many times too long as the batch has images.",
        see=STEP,
        fix=MEAN,
        lowers={"accuracy": 0.00, "momentum_benefit": 0.00, "regularisation": 0.00},
        gives=loops(*(_times(lambda size: size, decayed=decayed) for decayed in (False, True))),
        root="gradients-not-divided-by-n",
    ),
    mistake(
        id="training-divided-twice",
        did="Inside train: the gradients are divided by the number of images twice.",
        why="Every step is as many times too short as the batch has images.",
        see=STEP,
        fix=MEAN,
        lowers={"accuracy": 0.00, "regularisation": 0.00},
        gives=loops(*(_times(lambda size: 1 / size, decayed=decayed) for decayed in (False, True))),
        root="gradients-divided-twice",
    ),
    mistake(
        id="training-weight-decay-ignored",
        did="train does not hand its option weight_decay on: nothing decays.",
        why="An option that is not heard fails without a word: the training looks like any other.",
        see=SHRINKS,
        fix="Follow the option from train's arguments to the line in which it acts.",
        lowers={"regularisation": 0.50},
        gives=loops(_decay(NONE)),
    ),
    mistake(
        id="training-weight-decay-twice",
        did="The weight decay acts twice, such as in the gradient and again beside the step.",
        why="loss_and_grads adds it to the gradient already; what train does besides comes on top.",
        see=SHRINKS,
        fix=DECAY,
        gives=loops(_decay((2.0, 0.0, 2.0, 0.0)), _shrink(W, kept=True)),
        root="weight-decay-doubled",
    ),
    mistake(
        id="training-weight-decay-halved",
        did="The weight decay acts with half its strength.",
        why="The ½ of the penalty and the 2 of its derivative cancel.",
        see=SHRINKS,
        fix=DECAY,
        gives=loops(_decay((0.5, 0.0, 0.5, 0.0))),
        root="weight-decay-halved",
    ),
    mistake(
        id="training-weight-decay-divided-by-n",
        did="The weight decay is divided by the number of images.",
        why="The penalty belongs to no image: it is no part of the mean over them.",
        see=SHRINKS,
        fix=DECAY,
        gives=loops(_decay(W, lambda run: 1 / min(run.batch, run.images))),
        root="weight-decay-divided-by-n",
    ),
    mistake(
        id="training-weight-decay-sign",
        did="The weight decay has the wrong sign, so that the weights grow.",
        why="The penalty is added to the loss, and steps go downhill.",
        see=SHRINKS,
        fix=DECAY,
        gives=loops(_decay((-1.0, 0.0, -1.0, 0.0)), _shrink((-1.0, 0.0, -1.0, 0.0))),
        root="weight-decay-sign",
    ),
    mistake(
        id="training-decay-of-biases",
        did="train lets the biases decay as well as the weights.",
        why="A bias only shifts a border; shrinking it costs accuracy and prevents nothing.",
        see=SHRINKS,
        fix=DECAY,
        gives=loops(_decay(ALL), _shrink(B, kept=True), _shrink(ALL)),
        root="weight-decay-on-biases",
    ),
    mistake(
        id="training-decay-of-w1-alone",
        did="In train only the first layer's weights decay.",
        why="The penalty is the sum over both weight matrices.",
        see=SHRINKS,
        fix=DECAY,
        gives=loops(_decay((1.0, 0.0, 0.0, 0.0))),
        root="weight-decay-w2-forgotten",
    ),
    mistake(
        id="training-decay-of-w2-alone",
        did="In train only the last layer's weights decay.",
        why="The penalty is the sum over both weight matrices.",
        see=SHRINKS,
        fix=DECAY,
        gives=loops(_decay((0.0, 0.0, 1.0, 0.0))),
        root="weight-decay-w1-forgotten",
    ),
    mistake(
        id="training-decay-without-rate",
        did="The weights are shrunk by weight_decay itself, not times the learning rate.",
        why="The decay is a part of the gradient, so it is as long as the learning rate allows.",
        see="Train one step with weight_decay=1 and lr=0: the weights must stay as they are.",
        fix=DECAY,
        gives=loops(_decay(W, lambda run: 1 / run.lr), _shrink(W, by=lambda run: 1 / run.lr)),
    ),
    mistake(
        id="training-decay-after-the-step",
        did="The weights are shrunk after the step, so that the step itself decays with them.",
        why="The gradient of the penalty is taken at the same weights as that of the loss, and both make one step.",
        see="Take one step by hand with weight_decay=1, and compare the weights.",
        fix=DECAY,
        lowers={"regularisation": 0.50},
        gives=loops(_shrink(W)),
    ),
    *_schedules("step", step_decay.MISTAKES),
    *_schedules("cosine", cosine.MISTAKES),
)
