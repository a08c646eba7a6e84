"""What a mistaken `train` would give where nothing is random: one batch of all images, or copies of one image."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from graders.foundation.call import Params
from graders.mistaken.train_loop import Loop, Plans, grounds_of
from graders.mistaken.train_plans import EVEN, NONE, STYLES, Arrays, Ground, Plan, Style, walk
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
from graders.naming.gaps import Doubt, Gaps, gap
from graders.naming.mistake import ENDING, RAISED, RETURNED, Case, Key, Outcome, Outcomes, Predict, Sought, once_a_case
from graders.training import DEFAULTS

RTOL = 2e-3  # of the catalogue


def loops(*makers: Loop | Callable[[Case], Sequence[Loop]]) -> Predict:
    """Return the prediction of loops, in every style."""

    def predict(case: Case) -> Sequence[Outcomes]:
        found = [loop for maker in makers for loop in ([maker] if isinstance(maker, Loop) else maker(case))]
        return _in_every_style(case, found, case.sought)

    return predict


def _in_every_style(case: Case, loops: Sequence[Loop], sought: Sought | None) -> Sequence[Outcomes]:
    if (scene := _scene(case)) is None:
        return ()
    told: dict[tuple[int, tuple[Plan, ...]], Outcomes] = {}
    asked = _in_order(case, sought)
    for loop in loops:
        hearing = Hearing(case=case, scene=scene, loop=loop, sought=sought, asked=asked)
        for style in scene.styles:
            plans = Plans(case, loop, style)
            if (one := hearing.told(plans)) is not None:
                told.setdefault((id(loop), plans.every()), one)  # most options leave styles alike
    return list(told.values())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """What all entries share about a case.

    Args:
        start: where the runs start.
        scales: what moves are measured by, by run.
        styles: those that may be the student's.
        ends: relative moves by run, plan and ground, remembered.
        gap: how far they are from what was observed, remembered.
    """

    start: Params
    scales: Mapping[str, Arrays]
    styles: tuple[Style, ...]
    ends: dict[tuple[str, Plan, Ground], np.ndarray] = field(default_factory=dict)
    gap: Gaps = field(default_factory=Gaps)

    def end(self, name: str, plan: Plan, ground: Ground) -> np.ndarray:
        """Return where a plan leads, relative to where all runs start."""
        key = (name, plan, ground)
        if key not in self.ends:
            with np.errstate(all="ignore"):
                self.ends[key] = relative(walk(plan, ground)[0], self.start, self.scales[name])
        return self.ends[key]


@once_a_case
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
    ground, plans = grounds_of(case, loop, scene.start), Plans(case, loop, style)
    names = [n for n in (kind, kind + DEFAULTS) if n in plans and (n, part_of(n)) in case.observed]
    ends = {n: scene.end(n, plans[n], ground[on_copies(n)]) for n in names}
    return bool(names) and all(gap(case.observed[n, part_of(n)], end) <= 1e-3 for n, end in ends.items())


def right_loop(case: Case) -> Sequence[Outcomes]:
    """Predict a right loop, in every style."""
    return [{**one, **_right_learning(case)} for one in _in_every_style(case, [Loop()], None)]


def _right_learning(case: Case) -> Outcomes:
    return {key: RIGHT_WORDS[key[0]] for key in case.observed if key[0] in FREE_WORDS and key[1] != ENDING}


@once_a_case
def _endings(case: Case) -> Outcomes:
    """Return that all runs end well; those on copies of one image are not always asked for."""
    return {(n, ENDING): RETURNED for n in case.seen if not on_copies(n) or (n, ENDING) in case.observed}


def _in_order(case: Case, sought: Sought | None) -> Sequence[Key]:
    """Return the runs whose ends are compared, with their parts: those first that soon show whether a loop is of use.

    These are runs of parts that are to be explained, one of each part before the second of any, short ones before long.
    """
    parts: Counter[str] = Counter()
    order: dict[Key, tuple[bool, int, bool]] = {}
    for name in case.seen:
        if exact(name) and (name, ENDING) in _endings(case):
            part = part_of(name)
            parts[part] += 1
            order[name, part] = (sought is None or part not in sought.parts, parts[part], not on_copies(name))
    return sorted(order, key=order.__getitem__)


class Hearing:
    """What one loop gives, in any style.

    Args:
        case: what was observed.
        scene: what all loops share about it.
        loop: the mistake.
        sought: what it is to explain; None where everything is wanted.
        asked: the runs whose ends are compared, with their parts.
    """

    def __init__(self, *, case: Case, scene: Scene, loop: Loop, sought: Sought | None, asked: Sequence[Key]) -> None:
        self._case, self._scene, self._loop, self._asked = case, scene, loop, asked
        self._grounds = grounds_of(case, loop, loop.start or scene.start)
        self._words, self._unclear = _words(case, loop)
        # What is unclear is not explained either once anything else does not fit.
        beside = {k[1] for k in self._unclear if not gap(case.observed[k], self._words[k]) <= RTOL}
        all_or_nothing = loop.mixed or loop.free
        self._sought = sought and replace(sought, parts=frozenset() if all_or_nothing else sought.parts - beside)

    def told(self, plans: Plans) -> Outcomes | None:
        """Return what the loop gives by these plans; None where it explains nothing.

        That is also where some of it is free, and the rest does not fit.
        """
        case, loop = self._case, self._loop
        doubt = Doubt(case.observed, self._sought, self._scene.gap)
        found: dict[Key, Outcome] = {**_endings(case), **self._words}
        if doubt.explains_nothing({key: told for key, told in found.items() if key not in self._unclear}):
            return None
        for key, end in self._ends(plans, doubt):
            found[key] = end
            if doubt.explains_nothing({key: end}):
                return None
        fits = all(
            self._scene.gap(told, found.get(key)) <= RTOL
            for key, told in case.observed.items()
            if key not in self._unclear
        )
        if fits:
            return found | {key: case.observed[key] for key in self._unclear}
        return None if loop.mixed or loop.free else found

    def _ends(self, plans: Plans, doubt: Doubt) -> Iterator[tuple[Key, Outcome]]:
        """Yield where the runs lead, but for parts that do not fit already."""
        case, free = self._case, self._loop.free
        for key in self._asked:
            name, part = key
            if not doubt.is_lost(part):
                ground = self._grounds[on_copies(name)]
                followed = name in plans and name not in free
                yield key, self._scene.end(name, plans[name], ground) if followed else _as_observed(case, key)
        for name, of in RATIO.items():
            key = (name, WORD[name])
            if key in case.observed and not doubt.is_lost(key[1]):
                followed = name in plans and name not in free
                yield key, _ratio(plans[name], plans[of]) if followed else _as_observed(case, key)


def _words(case: Case, loop: Loop) -> tuple[Outcomes, Sequence[Key]]:
    """Return what a loop gives in words, and which of these follow from it only where all else fits."""
    found: dict[Key, Outcome] = {}
    unclear = []
    for key in case.observed:
        name, part = key
        if part == ENDING or exact(name) or name in RATIO:
            continue
        free = name not in loop.words and (name in loop.free or name in FREE_WORDS)
        unclear += [key] if free else []
        found[key] = loop.words.get(name, RIGHT_WORDS[name])
    return found, unclear


def _ratio(scheduled: Plan, constant: Plan) -> np.ndarray:
    """Return how far the runs with tiny steps lead with a schedule, as a share of how far they lead without."""
    with np.errstate(all="ignore"):
        part, whole = _reach(scheduled), _reach(constant)
        return np.array(part / whole if whole else 0.0)


@lru_cache(maxsize=1 << 10)
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
