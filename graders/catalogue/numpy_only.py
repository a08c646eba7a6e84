"""Functions of the NumPy half that another library computes: one entry for each function of the contract."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Answer, Failed, FailureKind
from graders.naming.mistake import Case, Catalogue, Key, Mistake, Outcome, Outcomes, Predict
from graders.wire.contract import built_on

NUMPY_ALONE, ELSEWHERE = "computes with NumPy alone", "computes with another library"

BY_WHAT: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "softmax": ("the softmax", "The one line of it that is hard to get right is what the task asks for."),
        "cross_entropy": ("the loss", "Its stable form, from logits, is what the task asks for."),
        "init": ("the initial weights", "How large they must be, and why, is what the task asks for."),
        "forward": ("the forward pass", "Two matrix products and an activation are what the task asks for."),
        "loss_and_grads": ("the gradients", "Autograd has the derivation done already that the task asks for."),
        "dropout": ("dropout", "Its mask, and its scale, are what the task asks for."),
        "momentum_step": ("the optimiser's step", "An optimiser object hides the two lines that the task asks for."),
        "step_decay": ("the step schedule", "A scheduler object hides the formula that the task asks for."),
        "cosine": ("the cosine schedule", "A scheduler object hides the formula that the task asks for."),
        "predict": ("the labels", "From logits to labels is one step, and NumPy has it."),
        "train": ("the training loop", "A trainer, or the other half's network, does what the task asks for."),
    }
)

mistake = partial(Mistake, criterion="numpy_only")


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return where another library was called; what is called on behalf of a function is charged to that function."""
    found: dict[Key, Outcome] = {}
    for name, answer in seen.items():
        if _uses(answer) and not any(_uses(seen[inner]) for inner in _own(answer, seen)):
            found[name, name] = ELSEWHERE
        elif isinstance(answer.observation, Failed) and answer.observation.kind is FailureKind.NOT_ATTEMPTED:
            found[name, name] = answer.observation.kind.value
        else:
            found[name, name] = NUMPY_ALONE
    return found


def right(case: Case) -> Outcomes:
    """Predict that every function keeps to NumPy."""
    return {(name, name): NUMPY_ALONE for name in case.seen}


def _uses(answer: Answer) -> bool:
    return bool(answer.observation.forbidden)


def _own(answer: Answer, seen: Seen) -> Sequence[str]:
    """Return the submission's own functions that this one is built on, as it was asked."""
    return [name for name in built_on(answer.call.name) if name in seen and name not in answer.call.stand_ins]


def _in(function: str) -> Predict:
    def predict(_case: Case) -> Outcomes:
        return {(function, function): ELSEWHERE}

    return predict


CATALOGUE = Catalogue(
    criterion="numpy_only",
    observe=observe,
    right=right,
    mistakes=tuple(
        mistake(
            id=f"numpy-only-{function.replace('_', '-')}",
            did=f"In {function}, another library than NumPy computes {what}.",
            why=why,
            see=f"Run the file where only NumPy is installed, and call {function}.",
            fix=f"Which line of {function}, or of a function of yours that it calls, leaves NumPy, and for what?",
            gives=_in(function),
        )
        for function, (what, why) in BY_WHAT.items()
    ),
)
