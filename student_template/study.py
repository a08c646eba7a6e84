"""What the training curves and the hidden width show: yours to fill in."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from mlp_numpy import train  # noqa: F401 - for width_study
from numpy.typing import NDArray

Array = NDArray[np.floating]
Labels = NDArray[np.integer]
History = dict[str, list[float]]


def plot_curves(history: History, path: str | Path) -> None:
    """Save one figure of the training and validation curves over the epochs, told apart by a legend.

    Args:
        history: train_loss, val_loss, train_acc and val_acc, one number for each epoch.
        path: the file to write; its ending gives the format.
    """
    raise NotImplementedError


def width_study(
    X: Array,
    y: Labels,
    X_val: Array,
    y_val: Labels,
    widths: Iterable[int],
    **train_options: Any,  # noqa: ANN401 - whatever train takes
) -> dict[int, History]:
    """Train one network for each hidden width, everything else equal, the seed included.

    Args:
        X: training images (N, D).
        y: their classes (N,).
        X_val: validation images (M, D).
        y_val: their classes (M,).
        widths: the numbers of hidden units H to try.
        **train_options: passed on to mlp_numpy.train.

    Returns:
        The history of each width.
    """
    raise NotImplementedError
