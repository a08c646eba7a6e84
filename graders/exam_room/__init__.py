"""The trusted side of the exam room: opens it, asks, enforces limits from outside, and never believes an answer."""

from graders.exam_room.room import ExamRoom
from graders.exam_room.rooms import Rooms

__all__ = ["ExamRoom", "Rooms"]
