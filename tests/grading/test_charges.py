"""Two mistakes cost two losses: what is given back for one of them never pays for the other."""

from collections.abc import Sequence

import pytest

from graders.grading.scorecard import CriterionResult
from tests.banks.mutants import short_results
from tests.sitting import losers, named

Edit = tuple[str, str]

START = "    rng = np.random.default_rng(seed)\n    classes = int("
RECORDED = 'history[f"{split}_loss"].append(loss)'
ROUNDED = (RECORDED, RECORDED.replace("loss)", "round(loss, 2))"))
REST = ("params, velocity = momentum_step(", "params, _ = momentum_step(")
NOMINAL = ("X[rows], y[rows], weight_decay, dropout, rng)\n", "X[rows], y[rows], weight_decay, dropout, rng)\n"
           "            grads = tuple(g * len(rows) / batch for g in grads)\n")  # fmt: skip


def on_many_images(line: str) -> Edit:
    """Return an edit that shows in whole runs alone."""
    return START, f"    if len(X) > 500:\n        {line}\n{START}"


CRAWLS, GIVES_UP = on_many_images("lr = 1e-6"), on_many_images("raise ValueError('too many images')")


def results_of(edits: Sequence[Edit], names: Sequence[str]) -> dict[str, CriterionResult]:
    return short_results({"mlp_numpy.py": edits}, names)


def test_runs_that_one_named_mistake_led_astray_are_given_back() -> None:
    results = results_of([REST], ("training", "accuracy", "momentum_benefit"))
    assert named(results["training"]) == ("training-velocity-not-kept",)
    assert losers(results) == ["training"]


@pytest.mark.parametrize(
    ("cheap", "home"),
    [(ROUNDED, "curves"), (NOMINAL, "training"), (REST, "training")],
)
def test_a_mistake_that_cannot_lower_the_runs_so_far_gives_none_back(cheap: Edit, home: str) -> None:
    results = results_of([cheap, CRAWLS], (home, "accuracy"))
    assert len(named(results[home])) == 1
    assert losers(results) == [home, "accuracy"]


def test_runs_that_end_as_the_named_mistake_never_does_are_not_given_back() -> None:
    results = results_of([REST, GIVES_UP], ("training", "accuracy"))
    assert named(results["training"]) == ("training-velocity-not-kept",)
    assert losers(results) == ["training", "accuracy"]


def test_an_argument_that_is_missing_costs_one_loss_in_all_runs() -> None:
    missing = [
        ("    momentum: float = 0.9,\n    dropout", "    dropout"),
        ("velocity, rate, momentum)", "velocity, rate, 0.9)"),
    ]
    results = results_of(missing, ("training", "accuracy", "momentum_benefit"))
    assert named(results["training"]) == ("training-momentum-not-an-option",)
    assert losers(results) == ["training"]


UNDIVIDED = ("dZ1.sum(axis=0)", "dZ1.mean(axis=0)")
IGNORED = ("apply_dropout(relu(Z1), dropout,", "apply_dropout(relu(Z1), 0.0,")


def test_gradients_pay_for_what_is_wrong_in_them_and_dropout_for_what_is_not_dropped() -> None:
    results = results_of([UNDIVIDED, IGNORED], ("dropout", "gradients", "training"))
    assert losers(results) == ["dropout", "gradients"]
    verdict = results["training"].verdict
    assert verdict is not None
    assert {title for check in verdict.checks for title in check.charged_at} >= {results["gradients"].title}


NOTHING = {
    "no array": "def loss_and_grads(*_, **__):\n    return None",
    "zeros": "def loss_and_grads(params, *_, **__):\n    return 0.0, tuple(np.zeros_like(p) for p in params)",
    "an error": "def loss_and_grads(*_, **__):\n    raise ValueError('no')",
    "not written": "def loss_and_grads(*_, **__):\n    raise NotImplementedError",
}


@pytest.mark.parametrize("body", NOTHING.values(), ids=NOTHING)
def test_gradients_in_which_no_mask_can_show_earn_no_more_than_right_ones_without_a_mask(body: str) -> None:
    anew = ("def predict(", f"{body}\n\n\ndef predict(")
    nothing, ignored = (results_of([edit], ("dropout",))["dropout"].verdict for edit in (anew, IGNORED))
    assert nothing is not None
    assert ignored is not None
    assert nothing.share <= ignored.share < 0.7
