import numpy as np
import pytest

from graders.measure.compare import Wrong
from graders.measure.stopped_runs import best_came_back, ended_in_time
from graders.measure.stopping import Recorded

FALLS_THEN_RISES = [2.0, 1.5, 1.6, 1.2, 1.3, 1.4, 1.5, 1.7, 1.9, 2.1]  # best in the fourth epoch


def run(epochs: int, val_loss: list[float] = FALLS_THEN_RISES) -> Recorded:
    losses = np.array(val_loss[:epochs])
    return Recorded(val_loss=losses, val_acc=None, train_loss=-np.arange(float(epochs)))


@pytest.mark.parametrize("epochs", [7, 8])
def test_three_bad_epochs_in_a_row_end_a_run_and_one_more_is_as_good(epochs: int) -> None:
    assert "as their validation curves ask" in ended_in_time([run(epochs)], patience=3, epochs=10)


@pytest.mark.parametrize(
    ("epochs", "words"), [(6, "had its best epoch at 4"), (3, "had its best epoch at 2"), (10, "None of 1 runs")]
)
def test_a_run_that_ends_elsewhere_is_told_where_its_best_epoch_was(epochs: int, words: str) -> None:
    with pytest.raises(Wrong, match=words):
        ended_in_time([run(epochs)], patience=3, epochs=10)


def test_the_parameters_of_the_best_epoch_pass_and_those_of_the_last_are_named() -> None:
    assert "by the validation loss" in best_came_back([run(7)], [1.2], rtol=1e-3)
    with pytest.raises(Wrong, match="those of the last epoch"):
        best_came_back([run(7)], [1.5], rtol=1e-3)
    with pytest.raises(Wrong, match=r"its best epoch, 4, had 1\.2"):
        best_came_back([run(7)], [float("nan")], rtol=1e-3)


def test_all_runs_must_follow_one_rule() -> None:
    by_loss, by_accuracy = run(7), Recorded(
        val_loss=np.array([2.0, 1.0, 1.1, 1.2, 1.3]), val_acc=np.array([0.1, 0.2, 0.9, 0.8, 0.7]), train_loss=None
    )  # fmt: skip
    with_accuracy = Recorded(val_loss=by_loss.val_loss, val_acc=np.linspace(0, 1, 7), train_loss=None)
    assert best_came_back([by_accuracy], [1.1], rtol=1e-3)
    with pytest.raises(Wrong):
        best_came_back([with_accuracy, by_accuracy], [1.2, 1.1], rtol=1e-3)
