"""Mistakes in `plot_curves(history, path)`: what can be seen on the figure that each of them gives."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from graders.foundation.call import Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed
from graders.measure.compare import Wrong
from graders.naming.mistake import ENDING, RETURNED, Case, Catalogue, Key, Mistake, Outcome, Outcomes, Predict
from graders.plot_curves import Figure, axes_without_label, line_of, loss_lines, told_apart

NAME = "figure"
LOSSES = ("train_loss", "val_loss")
SAVED, FILE, APART, LABELS = "saved", "file", "told apart", "axes without a label"
SEEN, ABSENT, UNKNOWN, YES, NO = "seen", "not drawn", "unknown", "yes", "no"
OPEN_IT = "Open the saved file and ask somebody else which line is which."
READ = "A curve that no one can see or read is no evidence."
NUMBERS = "Compare the first and the last number of the history with what the figure shows at these epochs."

mistake = partial(Mistake, criterion="plot_curves")


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return whether a figure was saved, how each loss shows on it, and whether it can be read."""
    answer = seen[NAME]
    if isinstance(answer.observation, Failed):
        return {(NAME, ENDING): answer.observation.kind.value}
    found: dict[Key, Outcome] = {(NAME, ENDING): RETURNED}
    value, history = answer.observation.value, answer.call.args[0]
    if not isinstance(value, Mapping) or not isinstance(history, Mapping):
        return found
    found[NAME, SAVED] = YES if value.get("figures") else NO
    found[NAME, FILE] = YES if value.get("saved") else NO
    figure = Figure.of(value)
    for name in LOSSES:
        found[NAME, name] = _shown(figure, value, history, name)
    found[NAME, APART] = _apart(figure, value, history)
    found[NAME, LABELS] = " ".join(axes_without_label(figure))
    return found


def _drawn(value: Value) -> list[Mapping[str | int, Value]]:
    """Return all lines, seen or not, each with its panel's background."""
    panels = value.get("axes") if isinstance(value, Mapping) else None
    found: list[Mapping[str | int, Value]] = []
    for panel in panels if isinstance(panels, list | tuple) else ():
        if not isinstance(panel, Mapping):
            continue
        lines = panel.get("lines")
        known = [line for line in lines if isinstance(line, Mapping)] if isinstance(lines, list | tuple) else []
        found += [{"background": panel.get("background"), **line} for line in known]
    return found


def _shown(figure: Figure, value: Value, history: Mapping[str | int, Value], name: str) -> str:
    """Return in a word how a series shows on the figure."""
    want = np.asarray(history[name], dtype=float)
    try:
        line_of(figure, history, name)
    except Wrong:
        pass
    else:
        return SEEN
    lines = _drawn(value)
    for line in lines:
        if _is(line, want):
            return _hidden(line)
    if not lines:
        return "no line at all"
    for word, numbers in _distorted(want).items():
        if any(_is(line, numbers) for line in lines):
            return word
    accuracies = [np.asarray(history[n], dtype=float) for n in ("train_acc", "val_acc")]
    if all(any(_is(line, a) for a in accuracies) for line in lines):
        return "accuracies alone"
    other = np.asarray(history[LOSSES[1 - LOSSES.index(name)]], dtype=float)
    return "the other loss twice" if sum(_is(line, other) for line in lines) > 1 else ABSENT


def _is(line: Mapping[str | int, Value], numbers: np.ndarray) -> bool:
    y = np.asarray(line.get("y"), dtype=float).ravel()
    return y.shape == numbers.shape and bool(np.allclose(y, numbers, rtol=1e-6, atol=0))


