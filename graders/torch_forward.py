"""The PyTorch model is the same function: the same weights give the same logits.

Measures: that build_torch gives two linear layers with biases, He weights and zero biases, decided by the seed; that
a model with given weights returns the logits of the mathematics, without a softmax behind them; that dropout acts on
the hidden activations in training mode, at the right rate and scale, and not at all in evaluation mode.

Matters: a port is compared where nothing is random before anything is trained. A softmax inside the model, for one,
still trains, only slower and to a worse end, and nothing raises an error.

Fix: copy the weights of your NumPy network into the model (mind that PyTorch stores them transposed) and compare the
outputs for one small batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import ClassVar, TypeAlias

import numpy as np

from graders.foundation.call import Call, Params, Room, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer, Returned
from graders.foundation.verdict import Verdict, verdict
from graders.measure import batch, torch_dropout, truth
from graders.measure.batch import Batch
from graders.measure.compare import Wrong, array, check, mapping, params, same
from graders.measure.statistics import he_scale

SHAPES = {"small": (7, 13, 11, 5), "one image": (1, 6, 9, 4), "pixels": (5, 784, 32, 10)}  # N, D, H, K
BUILT = (85, 251, 107)  # D, H, K at which the spreads of the usual initialisations lie far apart
P = 0.3
LOGITS = "What does the cross-entropy of PyTorch expect from the model: probabilities or logits?"
MODE = "Which modules behave differently after model.train() and model.eval(), and do yours?"
HE = "Linear layers draw their weights in their own way; which function of torch.nn.init is He's?"
Test: TypeAlias = Callable[..., str]

SEED = "Where in build_torch does the seed reach PyTorch's generator, before or after the layers are made?"


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchForward(Grader):
    """Grades `build_torch` and the model that it returns.

    Args:
        rtol: allowed gap of the logits, relative to the largest; they are computed in float32.
        risk: the chance that a right random draw fails one of the statistical tests.
    """

    title: ClassVar[str] = "PyTorch: the same function"
    about: ClassVar[str] = "build_torch"

    rtol: float = 1e-4
    risk: float = 1e-6

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for logits of given weights, for fresh models, and for passes with dropout."""
        rng = exam.rng("torch forward")
        batches = {name: batch.draw(rng, N=n, D=d, H=h, K=k, dtype=np.float32) for name, (n, d, h, k) in SHAPES.items()}
        small, probe = batches["small"], torch_dropout.draw(rng)
        seed, other = (int(s) for s in rng.choice(2**31 - 1, size=2, replace=False))

        def build(name: str, seed: int, *, repeat: int = 0) -> Call:
            kwargs: dict[str, Value] = {"seed": seed}
            return Call(name=name, target="torch_build", args=BUILT, kwargs=kwargs, room=Room.TORCH, repeat=repeat)

        def logits(name: str, params: Params, X: np.ndarray, **kwargs: Value) -> Call:
            return Call(name=name, target="torch_logits", args=(params, X), kwargs=kwargs, room=Room.TORCH)

        return [
            build("built", seed),
            build("built again", seed, repeat=1),
            build("other seed", other),
            *(logits(name, b.params, b.X) for name, b in batches.items()),
            logits("evaluation", small.params, small.X, dropout=P, repeat=2),
            logits("training", probe.params, probe.X, dropout=P, training=True, repeat=2),
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge the model's start, then its logits, then its dropout."""
        del exam
        built = seen["built"]
        D, H, _ = BUILT
        passes = [seen[name] for name in SHAPES]
        missing = _missing_biases(built.observation.value) if isinstance(built.observation, Returned) else ()
        return verdict(
            check("two linear layers with biases", built, _two_layers),
            check("W1 has mean 0 and variance 2/D", built, lambda v: self._he(v, "W1", D), fix=HE),
            check("W2 has mean 0 and variance 2/H", built, lambda v: self._he(v, "W2", H), fix=HE),
            check("the biases are zero", built, _zero_biases, weight=0.5, fix=HE),
            check("the same seed gives the same weights", [built, seen["built again"]], _same, weight=0.5, fix=SEED),
            check("another seed gives other weights", [built, seen["other seed"]], _other, weight=0.5, fix=SEED),
            check("the same weights give the same logits", passes, self._logits(passes, missing), weight=4, fix=LOGITS),
            check(
                "dropout does nothing in evaluation mode",
                [seen["small"], seen["evaluation"]],
                self._evaluation(_batch(seen["small"], missing)),
                fix=MODE,
            ),
            check(
                f"in training mode {P:.0%} of the hidden activations are dropped and the rest scaled up",
                seen["training"],
                self._training(_batch(seen["training"], missing)),
                weight=2,
                fix=MODE,
            ),
        )

    def _he(self, value: Value, name: str, fan_in: int) -> str:
        weights = getattr(_weights(value), name)
        mean, spread = he_scale(weights, fan_in, name=name, risk=self.risk)
        told = f"{mean.told} {spread.told}"
        if mean.within and spread.within:
            return told
        right = sqrt(2 / fan_in)
        raise Wrong(told, got=f"{spread.value:.4g}", expected=f"sqrt(2/{fan_in}) = {right:.4g}")

    def _logits(self, answers: Sequence[Answer], missing: Sequence[str]) -> Test:
        def test(*values: Value) -> str:
            asked = [_batch(answer, missing) for answer in answers]
            return "; ".join(self._same_logits(_pass(v, b, 0), b) for v, b in zip(values, asked, strict=True))

        return test

    def _same_logits(self, z: np.ndarray, asked: Batch) -> str:
        right = truth.forward(truth.in_float64(asked.params), asked.X)
        shifted = right + (z - right).mean(axis=1, keepdims=True)
        # Log-probabilities are logits too: a softmax turns both into the same probabilities.
        if _are_log_probabilities(z) and np.abs(z - shifted).max() <= self.rtol * np.abs(right).max():
            return "these are log-probabilities, which the cross-entropy takes as well as logits"
        return same(z, right, what="model(X)", rtol=self.rtol)

    def _evaluation(self, asked: Batch) -> Test:
        def test(plain: Value, dropped: Value) -> str:
            without, first, second = _pass(plain, asked, 0), _pass(dropped, asked, 0), _pass(dropped, asked, 1)
            if not np.array_equal(first, second):
                raise Wrong("Two passes of the same model over the same images differ after model.eval().")
            # Compared with the model's own logits without dropout: whether those are right is charged above.
            return same(first, without, what=f"model(X) of a model with dropout={P:g}", rtol=self.rtol)

        return test

    def _training(self, asked: Batch) -> Test:
        probe = torch_dropout.Probe(params=asked.params, X=asked.X)

        def test(value: Value) -> str:
            first, second = (_pass(value, asked, i) for i in range(2))
            told = probe.judge(first, P, risk=self.risk)
            if np.array_equal(first, second):
                raise Wrong("Two passes in training mode drop the same activations.", expected="different masks")
            return told

        return test


def _batch(answer: Answer, missing: Sequence[str]) -> Batch:
    """Return what a question about logits was about; a bias that the model lacks, charged above, counts as zero."""
    given, X = answer.call.args
    assert isinstance(given, Params)
    assert isinstance(X, np.ndarray)
    zeroed = {name: np.zeros_like(getattr(given, name)) for name in missing}
    return Batch(params=replace(given, **zeroed), X=X, y=np.zeros(len(X), dtype=np.int64))


def _pass(value: Value, asked: Batch, i: int) -> np.ndarray:
    """Return the logits (N, K) of the i-th pass, in float64."""
    passes = value if isinstance(value, list | tuple) and len(value) > i else [None] * (i + 1)
    return array(passes[i], what="model(X)", shape=(len(asked.X), len(asked.params.b2)))


def _weights(value: Value) -> Params:
    return params(mapping(value, what="build_torch").get("params"), what="the model's weights", shapes=BUILT)


def _two_layers(value: Value) -> None:
    _weights(value)
    missing = _missing_biases(value)
    if missing:
        raise Wrong(
            f"The model has no {' and no '.join(missing)}.",
            got=f"no {', '.join(missing)}",
            expected="a bias in each layer",
            fix="Compare the number of the model's parameters with that of your NumPy network.",
        )


def _missing_biases(value: Value) -> tuple[str, ...]:
    """Return the biases that the model lacks; none where nothing is known of the model."""
    there = value.get("biases") if isinstance(value, dict) else None
    return tuple(name for name in ("b1", "b2") if isinstance(there, list) and name not in there)


def _zero_biases(value: Value) -> None:
    model = _weights(value)
    for name in ("b1", "b2"):
        bias = getattr(model, name)
        if bias.any():
            worst = float(bias[int(np.argmax(np.abs(bias)))])
            raise Wrong(f"{name} holds {worst:.4g}.", got=f"{worst:.4g}", expected="zeros")


def _same(first: Value, second: Value) -> None:
    a, b = _weights(first), _weights(second)
    for name in truth.NAMES:
        same(getattr(b, name), getattr(a, name), what=f"{name} of a second model with the same seed", rtol=1e-6)


def _other(first: Value, second: Value) -> None:
    a, b = _weights(first), _weights(second)
    for name in ("W1", "W2"):
        if np.array_equal(getattr(a, name), getattr(b, name)):
            raise Wrong(f"{name} is the same for two different seeds.", expected="different weights")


def _are_log_probabilities(z: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        return bool((np.abs(np.exp(z).sum(axis=1) - 1) <= 1e-4).all())
