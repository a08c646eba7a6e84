"""The full MNIST and Fashion-MNIST from OpenML, through scikit-learn and its cache."""

import socket
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from graders.dataset.model import PIXELS, Dataset
from graders.dataset.split import dataset_from_official_split
from graders.foundation.errors import BadUsage

SECONDS_TO_WAIT_FOR_THE_NETWORK = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenmlSource:
    """Where OpenML keeps a dataset, and how to know its official test set, which stands last.

    Args:
        openml_name: the dataset's name on OpenML; version 1 is meant.
        train_images: the size of the official training set.
        test_counts: how many images of each class the official test set has.
        offline: the embedded dataset to name when there is no network.
    """

    openml_name: str
    train_images: int
    test_counts: tuple[int, ...]
    offline: str


OPENML_SOURCES: Mapping[str, OpenmlSource] = MappingProxyType(
    {
        "mnist": OpenmlSource(
            openml_name="mnist_784",
            train_images=60_000,
            test_counts=(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
            offline="mnist_10k",
        ),
        "fashion-mnist": OpenmlSource(
            openml_name="Fashion-MNIST",
            train_images=60_000,
            test_counts=(1000,) * 10,
            offline="fashion_10k",
        ),
    }
)


def load_openml(name: str, source: OpenmlSource, *, data_home: Path | None = None) -> Dataset:
    """Fetch a dataset, or read it from scikit-learn's cache if it was fetched before.

    Args:
        name: the dataset's label for people.
        source: what to fetch and what it must hold.
        data_home: scikit-learn's cache folder; its default where None.

    Raises:
        BadUsage: it cannot be fetched, or is not the dataset that was meant.
    """
    data, target = _fetch(name, source, data_home)
    images = _grey_values(name, data)
    labels = _integer_labels(name, target)
    official = source.train_images
    test_counts = np.bincount(labels[official:], minlength=len(source.test_counts))
    if not np.array_equal(test_counts, source.test_counts):
        raise BadUsage(
            f"dataset '{name}' from OpenML has {len(labels):,} images, and those after the first {official:,} are not"
            f" the official test set (images per class {test_counts.tolist()}, not {list(source.test_counts)})",
            remedy=_remedy(source),
        )
    return dataset_from_official_split(
        name,
        train_images=images[:official],
        train_labels=labels[:official],
        test_images=images[official:],
        test_labels=labels[official:],
    )


def _fetch(name: str, source: OpenmlSource, data_home: Path | None) -> tuple[Any, Any]:
    # Importing scikit-learn takes a second that no other source should cost.
    from sklearn.datasets import fetch_openml  # noqa: PLC0415

    try:
        with _patient_but_quiet():
            fetched = fetch_openml(
                source.openml_name,
                version=1,
                data_home=data_home,
                as_frame=False,
                parser="liac-arff",
                n_retries=1,
            )
    # Whatever goes wrong in there (no network, a broken answer or cache), the caller's way out is the same.
    except Exception as failure:
        reason = str(getattr(failure, "reason", failure)).strip().partition("\n")[0]
        raise BadUsage(
            f"dataset '{name}' cannot be fetched from OpenML ({type(failure).__name__}: {reason})",
            remedy=_remedy(source),
        ) from failure
    return fetched.data, fetched.target


@contextmanager
def _patient_but_quiet() -> Iterator[None]:
    before = socket.getdefaulttimeout()
    # fetch_openml sets no timeout: behind a firewall that drops packets it would wait for many minutes.
    socket.setdefaulttimeout(SECONDS_TO_WAIT_FOR_THE_NETWORK)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns at each retry; the error says it once
            yield
    finally:
        socket.setdefaulttimeout(before)


def _grey_values(name: str, data: object) -> npt.NDArray[np.uint8]:
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != PIXELS:
        raise _not_the_dataset(name, f"its images have shape {getattr(data, 'shape', None)}, not (N, {PIXELS})")
    # min and max pass a NaN on, and NaN fails both comparisons.
    within = data.size > 0 and data.min() >= 0 and data.max() <= 255
    if not within:
        raise _not_the_dataset(name, "a grey value is missing or lies outside 0 to 255")
    images = data.astype(np.uint8)
    if not np.array_equal(images, data):
        raise _not_the_dataset(name, "a grey value is not a whole number")
    return images


def _integer_labels(name: str, target: object) -> npt.NDArray[np.int64]:
    try:
        values = np.asarray(target).astype(np.float64)  # (N,), from "0" to "9" as OpenML has them
    except (ValueError, TypeError) as refusal:
        raise _not_the_dataset(name, f"its labels are not numbers ({refusal})") from refusal
    proper = (values >= 0) & (values <= 255) & (np.rint(values) == values)
    if not proper.all():
        raise _not_the_dataset(name, f"{values[~proper][0]} is no label")
    return values.astype(np.int64)


def _not_the_dataset(name: str, why: str) -> BadUsage:
    return BadUsage(
        f"dataset '{name}' from OpenML is not what it should be: {why}",
        remedy="Remove it from scikit-learn's cache folder and fetch it again, or use --data-dir.",
    )


def _remedy(source: OpenmlSource) -> str:
    return (
        f"Use the embedded data (--dataset {source.offline}), or put the four official IDX files into a folder"
        " and give it as --data-dir; both work offline."
    )
