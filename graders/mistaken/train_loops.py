"""What a mistaken `train` would do where nothing is random: one batch of all images, or copies of one image."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from graders.foundation.call import Call, Params
from graders.measure.trajectory import course, unscaled
from graders.mistaken.train_plans import EVEN, NONE, STYLES, Arrays, Ground, Plan, Run, Style, plan_of, walk
from graders.mistaken.train_traits import (
    FREE_WORDS,
    RATIO,
    RIGHT_WORDS,
    WORD,
    exact,
    on_copies,
    part_of,
    relative,
    scales_of,
    start_of,
)
from graders.naming.match import gap
from graders.naming.mistake import ENDING, RAISED, RETURNED, Case, Key, Outcome, Outcomes, Predict
from graders.training import DEFAULTS

RTOL = 2e-3  # of the catalogue


class Bytes:
    """An array that is compared and hashed by its entries."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.key = (array.shape, array.tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bytes) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


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


def loops(*makers: Loop | Callable[[Case], Sequence[Loop]]) -> Predict:
    """Return the prediction of loops, in every style."""

    def predict(case: Case) -> Sequence[Outcomes]:
        scene = _scene(case)
        found = [loop for maker in makers for loop in ([maker] if isinstance(maker, Loop) else maker(case))]
        told: dict[tuple[int, tuple[tuple[str, Plan], ...]], tuple[Loop, Mapping[str, Plan]]] = {}
        for loop in found if scene else ():
            assert scene is not None
            for style in scene.styles:
                plans = _plans(case, loop, style)
                told.setdefault((id(loop), tuple(plans.items())), (loop, plans))
        several = [_told(case, loop, plans, scene) for loop, plans in told.values() if scene]
        return [one for one in several if one is not None]

    return predict


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What all entries share about a case.

    Args:
        start: where the runs start.
        scales: what moves are measured by, by run.
        styles: those that may be the student's.
        ends: relative moves by run, plan and ground, remembered.
    """

    start: Params
    scales: Mapping[str, Arrays]
    styles: tuple[Style, ...]
    ends: dict[tuple[str, Plan, Ground], np.ndarray] = field(default_factory=dict)

    def end(self, name: str, plan: Plan, ground: Ground) -> np.ndarray:
        """Return where a plan leads, relative to where all runs start."""
        key = (name, plan, ground)
        if key not in self.ends:
            with np.errstate(all="ignore"):
                self.ends[key] = relative(walk(plan, ground)[0], self.start, self.scales[name])
        return self.ends[key]


@lru_cache(maxsize=2)
def _scene(case: Case) -> Scene | None:
    start = start_of(case.seen)
    if start is None:
        return None
    styles = STYLES
    every = Scene(start=start, scales=scales_of(start, case.seen), styles=styles)
    # A style that explains its own run needs no other one beside it.
    for kind in ("cosine", "alike"):
        fitting = tuple(s for s in styles if _fits(case, every, s, kind))
        styles = fitting or styles
    return Scene(start=start, scales=every.scales, styles=styles)


def _fits(case: Case, scene: Scene, style: Style, kind: str) -> bool:
    loop = Loop()
    ground, plans = _grounds(case, loop, scene.start), _plans(case, loop, style)
    names = [n for n in plans if n in (kind, kind + DEFAULTS) and (n, part_of(n)) in case.observed]
    ends = {n: scene.end(n, plans[n], ground[on_copies(n)]) for n in names}
    return bool(names) and all(gap(case.observed[n, part_of(n)], end) <= 1e-3 for n, end in ends.items())


def right_loop(case: Case) -> Sequence[Outcomes]:
    """Predict a right loop, in every style."""
    told = loops(Loop())(case)
    assert not isinstance(told, Mapping)
    return [{**one, **_right_learning(case)} for one in told]


def _right_learning(case: Case) -> Outcomes:
    return {key: RIGHT_WORDS[key[0]] for key in case.observed if key[0] in FREE_WORDS and key[1] != ENDING}


@lru_cache(maxsize=64)
def _ground(X: Bytes, y: Bytes, *start: Bytes) -> Ground:
    return Ground(X=X.array, y=y.array, start=tuple(s.array for s in start))


def _grounds(case: Case, loop: Loop, start: Params) -> Mapping[bool, Ground]:
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


@lru_cache(maxsize=2)
def _runs(case: Case) -> Mapping[str, Run]:
    """Return what was asked of each run that can be followed."""
    followed = (n for n in case.seen if exact(n) or n in RATIO or n in RATIO.values())
    return {name: replace(run_of(case.seen[name].call), copies=on_copies(name)) for name in followed}


def _plans(case: Case, loop: Loop, style: Style) -> Mapping[str, Plan]:
    """Return the plan of each run that can be followed."""
    found = {}
    for name, asked in _runs(case).items():
        if not loop.mixed or on_copies(name):
            run = loop.options(asked)
            plan = loop.plan(plan_of(run, style), run, style)
            # At one rate, or without momentum, both conventions of the velocity make the same steps.
            steady = plan.rule is unscaled and (plan.mu == 0 or len({lr for rates in plan.rates for lr in rates}) < 2)
            found[name] = replace(plan, rule=course) if steady else plan
    return found


def _told(case: Case, loop: Loop, plans: Mapping[str, Plan], scene: Scene) -> Outcomes | None:
    """Return what a loop gives; None where some of it is free and the rest does not fit: then it explains nothing."""
    found: dict[Key, Outcome] = {}
    grounds = _grounds(case, loop, loop.start or scene.start)
    for name in case.seen:
        if on_copies(name) and (name, ENDING) not in case.observed:
            continue
        found[name, ENDING] = RETURNED
        if exact(name):
            key = (name, part_of(name))
            followed = name in plans and name not in loop.free
            found[key] = scene.end(name, plans[name], grounds[on_copies(name)]) if followed else _as_observed(case, key)
    for name, of in RATIO.items():
        key = (name, WORD[name])
        if key in case.observed:
            followed = name in plans and name not in loop.free
            found[key] = _ratio(plans[name], plans[of]) if followed else _as_observed(case, key)
    unclear = []
    for key in case.observed:
        name, part = key
        if part == ENDING or exact(name) or name in RATIO:
            continue
        free = name not in loop.words and (name in loop.free or name in FREE_WORDS)
        unclear += [key] if free else []
        found[key] = loop.words.get(name, RIGHT_WORDS[name])
    fits = all(gap(told, found.get(key)) <= RTOL for key, told in case.observed.items() if key not in unclear)
    if fits:
        return found | {key: case.observed[key] for key in unclear}
    return None if loop.mixed or loop.free else found


def _ratio(scheduled: Plan, constant: Plan) -> np.ndarray:
    """Return how far the runs with tiny steps lead with a schedule, as a share of how far they lead without."""
    with np.errstate(all="ignore"):
        part, whole = _reach(scheduled), _reach(constant)
        return np.array(part / whole if whole else 0.0)


def _reach(plan: Plan) -> float:
    """Return how far W1 gets while the gradient is the same in every step."""
    with np.errstate(all="ignore"):
        return float(walk(replace(plan, decay=NONE, shrink=NONE), EVEN)[0][0][0, 0])


def _as_observed(case: Case, key: Key) -> Outcome:
    told = case.observed.get(key, RETURNED)
    return told if isinstance(told, np.ndarray | str) else np.array((told.low + told.high) / 2)


def ending(case: Case, words: Mapping[str, str]) -> Sequence[Outcomes]:
    """Return what a right loop gives, apart from runs that end in another way; what needs them is not known."""
    asked = {(name, ENDING): word for name, word in words.items() if not on_copies(name)}
    rights = right_loop(case) or [{(name, ENDING): RETURNED for name in case.seen if not on_copies(name)}]
    return [{**{k: v for k, v in one.items() if k in case.observed}, **asked} for one in rights]


def refusing(*options: str) -> Predict:
    """Return the prediction of a right train that does not take these options."""

    def predict(case: Case) -> Sequence[Outcomes]:
        refused = {n: RAISED for n, a in case.seen.items() if set(options) & set(a.call.kwargs)}
        return ending(case, refused)

    return predict
