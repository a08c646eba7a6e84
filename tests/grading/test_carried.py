"""A chain of functions that build on a wrong one costs its first link, and nobody earns points for code of ours."""

from collections.abc import Sequence

import pytest

from graders.foundation.limits import Limits
from graders.foundation.verdict import Standing
from graders.grading.carried import stand_ins
from graders.grading.scorecard import CriterionResult
from graders.grading.stand_ins import right_functions
from graders.rubric.load import with_parameters
from graders.rubric.registry import criterion_names, grader_class
from graders.wire.contract import BUILDS_ON, MODULE_OF
from tests.banks.mutants import short_results
from tests.sitting import Edits, edited_reference, losers, named, sit_submission, submission_of

NUMPY = (
    "softmax",
    "cross_entropy",
    "init",
    "forward",
    "gradients",
    "weight_decay",
    "momentum_step",
    "predict",
    "training",
)


def results_of(edits: Edits, names: Sequence[str] = NUMPY) -> dict[str, CriterionResult]:
    """Return the results of several criteria for an edited reference."""
    submission = submission_of(edited_reference(edits))
    criteria = [with_parameters(name, {}) for name in names]
    return {r.name: r for r in sit_submission(submission, criteria)}


def put(function: str) -> tuple[str, str]:
    """Return the edit that defines a function anew, after the reference's own."""
    return "def predict(", f"{function}\n\n\ndef predict("


@pytest.mark.parametrize(
    ("edits", "first"),
    [
        ([put("def softmax(z):\n    return z")], ["softmax"]),
        ([put("def softmax(z):\n    raise NotImplementedError")], ["softmax"]),
        ([put("def cross_entropy(z, y):\n    raise ValueError('no')")], ["cross_entropy"]),
        ([put("def forward(params, X):\n    return X")], ["forward"]),
        (
            [put("def momentum_step(params, grads, velocity, lr, mu=0.9):\n    return params, velocity")],
            ["momentum_step"],
        ),
        ([("dW1 += weight_decay * W1", "dW1 += 2 * weight_decay * W1")], ["weight_decay"]),
        ([put("def init(D, H, K, seed=0):\n    raise ValueError('no')")], ["init"]),
    ],
)
def test_a_chain_costs_its_first_link_alone(edits: list[tuple[str, str]], first: list[str]) -> None:
    results = results_of({"mlp_numpy.py": edits})
    assert losers(results) == first


@pytest.mark.torch_room
def test_the_chain_from_softmax_to_the_gap_costs_softmax_alone() -> None:
    wrong = put("def softmax(z):\n    P = np.exp(z - z.max())\n    return P / P.sum(axis=0)")
    names = ("softmax", "cross_entropy", "gradients", "training", "accuracy", "accuracy_gap")
    results = short_results({"mlp_numpy.py": [wrong]}, names)
    assert losers(results) == ["softmax"]


@pytest.mark.parametrize(
    ("wrong", "first"),
    [
        (put("def softmax(z):\n    raise ValueError('no')"), "softmax"),
        (put("def forward(params, X):\n    return X @ params[0].T"), "forward"),
        (("return loss, (dW1, db1, dW2, db2)", "return loss, (dW1, dW2, db1, db2)"), "gradients"),
        (("return loss, (dW1, db1, dW2, db2)", "return loss, (dW2, db2, dW1, db1)"), "gradients"),
        (("return loss, (dW1, db1, dW2, db2)", "return dW1, db1, dW2, db2"), "gradients"),
        (("dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)", "dW1, db1 = dZ1.T @ X, dZ1.sum(axis=0)"), "gradients"),
        (("    dZ1 = dZ2 @ W2.T", "    W2 = W2 - 0.1 * dW2\n    dZ1 = dZ2 @ W2.T"), "gradients"),
    ],
)
def test_what_stands_before_dropout_and_decay_is_not_charged_there(wrong: tuple[str, str], first: str) -> None:
    names = tuple(dict.fromkeys((first, "gradients", "weight_decay", "dropout")))
    assert losers(results_of({"mlp_numpy.py": [wrong]}, names)) == [first]


