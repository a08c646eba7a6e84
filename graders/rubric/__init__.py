"""The rubric: YAML in, validated graders out, with file and line for whatever cannot be meant."""

from graders.rubric.load import find_rubric, load_rubric, parse_rubric, read_rubric
from graders.rubric.model import Criterion, Rubric, Visibility

__all__ = ["Criterion", "Rubric", "Visibility", "find_rubric", "load_rubric", "parse_rubric", "read_rubric"]
