"""Mistakes in the argument `weight_decay` of `loss_and_grads`: what each adds to the loss and to the four gradients."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from graders.catalogue.weight_decay_repeated import REPEATED
from graders.measure import truth
from graders.mistaken.decayed import (
    BIASES,
    STILL,
    WEIGHTS,
    Added,
    Asked,
    Penalty,
    added_to,
    adds,
    further,
    half_squares,
    left_out,
    loses,
    observe,
    questions,
    right,
    whole,
)
from graders.naming.mistake import Case, Catalogue, Mistake, Outcomes, Predict
from graders.naming.styles import either

NEAR = 1e-3  # a fixed number this near to 1 or to λ is another mistake

ZERO_GRADIENT = "Call it once with weight_decay=0 and once with 0.1, and print (difference of dW1) / (0.1 · W1)."
TWO_LAMBDAS = "Call it with weight_decay=0.1 and 0.2, and print by how much each array moves from one to the other."

mistake = partial(Mistake, criterion="weight_decay")
of_the_size = partial(
    mistake,
    why="It trains without an error message, and the λ of a report then means something else than the λ in the code.",
    see=ZERO_GRADIENT,
    fix="What is the derivative of ½·λ·w² with respect to one weight w, and does the number of images enter it?",
)
of_the_derivative = partial(
    mistake,
    why="Each weight is pulled towards zero by its own size; another term pulls it somewhere else.",
    see=ZERO_GRADIENT,
    fix="Write the penalty for a network with two weights, and differentiate it with respect to the first.",
)
of_the_arrays = partial(
    mistake,
    why="The penalty is on the weights of both layers: a layer without it grows freely, a bias with it is held back.",
    see=ZERO_GRADIENT,
    fix="Which of the four arrays are weights, and in which of your four gradients does λ enter?",
)
of_the_argument = partial(
    mistake,
    why="The argument promises a strength, and the runs of a report that compares several of them are all alike.",
    see=TWO_LAMBDAS,
    fix="Follow weight_decay from the function's head to the four gradients: where does it arrive?",
)
of_the_penalty = partial(
    mistake,
    why="The gradient returned is then not that of the loss returned, and a gradient check by differences fails.",
    see="Divide (loss with λ minus loss without) by λ, and compare it with half the sum of all squared weights.",
    fix="Which function of the weights has the derivative λ·W, and which arrays does it sum over?",
)


def _times(factor: Callable[[Asked], float]) -> Added:
    return lambda W, asked: factor(asked) * W


def _fixed(case: Case) -> Sequence[Outcomes]:
    """Return the changes under one fixed number in the place of λ, read off the answers, for both layers and all λ."""
    (first, asked), *_ = questions(case).items()
    change, W = case.observed.get((first, "W1")), asked.params.W1
    if not isinstance(change, np.ndarray) or change.shape != W.shape:
        return ()
    fixed = asked.decay * float(np.vdot(change, W)) / float(np.vdot(W, W))
    if abs(fixed) < STILL or any(abs(abs(fixed) - known) < NEAR * known for known in (1.0, asked.decay)):
        return ()
    return adds(
        _times(lambda a: fixed / a.decay),
        layers=(WEIGHTS,),
        penalties=(lambda a: fixed / a.decay * half_squares(a),),
    )(case)


def _nothing(W: np.ndarray, _asked: Asked) -> np.ndarray:
    return 0 * W


def _sign(W: np.ndarray, _asked: Asked) -> np.ndarray:
    sign: np.ndarray = np.sign(W)
    return sign


def _only(*names: str) -> Penalty:
    return lambda asked: 0.5 * asked.squares(*names)


def _absolute(asked: Asked) -> float:
    return float(np.abs(asked.params.W1).sum() + np.abs(asked.params.W2).sum())


def _norms(asked: Asked) -> float:
    return float(np.linalg.norm(asked.params.W1) + np.linalg.norm(asked.params.W2))


def _means(asked: Asked) -> float:
    return 0.5 * float(np.mean(asked.params.W1**2) + np.mean(asked.params.W2**2))


def _scaled(factor: Callable[[Asked], float]) -> Penalty:
    return lambda asked: factor(asked) * half_squares(asked)


def _size(change: Callable[[Asked], float]) -> Predict:
    """Return the prediction that the term is a factor off, in the gradients of one layer or both, the loss with it."""
    return adds(_times(change), penalties=(_scaled(change),))


def _replacing(case: Case) -> Sequence[Outcomes]:
    """Return the changes where λ·W takes the place of the student's own gradient."""
    found = []
    for outcomes in adds(whole, layers=(WEIGHTS,))(case):
        told = dict(outcomes)
        for question, asked in questions(case).items():
            told |= {(question, n): getattr(asked.params, n) - asked.own[n] / asked.decay for n in WEIGHTS}
        found.append(told)
    return found


