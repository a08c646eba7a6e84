"""Mistakes in `init(D, H, K, seed)`: another spread, biases that are not zero, a seed that decides nothing."""

from functools import partial
from math import pi, sqrt

from graders.mistaken.initial import (
    AGAIN,
    ANOTHER,
    BIASES,
    CONSTANT,
    ELSE,
    HOLDS,
    LAYERS,
    OTHER,
    RANDOM,
    SAME,
    SHAPE,
    UNIFORM,
    WEIGHTS,
    ZEROS,
    alike,
    both,
    drawn,
    observe,
    right,
    traits,
)
from graders.naming.mistake import ENDING, RAISED, Case, Catalogue, Mistake, Outcomes
from graders.naming.styles import Several, either

PRINT = "Print the standard deviation of each weight matrix beside sqrt(2/fan_in), for D = 784, H = 128 and K = 10."
EXTREMES = "Print the smallest, the largest and the mean weight of each layer, and draw a histogram of them."
TWICE = "Call it twice with the same seed, then with another one, and compare W1[0, 0] and W2[0, 0]."

mistake = partial(Mistake, criterion="init")
of_the_scale = partial(
    mistake,
    why="A ReLU drops half of the mean square of what passes; only a variance of 2/fan_in keeps the signal's size.",
    see=PRINT,
    fix="fan_in is the number of inputs of the layer itself. Is what you hand to the generator a variance or its root?",
)
of_the_law = partial(
    mistake,
    why="The task asks for normal numbers around zero; a bound is no standard deviation, and a mean shifts every unit.",
    see=EXTREMES,
    fix="Which function of NumPy's generator draws normal numbers, and what do its arguments mean?",
)
of_the_symmetry = partial(
    mistake,
    why="Hidden units that start alike get the same gradient, and stay alike for ever: one unit would do as well.",
    see="Train for an epoch and print two columns of W1.",
    fix="What makes two hidden units learn different things?",
)
of_the_biases = partial(
    mistake,
    why="The weights break the symmetry already; the task's biases start from zero, and so do the runs compared with.",
    see="Print b1 and b2.",
    fix="Which values does the task ask for in b1 and b2?",
)
of_the_seed = partial(
    mistake,
    why="Without a seed that decides everything no run can be repeated; without one that matters all runs are alike.",
    see=TWICE,
    fix="Which generator does each of your draws come from, and what was that generator made from?",
)
of_the_answer = partial(
    mistake,
    why="Every other function unpacks the four arrays by place and multiplies by them in these shapes.",
    see="Print the shapes of all four for D = 4, H = 6 and K = 3.",
    fix="Which order and which shapes does the task ask for, and what may be left out in a call?",
)


def _scaled_by_d(case: Case) -> Outcomes:
    D = case.seen["large"].call.args[0]
    assert isinstance(D, int)
    (told,) = drawn(lambda *_: sqrt(2 / D), layers=(("W2",),))(case)
    return told


def _uniform(low: float, high: float) -> Several:
    return drawn(lambda *_: (high - low) / sqrt(12), law=UNIFORM, mean=lambda *_: (low + high) / 2)


def _turned(case: Case) -> list[Outcomes]:
    D, H, K = (size for size in case.seen["small"].call.args if isinstance(size, int))
    shapes = {(SHAPE, "W1"): str((H, D)), (SHAPE, "W2"): str((K, H))}
    return [shapes, *({key: shape} for key, shape in shapes.items())]


def _in_another_order(case: Case) -> Outcomes:
    _, H, K = (size for size in case.seen["small"].call.args if isinstance(size, int))
    return {
        (SHAPE, "b1"): str((H, K)),
        (SHAPE, "W2"): str((H,)),
        (SHAPE, "b2"): str((K,)),
        (HOLDS, "b1"): RANDOM,
        **{key: told for key, told in alike(ZEROS)(case)[2].items() if key[1] == "W2"},
    }


