"""From an official training and test set to a `Dataset`: hold out a validation split and scale the pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from graders.dataset.model import Dataset, rank_within_class, scale_pixels

VALIDATION_SHARE = 12  # one image in twelve: 5,000 of 60,000


def dataset_from_official_split(
    name: str,
    *,
    train_images: npt.NDArray[np.uint8],
    train_labels: npt.NDArray[np.integer[Any]],
    test_images: npt.NDArray[np.uint8],
    test_labels: npt.NDArray[np.integer[Any]],
) -> Dataset:
    """Make a dataset whose validation split is a stratified twelfth of the official training set.

    Args:
        name: the dataset's label for people.
        train_images: grey values 0 to 255, (N, 28, 28) or (N, 784).
        train_labels: integers (N,).
        test_images: as the training images, of another N.
        test_labels: integers, one for each test image.

    Raises:
        BadUsage: the result breaks a rule of `Dataset`.
    """
    held_out = validation_rows(train_labels)
    return Dataset(
        name=name,
        X_train=scale_pixels(train_images[~held_out]),
        y_train=train_labels[~held_out].astype(np.int64),
        X_val=scale_pixels(train_images[held_out]),
        y_val=train_labels[held_out].astype(np.int64),
        X_test=scale_pixels(test_images),
        y_test=test_labels.astype(np.int64),
    )


def validation_rows(labels: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.bool_]:
    """Mark the last images of every class, N // 12 in all, shared among the classes in proportion.

    It is the customary split of MNIST, the last 5,000 of 60,000, with every class in its due share.

    Args:
        labels: (N,), in the official order.

    Returns:
        (N,) bool, True for validation. Nothing is random: the same labels give the same rows.
    """
    _, class_of, counts = np.unique(labels, return_inverse=True, return_counts=True)
    shares, remainders = np.divmod(counts, VALIDATION_SHARE)
    missing = len(labels) // VALIDATION_SHARE - int(shares.sum())
    # Largest remainder first; among equals the lower label.
    shares[np.argsort(-remainders, kind="stable")[:missing]] += 1
    rows: npt.NDArray[np.bool_] = rank_within_class(labels) >= (counts - shares)[class_of]
    return rows