def _still(penalty: Penalty, trains: str) -> Predict:
    """Return the prediction that no gradient changes."""
    return lambda case: added_to(case, WEIGHTS, _nothing, penalty, biases=None, trains=trains)


MISTAKES = (
    of_the_size(
        id="weight-decay-doubled",
        did="The decay is doubled: 2·λ·W is added to a weight gradient.",
        gives=_size(lambda _: 2.0),
    ),
    of_the_size(
        id="weight-decay-halved",
        did="The decay is halved: ½·λ·W is added to a weight gradient, as if the ½ of the penalty had stayed.",
        gives=_size(lambda _: 0.5),
    ),
    of_the_size(
        id="weight-decay-divided-by-n",
        did="The decay is divided by the number of images N, though the penalty belongs to no image.",
        gives=_size(lambda asked: 1 / asked.N),
    ),
    of_the_size(
        id="weight-decay-times-n",
        did="The decay is multiplied by the number of images N, though the penalty belongs to no image.",
        gives=_size(lambda asked: asked.N),
    ),
    of_the_size(
        id="weight-decay-sign",
        did="The decay is subtracted from the gradient, so that the weights grow.",
        gives=_size(lambda _: -1.0),
    ),
    of_the_size(
        id="weight-decay-squared-lambda",
        did="The decay is λ²·W: the argument enters twice.",
        gives=_size(lambda asked: asked.decay),
    ),
    of_the_size(
        id="weight-decay-without-lambda",
        did="W itself is added to a weight gradient, without λ.",
        gives=_size(lambda asked: 1 / asked.decay),
    ),
    of_the_size(
        id="weight-decay-mean-penalty",
        did="The decay is divided by the number of entries of W: the penalty is taken as a mean, not as a sum.",
        gives=adds(lambda W, _: W / W.size, penalties=(_means, lambda asked: 2 * _means(asked))),
    ),
    of_the_derivative(
        id="weight-decay-l1",
        did="λ·sign(W) is added, the derivative of the penalty λ·|W|.",
        gives=adds(_sign, penalties=(_absolute,)),
    ),
    of_the_derivative(
        id="weight-decay-scalar-sum",
        did="λ·sum(W) is added: one number for all entries.",
        gives=adds(lambda W, _: np.full_like(W, W.sum())),
    ),
    of_the_derivative(
        id="weight-decay-penalty-as-gradient",
        did="The penalty itself, a sum of squares, is added to every entry of the gradient, not its derivative.",
        gives=either(
            adds(lambda W, _: np.full_like(W, 0.5 * (W**2).sum())),
            adds(lambda W, _: np.full_like(W, (W**2).sum())),
            adds(lambda W, asked: np.full_like(W, half_squares(asked))),
            adds(lambda W, asked: np.full_like(W, 2 * half_squares(asked))),
        ),
    ),
    of_the_derivative(
        id="weight-decay-of-the-square",
        did="λ·W² is added, the penalty's terms in the place of their derivatives.",
        gives=either(adds(lambda W, _: W**2), adds(lambda W, _: 0.5 * W**2)),
    ),
    of_the_derivative(
        id="weight-decay-replaces-the-gradient",
        did="λ·W takes the place of the gradient (= where += belongs): with decay nothing is learned from the images.",
        gives=_replacing,
    ),
    of_the_arrays(
        id="weight-decay-on-biases",
        did="The biases decay too: λ·b is added to db1 and db2.",
        gives=adds(whole, layers=((),), biases=whole, penalties=(_only(*truth.NAMES),)),
    ),
    of_the_arrays(
        id="weight-decay-w1-forgotten",
        did="W2 alone decays: nothing is added to dW1.",
        gives=adds(_nothing, layers=(("W1",),), penalties=(_only("W2"),)),
    ),
    of_the_arrays(
        id="weight-decay-w2-forgotten",
        did="W1 alone decays: nothing is added to dW2.",
        gives=adds(_nothing, layers=(("W2",),), penalties=(_only("W1"),)),
    ),
    of_the_arrays(
        id="weight-decay-biases-for-weights",
        did="The biases decay and the weights do not.",
        gives=adds(_nothing, layers=(WEIGHTS,), biases=whole, penalties=(_only(*BIASES),), trains="does not"),
    ),
    of_the_argument(
        id="weight-decay-ignored",
        did="Your function does not use its argument weight_decay: neither the loss nor a gradient changes with it.",
        gives=_still(left_out, "does not"),
    ),
    of_the_argument(
        id="weight-decay-loss-only",
        did="The loss holds the penalty, and the gradients do not know of it, so nothing decays.",
        gives=_still(half_squares, "does not"),
    ),
    of_the_argument(
        id="weight-decay-decoupled",
        did="Your train shrinks the weights on its own; the gradients of loss_and_grads know nothing of weight_decay.",
        gives=either(_still(left_out, "decays"), _still(half_squares, "decays")),
    ),
    of_the_argument(
        id="weight-decay-fixed-lambda",
        did="A fixed number stands where the argument weight_decay belongs: the term is the same for every λ.",
        gives=_fixed,
    ),
    of_the_penalty(
        id="weight-decay-penalty-without-half",
        did="The loss holds λ·‖W‖², without the ½; the gradients are right.",
        gives=loses(_scaled(lambda _: 2.0)),
    ),
    of_the_penalty(
        id="weight-decay-penalty-with-biases",
        did="The penalty in the loss sums over the biases too; the gradients are right.",
        gives=loses(_only(*truth.NAMES)),
    ),
    of_the_penalty(
        id="weight-decay-penalty-of-norms",
        did="The penalty in the loss is made of the norms of W1 and W2, not of their squares.",
        gives=either(loses(_norms), loses(lambda asked: 0.5 * _norms(asked))),
    ),
    of_the_penalty(
        id="weight-decay-penalty-divided-by-n",
        did="The penalty in the loss is divided by the number of images N; the gradients are right.",
        gives=either(loses(_scaled(lambda asked: 1 / asked.N)), loses(_scaled(lambda asked: 2 / asked.N))),
    ),
    of_the_penalty(
        id="weight-decay-penalty-sign",
        did="The penalty is subtracted from the loss; the gradients are right.",
        gives=loses(_scaled(lambda _: -1.0)),
    ),
    of_the_penalty(
        id="weight-decay-penalty-of-one-layer",
        did="The penalty in the loss sums over one layer's weights alone; the gradients are right.",
        gives=either(loses(_only("W1")), loses(_only("W2"))),
    ),
    of_the_penalty(
        id="weight-decay-penalty-mean",
        did="The penalty in the loss is a mean over the entries, not a sum; the gradients are right.",
        gives=either(loses(_means), loses(lambda asked: 2 * _means(asked))),
    ),
    *REPEATED,
)

CATALOGUE = Catalogue(
    criterion="weight_decay",
    observe=observe,
    right=right,
    mistakes=MISTAKES,
    further=further,
)
