"""JUnit XML: one suite a student, one case a criterion, score and max score as the case's properties."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator

from graders.ledger import CriterionRow, Status, StudentResult

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NOTHING_LOST = ("full", "open")


def junit_text(results: Iterable[StudentResult]) -> str:
    """Return the class as one JUnit file."""
    return "\n".join(_lines(results))


def _lines(results: Iterable[StudentResult]) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield '<testsuites name="Plumbline">'
    for result in results:  # one suite at a time: the whole tree of a large class would fill the memory
        yield ET.tostring(_suite(result), encoding="unicode")
    yield "</testsuites>\n"


def _suite(result: StudentResult) -> ET.Element:
    criteria = result.criteria
    broken = result.status in (Status.UNGRADED, Status.UNOPENED)
    cases = len(criteria) or 1
    failures = sum(_lost(c) for c in criteria)
    errors = sum(c.standing == "ungraded" for c in criteria) if criteria else int(broken)
    skipped = sum(c.standing == "open" for c in criteria) if criteria else int(not broken)
    counts = {"tests": cases, "failures": failures, "errors": errors, "skipped": skipped}
    student = _clean(result.hand_in.student)
    told = {"name": _clean(result.hand_in.name), "id": student, **{k: str(v) for k, v in counts.items()}}
    suite = ET.Element("testsuite", told)
    for c in criteria:
        _case(suite, student, c)
    if not criteria:
        case = ET.SubElement(suite, "testcase", {"classname": student, "name": "submission"})
        message = _clean(f"{result.status.value}: {result.problem}")
        ET.SubElement(case, "error" if broken else "skipped", {"message": message})
    return suite


def _case(suite: ET.Element, student: str, c: CriterionRow) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": student, "name": _clean(c.title)})
    properties = ET.SubElement(case, "properties")
    for name, value in (("score", c.earned), ("max_score", c.points)):
        ET.SubElement(properties, "property", {"name": name, "value": f"{value:g}"})
    kind = "error" if c.standing == "ungraded" else "skipped" if c.standing == "open" else "failure"
    if _lost(c) or kind != "failure":
        ET.SubElement(case, kind, {"message": _clean(c.reason)}).text = _clean(c.feedback)


def _lost(c: CriterionRow) -> bool:
    return c.standing not in (*NOTHING_LOST, "ungraded")


def _clean(text: str) -> str:
    return text if text.isascii() and text.isprintable() else NOT_XML.sub("\ufffd", text)
