"""Turns what a student hands in into one immutable value. It reads; it never runs a line of it."""

from graders.submission.model import Submission
from graders.submission.open import open_submission

__all__ = ["Submission", "open_submission"]
