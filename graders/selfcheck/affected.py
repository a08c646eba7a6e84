"""Which criteria a change of the source can bring out in another way."""

from collections.abc import Iterable, Mapping, Set

from graders.selfcheck.steps import Step
from graders.wire.contract import built_on

# Parameters are handed over as the submission's own `init` packs them, gradients as its `loss_and_grads` does.
PACKED_BY: Mapping[str, frozenset[str]] = {
    "forward": frozenset({"init"}),
    "loss_and_grads": frozenset({"init"}),
    "predict": frozenset({"init"}),
    "momentum_step": frozenset({"init", "loss_and_grads"}),
    "train_torch": frozenset({"predict_torch"}),  # it is asked for the labels of the model that was trained
}
NOTHING: frozenset[str] = frozenset()


def affected_by(changed: Set[str], step: Step, functions: Iterable[str], *, moved: bool) -> bool:
    """Tell whether a criterion has to be checked again.

    Args:
        changed: functions that may behave in another way, because something in their reach changed.
        step: how the criterion came out.
        functions: those that it asked.
        moved: whether anything at all was saved that was not there before, so that line numbers may have changed.
    """
    asked = {name for function in functions for name in (function, *PACKED_BY.get(function, NOTHING))}
    if asked & changed or not step.result.name:
        return True
    checks = step.result.verdict.checks if step.result.verdict else ()
    if all(check.credit == 1.0 and not check.charged_at for check in checks) and checks:
        return False
    # What was lost may be owed to functions that it is built on; and what is told of it names a line.
    behind = frozenset().union(*(built_on(function) for function in asked))
    return bool(behind & changed) or (moved and any(check.where for check in checks))
