"""The plot shows training and validation loss, both visible and told apart.

Measures: that plot_curves saves a figure; that one visible line holds the training losses of the history it is given
and another the validation losses, from left to right; that the two differ in colour, line or panel and that a legend,
a title or a text says which is which; that the axes are labelled. Panels, logarithmic scales, accuracies beside the
losses, and counting epochs from 0 or from 1 are all as good.

Matters: a curve that no one can read is no evidence. Overfitting is the distance between these two lines.

Fix: open the saved file and ask somebody else which line is which.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Room, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Verdict, verdict
from graders.measure.compare import Wrong, array, check, mapping

EPOCHS = 9
TRAIN_WORDS = re.compile(r"train|learn|fit", re.IGNORECASE)
VALIDATION_WORDS = re.compile(r"val|dev|test|held", re.IGNORECASE)
BY_TRAIN = (TRAIN_WORDS, VALIDATION_WORDS)
LOOKS = re.compile(r"blue|orange|red|green|black|purple|solid|dashed|dotted|upper|lower|left|right", re.IGNORECASE)
LEGEND = "A label shows only where a legend (or a text beside the line) draws it."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlotCurves(Grader):
    """Grades `plot_curves(history, path)`."""

    title: ClassVar[str] = "Curves"
    about: ClassVar[str] = "plot_curves"

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for the figure of a made-up history whose four series cannot be mistaken for each other."""
        rng = exam.rng("plot curves")
        fall = np.exp(-np.arange(EPOCHS) / 3)
        history: dict[str | int, Value] = {
            "train_loss": _numbers(0.05 + 2.0 * fall + rng.uniform(0, 0.03, EPOCHS)),
            "val_loss": _numbers(0.55 + 1.6 * fall + rng.uniform(0, 0.03, EPOCHS)),
            "train_acc": _numbers(0.98 - 0.8 * fall - rng.uniform(0, 0.01, EPOCHS)),
            "val_acc": _numbers(0.85 - 0.7 * fall - rng.uniform(0, 0.01, EPOCHS)),
        }
        return [Call(name="figure", target="curve_figure", args=(history,), room=Room.TORCH)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the file, the lines, and whether they can be read."""
        del exam
        answer = seen["figure"]
        history = answer.call.args[0]
        assert isinstance(history, dict)

        figures: dict[int, Figure] = {}  # by the answer's identity: five checks read one answer

        def read(value: Value) -> Figure:
            if id(value) not in figures:
                figures[id(value)] = Figure.of(value)
            return figures[id(value)]

        def drawn(name: str, value: Value) -> str:
            line = line_of(read(value), history, name)
            return f"drawn from x = {line.x[0]:g} to {line.x[-1]:g}"

        def apart(value: Value) -> str:
            return told_apart(read(value), *loss_lines(read(value), history))

        def labelled(value: Value) -> None:
            _labelled(read(value))

        asked = f"plot_curves(history, path), history of {EPOCHS} epochs"
        return verdict(
            check("a figure is saved at the path", answer, _saved, asked=asked),
            check("the training loss is drawn", answer, lambda v: drawn("train_loss", v), asked=asked),
            check("the validation loss is drawn", answer, lambda v: drawn("val_loss", v), asked=asked),
            check("the two can be told apart", answer, apart, fix=LEGEND, asked=asked),
            check("the axes are labelled", answer, labelled, weight=0.5, asked=asked),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """A line of the figure.

    Args:
        axes: number of the panel it is in.
        x: positions.
        y: heights.
        look: what the eye can tell it by: colour, style, marker, width.
        name: what a legend calls it, or "".
        panel: the title, y label and texts of its panel.
        labels: x and y label of its panel.
    """

    axes: int
    x: np.ndarray
    y: np.ndarray
    look: tuple[str, ...]
    name: str
    panel: str
    labels: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figure:
    """What can be seen on the figure.

    Args:
        lines: visible lines.
        notes: texts beside the lines.
        words: all text.
    """

    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    words: str

    @property
    def explains(self) -> bool:
        """Whether texts say which line is which: one note for each, or a sentence that names two looks."""
        noted = [any(_only(a, b, note) for note in self.notes) for a, b in (BY_TRAIN, BY_TRAIN[::-1])]
        both = bool(TRAIN_WORDS.search(self.words) and VALIDATION_WORDS.search(self.words))
        return all(noted) or (both and len({look.lower() for look in LOOKS.findall(self.words)}) >= 2)

    @classmethod
    def of(cls, value: Value) -> "Figure":
        """Read the routine's answer."""
        figure = mapping(value, what="the figure")
        panels = [p for p in _list(figure.get("axes")) if isinstance(p, Mapping)]
        shown = {*_texts(figure.get("texts")), *(text for p in panels for text in _texts(p.get("legend")))}
        lines = [line for i, panel in enumerate(panels) for line in _lines(i, panel, shown)]
        words = [*shown, *(_panel_words(p) for p in panels)]
        notes = [text for panel in panels for text in _texts(panel.get("texts"))]
        return cls(lines=tuple(lines), notes=tuple(notes), words=" ".join(words))


def _lines(axes: int, panel: Mapping[str | int, Value], shown: set[str]) -> list[Line]:
    """Return the visible lines of a panel, each with the name that a legend shows for it."""
    drawn = [line for line in _list(panel.get("lines")) if isinstance(line, Mapping) and _visible(line, panel)]
    legend = _texts(panel.get("legend"))
    found = []
    for i, line in enumerate(drawn):
        label = str(line.get("label"))
        # legend(["a", "b"]) names the lines in their order and leaves their own labels as they were.
        name = label if label in shown else legend[i] if label.startswith("_") and i < len(legend) else ""
        look = tuple(str(line.get(key)) for key in ("color", "style", "marker", "width"))
        labels = (str(panel.get("x_label") or ""), str(panel.get("y_label") or ""))
        x, y = (array(line.get(key), what=f"a line's {key}", finite=False).ravel() for key in ("x", "y"))
        found.append(Line(axes=axes, x=x, y=y, look=look, name=name, panel=_panel_words(panel), labels=labels))
    return found


def _visible(line: Mapping[str | int, Value], panel: Mapping[str | int, Value]) -> bool:
    """Tell whether a line can be seen: drawn at all, in a colour of its own, and at least half of it within limits."""
    drawn = any(str(line.get(key)).strip().casefold() not in {"none", ""} for key in ("style", "marker"))
    if line.get("visible") is not True or not drawn or line.get("color") == panel.get("background", "#ffffff"):
        return False
    inside = np.ones(1, dtype=bool)
    for key in ("x", "y"):
        values = array(line.get(key), what=f"a line's {key}", finite=False).ravel()
        limits = panel.get(f"{key}_limits")
        low, high = sorted(array(limits, what="limits", shape=(2,))) if limits is not None else (-np.inf, np.inf)
        inside = inside & (values >= low) & (values <= high)
    return bool(np.mean(inside) >= 0.5)


def line_of(figure: Figure, history: Mapping[str | int, Value], name: str) -> Line:
    """Return the line that holds a series of the history, or raise `Wrong`."""
    want = array(history[name], what=name)
    for line in figure.lines:
        if line.y.shape == want.shape and np.allclose(line.y, want, rtol=1e-6, atol=0):
            if not (np.diff(line.x) > 0).all():
                raise Wrong(f"The line of {name} does not run from left to right: its x values do not increase.")
            return line
    lengths = ", ".join(str(len(line.y)) for line in figure.lines) or "none"
    raise Wrong(
        f"No visible line holds the {len(want)} values of {name}; lines drawn, by number of points: {lengths}.",
        got=f"{len(figure.lines)} lines",
        expected=f"a line of {name}",
    )


def loss_lines(figure: Figure, history: Mapping[str | int, Value]) -> tuple[Line, Line]:
    """Return the lines of training and validation loss, or raise `Wrong`."""
    return line_of(figure, history, "train_loss"), line_of(figure, history, "val_loss")


def _saved(value: Value) -> str:
    size = mapping(value, what="the figure").get("saved")
    if isinstance(size, int) and size > 0:
        return f"{size} bytes"
    raise Wrong(
        "There is no file at the path that plot_curves was given.", fix="Is the second argument where you save it?"
    )


def told_apart(figure: Figure, train: Line, val: Line) -> str:
    """Return by what the two lines are told apart, or raise `Wrong`."""
    if train.axes == val.axes and train.look == val.look:
        raise Wrong("Both lines have the same colour, style and marker.", got=f"colour {train.look[0]} twice")
    apart = train.axes != val.axes
    names = tuple(line.name or (line.panel if apart else "") for line in (train, val))
    swapped = _only(VALIDATION_WORDS, TRAIN_WORDS, names[0]) and _only(TRAIN_WORDS, VALIDATION_WORDS, names[1])
    if swapped:
        raise Wrong(f"The line of train_loss is called {names[0]!r} and that of val_loss {names[1]!r}: swapped.")
    named = bool(names[0].strip()) and bool(names[1].strip()) and names[0] != names[1]
    if named or figure.explains:
        return f"{names[0]!r} and {names[1]!r}" if named else "told apart by text"
    raise Wrong("Nothing on the figure says which line is training and which is validation.", expected="a legend")


def _only(these: re.Pattern[str], those: re.Pattern[str], text: str) -> bool:
    return bool(these.search(text)) and not those.search(text)


def _labelled(figure: Figure) -> None:
    missing = axes_without_label(figure)
    if missing:
        raise Wrong(f"The {' and the '.join(missing)} axis has no label.", expected="what is shown, and its unit")


def axes_without_label(figure: Figure) -> list[str]:
    """Return which of x and y has no label anywhere: panels share labels, and a title may say what is shown."""
    said = {"x": re.compile(r"epoch|iteration", re.IGNORECASE), "y": re.compile(r"loss|entropy", re.IGNORECASE)}
    labels = {axis: [line.labels[i] for line in figure.lines] for i, axis in enumerate("xy")}
    return [a for a in "xy" if not any(t.strip() for t in labels[a]) and not said[a].search(figure.words)]


def _panel_words(panel: Mapping[str | int, Value]) -> str:
    return " ".join([str(panel.get("title") or ""), str(panel.get("y_label") or ""), *_texts(panel.get("texts"))])


def _list(value: Value) -> Sequence[Value]:
    return value if isinstance(value, list | tuple) else ()


def _texts(value: Value) -> list[str]:
    return [text for text in _list(value) if isinstance(text, str)]


def _numbers(values: np.ndarray) -> list[Value]:
    return [float(v) for v in values]
