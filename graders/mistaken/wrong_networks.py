"""Wrong networks: from params and images to something else than relu(X W1 + b1) W2 + b2.

They stand in `forward`, or again in a `predict` that does not call it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.special import erf

from graders.foundation.call import Params
from graders.mistaken.loss_parts import softmax

Network: TypeAlias = Callable[[Params, np.ndarray], Any]
Activation: TypeAlias = Callable[[np.ndarray], np.ndarray]

BY_HAND = "Work out one image with two inputs, two hidden units and two classes by hand, one of the units switched off."
NEGATIVE = "Print the hidden layer of one image before and after your activation: what became of the negative numbers?"
TWO_LAYERS = "Which of the four arrays of params does your code use, and each of them where?"
ZERO_IMAGE = "Call it with an image of zeros: the answer is relu(b1) W2 + b2."
ALONE = "Call it with two images, then with the first of them alone: its logits must not change."
LAST_LINE = "What does your function do after the second layer, and who else does that?"
SHAPES = "Print the shape of every array, for sizes that all differ: 7 images, 13 inputs, 11 hidden units, 5 classes."
OTHER_FUNCTION = "What the params mean was settled while training with a ReLU; another activation reads them wrongly."
LINEAR = "Two linear layers in a row are one linear layer: the hidden units add nothing."
DATA = "The images come as they were trained on; whoever scales them again asks the network about other images."
NEIGHBOURS = "A prediction must not depend on which other images are in the batch; a single image has no statistics."
WHO_SCALES = "Which part of the program prepares the images, and how often may that happen?"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WrongNetwork:
    """One mistake in the forward pass.

    Args:
        name: what follows the criterion's name in an entry's id.
        did: what the student did.
        why: how it comes about, or what it leads to.
        see: a small experiment that shows it.
        fix: what to think about next.
        networks: what is computed instead, in one style or in several.
    """

    name: str
    did: str
    why: str
    see: str
    fix: str
    networks: Sequence[Network]


def hidden(p: Params, X: np.ndarray) -> np.ndarray:
    """Return the hidden layer before its activation, (N, H)."""
    z1: np.ndarray = X @ p.W1 + p.b1
    return z1


def relu(z: np.ndarray) -> np.ndarray:
    """Return max(0, z)."""
    positive: np.ndarray = np.maximum(z, 0)
    return positive


def right(p: Params, X: np.ndarray) -> np.ndarray:
    """Return the right logits, (N, K)."""
    logits: np.ndarray = relu(hidden(p, X)) @ p.W2 + p.b2
    return logits


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-z))."""
    s: np.ndarray = 1 / (1 + np.exp(-z))
    return s


def activated(activation: Activation) -> Network:
    """Return the network with another activation."""
    return lambda p, X: activation(hidden(p, X)) @ p.W2 + p.b2


def leaky(slope: float) -> Activation:
    """Return a ReLU that lets a share of what is negative through."""
    return lambda z: np.where(z > 0, z, slope * z)


def _normalised(small: float, *, inside: bool) -> Callable[[np.ndarray], np.ndarray]:
    """Return the standardisation with the batch's own statistics; a small number guards the deviation."""

    def normalise(a: np.ndarray) -> np.ndarray:
        spread = np.sqrt(a.var(axis=0) + small) if inside else a.std(axis=0) + small
        standard: np.ndarray = (a - a.mean(axis=0)) / spread
        return standard

    return normalise


def _centred(a: np.ndarray) -> np.ndarray:
    centred: np.ndarray = a - a.mean(axis=0)
    return centred


BATCH_STATISTICS = (
    _centred,
    *(_normalised(small, inside=False) for small in (0.0, 1e-12, 1e-8, 1e-7, 1e-6, 1e-5)),
    *(_normalised(small, inside=True) for small in (1e-8, 1e-7, 1e-6, 1e-5)),
)


def _on_images(change: Callable[[np.ndarray], np.ndarray]) -> Network:
    return lambda p, X: right(p, change(X))


def _on_hidden(change: Callable[[np.ndarray], np.ndarray]) -> Network:
    return activated(lambda z: relu(change(z)))


def _rows(statistic: Callable[..., np.ndarray], X: np.ndarray) -> np.ndarray:
    return statistic(X, axis=1, keepdims=True)