DECAY_TWICE = ("dW1 += weight_decay * W1", "dW1 += 2 * weight_decay * W1")


def test_decay_that_is_wrong_beside_gradients_in_another_order_is_charged() -> None:
    reordered = ("return loss, (dW1, db1, dW2, db2)", "return loss, (dW1, dW2, db1, db2)")
    edits = {"mlp_numpy.py": [reordered, DECAY_TWICE]}
    assert losers(results_of(edits, ("gradients", "weight_decay"))) == ["gradients", "weight_decay"]


GAP = "accuracy_gap"


def ported(edit: tuple[str, str]) -> dict[str, CriterionResult]:
    """Return the results of an edited port: its steps, its evaluation and its gap to the NumPy network."""
    return short_results({"mlp_torch.py": [edit]}, ("torch_steps", GAP))


@pytest.mark.torch_room
def test_runs_that_a_named_mistake_led_astray_are_not_charged_again() -> None:
    batch = "F.cross_entropy(model(images[rows]), labels[rows])"
    results = ported((f"loss = {batch}", f"loss = {batch} / len(rows)"))
    assert named(results["torch_steps"]) == ("torch-steps-averaged-twice",)
    assert losers(results) == ["torch_steps"]
    verdict = results[GAP].verdict
    assert verdict is not None
    assert any("the mistake that is named there" in c.reason for c in verdict.checks)


@pytest.mark.torch_room
def test_weights_of_a_port_with_another_activation_are_charged_where_it_is_named() -> None:
    built = "    model = build_torch(X.shape[1], H, classes, dropout, seed)\n"
    results = ported((built, f"{built}    model[1] = nn.Tanh()\n"))
    assert named(results["torch_steps"]) == ("torch-steps-tanh",)
    assert losers(results) == ["torch_steps"]


@pytest.mark.torch_room
def test_a_gap_that_no_mistake_in_the_steps_explains_is_charged() -> None:
    cut_for_a_quick_try = "range(0, min(len(images), 150), batch)"
    results = ported(("range(0, len(images), batch)", cut_for_a_quick_try))
    assert losers(results) == [GAP]


def test_an_endless_loop_costs_its_own_function_alone() -> None:
    wrong = put("def cross_entropy(z, y):\n    while True: pass")
    submission = submission_of(edited_reference({"mlp_numpy.py": [wrong]}))
    criteria = [with_parameters(name, {}) for name in ("cross_entropy", "gradients", "momentum_step")]
    results = sit_submission(submission, criteria, limits=Limits(question_seconds=3.0))
    assert [r.standing for r in results] == [Standing.NONE, Standing.FULL, Standing.FULL]


def test_what_was_restored_says_where_the_mistake_was_charged() -> None:
    wrong = put("def cross_entropy(z, y):\n    raise ValueError('no')")
    results = results_of({"mlp_numpy.py": [wrong]}, ("cross_entropy", "gradients"))
    gradients = results["gradients"].verdict
    assert gradients is not None
    restored = [c for c in gradients.checks if c.charged_at]
    assert restored
    assert all(c.charged_at == ("Cross-entropy",) and "Charged once, at Cross-entropy" in c.reason for c in restored)


def test_a_second_mistake_behind_the_first_is_charged_too() -> None:
    edits = [
        put("def cross_entropy(z, y):\n    raise ValueError('no')"),
        ("dZ1.sum(axis=0)", "dZ1.mean(axis=0)"),
    ]
    results = results_of({"mlp_numpy.py": edits}, ("cross_entropy", "gradients"))
    verdict = results["gradients"].verdict
    assert verdict is not None
    assert 0 < verdict.share < 1


ALONG_IMAGES = "    e = np.exp(z - z.max(axis=0, keepdims=True))\n    P = e / e.sum(axis=0, keepdims=True)\n"


