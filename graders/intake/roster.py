"""The roster: who is in the class. It gives hand-ins their names and finds who handed nothing in."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graders.foundation.errors import BadUsage
from graders.intake.hand_in import HandIn

# What columns are called, in the words of the platforms that export them.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "full name", "student", "student name", "display name"),
    "first": ("first name", "first", "given name"),
    "last": ("last name", "last", "surname", "family name"),
    "sid": ("sid", "student id", "sis user id", "id number", "student number", "matriculation number"),
    "email": ("email", "email address", "e-mail", "mail"),
    "login": ("login", "login id", "sis login id", "username", "user name", "github", "github username", "identifier"),
    "lms": ("id", "canvas id", "moodle id", "user id"),
    "section": ("section", "group", "section name"),
}
IDENTIFYING = ("sid", "email", "login", "lms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One student of the class.

    Args:
        identity: name, sid, email, login, lms, section, as far as the roster has them.
        hand_in: what they handed in; None for nothing.
    """

    identity: Mapping[str, str]
    hand_in: HandIn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The class with its hand-ins.

    Args:
        members: in the roster's order, then those whom the roster does not have.
        strangers: labels of hand-ins that no line of the roster claims.
        doubtful: what a person should look at: several hand-ins for one student, or several students for one.
    """

    members: Sequence[Member]
    strangers: Sequence[str] = ()
    doubtful: Sequence[str] = field(default=())


def read_roster(path: Path) -> list[dict[str, str]]:
    """Return the roster's students.

    Raises:
        BadUsage: the file cannot be read, or has no column that names anybody.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: the roster cannot be read as UTF-8 text ({error})"
        raise BadUsage(message, remedy="Save it as 'CSV UTF-8'.") from error
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = _columns(reader.fieldnames or ())
        if not columns.keys() & {"name", "first", "last", *IDENTIFYING}:
            message = f"{path}:1: no column says who is meant; found: {', '.join(reader.fieldnames or ['nothing'])}"
            raise BadUsage(message, remedy="Name the columns name, sid, email or login (section may stand beside).")
        return [student for row in reader if (student := _student(row, columns))]
    except csv.Error as error:
        message = f"{path}:{reader.line_num}: {error}"
        raise BadUsage(message, remedy="Save it again as CSV from your spreadsheet.") from error


def _columns(header: Iterable[str]) -> dict[str, str]:
    """Return field -> column of the file."""
    found: dict[str, str] = {}
    for column in header:
        word = " ".join(str(column).casefold().replace("_", " ").split())
        for name, words in COLUMNS.items():
            if word in words:
                found.setdefault(name, column)
    return found


def _student(row: Mapping[str, str | None], columns: Mapping[str, str]) -> dict[str, str]:
    student = {name: (row.get(column) or "").strip() for name, column in columns.items()}
    first, last = student.pop("first", ""), student.pop("last", "")
    if not student.get("name"):
        student["name"] = f"{first} {last}".strip()
    return {name: value for name, value in student.items() if value}


def match(hand_ins: Sequence[HandIn], roster: Sequence[Mapping[str, str]]) -> Matched:
    """Give every hand-in its line of the roster.

    What identifies (number, address, login) is tried before names; a hand-in that fits several students equally well
    is left to a person.
    """
    certain, by_name = _index(roster)
    claimed: dict[int, HandIn] = {}
    strangers: list[HandIn] = []
    doubtful: list[str] = []
    for hand_in in hand_ins:
        lines = _lines(hand_in, certain, by_name)
        if len(lines) != 1:
            strangers.append(hand_in)
            if lines:
                names = " or ".join(sorted(roster[line].get("name", "?") for line in lines))
                doubtful.append(f"'{hand_in.label}' may be {names}: the roster does not tell them apart")
            continue
        (line,) = lines
        if line in claimed:
            who = roster[line].get("name") or hand_in.label
            doubtful.append(f"{who} has two hand-ins, '{claimed[line].label}' and '{hand_in.label}'")
            strangers.append(hand_in)
            continue
        claimed[line] = hand_in
    members = [
        Member(identity={**(h.identity if (h := claimed.get(line)) else {}), **student}, hand_in=h)
        for line, student in enumerate(roster)
    ]
    members += [Member(identity=h.identity, hand_in=h) for h in strangers]
    return Matched(members=members, strangers=[h.label for h in strangers], doubtful=doubtful)


def _index(roster: Sequence[Mapping[str, str]]) -> tuple[dict[str, set[int]], dict[str, set[int]]]:
    certain: dict[str, set[int]] = {}
    by_name: dict[str, set[int]] = {}
    for line, student in enumerate(roster):
        for key in IDENTIFYING:
            if student.get(key):
                certain.setdefault(plain(student[key]), set()).add(line)
        if "@" in student.get("email", ""):
            certain.setdefault(plain(student["email"].split("@")[0]), set()).add(line)
        for name in name_forms(student.get("name", "")):
            by_name.setdefault(name, set()).add(line)
    return certain, by_name


def _lines(hand_in: HandIn, certain: Mapping[str, set[int]], by_name: Mapping[str, set[int]]) -> set[int]:
    known = [hand_in.identity[key] for key in IDENTIFYING if hand_in.identity.get(key)]
    labels = [] if hand_in.identity else [hand_in.label, *_tails(hand_in.label)]
    for text in (*known, *labels):
        if lines := certain.get(plain(text)):
            return lines
    for text in (hand_in.identity.get("name", ""), *labels):
        for form in name_forms(text):
            if lines := by_name.get(form):
                return lines
    return set()


def _tails(label: str) -> list[str]:
    """Return what follows each dash: a clone is called assignment-login."""
    return [label[place.end() :] for place in re.finditer("-", label)]


def plain(text: str) -> str:
    """Return text as it is compared: one form of each letter, no case, no outer spaces."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def name_forms(name: str) -> list[str]:
    """Return a name's letters in the orders in which platforms write it: as it stands, and the last name first."""
    parts = [part.strip() for part in plain(name).split(",")]
    if len(parts) == 2:  # Last, First
        orders = [f"{parts[1]} {parts[0]}", f"{parts[0]} {parts[1]}"]
    else:
        words = plain(name).split()
        orders = [" ".join(words), " ".join([*words[-1:], *words[:-1]])]
    forms = ("".join(c for c in order if c.isalnum()) for order in orders)
    return list(dict.fromkeys(form for form in forms if form))
