"""A routine over the study's figure: what lines it draws, read from the figure when it is saved."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from graders.driver.namespace import Namespace


def curve_figure(space: Namespace, history: dict[str, list[float]]) -> dict[str, Any]:
    """Have the curves plotted and saved, and return the figure's axes, lines and labels.

    Returns:
        "saved": bytes of the file, 0 when there is none; "axes": for each axes its title, labels, legend entries,
        background, limits and lines or scattered points (label, x, y, colour, style, marker, width, visible);
        "texts": what stands outside the axes.
    """
    from matplotlib.backend_bases import FigureCanvasBase

    saved: list[dict[str, Any]] = []  # each figure as it is when saved: afterwards the submission may clear it
    original = FigureCanvasBase.print_figure  # what Figure.savefig and pyplot.savefig end in

    def print_figure(self: FigureCanvasBase, *args: Any, **kwargs: Any) -> Any:
        saved.append({"axes": [_axes(ax) for ax in self.figure.axes], "texts": _texts(self.figure)})
        return original(self, *args, **kwargs)

    path = Path(tempfile.mkdtemp()) / "curves.png"
    FigureCanvasBase.print_figure = print_figure  # type: ignore[method-assign]
    try:
        space.find("plot_curves")(history, str(path))
    finally:
        FigureCanvasBase.print_figure = original  # type: ignore[method-assign]
    return {
        "saved": path.stat().st_size if path.is_file() else 0,
        "figures": len(saved),
        **(saved[-1] if saved else {"axes": [], "texts": []}),
    }


def _texts(figure: Any) -> list[str]:
    """Return what stands on the figure outside its axes: its title, texts and legends."""
    legends = [text for legend in figure.legends for text in legend.get_texts()]
    return [text.get_text() for text in (*figure.texts, *legends)]


def _axes(ax: Any) -> dict[str, Any]:
    from matplotlib.collections import PathCollection
    from matplotlib.colors import to_hex

    legend = ax.get_legend()
    return {
        "title": ax.get_title(),
        "x_label": ax.get_xlabel(),
        "y_label": ax.get_ylabel(),
        "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
        "texts": [text.get_text() for text in ax.texts],
        "background": to_hex(ax.get_facecolor()),
        "x_limits": [float(limit) for limit in ax.get_xlim()],
        "y_limits": [float(limit) for limit in ax.get_ylim()],
        "lines": [_line(line) for line in ax.get_lines()]
        + [_points(c) for c in ax.collections if isinstance(c, PathCollection)],
    }


def _line(line: Any) -> dict[str, Any]:
    from matplotlib.colors import to_hex, to_rgba

    opacity = to_rgba(line.get_color(), line.get_alpha())[3]  # 0 for the colour "none" too
    return {
        "label": str(line.get_label()),
        "x": np.asarray(line.get_xdata(orig=False), dtype=np.float64),
        "y": np.asarray(line.get_ydata(orig=False), dtype=np.float64),
        "color": to_hex(line.get_color()),
        "style": str(line.get_linestyle()),
        "marker": str(line.get_marker()),
        "width": float(line.get_linewidth()),
        "visible": bool(line.get_visible()) and float(opacity) > 0.05,
    }


def _points(points: Any) -> dict[str, Any]:
    """Describe a scatter plot as a line without a stroke."""
    from matplotlib.colors import to_hex

    offsets = np.ma.filled(np.ma.asarray(points.get_offsets(), dtype=np.float64), np.nan).reshape(-1, 2)
    colours = [*points.get_facecolors(), *points.get_edgecolors()]
    return {
        "label": str(points.get_label()),
        "x": offsets[:, 0],
        "y": offsets[:, 1],
        "color": to_hex(colours[0]) if colours else "none",
        "style": "None",
        "marker": " ".join(str(len(path.vertices)) for path in points.get_paths()[:1]),
        "width": 0.0,
        "visible": bool(points.get_visible()) and any(float(colour[3]) > 0.05 for colour in colours),
    }
