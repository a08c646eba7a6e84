"""The map of a matrix's errors: neutral where they are allowed, darker for each step of decades beyond."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline

from graders.foundation.verdict import ErrorMap
from graders.report.error_cells import ErrorCells, error_cells
from graders.report.svg import HEAT, INK, NEUTRAL, NOT_A_NUMBER

_LEFT, _TOP, _BELOW = 50, 8, 44  # margins around the cells, in SVG units
_MAP_WIDTH, _MAP_HEIGHT, _CELL = 232, 232, 24
_LEGEND_ROW = 18.0
_HATCH = "xxx"
_RECTANGLE = [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY]
_NOT_FINITE = -2
_WITHIN = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorMapPlan:
    """Where everything of the map stands, in SVG units, and which cell has which shade.

    Args:
        cells: the errors to draw.
        levels: (rows, columns) index into HEAT, or _WITHIN, or _NOT_FINITE.
        tops: the largest error that each used shade stands for.
        allowed: the largest error that is none.
    """

    cells: ErrorCells
    levels: np.ndarray
    tops: tuple[float, ...]
    allowed: float

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of one cell: whole units, so that edges meet."""
        rows, columns = (max(1, n) for n in self.levels.shape)
        return min(_CELL, _MAP_WIDTH // columns), min(_CELL, _MAP_HEIGHT // rows)

    @property
    def height(self) -> float:
        """Height of the figure."""
        legend = (len(self.tops) + 4) * _LEGEND_ROW
        rows: int = max(1, self.levels.shape[0])
        return max(legend, float(_TOP + rows * self.cell[1] + _BELOW))

    def paint(self, figure: Figure) -> None:
        """Draw the map and its legend on an empty figure."""
        rows, columns = self.levels.shape
        width, height = columns * self.cell[0], rows * self.cell[1]
        whole_width, whole_height = figure.get_size_inches() * 72
        axes = figure.add_axes(
            (
                _LEFT / whole_width,
                1 - (_TOP + max(1, height)) / whole_height,
                max(1, width) / whole_width,
                max(1, height) / whole_height,
            )
        )
        axes.set_xlim(0, max(1, columns))
        axes.set_ylim(max(1, rows), 0)
        for level, colour in self._shades():
            _fill(axes, _runs(self.levels == level), colour, hatched=level == _NOT_FINITE)
        self._label(axes)
        self._legend(figure, x=(_LEFT + width + 14) / whole_width, y=1 - _TOP / whole_height)

    def _shades(self) -> Iterator[tuple[int, str]]:
        yield _WITHIN, NEUTRAL
        yield from enumerate(HEAT)
        yield _NOT_FINITE, NOT_A_NUMBER

    def _label(self, axes: Axes) -> None:
        rows, columns = self.levels.shape
        block_rows, block_columns = self.cells.block
        ticks = _ticks(columns, spacing=self.cell[0])
        axes.set_xticks([t + 0.5 for t in ticks], [str(t * block_columns) for t in ticks])
        ticks = _ticks(rows, spacing=self.cell[1]) if rows > 1 else []
        axes.set_yticks([t + 0.5 for t in ticks], [str(t * block_rows) for t in ticks])
        axes.set_xlabel("column" if rows > 1 else "entry")
        axes.set_ylabel("row" if rows > 1 else "")
        for spine in axes.spines.values():
            spine.set_visible(True)

    def _legend(self, figure: Figure, *, x: float, y: float) -> None:
        shades: list[Patch] = [Patch(facecolor=NEUTRAL, label="allowed")]
        shades += [Patch(facecolor=colour, label=f"≤ {top:.1e}") for colour, top in zip(HEAT, self.tops, strict=False)]
        if (self.levels == _NOT_FINITE).any():
            shades.append(Patch(facecolor=NOT_A_NUMBER, hatch=_HATCH, linewidth=0, label="not finite"))
        legend = figure.legend(
            handles=shades,
            loc="upper left",
            bbox_to_anchor=(x, y),
            borderaxespad=0,
            borderpad=0,
            title="absolute error",
            alignment="left",
            handlelength=1.4,
        )
        legend.get_title().set_color(INK)


def error_map_plan(exhibit: ErrorMap) -> ErrorMapPlan:
    """Return the plan of an error map: shades are whole steps of decades above what is allowed."""
    cells = error_cells(exhibit.errors)
    errors = cells.worst
    finite = np.isfinite(errors)
    over = finite & ~(errors <= exhibit.allowed) & (errors > 0)
    levels = np.where(finite, _WITHIN, _NOT_FINITE)
    if not over.any():
        return ErrorMapPlan(cells=cells, levels=levels, tops=(), allowed=exhibit.allowed)
    decades = np.log10(errors[over])
    positive = 0 < exhibit.allowed < math.inf
    base = math.log10(exhibit.allowed) if positive else math.floor(float(decades.min()))
    steps = decades - base
    step = max(1, math.ceil(float(steps.max()) / len(HEAT)))
    # An error of exactly 10 times what is allowed belongs to "up to 10 times".
    levels[over] = np.clip(np.ceil(steps / step).astype(int) - 1, 0, len(HEAT) - 1)
    used = int(levels.max()) + 1
    tops = tuple(10.0 ** min(308.0, base + step * (n + 1)) for n in range(used))
    return ErrorMapPlan(cells=cells, levels=levels, tops=tops, allowed=exhibit.allowed)


def _runs(chosen: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Yield (row, first column, end column) of each horizontal run of True."""
    for row, line in enumerate(chosen):
        edges = np.flatnonzero(np.diff(np.concatenate(([False], line, [False])).astype(np.int8)))
        for first, end in edges.reshape(-1, 2).tolist():
            yield row, first, end


def _fill(axes: Axes, runs: Iterator[tuple[int, int, int]], colour: str, *, hatched: bool) -> None:
    corners: list[tuple[float, float]] = []
    codes: list[np.uint8] = []
    for row, first, end in runs:
        corners += [(first, row), (end, row), (end, row + 1), (first, row + 1), (first, row)]
        codes += _RECTANGLE
    if not corners:
        return
    outline = Outline(np.array(corners), codes)
    axes.add_patch(PathPatch(outline, facecolor=colour, linewidth=0, hatch=_HATCH if hatched else None))


def _ticks(count: int, *, spacing: int) -> Sequence[int]:
    """Return which of `count` cells get a label, so that labels stand at least 24 units apart."""
    return range(0, count, max(1, math.ceil(24 / spacing)))
