"""What the documents say is what the code does."""

import json
import re

from benchmarks.false_alarms import RANDOM
from benchmarks.false_alarms import table as false_alarm_table
from benchmarks.judgement_table import summary, table
from graders.report import record_schema
from graders.rubric import find_rubric, load_rubric
from graders.rubric.points import points_table
from tests.sitting import ROOT


def between(text: str, name: str) -> str:
    """Return what stands between two markers of a document."""
    match = re.search(rf"<!-- {name}:begin -->\n(.*?)<!-- {name}:end -->", text, re.DOTALL)
    assert match, f"no {name} markers"
    return match[1]


def test_the_task_shows_the_rubrics_points() -> None:
    readme = (ROOT / "student_template" / "README.md").read_text()
    rubric = load_rubric(find_rubric("usaaio_2024_r1_p4"))
    assert between(readme, "points") == points_table(rubric), "run: grade.py points, and paste it"


def test_the_committed_schema_of_results_is_fresh() -> None:
    committed = (ROOT / "graders" / "report" / "results.schema.json").read_text()
    assert json.loads(committed) == json.loads(record_schema()), "run: make schemas"


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "student_template/README.md"):
        text = (ROOT / name).read_text()
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert (ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}"


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make (\w+)", (ROOT / "README.md").read_text()):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_readme_publishes_what_the_banks_measured() -> None:
    lines = json.loads((ROOT / "docs" / "judgement.json").read_text())
    readme = (ROOT / "README.md").read_text()
    assert between(readme, "judgement").splitlines() == summary(lines), "run: make bank"
    assert (ROOT / "docs" / "judgement.md").read_text() == table(lines)


def test_the_readme_publishes_the_measured_false_alarms() -> None:
    figures = json.loads((ROOT / "docs" / "false_alarms.json").read_text())
    assert set(figures) == set(RANDOM)
    readme = (ROOT / "README.md").read_text()
    assert between(readme, "false-alarms").splitlines() == false_alarm_table(figures), "run: make bank"
