from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.special import log_softmax

from graders.foundation.call import Params
from graders.measure import truth
from graders.measure.port_steps import (
    WRONG_ACTIVATIONS,
    WRONG_LOSSES,
    WRONG_PORTS,
    Activation,
    AtTheLogits,
    Port,
    leaving_one_out,
    mean_cross_entropy,
    one_way,
    relu,
)
from graders.measure.trajectory import unscaled

rng = np.random.default_rng(6)
PARAMS = truth.params_like(13, 11, 5, rng)
X, Y = rng.normal(size=(7, 13)), np.arange(7) % 5


def one_hot() -> np.ndarray:
    return np.eye(5)[Y]


def _double(z: np.ndarray) -> float:
    return -float(np.mean(log_softmax(truth.softmax(z), axis=1)[np.arange(7), Y]))


def _plain(z: np.ndarray) -> float:
    return truth.cross_entropy(z, Y)


LOSSES: dict[str, Callable[[np.ndarray], float]] = {
    "mean_cross_entropy": _plain,
    "_summed": lambda z: 7 * _plain(z),
    "_averaged_twice": lambda z: _plain(z) / 7,
    "_uphill": lambda z: -_plain(z),
    "_softmax_twice": _double,
    "_probability_instead_of_log": lambda z: -float(np.mean(truth.softmax(z)[np.arange(7), Y])),
    "_squared_error": lambda z: float(np.mean((z - one_hot()) ** 2)),
    "_mean_over_classes": lambda z: _plain(z) / 5,
    "_logit_instead_of_log": lambda z: -float(np.mean(z[np.arange(7), Y])),
    "_squared_error_of_probabilities": lambda z: float(np.mean((truth.softmax(z) - one_hot()) ** 2)),
    "_binary_cross_entropies": lambda z: float(np.mean(np.logaddexp(0, z) - z * one_hot())),
    "_smoothed_labels": lambda z: -float(np.mean(((0.9 * one_hot() + 0.02) * log_softmax(z, axis=1)).sum(axis=1))),
    "_relu_of_logits": lambda z: _plain(np.maximum(z, 0)),
}


@pytest.mark.parametrize("loss", [mean_cross_entropy, *WRONG_LOSSES.values()])
def test_the_gradient_of_every_loss_at_the_logits_is_that_of_central_differences(loss: AtTheLogits) -> None:
    z = truth.forward(PARAMS, X)
    value, numeric = LOSSES[loss.__name__], np.empty_like(z)
    for i in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[i] = 1e-6
        numeric[i] = (value(z + step) - value(z - step)) / 2e-6
    assert np.allclose(loss(z, one_hot()), numeric, atol=1e-8)


@pytest.mark.parametrize("activation", [relu, *WRONG_ACTIVATIONS.values()])
def test_the_slope_of_every_activation_is_that_of_central_differences(activation: Activation) -> None:
    z = np.array([[-2.0, -0.5, 0.3, 1.7]])
    numeric = (activation(z + 1e-6)[0] - activation(z - 1e-6)[0]) / 2e-6
    assert np.allclose(activation(z)[1], numeric, atol=1e-8)


def full_batch_trajectory(lrs: Sequence[float], momentum: float) -> list[Params]:
    """Return the parameters after each step of v <- momentum v - lr g; theta <- theta + v with all images."""
    theta, v, states = PARAMS, truth.zeros_like(PARAMS), []
    for lr in lrs:
        _, g = truth.loss_and_grads(theta, X, Y)
        v = Params(**{n: momentum * getattr(v, n) - lr * getattr(g, n) for n in truth.NAMES})
        theta = Params(**{n: getattr(theta, n) + getattr(v, n) for n in truth.NAMES})
        states.append(theta)
    return states


def test_a_right_port_walks_the_full_batch_trajectory() -> None:
    lrs = [0.1, 0.1, 0.05]
    walked = Port().walk(PARAMS, [(X, Y)] * 3, lrs=lrs, mu=0.8)
    right = full_batch_trajectory(lrs, momentum=0.8)
    for a, b in zip(walked, right, strict=True):
        assert all(np.allclose(getattr(a, n), getattr(b, n)) for n in truth.NAMES)


def test_gradients_that_add_up_are_momentum_of_one() -> None:
    adding = Port(accumulates=True).walk(PARAMS, [(X, Y)] * 3, lrs=[0.1] * 3)
    heavy = Port().walk(PARAMS, [(X, Y)] * 3, lrs=[0.1] * 3, rule=unscaled, mu=1.0)
    assert all(np.allclose(getattr(adding[-1], n), getattr(heavy[-1], n)) for n in truth.NAMES)


def test_frozen_parameters_stay_and_the_others_move() -> None:
    (after,) = Port(frozen=("b1", "b2")).walk(PARAMS, [(X, Y)], lrs=[0.1], decay=dict.fromkeys(truth.NAMES, 0.5))
    assert np.array_equal(after.b1, PARAMS.b1)
    assert not np.array_equal(after.W1, PARAMS.W1)


def test_leaving_one_out_uses_every_image_once_in_each_order() -> None:
    (X_first, y_first), (X_last, y_last) = leaving_one_out(X, Y)
    assert (X_first.shape, X_last.shape) == ((7, 6, 13), (7, 1, 13))
    assert sorted(X_last[:, 0, 0]) == sorted(X[:, 0])
    for images, labels in zip(np.concatenate([X_first, X_last], axis=1), np.hstack([y_first, y_last]), strict=True):
        rows = [int(np.nonzero((image == X).all(axis=1))[0][0]) for image in images]
        assert sorted(rows) == list(range(7))
        assert np.array_equal(labels, Y[rows])


@pytest.mark.parametrize("port", [Port(), Port(accumulates=True), *WRONG_PORTS])
def test_runs_side_by_side_are_those_that_are_walked_alone(port: Port) -> None:
    orders = leaving_one_out(X, Y)
    decay = {"W1": 0.5, "b1": 0.1, "W2": 0.5, "b2": 0.1}
    beside = port.walk(PARAMS, orders, lrs=[0.1, 0.05], mu=0.8, decay=decay)
    for i in range(7):
        alone = port.walk(PARAMS, one_way(orders, i), lrs=[0.1, 0.05], mu=0.8, decay=decay)
        for several, one in zip(beside, alone, strict=True):
            assert all(np.allclose(getattr(several, n)[i], getattr(one, n), rtol=0, atol=1e-13) for n in truth.NAMES)
