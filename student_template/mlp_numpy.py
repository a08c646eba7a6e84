"""A two-layer network in plain NumPy: yours to fill in. NumPy and the standard library only.

    Z1 = X W1 + b1    A1 = relu(Z1)    Z2 = A1 W2 + b2    P = softmax(Z2)

N images, D inputs, H hidden units, K classes. `params` is (W1, b1, W2, b2), of shapes (D, H), (H,), (H, K), (K,);
gradients and velocity have the same layout. A function you have not written yet may stay as it is: it loses its own
points and no others.
"""

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
    raise NotImplementedError


def cross_entropy(z: Array, y: Labels) -> float:
    """Mean over the batch of -log P of the right class, from the logits; finite for any finite z.

    L = mean_i (logsumexp_k z[i, k] - z[i, y_i])

    Args:
        z: logits (N, K).
        y: the right classes (N,), integers from 0 to K - 1.

    Returns:
        The loss, a Python float.
    """
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


def forward(params: Params, X: Array) -> Array:
    """Logits for inference: deterministic, without dropout.

    Z2 = relu(X W1 + b1) W2 + b2

    Args:
        params: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,).
        X: images (N, D).

    Returns:
        Logits (N, K), before the softmax.
    """
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


def step_decay(epoch: int, lr: float, drop: float = 0.1, every: int = 10) -> float:
    """The learning rate of an epoch, counted from 0: multiplied by `drop` after each `every` epochs.

    lr * drop^floor(epoch / every)
    """
    raise NotImplementedError


def cosine(epoch: int, lr: float, epochs: int) -> float:
    """The learning rate of an epoch, counted from 0: half a cosine wave from lr down towards 0 at `epochs`.

    lr / 2 * (1 + cos(pi * epoch / epochs))
    """
    raise NotImplementedError


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
    raise NotImplementedError


def predict(params: Params, X: Array) -> Labels:
    """The likeliest class of each image.

    argmax_k Z2[i, k]

    Args:
        params: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,).
        X: images (N, D).

    Returns:
        Labels (N,), integers from 0 to K - 1.
    """
    raise NotImplementedError
