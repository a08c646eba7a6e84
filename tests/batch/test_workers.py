"""Results of workers on this machine come back whole, through files of which none is left."""

from pathlib import Path

import pytest

from graders.batch.workers import Delivery, LocalWorkers, delivered, taken


def large(count: int) -> bytes:
    """Return as much as a submission's answers are."""
    return b"0123456789abcdef" * count


def failing(words: str) -> bytes:
    """Fail."""
    raise ValueError(words)


def test_a_large_result_comes_back_as_it_is_and_leaves_no_file() -> None:
    with LocalWorkers(1, timeout=60.0) as workers:
        several = [workers.submit(large, 2**20 + n) for n in range(3)]
        folder = Path(workers.folder)
        assert [workers.result(one) for one in several] == [large(2**20 + n) for n in range(3)]
        assert list(folder.iterdir()) == []
    assert not folder.exists()


def test_what_nobody_takes_is_removed_in_the_end() -> None:
    with LocalWorkers(1, timeout=60.0) as workers:
        folder = Path(workers.folder)
        workers.submit(large, 1).result()
        assert len(list(folder.iterdir())) == 1
    assert not folder.exists()


def test_an_error_comes_back_as_one() -> None:
    with LocalWorkers(1, timeout=60.0) as workers, pytest.raises(ValueError, match="no such thing"):
        workers.result(workers.submit(failing, "no such thing"))


def test_where_no_file_can_be_written_the_result_comes_back_all_the_same(tmp_path: Path) -> None:
    assert taken(delivered(str(tmp_path / "nowhere"), large, 3)) == large(3)


def test_a_file_that_broke_off_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graders.batch.workers.pickle.dump", full)
    assert delivered(str(tmp_path), large, 3) == Delivery(result=large(3))
    assert list(tmp_path.iterdir()) == []
