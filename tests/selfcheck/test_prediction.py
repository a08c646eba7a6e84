"""Before handing in: the public part of the full rubric, and what is left to hidden tests and to a reviewer."""

import dataclasses

import numpy as np
import pytest

from graders.commands import DEFAULT_RUBRIC, SELFCHECK_RUBRIC
from graders.commands.check import practice_seed
from graders.foundation.exam import Exam
from graders.foundation.verdict import Check, Verdict
from graders.rubric import Rubric, Visibility, find_rubric, load_rubric
from graders.rubric.load import with_parameters
from graders.selfcheck.checking import SelfCheck
from graders.selfcheck.prediction import predict
from tests.selfcheck.evening import Asked, edited, exam, rubric
from tests.sitting import TINY, dataset

ANSWERS = "\n".join(f"## {h}\n\n{'A sentence with some words in it. ' * 9}\n" for h in ("Derivation", "Overfitting"))


def course(visibility: Visibility) -> Rubric:
    """Return a rubric with a public function, one of another visibility, and the answers."""
    criteria = [
        dataclasses.replace(with_parameters(name, {}), points=points, group=group, visibility=shown)
        for name, points, group, shown in (
            ("softmax", 6.0, "Blocks", Visibility.VISIBLE),
            ("cosine", 3.0, "Blocks", visibility),
            ("answers", 4.0, "Study", Visibility.VISIBLE),
        )
    ]
    return dataclasses.replace(rubric("softmax"), criteria=tuple(criteria))


@pytest.mark.parametrize("visibility", list(Visibility))
def test_only_what_is_visible_is_asked_and_the_rest_is_counted(visibility: Visibility) -> None:
    whole = course(visibility)
    asked = Asked()
    check = SelfCheck(whole.public(), asked)
    list(check.run(edited({}), dataclasses.replace(exam(), answers=ANSWERS)))
    told = predict(whole, check.steps)
    public = visibility is Visibility.VISIBLE
    assert ("cosine" in asked.names) is public
    assert told.points == 13
    assert (told.public, told.earned) == ((9, 9) if public else (6, 6))
    assert told.hidden == (0 if public else 3)
    assert dict(told.hidden_by_group) == ({} if public else {"Blocks": 3})
    assert told.reviewer > 0


def test_a_criterion_that_could_not_be_checked_leaves_no_sum() -> None:
    check = SelfCheck(rubric("softmax"), Asked())
    (step,) = check.run(edited({}), exam())
    broken = dataclasses.replace(step, result=dataclasses.replace(step.result, verdict=None, fault="broke"))
    assert predict(rubric("softmax"), [broken]).earned is None
    lost = Verdict(checks=(Check(title="x", credit=0.0),))
    wrong = dataclasses.replace(step, result=dataclasses.replace(step.result, verdict=lost))
    assert predict(rubric("softmax"), [wrong]).earned == 0


def test_no_random_input_of_the_final_grading_is_drawn_before_it() -> None:
    full, practice = load_rubric(find_rubric(DEFAULT_RUBRIC)), load_rubric(find_rubric(SELFCHECK_RUBRIC))
    assert full.seed not in (practice.seed, practice_seed(full))
    assert practice_seed(dataclasses.replace(full, seed=practice.seed)) != practice.seed
    drawn = [
        {
            array.tobytes()
            for criterion in full.criteria
            for call in criterion.grader.ask(Exam(seed=seed, data=dataset("tiny"), training=TINY))
            for array in call.args
            if isinstance(array, np.ndarray) and array.dtype.kind == "f" and criterion.name in ("softmax", "dropout")
            if call.name in ("plain", "shifted", "uneven")
        }
        for seed in (full.seed, practice_seed(full))
    ]
    assert drawn[0]
    assert not drawn[0] & drawn[1]
