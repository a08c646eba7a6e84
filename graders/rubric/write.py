"""Writing a calibration into a rubric file; everything else in it, comments too, stays as it is."""

import dataclasses
import io
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from graders.foundation.calibration import Calibration
from graders.foundation.errors import BadUsage

REMARK = "Measured on the reference by grade.py calibrate; thresholds follow from it."


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Put the calibration into the file, before the criteria, in place of an older one.

    Raises:
        BadUsage: the file cannot be written.
    """
    yaml = YAML(typ="rt")
    yaml.width = 120
    yaml.preserve_quotes = True
    raw = yaml.load(path.read_text(encoding="utf-8"))
    block = CommentedMap()
    for field in dataclasses.fields(calibration):
        value = getattr(calibration, field.name)
        block[field.name] = _flow([round(v, 6) for v in value]) if isinstance(value, tuple) else value
    if "calibration" in raw:
        raw["calibration"] = block
    else:
        raw.insert(list(raw).index("criteria"), "calibration", block)
        raw.yaml_set_comment_before_after_key("calibration", before=REMARK)
    text = io.StringIO()
    yaml.dump(raw, text)
    lines = "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
    try:
        path.write_text(lines.replace(f"\n# {REMARK}", f"\n\n# {REMARK}").replace("\n\n\n", "\n\n"), encoding="utf-8")
    except OSError as error:
        message = f"cannot write to {path} ({error.strerror or error})"
        raise BadUsage(message, remedy="Copy the rubric to a place where you may write.") from error


def _flow(values: list[float]) -> CommentedSeq:
    sequence = CommentedSeq(values)
    sequence.fa.set_flow_style()
    return sequence
