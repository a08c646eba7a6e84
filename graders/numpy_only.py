"""The one rule of the NumPy half: only NumPy and the standard library compute.

Measures: each function is called once with small arguments, and every use of a forbidden library meanwhile is noted,
also in code that it calls and also when the error that follows is caught. Importing such a library costs nothing.

Matters: the task is to write the derivative yourself. A library that brings autograd has that part done already.

Fix: write the function with NumPy. In a notebook that holds both halves, make sure that the NumPy half calls none of
the other half's functions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Seeded, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer, Failed, FailureKind, Returned
from graders.foundation.verdict import Check, Verdict, verdict
from graders.measure.batch import draw
from graders.measure.compare import failed_check
from graders.measure.describe import describe_call


@dataclass(frozen=True, slots=True, kw_only=True)
class NumpyOnly(Grader):
    """Grades the whole NumPy half, one check for each function of the contract."""

    title: ClassVar[str] = "NumPy only"

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Call every function once, right and small."""
        batch = draw(exam.rng("numpy_only"), N=6, D=5, H=4, K=3)
        still = Params(**{name: np.zeros(getattr(batch.params, name).shape) for name in ("W1", "b1", "W2", "b2")})
        logits = batch.X[:, :3]
        questions: Mapping[str, tuple[Value, ...]] = {
            "softmax": (logits,),
            "cross_entropy": (logits, batch.y),
            "init": (5, 4, 3),
            "forward": (batch.params, batch.X),
            "loss_and_grads": (batch.params, batch.X, batch.y),
            "dropout": (batch.X, 0.3, Seeded(seed=1)),
            "momentum_step": (batch.params, batch.params, still, 0.1),
            "step_decay": (3, 0.1),
            "cosine": (3, 0.1, 10),
            "predict": (batch.params, batch.X),
        }
        short: Mapping[str, Value] = {"H": 4, "epochs": 2, "batch": 3}
        training = (batch.X, batch.y, batch.X, batch.y)
        calls = [Call(name=function, target=function, args=args) for function, args in questions.items()]
        return [*calls, Call(name="train", target="train_run", args=training, kwargs=short)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge what was used, never what was returned."""
        del exam
        anything = any(isinstance(a.observation, Returned) and not _replaced(a) for a in seen.values())
        return verdict(*(_check(answer, anything=anything) for answer in seen.values()))


def _replaced(answer: Answer) -> bool:
    """Tell whether the answer is that of a right function of ours, in the place of the submission's."""
    return answer.call.name in answer.call.stand_ins


def _check(answer: Answer, *, anything: bool) -> Check:
    """Judge one function; one that fails is charged elsewhere, unless not one function could be observed."""
    function, used = answer.call.name, answer.observation.forbidden
    title = f"{function} computes with NumPy alone"
    asked = describe_call(replace(answer, call=replace(answer.call, target=function)))
    match answer.observation:
        case _ if used:
            reason = f"{function} called {' and '.join(used)}. Only NumPy and the standard library may compute here."
            fix = f"Which line of {function}, or of what it calls, uses {used[0]}?"
            return Check(title=title, credit=0.0, reason=reason, asked=asked, got=", ".join(used), fix=fix)
        case _ if _replaced(answer):
            return Check(title=title, credit=0.0, reason="Your own function was not asked here.", asked=asked)
        case Failed() as failure if failure.kind is FailureKind.NOT_ATTEMPTED or not anything:
            return failed_check(title, failure, asked=asked)
        case Failed(message=message):
            reason = f"It used no other library before it failed, which is charged elsewhere: {message}"
            return Check(title=title, credit=1.0, reason=reason, asked=asked)
    return Check(title=title, credit=1.0, asked=asked)
