"""Mistakes of early stopping, named by where all runs end and by whose parameters come back."""

import numpy as np
import pytest

from graders.measure.stopping import Recorded
from graders.mistaken.stopping_rules import BEYOND, LOSS, START, by_rule, counting, keeping, no_epoch_counts
from tests.sitting import named, sit_result

LOOP = """        if patience is None:
            continue
        if history["val_loss"][-1] < best_loss:
            best_loss, best_epoch = history["val_loss"][-1], epoch
            best_params = tuple(p.copy() for p in params)  # a copy: later steps must not reach it
        elif epoch - best_epoch >= patience:
            break
"""
RETURN = "return (params if patience is None else best_params), history"
# Another style: a count of bad epochs, and copies in a dictionary.
COUNTED = """        if patience is not None:
            value = history["val_loss"][-1]
            if not kept or value < kept["value"]:
                kept, bad = {"value": value, "params": [p.copy() for p in params]}, 0
            else:
                bad += 1
                if bad == patience:
                    break
"""
FIRST = ("    best_loss, best_epoch, best_params = math.inf, -1, params", "    kept, bad = {}, 0")
KEPT = (RETURN, "return (tuple(kept['params']) if kept else params), history")


def result(body: str, *edits: tuple[str, str]) -> tuple[str, ...]:
    return named(sit_result("early_stopping", edits={"mlp_numpy.py": [FIRST, (LOOP, body), *(edits or (KEPT,))]}))


def test_a_count_in_another_style_has_no_name() -> None:
    sat = sit_result("early_stopping", edits={"mlp_numpy.py": [FIRST, (LOOP, COUNTED), KEPT]})
    assert sat.verdict is not None
    assert sat.verdict.share == 1
    assert sat.diagnoses == ()


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        (", 0\n", ", bad\n", "early-stopping-count-never-reset"),
        ("bad == patience", "bad == patience + 2", "early-stopping-too-late"),
        ("bad == patience", "bad == 4", "early-stopping-fixed-patience"),
        ("[p.copy() for p in params]", "initial", "early-stopping-returns-initial-params"),
        ("< kept", "> kept", "early-stopping-wrong-direction"),
    ],
)
def test_a_mistake_in_that_style_is_named(old: str, new: str, name: str) -> None:
    assert COUNTED.count(old) == 1
    body = COUNTED.replace(old, new)
    start = ("    velocity: Params = tuple(", "    initial = [p.copy() for p in params]\n    velocity: Params = tuple(")
    assert result(body, KEPT, start) == (name,)


def test_two_mistakes_at_once_get_no_wrong_name() -> None:
    body = COUNTED.replace("bad == patience", "bad == patience - 1")
    assert result(body, (RETURN, "return params, history")) == ()


def run(*losses: float) -> Recorded:
    return Recorded(val_loss=np.array(losses), val_acc=None, train_loss=None)


def test_a_rule_that_goes_on_beyond_what_was_recorded_is_another_one() -> None:
    stopped = run(3, 2, 1, 2, 2, 2)
    assert by_rule(LOSS)(stopped, 3, 40) == (6, (2, 2))
    assert counting(LOSS, more=2)(stopped, 3, 40) == (BEYOND, (2, 2))
    assert counting(LOSS, fixed=1)(stopped, 3, 40) == (4, (2, 2))
    assert no_epoch_counts()(stopped, 3, 40) == (3, (START, START))


def test_other_parameters_may_be_kept_by_the_same_rule() -> None:
    last = keeping(by_rule(LOSS), lambda ran, _best: (ran.epochs - 1, ran.epochs - 1))
    assert last(run(3, 2, 1, 2, 2, 2), 3, 40) == (6, (5, 5))
