"""What known mistakes in the loss and in the backward pass give: N images, D inputs, H hidden units, K classes."""

import numpy as np

from graders.measure import truth
from graders.measure.alternatives import Alternative, times
from graders.measure.batch import Batch

BY_HAND = "Work out the loss of one image with three classes by hand, then the mean of two images."
MEAN = "The loss is a mean over the images: what does that do to its gradient?"
HIDDEN = "What does the ReLU pass back to a hidden unit that it switched off, and to one that it left on?"
LOGITS = "Derive the gradient with respect to one image's logits on paper, and compare it with your line for it."


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


def of_the_gradient(batch: Batch, name: str) -> list[Alternative]:
    """Return the wrong gradients of one parameter: W1, b1, W2 or b2."""
    right: np.ndarray = getattr(truth.loss_and_grads(batch.params, batch.X, batch.y)[1], name)
    wrong = [*_off_by_a_factor(batch, name, right), *_wrong_at_the_logits(batch, name)]
    if name in {"W1", "b1"}:
        wrong += _wrong_at_the_hidden_layer(batch, name)
    return wrong + (_wrong_activation(batch) if name == "W2" else [])


def of_the_bias_shape(got: np.ndarray, want: np.ndarray, name: str) -> str:
    """Return the mistake that a bias gradient of the wrong shape shows for certain, or nothing."""
    tolerance = 1e-4 * float(np.abs(want).max())
    if got.size == 1 and abs(float(got.reshape(())) - want.sum()) <= tolerance:
        return (
            f" It is summed over images and units; d{name} is summed over the images alone, one number for each unit."
        )
    if got.ndim == 2 and got.shape[1:] == want.shape and np.abs(got.sum(axis=0) - want).max() <= tolerance:
        return " It has one row for each image: the sum over the images is missing."
    return ""


def _off_by_a_factor(batch: Batch, name: str, right: np.ndarray) -> list[Alternative]:
    """Return the gradients that are a factor off; the comparison itself has told the factor."""
    n, d = batch.X.shape
    k = len(batch.params.b2)
    over_images = "averaged over the images" if name in {"b1", "b2"} else "divided by N"
    factors = {
        f"{n} is the batch size N: d{name} is summed over the images, but not divided by N.": n,
        f"That is 1/{n}, and {n} is the batch size N: d{name} is {over_images} twice.": 1 / n,
        f"That is {n}/{d}: d{name} is divided by the number of inputs, where that of images belongs.": n / d,
        f"That is {n}/{k}: d{name} is divided by the number of classes, where that of images belongs.": n / k,
        f"That is 1/{k}, and {k} is the number of classes: a mean over the classes too, where a sum belongs.": 1 / k,
        f"d{name} has the wrong sign: following it downhill would climb.": -1,
    }
    nothing = Alternative(value=0 * right, words=f"d{name} is zero everywhere: this array would never learn.")
    return [*times(right, factors, fix=MEAN), nothing]


def _backward(
    batch: Batch, *, dz2: np.ndarray | None = None, mask: np.ndarray | None = None, a1: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Return the gradients with one part of the backward pass replaced: dz2 (N, K), or mask or a1 (N, H)."""
    p = truth.in_float64(batch.params)
    X = np.asarray(batch.X, dtype=np.float64)
    z1 = truth.preactivation(p, X)  # (N, H)
    if dz2 is None:
        dz2 = (truth.softmax(truth.forward(p, X)) - np.eye(len(p.b2))[batch.y]) / len(batch.y)  # (N, K)
    dz1 = (dz2 @ p.W2.T) * ((z1 > 0) if mask is None else mask)  # (N, H)
    a1 = np.maximum(z1, 0.0) if a1 is None else a1
    return {"W1": X.T @ dz1, "b1": dz1.sum(axis=0), "W2": a1.T @ dz2, "b2": dz2.sum(axis=0)}


def _wrong_at_the_logits(batch: Batch, name: str) -> list[Alternative]:
    p = truth.in_float64(batch.params)
    z2 = truth.forward(p, batch.X)  # (N, K)
    n, k = z2.shape
    P, Y = truth.softmax(z2), np.eye(k)[batch.y]
    wrong = {
        "It is the gradient without the labels: P/N at the logits, nothing subtracted for the right class.": P / n,
        "It carries an extra factor P(1 − P) at the logits: softmax and cross-entropy together give P − Y, and "
        "the softmax's own derivative is in it already.": (P - Y) * P * (1 - P) / n,
        "It is the gradient with the softmax taken along the images (axis 0) instead of the classes.": (
            truth.softmax(z2.T).T - Y
        )
        / n,
        "It is the gradient with a softmax applied twice.": (truth.softmax(P) - Y) / n,
    }
    return [Alternative(value=_backward(batch, dz2=dz2)[name], words=words, fix=LOGITS) for words, dz2 in wrong.items()]


def _wrong_at_the_hidden_layer(batch: Batch, name: str) -> list[Alternative]:
    z1 = truth.preactivation(truth.in_float64(batch.params), batch.X)  # (N, H)
    a1 = np.maximum(z1, 0.0)
    s = 1 / (1 + np.exp(-z1))
    wrong = {
        "It is the gradient without the ReLU's mask: every hidden unit passes it back, also those that are off "
        "(no mask, or one taken from the activation with >= 0, which always holds).": np.ones_like(z1),
        "It is the gradient with the ReLU's value where its derivative belongs.": a1,
        "It is the gradient with the sigmoid's derivative where the ReLU's belongs.": s * (1 - s),
        "It is the gradient with the mask turned round: units that are off pass it back, units that are on do not.": (
            z1 < 0
        ).astype(np.float64),
    }
    return [
        Alternative(value=_backward(batch, mask=mask)[name], words=words, fix=HIDDEN) for words, mask in wrong.items()
    ]


def _wrong_activation(batch: Batch) -> list[Alternative]:
    z1 = truth.preactivation(truth.in_float64(batch.params), batch.X)  # (N, H)
    wrong = {
        "It is built from z1, the hidden layer before the ReLU, where the activation after it belongs.": z1,
        "It is built from the ReLU's mask of zeros and ones where the activation belongs: was the array overwritten?": (
            z1 > 0
        ).astype(np.float64),
    }
    fix = "Which array did the second layer multiply by W2 in the forward pass?"
    return [Alternative(value=_backward(batch, a1=a1)["W2"], words=words, fix=fix) for words, a1 in wrong.items()]
