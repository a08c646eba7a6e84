from pathlib import Path

import pytest

from graders.foundation.errors import BadUsage
from graders.intake import HandIn, match, read_roster

ROSTER = """\
Name,SID,Email,GitHub Username,Section
"Müller, Jürgen",007,jj@example.edu,jjm,A
Jane Doe,4711,jane@example.edu,janed,"B, evening"
"=cmd|' /C calc'!A0",13,eve@example.edu,eve-hub,A
علي حسن,1234,ali@example.edu,,A
"""


@pytest.fixture
def roster(tmp_path: Path) -> list[dict[str, str]]:
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return read_roster(tmp_path / "roster.csv")


def test_a_roster_says_who_is_in_the_class(roster: list[dict[str, str]]) -> None:
    assert [s["name"] for s in roster] == ["Müller, Jürgen", "Jane Doe", "=cmd|' /C calc'!A0", "علي حسن"]
    assert roster[1] == {
        "name": "Jane Doe",
        "sid": "4711",
        "email": "jane@example.edu",
        "login": "janed",
        "section": "B, evening",
    }


@pytest.mark.parametrize(
    "hand_in",
    [
        HandIn(label="4711"),
        HandIn(label="Jane Doe"),
        HandIn(label="doe, jane"),
        HandIn(label="JANE@example.edu"),
        HandIn(label="jane"),
        HandIn(label="mlp-from-scratch-janed"),
        HandIn(label="doejane_99", identity={"name": "doejane", "lms": "99"}),
        HandIn(label="submission_3", identity={"name": "J. D.", "email": "jane@example.edu"}),
    ],
    ids=lambda h: h.label,
)
def test_a_hand_in_finds_its_student_by_whatever_it_is_called(hand_in: HandIn, roster: list[dict[str, str]]) -> None:
    matched = match([hand_in], roster)
    assert [m.identity["name"] for m in matched.members if m.hand_in] == ["Jane Doe"]
    assert not matched.strangers


def test_umlauts_match_however_they_are_composed(roster: list[dict[str, str]]) -> None:
    decomposed = "Ju\u0308rgen Mu\u0308ller"
    matched = match([HandIn(label="x", identity={"name": decomposed})], roster)
    assert [m.identity["sid"] for m in matched.members if m.hand_in] == ["007"]


def test_who_handed_nothing_in_is_found_and_strangers_stay(roster: list[dict[str, str]]) -> None:
    matched = match([HandIn(label="4711"), HandIn(label="mallory")], roster)
    assert [m.identity.get("name") for m in matched.members if m.hand_in is None] == [
        "Müller, Jürgen",
        "=cmd|' /C calc'!A0",
        "علي حسن",
    ]
    assert matched.strangers == ["mallory"]
    assert matched.members[-1].hand_in == HandIn(label="mallory")


def test_two_of_one_name_are_left_to_a_person(tmp_path: Path) -> None:
    roster = [{"name": "Kim Lee", "sid": "1"}, {"name": "Kim Lee", "sid": "2"}]
    matched = match([HandIn(label="Kim Lee"), HandIn(label="2")], roster)
    assert [m.hand_in.label if m.hand_in else None for m in matched.members] == [None, "2", "Kim Lee"]
    assert "tell them apart" in matched.doubtful[0]


def test_a_second_hand_in_of_one_student_is_kept_and_told(roster: list[dict[str, str]]) -> None:
    matched = match([HandIn(label="4711"), HandIn(label="jane doe")], roster)
    assert "two hand-ins" in matched.doubtful[0]
    assert [m.hand_in.label for m in matched.members if m.hand_in] == ["4711", "jane doe"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_roster_may_be_saved_by_any_spreadsheet(encoding: str, delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(
        f"First name{delimiter}Last name{delimiter}E-Mail\r\nJürgen{delimiter}Müller{delimiter}j@x\r\n".encode(encoding)
    )
    assert read_roster(path) == [{"name": "Jürgen Müller", "email": "j@x"}]


@pytest.mark.parametrize("raw", [b"colour,shape\nred,round\n", b"\xff\xfe\x00", b'name,sid\n"Jane,1\n', b""])
def test_a_roster_that_is_none_is_told_with_a_remedy(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(raw)
    with pytest.raises(BadUsage) as told:
        read_roster(tmp_path / "r.csv")
    assert told.value.remedy
