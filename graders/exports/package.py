"""The archive that Gradescope runs: this program with its rubric, setup.sh and run_autograder."""

import io
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from graders.foundation.errors import BadUsage

ROOT = Path(__file__).resolve().parents[2]
# What grading needs; tests, benchmarks and the student's template stay at home.
FOLDERS = ("graders", "reference", "rubrics")
FILES = ("grade.py", "pyproject.toml", "constraints.txt", "LICENSE")
SKIPPED = ("__pycache__", ".pyc")
RUBRIC = "rubrics/gradescope_rubric.yaml"
EPOCH = (2020, 1, 1, 0, 0, 0)  # the same program and rubric make the same archive
SCRIPTS = Path(__file__).parent / "gradescope_files"


def gradescope_archive(rubric_text: str) -> bytes:
    """Return the archive to upload as a Gradescope autograder.

    Args:
        rubric_text: the rubric, whole; checked already.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, executable in _entries(rubric_text):
            info = zipfile.ZipInfo(name, date_time=EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _entries(rubric_text: str) -> Iterator[tuple[str, bytes, bool]]:
    """Yield name, content and whether it is run."""
    for name in ("setup.sh", "run_autograder"):
        yield name, (SCRIPTS / name).read_bytes(), True
    for name in FILES:
        yield f"plumbline/{name}", (ROOT / name).read_bytes(), False
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not any(part in str(path) for part in SKIPPED):
                yield f"plumbline/{path.relative_to(ROOT).as_posix()}", path.read_bytes(), False
    yield f"plumbline/{RUBRIC}", rubric_text.encode(), False


def write_archive(path: Path, rubric_text: str) -> int:
    """Write the archive; returns its size in bytes.

    Raises:
        BadUsage: it cannot be written.
    """
    content = gradescope_archive(rubric_text)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        message = f"cannot write {path} ({error.strerror or error})"
        raise BadUsage(message, remedy="Name a file in a folder where you may write, with --out.") from error
    finally:
        part.unlink(missing_ok=True)
    return len(content)
