import dataclasses
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from graders.foundation.call import Opaque, Params
from graders.foundation.errors import OurFault
from graders.foundation.observation import Failed, FailureKind, Observation, Returned
from graders.grading.scorecard import Award, Scorecard
from graders.ledger.parcel import parcel_digest, parcel_of, submission_of
from graders.ledger.stored import observations_bytes, observations_of, scorecard_bytes, scorecard_of
from graders.report import record_text, render_html
from graders.submission import Submission, open_submission
from graders.submission.model import LineMap, Notice
from tests.report import samples
from tests.sitting import ROOT


@pytest.mark.parametrize("sample", samples.ALL)
def test_a_scorecard_comes_back_to_the_last_byte(sample: Callable[[], Scorecard]) -> None:
    card = sample()
    back = scorecard_of(scorecard_bytes(card))
    assert record_text(back) == record_text(card)
    assert render_html(back) == render_html(card)


def test_an_award_comes_back_with_its_scorecard() -> None:
    card = samples.partial()
    award = Award(points=1.5, who="Kim", at="2026-03-01T10:00:00+00:00", why="right idea")
    card = dataclasses.replace(card, criteria=(dataclasses.replace(card.criteria[0], award=award), *card.criteria[1:]))
    back = scorecard_of(scorecard_bytes(card))
    assert back.criteria[0].award == award
    assert back.criteria[0].earned == 1.5


def test_bytes_that_are_no_scorecard_are_our_fault() -> None:
    for raw in (b"", b"nonsense", scorecard_bytes(samples.partial())[:-20]):
        with pytest.raises(OurFault):
            scorecard_of(raw)


def test_only_nouns_of_ours_are_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = scorecard_bytes(samples.full_marks())
    monkeypatch.setattr("graders.ledger.stored.HOMES", ("graders.foundation.",))
    with pytest.raises(OurFault, match="does not know"):
        scorecard_of(raw)


def test_observations_come_back_bit_for_bit() -> None:
    params = Params(
        W1=np.asfortranarray(np.arange(6.0).reshape(2, 3)), b1=np.zeros(3), W2=np.ones((3, 2)), b2=np.full(2, np.nan)
    )
    known: dict[bytes, Observation] = {
        b"a" * 32: Returned(value=(params, [1, 2.5, None, True, "x\ud800y"]), seconds=0.25, changed=("z",)),
        b"b" * 32: Returned(value={"W": np.array([], dtype=np.float32), 3: Opaque(type_name="Figure")}),
        b"c" * 32: Failed(kind=FailureKind.TIMED_OUT, message="too slow", where="mlp_numpy.py, line 3"),
    }
    back = observations_of(observations_bytes(known))
    assert list(back) == list(known)
    first, again = known[b"a" * 32], back[b"a" * 32]
    assert isinstance(first, Returned)
    assert isinstance(again, Returned)
    assert isinstance(again.value, tuple)
    returned = again.value[0]
    assert isinstance(returned, Params)
    for one, two in zip(params.arrays(), returned.arrays(), strict=True):
        assert one.tobytes() == two.tobytes()
        assert one.dtype == two.dtype
    assert (again.seconds, again.changed) == (0.25, ("z",))
    assert back[b"c" * 32] == known[b"c" * 32]


def test_a_submission_that_was_asked_nothing_answered_nothing() -> None:
    assert observations_of(observations_bytes({})) == {}


def test_observations_of_an_earlier_version_are_read_too() -> None:
    known: dict[bytes, Observation] = {b"a" * 32: Failed(kind=FailureKind.TIMED_OUT, message="too slow")}
    for level in (0, 1):
        assert observations_of(zlib.compress(observations_bytes(known), level)) == known


@pytest.mark.parametrize("spoilt", [lambda raw: raw[:-1], lambda raw: b"?" + raw, lambda raw: raw[:8]])
def test_bytes_that_are_no_observations_are_our_fault(spoilt: Callable[[bytes], bytes]) -> None:
    raw = observations_bytes({b"a" * 32: Returned(value=np.arange(3.0))})
    with pytest.raises(OurFault):
        observations_of(spoilt(raw))


def test_a_parcel_holds_the_whole_submission() -> None:
    submission = open_submission(ROOT / "reference")
    back = submission_of(parcel_of(submission), name=submission.name)
    for field in dataclasses.fields(submission):
        if field.name != "notices":
            assert getattr(back, field.name) == getattr(submission, field.name), field.name


def test_equal_work_gives_equal_parcels_whatever_it_is_called() -> None:
    one = Submission(name="a", files={"b.py": b"1", "a.py": b"2"}, modules={"study": "a"})
    two = Submission(
        name="b", files={"a.py": b"2", "b.py": b"1"}, modules={"study": "a"}, notices=(Notice(message="m"),)
    )
    assert parcel_digest(parcel_of(one)) == parcel_digest(parcel_of(two))


def test_the_same_code_from_other_cells_is_another_parcel() -> None:
    def from_cell(number: int) -> Submission:
        line_map = LineMap(notebook="n.ipynb", places=((number, 1), None))
        return Submission(name="a", files={"a.py": b"2"}, modules={}, origins={"a.py": line_map})

    assert parcel_digest(parcel_of(from_cell(1))) != parcel_digest(parcel_of(from_cell(2)))
    assert submission_of(parcel_of(from_cell(1))).origins["a.py"].describe(1) == "n.ipynb, cell 1, line 1"
