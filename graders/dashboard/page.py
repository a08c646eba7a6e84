"""Drawing the dashboard. Everything is in the page: rows as JSON, which its script sorts, searches and turns over."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from graders.dashboard.statistics import DECIDED, ClassStatistics, statistics
from graders.ledger import Ledger, Status, StudentFigures
from graders.report.html import own_text, plain_words, policy_of
from graders.report.plain_text import one_line, plain_text

_TEMPLATES = Path(__file__).parent / "templates"
MISTAKES = 30
NAMED = 8  # students named beside a mistake; all of them are a click away
ATTENTION = 50
FIRST = (Status.UNGRADED, Status.UNOPENED, Status.WAITING)

COMMONEST = """
    SELECT m.mistake FROM hand_in h JOIN mistake m ON m.sitting = h.sitting
    GROUP BY m.mistake ORDER BY count(DISTINCT h.student) DESC, m.mistake LIMIT ?
"""
MADE = "SELECT h.student, m.mistake, m.words FROM hand_in h JOIN mistake m ON m.sitting = h.sitting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A mistake of the class: what it is, and the places in the list of those who made it."""

    identity: str
    words: str
    who: Sequence[int]


def render_dashboard(ledger: Ledger, found: Sequence[StudentFigures], title: str, *, similarity: str = "") -> str:
    """Return index.html.

    Args:
        ledger: the class.
        found: its results.
        title: the rubric's.
        similarity: relative address of the page of look-alikes; "" for none.
    """
    # Whom a person must look at come first.
    results = sorted(found, key=lambda r: (r.status not in FIRST, r.status is Status.MISSING))
    figures = statistics(results)
    # report.css first: the dashboard looks like the reports that it leads to
    css = Markup("\n").join((own_text("report.css"), _own("dashboard.css")))
    js = _own("dashboard.js")
    template = _environment().get_template("dashboard.html.j2")
    return template.render(
        title=title,
        css=css,
        js=js,
        policy=policy_of(css=css, js=js),
        figures=figures,
        counts=[(status.value, figures.counts[status]) for status in Status if figures.counts[status]],
        attention=[r for r in results if r.status in FIRST][:ATTENTION],
        attention_left_out=max(0, sum(r.status in FIRST for r in results) - ATTENTION),
        bars=bars(figures),
        mistakes=mistakes(ledger, results),
        named=NAMED,
        results=results,
        rows=_json_list(row(r, figures) for r in results),
        times={
            "students": [round(r.seconds, 1) for r in results],
            "criteria": criterion_times(results, figures),
        },
        criteria=[{"title": one_line(c.title), "points": c.points} for c in figures.criteria],
        similarity=similarity,
    )


def row(result: StudentFigures, figures: ClassStatistics) -> list[object]:
    """Return a student as the page's script reads it; times are elsewhere, for they alone differ between two runs."""
    earned = {heading.name: points if standing in DECIDED else None for heading, standing, points in result.criteria()}
    identity = result.hand_in.identity
    searched = [identity.get(key, "") for key in ("sid", "email", "login", "section")]
    has_report = bool(result.headings)
    return [
        one_line(result.hand_in.name),
        f"students/{quote(result.hand_in.student)}/report.html" if has_report else "",
        result.status.value,
        result.hand_in.late,
        result.total,
        result.open_points,
        [earned.get(c.name) for c in figures.criteria],
        one_line(plain_text(" ".join([*filter(None, searched), result.hand_in.student]))),
        one_line(result.problem)[:300],
    ]


def bars(figures: ClassStatistics) -> list[dict[str, object]]:
    """Return the bars of the distribution: place and height in a box of 100 by 100, and what they stand for."""
    highest = max([*figures.bins, 1])
    width = 100 / len(figures.bins)
    step = figures.points / len(figures.bins)
    return [
        {
            "x": number * width,
            "width": width,
            "height": 100 * count / highest,
            "count": count,
            "range": f"{number * step:g} to {(number + 1) * step:g} points",
        }
        for number, count in enumerate(figures.bins)
    ]


def mistakes(ledger: Ledger, results: Sequence[StudentFigures]) -> list[Mistake]:
    """Return the commonest mistakes of the class, each with who made it."""
    commonest = [found["mistake"] for found in ledger.rows(COMMONEST, (MISTAKES,))]
    place = {r.hand_in.student: number for number, r in enumerate(results)}
    who: dict[str, set[int]] = {identity: set() for identity in commonest}
    words: dict[str, Counter[str]] = {identity: Counter() for identity in commonest}
    for student, identity, told in ledger.each(MADE):
        if identity in who:
            who[identity].add(place[student])
            words[identity][told] += 1
    return [
        Mistake(identity=i, words=min(words[i], key=lambda w, i=i: (-words[i][w], w)), who=sorted(who[i]))  # type: ignore[misc]
        for i in commonest
    ]


def criterion_times(results: Sequence[StudentFigures], figures: ClassStatistics) -> list[list[object]]:
    """Return title and mean seconds of each criterion."""
    seconds: dict[str, array[float]] = {c.name: array("d") for c in figures.criteria}
    for result in results:
        for heading, time in zip(result.headings, result.times, strict=True):
            seconds[heading.name].append(time)
    return [[one_line(c.title), round(sum(s) / len(s), 3)] for c in figures.criteria if (s := seconds.get(c.name))]


def _json_list(items: Iterable[object]) -> Markup:
    """Return what `tojson` makes of the list, of which it would hold every number as an object."""
    told = (htmlsafe_json_dumps(item) for item in items)  # nothing in it could end the script element
    return Markup("[{}]").format(Markup(", ").join(told))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=plain_words,
    )
    environment.filters.update(one_line=one_line)
    return environment


def _own(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of this package
