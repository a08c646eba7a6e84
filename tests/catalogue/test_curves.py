"""Mistakes in the history, named by what the returned parameters of the same runs give."""

import pytest

from tests.sitting import named, named_parts, sit_result

ORDER = "        order = rng.permutation(len(X))  # (N,)\n"
STEP = "            _, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)"
BATCHWISE = STEP.replace("_, grads", "batch_loss, grads")
TRAIN, VAL = '("train", evaluate(params, X, y)),', '("val", evaluate(params, X_val, y_val)),'
HITS = "right += int((forward(params, X[rows]).argmax(axis=1) == y[rows]).sum())"
APPEND = 'history[f"{split}_loss"].append(loss)'
ACCURACY = "float((z.argmax(axis=1) == y).mean())"
RETURN = "return (params if patience is None else best_params), history"


def result(*edits: tuple[str, str]) -> tuple[str, ...]:
    return named(sit_result("curves", edits={"mlp_numpy.py": edits}))


def running(series: str, losses: str = "losses.append(batch_loss)") -> tuple[tuple[str, str], ...]:
    """Return edits that gather the training series over the batches."""
    return (
        (ORDER, f"{ORDER}        losses, right = [], 0\n"),
        (STEP, f"{BATCHWISE}\n            {losses}; {HITS}"),
        (TRAIN, f'("train", ({series})),'),
    )


def test_a_right_history_in_another_style_has_no_name() -> None:
    edits = running("float(np.mean(losses)), right / len(X)")
    sat = sit_result("curves", edits={"mlp_numpy.py": edits})
    assert sat.verdict is not None
    assert sat.verdict.share == 1
    assert sat.diagnoses == ()


@pytest.mark.parametrize(
    ("edits", "name"),
    [
        (running("sum(losses), right / len(X)"), "curves-sum-over-batches"),
        (running("losses[-1], right / len(X)"), "curves-last-batch"),
        (running("sum(losses) / len(X), right / len(X)"), "curves-divided-by-images"),
        ([(APPEND, 'history[f"{split}_loss"] = [loss] * (epoch + 1)')], "curves-last-repeated"),
        ([(ACCURACY, "100.0 * np.mean(np.equal(z.argmax(axis=1), y))")], "curves-percent"),
        ([(VAL, VAL.replace("X_val, y_val", "X_val[:7], y_val[:7]"))], "curves-first-batch-of-validation"),
        ([(RETURN, "for k in list(history):\n        history['my_' + k] = history.pop(k)\n    " + RETURN)],
         "curves-other-names"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(edits: tuple[tuple[str, str], ...], name: str) -> None:
    assert result(*edits) == (name,)


def test_the_sum_over_the_images_is_one_mistake_whichever_loss_it_is_made_in() -> None:
    for split in ("train", "val"):
        wrong = APPEND.replace(
            "(loss)", f'(loss * (len(X) if split == "train" else len(X_val)) ** (split == "{split}"))'
        )
        assert result((APPEND, wrong)) == ("curves-summed-loss",)


def test_two_mistakes_at_once_are_named_each_by_its_series() -> None:
    edits = [(APPEND, APPEND.replace("(loss)", "(loss * len(X if split == 'train' else X_val))")),
             (ACCURACY, ACCURACY.replace("==", "!="))]  # fmt: skip
    sat = sit_result("curves", edits={"mlp_numpy.py": edits})
    assert named(sat) == ()
    parts = named_parts(sat)
    assert set(parts["val_acc"]) == {"curves-error-rate"}
    assert set(parts["val_loss"]) == {"curves-summed-loss"}


def test_numbers_from_nowhere_have_no_name() -> None:
    assert result((APPEND, 'history[f"{split}_loss"].append(loss ** 1.1 + 0.01 * epoch)')) == ()
