"""What a PyTorch port's deterministic runs show: how far each array moved in each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from graders.foundation.call import Params
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed
from graders.measure import truth
from graders.measure.compare import Wrong
from graders.measure.port_steps import WRONG_PORTS, Port
from graders.measure.training import trained_params
from graders.measure.trajectory import distance
from graders.mistaken.port_orders import Reached, nearest
from graders.mistaken.port_runs import Clears, Recipe, moves_of, units_of
from graders.naming.gaps import Doubt, gap
from graders.naming.mistake import ENDING, RETURNED, Case, Interval, Key, Outcome, Outcomes, Predict, once_a_case

PARTS: Mapping[str, str] = {
    "one step": "one step",
    "three steps": "three steps",
    "two batches": "mini-batches",
    "three batches": "mini-batches",
    "momentum": "momentum",
    "momentum, batches": "momentum",
    "weight decay": "weight decay",
    "ten epochs": "step decay",
    "twelve epochs": "step decay",
    "cosine": "cosine",
    "cosine, batches": "cosine",
}
COSINES = ("cosine", "cosine, batches")
UNORDERED = ("two batches", "three batches", "momentum, batches", "cosine, batches")
SAME_ORDER = UNORDERED[2:]  # their first epoch has the images in the order of "two batches"
SHORT_STEPS = "three batches"  # a run whose steps are so short that only how far it leads is asked
RTOL = 2e-3
STILL = 1e-5  # of a right port's move; less is rounding
WIDTH = 0.3  # of the share of the way that a run of short steps leads; the order of the images moves it by less
NOTHING_YET: Mapping[str, Reached] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """All runs of a port, read.

    Args:
        seen: the answers.
        start: the starting weights, float64.
        units: how far a right port moves each parameter, by run.
        moves: how far the port moved them in these units, by run.
        unread: what came back instead of weights, by run.
    """

    seen: Seen
    start: Params
    units: Mapping[str, Mapping[str, float]]
    moves: Mapping[str, Mapping[str, np.ndarray]]
    unread: Mapping[str, str]

    def share(self, moves: Mapping[str, np.ndarray]) -> float:
        """Return how far a run of short steps led along the way that a right port takes, in units of that."""
        should, units = self.right_way, self.units[SHORT_STEPS]
        moved = np.concatenate([moves[n].ravel() * units[n] for n in truth.NAMES])
        return float(np.vdot(moved, should) / np.vdot(should, should))

    @property
    def right_way(self) -> np.ndarray:
        """Where a run of short steps leads a right port, all parameters in one array."""
        call, right = self.seen[SHORT_STEPS].call, Recipe()
        end = right.walk(self.start, call, [right.orders(call)[0]])
        return np.concatenate([(getattr(end, n) - getattr(self.start, n)).ravel() for n in truth.NAMES])


def read_moves(seen: Seen) -> Moves | str:
    """Return the runs of a port, or what is wrong with its starting weights."""
    start, again = (_weights(seen, name) for name in ("start", "start again"))
    if isinstance(start, str) or isinstance(again, str):
        return start if isinstance(start, str) else str(again)
    if not distance([again], [start], start=truth.zeros_like(start), scale=[start]) <= 1e-5:
        return "other weights each time"
    units, moves, unread = {}, {}, {}
    for run in (run for run in PARTS if run in seen):
        end = _weights(seen, run)
        if isinstance(end, str):
            unread[run] = end
        else:
            units[run] = units_of(start, seen[run].call)
            moves[run] = moves_of(end, start, units[run])
    return Moves(seen=seen, start=start, units=units, moves=moves, unread=unread)


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return how each run ended, and how far each array moved in it."""
    found: dict[Key, Outcome] = {}
    for name, answer in seen.items():
        found[name, ENDING] = answer.observation.kind.value if isinstance(answer.observation, Failed) else RETURNED
    read = read_moves(seen)
    if isinstance(read, str):
        return {**found, ("start", "start"): read}
    for run, moves in read.moves.items():
        if run == SHORT_STEPS:
            share = read.share(moves)
            found[run, PARTS[run]] = Interval(low=share - WIDTH * abs(share), high=share + WIDTH * abs(share))
        else:
            found[run, PARTS[run]] = _joined(moves)
    return found | {(run, PARTS[run]): told for run, told in read.unread.items()}