MISTAKES = (
    of_the_scale(
        id="init-xavier",
        did="The weights have Glorot's (Xavier's) variance 2/(fan_in + fan_out), not He's.",
        gives=drawn(lambda i, o: sqrt(2 / (i + o))),
    ),
    of_the_scale(
        id="init-xavier-uniform",
        did="The weights are Glorot's (Xavier's) uniform ones, between ± sqrt(6/(fan_in + fan_out)).",
        gives=drawn(lambda i, o: sqrt(2 / (i + o)), law=UNIFORM),
    ),
    of_the_scale(
        id="init-glorot-halved",
        did="The weights have the variance 1/(fan_in + fan_out).",
        gives=drawn(lambda i, o: sqrt(1 / (i + o))),
    ),
    of_the_scale(
        id="init-glorot-variance-as-deviation",
        did="2/(fan_in + fan_out), a variance, is used as the standard deviation.",
        gives=drawn(lambda i, o: 2 / (i + o)),
    ),
    of_the_scale(
        id="init-glorot-product",
        did="The weights are divided by sqrt(fan_in · fan_out).",
        gives=drawn(lambda i, o: sqrt(1 / (i * o))),
    ),
    of_the_scale(
        id="init-without-the-two",
        did="The weights have the variance 1/fan_in: He's factor 2 is missing.",
        gives=drawn(lambda i, _: sqrt(1 / i)),
    ),
    of_the_scale(
        id="init-variance-as-deviation",
        did="2/fan_in, the variance, is used as the standard deviation.",
        gives=drawn(lambda i, _: 2 / i),
    ),
    of_the_scale(
        id="init-divided-by-fan-in",
        did="The weights are divided by fan_in, not by the root of it.",
        gives=drawn(lambda i, _: 1 / i),
    ),
    of_the_scale(
        id="init-fan-out",
        did="fan_out, the number of a layer's outputs, stands where fan_in belongs.",
        gives=drawn(lambda _, o: sqrt(2 / o)),
    ),
    of_the_scale(
        id="init-both-layers-scaled-by-d",
        did="W2 is scaled by D, the first layer's fan_in; its own is H.",
        gives=_scaled_by_d,
    ),
    of_the_scale(
        id="init-bound-as-deviation",
        did="sqrt(6/fan_in), the bound of a uniform He draw, is used as a standard deviation.",
        gives=drawn(lambda i, _: sqrt(6 / i)),
    ),
    of_the_scale(
        id="init-small-constant-scale",
        did="The weights have a fixed standard deviation, 0.1, 0.01 or 0.001, that knows nothing of the layer.",
        gives=either(drawn(lambda *_: 0.1), drawn(lambda *_: 0.01), drawn(lambda *_: 0.001)),
    ),
    of_the_scale(
        id="init-unscaled",
        did="The weights come from N(0, 1): they are not scaled at all.",
        gives=drawn(lambda *_: 1.0),
    ),
    of_the_law(
        id="init-uniform-he",
        did="The weights have the right variance, and are uniform, where normal ones are asked for.",
        gives=drawn(lambda i, _: sqrt(2 / i), law=UNIFORM),
    ),
    of_the_law(
        id="init-uniform-bound-from-deviation",
        did="The weights are uniform between ± sqrt(2/fan_in), which gives a third of the variance.",
        gives=drawn(lambda i, _: sqrt(2 / (3 * i)), law=UNIFORM),
    ),
    of_the_law(
        id="init-pytorch-default",
        did="The weights are uniform between ± sqrt(1/fan_in), PyTorch's default for a linear layer.",
        gives=either(
            drawn(lambda i, _: sqrt(1 / (3 * i)), law=UNIFORM),
            both(
                drawn(lambda i, _: sqrt(1 / (3 * i)), law=UNIFORM, layers=(WEIGHTS,)),
                traits({(HOLDS, b): RANDOM for b in BIASES}),
            ),
        ),
    ),
    of_the_law(
        id="init-uniform-unscaled",
        did="The weights are uniform with fixed bounds, whatever the layer.",
        gives=either(
            *(_uniform(low, high) for low, high in ((-0.5, 0.5), (-1, 1), (0, 1), (-0.1, 0.1), (-0.05, 0.05)))
        ),
    ),
    of_the_law(
        id="init-rand-for-randn",
        did="The weights are uniform numbers from 0 to 1 times a scale, so that every weight is positive.",
        gives=either(
            drawn(lambda i, _: sqrt(2 / i / 12), law=UNIFORM, mean=lambda i, _: sqrt(2 / i) / 2),
            drawn(lambda *_: 0.01 / sqrt(12), law=UNIFORM, mean=lambda *_: 0.005),
            drawn(lambda *_: 0.1 / sqrt(12), law=UNIFORM, mean=lambda *_: 0.05),
        ),
    ),
    of_the_law(
        id="init-absolute-values",
        did="The weights are the absolute values of normal numbers, so that every weight is positive.",
        gives=drawn(lambda i, _: sqrt(2 / i * (1 - 2 / pi)), law=ANOTHER, mean=lambda i, _: sqrt(2 / i * 2 / pi)),
    ),
    of_the_law(
        id="init-scale-as-mean",
        did="The scale is handed over as the mean: the weights come from N(sqrt(2/fan_in), 1).",
        gives=drawn(lambda *_: 1.0, mean=lambda i, _: sqrt(2 / i)),
    ),
    of_the_symmetry(id="init-zeros", did="The weights are all zero.", gives=alike(ZEROS)),
    of_the_symmetry(id="init-constant", did="The weights of a layer are all the same number.", gives=alike(CONSTANT)),
    of_the_biases(
        id="init-biases-not-zero",
        did="The biases start from a number that is not zero.",
        gives=traits(*({(HOLDS, b): CONSTANT for b in names} for names in (BIASES, ("b1",), ("b2",)))),
    ),
    of_the_biases(
        id="init-biases-random",
        did="The biases are drawn at random, as the weights are.",
        gives=traits(*({(HOLDS, b): RANDOM for b in names} for names in (BIASES, ("b1",), ("b2",)))),
    ),
    of_the_seed(
        id="init-seed-ignored",
        did="The seed does not reach what draws the numbers: the same seed gives other weights in every call.",
        gives=traits(*({(AGAIN, w): OTHER for w in names} for names in LAYERS)),
    ),
    of_the_seed(
        id="init-seed-constant",
        did="The generator is made from a fixed seed: every seed gives the same weights.",
        gives=traits(*({(ELSE, w): SAME for w in names} for names in LAYERS)),
    ),
    of_the_answer(
        id="init-seed-has-no-default",
        did="The function cannot be called without a seed: the argument has no default.",
        gives=traits({("default seed", ENDING): RAISED}),
    ),
    of_the_answer(
        id="init-transposed",
        did="The weights come back transposed: W1 (H, D) or W2 (K, H).",
        gives=_turned,
    ),
    of_the_answer(
        id="init-order",
        did="The arrays come back as (W1, W2, b1, b2); the order is (W1, b1, W2, b2).",
        gives=_in_another_order,
    ),
)

CATALOGUE = Catalogue(criterion="init", observe=observe, right=right, mistakes=MISTAKES)
