import matplotlib.pyplot as plt

import mlp_numpy


def plot_curves(history, path):
    """scatter plot"""
    n = range(len(history["train_loss"]))
    plt.figure(figsize=(6, 4))
    plt.scatter(n, history["train_loss"], c="tab:blue", marker="o", label="train")
    plt.scatter(n, history["val_loss"], c="tab:orange", marker="^", label="validation")
    plt.xlabel("epoch")
    plt.ylabel("loss")
    plt.legend()
    plt.savefig(path)
    plt.close()


def width_study(X, y, X_val, y_val, widths, **train_options):
    return {str(H): mlp_numpy.train(X, y, X_val, y_val, H=H, **train_options)[1] for H in widths}