def recipes(*several: Recipe) -> Predict:
    """Return the prediction of a port that trains by one of these recipes.

    Where the port's own gradients are known to be wrong, the parts in which a recipe shows beside that are told too.
    """

    def predict(case: Case) -> Sequence[Outcomes]:
        read = _read(case)
        if isinstance(read, str):
            return []
        told = [one for recipe in several for one in _told(case, read, recipe, _base(case, Recipe()))]
        own = _own(case)
        if own is None:
            return told
        base = _base(case, own)
        if case.sought is not None:
            left = replace(case.sought, parts=case.sought.parts & _left_beside(case, own))
            if not left.parts:
                return told
            case = replace(case, sought=left)
        for recipe in several:
            if recipe.port == Port() and recipe.clears is Clears.EVERY_STEP:
                both = _told(case, read, replace(recipe, port=own.port, clears=own.clears), base)
                told += [_beside(one, base) for one in both]
        return told

    return predict


def right(case: Case) -> Sequence[Outcomes]:
    """Return what a right port shows, with either accepted cosine."""
    endings: dict[Key, Outcome] = {(name, ENDING): RETURNED for name in case.seen}
    read = _read(case)
    if isinstance(read, str):
        return [endings]
    return [{**endings, **_base(case, Recipe(to_zero=to_zero))} for to_zero in (False, True)]


def _beside(told: Outcomes, base: Outcomes) -> Outcomes:
    """Return the parts that differ from what the port's own wrong gradients give; the first step shows only these."""
    parts = {k[1] for k in told if not gap(told[k], base.get(k)) <= RTOL} - {"one step"}
    return {k: v for k, v in told.items() if k[1] in parts}


@once_a_case
def _left_beside(case: Case, own: Recipe) -> frozenset[str]:
    """Return the parts that the port's own wrong gradients leave unexplained; the others need no second mistake."""
    base = _base(case, own)
    return frozenset(k[1] for k, told in case.observed.items() if not gap(told, base.get(k)) <= RTOL)


@once_a_case
def _read(case: Case) -> Moves | str:
    return read_moves(case.seen)


@once_a_case
def _base(case: Case, recipe: Recipe) -> Outcomes:
    """Return what a recipe gives in every run."""
    read = _read(case)
    assert isinstance(read, Moves)
    return _outcomes(_reached(read, recipe, _origin(read, recipe), tuple(read.moves)), read)


@once_a_case
def _own(case: Case) -> Recipe | None:
    """Return the wrong network or loss that one step shows, and whether gradients add up; None where neither is."""
    read = _read(case)
    if isinstance(read, str) or not {"one step", "three steps"} <= set(read.moves):
        return None

    def fits(recipe: Recipe, run: str) -> bool:
        return _fits(_reached(read, recipe, _origin(read, recipe), (run,)), read, (run,))

    if fits(Recipe(), "one step"):
        port = Port()
    else:
        found = [port for port in WRONG_PORTS if fits(Recipe(port=port), "one step")]
        if len(found) != 1:
            return None
        port = found[0]
    adding = Recipe(port=port, clears=Clears.NEVER)
    adds = fits(adding, "three steps") and not fits(Recipe(port=port), "three steps")
    return adding if adds else Recipe(port=port) if port != Port() else None


def _origin(read: Moves, recipe: Recipe) -> Params:
    """Return where a recipe's runs start."""
    with np.errstate(all="ignore"):
        return recipe.origin(read.start, read.seen["start"].call)


