"""The noun `Dataset`, the embedded data, and the door `load_dataset`."""

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from graders.dataset import DATASET_NAMES, Dataset, load_dataset
from graders.dataset.embedded import FOLDER, load_embedded
from graders.dataset.model import PIXELS, scale_pixels
from graders.dataset.split import dataset_from_official_split, validation_rows
from graders.foundation.errors import BadUsage

ROOT = Path(__file__).resolve().parents[1]

DIGESTS = {
    "mnist_10k": "b5ecfee755c25da2cc35a7edd2f2409c549016a7dc5693b1a28b8cd81363744b",
    "fashion_10k": "1cfda158b2837d18020abce18bccf66d5f7a17d66f67efd4370c3212954ceda4",
}


def arrays(train: int = 30, val: int = 6, test: int = 9, *, classes: int = 3) -> dict[str, Any]:
    """Six proper arrays, fresh each time, that a test may spoil."""
    rng = np.random.default_rng(5)
    made: dict[str, Any] = {}
    for split, n in (("train", train), ("val", val), ("test", test)):
        made[f"X_{split}"] = rng.random((n, PIXELS), dtype=np.float32)
        made[f"y_{split}"] = np.arange(n) % classes
    return made


def refusal_of(changed: dict[str, Any]) -> BadUsage:
    with pytest.raises(BadUsage) as caught:
        Dataset(name="drawn", **(arrays() | changed))
    assert caught.value.remedy, "a refusal says what to do"
    return caught.value


def with_entry(array: npt.NDArray[Any], place: Any, value: float) -> npt.NDArray[Any]:
    array[place] = value
    return array


def test_a_dataset_knows_its_classes_and_cannot_be_changed() -> None:
    dataset = Dataset(name="drawn", **arrays())
    assert dataset.classes == 3
    with pytest.raises(FrozenInstanceError):
        dataset.name = "another"  # type: ignore[misc]
    for name in arrays():
        with pytest.raises(ValueError, match="read-only"):
            getattr(dataset, name)[0] = 0
    assert repr(dataset) == "Dataset(name='drawn')"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -0.25, 1.5])
@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_pixel_outside_0_to_1_is_refused_by_its_place(split: str, value: float) -> None:
    X = with_entry(arrays()[f"X_{split}"], (4, 17), value)
    assert f"X_{split}[4, 17] is {value}" in refusal_of({f"X_{split}": X}).message


@pytest.mark.parametrize("value", [-1, 3])
@pytest.mark.parametrize("split", ["val", "test"])
def test_a_label_of_no_trained_class_is_refused_by_its_place(split: str, value: int) -> None:
    y = with_entry(arrays()[f"y_{split}"], 2, value)
    assert f"y_{split}[2] is {value}; the labels of the training split run from 0 to 2" in (
        refusal_of({f"y_{split}": y}).message
    )


def test_training_labels_leave_no_class_out_and_start_at_zero() -> None:
    assert "y_train[3] is -1" in refusal_of({"y_train": with_entry(arrays()["y_train"], 3, -1)}).message
    far = with_entry(arrays()["y_train"], 3, 10**15)
    assert "y_train has no label 3, though its labels run to 1000000000000000" in refusal_of({"y_train": far}).message
    assert "y_train has no label 0" in refusal_of({"y_train": arrays()["y_train"] + 1}).message
    assert "one class only" in refusal_of({"y_train": arrays()["y_train"] * 0}).message


@pytest.mark.parametrize(
    ("name", "wrong", "complaint"),
    [
        ("X_train", np.zeros((30, PIXELS)), "X_train is float64, not float32"),
        ("y_val", np.zeros(6, dtype=np.int32), "y_val is int32, not int64"),
        ("X_test", np.zeros((9, PIXELS), dtype=">f4"), "X_test is >f4, not float32"),
        ("X_train", np.zeros((30, 28, 28), dtype=np.float32), "X_train has shape (30, 28, 28), not (N, 784)"),
        ("X_train", np.zeros((30, 100), dtype=np.float32), "X_train has shape (30, 100), not (N, 784)"),
        ("y_train", np.zeros((30, 1), dtype=np.int64), "y_train has shape (30, 1), not (N,)"),
        ("y_train", np.array(3, dtype=np.int64), "y_train has shape (), not (N,)"),
        ("X_val", np.zeros((5, PIXELS), dtype=np.float32), "X_val has 5 images, but its split has 6 labels"),
        ("X_val", np.zeros((PIXELS, 6), dtype=np.float32).T, "X_val is not C-contiguous"),
        ("X_val", np.ma.masked_invalid(np.zeros((6, PIXELS), dtype=np.float32)), "X_val is a MaskedArray"),
        ("y_val", [0, 1, 2, 0, 1, 2], "y_val is a list"),
    ],
)
def test_an_array_of_the_wrong_layout_is_refused(name: str, wrong: Any, complaint: str) -> None:
    refusal = refusal_of({name: wrong})
    assert f"dataset 'drawn': {complaint}" in refusal.message


