"""Why a whole run came out badly: two small runs without chance, and where a mistaken loop would end them.

One run has copies of one image, on which every order and every batch is the same; the other has all images in one
batch. What a loop does wrong there it does in the whole run too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graders.foundation.call import Call, Params, Room, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed, Returned
from graders.measure import truth
from graders.measure.compare import Wrong
from graders.measure.miniature import CLASSES, PIXELS, Problem, draw
from graders.measure.training import trained_params
from graders.measure.truth import NAMES
from graders.naming.gaps import Doubt
from graders.naming.mistake import ENDING, RETURNED, Case, Key, Outcome, Outcomes, Predict

H, SEED = 32, 17
COPIES, ALL, ONE, PLAIN, START = "copies", "all in one batch", "one step", "copies, momentum 0", "at rest"
RTOL = 2e-3  # of a move: float32 holds weights, and a move is the small difference of two
MU = 0.9
OWN, OTHERS, UNCLEAR = "own labels", "others' labels", "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """The small runs of one of the two implementations.

    Args:
        target: `train_run` or `torch_train_run`.
        what: the student's function.
        room: where it is asked.
    """

    target: str
    what: str
    room: Room

    def further(self, exam: Exam, _seen: Seen) -> Sequence[Call]:
        """Return the questions."""
        calls = []
        for name, (problem, options) in _small(exam).items():
            kwargs: dict[str, Value] = {"H": H, "seed": SEED, **options}
            if self.room is Room.TORCH:  # an unseeded port starts from the same weights in each of them
                kwargs |= {"global_seed": SEED}
            args = (problem.X, problem.y, problem.X_val, problem.y_val)
            calls.append(Call(name=name, target=self.target, args=args, kwargs=kwargs, room=self.room))
        return calls

    def end(self, seen: Seen, name: str) -> Params | None:
        """Return where a small run ended; None where it did not, or was not asked."""
        if name not in seen or not isinstance(observation := seen[name].observation, Returned):
            return None
        try:
            return truth.in_float64(trained_params(observation.value, what=self.what, shapes=(PIXELS, H, CLASSES)))
        except Wrong:
            return None

    def observe(self, exam: Exam, seen: Seen) -> dict[Key, Outcome]:
        """Return how far each small run moved the parameters, and whether images kept their labels."""
        found: dict[Key, Outcome] = {}
        start = self.end(seen, START)
        for name in (COPIES, ALL, PLAIN):
            if isinstance(observation := seen[name].observation, Failed):
                found[name, ENDING] = observation.kind.value
                continue
            found[name, ENDING] = RETURNED
            end = self.end(seen, name)
            if start is not None and end is not None:
                found |= {(name, n): getattr(end, n) - getattr(start, n) for n in NAMES}
        one = self.end(seen, ONE)
        if start is not None and one is not None:
            found[ONE, "labels"] = _labels(start, one, *_small(exam)[ONE])
            found[START, "scale"] = np.array([_scale(start)])
        return found

    def following(self, *loops: "Loop", also: Outcomes) -> Predict:
        """Return the prediction that one of these loops makes the small runs, and that the whole runs show `also`."""

        def predict(case: Case) -> list[Outcomes]:
            start = self.end(case.seen, START)
            return [also if start is None else {**_ends(case, start, loop), **also} for loop in loops]

        return predict


NUMPY = Kit(target="train_run", what="train", room=Room.NUMPY)
TORCH = Kit(target="torch_train_run", what="train_torch", room=Room.TORCH)


def _small(exam: Exam) -> Mapping[str, tuple[Problem, Mapping[str, Value]]]:
    several = draw(exam.rng("whole runs"), n=20, n_val=20)
    count = 120  # so many that a tenth of them is still some batches
    alike = replace(several, X=np.repeat(several.X[:1], count, axis=0), y=np.repeat(several.y[:1], count))
    steps: Mapping[str, Value] = {"batch": 5, "epochs": 2, "lr": 0.002, "momentum": MU}
    return {
        START: (several, {"batch": 20, "epochs": 1, "lr": 0.0, "momentum": MU}),
        COPIES: (alike, steps),
        PLAIN: (alike, {**steps, "momentum": 0.0}),
        ALL: (several, {"batch": 20, "epochs": 3, "lr": 0.02, "momentum": MU}),
        ONE: (several, {"batch": 20, "epochs": 1, "lr": 0.02, "momentum": 0.0}),
    }


Gradient = Callable[[Params, np.ndarray, np.ndarray], Params]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Loop:
    """A loop of `train`, right where nothing else is said.

    Args:
        steps: from an epoch's images and batch size to its steps.
        scale: what the images are multiplied by.
        rate: from learning rate and the step of the epoch to the rate used.
        momentum: from the momentum asked for to the one used.
        gradient: of the loss.
        restarts: whether every epoch starts from the first parameters again, and with the velocity at zero.
        returned: whether the trained parameters come back, not those of the start.
        labels: whether images keep their labels; if not, only that is predicted of the batch of all images.
        scale_of_start: what the initial weights' spread is, relative to He's.
        words: the traits that whole runs show.
    """

    steps: Callable[[int, int], int] = lambda images, batch: -(-images // batch)
    scale: float = 1.0
    rate: Callable[[float, int], float] = lambda lr, _step: lr
    momentum: Callable[[float], float] = float
    gradient: Gradient = lambda theta, X, y: truth.loss_and_grads(theta, X, y)[1]
    restarts: tuple[bool, bool] = (False, False)
    returned: bool = True
    labels: str = OWN
    scale_of_start: Callable[[float], float] = lambda _seen: 1.0


def _ends(case: Case, start: Params, loop: Loop) -> Outcomes:
    found: dict[Key, Outcome] = {}
    small = _small(case.exam)
    doubt = Doubt(case.observed, case.sought)
    for name in (ALL, COPIES, PLAIN):  # the shortest first: where it misses every array, the others need no walk
        found[name, ENDING] = RETURNED
        if all(doubt.is_lost(n) for n in NAMES):
            continue
        apart = loop.labels == OTHERS and name == ALL
        end = start if not loop.returned else _walk(start, *small[name], loop)
        moves = {(name, n): getattr(end, n) - getattr(start, n) for n in NAMES}
        told = {key: case.observed.get(key, move) for key, move in moves.items()} if apart else moves
        found |= told
        doubt.hold(told)
    scale = case.observed.get((START, "scale"))
    found[ONE, "labels"] = loop.labels if loop.returned else UNCLEAR
    if loop.scale != 1.0 or loop.gradient is not RIGHT.gradient:
        found[ONE, "labels"] = case.observed.get((ONE, "labels"), loop.labels)  # read off a right gradient only
    if isinstance(scale, np.ndarray):
        wanted = loop.scale_of_start(float(scale[0]))
        near = abs(scale[0] - wanted) <= SPREAD * wanted
        found[START, "scale"] = scale if near else np.array([wanted])
    return found


SPREAD = 0.03  # 25,000 weights: their standard deviation scatters by 0.5 %


def _walk(start: Params, problem: Problem, options: Mapping[str, Value], loop: Loop) -> Params:
    batch, epochs, lr, mu = (options[n] for n in ("batch", "epochs", "lr", "momentum"))
    assert isinstance(batch, int)
    assert isinstance(epochs, int)
    assert isinstance(lr, float)
    assert isinstance(mu, float)
    theta, v = start, truth.zeros_like(start)
    # Copies: a batch of five has the gradient of one.
    alike = batch < len(problem.X)
    X, y = (problem.X[:1], problem.y[:1]) if alike else (problem.X, problem.y)
    for _ in range(epochs):
        theta = start if loop.restarts[0] else theta
        v = truth.zeros_like(start) if loop.restarts[1] else v
        for step in range(loop.steps(len(problem.X), batch)):
            g = loop.gradient(theta, X * loop.scale, y)
            kept, rate = loop.momentum(mu), loop.rate(lr, step)
            v = Params(**{n: kept * getattr(v, n) - rate * getattr(g, n) for n in NAMES})
            theta = Params(**{n: getattr(theta, n) + getattr(v, n) for n in NAMES})
    return theta


def of_softmax_twice(theta: Params, X: np.ndarray, y: np.ndarray) -> Params:
    """Return the gradient of a cross-entropy that is given probabilities for logits."""
    z1 = truth.preactivation(theta, X)  # (N, H)
    a1 = np.maximum(z1, 0.0)
    P = truth.softmax(a1 @ theta.W2 + theta.b2)  # (N, K)
    dP = (truth.softmax(P) - np.eye(P.shape[1])[y]) / len(y)
    dz2 = P * (dP - (dP * P).sum(axis=1, keepdims=True))
    dz1 = (dz2 @ theta.W2.T) * (z1 > 0)
    return Params(W1=X.T @ dz1, b1=dz1.sum(axis=0), W2=a1.T @ dz2, b2=dz2.sum(axis=0))


def uphill(theta: Params, X: np.ndarray, y: np.ndarray) -> Params:
    """Return the gradient with its sign turned."""
    g = truth.loss_and_grads(theta, X, y)[1]
    return Params(**{n: -getattr(g, n) for n in NAMES})


def _labels(start: Params, end: Params, problem: Problem, options: Mapping[str, Value]) -> str:
    """Return whose labels one step was taken with: they can be read off the step of W2."""
    lr = options["lr"]
    assert isinstance(lr, float)
    hidden = np.maximum(truth.preactivation(start, problem.X), 0.0)  # (N, H), of rank N
    P = truth.softmax(hidden @ start.W2 + start.b2)  # (N, K)
    step = (end.W2 - start.W2) / -lr * len(problem.X)  # hidden.T @ (P - Y)
    residual = np.linalg.lstsq(hidden.T, step, rcond=None)[0]  # P - Y, times what the rate is off by
    for sign in (1, -1):
        used = (sign * residual).argmin(axis=1)
        wanted = P - np.eye(P.shape[1])[used]
        factor = float((residual * wanted).sum() / (wanted * wanted).sum())
        if np.abs(residual - factor * wanted).max() <= 0.05 * abs(factor):
            if np.array_equal(used, problem.y):
                return OWN
            return OTHERS if np.array_equal(np.sort(used), np.sort(problem.y)) else UNCLEAR
    return UNCLEAR


def _scale(start: Params) -> float:
    return float(start.W1.std() / np.sqrt(2 / PIXELS))


RIGHT = Loop()
"""The loop of the contract."""
