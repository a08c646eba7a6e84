"""What weight decay adds to the loss and to the gradients, against the student's own answer without, in units of λ."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed, Returned
from graders.measure import miniature, truth
from graders.measure.batch import of_call
from graders.measure.compare import Wrong
from graders.measure.training import trained_params
from graders.mistaken.wrong_passes import PARTS, four
from graders.naming.mistake import ENDING, RETURNED, Case, Key, Outcome, Outcomes, Predict
from graders.naming.styles import Several

WITHOUT = "without"
SHAPES = "shapes"  # the part that says which gradients without decay have another shape than their parameter
TRAIN = "train"  # the part that says whether train decays, where the gradient does not
TRAINED, DECAYED = "trained", "trained with decay"
H = 6
OPTIONS: Mapping[str, Value] = {"H": H, "batch": 20, "lr": 0.1, "epochs": 1, "seed": 3}
DECAY = 0.5  # of that training
STILL = 1e-6  # a change below this is rounding
WEIGHTS, BIASES = ("W1", "W2"), ("b1", "b2")
LAYERS = (WEIGHTS, ("W1",), ("W2",))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """One question with decay.

    Args:
        decay: λ.
        params: W1, b1, W2, b2, in float64.
        N: images.
        own: the student's gradients without decay, by parameter; zeros where there are none.
    """

    decay: float
    params: Params
    N: int
    own: Mapping[str, np.ndarray]

    def squares(self, *names: str) -> float:
        """Return the sum of the squares of these arrays."""
        return float(sum(np.sum(getattr(self.params, n) ** 2) for n in names))


Added: TypeAlias = Callable[[np.ndarray, Asked], np.ndarray]
"""From one array of the parameters to what is added to its gradient, in units of λ."""

Penalty: TypeAlias = Callable[[Asked], float]
"""What is added to the loss, in units of λ."""


def left_out(_asked: Asked) -> float:
    """Return the penalty of a loss that leaves it out, as it may."""
    return 0.0


def half_squares(asked: Asked) -> float:
    """Return the right penalty."""
    return 0.5 * asked.squares(*WEIGHTS)


def whole(W: np.ndarray, _asked: Asked) -> np.ndarray:
    """Return the right term."""
    return W


EITHER: Sequence[Penalty] = (left_out, half_squares)


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return by how much the loss and each gradient change with decay, in units of λ."""
    found: dict[Key, Outcome] = {}
    for name in (WITHOUT, *decays_of(seen)):
        observation = seen[name].observation
        found[name, ENDING] = observation.kind.value if isinstance(observation, Failed) else RETURNED
    before = _read(seen, WITHOUT)
    if before:
        params = of_call(seen[WITHOUT].call).params
        told = [g for g in before.values() if isinstance(g, str)]
        shapes = {n: g.shape for n, g in before.items() if n in truth.NAMES and isinstance(g, np.ndarray)}
        found[WITHOUT, SHAPES] = told[0] if told else odd_shapes(shapes, params)
    for name, decay in decays_of(seen).items():
        after = _read(seen, name)
        if before and after:
            found |= {(name, part): _change(before[part], after[part], decay) for part in PARTS}
    if TRAINED in seen:
        found[TRAIN, TRAIN] = _trained(seen)
    return found


def odd_shapes(shapes: Mapping[str, tuple[int, ...]], params: Params) -> str:
    """Return which arrays have another shape than their parameter; biases count flat."""
    odd = {n: (math.prod(s),) if n in BIASES else tuple(s) for n, s in shapes.items()}
    return "; ".join(f"d{n} {s}" for n, s in sorted(odd.items()) if s != getattr(params, n).shape)


def _read(seen: Seen, name: str) -> Mapping[str, Outcome]:
    observation = seen[name].observation
    return four(observation.value) if isinstance(observation, Returned) else {}


def decays_of(seen: Seen) -> Mapping[str, float]:
    """Return λ of each question with decay."""
    told = {n: a.call.kwargs.get("weight_decay") for n, a in seen.items() if a.call.target == "loss_and_grads"}
    return {name: decay for name, decay in told.items() if isinstance(decay, float)}


def _change(before: Outcome, after: Outcome, decay: float) -> Outcome:
    if not isinstance(before, np.ndarray) or not isinstance(after, np.ndarray):
        return after if isinstance(after, str) else str(before)
    if before.shape != after.shape:
        return "another shape"
    return np.asarray((after - before) / decay)


