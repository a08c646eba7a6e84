"""What known mistakes in the loss give: N images, K classes."""

import numpy as np

from graders.measure import truth
from graders.measure.alternatives import Alternative, times

BY_HAND = "Work out the loss of one image with three classes by hand, then the mean of two images."


def of_the_loss(z: np.ndarray, y: np.ndarray) -> list[Alternative]:
    """Return the wrong losses of logits z (N, K) and labels y (N,)."""
    z = np.asarray(z, dtype=np.float64)
    n, k = z.shape
    rows = np.arange(n)
    p = truth.softmax(z)  # (N, K)
    right = np.asarray(truth.cross_entropy(z, y))
    with np.errstate(divide="ignore"):  # a class may be certain; the mistake is infinite then
        others = np.log1p(-np.where(np.arange(k) == y[:, None], 0.0, p))  # (N, K), 0 at the right class
    unlogged = np.mean(np.exp(z).sum(axis=1) - z[rows, y])
    along_images = truth.softmax(z.T).T  # (N, K), columns sum to one
    factors = {
        f"It is {n} times too large, the batch size: a sum over the images where the contract asks for their mean.": n,
        f"It is the right value divided by {k}, the number of classes: a mean over all N·K entries, not over N.": 1 / k,
        f"It is the right value divided by {n}, the batch size, once too often.": 1 / n,
        "It is the right value with the sign turned: the minus of −log P is missing.": -1,
        "It is the right value in bits: the logarithm is the one to base 2.": 1 / np.log(2),
        "It is the right value with the logarithm to base 10.": 1 / np.log(10),
    }
    return [
        *times(right, factors, fix=BY_HAND),
        Alternative(
            value=right - others.sum() / n,
            words="It is the binary cross-entropy: the other classes' log(1 − P) are added in.",
            fix="For one right class among many, which of the K probabilities enters the loss?",
        ),
        Alternative(
            value=np.asarray(unlogged),
            words="It is mean(sum(exp(z)) − z[y]): the logarithm of the sum is missing.",
            fix="With all logits zero the loss is log K. What is yours?",
        ),
        Alternative(
            value=np.asarray(truth.cross_entropy(p, y)),
            words="It is the loss with a softmax applied twice: what comes in are logits, and one softmax is enough.",
            fix=BY_HAND,
        ),
        Alternative(
            value=np.asarray(-np.mean(np.log(along_images[rows, y]))),
            words="It is the loss with the softmax taken along the images (axis 0) instead of the classes.",
            fix="Each row is one image: the probabilities of its classes must sum to one.",
        ),
    ]
