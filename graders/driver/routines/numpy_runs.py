"""Routines over the NumPy half: several momentum steps in a row, and a training run."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from graders.driver.namespace import Namespace
from graders.driver.plain import four, to_plain
from graders.wire.values import Tagged


def momentum_trace(
    space: Namespace, params: Any, grads: Sequence[Tagged], velocity: Any, lr: float, mu: float
) -> dict[str, Any]:
    """Take one step for each gradient, feeding back what the submission returned.

    Args:
        space: the submission.
        params: starting parameters, already in the submission's container.
        grads: gradients of each step.
        velocity: starting velocity, already in the submission's container.
        lr: learning rate.
        mu: momentum.

    Returns:
        "params" and "velocities" after each step. Copies are kept, for the submission may update in place.
    """
    step = space.find("momentum_step")
    pack = space.container("grads")
    trace: list[Any] = []
    velocities: list[Any] = []
    for g in grads:
        result = step(params, pack([np.array(a) for a in g.content]), velocity, lr, mu)
        if not isinstance(result, tuple | list) or len(result) != 2:
            return {"not_a_pair": to_plain(result)}
        params, velocity = result
        trace.append(copy.deepcopy(four(params)))
        velocities.append(copy.deepcopy(four(velocity)))
    return {"params": trace, "velocities": velocities}


def train_run(
    space: Namespace, X: np.ndarray, y: np.ndarray, X_val: np.ndarray, y_val: np.ndarray, **options: Any
) -> Any:
    """Train, and return the parameters and the history."""
    result = space.find("train")(X, y, X_val, y_val, **options)
    if not isinstance(result, tuple | list) or len(result) != 2:
        return {"not_a_pair": to_plain(result)}
    params, history = result
    return {"params": four(params), "history": to_plain(history)}
