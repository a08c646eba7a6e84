import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from .mlp_numpy import train


def plot_curves(history, path):
    epochs = range(1, len(history["train_loss"]) + 1)
    fig, ax = plt.subplots()
    ax.plot(epochs, history["train_loss"], "o-", color="C0", label="train")
    ax.plot(epochs, history["val_loss"], "s--", color="C3", label="val")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    ax.legend()
    fig.savefig(path)
    plt.close(fig)


def width_study(X, y, X_val, y_val, widths, **train_options):
    return {H: train(X, y, X_val, y_val, H=H, **train_options)[1] for H in widths}
