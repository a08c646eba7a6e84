"""Mistakes in `predict(params, X)`: what is returned instead of labels, and a network of its own that is wrong."""

from functools import partial

import numpy as np

from graders.foundation.call import Params
from graders.measure import truth
from graders.mistaken.label_traits import DROPPED, further, observe, read
from graders.mistaken.loss_parts import softmax
from graders.mistaken.wrong_networks import WRONG_NETWORKS, Network, activated, hidden, leaky, right
from graders.naming.functions import CHANGED, answers
from graders.naming.mistake import Catalogue, Mistake
from graders.naming.styles import any_of, same_trait

AXIS = "Along which axis of the logits (N, K) do the classes of one image lie?"
SHAPE = "Print the shape of what you return for 7 images and 5 classes: it has 7 entries, one for each image."
BESIDE = "Print the logits of three images, and your labels beside them."
ONE_LABEL = "What is asked for is one whole number for each image: which of its classes is the likeliest?"
OWN_NETWORK = "Does prediction need a forward pass of its own, where you have written one already?"
TWO_COPIES = (
    "The forward pass stands here a second time, and this copy is another network than the one that was trained."
)
BEFORE_AND_AFTER = "Print the argument before and after the call."
WRITES = "Which of your statements writes into an argument, as += and out= do?"
FROM_ZERO = "Accuracy compares with labels that count from 0: hardly one of them can agree."

mistake = partial(Mistake, criterion="predict")


