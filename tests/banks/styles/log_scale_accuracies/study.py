"""One axis, logarithmic; the lines are labelled at their ends instead of in a legend. width_study: validation accuracy per width."""
from pathlib import Path

import matplotlib
matplotlib.use("agg")
from matplotlib import pyplot as plt

import mlp_numpy

COLOURS = {"train": "black", "val": "tab:red"}


def plot_curves(history, path):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    fig, ax = plt.subplots(figsize=(6, 4))
    n = len(history["train_loss"])
    for split, words in (("train", "training loss"), ("val", "validation loss")):
        series = history[f"{split}_loss"]
        ax.semilogy(range(n), series, color=COLOURS[split], linestyle="-" if split == "train" else ":")
        ax.annotate(words, (n - 1, series[-1]), color=COLOURS[split], xytext=(3, 0), textcoords="offset points")
    ax.set(xlabel="epoch", ylabel="cross-entropy (log scale)", title="Learning curves")
    ax.axvline(min(range(n), key=lambda i: history["val_loss"][i]), color="grey", lw=0.5)
    fig.savefig(path, bbox_inches="tight")
    plt.close("all")


def width_study(X, y, X_val, y_val, widths, **train_options):
    accuracies = {}
    for width in widths:
        params, _ = mlp_numpy.train(X, y, X_val, y_val, H=int(width), **train_options)
        accuracies[int(width)] = float((mlp_numpy.predict(params, X_val) == y_val).mean())
    return accuracies
