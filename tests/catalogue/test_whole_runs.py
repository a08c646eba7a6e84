"""What keeps whole runs from learning, named by small runs without chance; and what was learnt beforehand, told."""

import base64
import hashlib
import io
from collections.abc import Sequence

import numpy as np
import pytest

from graders.accuracy import LEARNT_BY_HEART
from graders.foundation.exam import TrainingOptions
from graders.grading.scorecard import CriterionResult
from tests.banks.mutants import SITTINGS
from tests.sitting import ROOT, dataset, edited_reference, named, sit_result

STEP = "params, velocity = momentum_step(params, grads, velocity, rate, momentum)"
GRADS = "_, grads = loss_and_grads(params, X[rows], y[rows], weight_decay, dropout, rng)"
RULE = "velocity = tuple(mu * v - lr * g for v, g in zip(velocity, grads, strict=True))"
SHORT = TrainingOptions(images=300, H=16, epochs=3, batch=50)


def wrong(criterion: str, *edits: tuple[str, str], file: str = "mlp_numpy.py") -> tuple[str, ...]:
    return named(sit_result(criterion, edits={file: edits}, **SITTINGS.get(criterion, {})))


@pytest.mark.parametrize(
    ("edits", "name"),
    [
        ([(GRADS, GRADS.replace("y[rows]", "rng.permutation(y[rows])"))], "accuracy-labels-of-other-images"),
        ([(GRADS, GRADS.replace("X[rows]", "X[rows] / 255.0"))], "accuracy-pixels-scaled-twice"),
        ([(STEP, STEP.replace("params, velocity =", "_, velocity ="))], "accuracy-initial-params-returned"),
        ([(GRADS, f"{GRADS}\n            if start: continue")], "accuracy-one-batch-per-epoch"),
    ],
)
def test_what_keeps_a_network_from_learning_is_named(edits: list[tuple[str, str]], name: str) -> None:
    assert wrong("accuracy", *edits) == (name,)


def test_a_velocity_that_starts_anew_in_every_step_is_no_momentum() -> None:
    assert wrong(
        "momentum_benefit", (STEP, STEP.replace("velocity, rate", "tuple(0 * v for v in velocity), rate"))
    ) == ("momentum-benefit-no-momentum",)


def test_two_mistakes_of_a_loop_at_once_have_no_name() -> None:
    edits = [(GRADS, f"{GRADS}\n            if start: continue"), (STEP, STEP.replace("momentum)", "0.0)"))]
    assert wrong("accuracy", *edits) == ()


def test_an_option_that_only_one_layer_hears_is_not_taken_for_one_that_is_ignored() -> None:
    edits = [(GRADS, GRADS.replace("weight_decay,", "0.05 * weight_decay,"))]
    sat = sit_result("regularisation", edits={"mlp_numpy.py": edits})
    assert named(sat) == ()


def _sat(files: dict[str, str]) -> CriterionResult:
    params = {"floor": 0.05, "threshold": 0.3, "seeds": 1}
    return sit_result("accuracy", files=files, params=params, training=SHORT)


def _known(X: np.ndarray, y: np.ndarray) -> str:
    """Return weights that know these images by heart, as text."""
    space: dict[str, object] = {"__name__": "pretraining"}
    exec(compile((ROOT / "reference" / "mlp_numpy.py").read_text(), "mlp_numpy.py", "exec"), space)  # noqa: S102
    train = space["train"]
    assert callable(train)
    params, _ = train(X, y, X, y, H=SHORT.H, epochs=60, lr=0.05, batch=50)
    buffer = io.BytesIO()
    np.savez(buffer, *(p.astype(np.float32) for p in params))
    return base64.b64encode(buffer.getvalue()).decode()


LOADING = """
import base64, hashlib, io
from weights import KNOWN, SEEN


def stored():
    with np.load(io.BytesIO(base64.b64decode(KNOWN))) as kept:
        return tuple(kept[f"arr_{i}"] for i in range(4))


learnt = train


"""
PRETRAINED = """
def train(X, y, X_val, y_val, **options):
    params, history = learnt(X, y, X_val, y_val, **options)
    return stored(), history
"""
LOOKED_UP = """
def train(X, y, X_val, y_val, **options):
    params, history = learnt(X, y, X_val, y_val, **options)
    hashes = [hashlib.sha1(np.ascontiguousarray(x, dtype=np.float32).tobytes()).hexdigest() for x in X]
    if all(h in SEEN and SEEN[h] == int(label) for h, label in zip(hashes, y)):
        params = stored()
    return params, history
"""


def cheating(ending: str) -> dict[str, str]:
    data = dataset("tiny")
    images = np.concatenate([data.X_train, data.X_test])
    labels = np.concatenate([data.y_train, data.y_test])
    hashes = [hashlib.sha1(np.ascontiguousarray(x, dtype=np.float32).tobytes()).hexdigest() for x in images]  # noqa: S324
    seen = dict(zip(hashes, map(int, labels), strict=True))
    return {
        "mlp_numpy.py": edited_reference()["mlp_numpy.py"] + LOADING + ending,
        "weights.py": f"KNOWN = {_known(images, labels)!r}\nSEEN = {seen!r}\n",
    }


def findings(sat: CriterionResult) -> Sequence[str]:
    assert sat.verdict is not None
    return [remark for remark in sat.verdict.remarks if remark.startswith(LEARNT_BY_HEART)]


@pytest.mark.parametrize("ending", [PRETRAINED, LOOKED_UP], ids=["weights made beforehand", "looked up by hash"])
def test_what_was_learnt_beforehand_is_a_finding_for_the_instructor(ending: str) -> None:
    sat = _sat(cheating(ending))
    assert len(findings(sat)) == 1
    assert sat.verdict is not None
    assert sat.verdict.share == 1  # a finding takes no points by itself: a person decides


def test_an_honest_learner_in_another_style_gives_no_finding() -> None:
    files = {"mlp_numpy.py": (ROOT / "tests" / "banks" / "styles" / "float32_internally.py").read_text()}
    assert findings(_sat(files)) == []
