"""JUnit XML: one suite a student, one case a criterion, score and max score as the case's properties."""

import io
import re
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from graders.ledger import CriterionRow, Status, StudentResult

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NOTHING_LOST = ("full", "open")


def junit_text(results: Iterable[StudentResult]) -> str:
    """Return the class as one JUnit file."""
    buffer = io.StringIO()  # a text stream: XMLGenerator writes to a binary one several times slower
    xml = XMLGenerator(buffer, encoding="utf-8", short_empty_elements=True)
    xml.startDocument()
    _start(xml, "testsuites", {"name": "Plumbline"})
    for result in results:
        _suite(xml, result)
    xml.endElement("testsuites")
    xml.characters("\n")
    xml.endDocument()
    return buffer.getvalue()


def _start(xml: XMLGenerator, name: str, attributes: Mapping[str, str]) -> None:
    """Begin an element; nothing that XML cannot hold gets into its attributes."""
    xml.startElement(name, AttributesImpl({key: _clean(value) for key, value in attributes.items()}))


def _suite(xml: XMLGenerator, result: StudentResult) -> None:
    criteria = result.criteria
    broken = result.status in (Status.UNGRADED, Status.UNOPENED)
    cases = len(criteria) or 1
    failures = sum(_lost(c) for c in criteria)
    errors = sum(c.standing == "ungraded" for c in criteria) if criteria else int(broken)
    skipped = sum(c.standing == "open" for c in criteria) if criteria else int(not broken)
    counts = {"tests": cases, "failures": failures, "errors": errors, "skipped": skipped}
    told = {"name": result.hand_in.name, "id": result.hand_in.student, **{k: str(v) for k, v in counts.items()}}
    xml.characters("\n")
    _start(xml, "testsuite", told)
    for c in criteria:
        _case(xml, result, c)
    if not criteria:
        _start(xml, "testcase", {"classname": _clean(result.hand_in.student), "name": "submission"})
        kind = "error" if broken else "skipped"
        _start(xml, kind, {"message": _clean(f"{result.status.value}: {result.problem}")})
        xml.endElement(kind)
        xml.endElement("testcase")
    xml.endElement("testsuite")


def _case(xml: XMLGenerator, result: StudentResult, c: CriterionRow) -> None:
    _start(xml, "testcase", {"classname": _clean(result.hand_in.student), "name": _clean(c.title)})
    _start(xml, "properties", {})
    for name, value in (("score", c.earned), ("max_score", c.points)):
        _start(xml, "property", {"name": name, "value": f"{value:g}"})
        xml.endElement("property")
    xml.endElement("properties")
    kind = "error" if c.standing == "ungraded" else "skipped" if c.standing == "open" else "failure"
    if _lost(c) or kind != "failure":
        _start(xml, kind, {"message": _clean(c.reason)})
        xml.characters(_clean(c.feedback))
        xml.endElement(kind)
    xml.endElement("testcase")


def _lost(c: CriterionRow) -> bool:
    return c.standing not in (*NOTHING_LOST, "ungraded")


def _clean(text: str) -> str:
    return text if text.isascii() and text.isprintable() else NOT_XML.sub("\ufffd", text)
