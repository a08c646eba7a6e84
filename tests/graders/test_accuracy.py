import numpy as np
import pytest

from graders.foundation.exam import TrainingOptions
from tests.sitting import edited_reference, lost, sit

LONGER = TrainingOptions(images=300, H=32, epochs=8, batch=50)
EASY = {"threshold": 0.7, "floor": 0.2, "seeds": 1}
STEP = "params, velocity = momentum_step(params, grads, velocity, rate, momentum)"
PREDICT = "labels: Labels = forward(params, X).argmax(axis=1)"


def dict_style() -> str:
    """Return the reference with float64 params in a dictionary, as another student would hand them in."""
    result = "(params if patience is None else best_params), history"
    packed = "dict(zip(('W1', 'b1', 'W2', 'b2'), (p.astype(float) for p in params), strict=True)), history"
    return edited_reference({"mlp_numpy.py": [(result, packed)]})["mlp_numpy.py"]


def test_the_reference_earns_everything_and_shows_its_curves() -> None:
    verdict = sit("accuracy", params=EASY, training=LONGER)
    assert lost(verdict) == ()
    assert [type(exhibit).__name__ for exhibit in verdict.exhibits] == ["Curves", "Curves"]


def test_params_in_a_dictionary_and_a_broken_predict_cost_nothing() -> None:
    assert lost(sit("accuracy", params=EASY, training=LONGER, files={"mlp_numpy.py": dict_style()})) == ()
    broken = {"mlp_numpy.py": [(PREDICT, "labels = forward(params, X).argmin(axis=1)")]}
    assert lost(sit("accuracy", params=EASY, training=LONGER, edits=broken)) == ()


@pytest.mark.parametrize(
    "wrong", [STEP.replace("params, velocity =", "_, velocity ="), STEP.replace("grads,", "tuple(-g for g in grads),")]
)
def test_a_loop_that_learns_nothing_earns_nothing(wrong: str) -> None:
    verdict = sit("accuracy", params=EASY, training=LONGER, edits={"mlp_numpy.py": [(STEP, wrong)]})
    assert verdict.share == 0


def test_credit_grows_in_proportion_between_floor_and_threshold() -> None:
    verdict = sit("accuracy", params={"threshold": 0.999, "floor": 0.0, "seeds": 1}, training=LONGER)
    reached = float(verdict.checks[0].got.rstrip("%")) / 100
    assert np.isclose(verdict.share, reached / 0.999, atol=1e-3)
