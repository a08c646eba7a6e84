"""Wrong passes of `loss_and_grads`: its answer read part by part, and predictions made of replaced lines."""

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from graders.foundation.call import Params, Value
from graders.measure import truth
from graders.measure.backprop import Line, with_lines
from graders.measure.describe import type_of
from graders.naming.functions import one_array
from graders.naming.mistake import Outcome, Predict
from graders.naming.styles import any_of

TINY = 1e-6  # a gradient below this everywhere is zero up to rounding: no mistake but a sum that cancels gives it
PARTS = ("loss", *truth.NAMES)
STEPS = (1.0, 0.5, 0.1, 0.05, 0.01, 0.001)  # learning rates of a step made inside the backward pass


def four(value: Value) -> Mapping[str, Outcome]:
    """Read a loss with four gradients; biases count flat, and a sum that cancels counts as zero."""
    if isinstance(value, Params) or not isinstance(value, tuple | list) or len(value) != 2:
        alone = isinstance(value, Params) or (isinstance(value, tuple | list) and len(value) == 4)
        return dict.fromkeys(PARTS, "four arrays" if alone else type_of(value))
    loss = one_array(value[0])["value"]
    loss = loss.reshape(()) if isinstance(loss, np.ndarray) and loss.size == 1 else loss
    arrays = value[1].arrays() if isinstance(value[1], Params) else value[1]
    if not isinstance(arrays, tuple | list) or len(arrays) != 4:
        return {**dict.fromkeys(PARTS, type_of(arrays)), "loss": loss}
    read: dict[str, Outcome] = {"loss": loss}
    for name, one in zip(truth.NAMES, arrays, strict=True):
        gradient = one_array(one)["value"]
        if isinstance(gradient, np.ndarray):
            gradient = gradient.ravel() if name in {"b1", "b2"} else gradient
            gradient = np.zeros_like(gradient) if np.abs(gradient).max(initial=0.0) < TINY else gradient
        read[name] = gradient
    return read


def gives(*styles: Mapping[str, Line]) -> Predict:
    """Return the prediction that the function holds these lines; several, where students write them differently."""
    return any_of(*(with_lines(**lines) for lines in styles), read=four)


def some(names: Sequence[str], change: Callable[[str], Line]) -> list[Mapping[str, Line]]:
    """Return the mistake in each of these arrays alone, and in each selection of them."""
    chosen = itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(len(names), 0, -1))
    return [{name: change(name) for name in selection} for selection in chosen]


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Return the logistic function of each entry."""
    s: np.ndarray = 1 / (1 + np.exp(-z))
    return s
