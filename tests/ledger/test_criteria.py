"""A class is shown its mistakes by their names in the catalogue; what is charged elsewhere is counted there."""

from typing import Any

from graders.ledger.criteria import mistakes
from graders.report.record import to_record
from tests.report import samples


def criterion(**changes: Any) -> dict[str, Any]:
    """Return a criterion's record that lost one check."""
    record: Any = to_record(samples.ALL[0]())
    lost = {
        **record["criteria"][0]["checks"][0],
        "title": "is right",
        "credit": 0.0,
        "attempted": True,
        "charged_at": [],
    }
    return {
        **record["criteria"][0],
        "name": "softmax",
        "title": "Softmax",
        "checks": [lost],
        "diagnoses": [],
        **changes,
    }


NAMED = [{"part": "", "names": [{"id": "softmax-no-shift", "did": "Nothing is subtracted."}]}]


def test_a_named_mistake_is_told_by_its_id_and_words() -> None:
    assert list(mistakes(criterion(diagnoses=NAMED))) == [("softmax-no-shift", "Nothing is subtracted.")]


def test_without_a_name_the_first_lost_check_stands_for_it() -> None:
    assert list(mistakes(criterion())) == [("softmax: is right", "Softmax: 'is right' fails")]


def test_a_mistake_that_is_charged_elsewhere_is_not_counted_twice() -> None:
    restored = {**criterion()["checks"][0], "credit": 1.0, "charged_at": ["Softmax"]}
    assert list(mistakes(criterion(checks=[restored], diagnoses=NAMED))) == []
