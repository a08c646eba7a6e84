"""What a student starts from: fresh copies of the template, as files or as a notebook."""

from graders.handout.folder import hand_out

__all__ = ["hand_out"]
