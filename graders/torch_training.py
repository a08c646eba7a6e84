"""The PyTorch port trains as the contract says: modes, history, seeds, early stopping, prediction.

Measures: that predict_torch gives the likeliest class, also right after model.train(); that history holds four series
with one number for each epoch, and that the last validation figures are those of the returned weights, also with
dropout; that dropout acts in every epoch, the first one and those after a validation; that a seed decides everything;
that patience ends the training and brings the best epoch's weights back.

Matters: in PyTorch the mode is a state of the model, and weights are references. Forgetting either raises no error:
the curves only get noisy, dropout falls asleep after the first validation, and the best weights are in truth the last.

Fix: print model.training in front of every loop over batches and in front of every evaluation. Recompute the validation
loss of the model that comes back, and look for it in the history.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from graders.foundation.call import Call, Params, Room, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.observation import Answer, Failed, FailureKind
from graders.foundation.verdict import Verdict, verdict
from graders.measure import miniature, recorded, truth
from graders.measure.compare import Wrong, array, check
from graders.measure.miniature import Problem
from graders.measure.port_steps import Port
from graders.measure.stopped_runs import best_came_back, ended_in_time
from graders.measure.stopping import Recorded
from graders.measure.training import (
    SERIES,
    history_curves,
    history_series,
    loss_of,
    trained_params,
)
from graders.measure.trajectory import distance

N, H, BATCH, EPOCHS = 64, 24, 16, 4
SHAPES = (miniature.PIXELS, H, miniature.CLASSES)
LR = 0.05
DROPOUT = 0.5
PATIENCE, LONGEST, SHORT = 3, 40, 20
# Of the problems on which patience ends runs: validation wavers in some and soon gets worse in others, which shows
# different mistakes. Where the epochs run out instead, the last one must not be a best one: validation gets worse.
CONTRASTS, WORSENING = (0.25, 0.2, 0.12), 0.15
TRAIN = "train_torch"
PREDICT = "predict_torch(model, X)"
MODE = "In which mode is the model at this point? Print model.training there."
RECOMPUTE = "Recompute the validation loss of the model that you return, without dropout, and compare."
COUNT = "Print, for each epoch, the validation loss, the best one so far and the count of bad epochs."
SEED = "Everything random counts: the initial weights, the order of the images, and the dropout masks."
NOT_WRITTEN = "not written yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchTraining(Grader):
    """Grades `train_torch` and `predict_torch`.

    Args:
        rtol: allowed gap of losses, which are float32.
    """

    title: ClassVar[str] = "PyTorch: training and prediction"
    about: ClassVar[str] = "train_torch"

    rtol: float = 1e-3

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for plain runs, runs with dropout, full-batch steps with dropout, and runs with patience."""
        rng = exam.rng("torch training")
        seed, other = (int(s) for s in rng.choice(2**31 - 1, size=2, replace=False))
        problem = miniature.draw(rng, n=N, n_val=N, contrast=0.3)
        predicting: dict[str, Value] = {"X_eval": problem.X_val[::-1].astype(np.float32)}
        dropping: dict[str, Value] = {**predicting, "dropout": DROPOUT}
        whole: dict[str, Value] = {"batch": N, "momentum": 0.0, "dropout": DROPOUT, "global_seed": seed}
        usual: dict[str, Value] = {"lr": LR, "epochs": EPOCHS, "batch": BATCH, "seed": seed}
        return [
            _run(problem, "plain", {**usual, **predicting}),
            _run(problem, "again", {**usual, **predicting}, repeat=1),
            _run(problem, "other seed", {**usual, "seed": other}),
            _run(problem, "dropout", {**usual, **dropping}),
            _run(problem, "dropout again", {**usual, **dropping}, repeat=1),
            _run(problem, "before", {**usual, **whole, "lr": 0.0, "epochs": 1}),
            _run(problem, "one epoch", {**usual, **whole, "epochs": 1}),
            _run(problem, "two epochs", {**usual, **whole, "epochs": 2}),
            *_runs_with_patience(exam),
        ]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge prediction, then the history, then dropout and seeds, then early stopping."""
        del exam
        plain, dropped = seen["plain"], seen["dropout"]
        X_eval = plain.call.kwargs["X_eval"]
        assert isinstance(X_eval, np.ndarray)

        # What the plain run is charged with is expected of the others too.
        factor = _loss_factor(plain)

        def likeliest(value: Value) -> str:
            return recorded.likeliest(_predictions(value), _theta(value), X_eval, what=PREDICT)

        def same_in_either_mode(of_plain: Value, value: Value) -> str:
            try:
                likeliest(of_plain)
            except Wrong:
                return _same_predictions(value)
            return likeliest(value)

        def with_dropout_too(*values: Value) -> str:
            try:
                self._same(*values[:2])
            except Wrong:
                return "the runs without dropout differ already"
            return self._same(*values[2:])

        steps = [seen[name] for name in ("before", "one epoch", "two epochs")]
        pairs = [seen[name] for name in ("plain", "again", "dropout", "dropout again")]
        patient, long = ([seen[f"{kind} {i}"] for i in range(len(CONTRASTS))] for kind in ("patience", "long patience"))
        return verdict(
            check("predict_torch gives the likeliest class", _as_prediction(plain), likeliest, weight=1.5),
            check(
                "predict_torch is the same in either mode",
                [_as_prediction(plain), _as_prediction(dropped)],
                same_in_either_mode,
                fix=MODE,
            ),
            check("history has four series, one number for each epoch", plain, _four_series),
            check("train_loss is a mean over images", plain, lambda v: _train_loss(v, plain, factor), weight=0.5),
            check(
                "the last val_loss is that of the returned weights",
                plain,
                lambda v: self._last_loss(v, plain),
                fix=RECOMPUTE,
            ),
            check("so is the last val_acc", plain, lambda v: _last_accuracy(v, plain), weight=0.5, fix=RECOMPUTE),
            check(
                "validation is free of dropout",
                dropped,
                lambda v: self._last_loss(v, dropped, factor=factor),
                fix=MODE,
            ),
            check("dropout acts in every epoch", steps, _dropout_acts(steps[0]), weight=1.5, fix=MODE),
            check("the same seed gives the same run", [plain, seen["again"]], self._same, weight=0.5, fix=SEED),
            check("with dropout too", pairs, with_dropout_too, weight=0.5, fix=SEED),
            check("another seed gives another run", [plain, seen["other seed"]], _other, weight=0.5, fix=SEED),
            check(f"a run ends {PATIENCE} epochs after its best one", patient, _ended, weight=1.5, fix=COUNT),
            check("the best epoch's weights come back", patient, self._best(patient, factor)),
            check("also when patience never ends the run", long, self._best(long, factor), weight=0.5),
            exhibits=history_curves(patient[0], of="of the PyTorch run with patience", what=TRAIN),
        )

    def _last_loss(self, value: Value, answer: Answer, *, factor: float = 1.0) -> str:
        return recorded.last_loss(
            value, _theta(value), *_validation(answer), what=TRAIN, batch=BATCH, rtol=self.rtol, factor=factor
        )

    def _same(self, first: Value, second: Value) -> str:
        a, b = _theta(first), _theta(second)
        gap = distance([b], [a], start=truth.zeros_like(a), scale=[a])
        if gap <= self.rtol:
            return f"largest relative difference {gap:.1e}"
        raise Wrong(f"Two runs with the same seed end with different weights (relative difference {gap:.1e}).")

    def _best(self, answers: Sequence[Answer], factor: float) -> Callable[..., str]:
        def test(*values: Value) -> str:
            losses = [
                loss_of(_theta(value), *_validation(answer), what=TRAIN) * factor
                for value, answer in zip(values, answers, strict=True)
            ]
            return best_came_back([_recorded(value) for value in values], losses, rtol=self.rtol)

        return test


def _run(problem: Problem, name: str, options: dict[str, Value], *, repeat: int = 0) -> Call:
    images = (problem.X.astype(np.float32), problem.y, problem.X_val.astype(np.float32), problem.y_val)
    kwargs = {"H": H, **options}
    return Call(name=name, target="torch_train_run", args=images, kwargs=kwargs, room=Room.TORCH, repeat=repeat)


def _runs_with_patience(exam: Exam) -> Sequence[Call]:
    """Return runs on problems whose wrong labels are learnt by heart within a few epochs."""
    calls = []
    for i, contrast in enumerate(CONTRASTS):
        rng = exam.rng("torch training", "patience", str(i))
        problem = miniature.draw(rng, n=40, n_val=N, contrast=contrast, wrong_labels=0.4)
        options: dict[str, Value] = {"lr": LR, "batch": 10, "seed": int(rng.integers(2**31 - 1))}
        worsening = miniature.draw(rng, n=40, n_val=N, contrast=WORSENING, wrong_labels=0.4)
        calls += [
            _run(problem, f"patience {i}", {**options, "epochs": LONGEST, "patience": PATIENCE}),
            _run(worsening, f"long patience {i}", {**options, "epochs": SHORT, "patience": SHORT}),
        ]
    return calls


def _theta(value: Value) -> Params:
    return trained_params(value, what=TRAIN, shapes=SHAPES)


def _validation(answer: Answer) -> tuple[np.ndarray, np.ndarray]:
    """Return the validation images and labels of a run."""
    X_val, y_val = answer.call.args[2:4]
    assert isinstance(X_val, np.ndarray)
    assert isinstance(y_val, np.ndarray)
    return X_val, y_val


def _recorded(value: Value) -> Recorded:
    """Return the curves of a run; the validation loss must be there, for it tells whose weights came back."""
    others: list[np.ndarray | None] = []
    for name in ("val_acc", "train_loss"):
        try:
            others.append(history_series(value, name, what=TRAIN))
        except Wrong:
            others.append(None)
    val_loss = history_series(value, "val_loss", what=TRAIN)
    same_length = [s if s is not None and len(s) == len(val_loss) else None for s in others]
    return Recorded(val_loss=val_loss, val_acc=same_length[0], train_loss=same_length[1])


def _ended(*values: Value) -> str:
    return ended_in_time([_recorded(value) for value in values], patience=PATIENCE, epochs=LONGEST)


def _as_prediction(answer: Answer) -> Answer:
    """Return the answer as one about predict_torch: where only that failed, the failure is its own."""
    value = answer.value
    told = value.get("predictions") if isinstance(value, dict) else None
    if not isinstance(told, str):
        return answer
    missing = told == NOT_WRITTEN
    kind = FailureKind.NOT_ATTEMPTED if missing else FailureKind.RAISED
    message = f"predict_torch is {told}" if missing else f"predict_torch raised {told}"
    return replace(answer, observation=Failed(kind=kind, message=message))


def _predictions(value: Value) -> tuple[Value, Value]:
    """Return both answers of predict_torch."""
    return (value.get("predictions"), value.get("predictions_again")) if isinstance(value, dict) else (None, None)


def _same_predictions(value: Value) -> str:
    first, second = (array(told, what=PREDICT) for told in _predictions(value))
    if not np.array_equal(first, second):
        raise Wrong("Two calls of predict_torch with the same model and images differ.")
    return "two calls give the same labels"


def _loss_factor(plain: Answer) -> float:
    """Return by how much the plain run's recorded losses are too large; 1 when that cannot be said."""
    value = plain.value
    try:
        return recorded.loss_factor(value, _theta(value), *_validation(plain), what=TRAIN)
    except Wrong:
        return 1.0