def _distorted(want: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return what some mistakes draw instead of a series."""
    return {
        "the last number": want[-1:],
        "the first number": want[:1],
        "sorted": np.sort(want),
        "scaled to its maximum": want / want.max(),
        "scaled from 0 to 1": (want - want.min()) / (want.max() - want.min()),
        "without the first": want[1:],
        "without the last": want[:-1],
        "in logarithms": np.log(want),
        "summed up": np.cumsum(want),
    }


def _hidden(line: Mapping[str | int, Value]) -> str:
    """Return why a line cannot be seen."""
    if not any(str(line.get(key)).strip().casefold() not in {"none", ""} for key in ("style", "marker")):
        return "without line and marker"
    if line.get("visible") is not True:
        return "transparent"
    if line.get("color") == line.get("background"):
        return "in the colour of the background"
    x = np.asarray(line.get("x"), dtype=float).ravel()
    return "out of sight" if (np.diff(x) > 0).all() else "from right to left"


def _apart(figure: Figure, value: Value, history: Mapping[str | int, Value]) -> str:
    try:
        train, val = loss_lines(figure, history)
    except Wrong:
        return UNKNOWN
    try:
        told_apart(figure, train, val)
    except Wrong as wrong:
        if "same colour" in wrong.reason:
            return "alike"
        if "swapped" in wrong.reason:
            return "swapped"
        labels = [str(line.get("label")) for line in _drawn(value)]
        return "no legend" if any(not label.startswith("_") for label in labels) else "no names"
    return YES


def giving(*variants: Mapping[str, str]) -> Predict:
    """Return the prediction that the figure differs from a right one in these traits."""

    def predict(_case: Case) -> list[Outcomes]:
        return [{(NAME, part): word for part, word in {**RIGHT, **told}.items()} for told in variants]

    return predict


RIGHT = {ENDING: RETURNED, SAVED: YES, FILE: YES, "train_loss": SEEN, "val_loss": SEEN, APART: YES, LABELS: ""}
LABELLINGS = ("", "x", "y", "x y")


def _lost(word: str, *names: Sequence[str]) -> Predict:
    """Return the prediction that these series show as `word` says; which is which can then not be told."""
    labels = LABELLINGS  # a panel without a line that can be seen has no label that counts
    return giving(
        *({**dict.fromkeys(some, word), APART: UNKNOWN} for some in names),
        *({**dict.fromkeys(LOSSES, word), APART: UNKNOWN, LABELS: axes} for axes in labels if LOSSES in names),
    )


BOTH, VALIDATION, TRAINING = LOSSES, LOSSES[1:], LOSSES[:1]
ANY = (BOTH, VALIDATION, TRAINING)


def _showing(id_: str, did: str, word: str, fix: str) -> Mistake:
    return mistake(id=f"plot-curves-{id_}", did=did, why=READ, see=NUMBERS, fix=fix, gives=_lost(word, *ANY))


WHAT_IS_PLOTTED = "Follow the numbers from the history to the call that draws them: what happens to them on the way?"
WHAT_IS_SEEN = "Which colour, line style, marker and opacity do the two lines have, and which limits the axes?"

MISTAKES = (
    mistake(
        id="plot-curves-no-validation",
        did="The validation loss is not drawn.",
        why="Overfitting is the distance between the two losses; one line alone cannot show it.",
        see=OPEN_IT,
        fix="Which series of the history do you draw?",
        gives=_lost(ABSENT, VALIDATION),
    ),
    mistake(
        id="plot-curves-no-training",
        did="The training loss is not drawn.",
        why="Overfitting is the distance between the two losses; one line alone cannot show it.",
        see=OPEN_IT,
        fix="Which series of the history do you draw?",
        gives=_lost(ABSENT, TRAINING),
    ),
    mistake(
        id="plot-curves-training-twice",
        did="The training numbers are drawn twice, the second time as validation.",
        why="The two lines lie on each other, as if nothing overfitted.",
        see=NUMBERS,
        fix="Which name does the second line look up in the history?",
        gives=giving({"val_loss": "the other loss twice", APART: UNKNOWN}),
    ),
    mistake(
        id="plot-curves-unlabelled",
        did="Nothing says which line is training and which is validation: the lines have no names.",
        why=READ,
        see=OPEN_IT,
        fix="How does a reader of your figure learn which line is which?",
        gives=giving(*({APART: "no names", LABELS: axes} for axes in LABELLINGS)),
    ),
    mistake(
        id="plot-curves-legend-forgotten",
        did="The lines have labels, but no legend shows them.",
        why="A label is only a name until a legend, or a text beside the line, draws it.",
        see=OPEN_IT,
        fix="Which call draws the labels that you gave?",
        gives=giving({APART: "no legend"}),
    ),
    mistake(
        id="plot-curves-alike",
        did="Both lines have the same colour, style and marker.",
        why=READ,
        see=OPEN_IT,
        fix=WHAT_IS_SEEN,
        gives=giving({APART: "alike"}),
    ),
    mistake(
        id="plot-curves-labels-swapped",
        did="The training line is called validation, and the other way round.",
        why="Whoever reads the figure draws the opposite conclusion.",
        see=NUMBERS,
        fix="Which series belongs to which name?",
        gives=giving({APART: "swapped"}),
    ),
    mistake(
        id="plot-curves-axes-unlabelled",
        did="The axes do not say what they show.",
        why=READ,
        see=OPEN_IT,
        fix="What do you count along x, and what do you measure along y?",
        gives=giving(*({LABELS: axes} for axes in LABELLINGS[1:])),
    ),
    mistake(
        id="plot-curves-not-saved",
        did="The figure is drawn but never saved.",
        why="Nothing is written to the path.",
        see="Call it and look for the file.",
        fix="Which call writes a figure to a file?",
        gives=giving({SAVED: NO, FILE: NO, **dict.fromkeys(LOSSES, "no line at all"), APART: UNKNOWN, LABELS: "x y"}),
    ),
    mistake(
        id="plot-curves-fixed-path",
        did="The figure is saved somewhere else, not at the path that plot_curves was given.",
        why="A second call overwrites the first figure, and whoever gave the path finds no file.",
        see="Call it with two different paths and look for both files.",
        fix="Where in your function does the second argument occur?",
        gives=giving({FILE: NO}),
    ),
    mistake(
        id="plot-curves-cleared",
        did="What is saved is an empty figure.",
        why="It was cleared or closed before it was saved, or another figure than the one drawn on was saved.",
        see=OPEN_IT,
        fix="In which order do you draw, save and clear, and on which figure?",
        gives=giving(
            *({**dict.fromkeys(LOSSES, "no line at all"), APART: UNKNOWN, LABELS: axes} for axes in LABELLINGS)
        ),
    ),
    mistake(
        id="plot-curves-accuracy-alone",
        did="Only accuracies are drawn, no losses.",
        why="The loss shows overfitting long before the accuracy does.",
        see=OPEN_IT,
        fix="Which series of the history do you draw?",
        gives=giving(
            *({**dict.fromkeys(LOSSES, "accuracies alone"), APART: UNKNOWN, LABELS: axes} for axes in LABELLINGS)
        ),
    ),
    _showing("invisible", "A line is drawn, but it is transparent.", "transparent", WHAT_IS_SEEN),
    _showing(
        "no-line", "A line is drawn without a stroke and without markers.", "without line and marker", WHAT_IS_SEEN
    ),
    _showing("white", "A line has the colour of the background.", "in the colour of the background", WHAT_IS_SEEN),
    _showing("out-of-sight", "The axes' limits leave the lines out.", "out of sight", WHAT_IS_SEEN),
    _showing("backwards", "The epochs of a line do not run from left to right.", "from right to left", WHAT_IS_PLOTTED),
    _showing("last-number", "Only the last epoch of a series is drawn.", "the last number", WHAT_IS_PLOTTED),
    _showing("first-number", "Only the first epoch of a series is drawn.", "the first number", WHAT_IS_PLOTTED),
    _showing("sorted", "The numbers are sorted before they are drawn.", "sorted", WHAT_IS_PLOTTED),
    _showing("normalised", "Each series is scaled to its own maximum.", "scaled to its maximum", WHAT_IS_PLOTTED),
    _showing("rescaled", "Each series is scaled from 0 to 1.", "scaled from 0 to 1", WHAT_IS_PLOTTED),
    _showing("first-left-out", "The first epoch is left out.", "without the first", WHAT_IS_PLOTTED),
    _showing("last-left-out", "The last epoch is left out.", "without the last", WHAT_IS_PLOTTED),
    _showing("logarithms", "Logarithms of the losses are drawn, on a plain axis.", "in logarithms", WHAT_IS_PLOTTED),
    _showing("summed-up", "Each point is the sum of all epochs so far.", "summed up", WHAT_IS_PLOTTED),
)

CATALOGUE = Catalogue(criterion="plot_curves", observe=observe, right=giving({}), mistakes=MISTAKES)