ANOTHER_ACTIVATION = tuple(
    WrongNetwork(
        name=name,
        did=did,
        why=OTHER_FUNCTION,
        see=NEGATIVE,
        fix="What does the task's activation do to a negative number, and what to a positive one?",
        networks=[activated(activation) for activation in activations],
    )
    for name, did, activations in (
        ("tanh", "The hidden layer goes through a tanh, not through a ReLU.", [np.tanh]),
        ("sigmoid", "The hidden layer goes through a sigmoid, not through a ReLU.", [sigmoid]),
        ("hidden-softmax", "The hidden layer goes through a softmax, not through a ReLU.", [softmax]),
        (
            "elu",
            "The hidden layer goes through an ELU or SELU, not through a ReLU.",
            [
                lambda z: np.where(z > 0, z, np.exp(z) - 1),
                lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * (np.exp(z) - 1)),
            ],
        ),
        (
            "gelu",
            "The hidden layer goes through a GELU or swish, not through a ReLU.",
            [
                lambda z: z * (1 + erf(z / math.sqrt(2))) / 2,
                lambda z: z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))) / 2,
                lambda z: z * sigmoid(z),
            ],
        ),
        ("softplus", "The hidden layer goes through a softplus, not through a ReLU.", [lambda z: np.logaddexp(0, z)]),
        ("absolute-value", "The hidden layer's negative numbers change their sign; a ReLU makes them zero.", [np.abs]),
        (
            "reversed-relu",
            "The activation keeps the negative numbers and drops the positive ones.",
            [lambda z: np.minimum(z, 0), lambda z: np.where(z < 0, -z, 0), lambda z: np.maximum(-z, 0)],
        ),
        (
            "mask-for-activation",
            "The hidden layer becomes ones and zeros: the ReLU's derivative stands where its value belongs.",
            [lambda z: (z > 0) * 1.0],
        ),
        ("squared-relu", "The hidden layer's positive numbers are squared.", [lambda z: relu(z) ** 2]),
        (
            "bounded-relu",
            "The hidden activations are cut off above at a fixed bound.",
            [lambda z: np.clip(z, 0, 1), lambda z: np.clip(z, 0, 2), lambda z: np.clip(z, 0, 6)],
        ),
    )
)

