"""He initialisation: the weights a ReLU network starts from, and zero biases.

Measures: the shapes; that the weights of each layer are drawn from N(0, 2/fan_in), by tests that fail a right answer
once in a million draws; that biases are zero; that the same seed gives the same bits, and another seed others.

Matters: a ReLU drops half of the mean square of what passes through it. With a variance of 2/fan_in the signal keeps
its size from layer to layer; with less it fades and learning starts slowly, with more the first losses explode.

Fix: print the standard deviation of each weight matrix next to sqrt(2/fan_in). fan_in is the number of inputs of the
layer itself: D for the first, H for the second. Draw everything from one generator made from the seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from graders.foundation.call import Call, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Verdict, verdict
from graders.measure.batch import one_of_four
from graders.measure.compare import Wrong, check, params
from graders.measure.statistics import deviation_of_normal, kolmogorov, mean_of_normal
from graders.measure.truth import NAMES

SMALL = (4, 6, 3)
# At these sizes the intervals of all scales that mistakes give are disjoint, at a risk of 1e-6 each.
LARGE = (84, 224, 64)
SEEDED = "Make one generator from the seed inside init, and draw both layers from it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Init(Grader):
    """Grades `init(D, H, K, seed=0)`.

    Args:
        risk: the chance that a right draw fails one of the statistical tests.
    """

    title: ClassVar[str] = "He initialisation"
    about: ClassVar[str] = "init"

    risk: float = 1e-6

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for one seed twice with another in between, for small arrays, and without a seed."""
        seed, other = (int(s) for s in exam.rng("init").choice(2**31 - 1, size=2, replace=False))
        return [
            Call(name="large", target="init", args=LARGE, kwargs={"seed": seed}),
            Call(name="other seed", target="init", args=LARGE, kwargs={"seed": other}),
            Call(name="again", target="init", args=LARGE, kwargs={"seed": seed}, repeat=1),
            Call(name="small", target="init", args=SMALL, kwargs={"seed": seed}),
            Call(name="default seed", target="init", args=SMALL),
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge shapes, then the distribution, then the seed."""
        del exam
        D, H, _ = LARGE
        large, small = seen["large"], seen["small"]
        fans = "fan_in is D for W1 and H for W2. Do you scale by a variance or by a standard deviation?"
        return verdict(
            check("returns W1 (D, H), b1 (H,), W2 (H, K), b2 (K,)", small, _shapes),
            check("W1 has variance 2/D", large, lambda v: self._scale(v, "W1", D), weight=2, fix=fans),
            check("W2 has variance 2/H", large, lambda v: self._scale(v, "W2", H), weight=2, fix=fans),
            check("the weights have mean zero", large, self._centred, weight=0.5),
            check("the weights are normally distributed", large, self._normal),
            check("the biases are zero", large, _zero_biases),
            check("the same seed gives the same bits", [large, seen["again"]], _same_bits, fix=SEEDED),
            check("another seed gives other weights", [large, seen["other seed"]], _other_weights, fix=SEEDED),
            check("works without a seed", seen["default seed"], _four_arrays, weight=0.5),
        )

    def _scale(self, value: Value, name: str, fan_in: int) -> str:
        weights = _weights(value, name)
        right = sqrt(2 / fan_in)
        spread = deviation_of_normal(weights, sd=right, what=f"the standard deviation of {name}", risk=self.risk)
        if spread.within:
            return spread.told
        raise Wrong(spread.told, got=f"{spread.value:.4g}", expected=f"sqrt(2/{fan_in}) = {right:.4g}")

    def _centred(self, value: Value) -> str:
        told = []
        for name in ("W1", "W2"):
            weights = _weights(value, name)
            mean = mean_of_normal(weights, sd=_own_deviation(weights, name), what=f"the mean of {name}", risk=self.risk)
            told.append(mean.told)
            if not mean.within:
                raise Wrong(mean.told, got=f"{mean.value:.4g}", expected="0", fix="Are both signs equally likely?")
        return " ".join(told)

    def _normal(self, value: Value) -> str:
        both = [_weights(value, name) for name in ("W1", "W2")]
        # Each layer by its own scale: a wrong scale is another check's matter.
        z = np.sort(
            np.concatenate([(w - w.mean()) / _own_deviation(w, n) for w, n in zip(both, ("W1", "W2"), strict=True)])
        )
        allowed = sqrt(log(2 / self.risk) / (2 * z.size))  # Dvoretzky-Kiefer-Wolfowitz, true for every z.size
        distance = kolmogorov(ndtr(z))
        if distance <= allowed:
            return f"Kolmogorov distance {distance:.3g}, allowed {allowed:.3g}"
        raise Wrong(
            f"The weights are further from a normal distribution than chance allows (Kolmogorov distance "
            f"{distance:.3g}, allowed {allowed:.3g}).",
            got="another distribution",
            expected="a normal distribution",
            fix="Which function of NumPy's generator draws normal numbers?",
        )


def _weights(value: Value, name: str) -> np.ndarray:
    """Return one weight matrix of the large draw, flat; a transposed one is the shapes' matter."""
    D, H, K = LARGE
    weights = one_of_four(value, name)
    n = D * H if name == "W1" else H * K
    if weights.size != n:
        raise Wrong(f"{name} has {weights.size} entries, expected {n}.", got=f"shape {weights.shape}")
    return weights.ravel()


def _own_deviation(weights: np.ndarray, name: str) -> float:
    sd = float(np.std(weights))
    if not 0 < sd < np.inf:
        raise Wrong(
            f"All entries of {name} are {weights[0]:.4g}: the hidden units would stay alike for ever.",
            fix="What makes two hidden units learn different things?",
        )
    return sd


def _shapes(value: Value) -> None:
    params(value, what="init(D, H, K)", shapes=SMALL)


def _four_arrays(value: Value) -> None:
    for name in NAMES:
        one_of_four(value, name)


def _zero_biases(value: Value) -> None:
    for name in ("b1", "b2"):
        bias = one_of_four(value, name)
        if bias.any():
            worst = float(bias.flat[int(np.argmax(np.abs(bias)))])
            raise Wrong(f"{name} holds {worst:.4g}.", got=f"{worst:.4g}", expected="zeros")


def _same_bits(first: Value, second: Value) -> None:
    for name in NAMES:
        a, b = one_of_four(first, name), one_of_four(second, name)
        if not np.array_equal(a, b):
            raise Wrong(f"{name} differs between two calls with the same seed.", expected="the same bits")


def _other_weights(first: Value, second: Value) -> None:
    for name in ("W1", "W2"):
        a, b = one_of_four(first, name), one_of_four(second, name)
        if np.array_equal(a, b):
            raise Wrong(f"{name} is the same for two different seeds.", expected="different weights")
