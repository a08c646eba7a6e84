import dataclasses
import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.foundation.verdict import AgainstReference, Curves, ErrorMap, Exhibit, GapOverSeeds
from graders.report import figures
from graders.report.error_figure import error_map_plan
from graders.report.figures import exhibit_svg
from graders.report.numbers import numbers_of
from graders.report.svg import text_size
from tests.report import samples


def losses(title: str, first: float, *, above: float = 0.0) -> Curves:
    """Return a loss that falls from `above + first` to a fourth of `first` above `above`."""
    return Curves(
        title=title,
        x_label="epoch",
        y_label="cross-entropy",
        x=(1.0, 2.0, 3.0, 4.0),
        lines=(("training", tuple(above + first / epoch for epoch in (1, 2, 3, 4))),),
    )


HUGE, TINY, FLAT = losses("huge", 1e9), losses("tiny", 1e-7), losses("flat", 1e-7, above=2.3)
EXHIBITS: list[Exhibit] = [
    *(HUGE, TINY, FLAT),
    samples.loss_curves(),
    samples.width_curves(),
    samples.gaps(),
    samples.gradient_errors(),
    samples.gradient_errors("dW1", 784, 128),
    samples.gradient_errors("db1", 1, 11),
    AgainstReference(title="beside", label="accuracy (%)", reference=(92.0, 93.0), submission=(91.5,), threshold=92.5),
]
every_exhibit = pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda e: e.title[:30])
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)
few = settings(max_examples=25, deadline=None)


def tree(exhibit: Exhibit, salt: str = "figure-1") -> ET.Element:
    return ET.fromstring(exhibit_svg(exhibit, salt=salt))  # noqa: S314  # our own picture


@every_exhibit
def test_the_same_exhibit_gives_the_same_picture(exhibit: Exhibit) -> None:
    assert exhibit_svg(exhibit, salt="figure-1") == exhibit_svg(exhibit, salt="figure-1")


def test_a_picture_does_not_depend_on_what_was_drawn_before_it() -> None:
    alone = []
    for exhibit in EXHIBITS:
        figures.forget()
        alone.append(exhibit_svg(exhibit, salt="f"))
    for place in np.random.default_rng(0).permutation(np.repeat(np.arange(len(EXHIBITS)), 3)).tolist():
        figures.forget(drawings_only=True)
        assert exhibit_svg(EXHIBITS[place], salt="f") == alone[place], EXHIBITS[place].title


def test_a_run_that_two_criteria_show_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Exhibit] = []
    draw = figures.draw

    def counted(exhibit: Exhibit) -> str:
        drawn.append(exhibit)
        return draw(exhibit)

    monkeypatch.setattr(figures, "draw", counted)
    figures.forget()
    shown = [dataclasses.replace(samples.loss_curves(), title=title) for title in ("first", "second")]
    first, second = (exhibit_svg(exhibit, salt=f"figure-{n}") for n, exhibit in enumerate(shown))
    assert len(drawn) == 1
    assert first.replace("figure-0", "figure-1").replace("first", "second") == second


@every_exhibit
def test_words_stand_within_the_picture(exhibit: Exhibit) -> None:
    root = tree(exhibit)
    _, _, width, height = (float(number) for number in root.attrib["viewBox"].split())
    words = [e for e in root.iter() if e.tag.endswith("text")]
    assert words
    for word in words:
        x, y = float(word.attrib["x"]), float(word.attrib["y"])  # of the baseline
        assert 0 < x < width, word.text
        assert 8 < y < height - 2, word.text


def ticks_of(exhibit: Exhibit) -> list[str]:
    """Return the labels at the ticks of the vertical axis, from below."""
    drawn = [e for e in tree(exhibit).iter() if e.tag.endswith("text") and e.get("text-anchor") == "end"]
    assert all(float(e.attrib["x"]) - text_size(e.text or "", 11)[0] > 16 for e in drawn), "over the axis' own label"
    return [e.text or "" for e in drawn]


@pytest.mark.parametrize(
    ("exhibit", "labels"),
    [
        (HUGE, ["4e8", "6e8", "8e8", "1e9"]),
        (TINY, ["4e−8", "6e−8", "8e−8", "1e−7"]),
        (FLAT, ["2.30000004", "2.30000006", "2.30000008", "2.30000010"]),
        (losses("none", 0.0), ["−0.050", "−0.025", "0.000", "0.025", "0.050"]),
        (losses("about zero", 4e8, above=-2e8), ["−1e8", "0", "1e8", "2e8"]),
    ],
    ids=lambda given: given.title if isinstance(given, Curves) else "",
)
def test_a_tick_is_read_without_a_power_or_constant_in_a_corner(exhibit: Curves, labels: list[str]) -> None:
    root = tree(exhibit)
    words = [e.text or "" for e in root.iter() if e.tag.endswith("text")]
    assert ticks_of(exhibit) == labels
    assert sorted(word for word in words if word not in labels) == sorted(
        ["1", "2", "3", "4", "epoch", "cross-entropy", "training"]
    )


