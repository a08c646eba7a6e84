"""The written answers: derivation, overfitting, hidden width, schedules.

Measures: only that each of the four sections is there and has words of its own. What the words are worth is for a
person to judge, so the points stay open; the curves of the submission's own run are shown as evidence beside them.

Matters: code shows that a network trains. The answers show that its author knows why.

Fix: keep the four headings, and write under each of them what you found, with numbers from your own runs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Check, Verdict
from graders.measure.runs import numpy_run
from graders.measure.training import history_curves

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
FENCE = re.compile(r"^\s*(```|~~~)")
HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
WORD = re.compile(r"\w+")
NUMBERING = re.compile(r"^(?:(?:question|task|part|answer|problem|q|a)?\s*\d*\s+)*")
FORMULA = re.compile(r"\$[^$]+\$|\\\(|\\\[|\\frac|\\partial|∂|=")

LOOK_FOR: Mapping[str, str] = MappingProxyType(
    {
        "Derivation": "log-sum-exp differentiates to the softmax, the label's logit to minus Y; where 1/N comes in",
        "Overfitting": "three fixes, each with its reason: such as dropout, weight decay, early stopping, more data",
        "Hidden width": "underfitting of narrow networks, diminishing returns of wide ones, numbers of own runs",
        "Schedules": "constant, step and cosine compared: long steps early, short ones late, at what cost or gain",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers(Grader):
    """Looks whether the written answers are there; a person reads them.

    Args:
        min_words: how many words a section needs to count as answered; a formula is enough in the derivation.
    """

    title: ClassVar[str] = "Answers, read by a person"

    min_words: int = 15

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for the full run that accuracy is judged by, for the evidence."""
        return [numpy_run(exam, 0)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Say which sections are there, and what a reviewer may look for in them."""
        texts = sections(exam.answers)
        checks = tuple(self._check(name, texts[name]) for name in LOOK_FOR)
        present = [name for name, check in zip(LOOK_FOR, checks, strict=True) if check.credit]
        return Verdict(
            checks=checks,
            exhibits=history_curves(seen["numpy run 0"], of="of the NumPy network, first seed", what="train"),
            remarks=tuple(f"For the reviewer, {name}: {LOOK_FOR[name]}." for name in present),
            open_for_reviewer=True,
        )

    def answered(self, name: str, text: str) -> bool:
        """Tell whether a section's text counts as an answer; in the derivation a formula does."""
        return len(WORD.findall(text)) >= self.min_words or (name == "Derivation" and bool(FORMULA.search(text)))

    def _check(self, name: str, text: str) -> Check:
        words, enough = len(WORD.findall(text)), self.answered(name, text)
        reason = f"{words} words, for a reviewer to read" if enough else f"{words} words, expected {self.min_words}"
        return Check(
            title=f"'{name}' is answered",
            credit=1.0 if enough else 0.0,
            reason=reason if words else "nothing is written under this heading",
            asked="answers.md",
            fix="" if enough else f"Keep the heading '## {name}' and write your answer under it.",
            attempted=words > 0,
        )


def sections(markdown: str) -> dict[str, str]:
    """Return the text under each of the four headings, "" where there is none.

    Headings may have any level, case, number or addition ("### 1. Derivation of the gradient"). A section ends at the
    next of the four, or at the next heading of its own or a higher level. HTML comments do not count.
    """
    found = dict.fromkeys(LOOK_FOR, "")
    current, level = "", 0
    for heading, line in _lines(markdown):
        if heading is None:
            if current:
                found[current] += line + "\n"
            continue
        named = section_of(heading[2])
        if named or len(heading[1]) <= level:
            current, level = named, len(heading[1])
        elif current:
            found[current] += heading[2] + "\n"
    return found


def headings(markdown: str) -> list[tuple[int, str, str]]:
    """Return the level and words of every heading, and the text down to the next one of any level."""
    found: list[tuple[int, str, str]] = []
    for heading, line in _lines(markdown):
        if heading is not None:
            found.append((len(heading[1]), heading[2], ""))
        elif found:
            level, words, text = found[-1]
            found[-1] = (level, words, f"{text}{line}\n")
    return found


def _lines(markdown: str) -> Iterator[tuple[re.Match[str] | None, str]]:
    """Yield each line, with the match of its heading where it is one; comments are left out, code holds no heading."""
    fenced = False
    for line in COMMENT.sub("", markdown).splitlines():
        fenced ^= bool(FENCE.match(line))
        yield (None if fenced else HEADING.match(line)), line


def section_of(heading: str) -> str:
    """Return the section that a heading opens, or ""."""
    words = NUMBERING.sub("", " ".join(WORD.findall(heading)).casefold())
    return next((name for name in LOOK_FOR if words.startswith(name.casefold())), "")
