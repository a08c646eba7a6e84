"""What a picture shows, in words and numbers, for everyone who cannot or would rather not read the picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graders.foundation.verdict import AgainstReference, Curves, ErrorMap, Exhibit, GapOverSeeds
from graders.report.error_cells import as_matrix
from graders.report.plain_text import one_line

_ROWS = 200  # of a curve; longer ones are thinned evenly
_WORST = 12  # entries of an error map


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A table and the sentence that sums it up.

    Args:
        description: one or two sentences.
        caption: what the rows are.
        columns: their headings; the first column heads its row.
        rows: one text for each column.
    """

    description: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def size_text(number: float) -> str:
    """Return a number to four digits, or in words where it is not finite."""
    if math.isnan(number):
        return "not a number"
    if math.isinf(number):
        return "infinite" if number > 0 else "minus infinite"
    return f"{number:.4g}"


def numbers_of(exhibit: Exhibit) -> Numbers:
    """Return the exhibit's numbers."""
    match exhibit:
        case Curves():
            return _of_curves(exhibit)
        case GapOverSeeds():
            return _of_gaps(exhibit)
        case ErrorMap():
            return _of_errors(exhibit)
        case AgainstReference():
            return _of_reference(exhibit)


def _of_curves(exhibit: Curves) -> Numbers:
    told = [
        f"{one_line(name)} goes from {size_text(values[0])} to {size_text(values[-1])}"
        for name, values in exhibit.lines
        if values
    ]
    every = max(1, -(-len(exhibit.x) // _ROWS))
    rows = [
        (f"{x:g}", *(size_text(values[i]) if i < len(values) else "" for _, values in exhibit.lines))
        for i, x in list(enumerate(exhibit.x))[::every]
    ]
    over = f"{one_line(exhibit.y_label)} over {one_line(exhibit.x_label)}"
    over = over[:1].upper() + over[1:]
    return Numbers(
        description=f"{over}: {'; '.join(told) or 'nothing was recorded'}.",
        caption=over if every == 1 else f"{over}, every {every}th value",
        columns=(one_line(exhibit.x_label), *(one_line(name) for name, _ in exhibit.lines)),
        rows=tuple(rows),
    )


def _of_gaps(exhibit: GapOverSeeds) -> Numbers:
    low, high, allowed = (size_text(v) for v in (exhibit.low, exhibit.high, exhibit.allowed))
    return Numbers(
        description=f"The mean gap lies between {low} and {high} points; {allowed} points either way are allowed.",
        caption="Accuracy gap of each seed, in points",
        columns=("seed", "gap in points"),
        rows=tuple((str(seed), size_text(gap)) for seed, gap in zip(exhibit.seeds, exhibit.gaps, strict=False)),
    )


def _of_reference(exhibit: AgainstReference) -> Numbers:
    def span(values: tuple[float, ...]) -> str:
        return f"{size_text(min(values))} to {size_text(max(values))}" if values else "nothing"

    rows = [("reference", value) for value in sorted(exhibit.reference)]
    rows += [("this submission", value) for value in exhibit.submission]
    return Numbers(
        description=(
            f"{one_line(exhibit.label)}: the reference reaches {span(exhibit.reference)} over {len(exhibit.reference)} "
            f"seeds, this submission {span(exhibit.submission)}; full credit starts at {size_text(exhibit.threshold)}."
        ),
        caption=one_line(exhibit.label),
        columns=("whose", one_line(exhibit.label)),
        rows=tuple((whose, size_text(value)) for whose, value in rows),
    )


def _of_errors(exhibit: ErrorMap) -> Numbers:
    errors = as_matrix(exhibit.errors)
    rows, columns = errors.shape
    within = int(np.count_nonzero(errors <= exhibit.allowed))  # NaN is never within
    # what is no number comes first: it is the worst error there is
    order = np.argsort(-np.where(np.isnan(errors), np.inf, errors), axis=None, kind="stable")[:_WORST]
    places = [divmod(int(i), columns) for i in order]
    size = f" ({rows} by {columns})" if rows != 1 else ""
    allowed = size_text(exhibit.allowed)
    counted = f"{errors.size - within} of {errors.size} entries{size} are off by more than {allowed}"
    worst = f"; the worst, at {_place(places[0], rows)}, is {size_text(errors[places[0]])}" if places else ""
    return Numbers(
        description=f"{counted}{worst}.",
        caption=f"The {len(places)} largest absolute errors; allowed is {allowed}",
        columns=("entry", "absolute error"),
        rows=tuple((_place(p, rows), size_text(errors[p])) for p in places),
    )


def _place(place: Sequence[int], rows: int) -> str:
    return f"[{place[1]}]" if rows == 1 else f"[{place[0]}, {place[1]}]"
