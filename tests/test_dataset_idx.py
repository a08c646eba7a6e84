"""IDX files: what the strict parser accepts, what it refuses, and in which words."""

import gzip
import struct
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.dataset import Dataset, load_dataset
from graders.dataset.idx import IMAGE, LABEL, MOST_ENTRIES, read_idx
from graders.foundation.errors import BadUsage

OFFICIAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "mnist_idx"
NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def idx_bytes(array: npt.NDArray[np.uint8]) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def small_files(n_train: int = 48, n_test: int = 12) -> dict[str, bytes]:
    rng = np.random.default_rng(9)
    made = {}
    for (images, labels), n in zip((NAMES[:2], NAMES[2:]), (n_train, n_test), strict=True):
        made[images] = idx_bytes(rng.integers(0, 256, (n, 28, 28), dtype=np.uint8))
        made[labels] = idx_bytes((np.arange(n) % 4).astype(np.uint8))
    return made


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def refusal_of(path: Path, entry: tuple[int, ...]) -> BadUsage:
    with pytest.raises(BadUsage) as caught:
        read_idx(path, entry=entry)
    assert str(path) in caught.value.message
    assert caught.value.remedy
    return caught.value


def test_the_official_files_give_55000_5000_and_10000_images() -> None:
    if not OFFICIAL.is_dir():
        pytest.skip("the official MNIST files are not beside the checkout")
    dataset = load_dataset("mnist, from files", data_dir=OFFICIAL)
    assert dataset.name == "mnist, from files"
    assert [len(X) for X in (dataset.X_train, dataset.X_val, dataset.X_test)] == [55_000, 5_000, 10_000]
    assert dataset.y_train[:4].tolist() == [5, 0, 4, 1]
    assert dataset.y_test[:4].tolist() == [7, 2, 1, 0]
    assert np.bincount(dataset.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    embedded = load_dataset("mnist_10k")
    official = {row.tobytes() for row in dataset.X_test}
    assert all(row.tobytes() in official for row in embedded.X_test)


def loaded(folder: Path) -> Dataset:
    return load_dataset("small", data_dir=folder)


def test_a_folder_of_idx_files_makes_a_dataset(tmp_path: Path) -> None:
    files = small_files()
    dataset = loaded(write(tmp_path, files))
    assert [len(X) for X in (dataset.X_train, dataset.X_val, dataset.X_test)] == [44, 4, 12]
    assert dataset.y_val.tolist() == [0, 1, 2, 3]
    pixels = np.frombuffer(files[NAMES[2]][16:], dtype=np.uint8).reshape(12, 784)
    assert np.array_equal(dataset.X_test, pixels.astype(np.float32) / np.float32(255))


@pytest.mark.parametrize("dotted", [False, True])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_customary_spelling_of_the_names_gives_the_same_dataset(
    tmp_path: Path, suffix: str, *, dotted: bool
) -> None:
    plain, other = tmp_path / "plain", tmp_path / "other"
    plain.mkdir()
    other.mkdir()
    digest = loaded(write(plain, small_files())).digest
    renamed = {
        (name.replace("-idx", ".idx") if dotted else name) + suffix: gzip.compress(content) if suffix else content
        for name, content in small_files().items()
    }
    assert loaded(write(other, renamed)).digest == digest


def test_gzip_shows_in_the_content_and_not_in_the_name(tmp_path: Path) -> None:
    """Browsers unpack a download and keep its `.gz`; some mirrors pack without it."""
    digest = loaded(write(tmp_path, small_files())).digest
    unpacked, packed = tmp_path / "unpacked", tmp_path / "packed"
    unpacked.mkdir()
    packed.mkdir()
    assert loaded(write(unpacked, {f"{n}.gz": c for n, c in small_files().items()})).digest == digest
    assert loaded(write(packed, {n: gzip.compress(c) for n, c in small_files().items()})).digest == digest


@pytest.mark.parametrize("missing", NAMES)
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    write(tmp_path, small_files())
    (tmp_path / missing).unlink()
    (tmp_path / f"{missing}.gz").mkdir()  # a folder is not the file
    with pytest.raises(BadUsage, match=f"there is no {missing} or {missing}.gz") as caught:
        loaded(tmp_path)
    assert str(tmp_path) in caught.value.message
    assert "--data-dir" in caught.value.remedy


def test_a_data_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadUsage, match=r"nowhere: the data folder cannot be opened \(No such file or directory\)"):
        loaded(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(BadUsage, match="file: the data folder cannot be opened"):
        loaded(tmp_path / "file")


def test_images_and_labels_of_different_number_are_refused(tmp_path: Path) -> None:
    short = idx_bytes((np.arange(47) % 4).astype(np.uint8))
    write(tmp_path, small_files() | {"train-labels-idx1-ubyte": short})
    with pytest.raises(
        BadUsage, match="train-images-idx3-ubyte has 48 images, but train-labels-idx1-ubyte has 47 labels"
    ):
        loaded(tmp_path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "it ends after 0 bytes, inside its header"),
        (b"\0\0\x08", "it ends after 3 bytes, inside its header"),
        (b"\0\0\x08\x03\0\0\0\x02\0\0\0\x1c", "it ends after 12 bytes, inside its header"),
        (b"\x93NUMPY\x01\0", "not with two zero bytes, so it is no IDX file"),
        (b"<!DOCTYPE html>", "It looks like a web page"),
        (b"\0\0\x0d\x03" + bytes(12), "its entries have type 0x0d, not 0x08"),
        (b"\0\0\x08\x01" + bytes(12), "it has 1 dimensions, not 3; are images and labels mixed up?"),
        (b"\0\0\x08\xff" + bytes(2_000), "it has 255 dimensions, not 3"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 1, 32, 28) + bytes(896), "its images are 32×28, not 28×28"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 0, 28, 28), "its header promises 0 entries"),
        (b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 28, 28), "its header promises 4,294,967,295 entries"),
        (b"\0\0\x08\x03" + struct.pack("<3I", 2, 28, 28) + bytes(1568), "not 28×28"),
        (
            b"\0\0\x08\x03" + struct.pack(">3I", 2, 28, 28) + bytes(1567),
            "its header promises 1,568 bytes of data, but only 1,567 follow",
        ),
        (
            b"\0\0\x08\x03" + struct.pack(">3I", 2, 28, 28) + bytes(1569),
            "more data follows the 1,568 bytes that its header promises",
        ),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_that_is_not_exactly_one_array_of_images_is_refused(
    tmp_path: Path, pack: type[bytes], content: bytes, complaint: str
) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(pack(content))
    assert complaint in refusal_of(path, IMAGE).message


