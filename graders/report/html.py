"""The report a student reads: one file that loads nothing, runs no student word and works without its script."""

import base64
import functools
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from graders.foundation.verdict import Exhibit
from graders.grading.scorecard import Scorecard
from graders.report.numbers import Numbers, numbers_of
from graders.report.plain_text import one_line, plain_text
from graders.report.whole_file import write_whole
from graders.report.wording import (
    by_group,
    check_outcome,
    headline,
    in_one_line,
    part_title,
    points_cell,
    standing_outcome,
    ungraded,
    ungraded_apology,
)

_TEMPLATES = Path(__file__).parent / "templates"
_CODE_SPAN = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """An exhibit as the report shows it: the picture, and its numbers."""

    svg: Markup
    numbers: Numbers


def render_html(scorecard: Scorecard, *, instructor: bool = False) -> str:
    """Return the report as one HTML document.

    Args:
        scorecard: what is shown.
        instructor: whether every deviation is shown with all its numbers, the right ones among them.
    """
    css, js = (own_text(name) for name in ("report.css", "report.js"))
    lost = ungraded(scorecard)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            card=scorecard,
            headline=headline(scorecard),
            groups=by_group(scorecard.criteria),
            ungraded=lost,
            apology=ungraded_apology(len(lost)),
            particulars=_particulars(scorecard),
            policy=policy_of(css=css, js=js),
            css=css,
            js=js,
            draw=_drawer(),
            standing_outcome=standing_outcome,
            check_outcome=check_outcome,
            part_title=part_title,
            instructor=instructor,
        )
    )


def write_html(scorecard: Scorecard, path: Path, *, instructor: bool = False) -> None:
    """Write the report, whole or not at all; the arguments are those of `render_html`.

    Raises:
        OSError: `path` cannot be written.
    """
    write_whole(path, render_html(scorecard, instructor=instructor))


@functools.cache  # templates are compiled once
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=plain_words,
    )
    environment.filters.update(
        one_line=one_line, points_cell=points_cell, paragraphs=_paragraphs, in_one_line=in_one_line
    )
    return environment


def plain_words(value: object) -> object:
    """Return a template's value with control characters stripped; markup of our own stays."""
    # Every word that enters the page passes here; only our own templates, style, script and figures are Markup.
    return plain_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@functools.cache
def own_text(name: str) -> Markup:
    """Return a style sheet or script of the report, as it goes into a page."""
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704  # a file of this package


def policy_of(*, css: str, js: str) -> str:
    """Return the content security policy of a page that has this style and this script and loads nothing."""

    def digest(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; style-src {digest(css)}; script-src {digest(js)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def _drawer() -> Callable[[Exhibit], Drawing]:
    drawn = 0

    def draw(exhibit: Exhibit) -> Drawing:
        nonlocal drawn
        from graders.report.figures import exhibit_svg  # noqa: PLC0415  # imports Matplotlib: half a second

        drawn += 1
        # themed serialises a tree, named_svg escapes title and description: no word of the exhibit is markup
        svg = Markup(exhibit_svg(exhibit, salt=f"figure-{drawn}"))  # noqa: S704
        return Drawing(svg=svg, numbers=numbers_of(exhibit))

    return draw


def _paragraphs(text: str) -> Sequence[Sequence[tuple[bool, str]]]:
    """Split a criterion's page at blank lines, and each paragraph into (is code, words) at its `code spans`."""
    return [
        [(place % 2 == 1, words) for place, words in enumerate(_CODE_SPAN.split(paragraph)) if words]
        for paragraph in re.split(r"\n\s*\n", text.strip())
    ]


def _particulars(scorecard: Scorecard) -> Sequence[tuple[str, str]]:
    rows = [
        ("Submission, sha256", scorecard.submission_digest),
        ("Rubric, sha256", scorecard.rubric_digest),
        ("Data", scorecard.dataset),
        ("Data, sha256", scorecard.dataset_digest),
        ("Seed", str(scorecard.seed)),
        ("Exam room", scorecard.isolation),
        *sorted(scorecard.environment.items()),
        ("Started (UTC)", scorecard.started),
        ("Seconds taken", f"{scorecard.seconds:.1f}" if scorecard.started else ""),
    ]
    return [(name, value) for name, value in rows if value]
