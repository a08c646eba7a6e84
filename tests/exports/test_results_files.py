"""The files for one student each, held against what the systems read."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from graders.exports.classroom50 import classroom50_text
from graders.exports.export import Exported, ExportFiles
from graders.exports.formats import FORMATS
from graders.exports.gradescope import gradescope_results, gradescope_text
from graders.exports.junit import junit_suite
from graders.exports.write import opened_exports, refuse_incomplete
from graders.foundation.errors import BadUsage
from graders.ledger import Award, Ledger, StudentResult, results_of
from tests.exports.class_of_names import LONG, PEOPLE, class_of_names

TOTAL = 22.5


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with class_of_names(tmp_path) as opened:
        yield opened


def everyone(ledger: Ledger) -> dict[str, StudentResult]:
    """Return the class by folder."""
    return {r.hand_in.student: r for r in results_of(ledger)}


def written(ledger: Ledger, kinds: Sequence[str], folder: Path) -> list[Exported]:
    """Write exports of the class."""
    with opened_exports(kinds, folder, ExportFiles()) as exports:
        for result in results_of(ledger):
            for export in exports:
                export.add(result)
        return [export.written() for export in exports]


def test_gradescope_reads_one_test_a_criterion(ledger: Ledger) -> None:
    told = json.loads(gradescope_text(gradescope_results(everyone(ledger)["s102"]) or {}))
    assert "score" not in told, "a top-level score would override the tests"
    assert told["output_format"] == told["test_output_format"] == "text"
    assert math.fsum(test["max_score"] for test in told["tests"]) == TOTAL
    assert math.fsum(test["score"] for test in told["tests"]) == 4.25
    assert {test.get("status") for test in told["tests"]} <= {"passed", "failed", None}
    assert [test["visibility"] for test in told["tests"]] == ["visible", "hidden", "after_published"]
    assert {test["output_format"] for test in told["tests"]} == {"text"}
    assert [test.get("status") for test in told["tests"]] == ["failed", "failed", None]


def test_gradescope_reads_passed_where_nothing_is_lost(ledger: Ledger) -> None:
    told = gradescope_results(everyone(ledger)["s101"])
    assert told is not None
    assert isinstance(told["tests"], list)
    assert told["tests"][0]["status"] == "passed"


def test_points_that_a_person_gave_are_in_every_export(ledger: Ledger) -> None:
    ledger.keep_awards([Award(student="s101", criterion="answers", points=3.5, who="Kim", at="2026-03-01", why="ok")])
    result = everyone(ledger)["s101"]
    assert result.total == 9.5
    told = gradescope_results(result)
    assert told is not None
    assert isinstance(told["tests"], list)
    assert told["tests"][2]["score"] == 3.5
    assert json.loads(classroom50_text(result) or "")["score"] == 950


@pytest.mark.parametrize("student", ["s107", "s108"])
def test_who_has_no_total_gets_no_file_that_says_zero(student: str, ledger: Ledger) -> None:
    assert gradescope_results(everyone(ledger)[student]) is None
    assert classroom50_text(everyone(ledger)[student]) is None


def test_classroom50_reads_whole_numbers(ledger: Ledger) -> None:
    told = json.loads(classroom50_text(everyone(ledger)["s102"]) or "")
    assert told == {
        "schema": "classroom50/result/v1",
        "score": 425,
        "max-score": 2250,
        "tests": [
            {"test-name": "Softmax", "passed": False, "score": 425, "max-score": 600},
            {"test-name": "Gradients", "passed": False, "score": 0, "max-score": 1250},
            {"test-name": "Answers", "passed": False, "score": 0, "max-score": 400},
        ],
    }
    numbers = [
        told["score"],
        told["max-score"],
        *(test[key] for test in told["tests"] for key in ("score", "max-score")),
    ]
    assert all(type(number) is int for number in numbers)


def test_junit_is_xml_with_scores_as_properties(ledger: Ledger, tmp_path: Path) -> None:
    (exported,) = written(ledger, ["junit"], tmp_path)
    root = ElementTree.parse(exported.path).getroot()  # noqa: S314 - we wrote it
    suites = {suite.get("id"): suite for suite in root}
    assert len(suites) == len(PEOPLE)
    assert suites["s105"].get("name") == LONG
    suite = suites["s102"]
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "3", "failures": "2", "errors": "0", "skipped": "1"}
    softmax = suite[0]
    assert {p.get("name"): p.get("value") for p in softmax.iter("property")} == {"score": "4.25", "max_score": "6"}
    assert "=1+1 <b>" in (softmax.findtext("failure") or "")
    assert suite[2].find("skipped") is not None, "what is open has neither passed nor failed"
    assert suites["s108"].get("errors") == "1"
    assert suites["s108"][0].find("error") is not None
    assert suites["s107"][0].find("skipped") is not None


def test_a_suite_is_written_to_the_letter_as_elementtree_writes_it(ledger: Ledger) -> None:
    for result in results_of(ledger):
        suite = junit_suite(result).removesuffix("\n")
        assert ElementTree.tostring(ElementTree.fromstring(suite), encoding="unicode") == suite  # noqa: S314 - ours


def test_every_export_is_written_and_says_whom_it_leaves_out(ledger: Ledger, tmp_path: Path) -> None:
    kinds = ("gradescope", "classroom50", "junit")
    for kind, exported in zip(kinds, written(ledger, kinds, tmp_path), strict=True):
        assert exported.path.exists()
        assert list(exported.left_out) == ([] if kind == "junit" else ["Noll, Nora", "Ungar, Uwe"])
    assert len(list((tmp_path / "exports" / "gradescope").glob("*/results.json"))) == len(PEOPLE) - 2


def test_a_file_that_is_right_already_is_left_alone_and_another_is_replaced(ledger: Ledger, tmp_path: Path) -> None:
    written(ledger, ["gradescope"], tmp_path)
    first, second = ((tmp_path / "exports" / "gradescope" / name / "results.json") for name in ("s101", "s102"))
    right, before = second.read_bytes(), first.stat()
    second.write_bytes(right + b" ")
    written(ledger, ["gradescope"], tmp_path)
    assert first.stat().st_ino == before.st_ino, "it was replaced"
    assert second.read_bytes() == right


def test_an_export_that_lacks_the_platforms_file_is_refused_before_anything_is_graded() -> None:
    for kind in FORMATS:
        if kind in ("canvas", "moodle"):
            with pytest.raises(BadUsage) as told:
                refuse_incomplete([kind], ExportFiles())
            assert f"--{kind}-csv" in told.value.remedy
        else:
            refuse_incomplete([kind], ExportFiles())
