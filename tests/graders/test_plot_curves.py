from typing import Any

import numpy as np
import pytest

from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import Verdict
from graders.plot_curves import PlotCurves
from tests.sitting import TINY, dataset, lost, sit

SAVED, TRAIN, VAL = "a figure is saved at the path", "the training loss is drawn", "the validation loss is drawn"
APART, LABELS = "the two can be told apart", "the axes are labelled"

PLAIN_PLOT = """
import matplotlib.pyplot as plt

def plot_curves(history, path):
    plt.figure()
    plt.semilogy(history["val_loss"], "--")
    plt.semilogy(history["train_loss"])
    plt.title("Loss of the MLP")
    plt.xlabel("epoch")
    plt.legend(["validation", "training"])
    plt.ylabel("loss")
    plt.savefig(path)
    plt.clf()
    plt.close("all")
"""


@pytest.mark.torch_room
@pytest.mark.parametrize("files", [{}, {"study.py": PLAIN_PLOT}])
def test_a_readable_plot_keeps_every_point(files: dict[str, str]) -> None:
    assert lost(sit("plot_curves", files=files)) == ()


@pytest.mark.torch_room
@pytest.mark.parametrize(
    ("old", "new", "titles"),
    [
        ("        axes.legend()\n", "", (APART,)),
        ('("train", "training", "-"), ("val"', '("val", "training", "-"), ("val"', (TRAIN, APART)),
        ('axes.set(xlabel="epoch", ylabel=label)', "pass", (LABELS,)),
        ("figure.savefig(path, dpi=150)", "pass", (SAVED, TRAIN, VAL, APART, LABELS)),
    ],
)
def test_an_unreadable_plot_loses_what_cannot_be_read(old: str, new: str, titles: tuple[str, ...]) -> None:
    assert lost(sit("plot_curves", edits={"study.py": [(old, new)]})) == titles


def judged(**changes: Any) -> Verdict:
    """Return the verdict on a figure of two good lines in one panel, with changes to the second line or the panel."""
    exam = Exam(seed=1, data=dataset("tiny"), training=TINY)
    (call,) = PlotCurves().ask(exam)
    history: Any = call.args[0]
    x = np.arange(9.0)
    look = {"x": x, "style": "-", "marker": "None", "width": 1.5, "visible": True}
    lines = [
        {**look, "y": np.array(history["train_loss"]), "label": "_child0", "color": "#0000ff"},
        {**look, "y": np.array(history["val_loss"]), "label": "_child1", "color": "#ff0000"},
    ]
    panel = {"title": "", "x_label": "epoch", "y_label": "loss", "legend": ["train", "val"], "texts": []}
    lines[1] |= {key: value for key, value in changes.items() if key in lines[1]}
    panel |= {key: value for key, value in changes.items() if key not in lines[1]}
    figure: Any = {"saved": 10, "figures": 1, "texts": [], "axes": [{**panel, "lines": lines}]}
    return PlotCurves().judge(exam, {"figure": Answer(call=call, observation=Returned(value=figure))})


def test_a_line_that_nobody_can_see_is_not_drawn() -> None:
    unseen: list[dict[str, Any]] = [
        {"visible": False},
        {"style": "None"},
        {"color": "#ffffff"},
        {"color": "#eeeeee", "background": "#eeeeee"},
        {"y_limits": [-2.0, -1.0]},
    ]
    assert lost(judged()) == ()
    for change in unseen:
        assert VAL in lost(judged(**change)), change


def test_points_without_a_stroke_and_notes_without_a_legend_are_as_good() -> None:
    assert lost(judged(style="None", marker="o")) == ()
    assert lost(judged(legend=[], texts=["train", "validation"])) == ()
    assert lost(judged(legend=[], title="train (blue) and validation (red)")) == ()


def test_swapped_names_are_told_as_such() -> None:
    verdict = judged(legend=["validation", "training"])
    assert lost(verdict) == (APART,)
    assert "swapped" in verdict.checks[3].reason


def test_a_title_that_names_both_does_not_tell_them_apart_and_neither_does_one_colour() -> None:
    assert lost(judged(legend=[], title="training and validation loss")) == (APART,)
    assert lost(judged(color="#0000ff")) == (APART,)


def test_a_line_from_right_to_left_is_not_a_curve_over_epochs() -> None:
    assert VAL in lost(judged(x=np.arange(9.0)[::-1]))
