"""The noun `Dataset`: three splits of flat grey images in [0, 1] with integer labels, checked at birth."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from graders.foundation.errors import BadUsage

SIDE = 28
PIXELS = SIDE * SIDE
SPLITS = ("train", "val", "test")

Images = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Images and labels in a training, a validation and a test split.

    The dataset takes over the arrays it is given and makes them read-only. Two datasets hold the same
    images when their digests are equal; `==` asks only whether they are one object.

    Args:
        name: a label for people; it says nothing about the content.
        X_train, X_val, X_test: float32 (N, 784), C-contiguous, every pixel in [0, 1].
        y_train, y_val, y_test: int64 (N,), from 0 to K-1; every class occurs in `y_train`.

    Raises:
        BadUsage: an array breaks one of these rules; the message names the array and the first wrong entry.
    """

    name: str
    X_train: Images = field(repr=False)
    y_train: Labels = field(repr=False)
    X_val: Images = field(repr=False)
    y_val: Labels = field(repr=False)
    X_test: Images = field(repr=False)
    y_test: Labels = field(repr=False)
    _digest: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        for split in SPLITS:
            X, y = getattr(self, f"X_{split}"), getattr(self, f"y_{split}")
            _check_layout(f"dataset '{self.name}': X_{split}", X, np.dtype(np.float32), f"(N, {PIXELS})")
            _check_layout(f"dataset '{self.name}': y_{split}", y, np.dtype(np.int64), "(N,)")
            _check_images(f"dataset '{self.name}': X_{split}", X, labels=len(y))
        _check_every_class_is_trained(f"dataset '{self.name}': y_train", self.y_train)
        for split in ("val", "test"):
            _check_labels(f"dataset '{self.name}': y_{split}", getattr(self, f"y_{split}"), self.classes)
        for _, array in self._arrays():
            array.setflags(write=False)

    @property
    def classes(self) -> int:
        """K, the number of classes."""
        return int(self.y_train.max()) + 1

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the six arrays: names, dtypes, shapes and bytes, not the dataset's name."""
        if not self._digest:
            sha = hashlib.sha256()
            for name, array in self._arrays():
                sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
                sha.update(array.data)
            object.__setattr__(self, "_digest", sha.hexdigest())
        return self._digest

    def train_subset(self, n: int, rng: np.random.Generator) -> tuple[Images, Labels]:
        """Draw n training images without repetition, in random order, as balanced as the class counts allow.

        Class counts differ by at most one, except where a class has no more images to give.

        Args:
            n: how many images, from 1 to the size of the training split.
            rng: decides which images and their order; the same state gives the same subset.

        Returns:
            X (n, 784) and y (n,), read-only copies.

        Raises:
            BadUsage: n lies outside that range.
        """
        size = len(self.y_train)
        if not 1 <= n <= size:
            raise BadUsage(
                f"{n} training images were asked of dataset '{self.name}', which has {size}",
                remedy=f"Ask for 1 to {size} training images.",
            )
        order = rng.permutation(size)
        turns = rank_within_class(self.y_train[order])
        # The n earliest turns, one image a class and turn; sorting the places keeps the random order.
        chosen = order[np.sort(np.argsort(turns, kind="stable")[:n])]
        X, y = self.X_train[chosen], self.y_train[chosen]
        X.setflags(write=False)
        y.setflags(write=False)
        return X, y

    def _arrays(self) -> list[tuple[str, npt.NDArray[Any]]]:
        return [(name, getattr(self, name)) for split in SPLITS for name in (f"X_{split}", f"y_{split}")]


def rank_within_class(labels: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """Number the images of each class 0, 1, 2, ... in the order in which they stand; (N,) to (N,)."""
    ranks = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        of_this_class = np.flatnonzero(labels == label)
        ranks[of_this_class] = np.arange(len(of_this_class))
    return ranks


def scale_pixels(pixels: npt.NDArray[np.uint8]) -> Images:
    """Turn grey values 0 to 255 of shape (N, 28, 28) or (N, 784) into float32 (N, 784) in [0, 1]."""
    X = pixels.reshape(len(pixels), -1).astype(np.float32, order="C")  # (N, 784)
    X /= np.float32(255)
    return X


def _check_layout(where: str, array: object, dtype: np.dtype[Any], shape: str) -> None:
    # A subclass (masked, matrix, memmap) may answer comparisons in its own way.
    if type(array) is not np.ndarray:
        raise BadUsage(f"{where} is a {type(array).__name__}", remedy="Give a plain numpy array.")
    if array.dtype != dtype:
        raise BadUsage(f"{where} is {array.dtype}, not {dtype}", remedy=f"Convert it with .astype('{dtype}').")
    fits = array.shape[1:] == ((PIXELS,) if dtype == np.float32 else ()) and array.ndim > 0
    if not fits:
        raise BadUsage(
            f"{where} has shape {array.shape}, not {shape}",
            remedy=f"Give flat images of {SIDE}×{SIDE} pixels in the order of their rows, and one label an image.",
        )
    if not array.flags.c_contiguous:
        raise BadUsage(f"{where} is not C-contiguous", remedy="Convert it with numpy.ascontiguousarray.")


def _check_images(where: str, X: Images, *, labels: int) -> None:
    if len(X) != labels:
        raise BadUsage(
            f"{where} has {len(X)} images, but its split has {labels} labels",
            remedy="Give one label for each image; check that both come from the same split.",
        )
    if len(X) == 0:
        raise BadUsage(f"{where} holds no image", remedy="Give every split some images.")
    # min and max pass a NaN on, and NaN fails both comparisons.
    within = X.min() >= 0 and X.max() <= 1
    if not within:
        image, pixel = np.argwhere(~((X >= 0) & (X <= 1)))[0]
        raise BadUsage(
            f"{where}[{image}, {pixel}] is {X[image, pixel]}; a pixel lies in [0, 1]",
            remedy="Divide grey values by 255, and leave out images with missing pixels.",
        )


def _check_every_class_is_trained(where: str, y: Labels) -> None:
    present = np.unique(y)
    if present[0] < 0:
        _check_labels(where, y, int(present[-1]) + 1)
    if not np.array_equal(present, np.arange(len(present))):
        gap = int(np.flatnonzero(present != np.arange(len(present)))[0])
        raise BadUsage(
            f"{where} has no label {gap}, though its labels run to {present[-1]}",
            remedy="Number the classes 0, 1, 2, ... and give the training split images of every one.",
        )
    if len(present) == 1:
        raise BadUsage(f"{where} holds one class only", remedy="Give images of two classes or more.")


def _check_labels(where: str, y: Labels, classes: int) -> None:
    outside = np.flatnonzero(~((y >= 0) & (y < classes)))
    if len(outside):
        raise BadUsage(
            f"{where}[{outside[0]}] is {y[outside[0]]}; the labels of the training split run from 0 to {classes - 1}",
            remedy="Number the classes 0, 1, 2, ... and give the training split images of every one.",
        )
