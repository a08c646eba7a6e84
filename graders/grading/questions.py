"""What is asked first, drawn once for a class; and telling questions apart: equal content is asked once."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from graders.exam_room.translate import question
from graders.foundation.arrays import Place, is_constant, place_of
from graders.foundation.call import Call
from graders.foundation.exam import Exam, TrainingOptions
from graders.foundation.grader import Grader
from graders.measure.kept import Kept

Paper: TypeAlias = tuple[Grader, int, str, TrainingOptions]
"""What decides the first questions: the criterion with its parameters, the exam's seed, data and training options."""


def first_questions(grader: Grader, exam: Exam) -> Sequence[Call]:
    """Return what a grader asks first. Its arrays are the same for the whole class, so nobody may change them.

    Raises:
        Exception: whatever the grader raises.
    """
    paper = (grader, exam.seed, exam.data.digest, exam.training)
    drawn = _DRAWN.find(paper)
    if drawn is None:
        # What differs between submissions of a class is not told.
        drawn = tuple(grader.ask(dataclasses.replace(exam, answers="", calibration=None)))
        identities = Identities()
        for call in drawn:
            for array in question(call, number=0, seed=0).arrays:
                array.flags.writeable = False
            _OF_DRAWN.keep(id(call), (call, identities.of(call)))
        _DRAWN.keep(paper, drawn)
    return drawn


class Identities:
    """Gives every question an identity that depends on its content alone; large arrays are hashed once."""

    def __init__(self) -> None:
        self._known: dict[Place, tuple[np.ndarray, bytes]] = {}

    def of(self, call: Call) -> bytes:
        """Return the question's identity: room, target, arguments and repeat, but not the grader's name for it."""
        known = _OF_DRAWN.find(id(call))
        if known is not None:
            return known[1]
        frame = question(call, number=0, seed=0)
        total = hashlib.sha256()
        total.update(json.dumps([call.room.value, call.repeat, frame.body], sort_keys=True).encode())
        for array in frame.arrays:
            total.update(self._digest(array))
        return total.digest()

    def _digest(self, array: np.ndarray) -> bytes:
        place = place_of(array)
        lasts = is_constant(array)
        known = self._known.get(place) or (_CONSTANTS.find(place) if lasts else None)
        if known is None:
            content = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
            content.update(np.ascontiguousarray(array).data)
            known = (array, content.digest())  # kept, so that nothing else comes to lie there
            if lasts:
                _CONSTANTS.keep(place, known)
        self._known[place] = known
        return known[1]


_CONSTANTS: Kept[Place, tuple[np.ndarray, bytes]] = Kept(512)  # what a class is asked about, the same for everyone
_DRAWN: Kept[Paper, Sequence[Call]] = Kept(64)
_OF_DRAWN: Kept[int, tuple[Call, bytes]] = Kept(2048)  # by the call's id, which is its own as long as it is kept
