"""What `predict` shows: its labels, and whether hidden units are dropped on the way."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graders.foundation.call import Call, Params
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.measure import truth
from graders.measure.batch import draw
from graders.naming.functions import observing, one_array
from graders.naming.mistake import Key, Outcome, Outcomes

DROPPED = "hidden units dropped"
IMAGES, UNITS = 1500, 8  # of the question that shows which hidden units were dropped
SIGMAS = 5.0  # a share that lies further from the expected one speaks against dropout: once in a million
TIE = 1e-3  # images whose two largest logits are nearer than this have no certain label


def read(value: Any) -> Mapping[str, Outcome]:  # noqa: ANN401 - whatever a wrong function returns
    """Read labels: a column of them counts as flat, and whole numbers in any type as integers."""
    (told,) = one_array(value.item() if isinstance(value, np.generic) else value).values()
    if isinstance(told, np.ndarray) and told.ndim == 2 and told.shape[1] == 1:
        return {"value": told.ravel()}
    return {"value": told}


def further(exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask about many images, about equal sizes, and about units of which the first that was kept decides the label."""
    del seen
    many, square = (
        draw(exam.rng("predict", name), N=n, D=d, H=h, K=k)
        for name, n, d, h, k in (("many", 400, 13, 11, 5), ("square", 6, 6, 6, 6))
    )
    best = np.sort(truth.forward(many.params, many.X), axis=1)
    clear = many.X[best[:, -1] - best[:, -2] > TIE]
    # Unit j votes for class j, the earlier the louder; where all are dropped, the bias of one more class decides.
    votes = np.eye(UNITS, UNITS + 1) * np.arange(UNITS, 0, -1.0)[:, None]
    none_left = np.append(np.zeros(UNITS), 0.5)
    kept = Params(W1=np.ones((1, UNITS)), b1=np.zeros(UNITS), W2=votes, b2=none_left)
    questions = {
        "many": (many.params, clear),
        "square": (square.params, square.X),
        "first kept unit": (kept, np.ones((IMAGES, 1))),
    }
    return [Call(name=name, target="predict", args=args) for name, args in questions.items()]


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return the labels; where hidden units are dropped at random, that they are."""
    found: dict[Key, Outcome] = dict(observing(read)(exam, seen))
    if "first kept unit" in seen and shows_dropout(found.get(("first kept unit", "value"))):
        found |= {key: DROPPED for key, told in found.items() if key[1] == "value" and isinstance(told, np.ndarray)}
    return found


def shows_dropout(labels: Outcome | None) -> bool:
    """Tell whether labels are those of units that are each dropped with one chance p: of label j there is (1-p) p^j.

    Args:
        labels: of the question in which the first unit that was kept decides.
    """
    if not isinstance(labels, np.ndarray) or labels.shape != (IMAGES,) or not labels.any():
        return False
    reached = np.array([int((labels >= j).sum()) for j in range(UNITS)])
    stopped = np.array([int((labels == j).sum()) for j in range(UNITS)])
    if not reached.sum():  # labels below zero, or none that is a number
        return False
    p = 1 - float(stopped.sum() / reached.sum())
    gaps = np.abs(stopped - (1 - p) * reached)
    fits = gaps <= SIGMAS * np.sqrt(p * (1 - p) * reached) + 1
    return bool(0.02 < p < 0.98 and fits.all())
