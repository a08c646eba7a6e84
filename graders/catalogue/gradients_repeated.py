"""Mistakes of a softmax, a loss or a forward pass that stand inside `loss_and_grads` a second time."""

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from graders.measure import truth
from graders.measure.backprop import LINES
from graders.mistaken.wrong_passes import gives, sigmoid
from graders.naming.mistake import Mistake, Predict

mistake = partial(Mistake, criterion="gradients")
of_the_softmax = partial(
    mistake,
    why="Loss and gradient are built on these probabilities, so every array behind them is wrong as well.",
    see="Print the sums of the rows of P inside this function, and the loss for logits that are all zero.",
    fix="Does this function need a softmax of its own, where you have written one already?",
)
of_the_loss = partial(
    mistake,
    why="The gradient is that of the mean cross-entropy; the number returned beside it is another one.",
    see="Call it with zero weights and biases: the mean loss of K classes is then log K.",
    fix="Work out the loss of one image with three classes by hand, then the mean of two images.",
)
of_the_network = partial(
    mistake,
    why="Loss and gradient then belong to another network than the one that forward computes.",
    see="Compare the logits inside this function with those of forward for the same params and images.",
    fix="Write the forward pass of the task beside yours, line by line, and compare.",
)


def _along_images(z: np.ndarray) -> np.ndarray:
    p: np.ndarray = truth.softmax(z.T).T
    return p


def _binary(s: SimpleNamespace) -> float:
    others = np.where(s.Y == 1, 0.0, s.P)
    return truth.cross_entropy(s.Z2, s.y) - float(np.log1p(-others).sum()) / len(s.y)


def _another_activation(of: Callable[[np.ndarray], np.ndarray], slope: Callable[[Any], np.ndarray]) -> Predict:
    return gives({"A1": lambda s: of(s.Z1)}, {"A1": lambda s: of(s.Z1), "dZ1": lambda s: s.dA1 * slope(s)})


REPEATED = (
    of_the_softmax(
        id="gradients-softmax-along-images",
        did="The softmax inside runs along the images (axis 0), not along the classes.",
        gives=gives(
            {"P": lambda s: _along_images(s.Z2)},
            {
                "P": lambda s: _along_images(s.Z2),
                "loss": lambda s: -np.mean(np.log(_along_images(s.Z2)[np.arange(s.N), s.y])),
            },
        ),
        root="softmax-along-images",
    ),
    of_the_softmax(
        id="gradients-softmax-twice",
        did="A softmax is applied to what a softmax gave already, and the gradient is built from that.",
        gives=gives(
            {"P": lambda s: truth.softmax(truth.softmax(s.Z2))},
            {
                "P": lambda s: truth.softmax(truth.softmax(s.Z2)),
                "loss": lambda s: truth.cross_entropy(truth.softmax(s.Z2), s.y),
            },
        ),
        root="cross-entropy-softmax-twice",
    ),
    of_the_loss(
        id="gradients-summed-loss",
        did="The loss is the sum over the images, where their mean belongs.",
        gives=gives(
            {"loss": lambda s: LINES["loss"](s) * s.N},
            {"loss": lambda s: LINES["loss"](s) * s.N, "dZ2": lambda s: s.P - s.Y},
        ),
        root="cross-entropy-sum",
    ),
    of_the_loss(
        id="gradients-loss-over-entries",
        did="The loss is averaged over all N·K entries, where the mean over the N images belongs.",
        gives=gives(
            {"loss": lambda s: LINES["loss"](s) / s.K},
            {"loss": lambda s: LINES["loss"](s) / s.K, "dZ2": lambda s: (s.P - s.Y) / s.N / s.K},
        ),
        root="cross-entropy-mean-over-classes",
    ),
    of_the_loss(
        id="gradients-loss-sign",
        did="The loss is negative: the minus of −log P is missing.",
        gives=gives(
            {"loss": lambda s: -LINES["loss"](s)},
            {"loss": lambda s: -LINES["loss"](s), "dZ2": lambda s: (s.Y - s.P) / s.N},
        ),
        root="cross-entropy-sign",
    ),
    of_the_loss(
        id="gradients-loss-in-bits",
        did="The loss is taken with the logarithm to base 2.",
        gives=gives(
            {"loss": lambda s: LINES["loss"](s) / np.log(2)},
            {"loss": lambda s: LINES["loss"](s) / np.log(2), "dZ2": lambda s: LINES["dZ2"](s) / np.log(2)},
        ),
        root="cross-entropy-log2",
    ),
    of_the_loss(
        id="gradients-loss-of-probabilities",
        did="The loss is computed from probabilities as if they were logits, so that a softmax acts twice in it.",
        gives=gives({"loss": lambda s: truth.cross_entropy(truth.softmax(s.Z2), s.y)}),
        root="cross-entropy-softmax-twice",
    ),
    of_the_loss(
        id="gradients-loss-binary",
        did="The loss is the binary cross-entropy: the other classes' log(1 − P) are added in.",
        gives=gives({"loss": _binary}),
        root="cross-entropy-binary",
    ),
    of_the_loss(
        id="gradients-loss-not-averaged",
        did="One loss for each image comes back, where their mean belongs.",
        gives=gives({"loss": lambda s: -np.log((s.P * s.Y).sum(axis=1))}),
        root="cross-entropy-not-averaged",
    ),
    of_the_network(
        id="gradients-no-hidden-bias",
        did="The hidden bias b1 is left out of the forward pass inside.",
        gives=gives({"Z1": lambda s: s.X @ s.W1}),
        root="forward-no-b1",
    ),
    of_the_network(
        id="gradients-no-output-bias",
        did="The output bias b2 is left out of the forward pass inside.",
        gives=gives({"Z2": lambda s: s.A1 @ s.W2}),
        root="forward-no-b2",
    ),
    of_the_network(
        id="gradients-activation-on-the-output",
        did="A ReLU acts on the logits inside.",
        gives=gives(
            {"Z2": lambda s: np.maximum(LINES["Z2"](s), 0)},
            {"Z2": lambda s: np.maximum(LINES["Z2"](s), 0), "dZ2": lambda s: LINES["dZ2"](s) * (s.Z2 > 0)},
        ),
        root="forward-activation-on-the-output",
    ),
    of_the_network(
        id="gradients-no-activation",
        did="There is no ReLU between the layers inside: the network is a linear one.",
        gives=_another_activation(lambda z: z, lambda s: np.ones_like(s.Z1)),
        root="forward-no-activation",
    ),
    of_the_network(
        id="gradients-leaky",
        did="A leaky ReLU with slope 0.01 acts inside, where the task asks for a ReLU.",
        gives=_another_activation(lambda z: np.where(z > 0, z, 0.01 * z), lambda s: np.where(s.Z1 > 0, 1.0, 0.01)),
        root="forward-leaky",
    ),
    of_the_network(
        id="gradients-sigmoid",
        did="The sigmoid acts in the hidden layer inside, where the task asks for a ReLU.",
        gives=_another_activation(sigmoid, lambda s: s.A1 * (1 - s.A1)),
        root="forward-sigmoid",
    ),
    of_the_network(
        id="gradients-tanh",
        did="Tanh acts in the hidden layer inside, where the task asks for a ReLU.",
        gives=_another_activation(np.tanh, lambda s: 1 - s.A1**2),
        root="forward-tanh",
    ),
)
