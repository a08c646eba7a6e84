"""Reading a rubric file. A mistake in it is told with file, line and the nearest right word."""

import dataclasses
import difflib
import hashlib
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from graders.foundation.calibration import Calibration
from graders.foundation.errors import BadRubric
from graders.foundation.exam import TrainingOptions
from graders.foundation.limits import Limits
from graders.foundation.page import page_of
from graders.rubric.model import Criterion, Rubric
from graders.rubric.registry import criterion_module, criterion_names, grader_class
from graders.rubric.shape import criterion_model, rubric_model

FOLDER = Path(__file__).resolve().parents[2] / "rubrics"
SIZE_CAP = 2**20

Place = tuple[str | int, ...]


def find_rubric(name: str) -> Path:
    """Return the path of a rubric given by path, or by the name of a file in rubrics/.

    Raises:
        BadRubric: there is none.
    """
    path = Path(name)
    if path.is_file():
        return path
    known = sorted(p.stem for p in FOLDER.glob("*.yaml"))
    if name in known:
        return FOLDER / f"{name}.yaml"
    message = f"no rubric '{name}': neither a file nor one of {', '.join(known)}{_nearest(name, known)}"
    raise BadRubric(message, remedy="Give a path to a YAML file, or one of the names above.")


def load_rubric(path: Path) -> Rubric:
    """Read and check a rubric file.

    Raises:
        BadRubric: whatever is wrong with it, with file and line.
    """
    return parse_rubric(path, read_rubric(path))


