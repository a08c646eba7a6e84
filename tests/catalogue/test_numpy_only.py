from graders.foundation.verdict import Standing
from tests.sitting import named, named_parts, sit_result

EXP = "    P: Array = e / e.sum(axis=1, keepdims=True)  # (N, K)\n"
STEP = "    return float(lr * drop ** (epoch // every))"
AUTOGRAD = "    import torch\n    dW1 = torch.autograd.grad(loss, W1)\n"


def test_a_softmax_of_another_library_is_named_once_and_not_at_what_calls_it() -> None:
    edits = [(EXP, "    import jax\n    P = jax.nn.softmax(z)\n")]
    assert named(sit_result("numpy_only", edits={"mlp_numpy.py": edits})) == ("numpy-only-softmax",)


def test_gradients_by_autograd_are_named() -> None:
    edits = [("    return loss, (dW1, db1, dW2, db2)", f"{AUTOGRAD}    return loss, (dW1, db1, dW2, db2)")]
    assert named(sit_result("numpy_only", edits={"mlp_numpy.py": edits})) == ("numpy-only-loss-and-grads",)


def test_two_functions_of_another_library_are_named_part_by_part() -> None:
    edits = [
        (EXP, "    import jax\n    P = jax.nn.softmax(z)\n"),
        (STEP, f"    import torch\n    torch.ones(1)\n{STEP}"),
    ]
    result = sit_result("numpy_only", edits={"mlp_numpy.py": edits})
    assert named(result) == ()
    assert named_parts(result) == {"softmax": ("numpy-only-softmax",), "step_decay": ("numpy-only-step-decay",)}


def test_an_import_that_is_not_used_has_no_diagnosis() -> None:
    result = sit_result("numpy_only", edits={"mlp_numpy.py": [("import math\n", "import math\nimport torch\n")]})
    assert result.standing is Standing.FULL
    assert result.diagnoses == ()
