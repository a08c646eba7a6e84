"""Mistakes of the study, named by what can be seen on the figure and by which run each width's result is of."""

import pytest

from tests.sitting import named, named_parts, sit_result

WHOLE = """import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from mlp_numpy import train


def plot_curves(history, path):
    fig, ax = plt.subplots()
    ax.plot(history["train_loss"], "b-", label="train")
    ax.plot(history["val_loss"], "r--", label="validation")
    ax.set_xlabel("epoch"); ax.set_ylabel("loss")
    ax.legend()
    fig.savefig(path)
    plt.close(fig)


def width_study(X, y, X_val, y_val, widths, **options):
    results = {}
    for width in widths:
        _, history = train(X, y, X_val, y_val, H=width, **options)
        results[width] = {"val_acc": history["val_acc"][-1], "val_loss": history["val_loss"][-1]}
    return results
"""


@pytest.mark.parametrize("criterion", ["plot_curves", "width_study"])
def test_another_style_has_no_name(criterion: str) -> None:
    sat = sit_result(criterion, files={"study.py": WHOLE})
    assert sat.verdict is not None
    assert sat.verdict.share == 1
    assert sat.diagnoses == ()


@pytest.mark.parametrize(
    ("criterion", "old", "new", "name"),
    [
        ("plot_curves", 'history["val_loss"], "r--"', 'history["train_loss"], "r--"', "plot-curves-training-twice"),
        ("plot_curves", "    ax.legend()\n", "", "plot-curves-legend-forgotten"),
        ("plot_curves", "fig.savefig(path)", "plt.clf(); fig.savefig(path)", "plot-curves-cleared"),
        ("plot_curves", '"r--", label="validation"', '"b-", label="validation"', "plot-curves-alike"),
        ("width_study", "**options)\n        results", "lr=0.1, **{k: v for k, v in options.items() if k != 'lr'})\n"
         "        results", "width-study-rate-ignored"),
        ("width_study", "X_val, y_val, H=width", "X, y, H=width", "width-study-validated-on-training"),
        ("width_study", "    return results\n", "    return list(results.values())\n", "width-study-list"),
    ],
)  # fmt: skip
def test_a_mistake_in_that_style_is_named(criterion: str, old: str, new: str, name: str) -> None:
    assert WHOLE.count(old) == 1
    assert named(sit_result(criterion, files={"study.py": WHOLE.replace(old, new)})) == (name,)


def test_two_mistakes_at_once_are_named_each_by_its_part() -> None:
    both = WHOLE.replace("    ax.legend()\n", "").replace('    ax.set_xlabel("epoch"); ax.set_ylabel("loss")\n', "")
    sat = sit_result("plot_curves", files={"study.py": both})
    assert named(sat) == ()
    assert set(named_parts(sat)) == {"told apart", "axes without a label"}