def parse_rubric(path: Path, text: str) -> Rubric:
    """Check a rubric's text; `path` is what messages call it.

    Raises:
        BadRubric: whatever is wrong with it, with its line.
    """
    raw = _parse(path, text)
    _refuse_unknown_names(path, raw)
    try:
        checked: Any = rubric_model().model_validate(_plain(raw))  # its fields are made at run time
    except ValidationError as error:
        _refuse(path, raw, error)
    calibration = None if checked.calibration is None else Calibration(**checked.calibration.model_dump())
    if calibration is not None and not calibration.consistent:
        message = f"{path}: the calibration's thresholds do not follow from its accuracies at its risk"
        raise BadRubric(message, remedy=f"Run: python grade.py calibrate {path}")
    criteria = tuple(_criteria(raw, checked))
    _refuse_wrong_total(path, raw, checked.total, criteria)
    return Rubric(
        title=checked.title,
        seed=checked.seed,
        dataset=checked.dataset,
        training=TrainingOptions(**checked.training.model_dump()),
        limits=Limits(**checked.limits.model_dump()),
        forbidden_libraries=tuple(checked.forbidden_libraries),
        calibration=calibration,
        criteria=criteria,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def with_parameters(name: str, parameters: Mapping[str, Any]) -> Criterion:
    """Return a criterion outside a rubric file, for one point, with these parameters."""
    checked = criterion_model(name).model_validate({"points": 1.0, **parameters})
    return _criterion(name, "", checked)


def _criteria(raw: Mapping[str, Any], checked: Any) -> Iterable[Criterion]:  # noqa: ANN401 - a model made at run time
    """Yield the criteria in the file's order."""
    for group, lines in checked.criteria.items():
        for name in raw["criteria"][group]:
            if getattr(lines, name) is not None:
                yield _criterion(name, group, getattr(lines, name))


def _criterion(name: str, group: str, line: Any) -> Criterion:  # noqa: ANN401 - a model made at run time
    kind: Any = grader_class(name)
    parameters = {f.name: getattr(line, f.name) for f in dataclasses.fields(kind)}
    points = float(line.points)
    page = page_of(criterion_module(name))
    return Criterion(
        name=name, group=group, points=points, grader=kind(**parameters), page=page, visibility=line.visibility
    )


def read_rubric(path: Path) -> str:
    """Return the text of a rubric file.

    Raises:
        BadRubric: it cannot be read.
    """
    try:
        if path.stat().st_size > SIZE_CAP:
            message = f"{path}: larger than {SIZE_CAP // 1024} KB; this is no rubric"
            raise BadRubric(message)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: cannot be read as UTF-8 text ({error})"
        raise BadRubric(message) from error


def _parse(path: Path, text: str) -> Mapping[str, Any]:
    try:
        raw = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"{path}:{line}: {(error.problem or 'not YAML').splitlines()[0]}"
        raise BadRubric(message, remedy="Mend the YAML at that line.") from error
    except (YAMLError, ValueError, RecursionError) as error:
        message = f"{path}:1: not YAML ({str(error).splitlines()[0] if str(error) else 'broken'})"
        raise BadRubric(message) from error
    if not isinstance(raw, Mapping):
        message = f"{path}:1: a rubric is a mapping with title, seed, dataset, total and criteria"
        raise BadRubric(message)
    return raw


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    """Return YAML's annotated containers and scalars as plain ones."""
    if isinstance(value, Mapping):
        return {_plain(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _refuse_unknown_names(path: Path, raw: Mapping[str, Any]) -> None:
    """A misspelt criterion is by far the likeliest mistake; it gets a sentence of its own."""
    criteria = raw.get("criteria")
    seen: dict[str, int] = {}
    for group, lines in criteria.items() if isinstance(criteria, Mapping) else ():
        for name in lines if isinstance(lines, Mapping) else ():
            line = _line(raw, ("criteria", group, name))
            if name not in criterion_names():
                message = (
                    f"{path}:{line}: no grader named '{name}' in graders/.{_nearest(str(name), criterion_names())}"
                )
                raise BadRubric(message, remedy="A criterion is named as its module in graders/.")
            if name in seen:
                message = f"{path}:{line}: '{name}' stands in the rubric already, in line {seen[name]}"
                raise BadRubric(message, remedy="Give each criterion one line.")
            seen[name] = line


def _refuse(path: Path, raw: Mapping[str, Any], error: ValidationError) -> NoReturn:
    # A misspelt key also counts as a missing one; the misspelling is what a reader wants to hear of.
    first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    place = tuple(p for p in first["loc"] if not (isinstance(p, str) and p.startswith(("criterion_", "Group"))))
    dotted = ".".join(str(p) for p in place)
    known = _known_at(place[:-1])
    hint = _nearest(str(place[-1]), known) if first["type"] == "extra_forbidden" and place else ""
    said = {
        "extra_forbidden": f"'{place[-1] if place else ''}' is not known here.{hint}",
        "missing": f"'{place[-1] if place else ''}' is missing",
    }.get(first["type"], f"{dotted}: {first['msg'][0].lower()}{first['msg'][1:]}, not {first['input']!r:.60}")
    message = f"{path}:{_line(raw, place)}: {said}"
    remedy = f"Known here: {', '.join(known)}." if known and first["type"] == "extra_forbidden" else ""
    raise BadRubric(message, remedy=remedy)


def _known_at(place: Place) -> list[str]:
    """Return the keys that may stand at a place of the file."""
    match place:
        case ():
            return list(rubric_model().model_fields)
        case ("training",):
            return [f.name for f in dataclasses.fields(TrainingOptions)]
        case ("limits",):
            return [f.name for f in dataclasses.fields(Limits)]
        case ("criteria", _, str() as name) if name in criterion_names():
            return list(criterion_model(name).model_fields)
    return []


def _refuse_wrong_total(path: Path, raw: Mapping[str, Any], total: float, criteria: Iterable[Criterion]) -> None:
    points = math.fsum(c.points for c in criteria)
    if not abs(points - total) <= 1e-9:
        message = f"{path}:{_line(raw, ('total',))}: the points add up to {points:g}, but total says {total:g}"
        raise BadRubric(message, remedy="Change a criterion's points, or total.")


def _line(raw: Any, place: Place) -> int:  # noqa: ANN401 - YAML's annotated containers
    """Return the line of the key at `place`, or of the nearest key above it that is there."""
    line = 1
    for key in place:
        marks = getattr(raw, "lc", None)
        if marks is None:
            break
        try:
            line = (marks.key(key) if isinstance(raw, Mapping) else marks.item(key))[0] + 1
            raw = raw[key]
        except (KeyError, IndexError, TypeError):
            break
    return int(line)


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return ' Did you mean …?' or nothing."""
    near = difflib.get_close_matches(re.sub(r"\W", "_", name), list(known), n=1, cutoff=0.5)
    return f" Did you mean '{near[0]}'?" if near else ""
