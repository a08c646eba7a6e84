"""Exhibits as pictures; lines are told apart by dash and marker as well as by colour."""

import dataclasses
import functools
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from graders.foundation.verdict import AgainstReference, Curves, ErrorMap, Exhibit, GapOverSeeds
from graders.report.error_figure import error_map_plan
from graders.report.numbers import numbers_of, size_text
from graders.report.plain_text import one_line
from graders.report.svg import BAND, FAINT, INK, LIMIT, LINES, MUTED, named_svg, rendered, text_size, themed
from graders.report.ticks import FullNumbers

_WIDTH = 400.0  # so that its text can still be read on a telephone
_HEIGHT = 225.0
_DASHES: Sequence[str | tuple[int, tuple[float, ...]]] = (
    "-",
    (0, (5, 2)),
    (0, (1, 1.6)),
    (0, (7, 2, 1.5, 2)),
    (0, (3, 3)),
    (0, (9, 3)),
)
_MARKERS = ("o", "s", "^", "D", "v", "P")
_KINDS = {kind.__name__: kind for kind in (Curves, GapOverSeeds, AgainstReference)}
_LEGEND_ROW = 18.0
_ABOVE, _BELOW, _RIGHT, _EDGE, _TICK, _LABEL = 8.0, 42.0, 10.0, 4.0, 7.0, 16.0  # margins, in SVG units
_TICK_SIZE = 11.0  # of the labels at ticks
_DRAWABLE = 1e200  # beyond it an axis' own arithmetic overflows


def exhibit_svg(exhibit: Exhibit, *, salt: str) -> str:
    """Return the exhibit as one inline `<svg>` element.

    Args:
        exhibit: what is drawn; numbers that are not finite are left out, or marked on a map.
        salt: sets its ids apart on the page; letters, digits, hyphens.
    """
    # Several criteria show the same run under titles of their own: it is drawn once.
    drawing = (
        themed(draw(exhibit))
        if isinstance(exhibit, ErrorMap)
        else _drawn_once(exhibit.__class__.__name__, _shown(exhibit))
    )
    return named_svg(drawing, salt=salt, title=one_line(exhibit.title), description=numbers_of(exhibit).description)


def _shown(exhibit: Exhibit) -> tuple[tuple[str, Any], ...]:
    return tuple((f.name, getattr(exhibit, f.name)) for f in dataclasses.fields(exhibit) if f.name != "title")


@functools.lru_cache(maxsize=64)
def _drawn_once(kind: str, shown: tuple[tuple[str, Any], ...]) -> str:
    return themed(draw(_KINDS[kind](title="", **dict(shown))))


