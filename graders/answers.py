"""The written answers: present under their headings, and then a person's to judge.

Measures: that each of the four headings is there with an answer in own words under it. Nothing else: the points stay
open until a reviewer has read them.

Matters: a network that works shows that you can build it; a derivation and an explanation show that you know why.

Fix: write a few sentences under each heading that is empty, with numbers from your own runs where they help.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Check, Verdict
from graders.measure.runs import numpy_run
from graders.measure.training import history_curves

SECTIONS = {
    "Derivation": "how ∂L/∂Z₂ = P − Y follows from softmax and cross-entropy; for the mean, divided by N",
    "Overfitting": "three fixes for 99.9 % against 92 %, and why each works",
    "Hidden width": "what more hidden units change, with the numbers of the width study",
    "Schedules": "constant, step decay and cosine compared",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers(Grader):
    """Looks whether the answers are there.

    Args:
        min_words: words, numbers or formulas under a heading that count as an answer.
    """

    title: ClassVar[str] = "Written answers"

    min_words: int = 15

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for a training run that other criteria share: the evidence beside which the answers are read."""
        return [numpy_run(exam, 0)]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Find the sections; leave the points open."""
        sections = _sections(exam.answers)
        return Verdict(
            checks=tuple(self._present(name, sections) for name in SECTIONS),
            exhibits=history_curves(seen["numpy run 0"], of="of the submission's own NumPy network", what="train"),
            remarks=tuple(f"For the reviewer, {name}: {wanted}." for name, wanted in SECTIONS.items()),
            open_for_reviewer=True,
        )

    def _present(self, name: str, sections: dict[str, str]) -> Check:
        words = len(sections.get(name.lower(), "").split())
        there = words >= self.min_words
        reason = f"{words} words, for a reviewer to read" if there else f"{words} words under this heading."
        if name.lower() not in sections:
            reason = f"The heading '## {name}' is missing."
        return Check(
            title=f"an answer stands under '{name}'",
            credit=1.0 if there else 0.0,
            reason=reason,
            fix="" if there else f"Answer in at least {self.min_words} words.",
            attempted=words > 0,
        )


def _sections(markdown: str) -> dict[str, str]:
    """Return heading (in lower case) -> text under it, without comments; later sections of one name are joined."""
    visible = re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)
    found: dict[str, str] = {}
    name = ""
    for line in visible.splitlines():
        heading = re.fullmatch(r"\s{0,3}#{1,6}\s+(.*?)[\s#:.]*", line)
        if heading and (known := _known(heading[1])):
            name = known
            found.setdefault(name, "")
        elif name:
            found[name] += line + "\n"
    return found


def _known(heading: str) -> str:
    """Return the section that a heading names, or "" for a heading of the student's own."""
    bare = re.sub(r"^[\d.)\s*_]+|[*_]+$", "", heading).strip().lower()
    return bare if bare in {name.lower() for name in SECTIONS} else ""
