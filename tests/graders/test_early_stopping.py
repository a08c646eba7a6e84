import numpy as np
import pytest

from graders.foundation.verdict import Verdict
from graders.measure.stopping import Recorded, accepted, best_epochs, rule_of
from tests.sitting import lost, sit

COPY = "best_params = tuple(p.copy() for p in params)  # a copy: later steps must not reach it"
STEP = "    return tuple(p + v for p, v in zip(params, velocity, strict=True)), velocity"
IN_PLACE = "    for p, v in zip(params, velocity, strict=True):\n        p += v\n    return params, velocity"
BETTER = 'if history["val_loss"][-1] < best_loss:\n            best_loss, best_epoch = history["val_loss"][-1], epoch'
WAIT = "elif epoch - best_epoch >= patience:"
BEST = "return (params if patience is None else best_params), history"
COUNTED = "        else:\n            bad += 1\n        if bad >= patience:"
BAD = ("    best_loss, best_epoch, best_params = math", "    bad = 0\n    best_loss, best_epoch, best_params = math")
ENDS, RETURNED, RUN_OUT, ALL = (
    "ends 3 epochs after the best one",
    "returns the best epoch's parameters",
    "returns the best epoch's parameters when the epochs run out",
    "without patience all epochs are run",
)


def of(*edits: tuple[str, str], seed: int = 7) -> Verdict:
    return sit("early_stopping", edits={"mlp_numpy.py": edits}, seed=seed)


def monitoring(series: str, sign: str, comparison: str = "<") -> tuple[str, str]:
    value = f'{sign}history["{series}"][-1]'
    return BETTER, f"if {value} {comparison} best_loss:\n            best_loss, best_epoch = {value}, epoch"


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_early_stopping_and_shows_a_run() -> None:
    verdict = sit("early_stopping")
    assert lost(verdict) == ()
    assert verdict.exhibits


@pytest.mark.parametrize(
    "edits",
    [
        [(STEP, IN_PLACE)],
        [(COPY, "best_params = params")],
        [(WAIT, WAIT.replace(">=", ">"))],
        [monitoring("val_acc", "-")],
        [monitoring("val_acc", "-", "<=")],
        [(BETTER, BETTER.replace("< best_loss:", "< best_loss - 1e-4:"))],
        [("return cross_entropy(z, y), float", "return cross_entropy(z, y) * len(y), float")],
        [("float((z.argmax(axis=1) == y).mean())", "float(100 * (z.argmax(axis=1) == y).mean())")],
    ],
    ids=["in place", "kept arrays of rebound steps", "one epoch more", "accuracy", "accuracy, ties are better",
         "a smallest gain", "losses on another scale", "accuracies in percent"],
)  # fmt: skip
def test_another_rule_or_style_is_as_good(edits: list[tuple[str, str]]) -> None:
    assert lost(of(*edits)) == ()


def test_a_best_that_is_only_a_name_for_arrays_updated_in_place_is_the_last() -> None:
    verdict = of((STEP, IN_PLACE), (COPY, "best_params = params"))
    assert lost(verdict) == (RETURNED, RUN_OUT)
    assert "those of the last epoch" in reason(verdict, RETURNED)


def test_the_last_parameters_are_found_although_the_recorded_losses_are_wrong() -> None:
    wrong = ("return cross_entropy(z, y), float", "return cross_entropy(z, y) * len(y), float")
    assert lost(of(wrong, (BEST, "return params, history"))) == (RETURNED, RUN_OUT)


@pytest.mark.parametrize("seed", [7, 8])
def test_a_best_restored_only_when_patience_ends_the_run_loses_the_other_runs(seed: int) -> None:
    only = BEST.replace("patience is None", 'patience is None or len(history["val_loss"]) == epochs')
    assert RUN_OUT in lost(of((BEST, only), seed=seed))


@pytest.mark.parametrize(
    "edits",
    [
        [(f"        {WAIT}", COUNTED), BAD],
        [(WAIT, WAIT.replace("patience", "patience - 1"))],
        [(WAIT, WAIT.replace("patience", "patience + 2"))],
        [(f"        {WAIT}", COUNTED.replace("bad += 1", "bad += 1; best_loss = history['val_loss'][-1]")), BAD,
          (BETTER, BETTER.replace("best_epoch =", "best_epoch, bad =") + ", 0")],
        [monitoring("train_loss", "")],
        [("            break", "            pass")],
    ],
)  # fmt: skip
def test_a_run_that_ends_by_another_count_loses_its_end(edits: list[tuple[str, str]]) -> None:
    verdict = of(*edits)
    assert ENDS in lost(verdict)
    assert ALL not in lost(verdict)


def test_the_wrong_direction_loses_end_and_parameters() -> None:
    assert {ENDS, RUN_OUT} <= set(lost(of(monitoring("val_loss", "-"))))


def test_patience_that_always_acts_loses_the_run_without_it() -> None:
    edits = [
        ("        if patience is None:\n            continue\n", ""),
        (WAIT, WAIT.replace("patience", "(patience or 3)")),
    ]
    assert ALL in lost(of(*edits))


def run(*losses: float) -> Recorded:
    return Recorded(val_loss=np.array(losses), val_acc=None, train_loss=None)


def test_a_rule_stops_patience_epochs_after_the_best() -> None:
    stopped = run(3, 2, 1, 2, 2, 2)
    assert rule_of([stopped], accepted(3), 40) is not None
    assert rule_of([run(3, 2, 1, 2, 2)], accepted(3), 40) is None
    assert rule_of([run(3, 2, 1, 2, 2)], accepted(3), 5) is not None  # the epochs ran out
    assert set(best_epochs(stopped).values()) == {2}


def test_accuracies_and_losses_may_have_their_best_in_different_epochs() -> None:
    both = Recorded(val_loss=np.array([3.0, 1.0, 2.0]), val_acc=np.array([0.1, 0.5, 0.6]), train_loss=None)
    assert set(best_epochs(both).values()) == {1, 2}


def test_one_rule_must_explain_all_runs() -> None:
    by_three, by_four = run(3, 1, 2, 2, 2), run(3, 1, 2, 2, 2, 2)
    assert rule_of([by_three], accepted(3), 40) is not None
    assert rule_of([by_four], accepted(3), 40) is not None
    assert rule_of([by_three, by_four], accepted(3), 40) is None


def test_a_count_that_never_starts_anew_is_another_rule() -> None:
    wavering = run(5, 6, 4, 3, 2, 6, 1, 6)
    assert rule_of([wavering], accepted(3), 40) is None
