"""Mistakes of the gradients that show under weight decay a second time, where λ·W meets them."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from graders.foundation.call import Params
from graders.measure import truth
from graders.mistaken.decayed import (
    BIASES,
    EITHER,
    LAYERS,
    SHAPES,
    WITHOUT,
    Asked,
    added_to,
    adds,
    odd_shapes,
    questions,
    whole,
)
from graders.mistaken.wrong_passes import PARTS, STEPS
from graders.naming.mistake import ENDING, RAISED, Case, Key, Mistake, Outcome, Outcomes, Predict
from graders.naming.styles import either

mistake = partial(
    Mistake,
    criterion="weight_decay",
    why="λ·W is added to what your gradients are without decay, and these are not what the contract says.",
    see="Print the shape of each gradient beside that of its parameter, with weight_decay=0 and with 0.1.",
    fix="Mend the gradients without decay first, and look here again.",
)


def _placed(order: Sequence[str]) -> Predict:
    """Return the prediction that the arrays are right and come back in another order."""

    def predict(case: Case) -> list[Outcomes]:
        found: list[Outcomes] = []
        for penalty in EITHER:
            outcomes = dict(added_to(case, (), whole, penalty, biases=None, trains="decays"))
            moved = {
                (question, place): _laid_out(outcomes[question, name], place)
                for question in questions(case)
                for place, name in zip(truth.NAMES, order, strict=True)
            }
            like = {place: getattr(_params(case), name).shape for place, name in zip(truth.NAMES, order, strict=True)}
            found.append({**outcomes, **moved, (WITHOUT, SHAPES): odd_shapes(like, _params(case))})
        return found

    return predict


def _laid_out(outcome: Outcome, place: str) -> Outcome:
    """Return an array as it is read in a place: flat where a bias's gradient belongs."""
    return outcome.ravel() if isinstance(outcome, np.ndarray) and place in BIASES else outcome


def _params(case: Case) -> Params:
    (first, *_) = questions(case).values()
    return first.params


def _transposed(weights: Sequence[str]) -> Predict:
    """Return the prediction that these gradients are transposed: λ·W fits no more, or is transposed as well."""

    def predict(case: Case) -> list[Outcomes]:
        params = _params(case)
        like = {n: getattr(params, n).shape[:: -1 if n in weights else 1] for n in truth.NAMES}
        shapes: Mapping[Key, Outcome] = {(WITHOUT, SHAPES): odd_shapes(like, params)}
        raised = {(question, ENDING): RAISED for question in questions(case)}
        turned = adds(lambda W, _: W.T, layers=(weights,))(case)
        return [{**raised, **shapes}, *({**outcomes, **shapes} for outcomes in turned)]

    return predict


def _alone(case: Case) -> Outcomes:
    """Return what is seen where the loss does not come back."""
    told = dict.fromkeys(((question, part) for question in questions(case) for part in PARTS), "four arrays")
    return {**told, (WITHOUT, SHAPES): "four arrays"}


def _stepped(lr: float) -> Predict:
    """Return the prediction that W2 had made a step of this length before λ·W2 was added."""

    def moved(asked: Asked) -> np.ndarray:
        stepped: np.ndarray = asked.params.W2 - lr * asked.own["W2"]
        return stepped

    def penalty(asked: Asked) -> float:
        return 0.5 * (asked.squares("W1") + float(np.sum(moved(asked) ** 2)))

    return adds(lambda _, asked: moved(asked), layers=(("W2",),), penalties=(penalty,))


REPEATED = (
    mistake(
        id="weight-decay-of-transposed-gradients",
        did="The weight gradients are transposed, so λ·W cannot be added to them, or is transposed with them.",
        gives=either(*(_transposed(weights) for weights in LAYERS)),
        root="gradients-transposed",
    ),
    mistake(
        id="weight-decay-of-gradients-in-another-order",
        did="The gradients come back as (dW1, dW2, db1, db2), so λ·W2 arrives in the place of db1.",
        gives=_placed(("W1", "W2", "b1", "b2")),
        root="gradients-order",
    ),
    mistake(
        id="weight-decay-of-gradients-from-the-output-on",
        did="The gradients come back from the output on, so λ·W2 arrives in the place of dW1.",
        gives=_placed(("W2", "b2", "W1", "b1")),
        root="gradients-output-layer-first",
    ),
    mistake(
        id="weight-decay-without-the-loss",
        did="The gradients come back alone, so neither loss nor gradients are where they are looked for.",
        gives=_alone,
        root="gradients-without-the-loss",
    ),
    mistake(
        id="weight-decay-of-updated-w2",
        did="λ·W2 is added with a W2 that was stepped already inside the function.",
        gives=either(*(_stepped(lr) for lr in STEPS)),
        root="gradients-updated-w2",
    ),
)