def inlined(gradient: str) -> dict[str, CriterionResult]:
    """Return the results where softmax runs along the images, and so does a copy of it inside the gradient."""
    wrong = (
        f"def softmax(z):\n{ALONG_IMAGES}    return P\n\n\n"
        f"def cross_entropy_grad(z, y):\n{ALONG_IMAGES}    P[np.arange(len(y)), y] -= 1\n    return {gradient}"
    )
    return results_of({"mlp_numpy.py": [put(wrong)]}, ("softmax", "cross_entropy", "gradients"))


def test_the_same_mistake_written_a_second_time_is_not_charged_again() -> None:
    results = inlined("P / len(y)")
    assert losers(results) == ["softmax"]
    assert named(results["gradients"]) == ("gradients-softmax-along-images",)
    verdict = results["gradients"].verdict
    assert verdict is not None
    assert any("Charged once, at Softmax: the same mistake" in c.reason for c in verdict.checks)


def test_another_mistake_beside_the_repeated_one_is_charged() -> None:
    assert losers(inlined("P")) == ["softmax", "gradients"]


def test_the_mistake_is_charged_where_it_stands_when_the_first_function_is_right() -> None:
    wrong = f"def cross_entropy_grad(z, y):\n{ALONG_IMAGES}    P[np.arange(len(y)), y] -= 1\n    return P / len(y)"
    assert losers(results_of({"mlp_numpy.py": [put(wrong)]}, ("softmax", "gradients"))) == ["gradients"]


@pytest.mark.parametrize("about", BUILDS_ON)
def test_the_right_form_of_what_a_criterion_is_about_never_enters_its_room(about: str) -> None:
    replaced = stand_ins(about, BUILDS_ON, dict.fromkeys(BUILDS_ON, "wrong"))
    assert about not in replaced
    replaceable = tuple(name for name in replaced if MODULE_OF[name] != "study")
    for source in right_functions(replaceable).values():
        assert f"def {about}(" not in source


def test_a_stand_in_brings_only_what_it_is_made_of() -> None:
    (source,) = right_functions(("softmax",)).values()
    assert "def softmax(" in source
    assert "def train(" not in source
    assert "def cross_entropy(" not in source
    both = right_functions(("train_torch",))
    assert "def cosine(" in both["mlp_numpy"]
    assert "def loss_and_grads(" not in both["mlp_numpy"]


def test_a_submission_gains_nothing_by_taking_right_functions_from_the_room() -> None:
    steal = (
        "def softmax(z):\n    return z\n\n\n"
        "def _stolen(name, *args, **options):\n"
        "    import gc, sys, types\n"
        "    for module in list(sys.modules.values()):\n"
        "        if module.__name__ != __name__ and hasattr(module, name) and 'stand_in' in module.__name__:\n"
        "            return getattr(module, name)(*args, **options)\n"
        "    for f in gc.get_objects():\n"
        "        if isinstance(f, types.FunctionType) and f.__name__ == name and f.__module__ != __name__:\n"
        "            return f(*args, **options)\n"
        "    raise ValueError('nothing to steal')\n\n\n"
        "def cross_entropy(*a, **k): return _stolen('cross_entropy', *a, **k)\n"
        "def loss_and_grads(*a, **k): return _stolen('loss_and_grads', *a, **k)\n"
        "def train(*a, **k): return _stolen('train', *a, **k)\n"
    )
    results = results_of({"mlp_numpy.py": [put(steal)]}, ("softmax", "cross_entropy", "gradients", "training"))
    assert [r.earned for r in results.values()][1:] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("name", criterion_names())
def test_every_criterion_says_what_it_is_about(name: str) -> None:
    assert grader_class(name).about in {*BUILDS_ON, ""}


def test_the_template_earns_nothing_through_stand_ins() -> None:
    raising = edited_reference()["mlp_numpy.py"]
    body = "\n".join(f"def {n}(*a, **k):\n    raise NotImplementedError" for n in BUILDS_ON)
    submission = submission_of({"mlp_numpy.py": raising + "\n" + body})
    results = sit_submission(submission, [with_parameters(n, {}) for n in ("softmax", "gradients", "training")])
    assert [r.standing for r in results] == [Standing.NOT_ATTEMPTED] * 3
