"""What a rubric file may say, as pydantic models made from the dataclasses that will hold it.

The dataclasses are the one source: their fields, types, defaults and docstrings become the validation, the error
messages and the JSON Schema.
"""

import dataclasses
import functools
import inspect
import re
import types
from typing import Annotated, Any, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from graders.foundation.calibration import Calibration
from graders.foundation.exam import TrainingOptions
from graders.foundation.limits import Limits
from graders.rubric.model import Visibility
from graders.rubric.registry import criterion_module, criterion_names, grader_class

STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def model_of(kind: type, *, name: str = "", extra: dict[str, Any] | None = None) -> type[BaseModel]:
    """Return the pydantic model of a dataclass's fields; `extra` fields come first."""
    hints = get_type_hints(kind)
    told = argument_docs(kind)
    fields: dict[str, Any] = dict(extra or {})
    for field in dataclasses.fields(kind):
        default = ... if field.default is dataclasses.MISSING else field.default
        bounds = _bounds(kind, field.name, hints[field.name])
        fields[field.name] = (_lenient(hints[field.name]), Field(default, description=told.get(field.name), **bounds))
    return create_model(name or kind.__name__, __config__=STRICT, __doc__=inspect.getdoc(kind), **fields)


def _bounds(kind: type, name: str, hint: Any) -> dict[str, Any]:  # noqa: ANN401 - any type annotation
    """Return what a number may be: none is negative, a risk is a chance, and a limit or an option is not zero."""
    if name == "schedule":
        return {"pattern": "^(step|cosine)$"}
    if hint not in (int, float, int | None, float | None):
        return {}
    if name.startswith("risk"):
        return {"gt": 0, "lt": 1}
    may_be_zero = kind not in (Limits, TrainingOptions) or name in {"images", "momentum"}
    return {"ge": 0} if may_be_zero else {"gt": 0}


def _lenient(hint: Any) -> Any:  # noqa: ANN401 - any type annotation
    """YAML has lists where the dataclasses have tuples."""
    if isinstance(hint, types.UnionType) or get_origin(hint) is not tuple:
        return hint
    return Annotated[hint, Field(strict=False)]


def argument_docs(kind: type) -> dict[str, str]:
    """Return argument -> description from a Google-style docstring."""
    section = re.search(r"^Args:\n((?:    .*\n?|\n)+)", inspect.getdoc(kind) or "", re.MULTILINE)
    told: dict[str, str] = {}
    if section:
        for name, text in re.findall(r"^    (\w+): (.*(?:\n        .*)*)", section[1], re.MULTILINE):
            told[name] = " ".join(text.split())
    return told


Points = Annotated[float, Field(gt=0, le=1000, description="The most that this criterion can give.")]
Seen = Annotated[
    Visibility,
    Field(strict=False, description="When a student may see how it came out. 'check' runs the visible ones alone."),
]


def criterion_model(name: str) -> type[BaseModel]:
    """Return the model of one criterion's line: its points, its visibility and its grader's parameters."""
    summary = (criterion_module(name).__doc__ or "").strip().splitlines()[0]
    model = model_of(
        grader_class(name),
        name=f"criterion_{name}",
        extra={"points": (Points, ...), "visibility": (Seen, Visibility.VISIBLE)},
    )
    model.__doc__ = summary
    return model


@functools.cache
def rubric_model() -> type[BaseModel]:
    """Return the model of a whole rubric file."""
    lines: dict[str, Any] = {name: (criterion_model(name) | None, None) for name in criterion_names()}
    group: Any = create_model("Group", __config__=STRICT, __doc__="Criteria by name, in the report's order.", **lines)
    fields: dict[str, Any] = {
        "title": (str, Field(min_length=1, description="The assignment's name, as the report shows it.")),
        "seed": (int, Field(ge=0, le=2**31 - 1, description="Every random input is drawn from it.")),
        "dataset": (str, Field(description="Name of the data set, such as mnist_10k.")),
        "total": (float, Field(gt=0, description="What the points must add up to.")),
        "training": (model_of(TrainingOptions), Field(default_factory=dict, validate_default=True)),
        "limits": (model_of(Limits), Field(default_factory=dict, validate_default=True)),
        "forbidden_libraries": (
            tuple[str, ...],
            Field((), strict=False, description="Packages that the NumPy half may import but not compute with."),
        ),
        "calibration": (model_of(Calibration) | None, Field(None, description="Written by grade.py calibrate.")),
        "criteria": (dict[str, group], Field(min_length=1, description="Heading -> criteria.")),
    }
    summary = "A Plumbline rubric: what is asked, how it is judged, and what it is worth."
    return create_model("Rubric", __config__=STRICT, __doc__=summary, **fields)
