"""One run of `grade.py package`."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from graders.exports.package import write_archive
from graders.rubric import find_rubric, parse_rubric, read_rubric


def package(rubric: str, out: Path) -> int:
    """Write the archive; returns the exit status.

    Raises:
        BadRubric: the rubric is wrong.
        BadUsage: the archive cannot be written.
    """
    path = find_rubric(rubric)
    text = read_rubric(path)
    title = parse_rubric(path, text).title
    size = write_archive(out, text)
    told = f"{out}: {size / 2**20:.1f} MB, grades '{title}'. Upload it under Configure Autograder."
    Console(highlight=False).print(Text(told), soft_wrap=True)
    return 0