def questions(case: Case) -> Mapping[str, Asked]:
    """Return the questions with decay."""
    own = _read(case.seen, WITHOUT)
    found = {}
    for name, decay in decays_of(case.seen).items():
        batch = of_call(case.seen[name].call)
        params = truth.in_float64(batch.params)
        gradients = {n: _shaped(own.get(n), getattr(params, n)) for n in truth.NAMES}
        found[name] = Asked(decay=decay, params=params, N=len(batch.X), own=gradients)
    return found


def _shaped(gradient: Outcome | None, like: np.ndarray) -> np.ndarray:
    """Return the student's own gradient, zeros where it has not the parameter's shape: that is another's matter."""
    fits = isinstance(gradient, np.ndarray) and gradient.shape == like.shape
    return gradient if fits and isinstance(gradient, np.ndarray) else np.zeros(like.shape)


def added_to(
    case: Case, weights: Sequence[str], added: Added, penalty: Penalty, *, biases: Added | None, trains: str
) -> Outcomes:
    """Return what is added where these weights' gradients get `added`, the other's the right term."""
    found: dict[Key, Outcome] = {(WITHOUT, ENDING): RETURNED, (WITHOUT, SHAPES): ""}
    if TRAINED in case.seen:
        found[TRAIN, TRAIN] = trains
    for question, asked in questions(case).items():
        found[question, ENDING] = RETURNED
        found[question, "loss"] = np.asarray(penalty(asked))
        for name in WEIGHTS:
            W: np.ndarray = getattr(asked.params, name)
            found[question, name] = added(W, asked) if name in weights else W
        for name in BIASES:
            b: np.ndarray = getattr(asked.params, name)
            found[question, name] = np.zeros_like(b) if biases is None else biases(b, asked)
    return found


def adds(
    added: Added,
    *,
    penalties: Sequence[Penalty] = (),
    layers: Sequence[Sequence[str]] = LAYERS,
    biases: Added | None = None,
    trains: str = "decays",
) -> Several:
    """Return the prediction that the gradients of some weights get a wrong term.

    Args:
        added: that term, in units of λ.
        penalties: what the loss may then hold, beside nothing and the right penalty.
        layers: which weights; each selection is a style of its own.
        biases: what the gradients of the biases get.
        trains: whether train decays, where that is asked.
    """

    def predict(case: Case) -> list[Outcomes]:
        return [
            added_to(case, weights, added, penalty, biases=biases, trains=trains)
            for weights in layers
            for penalty in (*EITHER, *penalties)
        ]

    return predict


def loses(penalty: Penalty) -> Predict:
    """Return the prediction that the loss alone is wrong, by this penalty."""
    return lambda case: added_to(case, (), whole, penalty, biases=None, trains="decays")


def right(case: Case) -> Sequence[Outcomes]:
    """Return the right changes: the loss may hold the penalty or leave it out. The nearer one comes first."""

    def gap(outcomes: Outcomes) -> float:
        told = case.observed.get(("with", "loss"))
        want = outcomes["with", "loss"]
        return (
            float(np.abs(told - want).max()) if isinstance(told, np.ndarray) and isinstance(want, np.ndarray) else 0.0
        )

    return sorted((added_to(case, (), whole, p, biases=None, trains="decays") for p in EITHER), key=gap)


def further(exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask whether train decays, where the gradient does not."""
    observed = observe(exam, seen)
    changes = [observed.get((name, W)) for name in decays_of(seen) for W in WEIGHTS]
    if not all(isinstance(c, np.ndarray) and np.abs(c).max(initial=0.0) < STILL for c in changes):
        return ()
    problem = miniature.draw(exam.rng("weight_decay", TRAIN), n=20, n_val=10)
    return [problem.run(TRAINED, OPTIONS), problem.run(DECAYED, {**OPTIONS, "weight_decay": DECAY})]


def _trained(seen: Seen) -> str:
    """Return whether the weights end elsewhere with decay than without."""
    arrays = []
    for name in (TRAINED, DECAYED):
        observation = seen[name].observation
        if not isinstance(observation, Returned):
            return "fails"
        try:
            shapes = (miniature.PIXELS, H, miniature.CLASSES)
            arrays.append(trained_params(observation.value, what="train", shapes=shapes))
        except Wrong:
            return "fails"
    return (
        "decays"
        if any(np.abs(getattr(arrays[0], n) - getattr(arrays[1], n)).max() > STILL for n in WEIGHTS)
        else "does not"
    )
