"""The names of the systems that results can be exported to."""

FORMATS = ("gradescope", "canvas", "moodle", "classroom50", "junit")
