"""What the graders hold for right is right by other people's code: PyTorch, SciPy and scikit-learn."""

import warnings

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from graders.foundation.call import Params
from graders.measure import truth

N, D, H, K = 7, 13, 11, 5


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240127)


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e3, 1e30])
def test_softmax_and_loss_are_scipys(rng: np.random.Generator, scale: float) -> None:
    z, y = scale * rng.normal(size=(N, K)), rng.integers(K, size=N)
    np.testing.assert_array_equal(truth.softmax(z), scipy.special.softmax(z, axis=1))
    expected = np.mean(scipy.special.logsumexp(z, axis=1) - z[np.arange(N), y])
    np.testing.assert_allclose(truth.cross_entropy(z, y), expected, rtol=1e-12)


@pytest.mark.parametrize("weight_decay", [0.0, 0.09])
def test_loss_and_gradients_are_those_of_autograd(rng: np.random.Generator, weight_decay: float) -> None:
    params, X, y = truth.params_like(D, H, K, rng), rng.normal(size=(N, D)), rng.integers(K, size=N)
    mask = (rng.random((N, H)) > 0.3) / 0.7
    leaves = [torch.tensor(a, requires_grad=True) for a in params.arrays()]
    W1, b1, W2, b2 = leaves
    logits = torch.relu(torch.tensor(X) @ W1 + b1) * torch.tensor(mask) @ W2 + b2
    penalty = weight_decay / 2 * ((W1**2).sum() + (W2**2).sum())
    expected = torch.autograd.grad(torch.nn.functional.cross_entropy(logits, torch.tensor(y)) + penalty, leaves)
    _, grads = truth.loss_and_grads(params, X, y, weight_decay=weight_decay, mask=mask)
    for ours, theirs in zip(grads.arrays(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10, atol=1e-13)


def test_the_gradient_is_the_slope_that_scipy_measures(rng: np.random.Generator) -> None:
    params, X, y = truth.params_like(D, H, K, rng), rng.normal(size=(N, D)), rng.integers(K, size=N)
    sizes = np.cumsum([a.size for a in params.arrays()])[:-1]

    def unpacked(theta: np.ndarray) -> Params:
        parts = [p.reshape(a.shape) for p, a in zip(np.split(theta, sizes), params.arrays(), strict=True)]
        return Params(**dict(zip(truth.NAMES, parts, strict=True)))

    def loss(theta: np.ndarray) -> float:
        return truth.loss_and_grads(unpacked(theta), X, y)[0]

    def grad(theta: np.ndarray) -> np.ndarray:
        return np.concatenate([g.ravel() for g in truth.loss_and_grads(unpacked(theta), X, y)[1].arrays()])

    error = scipy.optimize.check_grad(loss, grad, np.concatenate([a.ravel() for a in params.arrays()]))
    assert error < 1e-5


def test_one_step_of_sgd_is_scikit_learns(rng: np.random.Generator) -> None:
    X, y = rng.normal(size=(N, D)), np.arange(N) % K
    lr = 0.05
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        net = MLPClassifier(
            (H,), solver="sgd", alpha=0.0, batch_size=N, learning_rate_init=lr, max_iter=1, momentum=0.0, shuffle=False
        )
        net.partial_fit(X, y, classes=np.arange(K))
        start = Params(
            W1=net.coefs_[0].copy(), b1=net.intercepts_[0].copy(), W2=net.coefs_[1].copy(), b2=net.intercepts_[1].copy()
        )
        net.partial_fit(X, y)
    _, grads = truth.loss_and_grads(start, X, y)
    (after,) = truth.momentum_trace(start, [grads], truth.zeros_like(start), [lr], 0.0)
    theirs = (net.coefs_[0], net.intercepts_[0], net.coefs_[1], net.intercepts_[1])
    for ours, other in zip(after.arrays(), theirs, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-9, atol=1e-12)


def test_steps_with_momentum_are_pytorchs_at_a_constant_rate(rng: np.random.Generator) -> None:
    start = truth.params_like(D, H, K, rng)
    grads = [truth.params_like(D, H, K, rng) for _ in range(4)]
    leaves = [torch.tensor(a, requires_grad=True) for a in start.arrays()]
    optimiser = torch.optim.SGD(leaves, lr=0.037, momentum=0.85)
    ours = truth.momentum_trace(start, grads, truth.zeros_like(start), [0.037] * 4, 0.85)
    for gradient, state in zip(grads, ours, strict=True):
        for leaf, g in zip(leaves, gradient.arrays(), strict=True):
            leaf.grad = torch.tensor(g)
        optimiser.step()
        for mine, leaf in zip(state.arrays(), leaves, strict=True):
            np.testing.assert_allclose(mine, leaf.detach().numpy(), rtol=1e-12)
