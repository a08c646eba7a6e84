"""A chain of functions that build on a wrong one costs its first link, and nobody earns points for code of ours."""

from collections.abc import Sequence

import pytest

from graders.foundation.verdict import Standing
from graders.grading.carried import _stand_ins
from graders.grading.scorecard import CriterionResult
from graders.rubric.load import with_parameters
from graders.rubric.registry import criterion_names, grader_class
from graders.wire.contract import BUILDS_ON
from tests.sitting import Edits, edited_reference, sit_submission, submission_of

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


def losers(results: dict[str, CriterionResult]) -> list[str]:
    """Return the criteria that lost points."""
    return [name for name, r in results.items() if r.standing is not Standing.FULL]


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


def test_the_function_that_a_criterion_is_about_is_never_replaced() -> None:
    for about in BUILDS_ON:
        assert about not in _stand_ins(about, dict.fromkeys(BUILDS_ON, "wrong"))


@pytest.mark.parametrize("name", criterion_names())
def test_every_criterion_says_what_it_is_about(name: str) -> None:
    assert grader_class(name).about in {*BUILDS_ON, ""}


def test_the_template_earns_nothing_through_stand_ins() -> None:
    raising = edited_reference()["mlp_numpy.py"]
    body = "\n".join(f"def {n}(*a, **k):\n    raise NotImplementedError" for n in BUILDS_ON)
    submission = submission_of({"mlp_numpy.py": raising + "\n" + body})
    results = sit_submission(submission, [with_parameters(n, {}) for n in ("softmax", "gradients", "training")])
    assert [r.standing for r in results] == [Standing.NOT_ATTEMPTED] * 3