def test_an_empty_split_is_refused() -> None:
    empty = {"X_val": np.zeros((0, PIXELS), dtype=np.float32), "y_val": np.zeros(0, dtype=np.int64)}
    assert "X_val holds no image" in refusal_of(empty).message


def test_the_digest_follows_the_content_and_not_the_name() -> None:
    digest = Dataset(name="drawn", **arrays()).digest
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert Dataset(name="another label", **arrays()).digest == digest
    for name, array in arrays().items():
        first, changed = array.flat[0], array.copy()
        changed.flat[0] = 1 - first
        assert Dataset(name="drawn", **(arrays() | {name: changed})).digest != digest, name


def test_a_subset_is_balanced_distinct_and_decided_by_its_seed() -> None:
    dataset = Dataset(name="drawn", **arrays(train=60))
    X, y = dataset.train_subset(20, np.random.default_rng(1))
    assert X.shape == (20, PIXELS)
    assert sorted(np.bincount(y)) == [6, 7, 7]
    row_of = {row.tobytes(): label for row, label in zip(dataset.X_train, dataset.y_train, strict=True)}
    assert [row_of[row.tobytes()] for row in X] == y.tolist()
    assert len({row.tobytes() for row in X}) == 20
    X_again, y_again = dataset.train_subset(20, np.random.default_rng(1))
    assert np.array_equal(X, X_again)
    assert np.array_equal(y, y_again)
    X_other, _ = dataset.train_subset(20, np.random.default_rng(2))
    assert not np.array_equal(X, X_other)
    assert not X.flags.writeable
    assert not y.flags.writeable


def test_a_subset_does_not_come_class_by_class() -> None:
    _, y = Dataset(name="drawn", **arrays(train=60)).train_subset(30, np.random.default_rng(0))
    firsts = {tuple(sorted(y[i : i + 3])) for i in range(0, 30, 3)}
    assert firsts != {(0, 1, 2)}, "turns of one image a class would make each batch balanced"
    assert y.tolist() != sorted(y)


def test_a_subset_takes_all_of_a_class_that_is_short() -> None:
    y_train = np.array([0] * 27 + [1] * 2 + [2])
    dataset = Dataset(name="drawn", **(arrays() | {"y_train": y_train}))
    _, y = dataset.train_subset(12, np.random.default_rng(0))
    assert np.bincount(y).tolist() == [9, 2, 1]
    _, y = dataset.train_subset(30, np.random.default_rng(0))
    assert np.bincount(y).tolist() == [27, 2, 1]


@pytest.mark.parametrize("n", [-1, 0, 31])
def test_a_subset_that_the_training_split_cannot_give_is_refused(n: int) -> None:
    with pytest.raises(BadUsage, match=f"{n} training images were asked of dataset 'drawn', which has 30"):
        Dataset(name="drawn", **arrays()).train_subset(n, np.random.default_rng(0))


def test_grey_values_become_float32_between_0_and_1() -> None:
    X = scale_pixels(np.arange(256, dtype=np.uint8).repeat(49).reshape(16, 28, 28))
    assert X.shape == (16, PIXELS)
    assert X.dtype == np.float32
    assert X.flags.c_contiguous
    assert np.array_equal(np.unique(X), np.arange(256, dtype=np.float32) / np.float32(255))


def test_the_validation_split_is_the_last_of_each_class_in_proportion() -> None:
    labels = np.random.default_rng(3).permutation(np.repeat([0, 1, 2], [70, 41, 9]))
    rows = validation_rows(labels)
    assert np.bincount(labels[rows]).tolist() == [6, 3, 1]
    for label, share in enumerate([6, 3, 1]):
        of_class = np.flatnonzero(labels == label)
        assert np.array_equal(np.flatnonzero(rows & (labels == label)), of_class[-share:])