WRONG_NETWORKS = (
    WrongNetwork(
        name="no-activation",
        did="There is no activation between the two layers.",
        why=LINEAR,
        see=NEGATIVE,
        fix=BY_HAND,
        networks=[activated(lambda z: z)],
    ),
    *ANOTHER_ACTIVATION,
    WrongNetwork(
        name="no-b1",
        did="The hidden layer's bias b1 is left out.",
        why="A new network has zero biases, so nothing shows before it is trained.",
        see=ZERO_IMAGE,
        fix=TWO_LAYERS,
        networks=[lambda p, X: relu(X @ p.W1) @ p.W2 + p.b2],
    ),
    WrongNetwork(
        name="no-b2",
        did="The output layer's bias b2 is left out.",
        why="A new network has zero biases, so nothing shows before it is trained.",
        see=ZERO_IMAGE,
        fix=TWO_LAYERS,
        networks=[lambda p, X: relu(hidden(p, X)) @ p.W2],
    ),
    WrongNetwork(
        name="no-biases",
        did="Both biases are left out.",
        why="A new network has zero biases, so nothing shows before it is trained.",
        see=ZERO_IMAGE,
        fix=TWO_LAYERS,
        networks=[lambda p, X: relu(X @ p.W1) @ p.W2],
    ),
    WrongNetwork(
        name="bias-after-the-activation",
        did="The hidden bias b1 is added after the activation, not before it.",
        why="The bias decides from where on a unit is active; behind the ReLU it no longer can.",
        see=ZERO_IMAGE,
        fix=BY_HAND,
        networks=[lambda p, X: (relu(X @ p.W1) + p.b1) @ p.W2 + p.b2],
    ),
    WrongNetwork(
        name="bias-subtracted",
        did="A bias is subtracted, not added.",
        why="A new network has zero biases, so nothing shows before it is trained.",
        see=ZERO_IMAGE,
        fix=BY_HAND,
        networks=[
            lambda p, X: relu(X @ p.W1 - p.b1) @ p.W2 + p.b2,
            lambda p, X: relu(hidden(p, X)) @ p.W2 - p.b2,
            lambda p, X: relu(X @ p.W1 - p.b1) @ p.W2 - p.b2,
        ],
    ),
    WrongNetwork(
        name="layers-swapped",
        did="The two layers stand in each other's place: W2 and b2 come first.",
        why="The params are unpacked in another order than the contract's. Only equal sizes hide it.",
        see=SHAPES,
        fix=TWO_LAYERS,
        networks=[lambda p, X: relu(X @ p.W2 + p.b2) @ p.W1 + p.b1],
    ),
    WrongNetwork(
        name="weights-transposed",
        did="The weights are multiplied as if they were transposed.",
        why="Textbooks and PyTorch keep a layer's weights as (out, in); the contract keeps them as (in, out).",
        see=SHAPES,
        fix="Which side of a product must agree with which, and which size of W1 is D?",
        networks=[
            lambda p, X: relu(X @ p.W1.T + p.b1) @ p.W2.T + p.b2,
            lambda p, X: relu(X @ p.W1.T + p.b1) @ p.W2 + p.b2,
            lambda p, X: relu(hidden(p, X)) @ p.W2.T + p.b2,
            lambda p, X: p.W2 @ relu(p.W1 @ X + p.b1) + p.b2,
            lambda p, X: relu(p.W1 @ X + p.b1) @ p.W2 + p.b2,
        ],
    ),
    WrongNetwork(
        name="activation-on-the-output",
        did="A ReLU stands behind the output layer as well: no logit is negative.",
        why="All classes with a negative logit then look alike, and no gradient comes back through them.",
        see="Print the smallest logit of a batch.",
        fix=LAST_LINE,
        networks=[lambda p, X: relu(right(p, X))],
    ),
    WrongNetwork(
        name="batch-statistics",
        did="The batch is centred or standardised with its own mean and deviation on the way.",
        why=NEIGHBOURS,
        see=ALONE,
        fix="Which of your lines takes a mean or a deviation over the images?",
        networks=[
            *(_on_images(change) for change in BATCH_STATISTICS),
            *map(_on_hidden, BATCH_STATISTICS),
        ],
    ),
    WrongNetwork(
        name="batch-range",
        did="The images are scaled by the mean, deviation or range of all pixels in the batch.",
        why=NEIGHBOURS,
        see=ALONE,
        fix=WHO_SCALES,
        networks=[
            _on_images(lambda X: X / X.max()),
            _on_images(lambda X: X / np.abs(X).max()),
            _on_images(lambda X: (X - X.min()) / (X.max() - X.min())),
            _on_images(lambda X: X - X.mean()),
            _on_images(lambda X: (X - X.mean()) / X.std()),
            _on_images(lambda X: (X - X.mean()) / (X.std() + 1e-8)),
        ],
    ),
    WrongNetwork(
        name="images-standardised",
        did="Each image is centred or scaled by its own mean, deviation or length.",
        why=DATA,
        see="Call it with an image and with twice that image: the logits must differ.",
        fix=WHO_SCALES,
        networks=[
            _on_images(lambda X: X - _rows(np.mean, X)),
            _on_images(lambda X: (X - _rows(np.mean, X)) / _rows(np.std, X)),
            _on_images(lambda X: (X - _rows(np.mean, X)) / (_rows(np.std, X) + 1e-8)),
            _on_images(lambda X: X / np.linalg.norm(X, axis=1, keepdims=True)),
            _on_images(lambda X: X / _rows(np.max, X)),
        ],
    ),
    WrongNetwork(
        name="scaled-pixels",
        did="The images are divided by 255 (or 256) once more.",
        why=DATA,
        see="Print the largest pixel that reaches your first layer.",
        fix=WHO_SCALES,
        networks=[_on_images(lambda X: X / 255), _on_images(lambda X: X / 256), _on_images(lambda X: X / 255 - 0.5)],
    ),
    WrongNetwork(
        name="absolute-images",
        did="Negative inputs are made zero, or lose their sign, before the first layer.",
        why="An activation belongs behind a layer, not in front of the first one.",
        see="Call it with an image and with its negative: the logits must differ.",
        fix=TWO_LAYERS,
        networks=[_on_images(relu), _on_images(np.abs), _on_images(lambda X: np.clip(X, 0, 1))],
    ),
)
