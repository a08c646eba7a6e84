"""First questions are drawn once for a class, and told apart by their content."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from graders.exam_room.translate import question
from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.grader import Grader, Seen
from graders.foundation.verdict import Verdict
from graders.grading.questions import Identities, first_questions
from graders.rubric import find_rubric, load_rubric
from tests.sitting import TINY, dataset


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Curious(Grader):
    """Asks about whatever it is told."""

    size: int = 3

    def ask(self, exam: Exam) -> Sequence[Call]:
        """Ask for a softmax, and for what a submission wrote."""
        z = exam.rng("curious").normal(size=(1, self.size))
        return [Call(name="z", target="softmax", args=(z,)), Call(name=exam.answers, target="softmax", args=(z + 1,))]

    def judge(self, exam: Exam, seen: Seen) -> Verdict:
        """Judge nothing."""
        raise NotImplementedError


@pytest.fixture
def exam() -> Exam:
    return Exam(seed=1, data=dataset("tiny"), training=TINY)


def test_a_class_is_asked_the_same_objects(exam: Exam) -> None:
    first = first_questions(Curious(), exam)
    assert first_questions(Curious(), dataclasses.replace(exam, answers="mine")) is first
    assert [call.name for call in first] == ["z", ""]  # what one submission wrote is no other one's question
    assert not any(array.flags.writeable for call in first for array in question(call, number=0, seed=0).arrays)


def test_another_seed_other_options_or_another_parameter_draw_anew(exam: Exam) -> None:
    first = first_questions(Curious(), exam)
    others = (
        first_questions(Curious(), dataclasses.replace(exam, seed=2)),
        first_questions(Curious(), dataclasses.replace(exam, training=dataclasses.replace(TINY, epochs=3))),
        first_questions(Curious(size=4), exam),
    )
    assert all(other is not first for other in others)
    identities = Identities()
    assert identities.of(others[0][0]) != identities.of(first[0])
    assert identities.of(others[1][0]) == identities.of(first[0])  # the same content is the same question
    assert identities.of(others[2][0]) != identities.of(first[0])


def test_every_first_question_is_the_one_that_is_drawn_anew(exam: Exam) -> None:
    for criterion in load_rubric(find_rubric("usaaio_2024_r1_p4")).criteria:
        drawn = first_questions(criterion.grader, exam)
        anew = criterion.grader.ask(exam)
        assert [Identities().of(call) for call in anew] == [Identities().of(call) for call in drawn]


def test_equal_content_is_one_question_whoever_asks(exam: Exam) -> None:
    (call, _) = first_questions(Curious(), exam)
    z = call.args[0]
    assert isinstance(z, np.ndarray)
    alike = Call(name="another name", target="softmax", args=(z.copy(),))
    assert Identities().of(alike) == Identities().of(call)
    for other in (dataclasses.replace(alike, repeat=1), dataclasses.replace(alike, args=(z + 1e-9,))):
        assert Identities().of(other) != Identities().of(call)
