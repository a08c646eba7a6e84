import dataclasses
import importlib
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

import graders.report
from graders.foundation.verdict import Check, Curves, ErrorMap, GapOverSeeds, Standing, verdict
from graders.grading.scorecard import Scorecard
from graders.report.record import read_record, record_schema, to_record, write_record
from graders.report.record_model import Record
from tests.report import samples

SCHEMA_FILE = Path(graders.report.__file__).with_name("results.schema.json")
Sample = Callable[[], Scorecard]
every_sample = pytest.mark.parametrize("sample", samples.ALL)


def written(card: Scorecard, folder: Path) -> str:
    write_record(card, folder / "results.json")
    return (folder / "results.json").read_bytes().decode("utf-8")


def with_exhibit(exhibit: Curves | GapOverSeeds | ErrorMap) -> dict[str, object]:
    card = samples.scorecard(
        samples.criterion("x", "X", "G", 1, verdict(Check(title="t", credit=1.0), exhibits=[exhibit]))
    )
    record = json.loads(json.dumps(to_record(card), allow_nan=False))
    kept = record["criteria"][0]["exhibits"][0]
    assert isinstance(kept, dict)
    return kept


@every_sample
def test_a_record_satisfies_the_committed_schema(sample: Sample) -> None:
    jsonschema = importlib.import_module("jsonschema")
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(to_record(sample()))


def test_the_committed_schema_is_fresh() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == record_schema()


def test_the_schema_refuses_what_is_not_a_record() -> None:
    jsonschema = importlib.import_module("jsonschema")
    record = to_record(samples.full_marks())
    record["bonus"] = 100
    assert not jsonschema.Draft202012Validator(json.loads(record_schema())).is_valid(record)


@every_sample
def test_a_record_is_read_back_as_it_was_written(sample: Sample, tmp_path: Path) -> None:
    written(sample(), tmp_path)
    assert read_record(tmp_path / "results.json") == Record.model_validate(to_record(sample()))


def test_a_record_of_another_version_is_refused(tmp_path: Path) -> None:
    text = written(samples.full_marks(), tmp_path).replace("results/v1", "results/v2")
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValidationError, match="schema"):
        read_record(tmp_path / "results.json")


@every_sample
def test_two_sittings_differ_in_nothing_but_times(sample: Sample) -> None:
    first = sample()
    later = dataclasses.replace(
        first,
        started="2031-01-01T00:00:00Z",
        seconds=9.0,
        criteria=tuple(dataclasses.replace(c, seconds=7.5) for c in first.criteria),
    )
    one, two = to_record(first), to_record(later)
    assert one.pop("times") != two.pop("times")
    assert one == two


@every_sample
def test_the_file_has_sorted_keys_ascii_and_a_last_newline(sample: Sample, tmp_path: Path) -> None:
    text = written(sample(), tmp_path)
    assert text.isascii()
    assert text.endswith("}\n")
    for keys in _key_lists(text):
        assert keys == sorted(keys)


@every_sample
def test_no_number_in_the_file_is_not_a_number(sample: Sample, tmp_path: Path) -> None:
    def refuse(constant: str) -> None:
        pytest.fail(f"{constant} is no JSON")

    json.loads(written(sample(), tmp_path), parse_constant=refuse)


def test_floats_keep_twelve_digits() -> None:
    kept = with_exhibit(GapOverSeeds(title="t", seeds=(1,), gaps=(2 / 3,), low=1 / 3, high=1e-17 / 3, allowed=0.5))
    assert kept["gaps"] == [0.666666666667]
    assert kept["low"] == 0.333333333333
    assert kept["high"] == 3.33333333333e-18


def test_numbers_that_are_not_finite_become_null() -> None:
    curves = Curves(
        title="t", x_label="x", y_label="y", x=(0.0, math.inf), lines=(("a", (math.nan, 1.0)), ("b", (-math.inf,)))
    )
    kept = with_exhibit(curves)
    assert kept["x"] == [0.0, None]
    assert kept["lines"] == [{"name": "a", "values": [None, 1.0]}, {"name": "b", "values": [None]}]


def test_a_large_error_map_keeps_the_worst_of_each_block() -> None:
    errors = np.zeros((784, 128))
    errors[783, 127] = 3.0
    errors[0, 0] = math.nan
    kept = with_exhibit(ErrorMap(title="dW1", errors=errors, allowed=1e-5))
    cells = kept["errors"]
    assert isinstance(cells, list)
    assert (kept["shape"], kept["block"]) == ([784, 128], [13, 2])
    assert (len(cells), len(cells[0])) == (61, 64)
    assert (cells[0][0], cells[-1][-1], cells[0][1]) == (None, 3.0, 0.0)


def test_there_is_no_total_while_anything_is_ungraded() -> None:
    record = Record.model_validate(to_record(samples.ungraded()))
    assert record.total.earned is None
    assert [c.standing for c in record.criteria] == [Standing.FULL, Standing.UNGRADED, Standing.OPEN]
    assert record.criteria[1].checks == []


def test_points_are_the_scorecards_own() -> None:
    card = samples.partial()
    record = Record.model_validate(to_record(card))
    assert (record.total.earned, record.total.points) == (card.earned, card.points)
    assert (record.total.open_points, record.total.decided_points) == (4.0, 50.0)
    assert [c.earned for c in record.criteria] == [c.earned for c in card.criteria]


def test_a_lone_surrogate_does_not_stop_the_record(tmp_path: Path) -> None:
    assert "alert(1)" in written(samples.hostile(), tmp_path)


def test_a_failed_write_leaves_the_old_record_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = written(samples.full_marks(), tmp_path)

    def full_disk(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_record(samples.partial(), tmp_path / "results.json")
    assert [p.name for p in tmp_path.iterdir()] == ["results.json"]
    assert (tmp_path / "results.json").read_text(encoding="utf-8") == old


def _key_lists(text: str) -> Iterator[list[str]]:
    found: list[list[str]] = []

    def keep(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found.append([key for key, _ in pairs])
        return dict(pairs)

    json.loads(text, object_pairs_hook=keep)
    yield from found
