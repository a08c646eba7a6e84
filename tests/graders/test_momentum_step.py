import pytest

from graders.foundation.verdict import Verdict
from graders.grading.scorecard import CriterionResult
from tests.sitting import lost, named, named_parts, sit, sit_result

VELOCITY, STEP = "mu * v - lr * g for v, g", "p + v for p, v"
RETURN = "    return tuple(p + v for p, v in zip(params, velocity, strict=True)), velocity"
FIRST, SECOND, PLAIN, MOVING, PARTS, DEFAULT = (
    "takes the right steps with mu=0.85",
    "takes the right steps with another mu and learning rate",
    "takes plain gradient steps with mu=0",
    "goes on from the velocity that it is given",
    "returns params and velocity",
    "mu is 0.9 unless said otherwise",
)


def of(*edits: tuple[str, str]) -> Verdict:
    return sit("momentum_step", edits={"mlp_numpy.py": edits})


def result_of(*edits: tuple[str, str]) -> tuple[Verdict, CriterionResult]:
    result = sit_result("momentum_step", edits={"mlp_numpy.py": edits})
    assert result.verdict is not None
    return result.verdict, result


def reason(verdict: Verdict, title: str) -> str:
    return next(check.reason for check in verdict.checks if check.title == title)


def test_the_reference_keeps_every_point_on_the_step() -> None:
    assert lost(sit("momentum_step")) == ()


@pytest.mark.parametrize(
    ("velocity", "step"),
    [
        ("mu * v + lr * g for v, g", "p - v for p, v"),
        ("mu * v + g for v, g", "p - lr * v for p, v"),
        ("mu * v - g for v, g", "p + lr * v for p, v"),
    ],
)
def test_a_velocity_of_another_sign_or_scale_is_as_good(velocity: str, step: str) -> None:
    assert lost(of((VELOCITY, velocity), (STEP, step))) == ()


def test_an_update_in_place_is_as_good() -> None:
    in_place = "    for p, v in zip(params, velocity, strict=True):\n        p += v\n    return params, velocity"
    assert lost(of((RETURN, in_place))) == ()


def test_float32_inside_is_as_good() -> None:
    rounded = "(mu * v - lr * g).astype(np.float32) for v, g"
    assert lost(of((VELOCITY, rounded), (STEP, "np.float32(p) + v for p, v"))) == ()


@pytest.mark.parametrize(
    ("velocity", "step", "mistake"),
    [
        ("mu * v + (1 - mu) * g for v, g", "p - lr * v for p, v", "average"),
        ("mu * v + lr * g for v, g", "p - lr * v for p, v", "lr-twice"),
        ("mu * v - lr * g for v, g", "p - v for p, v", "uphill"),
        ("g - mu * v for v, g", "p - lr * v for p, v", "minus-mu"),
        ("0.7 * v + g for v, g", "p - lr * v for p, v", "fixed-mu"),
        ("lr * g for v, g", "p - v for p, v", "none"),
        ("mu * v + g for v, g", "p - 0.01 * v for p, v", "fixed-lr"),
    ],
)
def test_a_wrong_rule_loses_the_traces_and_is_named_in_any_convention(velocity: str, step: str, mistake: str) -> None:
    verdict, result = result_of(*[(old, new) for old, new in ((VELOCITY, velocity), (STEP, step)) if old != new])
    assert {FIRST, SECOND, MOVING} <= set(lost(verdict))
    assert named(result) == (f"momentum-step-{mistake}",)


def test_nesterovs_step_is_named_as_another_course_writes_it() -> None:
    nesterov = (
        "    before = velocity\n    velocity = tuple(mu * v",
        "return tuple(p - mu * b + (1 + mu) * v for p, b, v in zip(params, before, velocity, strict=True)), velocity",
    )
    verdict, result = result_of(("    velocity = tuple(mu * v", nesterov[0]), (RETURN.strip(), nesterov[1]))
    assert named(result) == ("momentum-step-nesterov",)
    assert PLAIN not in lost(verdict)


def test_two_mistakes_in_different_arrays_are_named_for_these_alone() -> None:
    rates = "(mu * v if g.ndim == 2 else 0 * v) - (lr if g.ndim == 2 else 0) * g for v, g"
    _, result = result_of((VELOCITY, rates.replace("mu * v if", "mu * v + 2 * lr * g if")))
    assert named(result) == ()
    assert named_parts(result)["W1"] == ("momentum-step-uphill",)


def test_two_mistakes_in_all_arrays_get_no_name() -> None:
    _, result = result_of((VELOCITY, "mu * v + (1 - mu) * lr * g for v, g"))
    assert named(result) == ()
    assert not any(named_parts(result).values())


def test_one_velocity_for_all_arrays_loses_the_traces() -> None:
    verdict = of((VELOCITY, "mu * velocity[0].mean() - lr * g for v, g"))
    assert {FIRST, SECOND, MOVING} <= set(lost(verdict))


def test_a_velocity_kept_in_the_module_loses_the_given_one_alone() -> None:
    edits = [
        ("    velocity = tuple(mu", "    velocity = KEPT.pop() if np.any(velocity[1]) and KEPT else velocity\n"
         "    velocity = tuple(mu"),
        (RETURN, f"    KEPT[:] = [velocity]\n{RETURN}"),
        ("import sys\n", "import sys\n\nKEPT = []\n"),
    ]  # fmt: skip
    titles = lost(of(*edits))
    assert MOVING in titles
    assert FIRST not in titles


def test_a_velocity_that_is_not_returned_loses_the_form_and_the_later_steps() -> None:
    verdict = of((RETURN, RETURN.replace(", velocity", ", None", 2).replace("params, None", "params, velocity")))
    assert PARTS in lost(verdict)
    assert "the velocity after the step is None" in reason(verdict, PARTS)


def test_another_default_loses_the_default_alone() -> None:
    assert lost(of(("lr: float, mu: float = 0.9)", "lr: float, mu: float = 0.5)"))) == (DEFAULT,)


def test_params_alone_are_told_to_lack_the_velocity() -> None:
    verdict = of((RETURN, RETURN.removesuffix(", velocity")))
    assert verdict.share == 0
    assert "expected two values: params, velocity" in reason(verdict, PARTS)
