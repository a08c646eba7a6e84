"""An error map made small enough to keep and to draw: each cell is the worst error of its block."""

from dataclasses import dataclass

import numpy as np

LIMIT = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorCells:
    """At most LIMIT by LIMIT cells.

    Args:
        worst: (rows, columns) the largest error in each block; NaN where the block has any NaN.
        shape: of the whole matrix.
        block: how many rows and columns of it one cell stands for.
    """

    worst: np.ndarray
    shape: tuple[int, int]
    block: tuple[int, int]


def as_matrix(errors: np.ndarray) -> np.ndarray:
    """Return `errors` as a float64 matrix; what is not two-dimensional counts as one row."""
    matrix = np.asarray(errors, dtype=np.float64)
    return matrix if matrix.ndim == 2 else matrix.reshape(1, -1)


def error_cells(errors: np.ndarray) -> ErrorCells:
    """Return the worst error of each block of `errors` (R, C)."""
    worst = matrix = as_matrix(errors)
    rows, columns = matrix.shape
    block = (max(1, -(-rows // LIMIT)), max(1, -(-columns // LIMIT)))
    for axis in (0, 1):
        if matrix.shape[axis]:
            # maximum.reduceat keeps NaN, so an entry that is no number is never hidden by its neighbours
            worst = np.maximum.reduceat(worst, np.arange(0, matrix.shape[axis], block[axis]), axis=axis)
    return ErrorCells(worst=worst, shape=(rows, columns), block=block)
