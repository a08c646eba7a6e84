"""A two-layer network in plain NumPy: the forward pass, its gradient, and training.

    Z1 = X W1 + b1    A1 = relu(Z1)    Z2 = A1 W2 + b2    P = softmax(Z2)

N images, D inputs, H hidden units, K classes. `params` is (W1, b1, W2, b2), of shapes (D, H), (H,), (H, K), (K,);
gradients and velocity have the same layout. Arrays keep the dtype they come in, float32 or float64.
"""

import math
import sys

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Labels = NDArray[np.integer]
Params = tuple[Array, ...]  # W1 (D, H), b1 (H,), W2 (H, K), b2 (K,)
History = dict[str, list[float]]


def softmax(z: Array) -> Array:
    """Class probabilities of each row of logits; finite for any finite z, which is left as it was.

    P[i, k] = exp(z[i, k]) / sum_j exp(z[i, j])

    Args:
        z: logits (N, K).

    Returns:
        P (N, K), of z's dtype; every row sums to 1.
    """
    # P does not change when a row is shifted, and no exponent above 0 can overflow.
    with np.errstate(over="ignore"):  # a gap wider than the largest float becomes -inf, and exp(-inf) is 0
        e = np.exp(z - z.max(axis=1, keepdims=True))  # (N, K)
    P: Array = e / e.sum(axis=1, keepdims=True)  # (N, K)
    return P


def cross_entropy(z: Array, y: Labels) -> float:
    """Mean over the batch of -log P of the right class, from the logits; finite for any finite z.

    L = mean_i (logsumexp_k z[i, k] - z[i, y_i])

    Args:
        z: logits (N, K).
        y: the right classes (N,), integers from 0 to K - 1.

    Returns:
        The loss, a Python float.
    """
    with np.errstate(over="ignore"):
        s = z - z.max(axis=1, keepdims=True)  # (N, K)
        # The log and the exp of the right class cancel, so log never sees a probability that rounded to 0.
        nll = np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(y)), y]  # (N,)
        return min(float(nll.mean()), sys.float_info.max)


def cross_entropy_grad(z: Array, y: Labels) -> Array:
    """Gradient of the mean cross-entropy with respect to the logits, (N, K): (P - Y) / N."""
    dz = softmax(z)  # (N, K)
    dz[np.arange(len(y)), y] -= 1  # Y is 1 in the right class and 0 elsewhere
    dz /= len(y)  # the loss is a mean: every image carries 1/N of it
    return dz


def relu(z: Array) -> Array:
    """max(0, z), entry by entry."""
    return np.maximum(z, 0)


def relu_grad(z: Array) -> NDArray[np.bool_]:
    """1 where z > 0 and 0 elsewhere, also at the kink."""
    return z > 0


