"""The bank of mutants: the reference with one known mistake in it, each kept as find and replace in mutants/*.yaml."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from graders.catalogue import all_mistakes
from graders.foundation.exam import TrainingOptions
from graders.foundation.verdict import Verdict
from graders.grading.scorecard import CriterionResult
from graders.rubric.load import with_parameters
from graders.rubric.registry import criterion_names
from tests.sitting import Edits, edited_reference, sit, sit_submission, submission_of

FOLDER = Path(__file__).resolve().parent / "mutants"
REFERENCE = Path(__file__).resolve().parents[2] / "reference"
REQUIRED = ("id", "criterion", "what", "edits")
KNOWN = (*REQUIRED, "also", "mistake")
UNLISTED = "unlisted"

# Full runs short enough for a test, at a rate at which right networks agree within a point (s.d. over seeds 0.65).
SHORT = TrainingOptions(images=1000, H=32, lr=0.02, epochs=5, batch=50)
SITTINGS: Mapping[str, Mapping[str, Any]] = {
    "accuracy": {"data": "mnist_10k", "training": SHORT, "params": {"threshold": 0.8}},
    "accuracy_gap": {
        "data": "mnist_10k",
        "training": SHORT,
        "params": {"sd_points": 1.0, "first_seeds": 3, "max_seeds": 3},
    },
}


class BadBank(ValueError):
    """A file of the bank says something that cannot be meant; a mistake of ours, never a submission's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One known mistake.

    Args:
        id: its name in the bank, unique.
        criterion: the criterion that must lose points for it, by the name of its module in graders/.
        what: the mistake in words.
        edits: file of reference/ -> the texts that are replaced, as (old, new), one after the other.
        also: further criteria that the mistake itself breaks, which no error carried forward can give back.
        mistake: its entry in the catalogue, or UNLISTED where the catalogue does not know it and must not name it.
    """

    id: str
    criterion: str
    what: str
    edits: Mapping[str, Sequence[tuple[str, str]]]
    also: tuple[str, ...] = ()
    mistake: str = UNLISTED

    @property
    def code_edits(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """The edits of Python files."""
        return {name: changes for name, changes in self.edits.items() if name.endswith(".py")}

    @property
    def answers(self) -> str:
        """The written answers with their edits."""
        return _edited("answers.md", self.edits.get("answers.md", ()))


def load_mutants(folder: Path = FOLDER) -> tuple[Mutant, ...]:
    """Read and check all files of the bank, in the order of their names.

    Raises:
        BadBank: whatever is wrong with them, with file and line.
    """
    mutants: dict[str, tuple[Mutant, str]] = {}
    for path in sorted(folder.glob("*.yaml")):
        for where, raw in _entries(path):
            mutant = _mutant(where, raw)
            if mutant.id in mutants:
                _refuse(where, f"the id '{mutant.id}' stands at {mutants[mutant.id][1]} already")
            mutants[mutant.id] = (mutant, where)
    return tuple(mutant for mutant, _ in mutants.values())


def sit_mutant(mutant: Mutant) -> Verdict:
    """Return the verdict of the mutant's own criterion, from the real exam room."""
    return sit(mutant.criterion, **sitting_of(mutant))


def short_results(edits: Edits, names: Sequence[str]) -> dict[str, CriterionResult]:
    """Return the results of several criteria for an edited reference, whole runs being as short as for mutants."""
    criteria = [with_parameters(name, SITTINGS[name]["params"] if name in SITTINGS else {}) for name in names]
    submission = submission_of(edited_reference(edits))
    return {r.name: r for r in sit_submission(submission, criteria, "mnist_10k", SHORT)}


def sitting_of(mutant: Mutant) -> Mapping[str, Any]:
    """Return what `sit` is given beside the criterion."""
    answers = mutant.answers if mutant.criterion == "answers" else ""
    return {"edits": mutant.code_edits, "answers": answers, **SITTINGS.get(mutant.criterion, {})}


