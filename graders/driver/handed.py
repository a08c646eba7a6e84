"""Arrays that came with an earlier question and are needed again, such as training images."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any, Literal

import numpy as np

from graders.wire.frames import Frame, Malformed, in_fortran_order

LARGE_BYTES = 2**20  # below that, copying costs less than a file


class HandedArrays:
    """What the session keeps of what it was handed, in the order in which it came."""

    def __init__(self) -> None:
        self._copies: list[Callable[[], np.ndarray]] = []
        self._files = contextlib.ExitStack()

    def close(self) -> None:
        """Give the arrays up; copies of them stay."""
        self._copies.clear()
        self._files.close()

    def completed(self, frame: Frame) -> Frame:
        """Return a question's frame with all of its arrays, or raise `Malformed`.

        Its body has a number for each: negative for one that came along, the next free one for one that came along
        and is to be kept, a smaller one for one that is here already.
        """
        fresh = iter(frame.arrays)
        try:
            arrays = [self._array(number, fresh) for number in frame.body["handed"]]
        except StopIteration:
            msg = "a question that lacks an array"
            raise Malformed(msg) from None
        if next(fresh, None) is not None:
            msg = "an array that no question needs"
            raise Malformed(msg)
        return dataclasses.replace(frame, arrays=arrays)

    def _array(self, number: object, fresh: Iterator[np.ndarray]) -> np.ndarray:
        if type(number) is not int or number > len(self._copies):
            msg = "a question with an array that was never sent"
            raise Malformed(msg)
        if number < 0:
            return next(fresh)
        if number == len(self._copies):
            self._copies.append(copies_of(next(fresh), self._files))
        return self._copies[number]()


def copies_of(array: np.ndarray, files: contextlib.ExitStack) -> Callable[[], np.ndarray]:
    """Return what gives a copy of an array each time: a submission may write into what it is given.

    A large one goes into a file without a name, which is added to `files`. Its copies are maps of that, of which the
    system copies what is written to, and nothing else.
    """
    if array.nbytes >= LARGE_BYTES:
        with contextlib.suppress(OSError):  # no room for it
            return _maps_of(array, files)
    return partial(array.copy, order="K")


def _maps_of(array: np.ndarray, files: contextlib.ExitStack) -> Callable[[], np.ndarray]:
    by_columns = in_fortran_order(array)
    with contextlib.ExitStack() as unless_written:
        file = unless_written.enter_context(tempfile.TemporaryFile())
        (array.T if by_columns else array).tofile(file)
        files.enter_context(unless_written.pop_all())
    return partial(_mapped, file, array.dtype, array.shape, "F" if by_columns else "C")


def _mapped(file: IO[bytes], dtype: np.dtype[Any], shape: tuple[int, ...], order: Literal["C", "F"]) -> np.ndarray:
    return np.memmap(file, dtype=dtype, mode="c", shape=shape, order=order).view(np.ndarray)
