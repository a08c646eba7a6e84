"""The smallest question that still gets a wrong answer: shown where no known mistake explains what was seen.

Hypothesis searches and shrinks: fewer images, inputs, hidden units and classes, and simpler numbers, as long as the
answer stays wrong. Its seed is fixed, so the same submission shows the same question every time.
"""

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, assume, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from graders.foundation.call import Call, Params, Value
from graders.foundation.diagnosis import SmallestFailure
from graders.foundation.observation import Failed, FailureKind, Observation
from graders.measure import truth
from graders.naming.functions import Read, one_array
from graders.naming.gaps import gap
from graders.naming.mistake import Outcome

Ask: TypeAlias = Callable[[Call], Observation | None]

EXAMPLES = 150
QUESTIONS = 600
RTOL = 1e-3
PLAIN = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.5)
LOGITS = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 100.0, -100.0, 1000.0, -1000.0)


class _GiveUp(Exception):
    """The submission does not answer or cannot be asked, so nothing can be searched."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Small:
    """How small questions about one function are drawn.

    Args:
        function: of the contract.
        args: draws its arguments.
        right: from the arguments to the right answer.
        read: from an answer to its parts.
    """

    function: str
    args: st.SearchStrategy[tuple[Value, ...]]
    right: Callable[..., Value]
    read: Read = one_array


def smallest_failure(criterion: str, ask: Ask) -> SmallestFailure | None:
    """Return the smallest question about a criterion's function that gets a wrong answer; None where none is found.

    Args:
        criterion: the criterion's name.
        ask: puts a question to the submission; None where it may not be asked.
    """
    small = SMALL.get(criterion)
    if small is None:
        return None

    def call(args: tuple[Value, ...]) -> Call:
        return Call(name="smallest", target=small.function, args=args)

    count = itertools.count(1)
    # Hypothesis asks again what raised; whoever does not answer is not asked again.
    silent: list[Observation | None] = []

    def fails(args: tuple[Value, ...]) -> bool:
        observation = silent[0] if silent else ask(call(args))
        if observation is None or (isinstance(observation, Failed) and observation.kind is not FailureKind.RAISED):
            silent.append(observation)
        if observation is None or silent or next(count) > QUESTIONS:  # random answers can be shrunk for ever
            raise _GiveUp
        return _wrong(observation, small.right(*args), small.read)

    quiet = settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    try:
        with np.errstate(all="ignore"):
            args = find(small.args, fails, settings=quiet, random=random.Random(0))  # noqa: S311 - no secret
    except (_GiveUp, HypothesisException):
        return None
    observation = ask(call(args))
    if observation is None:
        return None
    got = observation.message if isinstance(observation, Failed) else written(observation.value)
    asked = f"{small.function}({', '.join(written(a) for a in args)})"
    return SmallestFailure(asked=asked, got=got, expected=written(small.right(*args)))


def written(value: Value) -> str:
    """Return a value as a student would type it."""
    match value:
        case np.ndarray():
            text = np.array2string(value, separator=", ", precision=4, suppress_small=True, threshold=40)
            return " ".join(text.split())
        case Params():
            return f"({', '.join(written(a) for a in value.arrays())})"
        case tuple():
            return f"({', '.join(written(v) for v in value)})"
        case list():
            return f"[{', '.join(written(v) for v in value[:6])}{', …' if len(value) > 6 else ''}]"
        case float():
            return f"{value:.6g}"
        case _:
            return f"{value!r:.80}"


def _wrong(observation: Observation, right: Value, read: Read) -> bool:
    if isinstance(observation, Failed):
        return True
    got, want = read(observation.value), read(right)
    return any(not gap(got.get(part), want.get(part)) <= RTOL for part in {*got, *want})


@st.composite
def _matrix(draw: st.DrawFn, rows: int, columns: int, numbers: tuple[float, ...] = PLAIN) -> np.ndarray:
    entries = draw(st.lists(st.sampled_from(numbers), min_size=rows * columns, max_size=rows * columns))
    return np.array(entries, dtype=np.float64).reshape(rows, columns)


@st.composite
def _logits(draw: st.DrawFn) -> tuple[Value, ...]:
    return (draw(_matrix(draw(st.integers(1, 3)), draw(st.integers(2, 3)), LOGITS)),)


@st.composite
def _labelled_logits(draw: st.DrawFn) -> tuple[Value, ...]:
    (z,) = draw(_logits())
    assert isinstance(z, np.ndarray)
    y = draw(st.lists(st.integers(0, z.shape[1] - 1), min_size=len(z), max_size=len(z)))
    return z, np.array(y)


@st.composite
def _network(draw: st.DrawFn) -> tuple[Params, np.ndarray]:
    N, D, H, K = (draw(st.integers(low, 3)) for low in (1, 1, 1, 2))
    shapes = {"W1": (D, H), "b1": (1, H), "W2": (H, K), "b2": (1, K)}
    arrays = {name: draw(_matrix(*shape)) for name, shape in shapes.items()}
    params = Params(**{name: a.ravel() if name[0] == "b" else a for name, a in arrays.items()})
    X = draw(_matrix(N, D))
    assume(np.abs(truth.preactivation(params, X)).min() > 0)  # the ReLU's derivative at zero is anyone's choice
    return params, X


@st.composite
def _labelled_network(draw: st.DrawFn) -> tuple[Value, ...]:
    params, X = draw(_network())
    K = params.W2.shape[1]
    return params, X, np.array(draw(st.lists(st.integers(0, K - 1), min_size=len(X), max_size=len(X))))


@st.composite
def _clear_network(draw: st.DrawFn) -> tuple[Value, ...]:
    params, X = draw(_network())
    best = np.sort(truth.forward(params, X), axis=1)
    assume((best[:, -1] - best[:, -2] > 0).all())  # a tie has no right label
    return params, X


@st.composite
def _step(draw: st.DrawFn) -> tuple[Value, ...]:
    sets = []
    for _ in range(3):
        arrays = [draw(_matrix(1, 1)), draw(_matrix(1, 1)).ravel(), draw(_matrix(1, 2)), draw(_matrix(1, 2)).ravel()]
        sets.append(Params(**dict(zip(truth.NAMES, arrays, strict=True))))
    return (*sets, draw(st.sampled_from((1.0, 0.5, 0.1))), draw(st.sampled_from((0.0, 0.5, 0.9))))


def _right_step(theta: Params, grads: Params, velocity: Params, lr: float, mu: float) -> Value:
    return truth.momentum_trace(theta, [grads], velocity, [lr], mu)[0], velocity


def _loss_and_four(value: Value) -> Mapping[str, Outcome]:
    """Read a loss with four gradients; biases count flat."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        return {"value": type(value).__name__}
    return {"loss": one_array(value[0])["value"], **_four(value[1])}


