"""A mistaken loop of `train`, and what it does in each run that was asked for: its plans, and what it trains on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from graders.foundation.call import Call, Params
from graders.measure.trajectory import course, unscaled
from graders.mistaken.train_plans import Ground, Plan, Run, Style, plan_of
from graders.mistaken.train_traits import RATIO, exact, on_copies
from graders.naming.mistake import Case, once_a_case


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loop:
    """A mistake of the loop.

    Args:
        options: how it hears its options.
        plan: what it does with them.
        images: what it makes of the images, (N, D), before it trains on them.
        start: where it starts, instead of where a run with lr=0 ends.
        words: what it changes about what is random.
        free: questions whose answers depend on the order of the images, or on steps too long to follow.
        mixed: whether all runs on different images are free.
    """

    options: Callable[[Run], Run] = field(default=lambda run: run)
    plan: Callable[[Plan, Run, Style], Plan] = field(default=lambda plan, _run, _style: plan)
    images: Callable[[np.ndarray], np.ndarray] | None = None
    start: Params | None = None
    words: Mapping[str, str] = field(default_factory=dict)
    free: tuple[str, ...] = ()
    mixed: bool = False


class Plans:
    """The plans of a loop in a style, by run, each made when it is first asked for: most loops are soon given up."""

    def __init__(self, case: Case, loop: Loop, style: Style) -> None:
        self._runs = _runs(case)
        self._loop = loop
        self._style = style
        self._made: dict[str, Plan] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._runs and (not self._loop.mixed or on_copies(name))

    def __getitem__(self, name: str) -> Plan:
        if name not in self._made:
            self._made[name] = _plan(self._loop, self._loop.options(self._runs[name]), self._style)
        return self._made[name]

    def every(self) -> tuple[Plan, ...]:
        """Return all plans, in the order of the runs."""
        return tuple(self[name] for name in self._runs if name in self)


def _plan(loop: Loop, run: Run, style: Style) -> Plan:
    plan = loop.plan(plan_of(run, style), run, style)
    # At one rate, or without momentum, both conventions of the velocity make the same steps.
    steady = plan.rule is unscaled and (plan.mu == 0 or len({lr for rates in plan.rates for lr in rates}) < 2)
    return replace(plan, rule=course) if steady else plan


@once_a_case
def _runs(case: Case) -> Mapping[str, Run]:
    """Return what was asked of each run that can be followed."""
    followed = (n for n in case.seen if exact(n) or n in RATIO or n in RATIO.values())
    return {name: replace(run_of(case.seen[name].call), copies=on_copies(name)) for name in followed}


def run_of(call: Call) -> Run:
    """Return what was asked."""
    given = call.kwargs
    X = call.args[0]
    assert isinstance(X, np.ndarray)
    numbers = {"lr": 0.1, "epochs": 20, "batch": 128, "momentum": 0.9, "weight_decay": 0.0}
    told = {k: v if isinstance(v := given.get(k, default), int | float) else default for k, default in numbers.items()}
    schedule = given.get("schedule")
    return Run(
        lr=float(told["lr"]),
        epochs=int(told["epochs"]),
        batch=int(told["batch"]),
        momentum=float(told["momentum"]),
        decay=float(told["weight_decay"]),
        schedule=schedule if isinstance(schedule, str) else None,
        images=len(X),
        momentum_given="momentum" in given,
    )


class Bytes:
    """An array that is compared and hashed by its entries."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.key = (array.shape, array.tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bytes) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


@lru_cache(maxsize=64)
def _ground(X: Bytes, y: Bytes, *start: Bytes) -> Ground:
    return Ground(X=X.array, y=y.array, start=tuple(s.array for s in start))


def grounds_of(case: Case, loop: Loop, start: Params) -> Mapping[bool, Ground]:
    """Return the images of the exam and their copies, as the loop makes them."""
    found: dict[bool, Ground] = {}
    for name, answer in case.seen.items():
        copies = on_copies(name)
        if exact(name) and copies not in found:
            X, y = answer.call.args[:2]
            assert isinstance(X, np.ndarray)
            assert isinstance(y, np.ndarray)
            X = np.asarray(X if loop.images is None else loop.images(X), dtype=np.float64)
            X, y = (X[:1], y[:1]) if copies else (X, y)
            found[copies] = _ground(
                Bytes(X), Bytes(y), *(Bytes(np.asarray(a, dtype=np.float64)) for a in start.arrays())
            )
    return found