def _labels(network: Network) -> Network:
    def labels(p: Params, X: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.asarray(network(p, X)).argmax(axis=1)
        return found

    return labels


def _first_above(threshold: float) -> Network:
    return lambda p, X: (softmax(right(p, X)) > threshold).argmax(axis=1)


def _one_hot(p: Params, X: np.ndarray) -> np.ndarray:
    z = right(p, X)
    hot: np.ndarray = (z == z.max(axis=1, keepdims=True)) * 1.0
    return hot


OWN_NETWORKS = tuple(
    mistake(
        id=f"predict-{wrong.name}",
        did=f"The labels come from a forward pass of its own. {wrong.did}",
        why=f"{TWO_COPIES} {wrong.why}",
        see="Compare your labels with the likeliest classes that your forward gives.",
        fix=OWN_NETWORK,
        gives=any_of(*map(_labels, wrong.networks), read=read),
        root=f"forward-{wrong.name}",
    )
    for wrong in WRONG_NETWORKS
)

OTHERS = (
    mistake(
        id="predict-leaky",
        did="The labels come from a forward pass of its own, with a leaky ReLU.",
        why=TWO_COPIES,
        see="Compare your labels with the likeliest classes that your forward gives.",
        fix=OWN_NETWORK,
        gives=any_of(
            *(_labels(activated(leaky(slope))) for slope in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.3)), read=read
        ),
        root="forward-leaky",
    ),
    mistake(
        id="predict-dropout",
        did="Hidden units are dropped while labels are predicted.",
        why="Dropout is for training; here it makes the labels depend on chance.",
        see="Ask twice about the same images.",
        fix="What does dropout do while training, and what is left of it at inference?",
        gives=same_trait("value", DROPPED),
        root="forward-dropout-at-inference",
    ),
    mistake(
        id="predict-along-images",
        did="The argmax runs along the images (axis 0): for each class it finds the image that is likeliest.",
        why="It still returns whole numbers that look like labels; only their count gives it away.",
        see=SHAPE,
        fix=AXIS,
        gives=any_of(
            lambda p, X: right(p, X).argmax(axis=0), lambda p, X: softmax(right(p, X)).argmax(axis=0), read=read
        ),
    ),
    mistake(
        id="predict-softmax-along-images",
        did="The largest of probabilities is sought that are normalised along the images (axis 0).",
        why="Each column is then divided by another number, which changes the order within a row.",
        see="Print the sums of the rows of the probabilities that you compare.",
        fix=AXIS,
        gives=any_of(lambda p, X: softmax(right(p, X), axis=0).argmax(axis=1), read=read),
        root="softmax-along-images",
    ),
    mistake(
        id="predict-probabilities",
        did="The probabilities of all classes are returned, not a label for each image.",
        why="Whoever counts right labels compares K numbers with one.",
        see=SHAPE,
        fix=ONE_LABEL,
        gives=any_of(lambda p, X: softmax(right(p, X)), lambda p, X: 1 / (1 + np.exp(-right(p, X))), read=read),
    ),
    mistake(
        id="predict-logits",
        did="The logits of all classes are returned, not a label for each image.",
        why="Whoever counts right labels compares K numbers with one.",
        see=SHAPE,
        fix=ONE_LABEL,
        gives=any_of(right, read=read),
    ),
    mistake(
        id="predict-one-hot",
        did="One-hot rows are returned, not a label for each image.",
        why="Whoever counts right labels compares K numbers with one.",
        see=SHAPE,
        fix=ONE_LABEL,
        gives=any_of(_one_hot, read=read),
    ),
    mistake(
        id="predict-sorted-classes",
        did="All classes are returned in the order of their logits, not the likeliest alone.",
        why="argsort says where each of the sorted entries stood; a label is one of them.",
        see=SHAPE,
        fix=ONE_LABEL,
        gives=any_of(
            lambda p, X: np.argsort(right(p, X), axis=1), lambda p, X: np.argsort(-right(p, X), axis=1), read=read
        ),
    ),
    mistake(
        id="predict-least-likely",
        did="The unlikeliest class is returned: the place of the smallest logit.",
        why="argmin, or the wrong end of a sorted row.",
        see=BESIDE,
        fix=ONE_LABEL,
        gives=any_of(lambda p, X: right(p, X).argmin(axis=1), read=read),
    ),
    mistake(
        id="predict-second-best",
        did="The second likeliest class is returned.",
        why="A sorted row is read one place beside its end.",
        see=BESIDE,
        fix=ONE_LABEL,
        gives=any_of(lambda p, X: np.argsort(right(p, X), axis=1)[:, -2], read=read),
    ),
    mistake(
        id="predict-whole-matrix",
        did="The argmax is that of the whole matrix of logits: one number for all images.",
        why="Without an axis, argmax counts through all N·K entries as if they stood in one row.",
        see=SHAPE,
        fix=AXIS,
        gives=any_of(lambda p, X: right(p, X).argmax(), lambda p, X: right(p, X).argmax() % len(p.b2), read=read),
    ),
    mistake(
        id="predict-from-one",
        did="Every label is one too large: classes are counted from 1.",
        why=FROM_ZERO,
        see=BESIDE,
        fix="Which label belongs to the first column?",
        gives=any_of(lambda p, X: right(p, X).argmax(axis=1) + 1, read=read),
    ),
    mistake(
        id="predict-one-too-small",
        did="Every label is one too small.",
        why=FROM_ZERO,
        see=BESIDE,
        fix="Which label belongs to the first column?",
        gives=any_of(lambda p, X: right(p, X).argmax(axis=1) - 1, read=read),
    ),
    mistake(
        id="predict-largest-logit",
        did="The largest logit or probability itself is returned, not the class that it belongs to.",
        why="max gives the value, argmax gives its place.",
        see=BESIDE,
        fix=ONE_LABEL,
        gives=any_of(lambda p, X: right(p, X).max(axis=1), lambda p, X: softmax(right(p, X)).max(axis=1), read=read),
    ),
    mistake(
        id="predict-threshold",
        did="The first class whose probability exceeds a threshold is returned, and class 0 where none does.",
        why="A threshold decides between two classes; among more, the likeliest may lie below it.",
        see="Look at an image whose probabilities are 0.2, 0.35 and 0.45.",
        fix=ONE_LABEL,
        gives=any_of(*map(_first_above, (0.5, 0.6, 0.7, 0.8, 0.9, 0.4, 0.3)), read=read),
    ),
    mistake(
        id="predict-rounded-probabilities",
        did="The probabilities are rounded before the largest is sought, so several of them tie.",
        why="Where all round to the same number, the first class wins.",
        see="Look at an image whose probabilities are 0.2, 0.35 and 0.45.",
        fix="What is gained by rounding before comparing?",
        gives=any_of(
            *(lambda p, X, d=decimals: softmax(right(p, X)).round(d).argmax(axis=1) for decimals in (1, 2)),
            read=read,
        ),
    ),
    mistake(
        id="predict-last-class-left-out",
        did="The first or the last class is never predicted: it is left out of the search.",
        why="A range that ends one too early, or begins one too late.",
        see="Count how often each class is predicted.",
        fix="Which columns does your search look at?",
        gives=any_of(
            lambda p, X: right(p, X)[:, :-1].argmax(axis=1),
            lambda p, X: right(p, X)[:, 1:].argmax(axis=1),
            lambda p, X: right(p, X)[:, 1:].argmax(axis=1) + 1,
            read=read,
        ),
    ),
    mistake(
        id="predict-largest-magnitude",
        did="The class whose logit is largest in magnitude is returned, whatever its sign.",
        why="A very negative logit is a class that is all but excluded.",
        see=BESIDE,
        fix=ONE_LABEL,
        gives=any_of(
            lambda p, X: np.abs(right(p, X)).argmax(axis=1), lambda p, X: (right(p, X) ** 2).argmax(axis=1), read=read
        ),
    ),
    mistake(
        id="predict-hidden-unit",
        did="The number of the most active hidden unit is returned; the second layer is missing.",
        why="Hidden units are no classes: there are H of them.",
        see="Print the largest label that you return, and the number of classes.",
        fix="Which of the four arrays of params does your code use, and each of them where?",
        gives=any_of(lambda p, X: hidden(p, X).argmax(axis=1), read=read),
    ),
    mistake(
        id="predict-one-class",
        did="Every image gets class 0.",
        why="The labels are those that an array of zeros was made with, or of an argmax over an axis of length one.",
        see="Count how often each class is predicted.",
        fix="Which line of your function writes the labels, and does it see the logits?",
        gives=any_of(lambda _p, X: np.zeros(len(X)), read=read),
    ),
    mistake(
        id="predict-only-the-first-image",
        did="Only the first image gets a label.",
        why="A return inside the loop leaves it after one pass, or an index [0] takes one image's row.",
        see=SHAPE,
        fix="How many labels belong to 7 images?",
        gives=any_of(lambda p, X: right(p, X)[0].argmax(), read=read),
    ),
    mistake(
        id="predict-writes-into-images",
        did="The labels are right, but the array of images that was given is written into.",
        why="The next call with the same array then sees other images.",
        see=BEFORE_AND_AFTER,
        fix=WRITES,
        gives=same_trait(CHANGED, "1"),
    ),
    mistake(
        id="predict-writes-into-params",
        did="The labels are right, but the params that were given are written into.",
        why="The network is another one after it was asked.",
        see=BEFORE_AND_AFTER,
        fix=WRITES,
        gives=same_trait(CHANGED, "0"),
    ),
)


def _right(p: Params, X: np.ndarray) -> np.ndarray:
    labels: np.ndarray = truth.forward(truth.in_float64(p), X).argmax(axis=1)
    return labels


CATALOGUE = Catalogue(
    criterion="predict",
    observe=observe,
    right=answers(_right, read, dtypes=False),
    mistakes=(*OWN_NETWORKS, *OTHERS),
    further=further,
)