def _four(value: Value) -> Mapping[str, Outcome]:
    parts = value.arrays() if isinstance(value, Params) else value
    if not isinstance(parts, tuple | list) or len(parts) != 4:
        return {"value": type(value).__name__}
    read = {n: one_array(part)["value"] for n, part in zip(truth.NAMES, parts, strict=True)}
    return {n: a.ravel() if isinstance(a, np.ndarray) and n[0] == "b" else a for n, a in read.items()}


def _stepped(value: Value) -> Mapping[str, Outcome]:
    return _four(value[0]) if isinstance(value, tuple | list) and len(value) == 2 else {"value": type(value).__name__}


EPOCH = st.integers(0, 30)
RATE = st.sampled_from((1.0, 0.5, 0.1))

SMALL: Mapping[str, Small] = {
    "softmax": Small(function="softmax", args=_logits(), right=truth.softmax),
    "cross_entropy": Small(function="cross_entropy", args=_labelled_logits(), right=truth.cross_entropy),
    "forward": Small(function="forward", args=_network(), right=truth.forward),
    "predict": Small(
        function="predict", args=_clear_network(), right=lambda params, X: truth.forward(params, X).argmax(axis=1)
    ),
    "gradients": Small(
        function="loss_and_grads", args=_labelled_network(), right=truth.loss_and_grads, read=_loss_and_four
    ),
    "momentum_step": Small(function="momentum_step", args=_step(), right=_right_step, read=_stepped),
    "step_decay": Small(function="step_decay", args=st.tuples(EPOCH, RATE), right=truth.step_decay),
    "cosine": Small(
        function="cosine",
        args=st.tuples(st.integers(0, 9), RATE, st.sampled_from((10, 20))),
        right=truth.cosine,
    ),
}
