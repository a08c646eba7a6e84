"""The full training runs that several criteria share: asked once, because equal questions are asked once."""

from dataclasses import dataclass, replace

import numpy as np

from graders.foundation.call import Call, Params, Room, Value
from graders.foundation.exam import Exam
from graders.measure.kept import Kept
from graders.measure.training import accuracy_of, trained_params

LARGEST_TRAINED = 1e3  # weights beyond that are no outcome of training, and float32 may not do for them


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
class Disguised:
    """An exam's images and labels, pixels and class numbers permuted in a way that a submission cannot know beforehand.

    A network whose layers are fully connected learns as well under any permutation.

    Args:
        X: training images (N, D), and `y` their labels (N,).
        X_val: validation images, and `y_val` their labels.
        X_test: test images, and `y_test` their labels.
        of: the data that is disguised.
    """

    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    of: object

    def run(self, call: Call, name: str) -> Call:
        """Return the question of a full run, asked about these images instead."""
        return replace(call, name=name, args=(self.X, self.y, self.X_val, self.y_val))

    @property
    def test(self) -> tuple[np.ndarray, np.ndarray]:
        """The test images (N, D) and labels (N,)."""
        return self.X_test, self.y_test


# A class sits one exam: shuffling its images again for every submission would take longer than judging them.
_DISGUISED: Kept[tuple[int, int, int], Disguised] = Kept(1)


def in_disguise(exam: Exam) -> Disguised:
    """Return the exam's data in the exam's disguise."""
    data = exam.data
    key = exam.seed, exam.training.images, id(data)
    known = _DISGUISED.find(key)
    if known is not None and known.of is data:  # data that is gone may have left its id to this one
        return known
    rng = exam.rng("disguise")
    pixels, classes = rng.permutation(data.X_train.shape[1]), rng.permutation(data.classes)
    splits = (exam.train_images(), (data.X_val, data.y_val), (data.X_test, data.y_test))
    arrays = [array for X, y in splits for array in (np.ascontiguousarray(X[:, pixels]), classes[y])]
    for array in arrays:
        array.setflags(write=False)
    X, y, X_val, y_val, X_test, y_test = arrays
    made = Disguised(X=X, y=y, X_val=X_val, y_val=y_val, X_test=X_test, y_test=y_test, of=data)
    _DISGUISED.keep(key, made)
    return made


def disguised_run(exam: Exam) -> Call:
    """Return the question of the first seed's run, with the disguise over images and labels."""
    return in_disguise(exam).run(numpy_run(exam, 0), "disguised run")


def disguised_torch_run(exam: Exam) -> Call:
    """Return the same question to the PyTorch port."""
    return in_disguise(exam).run(torch_run(exam, 0), "disguised torch run")


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
    return _measured(run, exam, X, y, what="train")


def torch_accuracy(run: Value, exam: Exam, X: np.ndarray, y: np.ndarray) -> float:
    """Return the same of the network that `train_torch` returned, which is read from its model by their shapes."""
    return _measured(run, exam, X, y, what="train_torch")


def _measured(run: Value, exam: Exam, X: np.ndarray, y: np.ndarray, *, what: str) -> float:
    key = (id(run), id(X), id(y))
    known = _MEASURED.find(key)
    if known is None:
        known = (run, X, y), _share_right(trained_params(run, what=what, shapes=exam.layers), X, y)
        _MEASURED.keep(key, known)
    return known[1]


# Several criteria ask it of the same run, some at each look. What is kept keeps its ids.
_MEASURED: Kept[tuple[int, int, int], tuple[tuple[Value, np.ndarray, np.ndarray], float]] = Kept(32)


def _share_right(theta: Params, X: np.ndarray, y: np.ndarray) -> float:
    arrays = theta.arrays()
    if max(float(np.abs(array).max(initial=0.0)) for array in arrays) <= LARGEST_TRAINED:
        # In float32, as the images are: thousands of them are a good part of what grading costs.
        arrays = tuple(array.astype(X.dtype) for array in arrays)  # type: ignore[assignment]
    W1, b1, W2, b2 = arrays
    return accuracy_of(Params(W1=W1, b1=b1, W2=W2, b2=b2), X, y)


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
