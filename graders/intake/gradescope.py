"""A Gradescope export: folders submission_ID, and submission_metadata.yml, which Ruby wrote."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, SequenceNode

from graders.foundation.errors import BadUsage
from graders.intake.hand_in import HandIn

METADATA = "submission_metadata.yml"


def gradescope_hand_ins(folder: Path) -> list[HandIn]:
    """Return one hand-in for each submitter; the members of a group share their folder.

    Raises:
        BadUsage: the metadata cannot be read.
    """
    hand_ins = []
    for label, told in sorted(read_metadata(folder / METADATA).items()):
        work = folder / label
        files = {label: work} if work.is_dir() else {}
        for person in _submitters(told):
            identity = {key: str(person[key]).strip() for key in ("name", "sid", "email") if person.get(key)}
            who = identity.get("email") or identity.get("sid") or identity.get("name") or "unnamed"
            hand_ins.append(
                HandIn(
                    label=f"{label} {who}",
                    identity={**identity, "lms": label.removeprefix("submission_")},
                    files=files,
                    late=bool(told.get("lateness") or told.get("late")),
                )
            )
    return hand_ins


def read_metadata(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the metadata by folder name; Ruby's symbols (`:name`) become plain keys, its objects plain data.

    Raises:
        BadUsage: it is no such file.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor(None, _plain)  # `!ruby/object:...` builds nothing here
    try:
        raw = yaml.load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, YAMLError, ValueError, RecursionError) as error:
        message = f"{path} cannot be read ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
        raise BadUsage(message, remedy="Download the export again; the file comes with it.") from error
    if not isinstance(raw, Mapping) or not all(isinstance(v, Mapping) for v in raw.values()):
        message = f"{path} is no metadata of a Gradescope export: a mapping from submission_… to what is known of it"
        raise BadUsage(message, remedy="Download the export again; the file comes with it.")
    return {str(key): _without_symbols(value) for key, value in raw.items()}


def _plain(constructor: Any, node: Any) -> Any:  # noqa: ANN401 - the YAML library's own types
    if isinstance(node, MappingNode):
        return constructor.construct_mapping(node, deep=True)
    if isinstance(node, SequenceNode):
        return constructor.construct_sequence(node, deep=True)
    return constructor.construct_scalar(node)


def _submitters(told: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    people = told.get("submitters")
    found = [p for p in people if isinstance(p, Mapping)] if isinstance(people, list) else []
    return found or [{}]


def _without_symbols(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
    if isinstance(value, Mapping):
        return {str(key).removeprefix(":"): _without_symbols(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_symbols(inner) for inner in value]
    return value
