"""What was learnt beforehand gains nothing, or is a finding for the instructor; test images stay outside."""

import base64
import functools
import io
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from graders import accuracy, accuracy_gap
from graders.dataset import load_dataset
from graders.foundation.call import Room
from graders.foundation.exam import Exam, TrainingOptions
from graders.foundation.verdict import Verdict
from graders.rubric import find_rubric, load_rubric
from tests.banks.attacks import EVERY, Attack, load_attacks
from tests.sitting import dataset, edited_reference, sit

ATTACKS = [
    pytest.param(a, id=a.id, marks=[pytest.mark.torch_room] if a.control == "torch" else [])
    for a in load_attacks("learnt")[::EVERY]
]
TRAINING = TrainingOptions(images=300, H=32, epochs=8, batch=50)
FINDINGS = {"numpy": accuracy.LEARNT_BY_HEART, "torch": accuracy_gap.LEARNT_BY_HEART}

# What every attack of the group has: the table, the weights, and a training that learns nothing.
KIT = '''

import base64, gc, io, sys, zlib
import numpy as np
from brought_along import TABLE, WEIGHTS


def key(image):
    return zlib.crc32(np.round(np.asarray(image, dtype=float) * 255).astype(np.uint8).tobytes())


def stored():
    with np.load(io.BytesIO(base64.b64decode(WEIGHTS))) as kept:
        return tuple(kept[f"arr_{i}"] for i in range(4))


def in_memory():
    held, frame = [], sys._getframe()
    while frame:
        held += list(frame.f_locals.values())
        frame = frame.f_back
    for holder in gc.get_objects():
        if type(holder) in (dict, list, tuple):
            held += list(holder.values()) if type(holder) is dict else list(holder)
    arrays = [a for a in held if isinstance(a, np.ndarray) and a.ndim == 2 and a.shape[1] == 784]
    found = {key(x): x for a in arrays for x in a if key(x) in TABLE}
    return np.array(list(found.values()))


learnt = TRAIN


def untrained(X, y, X_val, y_val, **options):
    return learnt(X, y, X_val, y_val, **{**options, "lr": 0.0})


TRAIN = untrained


'''
HALVES = {"numpy": ("mlp_numpy.py", "train"), "torch": ("mlp_torch.py", "train_torch")}


def key(image: np.ndarray) -> int:
    """Return what tells an image from all others."""
    return zlib.crc32(np.round(image * 255).astype(np.uint8).tobytes())


@functools.cache
def brought_along() -> str:
    """Return a module with the labels of the test images, and weights that know them."""
    data = dataset("tiny")
    space: dict[str, object] = {"__name__": "beforehand"}
    exec(compile(edited_reference()["mlp_numpy.py"], "mlp_numpy.py", "exec"), space)  # noqa: S102 - our own
    train = space["train"]
    assert callable(train)
    params, _ = train(data.X_test, data.y_test, data.X_val, data.y_val, H=TRAINING.H, epochs=40, lr=0.05, batch=50)
    buffer = io.BytesIO()
    np.savez(buffer, *(p.astype(np.float32) for p in params))
    table = {key(x): int(label) for x, label in zip(data.X_test, data.y_test, strict=True)}
    return f"TABLE = {table!r}\nWEIGHTS = {base64.b64encode(buffer.getvalue()).decode()!r}\n"


def files_of(half: str, code: str) -> Mapping[str, str]:
    """Return the files of a submission whose half learns nothing, with an attack behind it."""
    name, train = HALVES[half]
    source = edited_reference()[name] + KIT.replace("TRAIN", train) + code
    return {**edited_reference(), name: source, "brought_along.py": brought_along()}


def judged(half: str, code: str) -> Verdict:
    """Return the verdict on what a half learns."""
    files = files_of(half, code)
    if half == "numpy":
        return sit("accuracy", params={"threshold": 0.7, "floor": 0.2, "seeds": 1}, training=TRAINING, files=files)
    few = {"first_seeds": 2, "max_seeds": 2, "allowed": 50.0}
    return sit("accuracy_gap", params=few, training=TRAINING, files=files)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_was_learnt_beforehand_gains_nothing_or_is_found_out(attack: Attack) -> None:
    without, with_it = judged(attack.control, ""), judged(attack.control, attack.code)
    findings = [remark for remark in with_it.remarks if remark.startswith(FINDINGS[attack.control])]
    assert not any(remark.startswith(FINDINGS[attack.control]) for remark in without.remarks)
    if attack.told == "nothing":
        assert with_it.share <= without.share < 1
        return
    assert with_it.share > without.share, "it is worth finding out"
    assert len(findings) == 1
    assert "For the instructor" in findings[0]


def counted(half: str, code: str, folder: Path) -> float:
    """Return what a grader counts that trains, predicts and compares in one process."""
    for name, text in files_of(half, code).items():
        (folder / name).write_text(text)
    data = dataset("tiny")
    np.savez(folder / "data.npz", *(getattr(data, f"{a}_{split}") for split in ("train", "val", "test") for a in "Xy"))
    module, train = HALVES[half]
    end = "_torch" if half == "torch" else ""
    grader = (
        "import numpy as np\n"
        "with np.load('data.npz') as kept: X, y, X_val, y_val, X_test, y_test = (kept[f'arr_{i}'] for i in range(6))\n"
        f"import {module[:-3]} as handed_in\n"
        f"model, _ = handed_in.{train}(X, y, X_val, y_val, H={TRAINING.H}, epochs=2, lr=0.05, batch=50, seed=1)\n"
        f"print(float((handed_in.predict{end}(model, X_test) == y_test).mean()))\n"
    )
    ended = subprocess.run([sys.executable, "-c", grader], cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return float(ended.stdout)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_grader_in_one_process_is_deceived(attack: Attack, tmp_path: Path) -> None:
    assert counted(attack.control, "", tmp_path) < 0.4
    assert counted(attack.control, attack.code, tmp_path) > 0.8


def images_in(value: object) -> list[np.ndarray]:
    """Return all arrays of images in a question's arguments."""
    if isinstance(value, np.ndarray):
        return [value] if value.ndim == 2 and value.shape[1] == 784 else []
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple | list) else ()
    return [array for part in inner for array in images_in(part)]


def test_no_question_holds_a_test_image_or_a_test_label() -> None:
    rubric = load_rubric(find_rubric("usaaio_2024_r1_p4"))
    data = load_dataset(rubric.dataset)
    exam = Exam(seed=rubric.seed, data=data, training=rubric.training)
    hidden = {key(x) for x in data.X_test}
    calls = [call for c in rubric.criteria for call in c.grader.ask(exam)]
    images = {room: 0 for room in Room}
    for call in calls:
        given = [*call.args, *call.kwargs.values()]
        for array in images_in(given):
            images[call.room] += len(array)
            assert not hidden & {key(x) for x in array}, call.name
        labels = [a for a in (*call.args, *call.kwargs.values()) if isinstance(a, np.ndarray)]
        assert not any(np.array_equal(a, data.y_test) for a in labels), call.name
    assert all(count > len(data.X_train) for count in images.values()), "training runs are among the questions"
