"""Naming the mistake behind a criterion that lost points, by the catalogue; never a point is given or taken here."""

from collections.abc import Mapping

from graders.catalogue.match import diagnose
from graders.catalogue.mistake import Case
from graders.catalogue.registry import catalogue_of
from graders.foundation.call import Call
from graders.foundation.diagnosis import Diagnosis
from graders.foundation.exam import Exam
from graders.foundation.observation import Answer
from graders.grading.invigilator import Invigilator
from graders.grading.questions import Identities
from graders.grading.rounds import Candidacy


def diagnosed(candidacy: Candidacy, exam: Exam, invigilator: Invigilator) -> tuple[Diagnosis, ...]:
    """Return what explains the answers of a criterion, asking further questions where the catalogue wants them."""
    catalogue = catalogue_of(candidacy.criterion.name)
    if catalogue is None:
        return ()
    seen = dict(candidacy.answers)
    further = [candidacy.with_stand_ins(call) for call in catalogue.further(exam, seen)]
    seen |= _asked(further, invigilator)
    return diagnose(Case(exam=exam, seen=seen, observed=catalogue.observe(exam, seen)), catalogue)


def _asked(calls: list[Call], invigilator: Invigilator) -> Mapping[str, Answer]:
    """Ask these questions now."""
    identities = Identities()
    wanted = {identities.of(call): call for call in calls}
    known = dict(invigilator.ask(wanted))
    return {call.name: Answer(call=call, observation=known[identity]) for identity, call in wanted.items()}
