"""Wrong losses that are another formula than the cross-entropy."""

from typing import Any

import numpy as np

from graders.mistaken.loss_parts import (
    BY_HAND,
    CERTAIN,
    DEFINITION,
    MEAN,
    ONE_CLASS,
    ONE_IMAGE,
    SHIFT,
    ZEROS,
    WrongLoss,
    at_label,
    binary,
    each,
    log_softmax,
    one_hot,
    softmax,
)

NOT_THE_LOSS = "It falls while the network learns, so it looks right; but it is not what P - Y is the gradient of."


def _unlogged(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401 - whatever a wrong function returns
    return np.mean(np.exp(z).sum(axis=1) - at_label(z, y))


def _unlogged_shifted(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    s = z - z.max(axis=1, keepdims=True)
    return np.mean(np.exp(s).sum(axis=1) - at_label(s, y))


def _half_shifted(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    s = z - z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(s).sum(axis=1)) - at_label(z, y))


def _squares(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    squares: np.ndarray = (softmax(z) - one_hot(z, y)) ** 2
    return squares


def _binary_stable(z: np.ndarray, y: np.ndarray) -> Any:  # noqa: ANN401
    others = np.where(one_hot(z, y) == 1, 0, np.log(1 - softmax(z)))
    return np.mean(each(z, y) - others.sum(axis=1))


def _softplus(z: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.logaddexp(0, z)
    return found


FORMULAS = (
    WrongLoss(
        name="softmax-twice",
        did="A softmax is applied twice: what comes in are logits, and they go through it before the loss's own.",
        why="A certain network still pays log(1 + (K - 1)/e), and gradients become small.",
        see=CERTAIN,
        fix="How often are exponentials taken on the way from the logits to the loss?",
        losses=[lambda z, y: each(softmax(z), y).mean()],
    ),
    WrongLoss(
        name="no-softmax",
        did="The logarithm is taken of the logits themselves, as if they were probabilities.",
        why="Logits may be negative, and the logarithm of a negative number is NaN.",
        see=BY_HAND,
        fix="What comes in are logits: what turns them into probabilities?",
        losses=[lambda z, y: -np.mean(np.log(at_label(z, y)))],
    ),
    WrongLoss(
        name="logit-of-the-right-class",
        did="The loss is minus the right class's logit: the logarithm of the sum over the classes is missing.",
        why="Nothing holds the other logits back, so the loss falls for ever as all logits grow.",
        see="Add 10 to all logits of one image: its loss must not change.",
        fix=DEFINITION,
        losses=[lambda z, y: -np.mean(at_label(z, y))],
    ),
    WrongLoss(
        name="no-log-of-the-sum",
        did="The loss is the sum of the exponentials minus the right logit: the logarithm of that sum is missing.",
        why="log P is a difference of two logarithms, and only one of them undoes an exponential.",
        see=ZEROS,
        fix=DEFINITION,
        losses=[_unlogged, _unlogged_shifted],
    ),
    WrongLoss(
        name="shift-in-one-term",
        did="The maximum is taken out of the sum of exponentials and not out of the right logit, or the reverse.",
        why="The two terms then speak of different logits, and the loss can become negative.",
        see="Add 10 to all logits of one image: its loss must not change.",
        fix=SHIFT,
        losses=[
            _half_shifted,
            lambda z, y: np.mean(np.log(np.exp(z).sum(axis=1)) - at_label(z - z.max(axis=1, keepdims=True), y)),
        ],
    ),
    WrongLoss(
        name="no-log",
        did="The loss is made of the probabilities of the right classes themselves; the logarithm is missing.",
        why=NOT_THE_LOSS,
        see=CERTAIN,
        fix=DEFINITION,
        losses=[
            lambda z, y: -np.mean(at_label(softmax(z), y)),
            lambda z, y: 1 - np.mean(at_label(softmax(z), y)),
            lambda z, y: np.mean(at_label(softmax(z), y)),
        ],
    ),
    WrongLoss(
        name="log-of-the-mean",
        did="The logarithm is taken of the mean probability; the mean belongs outside the logarithm.",
        why="One hopeless image hardly counts that way, although its own loss is large.",
        see="Work out the loss of two images by hand whose right classes have P = 0.9 and P = 0.1.",
        fix=MEAN,
        losses=[lambda z, y: -np.log(np.mean(at_label(softmax(z), y)))],
    ),
    WrongLoss(
        name="perplexity",
        did="The exponential of the loss is returned: the perplexity.",
        why=NOT_THE_LOSS,
        see=CERTAIN,
        fix=DEFINITION,
        losses=[lambda z, y: np.exp(np.mean(each(z, y)))],
    ),
    WrongLoss(
        name="binary",
        did="It is the binary cross-entropy: the other classes' log(1 - P) are added in.",
        why="That is for K separate yes-or-no questions. After a softmax the K answers share one sum already.",
        see=BY_HAND,
        fix=ONE_CLASS,
        losses=[
            _binary_stable,
            lambda z, y: np.mean(each(z, y) - ((1 - one_hot(z, y)) * np.log(1 - softmax(z))).sum(axis=1)),
            *binary(),
        ],
    ),
    WrongLoss(
        name="binary-with-sigmoids",
        did="It is the binary cross-entropy of a sigmoid for each logit.",
        why="K separate yes-or-no questions are asked, where one class among K is sought.",
        see=BY_HAND,
        fix=ONE_CLASS,
        losses=[
            lambda z, y: np.mean((_softplus(z) - one_hot(z, y) * z).sum(axis=1)),
            lambda z, y: np.mean(_softplus(z) - one_hot(z, y) * z),
        ],
    ),
    WrongLoss(
        name="sigmoid",
        did="A sigmoid of the right class's logit stands where its softmax probability belongs.",
        why="The other logits do not count, so the loss falls for ever as all logits grow.",
        see="Add 10 to all logits of one image: its loss must not change.",
        fix=ONE_IMAGE,
        losses=[lambda z, y: np.mean(_softplus(-at_label(z, y)))],
        root="softmax-sigmoid",
    ),
    WrongLoss(
        name="squared-error",
        did="It is the squared error between probabilities and one-hot labels.",
        why=NOT_THE_LOSS,
        see=BY_HAND,
        fix=DEFINITION,
        losses=[
            lambda z, y: _squares(z, y).sum(axis=1).mean(),
            lambda z, y: _squares(z, y).sum(axis=1).mean() / 2,
            lambda z, y: _squares(z, y).mean(),
            lambda z, y: _squares(z, y).mean() / 2,
        ],
    ),
    WrongLoss(
        name="entropy",
        did="It is the entropy of the probabilities: P stands where the labels belong, and y is not used.",
        why="The loss is small as soon as the network is certain, whether it is right or not.",
        see="Change the labels: the loss must change.",
        fix=ONE_CLASS,
        losses=[
            lambda z, _y: -np.mean((softmax(z) * log_softmax(z)).sum(axis=1)),
            lambda z, _y: -np.mean((softmax(z) * np.log(softmax(z))).sum(axis=1)),
        ],
    ),
    WrongLoss(
        name="label-ignored",
        did="The loss is that of the likeliest class, whatever the label.",
        why="The network is rewarded for being certain, not for being right.",
        see="Change the labels: the loss must change.",
        fix=ONE_CLASS,
        losses=[lambda z, _y: -np.mean(log_softmax(z).max(axis=1))],
    ),
    WrongLoss(
        name="every-class",
        did="The log P of all classes is averaged, not that of the right class.",
        why="The label does not enter, so the network learns to find every class equally likely.",
        see="Change the labels: the loss must change.",
        fix=ONE_CLASS,
        losses=[lambda z, _y: -np.mean(log_softmax(z)), lambda z, _y: -np.mean(log_softmax(z).sum(axis=1))],
    ),
)
