"""Constant factors are searched for, not only listed: an answer that is k times the right one, and what k may mean."""

import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from graders.foundation.call import Call, Params
from graders.foundation.diagnosis import Name
from graders.naming.mistake import Case, Key, Outcomes

EXACT = 1e-4  # how near to k a meaning must lie: float32 answers scatter by less
WORDS: Mapping[str, str] = {
    "N": "the number of images",
    "D": "the number of inputs",
    "H": "the number of hidden units",
    "K": "the number of classes",
    "lr": "the learning rate",
    "mu": "the momentum",
    "p": "the chance to be dropped",
    "weight_decay": "the weight decay λ",
    "epochs": "the number of epochs",
}
FORMS: Mapping[str, Callable[[float], float]] = {
    "{}": lambda a: a,
    "1/{}": lambda a: 1 / a,
    "1 − {}": lambda a: 1 - a,
    "1/(1 − {})": lambda a: 1 / (1 - a),
    "1 + {}": lambda a: 1 + a,
    "{}²": lambda a: a * a,
    "1/{}²": lambda a: 1 / (a * a),
}


def constant_factor(case: Case, criterion: str, right: Outcomes, rtol: float) -> Name | None:
    """Return the one factor that explains all that was observed, or None.

    Every part must be its right value times one factor: the same number for all questions, or one expression in their
    sizes and options, such as N or 1/N. Parts that are right may stand beside those that are not.
    """
    factors = _fitted(case.observed, right, rtol)
    if factors is None:
        return None
    wrong = {key: k for key, k in factors.items() if abs(k - 1) > rtol}
    parts = tuple(dict.fromkeys(part for _, part in wrong))
    uniform = {key: k for key, k in factors.items() if key[1] in parts}
    if len(uniform) < 2:
        return None
    quantities = {q: quantities_of(case.seen[q].call) for q, _ in uniform if q in case.seen}
    meaning = _meaning(uniform, quantities)
    values = list(uniform.values())
    if not meaning and max(values) - min(values) > EXACT * abs(values[0]):
        return None
    what = "what comes back" if parts == ("value",) else " and ".join(parts)
    number = f"{values[0]:.4g}"
    told = f"{meaning} times" if meaning else f"{number} times"
    known = [f"{name} is {WORDS[name]}" for name in WORDS if name in _names(meaning)]
    return Name(
        id=f"{criterion}-constant-factor",
        did=f"Every entry of {what} is {told} what it should be{' (' + ', '.join(known) + ')' if known else ''}.",
        why="A factor is forgotten, or applied once too often; direction and shape are right.",
        see="Divide your answer by the right one, entry by entry: the ratio is the same everywhere.",
        fix="Follow this factor through your derivation: where does it come in, and how often?",
        root=f"{criterion}-constant-factor",
    )


def quantities_of(call: Call) -> Mapping[str, float]:
    """Return the sizes and options of a question that a factor may be made of, by name."""
    found: dict[str, float] = {}
    arrays = [a for a in call.args if isinstance(a, np.ndarray)]
    params = next((a for a in call.args if isinstance(a, Params)), None)
    if params is not None:
        found |= {"D": params.W1.shape[0], "H": params.W1.shape[1], "K": params.W2.shape[1]}
    if arrays and arrays[0].ndim == 2:
        found["N"] = arrays[0].shape[0]
        found.setdefault("K", arrays[0].shape[1])
    numbers = [a for a in call.args if isinstance(a, int | float) and not isinstance(a, bool)]
    if call.target in {"momentum_step", "momentum_trace"}:
        found |= dict(zip(("lr", "mu"), map(float, numbers), strict=False))
    options = {n: float(v) for n, v in call.kwargs.items() if n in WORDS and isinstance(v, int | float)}
    return {name: value for name, value in (found | options).items() if value not in (0, 1)}


def _fitted(observed: Outcomes, right: Outcomes, rtol: float) -> Mapping[Key, float] | None:
    """Return each array's factor, or None where one is no multiple of its right value or something else differs."""
    factors: dict[Key, float] = {}
    for key in dict.fromkeys((*observed, *right)):
        got, want = observed.get(key), right.get(key)
        if not isinstance(got, np.ndarray) or not isinstance(want, np.ndarray):
            if isinstance(got, str) and isinstance(want, str) and got == want:
                continue
            return None
        if got.shape != want.shape or not (np.isfinite(got).all() and np.isfinite(want).all()):
            return None
        square = float(np.vdot(want, want))
        if square == 0:
            if got.any():
                return None
            continue
        k = float(np.vdot(got, want)) / square
        scale = abs(k) * float(np.abs(want).max())
        if not (k and np.isfinite(k) and float(np.abs(got - k * want).max()) <= rtol * scale):
            return None
        factors[key] = k
    return factors


def _meaning(factors: Mapping[Key, float], quantities: Mapping[str, Mapping[str, float]]) -> str:
    """Return the simplest expression that gives every factor, or "" where none or several do."""
    common = sorted(set.intersection(*(set(quantities.get(q, {})) for q, _ in factors)))
    tables = [
        (k, _expressions({n: quantities[q][n] for n in common} if common else {})) for (q, _), k in factors.items()
    ]
    for level in range(len(tables[0][1])):
        fitting = [
            text
            for text in tables[0][1][level]
            if all(abs(table[level][text] - k) <= EXACT * abs(k) for k, table in tables)
        ]
        if fitting:
            return fitting[0] if len(fitting) == 1 else ""
    return ""


def _expressions(of: Mapping[str, float]) -> Sequence[Mapping[str, float]]:
    """Return the values of expressions, the simple ones first: numbers, one quantity, the ratio or product of two."""
    pairs = list(itertools.combinations(of, 2))
    return (
        {"−1": -1.0, "2": 2.0, "½": 0.5},
        {form.format(n): f(v) for n, v in of.items() for form, f in FORMS.items()},
        {f"−{n}": -v for n, v in of.items()},
        {f"{a}/{b}": of[a] / of[b] for a, b in itertools.permutations(of, 2)},
        {f"{a}·{b}": of[a] * of[b] for a, b in pairs},
        {f"1/({a}·{b})": 1 / (of[a] * of[b]) for a, b in pairs},
    )


def _names(meaning: str) -> set[str]:
    text = "".join(c if c.isalnum() or c == "_" else " " for c in meaning)
    return set(text.split())
