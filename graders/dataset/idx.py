"""The IDX files in which MNIST is distributed: a strict parser, and the folder of four that makes a dataset.

An IDX file is two zero bytes, a type code, the number of dimensions, each dimension as a big-endian 32-bit
integer, then the entries. Nothing in a file is believed before it is checked, and no file makes the
parser read more than its header and the checked dimensions call for.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from graders.dataset.model import SIDE, Dataset
from graders.dataset.split import dataset_from_official_split
from graders.foundation.errors import BadUsage

GZIP_MAGIC = b"\x1f\x8b"
UNSIGNED_BYTE = 0x08
MOST_ENTRIES = 250_000  # EMNIST digits, the largest set that comes in this layout and size, has 240,000
IMAGE = (SIDE, SIDE)
LABEL = ()


def load_idx_folder(folder: Path, *, name: str) -> Dataset:
    """Make a dataset from the four official IDX files in a folder.

    Args:
        folder: holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
            `t10k-labels-idx1-ubyte`; `train-images.idx3-ubyte` is understood too, and so is a `.gz` behind
            either. Of several, the first in that order counts.
        name: the dataset's label for people.

    Raises:
        BadUsage: a file is missing or not a proper IDX file, or the four do not fit together.
    """
    try:
        present = {entry.name for entry in folder.iterdir() if entry.is_file()}
    except OSError as refusal:
        raise BadUsage(
            f"{folder}: the data folder cannot be opened ({refusal.strerror})",
            remedy="Give --data-dir the folder that holds the four IDX files.",
        ) from refusal
    train_images, train_labels = _read_pair(folder, present, "train")
    test_images, test_labels = _read_pair(folder, present, "t10k")
    return dataset_from_official_split(
        name,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def read_idx(path: Path, *, entry: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes; whether it is gzipped shows in its content, not in its name.

    Args:
        path: the file.
        entry: the shape of one entry, `IMAGE` or `LABEL`.

    Returns:
        uint8 (N, *entry), read-only.

    Raises:
        BadUsage: the file is not exactly one such array; the message names the file and what is wrong.
    """
    try:
        with path.open("rb") as raw:
            gzipped = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            if not gzipped:
                return _parse(path, raw, entry)
            with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                return _parse(path, stream, entry)
    except (EOFError, gzip.BadGzipFile, zlib.error) as damage:
        raise _broken(path, f"its gzip data is damaged or cut short ({damage})") from damage
    except OSError as refusal:
        raise _broken(path, f"it cannot be read ({refusal.strerror})") from refusal


def _parse(path: Path, stream: IO[bytes] | gzip.GzipFile, entry: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    shape = _read_header(path, stream, entry)
    size = math.prod(shape)
    # One byte more than is due tells a longer file, and makes gzip compare its checksum at the end.
    body = stream.read(size + 1)
    if len(body) < size:
        raise _broken(path, f"its header promises {size:,} bytes of data, but only {len(body):,} follow")
    if len(body) > size:
        raise _broken(path, f"more data follows the {size:,} bytes that its header promises")
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)  # (N, *entry)


def _read_header(path: Path, stream: IO[bytes] | gzip.GzipFile, entry: tuple[int, ...]) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4:
        raise _broken(path, f"it ends after {len(magic)} bytes, inside its header")
    if magic[:2] != b"\0\0":
        page = " It looks like a web page saved in place of the file." if magic.lstrip()[:1] == b"<" else ""
        raise _broken(path, f"it begins with {magic!r}, not with two zero bytes, so it is no IDX file.{page}")
    kind, dimensions = magic[2], magic[3]
    if kind != UNSIGNED_BYTE:
        raise _broken(path, f"its entries have type 0x{kind:02x}, not 0x{UNSIGNED_BYTE:02x} (unsigned bytes)")
    due = 1 + len(entry)
    if dimensions != due:
        raise _broken(path, f"it has {dimensions} dimensions, not {due}; are images and labels mixed up?")
    sizes = stream.read(4 * due)
    if len(sizes) < 4 * due:
        raise _broken(path, f"it ends after {4 + len(sizes)} bytes, inside its header")
    count, *shape = struct.unpack(f">{due}I", sizes)
    if tuple(shape) != entry:
        raise _broken(path, f"its images are {'×'.join(map(str, shape))}, not {'×'.join(map(str, entry))}")
    if not 1 <= count <= MOST_ENTRIES:
        raise _broken(path, f"its header promises {count:,} entries; 1 to {MOST_ENTRIES:,} can be read")
    return (count, *entry)


def _read_pair(folder: Path, present: set[str], part: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    image_path = _find(folder, present, f"{part}-images-idx3-ubyte")
    label_path = _find(folder, present, f"{part}-labels-idx1-ubyte")
    images, labels = read_idx(image_path, entry=IMAGE), read_idx(label_path, entry=LABEL)
    if len(images) != len(labels):
        raise BadUsage(
            f"{folder}: {image_path.name} has {len(images):,} images, but {label_path.name} has {len(labels):,} labels",
            remedy="Take both files from the same dataset.",
        )
    return images, labels


def _find(folder: Path, present: set[str], name: str) -> Path:
    dotted = name.replace("-idx", ".idx")
    for spelling in (name, dotted, f"{name}.gz", f"{dotted}.gz"):
        if spelling in present:
            return folder / spelling
    raise BadUsage(
        f"{folder}: there is no {name} or {name}.gz",
        remedy="Give --data-dir the folder with the four IDX files itself (torchvision keeps them in MNIST/raw).",
    )


def _broken(path: Path, what: str) -> BadUsage:
    return BadUsage(f"{path}: {what}", remedy="Download the file again, or copy it from another mirror.")