def draw(exhibit: Exhibit) -> str:
    """Return an exhibit as Matplotlib writes it."""
    match exhibit:
        case Curves():
            rows = -(-len(exhibit.lines) // _legend_columns(exhibit))
            return rendered(
                partial(_paint_curves, exhibit), size=(_WIDTH, _HEIGHT + _LEGEND_ROW * rows), sheet=_sheet()
            )
        case GapOverSeeds():
            return rendered(partial(_paint_gaps, exhibit), size=(_WIDTH, _HEIGHT + 2 * _LEGEND_ROW), sheet=_sheet())
        case ErrorMap():
            plan = error_map_plan(exhibit)
            return rendered(plan.paint, size=(_WIDTH, plan.height))
        case AgainstReference():
            return rendered(partial(_paint_against_reference, exhibit), size=(_WIDTH, 150.0), sheet=_sheet())


def _paint_curves(exhibit: Curves, figure: Figure) -> None:
    axes = _axes(figure, x_label=exhibit.x_label, y_label=exhibit.y_label)
    drawn = False
    for place, (name, values) in enumerate(exhibit.lines):
        points = [(x, y if _drawable(y) else math.nan) for x, y in zip(exhibit.x, values, strict=False) if _drawable(x)]
        drawn = drawn or any(not math.isnan(y) for _, y in points)
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            color=LINES[place % len(LINES)],
            linestyle=_DASHES[place % len(_DASHES)],
            linewidth=1.7,
            marker=_MARKERS[place % len(_MARKERS)],
            markersize=4.5,
            markevery=max(1, len(points) // 12),
            label=_shortened(name, 28),
        )
    if all(float(x).is_integer() for x in exhibit.x if _drawable(x)):
        axes.xaxis.set_major_locator(_ticks(integer=True))
    if not drawn:
        _say_nothing_to_draw(axes)
    columns = _legend_columns(exhibit)
    if exhibit.lines:
        _legend_above(axes, columns=columns)
    _lay_out(axes, legend_rows=-(-len(exhibit.lines) // columns))


def _paint_gaps(exhibit: GapOverSeeds, figure: Figure) -> None:
    axes = _axes(figure, x_label="seed, in the order of the runs", y_label="accuracy gap (points)")
    axes.xaxis.set_major_locator(_ticks(integer=True))
    if _drawable(exhibit.low) and _drawable(exhibit.high):
        axes.axhspan(exhibit.low, exhibit.high, facecolor=BAND, label="interval of the mean")
    axes.axhline(0.0, color=MUTED, linewidth=0.8)
    if _drawable(exhibit.allowed):
        axes.axhline(
            exhibit.allowed,
            color=LIMIT,
            linestyle=(0, (6, 3)),
            linewidth=1.3,
            label=f"allowed: ±{size_text(exhibit.allowed)}",
        )
        axes.axhline(-exhibit.allowed, color=LIMIT, linestyle=(0, (6, 3)), linewidth=1.3)
    gaps = [(place, gap) for place, gap in enumerate(exhibit.gaps, start=1) if _drawable(gap)]
    axes.plot(
        [place for place, _ in gaps],
        [gap for _, gap in gaps],
        color=LINES[0],
        linestyle="none",
        marker="o",
        markersize=6,
        label="one seed",
    )
    axes.set_xlim(0.5, max(len(exhibit.gaps), 1) + 0.5)
    if not gaps:
        _say_nothing_to_draw(axes)
    _legend_above(axes, columns=2)
    _lay_out(axes, legend_rows=2)


def _paint_against_reference(exhibit: AgainstReference, figure: Figure) -> None:
    axes = _axes(figure, x_label=exhibit.label, y_label="")
    rows = (("reference", exhibit.reference, LINES[1], "|"), ("this submission", exhibit.submission, LINES[0], "o"))
    for place, (_, values, colour, marker) in enumerate(rows):
        drawn = [value for value in values if _drawable(value)]
        axes.plot(drawn, [place] * len(drawn), color=colour, linestyle="none", marker=marker, markersize=9)
    if _drawable(exhibit.threshold):
        axes.axvline(
            exhibit.threshold, color=LIMIT, linestyle=(0, (6, 3)), linewidth=1.3, label="full credit from here"
        )
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    _legend_above(axes, columns=1)
    _lay_out(axes, legend_rows=1)


@functools.cache
def _sheet() -> Figure:
    """Return the figure that all plots with axes are drawn on, one after another: making axes takes half the time."""
    return Figure()


def forget(*, drawings_only: bool = False) -> None:
    """Forget what was drawn, and unless told otherwise the figure that it was drawn on."""
    _drawn_once.cache_clear()
    if not drawings_only:
        _sheet.cache_clear()


def _axes(figure: Figure, *, x_label: str, y_label: str) -> Axes:
    """Return the figure's axes as they were when nothing was drawn on them."""
    axes = figure.axes[0] if figure.axes else figure.add_axes((0.0, 0.0, 1.0, 1.0))
    for artist in (*axes.lines, *axes.patches, *axes.texts, axes.get_legend()):
        if artist is not None:
            artist.remove()
    axes.relim()
    axes.autoscale()
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(_ticks())
        axis.set_major_formatter(FullNumbers())
    axes.set_xlabel(_shortened(x_label, 45))
    axes.set_ylabel(_shortened(y_label, 28))
    axes.grid(visible=True, axis="y", color=FAINT)
    axes.tick_params(axis="y", left=False)  # the grid's lines show where they are
    return axes


def _ticks(*, integer: bool = False) -> MaxNLocator:
    """Return where an axis' ticks stand: with as many intervals as a telephone shows side by side."""
    return MaxNLocator(nbins=5, steps=(1, 2, 2.5, 5, 10), integer=integer)


def _lay_out(axes: Axes, *, legend_rows: int) -> None:
    """Leave room for labels and legend; Matplotlib's own engine would draw everything to find out how much."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    width, height = figure.get_size_inches() * 72
    above = _ABOVE + _LEGEND_ROW * legend_rows
    axes.set_position((0.0, _BELOW / height, 1.0, 1 - (_BELOW + above) / height))  # ticks depend on the height
    ticks = axes.yaxis.get_major_formatter().format_ticks(axes.yaxis.get_majorticklocs().tolist())
    ticks_end = max((text_size(text, _TICK_SIZE)[0] for text in ticks), default=0.0) + _TICK
    left = ticks_end + (_LABEL if axes.get_ylabel() else 0.0) + _EDGE
    axes.set_position((left / width, _BELOW / height, 1 - (left + _RIGHT) / width, 1 - (_BELOW + above) / height))
    axes.xaxis.set_label_coords(0.5, -(_BELOW - _LABEL - _EDGE) / (height - _BELOW - above))
    axes.yaxis.set_label_coords(-(ticks_end + _EDGE) / (width - left - _RIGHT), 0.5)


def _legend_above(axes: Axes, *, columns: int) -> None:
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        borderpad=0.2,
        handlelength=3.4,
        columnspacing=1.4,
    )


def _legend_columns(exhibit: Curves) -> int:
    longest = max((len(_shortened(name, 28)) for name, _ in exhibit.lines), default=1)
    return max(1, min(len(exhibit.lines), int((_WIDTH - 50) // (60 + 7 * longest))))


def _say_nothing_to_draw(axes: Axes) -> None:
    axes.text(0.5, 0.5, "no finite value to draw", transform=axes.transAxes, ha="center", va="center", color=INK)


def _shortened(text: str, limit: int) -> str:
    line = one_line(text)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _drawable(number: float) -> bool:
    return abs(number) < _DRAWABLE  # false for NaN