def dropout(A: Array, p: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Inverted dropout: drop each entry with chance p, and scale those kept so that the mean stays.

    A' = A * M, where M is 0 with chance p and 1/(1 - p) otherwise

    Args:
        A: activations (N, H).
        p: the chance that an entry is dropped, 0 <= p < 1.
        rng: where the mask comes from.

    Returns:
        The dropped activations and the mask M, both (N, H) and of A's dtype. The gradient of A' with respect to A is M.
    """
    mask = np.ones_like(A) if p == 0 else (rng.random(A.shape) >= p).astype(A.dtype)  # (N, H)
    mask /= 1 - p  # E[M] = 1, so inference needs no scaling
    return A * mask, mask


apply_dropout = dropout  # in the functions below, the argument `dropout` hides the function


def init(D: int, H: int, K: int, seed: int = 0) -> Params:
    """He initialisation: weights from N(0, 2 / fan_in), biases zero; the same seed gives the same bits.

    Args:
        D: inputs.
        H: hidden units.
        K: classes.
        seed: of the generator.

    Returns:
        W1 (D, H), b1 (H,), W2 (H, K), b2 (K,) in float64.
    """
    rng = np.random.default_rng(seed)
    # ReLU halves the mean square of what passes, and the 2 in 2 / fan_in makes up for it.
    W1 = rng.normal(0.0, math.sqrt(2 / D), size=(D, H))  # (D, H)
    W2 = rng.normal(0.0, math.sqrt(2 / H), size=(H, K))  # (H, K)
    return W1, np.zeros(H), W2, np.zeros(K)


def forward(params: Params, X: Array) -> Array:
    """Logits for inference: deterministic, without dropout.

    Z2 = relu(X W1 + b1) W2 + b2

    Args:
        params: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,).
        X: images (N, D).

    Returns:
        Logits (N, K), before the softmax.
    """
    W1, b1, W2, b2 = params
    return relu(X @ W1 + b1) @ W2 + b2  # (N, K)


def loss_and_grads(
    params: Params,
    X: Array,
    y: Labels,
    weight_decay: float = 0.0,
    dropout: float = 0.0,
    rng: np.random.Generator | None = None,
) -> tuple[float, Params]:
    """The mean loss of one batch and its gradient; both passes share one dropout mask.

    L = cross_entropy + weight_decay / 2 (|W1|^2 + |W2|^2); the biases are not decayed
    (the returned loss may leave the second term out; the gradient may not)

    Args:
        params: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,).
        X: images (N, D).
        y: the right classes (N,).
        weight_decay: adds weight_decay * W to dW1 and dW2.
        dropout: the chance that a hidden activation is dropped.
        rng: where the dropout mask comes from; a fresh generator if None.

    Returns:
        The loss, and the gradient (dW1, db1, dW2, db2) in the shapes of params.
    """
    W1, b1, W2, b2 = params

    Z1 = X @ W1 + b1  # (N, H)
    A1, mask = apply_dropout(relu(Z1), dropout, rng or np.random.default_rng())  # (N, H), (N, H)
    Z2 = A1 @ W2 + b2  # (N, K)
    loss = cross_entropy(Z2, y)

    # The same lines read backwards: a product hands each factor the other one, a sum over rows undoes a broadcast.
    dZ2 = cross_entropy_grad(Z2, y)  # (N, K)
    dW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0)  # (H, K), (K,)
    dZ1 = dZ2 @ W2.T * mask * relu_grad(Z1)  # (N, H)
    dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)  # (D, H), (H,)

    if weight_decay:
        loss += 0.5 * weight_decay * float((W1**2).sum() + (W2**2).sum())
        dW1 += weight_decay * W1
        dW2 += weight_decay * W2
    return loss, (dW1, db1, dW2, db2)


def momentum_step(params: Params, grads: Params, velocity: Params, lr: float, mu: float = 0.9) -> tuple[Params, Params]:
    """One step of gradient descent with momentum, into new arrays.

    v <- mu v - lr g, then theta <- theta + v

    Args:
        params: W1, b1, W2, b2.
        grads: their gradient, in the same order and shapes.
        velocity: v of the step before; zeros at the start.
        lr: learning rate.
        mu: momentum, the share of the velocity that is kept.

    Returns:
        The new params and the new velocity.
    """
    lr, mu = float(lr), float(mu)  # a NumPy float64 scalar would turn float32 weights into float64
    velocity = tuple(mu * v - lr * g for v, g in zip(velocity, grads, strict=True))
    return tuple(p + v for p, v in zip(params, velocity, strict=True)), velocity


def step_decay(epoch: int, lr: float, drop: float = 0.1, every: int = 10) -> float:
    """The learning rate of an epoch, counted from 0: multiplied by `drop` after each `every` epochs.

    lr * drop^floor(epoch / every)
    """
    return float(lr * drop ** (epoch // every))


def cosine(epoch: int, lr: float, epochs: int) -> float:
    """The learning rate of an epoch, counted from 0: half a cosine wave from lr down towards 0 at `epochs`.

    lr / 2 * (1 + cos(pi * epoch / epochs))
    """
    return float(0.5 * lr * (1 + math.cos(math.pi * epoch / epochs)))


def evaluate(params: Params, X: Array, y: Labels) -> tuple[float, float]:
    """Mean cross-entropy and share of right answers, without dropout."""
    z = forward(params, X)  # (N, K)
    return cross_entropy(z, y), float((z.argmax(axis=1) == y).mean())


def train(
    X: Array,
    y: Labels,
    X_val: Array,
    y_val: Labels,
    H: int = 128,
    lr: float = 0.1,
    epochs: int = 20,
    batch: int = 128,
    momentum: float = 0.9,
    dropout: float = 0.0,
    weight_decay: float = 0.0,
    schedule: str | None = None,
    patience: int | None = None,
    seed: int = 0,
) -> tuple[Params, History]:
    """Train by minibatch SGD with momentum, in X's dtype; the same seed gives the same bits.

    Every epoch visits each image once, in a fresh order; the last, shorter batch counts too.

    Args:
        X: training images (N, D), float32 or float64, from 0 to 1.
        y: their classes (N,).
        X_val: validation images (M, D).
        y_val: their classes (M,).
        H: hidden units.
        lr: learning rate of the first epoch.
        epochs: at most so many.
        batch: images per step.
        momentum: share of the velocity that is kept.
        dropout: the chance that a hidden activation is dropped, in training only.
        weight_decay: of W1 and W2.
        schedule: None for a constant learning rate, "step" for step_decay, "cosine" for cosine.
        patience: if given, stop after so many epochs in a row without a better validation loss,
            and return the params of the best epoch.
        seed: of the weights, the order and the dropout masks.

    Returns:
        The params, and the history: train_loss, val_loss, train_acc and val_acc, one number for each epoch
        (measured after it; accuracy from 0 to 1).
    """
    rng = np.random.default_rng(seed)
    classes = int(max(y.max(), y_val.max())) + 1
    params: Params = tuple(p.astype(X.dtype) for p in init(X.shape[1], H, classes, seed))
    velocity: Params = tuple(np.zeros_like(p) for p in params)
    history: History = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
    best_loss, best_epoch, best_params = math.inf, -1, params

    for epoch in range(epochs):
        rate = {None: lr, "step": step_decay(epoch, lr), "cosine": cosine(epoch, lr, epochs)}[schedule]
        order = rng.permutation(len(X))  # (N,)
        for start in range(0, len(X), batch):
            rows = order[start : start + batch]
            _, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, rate, momentum)

        for split, (loss, accuracy) in (
            ("train", evaluate(params, X, y)),
            ("val", evaluate(params, X_val, y_val)),
        ):
            history[f"{split}_loss"].append(loss)
            history[f"{split}_acc"].append(accuracy)

        if patience is None:
            continue
        if history["val_loss"][-1] < best_loss:
            best_loss, best_epoch = history["val_loss"][-1], epoch
            best_params = tuple(p.copy() for p in params)  # a copy: later steps must not reach it
        elif epoch - best_epoch >= patience:
            break

    return (params if patience is None else best_params), history


def predict(params: Params, X: Array) -> Labels:
    """The likeliest class of each image.

    argmax_k Z2[i, k]

    Args:
        params: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,).
        X: images (N, D).

    Returns:
        Labels (N,), integers from 0 to K - 1.
    """
    labels: Labels = forward(params, X).argmax(axis=1)  # (N,)
    return labels
