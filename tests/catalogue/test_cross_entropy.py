import pytest

from graders.foundation.verdict import Standing
from tests.sitting import named, named_parts, sit_result

MEAN = "min(float(nll.mean()), sys.float_info.max)"

LOOP_WITH_EPSILON = """
def cross_entropy(z, y):
    total = 0.0
    for row, label in zip(z, y):
        e = np.exp(row - row.max())
        total -= math.log(e[label] / e.sum() + 3e-9)
    return total / len(y)
"""
ONE_HOT_FLOAT32_SUM = """
def cross_entropy(logits, labels):
    logits = np.asarray(logits, dtype=np.float32)
    targets = (np.arange(logits.shape[1]) == np.asarray(labels)[:, None]).astype(np.float32)
    m = np.max(logits, axis=1, keepdims=True)
    log_p = logits - m - np.log(np.sum(np.exp(logits - m), axis=1, keepdims=True))
    return -np.sum(np.where(targets > 0, log_p, 0))
"""
LOG_SUM_EXP_IN_PYTHON = """
def cross_entropy(z, y):
    losses = [math.log(sum(map(math.exp, row))) - row[label] for row, label in zip(z.astype(float), y)]
    return sum(losses) / len(losses)
"""
AXIS_SLIP = """
def cross_entropy(z, y):
    shifted = z - z.max(0)
    p = np.exp(shifted) / np.exp(shifted).sum(0)
    return float(-np.log(p[range(len(y)), y]).mean())
"""
LOG_SOFTMAX_OVER_IMAGES = """
def cross_entropy(z, y):
    log_p = z - np.logaddexp.reduce(z, axis=0)
    return -sum(log_p[i, label] for i, label in enumerate(y)) / len(y)
"""
LOGADDEXP_RIGHT = """
def cross_entropy(z, y):
    z = np.asarray(z, dtype=np.float64)
    right = z[np.arange(len(y)), np.asarray(y, dtype=int)]
    return np.mean(np.logaddexp.reduce(z, axis=1) - right)
"""


def replaced(function: str) -> dict[str, list[tuple[str, str]]]:
    """Return the edits that put another cross-entropy in the reference's place."""
    return {"mlp_numpy.py": [("def cross_entropy_grad", f"{function.strip()}\n\n\ndef cross_entropy_grad")]}


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (LOOP_WITH_EPSILON, "cross-entropy-epsilon-in-the-log"),
        (ONE_HOT_FLOAT32_SUM, "cross-entropy-sum"),
        (AXIS_SLIP, "cross-entropy-along-images-and-log-of-zero"),
        (LOG_SOFTMAX_OVER_IMAGES, "cross-entropy-along-images"),
    ],
)
def test_a_mistake_in_a_style_of_its_own_is_named(function: str, name: str) -> None:
    assert named(sit_result("cross_entropy", edits=replaced(function))) == (name,)


def test_a_softmax_mistake_inside_the_loss_is_traced_to_its_root() -> None:
    result = sit_result("cross_entropy", edits=replaced(LOG_SOFTMAX_OVER_IMAGES))
    assert result.diagnoses[0].names[0].root == "softmax-along-images"


def test_a_right_loss_in_another_style_has_no_diagnosis() -> None:
    result = sit_result("cross_entropy", edits=replaced(LOGADDEXP_RIGHT))
    assert result.standing is Standing.FULL
    assert result.diagnoses == ()


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ("float(nll.mean() / z.shape[1])", "cross-entropy-mean-over-classes"),
        ("float(-nll.mean())", "cross-entropy-sign"),
        ("float(nll.mean() / np.log(2))", "cross-entropy-log2"),
        ("float(nll.sum()) / 50", "cross-entropy-nominal-batch"),
        (
            "float(np.mean(np.exp(z).sum(axis=1) - z[np.arange(len(y)), y]))",
            "cross-entropy-no-log-of-the-sum",
        ),
        (
            "np.mean(nll - (np.log(1 - softmax(z)) * (np.arange(z.shape[1]) != y[:, None])).sum(axis=1))",
            "cross-entropy-binary",
        ),
    ],
)
def test_a_wrong_value_is_named_by_the_one_mistake_that_gives_exactly_it(wrong: str, name: str) -> None:
    assert named(sit_result("cross_entropy", edits={"mlp_numpy.py": [(MEAN, wrong)]})) == (name,)


@pytest.mark.parametrize("wrong", ["float(nll.mean()) + 0.3", "float(nll.max())"])
def test_a_loss_that_is_wrong_in_no_known_way_gets_no_name(wrong: str) -> None:
    assert sit_result("cross_entropy", edits={"mlp_numpy.py": [(MEAN, wrong)]}).diagnoses == ()


def test_exponentials_that_raise_are_not_taken_for_those_that_overflow_silently() -> None:
    assert named(sit_result("cross_entropy", edits=replaced(LOG_SUM_EXP_IN_PYTHON))) == ()


def test_two_mistakes_at_once_get_no_name_but_that_of_the_part_that_is_clear() -> None:
    edits = [("s = z - z.max(axis=1, keepdims=True)", "z -= z.max(axis=1, keepdims=True); s = 0.8 * z")]
    result = sit_result("cross_entropy", edits={"mlp_numpy.py": edits})
    assert named(result) == ()
    assert named_parts(result) == {"changed": ("cross-entropy-in-place",)}
