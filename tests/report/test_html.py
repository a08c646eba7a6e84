import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from graders.grading.scorecard import Scorecard
from graders.report.html import render_html, write_html
from graders.report.plain_text import plain_text
from tests.report import samples

Sample = Callable[[], Scorecard]
every_sample = pytest.mark.parametrize("sample", samples.ALL)
VOID = {"meta", "br", "img", "link", "input", "hr"}


class _Page(HTMLParser):
    """The parts of a page that the tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.inside:
            self.inside[self._open[-1]].append(data)
        else:
            self.words.append(data)

    def values(self, name: str) -> list[str]:
        """Return every value of an attribute."""
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    @property
    def said(self) -> str:
        """All visible words on one line."""
        return " ".join("".join(self.words).split())


@every_sample
def test_the_only_script_is_our_own(sample: Sample) -> None:
    page = _Page(render_html(sample()))
    own = Path(sys.modules[render_html.__module__].__file__ or "").parent / "templates" / "report.js"
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "".join(page.inside["script"]) == own.read_text(encoding="utf-8")
    assert not {"img", "iframe", "object", "embed", "link", "form", "base"} & {tag for tag, _ in page.tags}
    assert [name for _, attributes in page.tags for name in attributes if name.startswith("on")] == []


@every_sample
def test_nothing_points_outside_the_page(sample: Sample) -> None:
    page = _Page(render_html(sample()))
    assert page.values("src") == []
    assert [target for target in page.values("href") if not target.startswith("#")] == []


@every_sample
def test_the_policy_admits_our_style_and_script_and_nothing_else(sample: Sample) -> None:
    page = _Page(render_html(sample()))
    (policy,) = [a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        digest = hashlib.sha256("".join(page.inside[tag]).encode()).digest()
        assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert page.values("style") == []  # the policy would refuse them


@every_sample
def test_student_words_are_words(sample: Sample) -> None:
    card = sample()
    page = _Page(render_html(card))
    for words in (card.submission, card.answers, *card.output, *(c.reason for c in card.criteria)):
        assert " ".join(plain_text(words).split()) in page.said
    assert "forged" not in page.values("id")
    assert not set(page.said) & set("\x1b\x9b\x00\u202e\u2066\u2069\ufeff")


def test_a_template_in_student_words_is_not_rendered() -> None:
    said = _Page(render_html(samples.hostile())).said
    assert "{{ 7 * 7 }} {% raw %} [bold]markup[/bold]" in said
    assert "49" not in re.sub(r"\d\.\d+|[0-9a-f]{64}", "", said)


@every_sample
def test_ids_are_unique_and_every_reference_is_answered(sample: Sample) -> None:
    text = render_html(sample())
    page = _Page(text)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    named = {i for name in ("aria-labelledby", "aria-describedby") for v in page.values(name) for i in v.split()}
    linked = {v.removeprefix("#") for v in page.values("href")}
    drawn = {r for _, a in page.tags for v in a.values() for r in re.findall(r"url\(#([^)]+)\)", v)}
    assert named | linked | drawn <= set(ids)


@every_sample
def test_headings_go_down_one_step_at_a_time(sample: Sample) -> None:
    levels = [int(tag[1]) for tag, _ in _Page(render_html(sample())).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_sample
def test_the_page_has_landmarks_a_language_and_headed_tables(sample: Sample) -> None:
    page = _Page(render_html(sample()))
    tags = [tag for tag, _ in page.tags]
    assert [tags.count(name) for name in ("header", "main", "footer", "title")] >= [1, 1, 1, 1]
    assert page.tags[0] == ("html", {"lang": "en"})
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert all(a.get("role") == "img" or a.get("aria-hidden") == "true" for a in pictures)


def test_the_score_and_what_is_open_stand_at_the_top() -> None:
    said = _Page(render_html(samples.partial())).said
    assert "30.5 of 50 decided points 4 points open for a reviewer" in said.split("Summary")[0]


def test_the_whole_of_the_evidence_is_there() -> None:
    said = _Page(render_html(samples.partial())).said
    for words in (
        "◐ some points",
        "✗ lost",
        "every entry is 7 times too large".capitalize(),
        "loss_and_grads(params, float64[7, 13], int64[7])",
        "mlp_numpy.py, line 74",
        "Does db1 pass through that line",
        "What it measures",
        "Why it matters",
        "How to fix it",
        "Your dtype is float32 throughout.",
        "epoch 1 loss 1.4821",
        "solution.ipynb, cell 3",
        "∂L/∂Z₂ = P - Y",
        "20240607",
        "2.13.0",
        "process",
    ):
        assert words in said


def test_criteria_that_lost_points_are_open_and_perfect_ones_are_closed() -> None:
    page = _Page(render_html(samples.partial()))
    kinds = [a for tag, a in page.tags if tag == "details" and a.get("class", "").startswith("criterion")]
    assert [(a["class"].split()[1], "open" in a) for a in kinds] == [
        ("full", False),
        ("full", False),
        ("partial", True),
        ("blank", True),
        ("partial", True),
        ("full", False),
        ("open", True),
    ]


def test_a_mistake_that_was_charged_elsewhere_is_shown_and_says_where() -> None:
    page = _Page(render_html(samples.carried_forward()))
    assert page.said.count("↪ not charged again is the mean over the batch") == 2
    assert page.said.count("Charged once, at Softmax; right with a right function there.") == 3
    assert "What follows from the mistake at Softmax is not charged again here." in page.said.split("Criterion by")[0]
    kinds = [a for tag, a in page.tags if tag == "details" and a.get("class", "").startswith("criterion")]
    assert all("open" in a for a in kinds)


def test_answers_are_shown_only_where_a_criterion_asks_for_them() -> None:
    card = samples.still_open()
    assert "P - Y." in _Page(render_html(card)).said
    softmax_alone = samples.scorecard(card.criteria[0], answers=card.answers)
    assert "P - Y." not in _Page(render_html(softmax_alone)).said


def test_what_is_ungraded_comes_before_the_summary() -> None:
    said = _Page(render_html(samples.ungraded())).said
    assert said.index("One criterion could not be graded.") < said.index("Summary")
    assert "No score yet" in said


def test_the_same_scorecard_gives_the_same_bytes() -> None:
    assert render_html(samples.partial()) == render_html(samples.partial())


def test_the_file_is_utf_8(tmp_path: Path) -> None:
    write_html(samples.hostile(), tmp_path / "report.html")
    text = (tmp_path / "report.html").read_bytes().decode("utf-8")
    assert text == render_html(samples.hostile())


def test_a_report_without_figures_does_not_wait_for_matplotlib() -> None:
    program = (
        "import sys; from tests.report import samples; from graders.report import render_html;"
        "render_html(samples.full_marks()); sys.exit('matplotlib' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0