def test_the_validation_split_of_60000_images_has_5000() -> None:
    labels = np.random.default_rng(3).integers(0, 10, 60_000)
    rows = validation_rows(labels)
    assert rows.sum() == 5_000
    share = np.bincount(labels[rows]) / np.bincount(labels)
    assert np.abs(share - 1 / 12).max() <= 1 / np.bincount(labels).min()


def test_an_official_split_keeps_every_image_and_its_label() -> None:
    images = np.arange(240, dtype=np.uint8).repeat(PIXELS).reshape(240, 28, 28)
    labels = (np.arange(240) % 3).astype(np.uint8)
    dataset = dataset_from_official_split(
        "drawn", train_images=images, train_labels=labels, test_images=images[:9], test_labels=labels[:9]
    )
    assert len(dataset.X_train) == 220
    assert len(dataset.X_val) == 20
    assert np.array_equal(dataset.X_test, dataset.X_train[:9])
    seen = np.concatenate([dataset.X_train, dataset.X_val])[:, 0] * 255  # (240,), each image's number
    assert sorted(np.rint(seen)) == list(range(240))
    for X, y in ((dataset.X_train, dataset.y_train), (dataset.X_val, dataset.y_val)):
        assert np.array_equal(np.rint(X[:, 0] * 255) % 3, y)


@pytest.mark.parametrize("name", ["mnist_10k", "fashion_10k"])
def test_the_embedded_data_is_the_data_that_was_published(name: str) -> None:
    dataset = load_dataset(name)
    assert dataset.name == name
    assert dataset.digest == DIGESTS[name]
    assert (len(dataset.X_train), len(dataset.X_val), len(dataset.X_test)) == (4_000, 1_000, 5_000)
    assert dataset.classes == 10
    both = np.concatenate([dataset.y_train, dataset.y_val])
    assert np.bincount(both).tolist() == [500] * 10
    assert np.bincount(dataset.y_test).tolist() == [500] * 10
    for X in (dataset.X_train, dataset.X_val, dataset.X_test):
        assert (X.min(), X.max()) == (0, 1)


def test_the_licences_stand_beside_the_embedded_data() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for words in ("CC BY-SA 3.0", "LeCun", "Zalando SE", "Permission is hereby granted", "mnist_10k", "fashion_10k"):
        assert words in text


def test_the_embedded_data_does_not_import_scikit_learn() -> None:
    """Its import would take longer than all the rest."""
    code = (
        "import sys; from graders.dataset import load_dataset; load_dataset('mnist_10k');"
        "sys.exit(any(name.split('.')[0] in {'sklearn', 'scipy', 'torch'} for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_damaged_embedded_data_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match=r"mnist_10k\.npz: the embedded dataset cannot be read") as caught:
        load_embedded("mnist_10k", folder=tmp_path)
    assert "Restore the file" in caught.value.remedy
    whole = tmp_path / "mnist_10k.npz"
    content = (FOLDER / "mnist_10k.npz").read_bytes()
    whole.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadUsage, match="BadZipFile"):
        load_embedded("mnist_10k", folder=tmp_path)
    whole.write_bytes(content[:500_000] + bytes(1_000) + content[501_000:])
    with pytest.raises(BadUsage, match="BadZipFile"):
        load_embedded("mnist_10k", folder=tmp_path)
    whole.write_bytes(content[:70] + b"\xff" * 1_000 + content[1_070:])
    with pytest.raises(BadUsage, match="while decompressing"):
        load_embedded("mnist_10k", folder=tmp_path)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("mnist10k", "mnist_10k"),
        ("MNIST", "mnist"),
        ("fashion_mnist", "fashion-mnist"),
        ("Fashion-10k", "fashion_10k"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(BadUsage, match=f"no dataset is named '{name}'. Did you mean '{nearest}'?") as caught:
        load_dataset(name)
    for known in (*DATASET_NAMES, "--data-dir"):
        assert known in caught.value.remedy


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(BadUsage, match=r"no dataset is named 'cifar'\.$"):
        load_dataset("cifar")
