"""Learning rates by epoch: the questions for a schedule, and the rates that came back as one series."""

from collections.abc import Sequence

import numpy as np

from graders.foundation.call import Call, Value
from graders.foundation.grader import Seen
from graders.foundation.observation import Answer
from graders.foundation.verdict import Check
from graders.measure.compare import Wrong, check, number, same


def questions(
    name: str, target: str, settings: Sequence[float], *, epochs: int, rng: np.random.Generator
) -> list[Call]:
    """Ask a schedule for the rate of every epoch, in no order: a rate may not depend on what was asked before.

    Args:
        name: of the series.
        target: the function.
        settings: positional arguments after the epoch.
        epochs: how many epochs, from 0.
        rng: decides the order.
    """
    order = [int(epoch) for epoch in rng.permutation(epochs)]
    return [Call(name=f"{name} {epoch}", target=target, args=(epoch, *settings)) for epoch in order]


def rates_right(
    title: str,
    seen: Seen,
    name: str,
    *,
    right: Sequence[np.ndarray],
    rtol: float,
    weight: float,
    fix: str,
    half: np.ndarray | None = None,
) -> Check:
    """Judge the rates of one series.

    Args:
        title: the check's statement.
        seen: all answers.
        name: of the series.
        right: the accepted series, each (epochs,); the first is the contract's.
        rtol: allowed gap, relative to the largest rate.
        weight: of the check.
        fix: what to try.
        half: a series that keeps half of the credit, (epochs,).
    """
    answers: list[Answer] = [seen[f"{name} {epoch}"] for epoch in range(len(right[0]))]
    target, settings = answers[0].call.target, answers[0].call.args[1:]
    asked = f"{target}(epoch, {', '.join(f'{s:g}' for s in settings if isinstance(s, int | float))})"

    def test(*values: Value) -> str:
        rates = np.array([number(v, what=asked.replace("epoch", str(i), 1)) for i, v in enumerate(values)])
        with np.errstate(over="ignore"):
            accepted = [want for want in right if np.abs(rates - want).max() <= rtol * want.max()]
            gaps = np.abs(rates - right[0])
        if accepted:
            return same(rates, accepted[0], what=asked, rtol=rtol)
        allowed = rtol * right[0].max()
        epoch = int(np.argmax(~(gaps <= allowed)))
        got, want = f"{rates[epoch]:.6g}", f"{right[0][epoch]:.6g}"
        told = f"In epoch {epoch} the rate is {got}, expected {want} (gap {gaps[epoch]:.1e}, allowed {allowed:.1e})."
        near = half is not None and bool((np.abs(rates - half) <= allowed).all())
        raise Wrong(told, got=f"{got} in epoch {epoch}", expected=want, credit=0.5 if near else 0.0)

    return check(title, answers, test, weight=weight, fix=fix, asked=f"{asked} for epochs 0 to {len(answers) - 1}")
