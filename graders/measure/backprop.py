"""The two passes of `loss_and_grads`, line by line, in which lines can be replaced by those of a mistake."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from graders.foundation.call import Params
from graders.measure import truth

Line: TypeAlias = Callable[[Any], Any]
"""From everything that the lines before have computed, by name, to one more array."""

# N images, D inputs, H hidden units, K classes; P are the probabilities, Y the labels as one-hot rows.
LINES: Mapping[str, Line] = {
    "Z1": lambda s: s.X @ s.W1 + s.b1,  # (N, H)
    "A1": lambda s: np.maximum(s.Z1, 0),  # (N, H)
    "Z2": lambda s: s.A1 @ s.W2 + s.b2,  # (N, K)
    "P": lambda s: truth.softmax(s.Z2).astype(s.Z2.dtype),  # (N, K)
    "Y": lambda s: np.eye(s.K, dtype=s.Z2.dtype)[s.y],  # (N, K)
    "loss": lambda s: truth.cross_entropy(s.Z2, s.y),
    "dZ2": lambda s: (s.P - s.Y) / s.N,  # (N, K)
    "dW2": lambda s: s.A1.T @ s.dZ2,  # (H, K)
    "db2": lambda s: s.dZ2.sum(axis=0),  # (K,)
    "dA1": lambda s: s.dZ2 @ s.W2.T,  # (N, H)
    "dZ1": lambda s: s.dA1 * (s.Z1 > 0),  # (N, H)
    "dW1": lambda s: s.X.T @ s.dZ1,  # (D, H)
    "db1": lambda s: s.dZ1.sum(axis=0),  # (H,)
    "returned": lambda s: (s.loss, (s.dW1, s.db1, s.dW2, s.db2)),
}


def with_lines(**replaced: Line) -> Callable[[Params, np.ndarray, np.ndarray], object]:
    """Return `loss_and_grads(params, X, y)` in which these lines stand in the place of the right ones.

    What follows a replaced line uses what it gives, as it would in the student's own function.
    """
    lines = {**LINES, **replaced}
    if len(lines) > len(LINES):
        msg = f"no such line: {sorted(set(lines) - set(LINES))}"
        raise ValueError(msg)

    def loss_and_grads(params: Params, X: np.ndarray, y: np.ndarray) -> object:
        of = SimpleNamespace(X=X, y=y, N=len(X), D=X.shape[1], H=params.W1.shape[1], K=params.W2.shape[1])
        for name in truth.NAMES:
            setattr(of, name, getattr(params, name))
        for name, line in lines.items():
            setattr(of, name, line(of))
        return of.returned

    return loss_and_grads
