"""Naming the mistake behind a criterion that lost points, by the catalogue.

No point is given or taken here; a certain name decides in `charges` whether the mistake is charged elsewhere already.
"""

import dataclasses
from functools import partial

from graders.catalogue import catalogue_of
from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer, Observation
from graders.grading.invigilator import Invigilator
from graders.grading.questions import Identities
from graders.grading.rounds import Candidacy
from graders.grading.scorecard import CriterionResult
from graders.naming.match import diagnose, evidence
from graders.naming.mistake import Case, Catalogue

NAMELESS = "For the instructor: the search for the mistake's name failed, so that a repeated one may be charged twice"


def diagnosed(result: CriterionResult, candidacy: Candidacy, exam: Exam, invigilator: Invigilator) -> CriterionResult:
    """Return the result with what explains the loss, asking further questions where the catalogue wants them.

    A failure in here leaves the loss without a name, which gives nothing back, and a remark tells the instructor.
    """
    catalogue = catalogue_of(candidacy.criterion.name)
    if catalogue is None or result.verdict is None:
        return result
    try:
        return _explained(result, candidacy, catalogue, exam, invigilator)
    except Exception as error:  # noqa: BLE001 - a crash of ours must not take the whole grade down
        remark = f"{NAMELESS} ({type(error).__name__}: {error})."
        told = dataclasses.replace(result.verdict, remarks=(*result.verdict.remarks, remark))
        return dataclasses.replace(result, verdict=told)


def _explained(
    result: CriterionResult, candidacy: Candidacy, catalogue: Catalogue, exam: Exam, invigilator: Invigilator
) -> CriterionResult:
    ask = partial(_asked, invigilator=invigilator, candidacy=candidacy)
    seen = dict(candidacy.answers)
    seen |= {call.name: Answer(call=call, observation=ask(call)) for call in catalogue.further(exam, seen)}
    case = Case(exam=exam, seen=seen, observed=catalogue.observe(exam, seen))
    diagnoses = diagnose(case, catalogue)
    smallest = None
    if not any(not d.part for d in diagnoses):
        from graders.naming.smallest import smallest_failure  # noqa: PLC0415 - only a nameless loss needs Hypothesis

        search = ask if invigilator.searching else partial(_recalled, invigilator=invigilator, candidacy=candidacy)
        smallest = smallest_failure(catalogue.criterion, search)
    return dataclasses.replace(result, diagnoses=diagnoses, smallest=smallest, evidence=evidence(case, catalogue))


def _asked(call: Call, *, invigilator: Invigilator, candidacy: Candidacy) -> Observation:
    """Ask one question now, with the criterion's stand-ins."""
    call = candidacy.with_stand_ins(call)
    ((_, observation),) = invigilator.ask({Identities().of(call): call})
    return observation


def _recalled(call: Call, *, invigilator: Invigilator, candidacy: Candidacy) -> Observation | None:
    """Return what was answered to the same question before; None if it was not asked."""
    return invigilator.recalled(Identities().of(candidacy.with_stand_ins(call)))
