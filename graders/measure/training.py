"""Reading what a training run came back with: its parameters, its history, and what they are worth."""

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graders.foundation.arrays import is_constant
from graders.foundation.call import Params, Value
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import Curves
from graders.measure import truth
from graders.measure.compare import Wrong, array, mapping, params
from graders.measure.content import content_of
from graders.measure.describe import type_of
from graders.measure.kept import Kept

SERIES = ("train_loss", "val_loss", "train_acc", "val_acc")


def trained_params(value: Value, *, what: str, shapes: tuple[int, int, int]) -> Params:
    """Return the parameters that a run ended with, in float64, or raise `Wrong`.

    Args:
        value: what `train_run` or `torch_train_run` returned.
        what: the student's function, "train" or "train_torch".
        shapes: D, H, K.
    """
    found = _run(value, what)["params"]
    # Where a PyTorch model is no two-layer network, the driver says so instead.
    if isinstance(found, str):
        raise Wrong(f"{what} returned a model that cannot be read: {found}.", expected="two linear layers with biases")
    return params(found, what=f"the parameters from {what}", shapes=shapes)


def history_series(value: Value, name: str, *, what: str, epochs: int | None = None) -> np.ndarray:
    """Return one series of a run's history, one finite number an epoch, or raise `Wrong`.

    Args:
        value: what `train_run` or `torch_train_run` returned.
        name: one of `SERIES`.
        what: the student's function.
        epochs: the length it must have; any from 1 when left out.
    """
    history = mapping(_run(value, what)["history"], what=f"{what}'s history")
    if name not in history:
        keys = ", ".join(repr(key) for key in list(history)[:8]) or "nothing"
        raise Wrong(f"{what}'s history has no '{name}'; it has {keys}.", got=keys, expected=", ".join(SERIES))
    entries = history[name]
    if (isinstance(entries, tuple | list) and not entries) or (isinstance(entries, np.ndarray) and entries.size == 0):
        raise Wrong(f"{what}'s {name} is empty.", got="no number", expected="one number for each epoch")
    numbers = array(entries, what=f"{name} in {what}'s history")
    if numbers.ndim != 1:
        raise Wrong(
            f"{what}'s {name} has shape {numbers.shape}, expected one number for each epoch.",
            got=f"shape {numbers.shape}",
            expected="one number for each epoch",
        )
    if epochs is not None and len(numbers) != epochs:
        raise Wrong(
            f"{what}'s {name} has {len(numbers)} numbers for {epochs} epochs.",
            got=f"{len(numbers)} numbers",
            expected=f"{epochs} numbers",
        )
    return numbers


def loss_of(theta: Params, X: np.ndarray, y: np.ndarray, *, what: str) -> float:
    """Return the mean cross-entropy of parameters at inference; finite, or raise `Wrong`."""
    loss = _worth(truth.in_float64(theta), X, y).loss
    if not np.isfinite(loss):
        raise Wrong(f"The parameters from {what} give a loss of {loss}.", got=str(loss), expected="a finite loss")
    return loss


def accuracy_of(theta: Params, X: np.ndarray, y: np.ndarray) -> float:
    """Return the share of images (N, D) whose likeliest class is their label; logits that are not numbers are wrong."""
    return _worth(theta, X, y).share


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worth:
    """What a network is worth on some images: its mean cross-entropy, and its share of right labels."""

    loss: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Known:
    """What a network is worth on these images (N, D) and labels (N,)."""

    images: "weakref.ref[np.ndarray]"
    labels: "weakref.ref[np.ndarray]"
    worth: _Worth

    def outlived(self) -> bool:
        """Tell whether its images or labels are gone."""
        return self.images() is None or self.labels() is None


# A submission has some forty networks, each measured on one or two sets of images.
_KNOWN: Kept[tuple[bytes, bool, int, int], _Known] = Kept(128)


def _worth(theta: Params, X: np.ndarray, y: np.ndarray) -> _Worth:
    """Return what a network is worth.

    Several criteria ask it of the same run, some at each look: what is known of arrays that nobody can change is kept.
    """
    if not (is_constant(X) and is_constant(y)):
        return _measured(theta, X, y)
    by_columns = theta.W1.flags.f_contiguous  # then the last bit of a loss may be another
    key = content_of(*theta.arrays()), by_columns, id(X), id(y)
    known = _KNOWN.find(key)
    # An array that died may have left its id to this one.
    if known is not None and known.images() is X and known.labels() is y:
        return known.worth
    worth = _measured(theta, X, y)
    _KNOWN.drop(_Known.outlived)
    _KNOWN.keep(key, _Known(images=weakref.ref(X), labels=weakref.ref(y), worth=worth))
    return worth


def _measured(theta: Params, X: np.ndarray, y: np.ndarray) -> _Worth:
    with np.errstate(all="ignore"):
        hidden = np.maximum(X @ theta.W1 + theta.b1, 0.0)  # (N, H), in float64 unless both are float32
        logits = hidden @ theta.W2 + theta.b2  # (N, K)
        right = (logits.argmax(axis=1) == y) & np.isfinite(logits).all(axis=1)
        return _Worth(loss=truth.cross_entropy(logits, y), share=float(right.mean()))


def history_curves(answer: Answer | None, *, of: str, what: str) -> tuple[Curves, ...]:
    """Return a run's loss and accuracy curves; nothing for what is not well-formed.

    Args:
        answer: of a training run.
        of: whose curves they are, for the title.
        what: the student's function.
    """
    drawn = []
    for kind, y_label in (("loss", "cross-entropy"), ("acc", "accuracy")):
        try:
            lines = [(name, _series(answer, f"{split}_{kind}", what)) for split, name in SPLIT_NAMES]
        except Wrong:
            continue
        if len({len(values) for _, values in lines}) == 1:
            x = tuple(float(epoch) for epoch in range(1, len(lines[0][1]) + 1))
            title = f"{'Loss' if kind == 'loss' else 'Accuracy'} {of}"
            drawn.append(Curves(title=title, x_label="epoch", y_label=y_label, x=x, lines=tuple(lines)))
    return tuple(drawn)


SPLIT_NAMES: Sequence[tuple[str, str]] = (("train", "training"), ("val", "validation"))


def _series(answer: Answer | None, name: str, what: str) -> tuple[float, ...]:
    if answer is None or not isinstance(answer.observation, Returned):
        raise Wrong("there is no history")
    return tuple(float(number) for number in history_series(answer.observation.value, name, what=what))


def _run(value: Value, what: str) -> Mapping[str | int, Value]:
    """Return the routine's answer; what is no pair of model and history raises `Wrong`."""
    if isinstance(value, Mapping) and "params" in value and "history" in value:
        return value
    got = type_of(value["not_a_pair"]) if isinstance(value, Mapping) and "not_a_pair" in value else type_of(value)
    fix = "Did you forget the return statement?" if got == "None" else ""
    parts = "model, history" if what == "train_torch" else "params, history"
    raise Wrong(f"{what} returned {got}, expected two values: {parts}.", got=got, expected=parts, fix=fix)
