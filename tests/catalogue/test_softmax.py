import pytest

from graders.foundation.verdict import Standing
from tests.sitting import named, named_parts, sit_result

EXP = "e = np.exp(z - z.max(axis=1, keepdims=True))"
DIVIDE = "P: Array = e / e.sum(axis=1, keepdims=True)"

TEXTBOOK_OVER_IMAGES = """
def softmax(z):
    exps = [np.exp(row) for row in z]
    return np.array(exps) / sum(exps)
"""
FLOAT32_GLOBAL_MAX = """
def softmax(logits):
    shifted = np.asarray(logits, np.float32) - np.float32(np.max(logits))
    weights = np.exp(shifted)
    return np.einsum("nk,n->nk", weights, 1 / np.einsum("nk->n", weights))
"""
LOG_SPACE_RIGHT = """
def softmax(z):
    with np.errstate(over="ignore"):
        z = z - np.amax(z, axis=1)[:, None]
    return np.exp(z - np.logaddexp.reduce(z, axis=1)[:, None])
"""
PYTHON_LOOP_EPSILON = """
def softmax(z):
    rows = []
    for row in z:
        largest = max(row)
        weights = [math.exp(v - largest) for v in row]
        rows.append([w / (sum(weights) + 2e-4) for w in weights])
    return rows
"""


def sitting(function: str) -> tuple[str, ...]:
    """Return how a softmax of another style is named: it takes the reference's place."""
    edits = {"mlp_numpy.py": [("def cross_entropy(z", f"{function.strip()}\n\n\ndef cross_entropy(z")]}
    return named(sit_result("softmax", edits=edits))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (TEXTBOOK_OVER_IMAGES, "softmax-along-images-no-shift"),
        (FLOAT32_GLOBAL_MAX, "softmax-global-max"),
        (PYTHON_LOOP_EPSILON, "softmax-epsilon-in-the-denominator"),
    ],
)
def test_a_mistake_in_a_style_of_its_own_is_named(function: str, name: str) -> None:
    assert sitting(function) == (name,)


def test_a_right_softmax_by_log_sum_exp_has_no_diagnosis() -> None:
    edits = {"mlp_numpy.py": [("def cross_entropy(z", f"{LOG_SPACE_RIGHT.strip()}\n\n\ndef cross_entropy(z")]}
    result = sit_result("softmax", edits=edits)
    assert result.standing is Standing.FULL
    assert result.diagnoses == ()


def test_two_mistakes_at_once_are_not_named_as_one_and_the_part_that_is_clear_is_named() -> None:
    edits = [(EXP, "z -= z.max(axis=1, keepdims=True); e = np.exp(0.9 * z)"), (DIVIDE, "P = e / e.sum(axis=0)")]
    result = sit_result("softmax", edits={"mlp_numpy.py": edits})
    assert named(result) == ()
    assert named_parts(result) == {"changed": ("softmax-in-place",)}


def test_a_softmax_that_is_wrong_in_no_known_way_gets_no_name() -> None:
    result = sit_result("softmax", edits={"mlp_numpy.py": [(EXP, f"{EXP} + 0.01 * np.arange(z.shape[1])")]})
    assert result.standing is Standing.PARTIAL
    assert result.diagnoses == ()
