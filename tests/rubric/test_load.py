"""A rubric that says something which cannot be meant is told with file, line and the nearest right word."""

from pathlib import Path

import pytest

from graders.foundation.errors import BadRubric, BadUsage
from graders.rubric import find_rubric, load_rubric
from graders.rubric.load import FOLDER
from graders.rubric.registry import criterion_module, criterion_names, grader_class
from graders.rubric.schema import rubric_schema

GOOD = """\
title: A small rubric
seed: 5
dataset: mnist_10k
total: 10
training:
  epochs: 3
limits:
  question_seconds: 4
criteria:
  Building blocks:
    softmax:
      points: 6
      rtol: 1e-7
    forward: {points: 4}
"""


def rubric_file(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the small rubric with some text replaced."""
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "r.yaml"
    path.write_text(text)
    return path


def test_a_good_rubric_is_read_whole_and_in_order(tmp_path: Path) -> None:
    rubric = load_rubric(rubric_file(tmp_path))
    assert [c.name for c in rubric.criteria] == ["softmax", "forward"]
    assert [c.points for c in rubric.criteria] == [6.0, 4.0]
    assert rubric.training.epochs == 3
    assert rubric.limits.question_seconds == 4.0
    assert getattr(rubric.criteria[0].grader, "rtol", None) == 1e-7
    assert rubric.criteria[0].group == "Building blocks"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("softmax:", "sofmax:", 11, "no grader named 'sofmax' in graders/. Did you mean 'softmax'?"),
        ("rtol: 1e-7", "rtl: 1e-7", 13, "'rtl' is not known here. Did you mean 'rtol'?"),
        ("rtol: 1e-7", "rtol: tight", 13, "number"),
        ("rtol: 1e-7", "rtol: .nan", 13, "finite"),
        ("rtol: 1e-7", "rtol: '1e-7'", 13, "number"),
        ("points: 6", "points: 0", 12, "greater than 0"),
        ("points: 6", "points: no", 12, "number"),
        ("points: 6", "points: 7", 4, "add up to 11"),
        ("points: 6", "points: 6\n      points: 6", 13, "duplicate"),
        ("epochs: 3", "epoch: 3", 6, "Did you mean 'epochs'?"),
        ("epochs: 3", "epochs: 3.5", 6, "integer"),
        ("question_seconds: 4", "question_second: 4", 8, "Did you mean 'question_seconds'?"),
        ("question_seconds: 4", "question_seconds: -1", 8, "greater than 0"),
        ("epochs: 3", "epochs: 0", 6, "greater than 0"),
        ("epochs: 3", "schedule: cosinus", 6, "step|cosine"),
        ("rtol: 1e-7", "rtol: -1.0", 13, "greater than or equal to 0"),
        ("seed: 5", "sed: 5", 2, "Did you mean 'seed'?"),
        ("seed: 5", "seed: -5", 2, "greater"),
        ("seed: 5\n", "", 1, "'seed' is missing"),
        ("    forward: {points: 4}", "    forward: {points: 4}\n    softmax: {points: 1}", 15, "duplicate"),
        ("    forward: {points: 4}", "  More:\n    softmax: {points: 4}", 15, "already, in line 11"),
        ("title: A small rubric", "title: [", 3, ""),
        ("criteria:", "criteria: 3\nmore:", 10, "not known here"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    path = rubric_file(tmp_path, (old, new))
    with pytest.raises(BadRubric) as caught:
        load_rubric(path)
    assert caught.value.message.startswith(f"{path}:{line}:"), caught.value.message
    assert words in caught.value.message


@pytest.mark.parametrize(
    "raw", [b"", b"- 1", b"\xff\xfe\x00", b"a: &a [*a]", b"a: !!python/object:os.system x", b"a" * 2**21]
)
def test_what_is_no_rubric_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(raw)
    with pytest.raises(BadRubric):
        load_rubric(path)


def test_an_unknown_rubric_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(BadRubric, match="Did you mean 'selfcheck'"):
        find_rubric("selfchek")


def test_a_criterion_that_is_not_in_the_rubric_cannot_be_asked_for(tmp_path: Path) -> None:
    rubric = load_rubric(rubric_file(tmp_path))
    assert [c.name for c in rubric.only(["forward"]).criteria] == ["forward"]
    with pytest.raises(BadUsage, match="Did you mean 'softmax'"):
        rubric.only(["softmx"])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_rubric_of_the_project_loads(path: Path) -> None:
    assert load_rubric(path).criteria


def test_the_main_rubric_uses_every_grader_and_gives_a_hundred_points() -> None:
    rubric = load_rubric(FOLDER / "usaaio_2024_r1_p4.yaml")
    assert sorted(c.name for c in rubric.criteria) == list(criterion_names())
    assert sum(c.points for c in rubric.criteria) == 100


def test_the_committed_schema_is_fresh() -> None:
    assert (FOLDER / "rubric.schema.json").read_text() == rubric_schema(), "run: make schemas"


@pytest.mark.parametrize("name", criterion_names())
def test_a_criterion_module_is_its_own_catalogue_page(name: str) -> None:
    kind = grader_class(name)
    assert kind.title
    doc = criterion_module(name).__doc__ or ""
    assert all(f"\n{part}: " in doc for part in ("Measures", "Matters", "Fix"))
