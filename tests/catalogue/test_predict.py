import numpy as np
import pytest

from graders.foundation.verdict import Standing
from graders.mistaken.label_traits import IMAGES, UNITS, shows_dropout
from tests.sitting import named, named_parts, sit_result

RIGHT = "labels: Labels = forward(params, X).argmax(axis=1)  # (N,)"

COMPREHENSION_WITH_SIGMOID = """
    W1, b1, W2, b2 = params
    labels = [int(np.argmax((1 / (1 + np.exp(-(x @ W1 + b1)))) @ W2 + b2)) for x in X]
"""
LEGACY_DROPOUT = """
    W1, b1, W2, b2 = params
    hidden = np.maximum(X @ W1 + b1, 0)
    hidden *= np.random.binomial(1, 0.7, size=hidden.shape)
    labels = np.argmax(hidden @ W2 + b2, axis=-1)
"""
COLUMN_RIGHT = """
    probabilities = softmax(forward(params, X))
    labels = np.array([[float(max(range(len(p)), key=p.__getitem__))] for p in probabilities])
"""


def replaced(body: str) -> dict[str, list[tuple[str, str]]]:
    """Return the edits that put another body in the place of the reference's prediction."""
    return {"mlp_numpy.py": [(RIGHT, body.strip())]}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (COMPREHENSION_WITH_SIGMOID, "predict-sigmoid"),
        (LEGACY_DROPOUT, "predict-dropout"),
        ("labels = np.argmax(softmax(forward(params, X)), 0)", "predict-along-images"),
        ("labels = [1 + int(z.argmax()) for z in forward(params, X)]", "predict-from-one"),
    ],
)
def test_a_mistake_in_a_style_of_its_own_is_named(body: str, name: str) -> None:
    assert named(sit_result("predict", edits=replaced(body))) == (name,)


def test_a_wrong_copy_of_the_forward_pass_is_traced_to_its_root() -> None:
    result = sit_result("predict", edits=replaced(COMPREHENSION_WITH_SIGMOID))
    assert result.diagnoses[0].names[0].root == "forward-sigmoid"


def test_right_labels_in_another_form_have_no_diagnosis() -> None:
    result = sit_result("predict", edits=replaced(COLUMN_RIGHT))
    assert result.standing is Standing.FULL
    assert result.diagnoses == ()


def test_two_mistakes_at_once_get_no_name_but_that_of_the_part_that_is_clear() -> None:
    body = "labels = np.cos(forward(params, X)).argmax(axis=1)\n    X *= 2"
    result = sit_result("predict", edits=replaced(body))
    assert named(result) == ()
    assert named_parts(result) == {"changed": ("predict-writes-into-images",)}


@pytest.mark.parametrize("chance", [0.1, 0.3, 0.5, 0.8])
def test_units_that_are_dropped_with_one_chance_show_it(chance: float) -> None:
    kept = np.random.default_rng(3).random((IMAGES, UNITS)) >= chance
    first = np.where(kept.any(axis=1), kept.argmax(axis=1), UNITS)
    assert shows_dropout(first.astype(np.float64))


def test_random_labels_of_another_kind_do_not_look_like_dropped_units() -> None:
    rng = np.random.default_rng(3)
    assert not shows_dropout(rng.integers(0, UNITS, IMAGES).astype(np.float64))
    assert not shows_dropout(np.where(rng.random(IMAGES) < 0.3, rng.integers(0, UNITS, IMAGES), 0).astype(np.float64))
    assert not shows_dropout(np.zeros(IMAGES))
