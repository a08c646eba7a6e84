# training loss in the left panel, validation loss in the right one, same y axis; points, no lines
import matplotlib.pyplot as plt
from mlp_numpy import train


def plot_curves(history, path):
    fig, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(8, 3))
    epochs = list(range(1, len(history["train_loss"]) + 1))
    left.plot(epochs, history["train_loss"], "o")
    left.set_title("Training loss")
    right.plot(epochs, history["val_loss"], "o")
    right.set_title("Validation loss")
    for ax in (left, right):
        ax.set_xlabel("epoch")
    fig.suptitle("two-layer MLP")
    fig.savefig(path)
    plt.close(fig)


def width_study(X, y, X_val, y_val, widths, **train_options):
    runs = {}
    for H in widths:
        params, history = train(X, y, X_val, y_val, **{**train_options, "H": H})
        runs[H] = (params, history)
    return runs
