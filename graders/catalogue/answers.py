"""What the written answers lack: a section's heading, its own name, or the words under it."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from graders.answers import LOOK_FOR, WORD, Answers, headings, section_of, sections
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.naming.mistake import Case, Catalogue, Key, Mistake, Outcomes, Predict

ANSWERED = "answered"

KINDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "missing": (
            "No heading of your answers is '{}', and none other could be meant by it.",
            "The answers are found by their four headings; what stands elsewhere is not looked for.",
            "Which of the four questions have you answered, and under which heading does each answer stand?",
        ),
        "renamed": (
            "No heading of your answers is '{}', but one section stands under a heading of another name.",
            "The answers are found by their four headings, whatever their number, level or case.",
            "Compare your headings with those of the file that you started from.",
        ),
        "empty": (
            "The heading '{}' is there, and nothing is written under it.",
            "Comments do not count, and what stands under the next heading belongs to that.",
            "What did you find out about it, with which numbers of your own runs?",
        ),
        "short": (
            "Under '{}' there are only a few words.",
            "A reviewer cannot see from them that you know why.",
            "What did you find out about it, with which numbers of your own runs?",
        ),
    }
)

mistake = partial(Mistake, criterion="answers")


def observe(exam: Exam, seen: Seen) -> Outcomes:
    """Return how each section stands."""
    del seen
    texts, all_headings = sections(exam.answers), headings(exam.answers)
    levels = {level for level, words, _ in all_headings if section_of(words)}
    opened = {section_of(words) for _, words, _ in all_headings}
    strange = [w for level, w, text in all_headings if level in levels and not section_of(w) and _enough(text)]
    renamed = len(strange) == 1 and len(set(LOOK_FOR) - opened) == 1
    found: dict[Key, str] = {}
    for name, text in texts.items():
        if _enough(text, name):
            found[name, name] = ANSWERED
        elif name not in opened:
            found[name, name] = "renamed" if renamed else "missing"
        else:
            found[name, name] = "short" if WORD.search(text) else "empty"
    return found


def _enough(text: str, section: str = "") -> bool:
    """Tell whether a text has the words that count as an answer; the grader's own judgement."""
    return Answers().answered(section, text)


def right(_case: Case) -> Outcomes:
    """Predict that every section is answered."""
    return {(name, name): ANSWERED for name in LOOK_FOR}


def _stands(section: str, how: str) -> Predict:
    def predict(_case: Case) -> Outcomes:
        return {(section, section): how}

    return predict


CATALOGUE = Catalogue(
    criterion="answers",
    observe=observe,
    right=right,
    mistakes=tuple(
        mistake(
            id=f"answers-{section.casefold().replace(' ', '-')}-{kind}",
            did=did.format(section),
            why=why,
            see="Read the headings of your answers alone, one after the other, and count the words under each.",
            fix=fix,
            gives=_stands(section, kind),
        )
        for section in LOOK_FOR
        for kind, (did, why, fix) in KINDS.items()
    ),
)
