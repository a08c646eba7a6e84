"""What a `build_torch` written wrongly would show: how its layers start, what it returns and what it drops."""

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np

from graders.foundation.call import Call, Params
from graders.foundation.observation import Returned
from graders.measure import truth
from graders.measure.port_steps import Activation
from graders.mistaken import model_traits
from graders.mistaken.model_traits import Dropping, Model, model_outcomes
from graders.naming.mistake import ENDING, RAISED, RETURNED, Case, Key, Outcome, Outcomes, Predict

P = 0.3  # the dropout that the masked question asks for

Spread = Callable[[float, float], float]
"""From fan_in and fan_out to a standard deviation."""


def pytorch_default(fan_in: float, _fan_out: float) -> float:
    """Return the standard deviation of what nn.Linear draws by itself."""
    return sqrt(1 / (3 * fan_in))


def _he(fan_in: float, _fan_out: float) -> float:
    return sqrt(2 / fan_in)


def starts(
    *,
    W1: Spread = _he,
    W2: Spread = _he,
    mean: float = 0.0,
    b1: str | Spread = "zeros",
    b2: str | Spread = "zeros",
) -> Predict:
    """Return the prediction of an initialisation: spreads of the weights, and words or spreads for the biases."""

    def predict(case: Case) -> Outcomes:
        return _starts(case, W1=W1, W2=W2, mean=mean, b1=b1, b2=b2)

    return predict


def _starts(
    case: Case,
    *,
    W1: Spread = _he,
    W2: Spread = _he,
    mean: float = 0.0,
    b1: str | Spread = "zeros",
    b2: str | Spread = "zeros",
) -> dict[Key, Outcome]:
    if not isinstance(case.seen["built"].observation, Returned):
        return {}
    D, H, K = (float(a) for a in case.seen["built"].call.args if isinstance(a, int))
    found: dict[Key, Outcome] = {
        ("W1, spread", "W1"): np.array(W1(D, H)),
        ("W2, spread", "W2"): np.array(W2(H, K)),
        ("W1, mean", "W1"): np.array(mean),
        ("W2, mean", "W2"): np.array(mean),
    }
    for n, told, fans in (("b1", b1, (D, H)), ("b2", b2, (H, K))):
        found[n, n] = told if isinstance(told, str) else np.array(told(*fans))
    return found


def models(*several: Model) -> Predict:
    """Return the prediction that the model is one of these functions."""
    return lambda case: [model_outcomes(case, model) for model in several]


def network(activation: Activation) -> Model:
    """Return the network with another activation."""

    def model(theta: Params, X: np.ndarray) -> np.ndarray:
        logits: np.ndarray = activation(truth.preactivation(theta, X))[0] @ theta.W2 + theta.b2
        return logits

    return model


def drops(training: Dropping, without: Dropping | None = None) -> Predict:
    """Return the prediction of what dropout does in training mode, at the rate that was asked for and at none."""
    return lambda case: _dropping(case, training, without or Dropping())


def _dropping(case: Case, training: Dropping, without: Dropping) -> Outcomes:
    found: dict[Key, Outcome] = {}
    for name, dropping in (("training", training), ("without dropout", without)):
        if isinstance(case.seen[name].observation, Returned):
            found |= dropping.outcomes(name)
    return found


def right(case: Case) -> Outcomes:
    """Return what a right build_torch shows."""
    found: dict[Key, Outcome] = {(name, ENDING): RETURNED for name in case.seen}
    found |= _starts(case)
    if isinstance(case.seen["built"].observation, Returned):
        found |= {("built again", "seed"): "", ("other seed", "seed"): "W1 W2"}
    found |= model_outcomes(case, truth.forward)
    return found | dict(_dropping(case, Dropping(kept=1 / (1 - P), share=P), Dropping()))


def always(outcomes: Outcomes) -> Predict:
    """Return the prediction of these traits, whether they were observed or not."""
    return lambda _case: outcomes


def raises(shapes: Callable[[int, int, int], Sequence[tuple[int, ...]]]) -> Predict:
    """Return the prediction that no two-layer network is found, but parameters of these shapes, by D, H and K."""

    def predict(case: Case) -> Outcomes:
        found: dict[Key, Outcome] = {}
        for name, answer in case.seen.items():
            D, H, K = sizes_of(answer.call)
            found[name, ENDING] = RAISED
            found[f"{name}: layers", "layers"] = " ".join(sorted(str(shape) for shape in shapes(D, H, K)))
        return found

    return predict


def sizes_of(call: Call) -> tuple[int, int, int]:
    """Return D, H and K of a question."""
    given = call.args[0]
    if isinstance(given, Params):
        return given.W1.shape[0], given.W1.shape[1], given.W2.shape[1]
    D, H, K = (int(a) for a in call.args if isinstance(a, int))
    return D, H, K


def two_layers(D: int, H: int, K: int) -> list[tuple[int, ...]]:
    """Return the shapes of the right network's parameters, as PyTorch keeps them."""
    return [(H, D), (H,), (K, H), (K,)]


def scaled_in_evaluation(case: Case) -> Outcomes:
    """Dropout without a scale in training, and a scale of 1 - p in evaluation mode instead."""
    found = _dropping(case, Dropping(kept=1.0, share=P), Dropping())
    theta, X = model_traits.inputs_of(case.seen["evaluation"], model_traits.missing_biases(case.seen))
    hidden = np.maximum(truth.preactivation(theta, X), 0.0) * (1 - P)
    return {**found, ("evaluation", "evaluation"): hidden @ theta.W2 + theta.b2}