@every_exhibit
def test_a_picture_has_no_colour_of_its_own(exhibit: Exhibit) -> None:
    svg = exhibit_svg(exhibit, salt="figure-1")
    assert re.findall(r'"#[0-9a-fA-F]{6}"', svg) == []
    assert "style" not in svg
    assert "var(--" in svg


@every_exhibit
def test_a_picture_scales_with_the_page(exhibit: Exhibit) -> None:
    root = tree(exhibit)
    assert not {"width", "height"} & set(root.attrib)
    assert root.attrib["viewBox"].startswith("0 0 400 ")


@every_exhibit
def test_two_pictures_share_no_id_and_refer_to_their_own(exhibit: Exhibit) -> None:
    first, second = tree(exhibit, "figure-1"), tree(exhibit, "figure-2")
    ids = [{e.attrib["id"] for e in root.iter() if "id" in e.attrib} for root in (first, second)]
    assert not ids[0] & ids[1]
    for root, own in zip((first, second), ids, strict=True):
        referred = re.findall(r'(?:url\(|href=")#([\w-]+)', ET.tostring(root, encoding="unicode"))
        assert set(referred) <= own


@every_exhibit
def test_a_picture_tells_its_name_and_what_it_shows(exhibit: Exhibit) -> None:
    root = tree(exhibit)
    told = {e.attrib["id"]: e.text for e in root if e.tag.endswith(("title", "desc"))}
    assert root.attrib["role"] == "img"
    assert told[root.attrib["aria-labelledby"]] == exhibit.title
    assert told[root.attrib["aria-describedby"]] == numbers_of(exhibit).description


def test_lines_differ_in_dash_as_well_as_in_colour() -> None:
    svg = exhibit_svg(samples.width_curves(), salt="f")
    drawn = re.findall(r'stroke-dasharray="([^"]+)"[^>]*stroke="(var\(--line-\d\))"', svg)
    assert len({dash for dash, _ in drawn}) >= 5
    assert len({colour for _, colour in drawn}) >= 5


def test_student_words_in_a_figure_are_words() -> None:
    svg = exhibit_svg(
        Curves(
            title=samples.HOSTILE, x_label="$x^2$", y_label=samples.SCRIPT, x=(0.0,), lines=((samples.STYLE, (1.0,)),)
        ),
        salt="f",
    )
    assert "$x^2$" in svg
    assert not re.search(r"<(script|img|h1|/style)", svg)
    assert "\x1b" not in svg


def test_no_error_map_costs_a_page_of_megabytes() -> None:
    errors = 10.0 ** np.random.default_rng(0).uniform(-8, 8, size=(784, 512))
    assert len(exhibit_svg(ErrorMap(title="dW1", errors=errors, allowed=1e-5), salt="f")) < 300_000


def test_shades_are_steps_of_decades_above_what_is_allowed() -> None:
    plan = error_map_plan(ErrorMap(title="t", errors=np.array([[0.0, 1e-5, 2e-5, 9e-4, 9e-3, math.nan]]), allowed=1e-5))
    assert plan.levels.tolist() == [[-1, -1, 0, 1, 2, -2]]
    assert plan.tops == pytest.approx((1e-4, 1e-3, 1e-2))


def test_an_entry_that_is_no_number_is_named_first() -> None:
    numbers = numbers_of(ErrorMap(title="t", errors=np.array([[0.5, math.nan], [0.0, 1e-9]]), allowed=1e-5))
    assert numbers.rows[0] == ("[0, 1]", "not a number")
    assert numbers.rows[1] == ("[0, 0]", "0.5")
    assert numbers.description.startswith("2 of 4 entries (2 by 2) are off by more than 1e-05")


def test_a_long_curve_is_thinned_in_the_table_and_says_so() -> None:
    x = tuple(float(i) for i in range(1000))
    numbers = numbers_of(Curves(title="t", x_label="step", y_label="loss", x=x, lines=(("a", x),)))
    assert len(numbers.rows) == 200
    assert numbers.caption == "Loss over step, every 5th value"


@few
@given(st.lists(ANY_FLOAT, max_size=6), st.lists(ANY_FLOAT, max_size=8), st.text(max_size=8))
def test_any_curve_can_be_drawn(x: list[float], values: list[float], name: str) -> None:
    tree(Curves(title=name, x_label=name, y_label=name, x=tuple(x), lines=((name, tuple(values)), ("b", ()))))


@few
@given(st.lists(ANY_FLOAT, max_size=6), ANY_FLOAT, ANY_FLOAT, ANY_FLOAT)
def test_any_gap_can_be_drawn(gaps: list[float], low: float, high: float, allowed: float) -> None:
    seeds = tuple(range(len(gaps)))
    tree(GapOverSeeds(title="t", seeds=seeds, gaps=tuple(gaps), low=low, high=high, allowed=allowed))


@few
@given(st.integers(0, 3), st.integers(0, 3), st.data(), ANY_FLOAT)
def test_any_error_map_can_be_drawn(rows: int, columns: int, data: st.DataObject, allowed: float) -> None:
    entries = data.draw(st.lists(ANY_FLOAT.map(abs), min_size=rows * columns, max_size=rows * columns))
    tree(ErrorMap(title="t", errors=np.array(entries).reshape(rows, columns), allowed=allowed))
