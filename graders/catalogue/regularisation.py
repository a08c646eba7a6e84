"""Mistakes by which weight decay or dropout has no effect: the run ends as one without it, bit for bit."""

from collections.abc import Mapping
from functools import partial

from graders.foundation.call import Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed
from graders.measure.compare import Wrong
from graders.measure.training import trained_params
from graders.measure.truth import same_bits
from graders.naming.mistake import ENDING, RETURNED, Case, Catalogue, Key, Mistake, Outcome, Outcomes, Predict
from graders.regularisation import H, Regularisation

KINDS = ("weight decay", "dropout")
NARROWER, NOT_NARROWER = "the gap is narrower", "the gap is not narrower"
SAME, OTHER = "the same params as without it", "other params"
HEARD = "The option is taken and not handed on, so training is what it would be without."
COMPARE = "Train twice with one seed, with the option and without it, and compare the params."
FOLLOW = "Follow the option from train's arguments to the gradient of one batch: is it there in every epoch?"

mistake = partial(Mistake, criterion="regularisation")


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return whether each kind narrows the gap, and whether it changes the parameters at all."""
    found: dict[Key, Outcome] = {}
    for name in ("none", *KINDS):
        failed = seen[name].observation
        found[name, ENDING] = failed.kind.value if isinstance(failed, Failed) else RETURNED
    if isinstance(plain := seen["none"].observation, Failed):
        return found
    for kind in KINDS:
        observation = seen[kind].observation
        if isinstance(observation, Failed):
            continue
        shapes = (exam.data.X_train.shape[1], H, exam.data.classes)
        try:
            one, other = (trained_params(o.value, what="train", shapes=shapes) for o in (plain, observation))
        except Wrong as wrong:
            found[kind, kind] = wrong.got
            continue
        found[kind, kind] = _narrows(exam, seen, kind, plain.value, observation.value)
        same = same_bits(one, other)
        found[f"{kind}, params", kind] = SAME if same else OTHER
    return found


def _narrows(exam: Exam, seen: Seen, kind: str, without: Value, regularised: Value) -> str:
    try:
        Regularisation().narrower(exam, seen, kind)(without, regularised)
    except Wrong:
        return NOT_NARROWER
    return NARROWER


def _without(*kinds: str) -> Predict:
    """Return the prediction that these kinds change nothing."""

    def predict(_case: Case) -> Outcomes:
        told: dict[Key, Outcome] = {(name, ENDING): RETURNED for name in ("none", *KINDS)}
        for kind in KINDS:
            told[kind, kind] = NOT_NARROWER if kind in kinds else NARROWER
            told[f"{kind}, params", kind] = SAME if kind in kinds else OTHER
        return told

    return predict


def _ignored(id_: str, did: str, *kinds: str, roots: Mapping[str, str]) -> Mistake:
    return mistake(
        id=f"regularisation-{id_}-ignored",
        did=did,
        why=HEARD,
        see=COMPARE,
        fix=FOLLOW,
        gives=_without(*kinds),
        root=roots.get(id_, ""),
    )


ROOTS = {"dropout": "training-dropout-ignored", "weight-decay": "training-weight-decay-ignored"}

MISTAKES = (
    _ignored(
        "dropout", "With dropout, train ends with the same params as without: it does not act.", "dropout", roots=ROOTS
    ),
    _ignored(
        "weight-decay",
        "With weight decay, train ends with the same params as without: it does not act.",
        "weight decay",
        roots=ROOTS,
    ),
    _ignored(
        "both",
        "Neither weight decay nor dropout acts: train ends with the same params as without.",
        *KINDS,
        roots=ROOTS,
    ),
)

CATALOGUE = Catalogue(criterion="regularisation", observe=observe, right=_without(), mistakes=MISTAKES)
