"""Mistakes in `loss_and_grads` are named in any style; two at once are named by part or not at all."""

from functools import partial

import pytest

from tests.sitting import named, named_parts, sit_function

# A function in a style of its own: float32 within, one-hot labels, no function of the reference.
OWN = """
def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = (np.asarray(p, dtype=np.float32) for p in params)
    n = X.shape[0]
    hidden_in = np.einsum("nd,dh->nh", X.astype(np.float32), W1) + b1
    hidden = hidden_in.clip(0)
    logits = hidden @ W2 + b2
    e = np.exp(logits - logits.max(1)[:, None])
    probabilities = e / e.sum(1)[:, None]
    labels = (y[:, None] == np.arange(len(b2))).astype(np.float32)
    loss = float(-(labels * np.log(probabilities)).sum() / n)
    d_logits = (probabilities - labels) / n
    d_hidden = np.einsum("nk,hk->nh", d_logits, W2) * (hidden > 0)
    gradients = [
        np.einsum("nd,nh->dh", X, d_hidden), d_hidden.sum(0), np.einsum("nh,nk->hk", hidden, d_logits), d_logits.sum(0)
    ]
    return loss, gradients


def predict("""


own = partial(sit_function, "gradients", OWN)


def test_a_right_function_in_another_style_has_no_diagnosis() -> None:
    result = own()
    assert result.verdict is not None
    assert result.verdict.share == 1
    assert result.diagnoses == ()


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("(probabilities - labels) / n", "probabilities - labels", "gradients-not-divided-by-n"),
        (" * (hidden > 0)", " * (hidden >= 0)", "gradients-no-relu-mask"),
        (" * (hidden > 0)", " * hidden", "gradients-relu-value-as-derivative"),
        ("d_logits.sum(0)", "d_logits.mean(0)", "gradients-bias-mean"),
        ("d_logits.sum(0)", "d_logits.sum(1)", "gradients-bias-wrong-axis"),
        ("- labels) / n", "- labels) / 64", "gradients-nominal-batch"),
        (".sum() / n)", ".mean())", "gradients-loss-over-entries"),
        ("hidden_in.clip(0)", "np.tanh(hidden_in)", "gradients-tanh"),
        (
            "    return loss, gradients",
            "    return loss, gradients[2:] + gradients[:2]",
            "gradients-output-layer-first",
        ),
        ("    n = X", "    X -= X.mean()\n    n = X", ""),
    ],
)
def test_a_mistake_is_named_in_another_style(old: str, new: str, mistake: str) -> None:
    assert named(own((old, new))) == ((mistake,) if mistake else ())


def test_a_softmax_along_the_images_in_loss_and_gradient_repeats_that_of_softmax() -> None:
    result = own(("logits.max(1)[:, None]", "logits.max(0)"), ("e.sum(1)[:, None]", "e.sum(0)"))
    assert named(result) == ("gradients-softmax-along-images",)
    assert result.diagnoses[0].names[0].root == "softmax-along-images"


def test_two_mistakes_in_two_layers_are_named_by_part() -> None:
    result = own(
        ('np.einsum("nd,nh->dh", X, d_hidden)', 'np.einsum("nd,nh->hd", X, d_hidden)'),
        ("d_logits.sum(0)", "d_logits.mean(0)"),
    )
    assert named(result) == ()
    assert named_parts(result) == {
        "W1": ("gradients-transposed",),
        "b2": ("gradients-divided-twice", "gradients-bias-mean"),
    }


def test_two_mistakes_in_one_array_have_no_name() -> None:
    result = own(("(probabilities - labels) / n", "probabilities - labels"), (" * (hidden > 0)", ""))
    assert named(result) == ()
    assert set(named_parts(result)) <= {"W2", "b2"}
