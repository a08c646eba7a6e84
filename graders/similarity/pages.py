"""The pages of look-alikes: a list, and each pair side by side."""

import itertools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from graders.ledger import Ledger
from graders.ledger.parcel import submission_of, uncompressed
from graders.report.html import own_text, plain_words, policy_of
from graders.report.plain_text import one_line
from graders.report.whole_file import write_whole
from graders.similarity.compare import code_of, known_fingerprints, look_alikes

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "similarity"
MOST = 200  # pairs that get a page
_TEMPLATES = Path(__file__).parent / "templates"


def write_similarity(ledger: Ledger, folder: Path) -> int:
    """Write RESULTS/similarity/ and return how many pairs there are.

    Raises:
        OSError: it cannot be written.
    """
    names: dict[str, list[str]] = {}
    for row in ledger.each(
        "SELECT h.student, s.parcel FROM hand_in h JOIN sitting s ON s.key = h.sitting ORDER BY h.place"
    ):
        names.setdefault(row["parcel"], []).append(row["student"])
    shown = {r.student: r.name for r in ledger.hand_ins()}
    codes = {
        student: code
        for parcel, students in names.items()
        for code in (code_of(submission_of(uncompressed(ledger.parcel(parcel)))),)
        for student in students
    }
    pairs = look_alikes(codes, known_fingerprints(not_counted()))
    out = folder / FOLDER
    out.mkdir(exist_ok=True)
    for old in out.glob("pair-*.html"):
        old.unlink()
    css = Markup("\n").join((own_text("report.css"), _own("similarity.css")))
    common = {"css": css, "policy": policy_of(css=css, js=""), "shown": shown}
    for number, pair in enumerate(pairs[:MOST], start=1):
        sides = [
            {"student": student, "share": share, "parts": parts(text, slices)}
            for student, share, text, slices in zip(pair.names, pair.shares, pair.texts, pair.slices, strict=True)
        ]
        write_whole(out / f"pair-{number:03d}.html", _template("pair.html.j2").render(**common, sides=sides))
    listed = _template("index.html.j2").render(**common, pairs=pairs[:MOST], left_out=max(0, len(pairs) - MOST))
    write_whole(out / "index.html", listed)
    return len(pairs)


def not_counted() -> list[Path]:
    """Return the files whose code everybody may have."""
    return sorted(itertools.chain((ROOT / "student_template").glob("*.py"), (ROOT / "reference").glob("*.py")))


def parts(text: str, slices: tuple[tuple[int, int], ...]) -> list[tuple[bool, str]]:
    """Split a text into (shared, words)."""
    found: list[tuple[bool, str]] = []
    place = 0
    for start, end in slices:
        found += [(False, text[place:start]), (True, text[start:end])]
        place = end
    return [(shared, words) for shared, words in (*found, (False, text[place:])) if words]


def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=plain_words,
    )
    environment.filters.update(one_line=one_line)
    return environment.get_template(name)


def _own(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))  # noqa: S704 - a file of this package
