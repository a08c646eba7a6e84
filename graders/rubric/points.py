"""The point table, as it stands in the task that students read."""

from itertools import groupby

from graders.rubric.model import Rubric


def points_table(rubric: Rubric) -> str:
    """Return the rubric's points as a Markdown table, with a row for each heading's sum."""
    rows = ["| criterion | points |", "| --- | ---: |"]
    for group, criteria in groupby(rubric.criteria, key=lambda c: c.group):
        members = list(criteria)
        rows.append(f"| **{group}** | **{sum(c.points for c in members):g}** |")
        rows += [f"| {c.title} | {c.points:g} |" for c in members]
    rows.append(f"| **Total** | **{sum(c.points for c in rubric.criteria):g}** |")
    return "\n".join(rows) + "\n"
