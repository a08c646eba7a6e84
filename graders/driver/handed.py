"""Arrays that came with an earlier question and are needed again, such as training images."""

import dataclasses

import numpy as np

from graders.wire.frames import Frame, Malformed


class HandedArrays:
    """What the session keeps of what it was handed, in the order in which it came."""

    def __init__(self) -> None:
        self._arrays: list[np.ndarray] = []

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
            # A submission may write into what it is given: what is kept stays as it came.
            arrays.append(array if number < 0 else array.copy(order="K"))
        if next(fresh, None) is not None:
            msg = "an array that no question needs"
            raise Malformed(msg)
        return dataclasses.replace(frame, arrays=arrays)

    def _kept(self, number: object) -> np.ndarray | None:
        return self._arrays[number] if type(number) is int and 0 <= number < len(self._arrays) else None
