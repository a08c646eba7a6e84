"""What a training run recorded, held against the parameters that it returned."""

from collections.abc import Sequence

import numpy as np

from graders.foundation.call import Params, Value
from graders.measure import truth
from graders.measure.compare import Wrong, labels
from graders.measure.training import accuracy_of, history_series, loss_of


def last_loss(
    value: Value,
    theta: Params,
    X_val: np.ndarray,
    y_val: np.ndarray,
    *,
    what: str,
    batch: int,
    rtol: float,
    factor: float = 1.0,
) -> str:
    """Pass when val_loss ends with the validation loss of the returned parameters.

    Args:
        value: what the run returned.
        theta: its parameters.
        X_val: validation images (M, D); M is a multiple of `batch`, so that a mean of batch means passes.
        y_val: their labels (M,).
        what: the student's function.
        batch: images in a batch.
        rtol: allowed gap, relative to the loss, or to 0.1 where the loss is smaller.
        factor: a factor on the recorded loss that was charged already.
    """
    told = float(history_series(value, "val_loss", what=what)[-1])
    right = loss_of(theta, X_val, y_val, what=what) * factor
    allowed = rtol * max(right, 0.1)
    if abs(told - right) <= allowed:
        return f"val_loss[-1] is {told:.5g}, recomputed {right:.5g}"
    n = len(y_val)
    named = {
        "It is the sum over the batches instead of their mean.": n / batch,
        "It is the sum over the images instead of their mean.": n,
        "A mean over a batch was divided by the batch size once more.": 1 / batch,
        "A mean over all images was divided by their number once more.": 1 / n,
    }
    fitting = [words for words, k in named.items() if abs(told - k * right) <= rtol * abs(k * right)]
    words = f" {fitting[0]}" if len(fitting) == 1 else ""
    raise Wrong(
        f"val_loss ends with {told:.5g}; the parameters you returned have a validation loss of {right:.5g} "
        f"(allowed gap {allowed:.1e}).{words}",
        got=f"{told:.5g}",
        expected=f"{right:.5g}",
    )


def loss_factor(value: Value, theta: Params, X_val: np.ndarray, y_val: np.ndarray, *, what: str) -> float:
    """Return by how much the run's last val_loss is too large; 1 when that cannot be said."""
    try:
        told = float(history_series(value, "val_loss", what=what)[-1])
        right = loss_of(theta, X_val, y_val, what=what)
    except Wrong:
        return 1.0
    return told / right if told > 0 and right > 0 else 1.0


def last_accuracy(value: Value, theta: Params, X_val: np.ndarray, y_val: np.ndarray, *, what: str) -> str:
    """Pass when val_acc ends with the accuracy of the returned parameters, as a fraction or in percent."""
    told = float(history_series(value, "val_acc", what=what)[-1])
    right = accuracy_of(theta, X_val, y_val)
    for scale, unit in ((1, ""), (100, " (in percent)")):
        if abs(told / scale - right) <= 1.5 / len(y_val):  # rounding may decide one image
            return f"val_acc[-1] is {told:.4g}{unit}, recomputed {right:.4g}"
    raise Wrong(
        f"val_acc ends with {told:.4g}; recomputed it is {right:.4g}.", got=f"{told:.4g}", expected=f"{right:.4g}"
    )


def train_loss(value: Value, theta: Params, X: np.ndarray, y: np.ndarray, *, what: str, factor: float = 1.0) -> str:
    """Pass when train_loss ends near the loss of the returned parameters, measured after the epoch or averaged over it.

    The average lies above the value after the epoch, but not by as much as a forgotten division makes it. A factor
    that val_loss was charged with is expected here too.
    """
    told = float(history_series(value, "train_loss", what=what)[-1])
    after = loss_of(theta, X, y, what=what) * factor
    if after / 3 <= told <= after * 3:
        return f"train_loss[-1] is {told:.4g}, recomputed after the epoch {after:.4g}"
    raise Wrong(
        f"train_loss ends with {told:.4g}; the parameters you returned have a training loss of {after:.4g}. Measured "
        "after the epoch or averaged over it, it would lie near.",
        got=f"{told:.4g}",
        expected=f"about {after:.4g}",
        fix="By what do you divide the losses of the batches, and is each of them a mean already?",
    )


def likeliest(predictions: Sequence[Value], theta: Params, X: np.ndarray, *, what: str) -> str:
    """Pass when every prediction (N,) is the class of the largest logit; near ties are left out."""
    with np.errstate(all="ignore"):
        z = truth.forward(theta, X)  # (N, K)
    best, ranked = z.argmax(axis=1), np.sort(z, axis=1)
    clear = ranked[:, -1] - ranked[:, -2] > 1e-3
    for value in predictions:
        got = labels(value, what=what, shape=(len(X),))
        wrong = np.flatnonzero((got != best) & clear)
        if len(wrong):
            i = int(wrong[0])
            raise Wrong(
                f"{len(wrong)} of {len(X)} images get another class than the one with the largest logit; image {i} got "
                f"{got[i]}, its largest logit is that of class {best[i]}.",
                got=str(got[i]),
                expected=str(best[i]),
            )
    return f"all {int(clear.sum())} images with a clear winner agree"