def _entries(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield place and content of each entry of a file."""
    try:
        raw: Any = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except YAMLError as error:  # a repeated key among them
        _refuse(path.name, f"not YAML: {error}")
    if not isinstance(raw, list):
        _refuse(path.name, "a file of the bank is a list of mutants")
    lines: Any = raw  # ruamel's list, which remembers its lines
    for i, entry in enumerate(raw):
        where = f"{path.name}:{lines.lc.item(i)[0] + 1}"
        if not isinstance(entry, Mapping):
            _refuse(where, f"a mutant is a mapping with {', '.join(REQUIRED)}")
        yield where, entry


def _mutant(where: str, raw: Mapping[str, Any]) -> Mutant:
    for key in raw:
        if key not in KNOWN:
            _refuse(where, f"'{key}' is not known here.{_nearest(str(key), KNOWN)}")
    for key in REQUIRED:
        if key not in raw:
            _refuse(where, f"'{key}' is missing")
    texts = {key: _text(where, key, raw[key]) for key in ("id", "criterion", "what")}
    where = f"{where} ({texts['id']})"
    also = raw.get("also", [])
    if not isinstance(also, list):
        _refuse(where, "'also' is a list of criteria")
    for name in (texts["criterion"], *also):
        if name not in criterion_names():
            _refuse(where, f"no criterion named '{name}'.{_nearest(str(name), criterion_names())}")
    if texts["criterion"] in also or len(set(also)) != len(also):
        _refuse(where, "'also' names a criterion twice, or the mutant's own")
    mistake = str(raw.get("mistake", UNLISTED))
    entries = [entry.id for entry in all_mistakes()]
    if mistake not in (UNLISTED, *entries):
        _refuse(where, f"the catalogue has no entry '{mistake}'.{_nearest(mistake, entries)}")
    edits = MappingProxyType(_edits(where, raw["edits"]))
    return Mutant(**texts, edits=edits, also=tuple(str(name) for name in also), mistake=mistake)


def _edits(where: str, raw: object) -> dict[str, tuple[tuple[str, str], ...]]:
    if not isinstance(raw, Mapping) or not raw:
        _refuse(where, "'edits' maps a file of reference/ to a list of old and new texts")
    edits = {}
    for name, changes in raw.items():
        if not (REFERENCE / str(name)).is_file():
            files = sorted(path.name for path in REFERENCE.iterdir() if path.is_file())
            _refuse(where, f"reference/ has no file '{name}'.{_nearest(str(name), files)}")
        if not isinstance(changes, list) or not changes:
            _refuse(where, f"the edits of {name} are a list of old and new texts")
        pairs = tuple(_pair(where, change) for change in changes)
        try:
            _edited(name, pairs)
        except BadBank as error:
            _refuse(where, str(error))
        edits[str(name)] = pairs
    return edits


def _pair(where: str, raw: object) -> tuple[str, str]:
    if not isinstance(raw, Mapping) or set(raw) != {"old", "new"}:
        _refuse(where, "an edit has the keys old and new, and no others")
    if not isinstance(raw["new"], str):
        _refuse(where, "'new' is a text")
    old, new = _text(where, "old", raw["old"]), str(raw["new"])
    if old == new:
        _refuse(where, f"an edit replaces {old!r} by itself")
    return old, new


def _edited(name: str, changes: Sequence[tuple[str, str]]) -> str:
    """Return a file of reference/ with its edits; each `old` must stand in it exactly once when its turn comes."""
    content = (REFERENCE / name).read_text(encoding="utf-8")
    for old, new in changes:
        if content.count(old) != 1:
            message = f"{old!r} stands {content.count(old)} times in reference/{name}, not once"
            raise BadBank(message)
        content = content.replace(old, new)
    return content


def _text(where: str, key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        _refuse(where, f"'{key}' is a text, not {value!r}")
    return str(value)


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" Did you mean '{near[0]}'?" if near else f" Known: {', '.join(known[:40])}."


def _refuse(where: str, message: str) -> NoReturn:
    text = f"{where}: {message}"
    raise BadBank(text)
