"""One step of gradient descent with momentum: v <- mu v - lr g, then theta <- theta + v.

Measures: the parameters after each of several steps with different gradients, for several mu and learning rates, from
zero velocity and from one that is handed in; that the velocity comes back. A velocity of the other sign or scale is as
good, where the steps are the same, and so is an update in place.

Matters: momentum is a sum over all past gradients. A step that forgets it, averages it or looks ahead trains too,
only more slowly or less steadily, and every result that names its learning rate is off.

Fix: take one parameter with a constant gradient of 1 and write down three steps by hand: -lr, -lr (1 + mu),
-lr (1 + mu + mu²). Compare each with what your function does, feeding back the velocity that it returned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure import truth
from graders.measure.compare import Wrong, check, mapping, pair, params
from graders.measure.describe import type_of
from graders.measure.trajectory import ACCEPTED, follow, likeliest, same_moves

SHAPES = (7, 5, 3)  # D, H, K
STEPS = 4
DEFAULT_MU = 0.9
BY_HAND = "Write down the first two steps of one parameter by hand, with a different gradient in each."
CARRY = "Which velocity does your step start from: the one it is given, or one that it keeps for itself?"


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentumStep(Grader):
    """Grades `momentum_step(params, grads, velocity, lr, mu=0.9)`.

    Args:
        rtol: allowed gap, relative to how far each array has moved.
        mu: momentum of the first trace.
        lr: learning rate of the first trace.
    """

    title: ClassVar[str] = "Step with momentum"
    about: ClassVar[str] = "momentum_step"

    rtol: float = 1e-4
    mu: float = 0.85
    lr: float = 0.037

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for traces of several steps, and for single steps."""
        rng = exam.rng("momentum step")
        theta, fast = (truth.params_like(*SHAPES, rng) for _ in range(2))
        grads: list[Value] = [truth.params_like(*SHAPES, rng) for _ in range(STEPS)]
        zero = truth.zeros_like(theta)
        moving = Params(**{n: 0.1 * getattr(fast, n) for n in truth.NAMES})

        def trace(name: str, velocity: Params, lr: float, mu: float) -> Call:
            return Call(name=name, target="momentum_trace", args=(theta, grads, velocity, lr, mu))

        return [
            trace("first", zero, self.lr, self.mu),
            trace("second", zero, 0.21, 0.6),
            trace("without momentum", zero, self.lr, 0.0),
            trace("moving", moving, self.lr, self.mu),
            Call(name="one step", target="momentum_step", args=(theta, grads[0], zero, self.lr, self.mu)),
            Call(name="default mu", target="momentum_step", args=(theta, grads[0], moving, self.lr)),
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the traces, then the form of what comes back."""
        del exam
        return verdict(
            self._check(f"takes the right steps with mu={self.mu:g}", seen, "first", weight=2, fix=BY_HAND),
            self._check("takes the right steps with another mu and learning rate", seen, "second", fix=BY_HAND),
            self._check("takes plain gradient steps with mu=0", seen, "without momentum", fix=BY_HAND),
            self._check("goes on from the velocity that it is given", seen, "moving", fix=CARRY),
            check("returns params and velocity", seen["one step"], _both_parts, weight=0.5),
            self._check("mu is 0.9 unless said otherwise", seen, "default mu", weight=0.5),
        )

    def _check(self, title: str, seen: Seen, name: str, *, weight: float = 1.0, fix: str = "") -> Check:
        start, grads, velocity, lr, mu = (*seen[name].call.args, DEFAULT_MU)[:5]
        assert isinstance(start, Params)
        assert isinstance(velocity, Params)
        assert isinstance(lr, float)
        assert isinstance(mu, float)
        steps = [g for g in (grads if isinstance(grads, list) else [grads]) if isinstance(g, Params)]
        rates = [lr] * len(steps)

        def gradient(_theta: Params, i: int) -> Params:
            return steps[i]

        def test(value: Value) -> str:
            got = _states(value, len(steps))
            ways = ((start, follow(start, gradient, rule=r, lrs=rates, mu=mu, velocity=velocity)) for r in ACCEPTED)
            _, right, _ = likeliest(got, ways, rtol=self.rtol)
            when = [f"step {i}" for i in range(1, len(steps) + 1)]
            return same_moves(got, right, start=start, rtol=self.rtol, when=when)

        return check(title, seen[name], test, weight=weight, fix=fix)


def _states(value: Value, steps: int) -> list[Params]:
    """Return the parameters after each step, from a trace or from a single step."""
    if steps == 1:
        after, _ = pair(value, what="momentum_step", parts="params, velocity")
        return [params(after, what="the params after the step", shapes=SHAPES)]
    trace = mapping(value, what="momentum_step")
    if "not_a_pair" in trace:
        pair(trace["not_a_pair"], what="momentum_step", parts="params, velocity")
    states = trace.get("params")
    if not isinstance(states, list) or len(states) != steps:
        raise Wrong(f"momentum_step gave {type_of(states)} instead of params after each of {steps} steps.")
    return [params(s, what=f"the params after step {i}", shapes=SHAPES) for i, s in enumerate(states, start=1)]


def _both_parts(value: Value) -> str:
    after, velocity = pair(value, what="momentum_step", parts="params, velocity")
    params(after, what="the params after the step", shapes=SHAPES)
    params(velocity, what="the velocity after the step", shapes=SHAPES)
    return "four arrays each, of the right shapes"
