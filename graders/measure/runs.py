"""The full training runs that several criteria share: asked once, because equal questions are asked once."""

from dataclasses import dataclass, replace

import numpy as np

from graders.foundation.call import Call, Room, Value
from graders.foundation.exam import Exam
from graders.measure.training import accuracy_of, trained_params


def numpy_run(exam: Exam, k: int) -> Call:
    """Return the question that trains the NumPy network on the k-th seed with the rubric's training options."""
    X, y = exam.train_images()
    return Call(
        name=f"numpy run {k}",
        target="train_run",
        args=(X, y, exam.data.X_val, exam.data.y_val),
        kwargs=_options(exam, k),
        weight=exam.training.weight,
    )


def torch_run(exam: Exam, k: int) -> Call:
    """Return the same question to the PyTorch port."""
    X, y = exam.train_images()
    return Call(
        name=f"torch run {k}",
        target="torch_train_run",
        args=(X, y, exam.data.X_val, exam.data.y_val),
        kwargs=_options(exam, k),
        room=Room.TORCH,
        weight=exam.training.weight,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Disguise:
    """A permutation of the pixels (D,) and of the class numbers (K,), which a submission cannot know beforehand."""

    pixels: np.ndarray
    labels: np.ndarray


def disguise(exam: Exam) -> Disguise:
    """Return the exam's disguise. A network whose layers are fully connected learns as well under any."""
    rng = exam.rng("disguise")
    return Disguise(pixels=rng.permutation(exam.data.X_train.shape[1]), labels=rng.permutation(exam.data.classes))


def disguised_run(exam: Exam) -> Call:
    """Return the question of the first seed's run, with the disguise over images and labels."""
    return _disguised(numpy_run(exam, 0), "disguised run", exam)


def disguised_torch_run(exam: Exam) -> Call:
    """Return the same question to the PyTorch port."""
    return _disguised(torch_run(exam, 0), "disguised torch run", exam)


def disguised_test(exam: Exam) -> tuple[np.ndarray, np.ndarray]:
    """Return the test images (N, D) and labels (N,) under the disguise."""
    cover, data = disguise(exam), exam.data
    return data.X_test[:, cover.pixels], cover.labels[data.y_test]


def learnt_by_heart(finding: str, who: str, *, known: float, unknown: float) -> str:
    """Return the finding for the instructor that a network does well only on images that it could know beforehand.

    Args:
        finding: its name in the record.
        who: "network" or "port".
        known: accuracy on the images as they are.
        unknown: accuracy on the images under the disguise.
    """
    return (
        f"{finding}. For the instructor: on the same images with pixels and class numbers shuffled the {who} reaches "
        f"{unknown:.2%}, on the images as they are {known:.2%}. An honest learner does as well on both; look for "
        "weights or answers that were made beforehand."
    )


def numpy_accuracy(run: Value, exam: Exam, X: np.ndarray, y: np.ndarray) -> float:
    """Return the share of images (N, D) that the network which `train` returned labels rightly, or raise `Wrong`."""
    return accuracy_of(trained_params(run, what="train", shapes=exam.layers), X, y)


def torch_accuracy(run: Value, exam: Exam, X: np.ndarray, y: np.ndarray) -> float:
    """Return the same of the network that `train_torch` returned, which is read from its model by their shapes."""
    return accuracy_of(trained_params(run, what="train_torch", shapes=exam.layers), X, y)


def _disguised(call: Call, name: str, exam: Exam) -> Call:
    cover, data = disguise(exam), exam.data
    X, y = exam.train_images()
    return replace(
        call,
        name=name,
        args=(_shuffled(X, cover), cover.labels[y], _shuffled(data.X_val, cover), cover.labels[data.y_val]),
    )


def _shuffled(X: np.ndarray, cover: Disguise) -> np.ndarray:
    return np.ascontiguousarray(X[:, cover.pixels])


def _options(exam: Exam, k: int) -> dict[str, Value]:
    wanted = exam.training
    options: dict[str, Value] = {
        "H": wanted.H,
        "lr": wanted.lr,
        "epochs": wanted.epochs,
        "batch": wanted.batch,
        "momentum": wanted.momentum,
        "seed": exam.run_seeds(k + 1)[k],
    }
    # Only passed when it is wanted: whoever left schedules out loses schedules, not the run.
    return options if wanted.schedule is None else {**options, "schedule": wanted.schedule}
