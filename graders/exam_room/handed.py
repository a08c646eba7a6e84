"""Large arrays that a session holds already: training images go through the protocol once, not with every question."""

import dataclasses

import numpy as np

from graders.foundation.arrays import Place, is_constant, place_of
from graders.wire.frames import Frame

LARGE_BYTES = 2**14  # below that, sending again costs less than keeping
EACH_TIME = -1


class Handed:
    """What one session was handed so far, numbered in the order in which it came.

    Only arrays that nobody can change are counted on: another array at the same place could hold something else.
    """

    def __init__(self) -> None:
        self._numbers: dict[Place, int] = {}
        self._arrays: list[np.ndarray] = []

    def with_new_ones(self, frame: Frame) -> Frame:
        """Return the frame with those arrays alone that the session lacks.

        Its body says for each array which number it has; the next free one for an array that comes along and is to be
        kept, `EACH_TIME` for one that comes along and is not.
        """
        numbers, new = [], []
        for array in frame.arrays:
            number = self._number_of(array) if _lasts(array) else EACH_TIME
            if number == len(self._arrays):
                self._numbers[place_of(array)] = number
                self._arrays.append(array)  # kept, so that nothing else comes to lie there
                new.append(array)
            elif number == EACH_TIME:
                new.append(array)
            numbers.append(number)
        return dataclasses.replace(frame, body={**frame.body, "handed": numbers}, arrays=new)

    def _number_of(self, array: np.ndarray) -> int:
        """Return an array's number; the next free one where it is new."""
        return self._numbers.get(place_of(array), len(self._arrays))


def _lasts(array: np.ndarray) -> bool:
    return array.nbytes >= LARGE_BYTES and is_constant(array)
