"""The two small datasets that come with the project: 4,000 training, 1,000 validation and 5,000 test images."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from graders.dataset.model import Dataset, scale_pixels
from graders.foundation.errors import BadUsage

FOLDER = Path(__file__).parent / "embedded"
EMBEDDED_NAMES = ("mnist_10k", "fashion_10k")


def load_embedded(name: str, *, folder: Path = FOLDER) -> Dataset:
    """Read one of the embedded datasets.

    Args:
        name: one of `EMBEDDED_NAMES`.
        folder: where the `.npz` files lie.

    Raises:
        BadUsage: the file is missing or damaged.
    """
    path = folder / f"{name}.npz"
    try:
        # Opened here because np.load leaves a file open that turns out to be no zip.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return Dataset(
                name=name,
                X_train=scale_pixels(arrays["X_train"]),
                y_train=arrays["y_train"].astype(np.int64),
                X_val=scale_pixels(arrays["X_val"]),
                y_val=arrays["y_val"].astype(np.int64),
                X_test=scale_pixels(arrays["X_test"]),
                y_test=arrays["y_test"].astype(np.int64),
            )
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as damage:
        raise BadUsage(
            f"{path}: the embedded dataset cannot be read ({type(damage).__name__}: {damage})",
            remedy="Restore the file from the project's repository; it is part of the checkout.",
        ) from damage
