"""Mistakes in `loss_and_grads(params, X, y)`: the two passes with the lines that a student would have wrong."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from graders.catalogue.gradients_repeated import REPEATED
from graders.foundation.call import Params
from graders.measure.backprop import LINES, Line, with_lines
from graders.mistaken.wrong_passes import STEPS, four, gives, sigmoid, some
from graders.naming.functions import answers, observing
from graders.naming.mistake import Catalogue, Mistake
from graders.naming.styles import any_of

GRADIENTS = ("dW1", "db1", "dW2", "db2")
BIASES = ("db1", "db2")
BATCH_SIZES = (8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 512, 1000)

TWO_AND_FOUR = "Call it for a batch, then for the same batch twice over: a mean does not change, and neither must this."
SHAPES = "Print the shape of each gradient beside that of its parameter, for D = 13, H = 11 and K = 5."
ONE_UNIT = "Take one image and one hidden unit that is switched off: move its weights a little. Does the loss change?"

mistake = partial(Mistake, criterion="gradients")
about_n = partial(
    mistake,
    why="The gradient has the right direction and another length: the learning rate then means something else.",
    see=TWO_AND_FOUR,
    fix="The loss is a mean over the images. Follow its factor through the backward pass: where does it come in, once?",
)
at_the_logits = partial(
    mistake,
    why="Everything behind the logits is built on this line, so all four arrays are wrong with it.",
    see="Take one image with three classes, and compare your logits' gradient with differences of the loss.",
    fix="Derive the loss of one image with respect to its logits on paper. Which two terms remain?",
)
of_the_mask = partial(
    mistake,
    why="The ReLU passes a gradient on where it was active in the forward pass, as it is, and nowhere else.",
    see=ONE_UNIT,
    fix="What is the ReLU's derivative, and at which array of the forward pass is it taken?",
)
of_a_bias = partial(
    mistake,
    why="One bias is added to a unit for every image, so every image of the batch has its say in its gradient.",
    see="Print the shapes of db1 and db2 for 7 images, and move one bias by ±1e-5 to see the loss's slope.",
    fix="Over which axis does a bias gradient gather, and what did the lines before do about the mean already?",
)
of_the_activation = partial(
    mistake,
    why="The gradient of a product hands each factor the other one, as it was in the forward pass.",
    see="Print the array that the forward pass multiplied by W2 beside the one in your line for dW2.",
    fix="Which array did the second layer multiply by W2, and does it still hold what it held then?",
)
of_the_answer = partial(
    mistake,
    why="What calls the function unpacks the answer by place and applies each array to its parameter.",
    see=SHAPES,
    fix="What does the task say that comes back, in which order and in which shapes?",
)


def _hidden(derivative: Callable[[Any], np.ndarray]) -> Mapping[str, Line]:
    return {"dZ1": lambda s: s.dA1 * derivative(s)}


def _logits(gradient: Callable[[Any], np.ndarray], **others: Line) -> Mapping[str, Line]:
    return {"dZ2": gradient, **others}


def _divided_by(size: int) -> Line:
    return lambda s: (s.P - s.Y) / size


def _through_stepped_w2(lr: float) -> Line:
    return lambda s: s.dZ2 @ (s.W2 - lr * s.dW2).T


def _without(selections: Iterable[Mapping[str, Line]], *left_out: tuple[str, ...]) -> list[Mapping[str, Line]]:
    return [lines for lines in selections if tuple(lines) not in left_out]


def _writing_into(*places: int) -> Callable[[Params, np.ndarray, np.ndarray], object]:
    """Return the right function, which changes arguments after it has used them."""

    def loss_and_grads(params: Params, X: np.ndarray, y: np.ndarray) -> object:
        told = with_lines()(params, X, y)
        for array in (a for i in places for a in (params.arrays(), (X,), (y,))[i]):
            np.add(array, 1, out=array)
        return told

    return loss_and_grads


def _times(factor: Callable[[Any], float]) -> Callable[[str], Line]:
    return lambda name: lambda s: LINES[name](s) * factor(s)


def _from_layer(of: Callable[[np.ndarray], Any]) -> Callable[[str], Line]:
    """Return a line for a bias gradient that is made of its layer's dZ."""
    return lambda name: lambda s: of(getattr(s, "dZ" + name[-1]))


