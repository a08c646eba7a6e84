"""Mistakes in `forward(params, X)`: another network, something else than logits, or dropout that is still at work."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from graders.foundation.call import Call, Params
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.measure import truth
from graders.measure.batch import draw
from graders.measure.describe import type_of
from graders.mistaken.loss_parts import softmax
from graders.mistaken.wrong_networks import (
    LAST_LINE,
    NEGATIVE,
    OTHER_FUNCTION,
    SHAPES,
    WRONG_NETWORKS,
    activated,
    hidden,
    leaky,
    relu,
    right,
    sigmoid,
)
from graders.naming.functions import CHANGED, answers, observing, one_array
from graders.naming.mistake import Case, Catalogue, Key, Mistake, Outcome, Outcomes, Predict
from graders.naming.styles import any_of, same_trait

DROPPED = "hidden units dropped"
DROP_CHANCES = (*(i / 20 for i in range(1, 20)), 1 / 3, 2 / 3)
RTOL = 1e-4
TWICE_SOFTMAX = "The loss applies a softmax of its own, so it would act twice."
ROWS = "Print the sums of the rows of your answer, and its smallest entry."
BEFORE_AND_AFTER = "Print the argument before and after the call."
WRITES = "Which of your statements writes into an argument, as += and out= do?"
INFERENCE = "What does dropout do while training, and what is left of it at inference?"

mistake = partial(Mistake, criterion="forward")


def read(value: Any) -> Mapping[str, Outcome]:  # noqa: ANN401 - whatever a wrong function returns
    """Read logits; several matrices are no logits, even where their sizes agree."""
    if isinstance(value, tuple | list) and any(isinstance(v, np.ndarray) and v.ndim > 1 for v in value):
        return {"value": type_of(value)}
    return one_array(value)


def further(exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask once with all sizes equal, where swapped and transposed arrays give numbers."""
    del seen
    square = draw(exam.rng("forward", "square"), N=6, D=6, H=6, K=6)
    return [Call(name="square", target="forward", args=(square.params, square.X))]


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return the answers; where masks over the hidden units explain them, that they do."""
    found: dict[Key, Outcome] = dict(observing(read)(exam, seen))
    kept = kept_scale(seen["batch"].call, found.get(("batch", "value")))
    if kept is not None:
        for name, answer in seen.items():
            if masks_of(answer.call, found.get((name, "value")), kept) is not None:
                found[name, "value"] = DROPPED
    return found


def kept_scale(call: Call, got: Outcome | None) -> float | None:
    """Return what kept hidden units are multiplied by, where masks explain wrong logits; None where none do."""
    for scale in (1.0, *(1 / (1 - chance) for chance in DROP_CHANCES)):
        masks = masks_of(call, got, scale)
        if masks is not None and masks.any() and not masks.all():
            return scale
    return None


def masks_of(call: Call, got: Outcome | None, scale: float) -> np.ndarray | None:
    """Return whether each active hidden unit was kept, image by image, in one row; None where no mask explains it."""
    params, X = call.args
    assert isinstance(params, Params)
    assert isinstance(X, np.ndarray)
    p = truth.in_float64(params)
    if not isinstance(got, np.ndarray) or got.shape != (len(X), len(p.b2)) or not np.isfinite(got).all():
        return None
    allowed = RTOL * float(np.abs(got).max())
    masks = []
    for activations, logits in zip(relu(truth.preactivation(p, X)), got - p.b2, strict=True):
        active = activations > 0
        subsets = np.array(list(itertools.product((False, True), repeat=int(active.sum()))))  # (2^active, active)
        gaps = np.abs(subsets @ (scale * activations[active, None] * p.W2[active]) - logits).max(axis=1)
        best = int(gaps.argmin())
        if not gaps[best] <= allowed:
            return None
        masks.append(subsets[best])
    return np.concatenate(masks)


def _read_off(
    measure: Callable[[np.ndarray, Params, np.ndarray], float], network: Callable[[float], Callable[..., np.ndarray]]
) -> Predict:
    """Return the prediction of a network with one number in it, which is read off the first answer."""

    def predict(case: Case) -> Sequence[Outcomes]:
        params, X = case.seen["batch"].call.args
        got = case.observed.get(("batch", "value"))
        assert isinstance(params, Params)
        assert isinstance(X, np.ndarray)
        if not isinstance(got, np.ndarray) or got.shape != (len(X), len(params.b2)):
            return ()
        number = measure(got, params, X)
        return any_of(network(number))(case) if np.isfinite(number) else ()

    return predict


def _slope(got: np.ndarray, p: Params, X: np.ndarray) -> float:
    negative = np.minimum(hidden(p, X), 0) @ p.W2
    slope = float(np.vdot(got - right(p, X), negative) / np.vdot(negative, negative))
    return slope if 1e-4 < abs(slope) < 0.9 else np.nan


def _scale(got: np.ndarray, p: Params, X: np.ndarray) -> float:
    product = relu(hidden(p, X)) @ p.W2
    scale = float(np.vdot(got - p.b2, product) / np.vdot(product, product))
    return scale if 1e-3 < abs(scale) < 1e3 else np.nan


def _centred_in_place(p: Params, X: np.ndarray) -> np.ndarray:
    X -= X.mean()
    return right(p, X)


def _standardised_in_place(p: Params, X: np.ndarray) -> np.ndarray:
    X -= X.mean(axis=0)
    return right(p, X)


def _divided_in_place(p: Params, X: np.ndarray) -> np.ndarray:
    X /= 255
    return right(p, X)


OF_ANOTHER_NETWORK = tuple(
    mistake(
        id=f"forward-{wrong.name}",
        did=wrong.did,
        why=wrong.why,
        see=wrong.see,
        fix=wrong.fix,
        gives=any_of(*wrong.networks),
    )
    for wrong in WRONG_NETWORKS
)

OTHERS = (
    mistake(
        id="forward-leaky",
        did="The activation lets a share of what is negative through: a leaky ReLU.",
        why=OTHER_FUNCTION,
        see=NEGATIVE,
        fix="What does the task's activation do to a negative number?",
        gives=_read_off(_slope, lambda slope: activated(leaky(slope))),
    ),
    mistake(
        id="forward-scaled-hidden",
        did="The hidden activations are multiplied by a constant at inference.",
        why="Dropout that is inverted rescales while it drops, so that nothing is left to rescale afterwards.",
        see="Compare your hidden layer with relu(X W1 + b1) for one image.",
        fix=INFERENCE,
        gives=_read_off(_scale, lambda scale: lambda p, X: scale * relu(hidden(p, X)) @ p.W2 + p.b2),
    ),
    mistake(
        id="forward-dropout-at-inference",
        did="Hidden units are dropped although nothing is being trained.",
        why="Dropout is for training; at inference it only adds noise to the answers.",
        see="Ask twice about the same images, and with a generator that is seeded otherwise.",
        fix=INFERENCE,
        gives=same_trait("value", DROPPED),
    ),
    mistake(
        id="forward-probabilities",
        did="Probabilities are returned: a softmax stands on top of the logits.",
        why=TWICE_SOFTMAX,
        see=ROWS,
        fix=LAST_LINE,
        gives=answers(lambda p, X: softmax(right(p, X))),
    ),
    mistake(
        id="forward-log-probabilities",
        did="Logarithms of probabilities are returned: a log-softmax stands on top of the logits.",
        why="They differ from the logits by one number in each row: a loss does not notice, a comparison does.",
        see="Print the sums of the exponentials of each row of your answer.",
        fix=LAST_LINE,
        gives=any_of(
            lambda p, X: np.log(softmax(right(p, X))),
            lambda p, X: (z := right(p, X)) - np.log(np.exp(z).sum(axis=1, keepdims=True)),
        ),
    ),
    mistake(
        id="forward-probabilities-along-images",
        did="A softmax along the images (axis 0) stands on top of the logits.",
        why=f"Each column sums to one, so an image's answer depends on its neighbours. {TWICE_SOFTMAX}",
        see="Print the sums of the rows and of the columns of your answer.",
        fix=LAST_LINE,
        gives=answers(lambda p, X: softmax(right(p, X), axis=0)),
    ),
    mistake(
        id="forward-sigmoid-on-the-output",
        did="A sigmoid or tanh stands behind the output layer.",
        why="Logits are unbounded: the loss turns them into probabilities by itself.",
        see="Print the smallest and the largest entry of your answer.",
        fix=LAST_LINE,
        gives=any_of(lambda p, X: sigmoid(right(p, X)), lambda p, X: np.tanh(right(p, X))),
    ),
    mistake(
        id="forward-transposed",
        did="The logits come as (K, N): classes as rows, images as columns.",
        why="The contract keeps images as rows throughout.",
        see=SHAPES,
        fix="Which shape has your answer for 7 images and 5 classes?",
        gives=answers(lambda p, X: right(p, X).T),
    ),
    mistake(
        id="forward-labels",
        did="The likeliest class of each image is returned, not its logits.",
        why="That is what predict is for; the loss needs the logits themselves.",
        see=SHAPES,
        fix=LAST_LINE,
        gives=answers(lambda p, X: right(p, X).argmax(axis=1)),
    ),
    mistake(
        id="forward-hidden-layer",
        did="The hidden layer is returned; the second layer is missing.",
        why="Its width is H, not the number of classes.",
        see=SHAPES,
        fix="Which of the four arrays of params does your code use, and each of them where?",
        gives=any_of(lambda p, X: relu(hidden(p, X)), hidden),
    ),
    mistake(
        id="forward-intermediate-values-too",
        did="More than the logits is returned: hidden layer, probabilities or a cache come along.",
        why="The backward pass may need them, but whoever calls forward expects one array.",
        see="Print the type of what your forward returns.",
        fix="How can the backward pass get what it needs without changing what forward returns?",
        gives=any_of(
            *(lambda p, X, n=count: (right(p, X),) * n for count in (2, 3, 4)),
            *(lambda p, X, n=count: [right(p, X)] * n for count in (2, 3, 4)),
            read=read,
        ),
    ),
    mistake(
        id="forward-squeezed",
        did="Axes of length one are removed, so a single image loses its row.",
        why="squeeze and its kin do the same to every axis of length one, whichever it is.",
        see="Print the shape of your answer for a single image.",
        fix="Which shape belongs to one image and five classes?",
        gives=any_of(lambda p, X: np.squeeze(right(p, X))),
    ),
    mistake(
        id="forward-rounded",
        did="The logits are rounded.",
        why="Rounding has no slope, and near ties are decided by chance.",
        see="Print the answer with 10 digits.",
        fix="Rounding is for printing: where else does your code do it?",
        gives=any_of(
            *(lambda p, X, d=decimals: np.round(right(p, X), d) for decimals in (0, 1, 2, 3)),
            lambda p, X: right(p, X).astype(np.int64),
        ),
    ),
    mistake(
        id="forward-images-changed-in-place",
        did="The images are centred or scaled in the very array that was given: the caller's images are changed.",
        why="A second call with the same array then sees other images, and answers otherwise.",
        see=BEFORE_AND_AFTER,
        fix=WRITES,
        gives=any_of(_centred_in_place, _standardised_in_place, _divided_in_place),
    ),
    mistake(
        id="forward-writes-into-images",
        did="The logits are right, but the array of images that was given is written into.",
        why="The next call with the same array then sees other images.",
        see=BEFORE_AND_AFTER,
        fix=WRITES,
        gives=same_trait(CHANGED, "1"),
    ),
    mistake(
        id="forward-writes-into-params",
        did="The logits are right, but the params that were given are written into.",
        why="The network is another one after it was asked.",
        see=BEFORE_AND_AFTER,
        fix=WRITES,
        gives=same_trait(CHANGED, "0"),
    ),
)

CATALOGUE = Catalogue(
    criterion="forward",
    observe=observe,
    right=answers(truth.forward, dtypes=False),
    mistakes=(*OF_ANOTHER_NETWORK, *OTHERS),
    rtol=RTOL,
    further=further,
)
