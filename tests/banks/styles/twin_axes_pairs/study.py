# loss left, accuracy right (twinx), one legend for all four lines; width_study gives (train accuracy, val accuracy) pairs
import numpy as np
from matplotlib.figure import Figure

from mlp_numpy import init, predict, train


def plot_curves(history, path):
    h = {k: np.asarray(v) for k, v in history.items()}
    t = np.arange(1, h["train_loss"].size + 1)
    fig = Figure(figsize=(7, 4))
    left = fig.add_subplot(111)
    right = left.twinx()
    lines = []
    lines += left.plot(t, h["train_loss"], "b-", label="loss (train)")
    lines += left.plot(t, h["val_loss"], "b--", label="loss (validation)")
    lines += right.plot(t, h["train_acc"], "r-", label="accuracy (train)", alpha=0.4)
    lines += right.plot(t, h["val_acc"], "r--", label="accuracy (validation)", alpha=0.4)
    left.set_xlabel("epoch")
    left.set_ylabel("loss")
    right.set_ylabel("accuracy")
    fig.legend(lines, [line.get_label() for line in lines], loc="upper center", ncol=4)
    with open(path, "wb") as f:
        fig.savefig(f, format="png")


def width_study(X, y, X_val, y_val, widths, **train_options):
    result = {}
    for H in np.asarray(list(widths)):
        params, history = train(X, y, X_val, y_val, H=H, **train_options)
        result[H] = (np.mean(predict(params, X) == y), np.mean(predict(params, X_val) == y_val))
    return result