MISTAKES = (
    about_n(
        id="gradients-not-divided-by-n",
        did="The sum over the images is never divided by their number N.",
        gives=gives(*some(GRADIENTS, _times(lambda s: s.N))),
    ),
    about_n(
        id="gradients-divided-twice",
        did="The gradient is divided by the number of images N twice.",
        gives=gives(*_without(some(GRADIENTS, _times(lambda s: 1 / s.N)), BIASES, ("db1",), ("db2",))),
    ),
    about_n(
        id="gradients-divided-by-classes",
        did="The gradient is divided by the number of classes K, where that of images N belongs.",
        gives=gives(_logits(lambda s: (s.P - s.Y) / s.K)),
    ),
    about_n(
        id="gradients-divided-by-inputs",
        did="The gradient is divided by the number of inputs D, where that of images N belongs.",
        gives=gives(_logits(lambda s: (s.P - s.Y) / s.D), *some(GRADIENTS, _times(lambda s: s.N / s.D))),
    ),
    about_n(
        id="gradients-mean-over-entries",
        did="The gradient is divided by N·K, the number of all logits, where the number of images N belongs.",
        gives=gives(_logits(lambda s: (s.P - s.Y) / s.N / s.K)),
    ),
    about_n(
        id="gradients-nominal-batch",
        did="The gradient is divided by a fixed batch size, however many images the batch holds.",
        gives=gives(*({"dZ2": _divided_by(size)} for size in BATCH_SIZES)),
    ),
    at_the_logits(
        id="gradients-sign",
        did="The gradient has the wrong sign (Y − P at the logits, not P − Y): following it downhill climbs.",
        gives=gives(*some(GRADIENTS, _times(lambda _: -1.0))),
    ),
    at_the_logits(
        id="gradients-labels-forgotten",
        did="The gradient at the logits is P: the labels are never subtracted.",
        gives=gives(_logits(lambda s: s.P / s.N), _logits(lambda s: s.P)),
    ),
    at_the_logits(
        id="gradients-softmax-jacobian-diagonal",
        did="The logits' gradient carries an extra P·(1 − P), though P − Y contains the softmax's derivative already.",
        gives=gives(_logits(lambda s: (s.P - s.Y) * s.P * (1 - s.P) / s.N)),
    ),
    at_the_logits(
        id="gradients-logits-for-probabilities",
        did="The labels are subtracted from the logits Z2 themselves, as for a squared error, not from their softmax.",
        gives=gives(_logits(lambda s: (s.Z2 - s.Y) / s.N), _logits(lambda s: 2 * (s.Z2 - s.Y) / s.N)),
    ),
    at_the_logits(
        id="gradients-one-hot-width",
        did="The one-hot matrix is as wide as the largest label of the batch, not as wide as the logits.",
        gives=gives({"Y": lambda s: np.eye(int(s.y.max()) + 1)[s.y]}),
    ),
    of_the_mask(
        id="gradients-no-relu-mask",
        did="The ReLU's mask is missing on the way back: units that are switched off pass the gradient on, too.",
        gives=gives(
            {"dZ1": lambda s: s.dA1},
            {"dW1": lambda s: s.X.T @ s.dA1},
            {"db1": lambda s: s.dA1.sum(axis=0)},
        ),
    ),
    of_the_mask(
        id="gradients-mask-of-the-gradient",
        did="The ReLU's mask is taken from the sign of the arriving gradient, not from the forward pass.",
        gives=gives(_hidden(lambda s: s.dA1 > 0), {"dA1": lambda s: np.maximum(LINES["dA1"](s), 0)}),
    ),
    of_the_mask(
        id="gradients-mask-without-bias",
        did="The ReLU's mask is taken from X·W1 without the bias b1.",
        gives=gives(_hidden(lambda s: s.X @ s.W1 > 0)),
    ),
    of_the_mask(
        id="gradients-mask-on-the-upper-layer",
        did="A ReLU's mask acts on the gradient of the logits, behind which there is no ReLU.",
        gives=gives(
            {"dZ2": lambda s: LINES["dZ2"](s) * (s.Z2 > 0), "dZ1": lambda s: s.dA1},
            {"dZ2": lambda s: LINES["dZ2"](s) * (s.Z2 > 0)},
        ),
    ),
    of_the_mask(
        id="gradients-mask-turned-round",
        did="The ReLU's mask is turned round: units that are off pass the gradient on, units that are on do not.",
        gives=gives(_hidden(lambda s: s.Z1 <= 0)),
    ),
    of_the_mask(
        id="gradients-relu-value-as-derivative",
        did="The gradient is multiplied by the ReLU's value, where its derivative (0 or 1) belongs.",
        gives=gives(_hidden(lambda s: s.A1)),
    ),
    of_the_mask(
        id="gradients-sigmoid-derivative",
        did="The derivative of the sigmoid, a·(1 − a), stands where the ReLU's belongs.",
        gives=gives(_hidden(lambda s: s.A1 * (1 - s.A1)), _hidden(lambda s: sigmoid(s.Z1) * (1 - sigmoid(s.Z1)))),
    ),
    of_the_mask(
        id="gradients-tanh-derivative",
        did="The derivative of tanh, 1 − a², stands where the ReLU's belongs.",
        gives=gives(_hidden(lambda s: 1 - s.A1**2), _hidden(lambda s: 1 - np.tanh(s.Z1) ** 2)),
    ),
    of_the_activation(
        id="gradients-preactivation-in-dw2",
        did="dW2 is built from Z1, the hidden layer before the ReLU, where the activation A1 behind it belongs.",
        gives=gives({"dW2": lambda s: s.Z1.T @ s.dZ2}),
    ),
    of_the_activation(
        id="gradients-overwritten-activation",
        did="dW2 is built from the ReLU's mask of zeros and ones, where the activation A1 belongs.",
        gives=gives({"dW2": lambda s: (s.A1 > 0).astype(s.Z1.dtype).T @ s.dZ2}),
    ),
    of_the_activation(
        id="gradients-updated-w2",
        did="The gradient goes back through a W2 that was stepped already.",
        gives=gives(*({"dA1": _through_stepped_w2(lr)} for lr in STEPS)),
    ),
    of_a_bias(
        id="gradients-bias-mean",
        did="The bias gradients are averaged over the images, though they were divided by N before.",
        gives=gives(*some(BIASES, _from_layer(lambda dZ: dZ.mean(axis=0)))),
    ),
    of_a_bias(
        id="gradients-bias-zero",
        did="The bias gradients are zero: the biases would never learn.",
        gives=gives(*some(BIASES, _from_layer(lambda dZ: np.zeros(dZ.shape[1])))),
    ),
    of_a_bias(
        id="gradients-bias-scalar",
        did="The bias gradients are summed over images and units: one number stands for all units.",
        gives=gives(
            *some(BIASES, _from_layer(lambda dZ: dZ.sum())),
            *some(BIASES, _from_layer(lambda dZ: np.full(dZ.shape[1], dZ.sum()))),
        ),
    ),
    of_a_bias(
        id="gradients-bias-not-summed",
        did="The bias gradients keep a row for each image: the sum over the images is missing.",
        gives=gives(*some(BIASES, _from_layer(lambda dZ: dZ))),
    ),
    of_a_bias(
        id="gradients-bias-wrong-axis",
        did="The bias gradients are summed over the units (axis 1): one number for each image comes out.",
        gives=gives(*some(BIASES, _from_layer(lambda dZ: dZ.sum(axis=1)))),
    ),
    of_a_bias(
        id="gradients-bias-of-one-image",
        did="The bias gradients are those of one image of the batch, not gathered over all of them.",
        gives=gives(*some(BIASES, _from_layer(lambda dZ: dZ[0])), *some(BIASES, _from_layer(lambda dZ: dZ[-1]))),
    ),
    of_a_bias(
        id="gradients-bias-from-the-weights",
        did="The bias gradients are column sums of the weight gradients.",
        gives=gives(*some(BIASES, lambda name: lambda s: getattr(s, "dW" + name[-1]).sum(axis=0))),
    ),
    of_the_answer(
        id="gradients-transposed",
        did="The weight gradients come back transposed.",
        gives=gives(*some(("dW1", "dW2"), lambda name: lambda s: LINES[name](s).T)),
    ),
    of_the_answer(
        id="gradients-order",
        did="The gradients come back as (dW1, dW2, db1, db2); the order is (dW1, db1, dW2, db2).",
        gives=gives({"returned": lambda s: (s.loss, (s.dW1, s.dW2, s.db1, s.db2))}),
    ),
    of_the_answer(
        id="gradients-output-layer-first",
        did="The gradients come back from the output on, (dW2, db2, dW1, db1); the order is (dW1, db1, dW2, db2).",
        gives=gives({"returned": lambda s: (s.loss, (s.dW2, s.db2, s.dW1, s.db1))}),
    ),
    of_the_answer(
        id="gradients-without-the-loss",
        did="The gradients come back alone, without the loss before them.",
        gives=gives({"returned": lambda s: (s.dW1, s.db1, s.dW2, s.db2)}),
    ),
    of_the_answer(
        id="gradients-squeezed",
        did="A batch of one image loses its axis on the way (squeeze), so the function fails for a single image.",
        gives=gives({"dZ2": lambda s: LINES["dZ2"](s).squeeze()}),
    ),
    mistake(
        id="gradients-changes-its-arguments",
        did="Your function writes into the arrays that it was given.",
        why="The caller's parameters or images are changed without a word, and a step is then made twice or elsewhere.",
        see="Keep copies of params, X and y, call the function, and compare.",
        fix="Which of your statements writes into an argument, as += does?",
        gives=any_of(*(_writing_into(*places) for places in ((0,), (1,), (2,), (0, 1))), read=four),
    ),
    *REPEATED,
)

CATALOGUE = Catalogue(
    criterion="gradients",
    observe=observing(four),
    right=answers(with_lines(), four, dtypes=False),
    mistakes=MISTAKES,
)
