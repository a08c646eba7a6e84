"""OpenML through scikit-learn: read from a cache that the test lays out, and refused kindly without a network."""

import gzip
import hashlib
import json
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from graders.dataset import load_dataset
from graders.dataset.openml import OPENML_SOURCES, OpenmlSource, load_openml
from graders.foundation.errors import BadUsage

TINY = OpenmlSource(openml_name="mnist_784", train_images=120, test_counts=(5,) * 4, offline="mnist_10k")
DATA_ID = 554


def tiny_rows(pixels: int = 784) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """120 training and then 20 test images of four classes, (140, pixels) and (140,)."""
    rng = np.random.default_rng(11)
    return rng.integers(0, 256, (140, pixels)), np.arange(140) % 4


def fill_cache(data_home: Path, X: npt.NDArray[Any], y: npt.NDArray[Any], *, name: str = "mnist_784") -> None:
    """Lay out what scikit-learn keeps of OpenML's five answers, under the paths of their addresses."""
    columns = [f"pixel{i + 1}" for i in range(X.shape[1])]
    header = [f"@RELATION {name}", *(f"@ATTRIBUTE {column} real" for column in columns)]
    header.append(f"@ATTRIBUTE class {{{','.join(sorted({str(label) for label in y}))}}}")
    rows = [",".join([*map(str, image), str(label)]) for image, label in zip(X.tolist(), y.tolist(), strict=True)]
    arff = "\n".join([*header, "@DATA", *rows]) + "\n"
    arff_path = f"data/v1/download/{DATA_ID}"
    features = [
        {
            "index": str(i),
            "name": column,
            "data_type": "nominal" if column == "class" else "numeric",
            "is_target": "true" if column == "class" else "false",
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": "0",
        }
        for i, column in enumerate([*columns, "class"])
    ]
    description = {
        "id": str(DATA_ID),
        "name": name,
        "version": "1",
        "format": "ARFF",
        "status": "active",
        "description": "a small stand-in",
        "file_id": str(DATA_ID),
        "url": f"https://www.openml.org/{arff_path}",
        "md5_checksum": hashlib.md5(arff.encode(), usedforsecurity=False).hexdigest(),
    }
    qualities = [{"name": "NumberOfInstances", "value": str(len(X))}]
    found = {"did": DATA_ID, "name": name, "version": 1, "status": "active"}
    api = "api/v1/json/data"
    answers = {
        f"{api}/list/data_name/{name.lower()}/limit/2/data_version/1": json.dumps({"data": {"dataset": [found]}}),
        f"{api}/{DATA_ID}": json.dumps({"data_set_description": description}),
        f"{api}/features/{DATA_ID}": json.dumps({"data_features": {"feature": features}}),
        f"{api}/qualities/{DATA_ID}": json.dumps({"data_qualities": {"quality": qualities}}),
        arff_path: arff,
    }
    for address, answer in answers.items():
        path = data_home / "openml" / "openml.org" / f"{address}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(answer.encode()))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name resolves, at once; and waiting between retries takes no time."""

    def unresolved(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    monkeypatch.setattr(time, "sleep", lambda _: None)


def test_a_cached_dataset_loads_without_a_network(tmp_path: Path) -> None:
    X, y = tiny_rows()
    fill_cache(tmp_path, X, y)
    dataset = load_openml("mnist", TINY, data_home=tmp_path)
    assert dataset.name == "mnist"
    assert [len(part) for part in (dataset.X_train, dataset.X_val, dataset.X_test)] == [110, 10, 20]
    assert np.array_equal(dataset.X_test, X[120:].astype(np.float32) / np.float32(255))
    assert np.array_equal(dataset.y_test, y[120:])
    assert sorted(np.bincount(dataset.y_val)) == [2, 2, 3, 3]
    first_of_val = int(np.flatnonzero((np.rint(dataset.X_val[0] * 255) == X).all(axis=1))[0])
    assert first_of_val >= 108, "validation images are the last of the training set"


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_dataset_that_is_not_the_official_one_is_refused(tmp_path: Path, name: str) -> None:
    """The name reaches OpenML's listing, and 140 images are not the 70,000 that were meant."""
    fill_cache(tmp_path, *tiny_rows(), name=OPENML_SOURCES[name].openml_name)
    with pytest.raises(BadUsage, match=f"dataset '{name}' from OpenML has 140 images") as caught:
        load_dataset(name, data_home=tmp_path)
    assert "--data-dir" in caught.value.remedy


def test_the_official_test_sets_have_10000_images() -> None:
    for source in OPENML_SOURCES.values():
        assert (source.train_images, sum(source.test_counts)) == (60_000, 10_000)


def test_rows_in_another_order_are_refused(tmp_path: Path) -> None:
    X, y = tiny_rows()
    order = np.argsort(y, kind="stable")
    fill_cache(tmp_path, X[order], y[order])
    with pytest.raises(BadUsage, match=r"are not the official test set \(images per class \[0, 0, 0, 20\]"):
        load_openml("mnist", TINY, data_home=tmp_path)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_without_a_network_the_error_names_what_works_offline(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadUsage, match=f"dataset '{name}' cannot be fetched from OpenML") as caught:
        load_dataset(name, data_home=tmp_path)
    assert "Name or service not known" in caught.value.message
    assert f"--dataset {OPENML_SOURCES[name].offline}" in caught.value.remedy
    assert "--data-dir" in caught.value.remedy
    assert caught.value.exit_status == 2
    assert socket.getdefaulttimeout() is None, "the time-out of other connections is as it was"


def test_a_damaged_cache_without_a_network_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    fill_cache(tmp_path, *tiny_rows())
    (arff,) = tmp_path.rglob("data/v1/download/*.gz")
    arff.write_bytes(gzip.compress(b"@RELATION something else"))
    with pytest.raises(BadUsage, match="cannot be fetched from OpenML"):
        load_openml("mnist", TINY, data_home=tmp_path)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (300, "a grey value is missing or lies outside 0 to 255"),
        (-1, "a grey value is missing or lies outside 0 to 255"),
        ("?", "a grey value is missing or lies outside 0 to 255"),
        (7.5, "a grey value is not a whole number"),
    ],
)
def test_a_value_that_is_no_grey_value_is_refused(tmp_path: Path, value: object, complaint: str) -> None:
    X, y = tiny_rows()
    spoilt = X.astype(object)
    spoilt[5, 5] = value
    fill_cache(tmp_path, spoilt, y)
    with pytest.raises(BadUsage, match=complaint):
        load_openml("mnist", TINY, data_home=tmp_path)


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    fill_cache(tmp_path, *tiny_rows(pixels=10))
    with pytest.raises(BadUsage, match=r"its images have shape \(140, 10\), not \(N, 784\)"):
        load_openml("mnist", TINY, data_home=tmp_path)


@pytest.mark.parametrize(("label", "complaint"), [("shirt", "its labels are not numbers"), ("0.5", "0.5 is no label")])
def test_labels_that_are_no_class_numbers_are_refused(tmp_path: Path, label: str, complaint: str) -> None:
    X, y = tiny_rows()
    spoilt = y.astype(object)
    spoilt[3] = label
    fill_cache(tmp_path, X, spoilt)
    with pytest.raises(BadUsage, match=complaint):
        load_openml("mnist", TINY, data_home=tmp_path)
