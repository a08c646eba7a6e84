from graders.foundation.verdict import Standing
from graders.rubric.load import with_parameters
from tests.sitting import edited_reference, lost, sit, sit_submission, submission_of

EXP = "    P: Array = e / e.sum(axis=1, keepdims=True)  # (N, K)\n"


def test_the_reference_keeps_every_point_on_the_numpy_rule() -> None:
    assert lost(sit("numpy_only")) == ()


def test_a_softmax_from_pytorch_loses_every_function_that_uses_it() -> None:
    edits = [(EXP, "    import torch\n    P = torch.softmax(torch.tensor(z), dim=1).numpy()\n")]
    verdict = sit("numpy_only", edits={"mlp_numpy.py": edits})
    assert lost(verdict) == tuple(
        f"{name} computes with NumPy alone" for name in ("softmax", "loss_and_grads", "train")
    )
    assert all("torch" in check.reason for check in verdict.checks if check.credit < 1)


def test_a_forbidden_call_is_noted_although_its_error_is_caught() -> None:
    quiet = "    try:\n        __import__('scipy.special').special.expit(z)\n    except ImportError:\n        pass\n"
    verdict = sit("numpy_only", edits={"mlp_numpy.py": [(EXP, quiet + EXP)]})
    assert "softmax computes with NumPy alone" in lost(verdict)


def test_importing_a_forbidden_library_costs_nothing() -> None:
    edits = [("import math\n", "import math\nimport torch\nfrom torch import nn\nDEVICE = torch.device('cpu')\n")]
    assert lost(sit("numpy_only", edits={"mlp_numpy.py": edits})) == ()


def test_a_function_that_raises_is_charged_elsewhere() -> None:
    edits = [("    Z1 = X @ W1 + b1", "    raise ValueError('not today')\n    Z1 = X @ W1 + b1")]
    assert lost(sit("numpy_only", edits={"mlp_numpy.py": edits})) == ()


def test_a_module_that_cannot_be_imported_shows_nothing_and_earns_nothing() -> None:
    assert sit("numpy_only", edits={"mlp_numpy.py": [("import math\n", "import math\n1 / 0\n")]}).share == 0


def test_a_function_that_is_not_written_is_not_attempted() -> None:
    edits = [("    return relu(X @ W1 + b1) @ W2 + b2  # (N, K)", "    raise NotImplementedError")]
    verdict = sit("numpy_only", edits={"mlp_numpy.py": edits})
    assert [c.title.split()[0] for c in verdict.checks if not c.attempted] == ["forward", "predict", "train"]


def test_an_empty_half_is_not_attempted() -> None:
    submission = submission_of({"mlp_numpy.py": ""})
    (result,) = sit_submission(submission, [with_parameters("numpy_only", {})])
    assert result.standing is Standing.NOT_ATTEMPTED


def test_right_functions_in_the_place_of_wrong_ones_earn_nothing_here() -> None:
    edits = [(EXP, "    import torch\n    P = torch.softmax(torch.tensor(z), dim=1).numpy()\n")]
    submission = submission_of(edited_reference({"mlp_numpy.py": edits}))
    criteria = [with_parameters(name, {}) for name in ("softmax", "gradients", "numpy_only")]
    softmax, gradients, numpy_only = sit_submission(submission, criteria)
    assert softmax.standing is Standing.NONE
    assert gradients.standing is Standing.FULL
    assert numpy_only.verdict is not None
    assert lost(numpy_only.verdict) == ("softmax computes with NumPy alone",)