def test_images_in_place_of_labels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "train-labels-idx1-ubyte"
    path.write_bytes(small_files()[NAMES[0]])
    assert "it has 3 dimensions, not 1" in refusal_of(path, LABEL).message


def test_damaged_gzip_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    packed = gzip.compress(small_files()[NAMES[0]])
    path.write_bytes(packed[:-9])  # the data whole but its end mark gone
    assert "its gzip data is damaged or cut short" in refusal_of(path, IMAGE).message
    path.write_bytes(packed[:-8] + bytes(4) + packed[-4:])  # the checksum wrong
    assert "CRC check failed" in refusal_of(path, IMAGE).message
    path.write_bytes(packed[:10] + b"\xff" + packed[11:])  # no such kind of block
    assert "while decompressing" in refusal_of(path, IMAGE).message
    path.write_bytes(packed + b"and more")
    refusal_of(path, IMAGE)


def test_a_gzip_bomb_is_unpacked_no_further_than_its_header_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 2, 28, 28) + bytes(200_000_000), 1))
    furthest = 0
    read = gzip.GzipFile.read

    def watched(stream: gzip.GzipFile, size: int | None = -1) -> bytes:
        nonlocal furthest
        assert size is not None
        assert size >= 0, "read without a bound"
        piece = read(stream, size)
        furthest = max(furthest, stream.tell())
        return piece

    monkeypatch.setattr(gzip.GzipFile, "read", watched)
    assert "more data follows" in refusal_of(path, IMAGE).message
    assert furthest == 16 + 1568 + 1


def test_a_promise_of_too_much_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "train-labels-idx1-ubyte"
    path.write_bytes(b"\0\0\x08\x01" + struct.pack(">I", MOST_ENTRIES + 1) + bytes(MOST_ENTRIES + 1))
    assert "250,001 entries; 1 to 250,000 can be read" in refusal_of(path, LABEL).message
    path.write_bytes(b"\0\0\x08\x01" + struct.pack(">I", MOST_ENTRIES) + bytes(MOST_ENTRIES))
    assert len(read_idx(path, entry=LABEL)) == MOST_ENTRIES


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    assert "it cannot be read (Is a directory)" in refusal_of(tmp_path, LABEL).message


HEADED = st.builds(
    lambda count, body: b"\0\0\x08\x01" + struct.pack(">I", count) + body,
    st.integers(0, 12),
    st.binary(max_size=12),
)


@given(content=HEADED | HEADED.map(gzip.compress) | st.binary(max_size=80))
def test_any_bytes_are_either_labels_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any-labels"
    path.write_bytes(content)
    with suppress(BadUsage):
        packed = content.startswith(b"\x1f\x8b")
        assert idx_bytes(read_idx(path, entry=LABEL)) == (gzip.decompress(content) if packed else content)