def _told(case: Case, read: Moves, recipe: Recipe, base: Outcomes) -> list[Outcomes]:
    """Return what a recipe gives, with either accepted cosine.

    That is nothing where the first step is another already, or nothing that is sought fits. Runs whose order of images
    is not known are left out where the recipe explains the others no better than the base.
    """
    with np.errstate(all="ignore"):
        origin = _origin(read, recipe)
        fixed = _reached(read, recipe, origin, ("one step",))
        if not _fits(fixed, read, tuple(fixed)):
            return []
        doubt = Doubt(case.observed, case.sought)
        others = [run for run in read.moves if run not in (*fixed, *UNORDERED, *COSINES)]
        for run in sorted(others, key=lambda run: not doubt.seeks(PARTS[run])):
            fixed |= _reached(read, recipe, origin, (run,))
            if doubt.explains_nothing(_outcomes({run: fixed[run]}, read)):
                return []
        shuffled: Mapping[str, Reached] = {}
        several: list[Outcomes] = []
        for to_zero in (False, True):
            styled = replace(recipe, to_zero=to_zero)
            found = fixed | _reached(read, styled, origin, ("cosine",))
            known = _outcomes(found, read)
            if _fits(found, read, tuple(found)) or all(gap(v, base.get(k)) <= RTOL for k, v in known.items()):
                shuffled = shuffled or _reached(read, recipe, origin, [r for r in UNORDERED if r not in COSINES])
                waves = _reached(read, styled, origin, [r for r in UNORDERED if r in COSINES], shuffled)
                known |= _outcomes({**shuffled, **waves}, read)
            several.append(known)
        return several


def _reached(
    read: Moves, recipe: Recipe, origin: Params, runs: Sequence[str], before: Mapping[str, Reached] = NOTHING_YET
) -> dict[str, Reached]:
    """Return where a recipe leads in some runs, in the orders of the images that come nearest to what was observed.

    Args:
        read: what was observed.
        recipe: how the port trains.
        origin: where it starts.
        runs: those that are asked for; one that was not read is left out.
        before: runs that were followed before these.
    """
    found: dict[str, Reached] = {}
    with np.errstate(all="ignore"):
        for run in (run for run in runs if run in read.moves):
            shown = {**before, **found}
            known = shown["two batches"].order if run in SAME_ORDER and "two batches" in shown else ()
            found[run] = nearest(
                recipe,
                read.start,
                origin,
                read.seen[run].call,
                to=read.moves[run],
                units=read.units[run],
                known=known,
            )
    return found


def _outcomes(reached: Mapping[str, Reached], read: Moves) -> dict[Key, Outcome]:
    told: dict[Key, Outcome] = {}
    for run, one in reached.items():
        if run == SHORT_STEPS:
            told[run, PARTS[run]] = np.array(read.share(one.moves))
        else:
            told[run, PARTS[run]] = _joined(one.moves)
    return told


def _fits(reached: Mapping[str, Reached], read: Moves, runs: Sequence[str]) -> bool:
    return all(gap(_joined(read.moves[run]), _joined(reached[run].moves)) <= RTOL for run in runs)


def _joined(moves: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the moves of all parameters as one array; where all are rounding, as zeros.

    Together, because float32 keeps too few digits of a parameter that hardly moves beside the others.
    """
    joined = np.concatenate([moves[n].ravel() for n in truth.NAMES])
    return joined if not np.abs(joined).max() < STILL else np.zeros_like(joined)


def _weights(seen: Seen, name: str) -> Params | str:
    """Return the weights that a run ended with, or a word for what came back instead."""
    observation = seen[name].observation
    if isinstance(observation, Failed):
        return observation.kind.value
    H = seen[name].call.kwargs["H"]
    args = seen[name].call.args
    X, y, y_val = (np.asarray(args[i]) for i in (0, 1, 3))
    assert isinstance(H, int)
    shapes = (X.shape[1], H, int(max(y.max(), y_val.max())) + 1)
    try:
        return truth.in_float64(trained_params(observation.value, what="train_torch", shapes=shapes))
    except Wrong as wrong:
        return wrong.got or wrong.reason
