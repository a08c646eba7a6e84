"""JUnit XML: one suite a student, one case a criterion, score and max score as the case's properties."""

import functools
import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

from graders.ledger import CriterionRow, Status, StudentResult

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
IN_ATTRIBUTES = {'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#09;"}
NOTHING_LOST = ("full", "open")
START = '<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="Plumbline">\n'
END = "</testsuites>\n"


def junit_suite(result: StudentResult) -> str:
    """Return what stands between `START` and `END` for one student."""
    criteria = result.criteria
    broken = result.status in (Status.UNGRADED, Status.UNOPENED)
    cases = len(criteria) or 1
    failures = sum(_lost(c) for c in criteria)
    errors = sum(c.standing == "ungraded" for c in criteria) if criteria else int(broken)
    skipped = sum(c.standing == "open" for c in criteria) if criteria else int(not broken)
    counts = {"tests": cases, "failures": failures, "errors": errors, "skipped": skipped}
    student = result.hand_in.student
    told = {"name": result.hand_in.name, "id": student, **{k: str(v) for k, v in counts.items()}}
    inside = [_case(student, c) for c in criteria]
    if not criteria:
        problem = _element("error" if broken else "skipped", {"message": f"{result.status.value}: {result.problem}"})
        inside = [_element("testcase", {"classname": student, "name": "submission"}, problem)]
    return _element("testsuite", told, *inside) + "\n"


def _case(student: str, c: CriterionRow) -> str:
    inside = [_properties(c.earned, c.points)]
    kind = "error" if c.standing == "ungraded" else "skipped" if c.standing == "open" else "failure"
    if _lost(c) or kind != "failure":
        inside.append(_element(kind, {"message": c.reason}, escape(_clean(c.feedback))))
    return _element("testcase", {"classname": student, "name": c.title}, *inside)


@functools.lru_cache(maxsize=1024)
def _properties(earned: float, points: float) -> str:
    figures = (("score", earned), ("max_score", points))
    properties = (_element("property", {"name": name, "value": f"{value:g}"}) for name, value in figures)
    return _element("properties", {}, *properties)


def _lost(c: CriterionRow) -> bool:
    return c.standing not in (*NOTHING_LOST, "ungraded")


def _element(name: str, told: Mapping[str, str], *inside: str) -> str:
    """Return an element as xml.etree would write it, which takes five times as long.

    Args:
        name: of the element.
        told: its attributes, in any words.
        inside: what it contains, escaped already.
    """
    attributes = "".join(f' {key}="{_quoted(value)}"' for key, value in told.items())
    content = "".join(inside)
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes} />"


@functools.lru_cache(maxsize=1024)  # a class has the same titles and points over and over
def _quoted(value: str) -> str:
    return escape(_clean(value), IN_ATTRIBUTES)


def _clean(text: str) -> str:
    return text if text.isascii() and text.isprintable() else NOT_XML.sub("\ufffd", text)
