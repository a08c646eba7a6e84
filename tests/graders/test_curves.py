import pytest

from graders.foundation.verdict import Verdict
from tests.sitting import lost, sit

VAL, TRAIN = '("val", evaluate(params, X_val, y_val)),', '("train", evaluate(params, X, y)),'
ACCURACY = "float((z.argmax(axis=1) == y).mean())"
LOSS = "return cross_entropy(z, y), float"
ORDER = "        order = rng.permutation(len(X))  # (N,)\n"
STEP = "            _, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)"
APPEND = 'history[f"{split}_loss"].append(loss)'
HITS = "float((forward(params, X[rows]).argmax(axis=1) == y[rows]).sum())"
TRAIN_LOSS, VAL_LOSS, TRAIN_ACC, VAL_ACC = (
    "train_loss is the training loss of every epoch, after the epoch or averaged over it",
    "val_loss is the validation loss of every epoch",
    "train_acc is the training accuracy of every epoch, after the epoch or averaged over it",
    "val_acc is the validation accuracy of every epoch",
)
SHARES, MEANS, QUIET, SHORT, WORSE, FULL = (
    "accuracies are shares from 0 to 1",
    "the training series are means over the batches",
    "the validation loss is measured without dropout",
    "the training accuracy counts a short last batch rightly",
    "the validation numbers are those of the epoch, also when validation gets worse",
    "the full run's history ends with the validation numbers of the returned params",
)


def of(*edits: tuple[str, str]) -> Verdict:
    return sit("curves", edits={"mlp_numpy.py": edits})


def running(series: str, hits: str = HITS) -> Verdict:
    """Sit with training series that are gathered over an epoch's batches."""
    gathering = (
        f"            hits = {hits}\n"
        + STEP.replace("_, grads", "batch_loss, grads")
        + "\n            total += batch_loss; right += hits; batches += 1; seen += len(rows)"
    )
    start = f"{ORDER}        total = right = 0.0; batches = seen = 0\n"
    return of((ORDER, start), (STEP, gathering), (TRAIN, f'("train", ({series})),'))


def test_the_reference_keeps_every_point_on_the_curves_and_shows_them() -> None:
    verdict = sit("curves")
    assert lost(verdict) == ()
    assert verdict.exhibits


def test_training_series_averaged_over_the_batches_are_as_good() -> None:
    assert lost(running("total / batches, right / seen")) == ()


def test_series_in_arrays_of_float32_are_as_good() -> None:
    packed = "history = {k: np.float32(v) for k, v in history.items()}\n    return (params if patience"
    assert lost(of(("    return (params if patience", f"    {packed}"))) == ()


def test_an_unseeded_run_is_judged_by_what_each_run_ends_with() -> None:
    assert lost(of(("X.shape[1], H, classes, seed)", "X.shape[1], H, classes, None)"))) == ()


def test_a_validation_series_that_holds_training_numbers_loses_what_is_about_it() -> None:
    assert lost(of((VAL, VAL.replace("X_val, y_val", "X, y")))) == (VAL_LOSS, VAL_ACC, QUIET, WORSE, FULL)


def test_accuracies_in_percent_lose_their_range_alone() -> None:
    assert lost(of((ACCURACY, ACCURACY.replace("float(", "float(100 * ")))) == (SHARES,)


def test_the_share_of_wrong_answers_loses_the_accuracies() -> None:
    assert {TRAIN_ACC, VAL_ACC, FULL} <= set(lost(of((ACCURACY, ACCURACY.replace("==", "!=")))))


def test_labels_compared_with_a_column_of_predictions_lose_the_accuracies() -> None:
    verdict = of((ACCURACY, "float((z.argmax(axis=1)[:, None] == y).mean())"))
    assert {TRAIN_ACC, VAL_ACC} <= set(lost(verdict))
    assert not {TRAIN_LOSS, VAL_LOSS} & set(lost(verdict))


def test_a_sum_over_the_images_loses_the_losses() -> None:
    assert {TRAIN_LOSS, VAL_LOSS, FULL} <= set(lost(of((LOSS, "return cross_entropy(z, y) * len(y), float"))))


def test_a_validation_number_that_is_the_best_so_far_shows_when_validation_gets_worse() -> None:
    best = APPEND.replace("(loss)", '(min([loss, *history["val_loss"]]) if split == "val" else loss)')
    assert WORSE in lost(of((APPEND, best)))


@pytest.mark.parametrize(
    "series", ["total, right / seen", "total / len(X), right / seen", "batch_loss, hits / len(rows)"]
)
def test_a_mean_that_is_none_loses_the_means(series: str) -> None:
    assert MEANS in lost(running(series))


def test_a_short_batch_that_is_not_counted_loses_its_check_alone() -> None:
    assert lost(running("total / batches, right / seen", f"{HITS} * (len(rows) == batch)")) == (SHORT,)


def test_a_validation_loss_through_dropout_loses_the_quiet_measurement() -> None:
    noisy = "z = apply_dropout(relu(X @ W1 + b1), p, np.random.default_rng(1))[0] @ W2 + b2"
    edits = [
        (VAL, VAL.replace("y_val)", "y_val, dropout)")),
        ("y: Labels) -> tuple[float, float]:", "y: Labels, p: float = 0.0) -> tuple[float, float]:"),
        ("z = forward(params, X)  # (N, K)\n    return", f"W1, b1, W2, b2 = params\n    {noisy}\n    return"),
    ]
    assert lost(of(*edits)) == (QUIET,)


def test_one_list_for_all_epochs_loses_the_losses() -> None:
    verdict = of((APPEND, 'history[f"{split}_loss"] = [loss] * (epoch + 1)'))
    assert lost(verdict) == (TRAIN_LOSS, VAL_LOSS)


def test_a_series_measured_before_the_epoch_loses_its_series() -> None:
    late = 'history[f"{split}_loss"].append(loss)\n            history["val_loss"][epoch:] = [before]'
    before = "        before = evaluate(params, X_val, y_val)[0]\n        order = "
    assert VAL_LOSS in lost(of((APPEND, late), ("        order = ", before)))


def test_one_number_a_batch_is_not_one_an_epoch() -> None:
    verdict = of((f"{STEP}\n", f'{STEP}\n            history["train_loss"].append(1.0)\n'))
    assert "the history has train_loss, one number an epoch" in lost(verdict)


def test_a_missing_series_loses_what_is_about_it() -> None:
    verdict = of(("    return (params if", '    history.pop("val_acc")\n    return (params if'))
    assert {"the history has val_acc, one number an epoch", VAL_ACC, FULL} <= set(lost(verdict))
    assert not {VAL_LOSS, TRAIN_LOSS, TRAIN_ACC} & set(lost(verdict))