def _four_series(value: Value) -> None:
    for name in SERIES:
        history_series(value, name, what=TRAIN, epochs=EPOCHS)


def _train_loss(value: Value, answer: Answer, factor: float) -> str:
    X, y = answer.call.args[:2]
    assert isinstance(X, np.ndarray)
    assert isinstance(y, np.ndarray)
    return recorded.train_loss(value, _theta(value), X, y, what=TRAIN, factor=factor)


def _last_accuracy(value: Value, answer: Answer) -> str:
    return recorded.last_accuracy(value, _theta(value), *_validation(answer), what=TRAIN)


def _dropout_acts(answer: Answer) -> Callable[..., str]:
    X, y = answer.call.args[:2]
    assert isinstance(X, np.ndarray)
    assert isinstance(y, np.ndarray)

    def test(before: Value, one: Value, two: Value) -> str:
        states = [_theta(value) for value in (before, one, two)]
        for epoch, (start, end) in enumerate(itertools.pairwise(states), start=1):
            free = Port().walk(start, [(X, y)], lrs=[LR])
            if distance([end], free, start=start, scale=free) <= 1e-2:
                later = epoch > 1
                raise Wrong(
                    f"With dropout={DROPOUT:g} the step of epoch {epoch} is the one without dropout"
                    f"{': the model is still in evaluation mode after the first validation' if later else ''}.",
                    expected="a step with dropout",
                )
        return "both epochs' steps differ from those without dropout"

    return test


def _other(first: Value, second: Value) -> None:
    a, b = _theta(first), _theta(second)
    if truth.same_bits(a, b):
        raise Wrong("Two different seeds end with the same weights.", expected="different weights")
