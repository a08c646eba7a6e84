import pytest

from graders.foundation.verdict import Standing
from tests.sitting import named, named_parts, sit_result

RIGHT = "return relu(X @ W1 + b1) @ W2 + b2  # (N, K)"

LOOP_WITHOUT_B2 = """
    rows = []
    for x in X:
        h = [max(0.0, float(x @ W1[:, j] + b1[j])) for j in range(len(b1))]
        rows.append([sum(h[j] * W2[j, k] for j in range(len(h))) for k in range(len(b2))])
    return rows
"""
FLOAT32_SELU = """
    h = np.einsum("nd,dh->nh", X, W1).astype(np.float32) + b1.astype(np.float32)
    h = np.where(h > 0, 1.0507009873554805 * h, 1.0507009873554805 * 1.6732632423543772 * np.expm1(h))
    return h.astype(np.float32) @ W2.astype(np.float32) + b2.astype(np.float32)
"""
DROPPED_COLUMNS = """
    hidden = np.maximum(0, X.dot(W1) + b1)
    mask = np.random.rand(*hidden.shape) < 0.75
    return (hidden * mask / 0.75).dot(W2) + b2
"""
AUGMENTED_RIGHT = """
    hidden = np.hstack([X, np.ones((len(X), 1))]) @ np.vstack([W1, b1])
    hidden[hidden < 0] = 0
    return np.hstack([hidden, np.ones((len(X), 1))]) @ np.vstack([W2, b2])
"""


def replaced(body: str) -> dict[str, list[tuple[str, str]]]:
    """Return the edits that put another body in the place of the reference's last line of forward."""
    return {"mlp_numpy.py": [(RIGHT, body.strip())]}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (LOOP_WITHOUT_B2, "forward-no-b2"),
        (FLOAT32_SELU, "forward-elu"),
        (DROPPED_COLUMNS, "forward-dropout-at-inference"),
        ("return relu(X @ W1 + b1) * 0.8 @ W2 + b2", "forward-scaled-hidden"),
        ("return np.where((h := X @ W1 + b1) > 0, h, 0.07 * h) @ W2 + b2", "forward-leaky"),
    ],
)
def test_a_mistake_in_a_style_of_its_own_is_named(body: str, name: str) -> None:
    assert named(sit_result("forward", edits=replaced(body))) == (name,)


def test_a_right_forward_pass_in_another_style_has_no_diagnosis() -> None:
    result = sit_result("forward", edits=replaced(AUGMENTED_RIGHT))
    assert result.standing is Standing.FULL
    assert result.diagnoses == ()


def test_random_logits_that_no_mask_explains_are_not_called_dropout() -> None:
    noisy = "return relu(X @ W1 + b1) @ W2 + b2 + 0.1 * np.random.default_rng().normal(size=len(b2))"
    assert sit_result("forward", edits=replaced(noisy)).diagnoses == ()


def test_two_mistakes_at_once_get_no_name_but_that_of_the_part_that_is_clear() -> None:
    result = sit_result("forward", edits=replaced("X *= 2\n    return np.sin(X @ W1 + b1) @ W2 + b2"))
    assert named(result) == ()
    assert named_parts(result) == {"changed": ("forward-images-changed-in-place", "forward-writes-into-images")}
