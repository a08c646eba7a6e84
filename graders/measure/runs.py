"""The full training runs that several criteria share: asked once, because equal questions are asked once."""

from graders.foundation.call import Call, Room, Value
from graders.foundation.exam import Exam


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
    """Return the same question to the PyTorch port, together with its labels for the test images (N, D)."""
    X, y = exam.train_images()
    return Call(
        name=f"torch run {k}",
        target="torch_train_run",
        args=(X, y, exam.data.X_val, exam.data.y_val),
        kwargs={**_options(exam, k), "X_eval": exam.data.X_test},
        room=Room.TORCH,
        weight=exam.training.weight,
    )


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
