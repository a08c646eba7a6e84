"""Mistakes in dropout are named in any style, by traits of the answers; two at once by part, or not at all."""

from functools import partial

import pytest

from tests.sitting import named, named_parts, sit_function

# An own style: a mask of booleans, dropout written out a second time inside loss_and_grads, float32 within.
OWN = """
def dropout(A, p, rng):
    keep = rng.uniform(size=A.shape) < 1 - p
    return np.where(keep, A / (1 - p), 0.0), keep


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = (np.asarray(p, dtype=np.float32) for p in params)
    n = len(X)
    hidden = np.maximum(X.astype(np.float32) @ W1 + b1, 0)
    factor = np.ones_like(hidden)
    if dropout:
        draw = rng or np.random.default_rng()
        factor = (draw.random(hidden.shape) > dropout) / np.float32(1 - dropout)
    used = hidden * factor
    logits = used @ W2 + b2
    loss = cross_entropy(logits, y)
    d_logits = (softmax(logits) - np.eye(len(b2))[y]) / n
    d_hidden = d_logits @ W2.T * factor * (hidden > 0)
    return loss, (X.T @ d_hidden, d_hidden.sum(0), used.T @ d_logits, d_logits.sum(0))


def predict("""


own = partial(sit_function, "dropout", OWN)


def test_a_right_function_in_another_style_has_no_diagnosis() -> None:
    result = own()
    assert result.verdict is not None
    assert result.verdict.share == 1
    assert result.diagnoses == ()


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("A / (1 - p), 0.0", "A, 0.0", "dropout-not-scaled"),
        (" / np.float32(1 - dropout)", " * np.float32(1)", "dropout-not-scaled"),
        ("A / (1 - p), 0.0", "A * (1 - p), 0.0", "dropout-multiplied-by-keep"),
        ("> dropout)", "< dropout)", "dropout-keep-and-drop-swapped"),
        ("draw.random(hidden.shape)", "draw.random(hidden.shape[1])", "dropout-mask-for-all-images"),
        ("draw.random(hidden.shape)", "draw.random((n, 1))", "dropout-whole-images"),
        ("rng.uniform(size", "np.random.uniform(size", "dropout-global-generator"),
        ("rng or np.random.default_rng()", "np.random.default_rng(1)", "dropout-fixed-seed-in-the-gradient"),
        (" * factor * (hidden > 0)", " * (hidden > 0)", "dropout-no-mask-on-the-way-back"),
        (" * factor * (hidden > 0)", " * factor * factor * (hidden > 0)", "dropout-scaled-twice-on-the-way-back"),
        ("cross_entropy(logits, y)", "cross_entropy(hidden @ W2 + b2, y)", "dropout-loss-without-mask"),
        ("0.0), keep", "0.0), ~keep", "dropout-opposite-mask"),
        ("0.0), keep", "0.0)", "dropout-mask-not-returned"),
    ],
)
def test_a_mistake_is_named_in_another_style(old: str, new: str, mistake: str) -> None:
    assert named(own((old, new))) == (mistake,)


@pytest.mark.parametrize("seed", range(4))
def test_whole_images_are_named_whatever_chance_drops(seed: int) -> None:
    assert named(own(("draw.random(hidden.shape)", "draw.random((n, 1))"), seed=seed)) == ("dropout-whole-images",)


def test_a_mistake_beside_a_wrong_gradient_is_named() -> None:
    assert named(own(("(hidden > 0)", "1"), ("A / (1 - p), 0.0", "A, 0.0"))) == ("dropout-not-scaled",)


def test_two_mistakes_in_two_functions_are_named_by_part_alone() -> None:
    result = own(("A / (1 - p), 0.0", "A / p, 0.0"), (" * factor * (hidden > 0)", " * (hidden > 0)"))
    assert named(result) == ()
    assert named_parts(result) == {
        "dropout": ("dropout-scaled-by-p",),
        "loss_and_grads": ("dropout-no-mask-on-the-way-back",),
    }
