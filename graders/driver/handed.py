"""Arrays that came with an earlier question and are needed again, such as training images."""

import dataclasses
import sys

import numpy as np

from graders.wire.frames import Frame, Malformed

HELD_HERE_ALONE = 3  # references to a copy that nobody else holds: two in `_copy`, one of the count itself


class HandedArrays:
    """What the session keeps of what it was handed, in the order in which it came."""

    def __init__(self) -> None:
        self._arrays: list[np.ndarray] = []
        self._copies: dict[int, np.ndarray] = {}

    def completed(self, frame: Frame) -> Frame:
        """Return a question's frame with all of its arrays, or raise `Malformed`.

        Its body has a number for each: negative for one that came along, the next free one for one that came along
        and is to be kept, a smaller one for one that is here already.
        """
        fresh, arrays = iter(frame.arrays), []
        for number in frame.body["handed"]:
            came_along = type(number) is int and (number < 0 or number == len(self._arrays))
            array = next(fresh, None) if came_along else self._kept(number)
            if array is None:
                msg = "a question that lacks an array"
                raise Malformed(msg)
            if came_along and number >= 0:
                self._arrays.append(array)
            arrays.append(array if number < 0 else self._copy(number))
        if next(fresh, None) is not None:
            msg = "an array that no question needs"
            raise Malformed(msg)
        return dataclasses.replace(frame, arrays=arrays)

    def _copy(self, number: int) -> np.ndarray:
        """Return a copy of what is kept: a submission may write into what it is given.

        It is written over the copy before, unless a submission still holds that: fresh memory costs more than the
        copying.
        """
        kept, copy = self._arrays[number], self._copies.get(number)
        if copy is None or sys.getrefcount(copy) > HELD_HERE_ALONE:
            copy = self._copies[number] = np.empty_like(kept)
        np.copyto(copy, kept)
        return copy.view()  # whose shape is not ours

    def _kept(self, number: object) -> np.ndarray | None:
        return self._arrays[number] if type(number) is int and 0 <= number < len(self._arrays) else None
