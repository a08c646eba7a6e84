"""What the training curves and the hidden width show."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from mlp_numpy import train
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
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)  # draws without a window, and without pyplot's global state
    for axes, name, label in zip(figure.subplots(1, 2), ("loss", "acc"), ("cross-entropy", "accuracy"), strict=True):
        for split, title, line in (("train", "training", "-"), ("val", "validation", "--")):
            values = history[f"{split}_{name}"]
            axes.plot(range(1, len(values) + 1), values, line, marker=".", label=title)
        axes.set(xlabel="epoch", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=150)


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
    return {H: train(X, y, X_val, y_val, H=H, **train_options)[1] for H in widths}
