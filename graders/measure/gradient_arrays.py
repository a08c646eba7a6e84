"""Reading loss and gradients off what `loss_and_grads` returned, in whatever order they stand there."""

from collections.abc import Iterator, Sequence

import numpy as np

from graders.foundation.call import Params, Value
from graders.measure.batch import Batch, one_of_four
from graders.measure.compare import Wrong, array, number, pair


def read(value: Value, batch: Batch, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the named ones of the loss and the gradients that `loss_and_grads` returned, or raise `Wrong`.

    Their shapes differ, so an array is found in any order, transposed too: both are judged elsewhere.
    """
    found = {name: _found(value, batch, name) for name in names if name != "loss"}
    return found | ({"loss": _loss(value)} if "loss" in names else {})


def called(name: str) -> str:
    """Return what a student is told of one of the loss and the gradients."""
    return "the loss" if name == "loss" else f"d{name}"


def _found(value: Value, batch: Batch, name: str) -> np.ndarray:
    shape = getattr(batch.params, name).shape
    try:
        _, grads = pair(value, what="loss_and_grads", parts="loss, grads")
        return one_of_four(grads, name, prefix="d", shape=shape)
    except Wrong:
        parts = [part for part in _parts(value) if isinstance(part, np.ndarray)]
        parts = [piece for part in parts for piece in _split(part, batch)]
        fitting = [turned for part in parts for turned in {part.shape: part, part.T.shape: part.T}.values()
                   if turned.shape == shape]  # fmt: skip
        if len(fitting) != 1:
            raise
        return array(fitting[0], what=f"d{name}")


def _split(part: np.ndarray, batch: Batch) -> Sequence[np.ndarray]:
    """Return the four arrays that lie in one vector; anything else as it is."""
    sizes = [array.size for array in batch.params.arrays()]
    if part.shape != (sum(sizes),):
        return [part]
    pieces = np.split(part, np.cumsum(sizes)[:-1])
    return [piece.reshape(array.shape) for piece, array in zip(pieces, batch.params.arrays(), strict=True)]


def _loss(value: Value) -> np.ndarray:
    try:
        loss, _ = pair(value, what="loss_and_grads", parts="loss, grads")
        return np.array(number(loss, what="the loss"))
    except Wrong:
        scalars = [part for part in _parts(value) if isinstance(part, float | int) and not isinstance(part, bool)]
        if len(scalars) != 1:
            raise
        return np.array(number(scalars[0], what="the loss"))


def _parts(value: Value) -> Iterator[Value]:
    """Yield the numbers and arrays of an answer, however it is nested."""
    match value:
        case Params():
            yield from value.arrays()
        case tuple() | list():
            for part in value:
                yield from _parts(part)
        case dict():
            yield from _parts(list(value.values()))
        case _:
            yield value
