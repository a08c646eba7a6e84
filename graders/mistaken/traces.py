"""What a momentum step does over several steps in a row: observed, and as a mistaken step would have done it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from graders.foundation.call import Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Answer, Failed
from graders.measure.compare import Wrong, mapping, pair, params
from graders.measure.trajectory import Rule
from graders.measure.truth import NAMES
from graders.mistaken.wrong_rules import CONVENTIONS, Convention, Mistaken, right, rules
from graders.naming.mistake import ENDING, RAISED, RETURNED, Case, Key, Outcome, Outcomes, Predict

DEFAULT_MU = 0.9
FORM = "form"  # the part that says what came back beside the params
FOUR = "four arrays"
ALONE = "params alone"

Arrays: TypeAlias = tuple[np.ndarray, ...]
Step: TypeAlias = Callable[[Arrays, Arrays, Arrays | None, float, float | None], object]
"""momentum_step as a mistaken student would write it, over (W1, b1, W2, b2): its mu is None where the default acts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """One question: the arguments of a single step, or of a trace of several."""

    start: Params
    grads: tuple[Params, ...]
    velocity: Params
    lr: float
    mu: float | None
    single: bool


def question(answer: Answer) -> Question:
    """Return what was asked."""
    start, grads, velocity, lr, *mu = answer.call.args
    assert isinstance(start, Params)
    assert isinstance(velocity, Params)
    assert isinstance(lr, float)
    several = grads if isinstance(grads, list) else [grads]
    steps = tuple(g for g in several if isinstance(g, Params))
    given = mu[0] if mu and isinstance(mu[0], float) else None
    return Question(
        start=start, grads=steps, velocity=velocity, lr=lr, mu=given, single=answer.call.target == "momentum_step"
    )


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return how far each array has moved after every step, (steps, ...), and the form of what came back."""
    found: dict[Key, Outcome] = {}
    for name, answer in seen.items():
        if isinstance(answer.observation, Failed):
            found[name, ENDING] = answer.observation.kind.value
            continue
        found[name, ENDING] = RETURNED
        asked = question(answer)
        try:
            states = _single(answer.observation.value) if asked.single else _several(answer.observation.value)
        except Wrong as wrong:
            found[name, ENDING] = wrong.got
            continue
        found |= _moves(name, asked, states)
    return found


def _pair(value: Value) -> tuple[Value, Value]:
    if isinstance(value, Params) or (isinstance(value, tuple | list) and len(value) == len(NAMES)):
        raise Wrong(ALONE, got=ALONE)
    return pair(value, what="momentum_step", parts="params, velocity")


def _single(value: Value) -> tuple[list[Value], str]:
    after, velocity = _pair(value)
    return [after], FOUR if isinstance(velocity, Params) else "no velocity"


def _several(value: Value) -> tuple[list[Value], str]:
    trace = mapping(value, what="momentum_step")
    if "not_a_pair" in trace:
        _pair(trace["not_a_pair"])
    states = trace.get("params")
    assert isinstance(states, list)
    return states, FOUR


def _moves(name: str, asked: Question, told: tuple[list[Value], str]) -> Outcomes:
    states, form = told
    shapes = (*asked.start.W1.shape, len(asked.start.b2))
    try:
        read = [params(s, what="the params", shapes=shapes) for s in states]
    except Wrong as wrong:
        return {(name, ENDING): wrong.got}
    if len(read) != len(asked.grads):
        return {(name, ENDING): f"{len(read)} steps"}
    moved = {(name, n): np.stack([getattr(s, n) - getattr(asked.start, n) for s in read]) for n in NAMES}
    return {(name, FORM): form, **moved}


def steps(*makers: Callable[[Case], Step]) -> Predict:
    """Return the prediction of steps; each maker gives one that has not been called yet."""

    def predict(case: Case) -> Sequence[Outcomes]:
        return [_answers(case, maker(case)) for maker in makers]

    return predict


def _answers(case: Case, step: Step) -> Outcomes:
    found: dict[Key, Outcome] = {}
    for name, answer in case.seen.items():
        asked = question(answer)
        theta, velocity = asked.start.arrays(), asked.velocity.arrays()
        states: list[Value] = []
        form = ""
        found[name, ENDING] = RETURNED
        try:
            for g in asked.grads:
                result = step(theta, g.arrays(), velocity, asked.lr, asked.mu)
                if not isinstance(result, tuple) or len(result) != 2:
                    form = ALONE
                    break
                theta, velocity = result
                states.append(Params(**dict(zip(NAMES, theta, strict=True))))
        except TypeError:
            found[name, ENDING] = RAISED
            continue
        if form:
            found[name, ENDING] = form
        else:
            lacking = asked.single and not isinstance(velocity, tuple)
            found |= _moves(name, asked, (states, "no velocity" if lacking else FOUR))
    return found


def stepping(rule: Rule, *, mu: float | None = None, default: float = DEFAULT_MU, lr: float | None = None) -> Step:
    """Return the step by a rule; mu and lr, where given, stand in the place of the arguments."""

    def step(theta: Arrays, g: Arrays, v: Arrays | None, rate: float, share: float | None) -> object:
        used = mu if mu is not None else default if share is None else share
        if v is None:
            raise TypeError
        moves = [rule(vi, gi, rate if lr is None else lr, used) for vi, gi in zip(v, g, strict=True)]
        return tuple(t + m for t, (m, _) in zip(theta, moves, strict=True)), tuple(after for _, after in moves)

    return step


def by_rule(mistaken: Mistaken) -> Predict:
    """Return the prediction of a mistaken rule in each convention of the velocity."""
    return steps(*(partial(_of_rule, rule) for rule in rules(mistaken)))


def _of_rule(rule: Rule, _case: Case) -> Step:
    return stepping(rule)


def after(change: Callable[[Arrays, Arrays, Arrays], object]) -> Predict:
    """Return the prediction of right steps whose result is changed: from params before and after, and velocity."""

    def changed(rule: Rule, _case: Case) -> Step:
        inner = stepping(rule)

        def step(theta: Arrays, g: Arrays, v: Arrays | None, lr: float, mu: float | None) -> object:
            result = inner(theta, g, v, lr, mu)
            assert isinstance(result, tuple)
            return change(theta, *result)

        return step

    return steps(*(partial(changed, rule) for rule in rules(right)))


def frozen(*still: str) -> Predict:
    """Return the prediction of right steps after which these arrays stand where they were."""
    return after(
        lambda old, new, v: (tuple(o if n in still else m for n, o, m in zip(NAMES, old, new, strict=True)), v)
    )


def before(change: Callable[[Case, Convention], Callable[[Arrays, Arrays], tuple[Arrays, Arrays]]]) -> Predict:
    """Return the prediction of right steps on changed gradients and velocities."""

    def changed(convention: Convention, case: Case) -> Step:
        inner, altered = stepping(partial(right, convention)), change(case, convention)

        def step(theta: Arrays, g: Arrays, v: Arrays | None, lr: float, mu: float | None) -> object:
            if v is None:
                raise TypeError
            return inner(theta, *altered(g, v), lr, mu)

        return step

    return steps(*(partial(changed, convention) for convention in CONVENTIONS))
