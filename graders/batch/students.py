"""A folder name for every student: readable, safe on every disk, the same in every run."""

import hashlib
import unicodedata
from collections.abc import Sequence

from graders.intake import Member
from graders.ledger import HandInRow

LONGEST = 60


def rows_for(members: Sequence[Member]) -> list[HandInRow]:
    """Return the class as the ledger keeps it, before anything is opened."""
    taken: set[str] = set()
    rows = []
    for member in members:
        hand_in = member.hand_in
        label = hand_in.label if hand_in else ""
        known = member.identity
        wanted = known.get("sid") or known.get("login") or known.get("email") or label or known.get("name", "")
        if "name" in known and wanted != known["name"]:
            wanted = f"{known['name']} {wanted}" if not label.startswith(known["name"]) else label
        identity = dict(known) if known.get("name") else {**known, "name": label or wanted}
        rows.append(
            HandInRow(
                student=unique(folder_name(wanted), taken),
                identity=identity,
                source=", ".join(hand_in.files) if hand_in else "",
                late=hand_in.late if hand_in else False,
            )
        )
    return rows


def folder_name(text: str) -> str:
    """Return a name in letters, digits, '.', '-' and '_' of any language, at most 60 characters long."""
    plain = unicodedata.normalize("NFKC", text)
    kept = "".join(c if c.isalnum() or c in "-_." else "-" for c in plain if c.isprintable() or c.isspace())
    name = "-".join(part for part in kept.split("-") if part).strip(".")
    if len(name) > LONGEST or len(name.encode()) > 200:
        digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]
        name = f"{name[:40]}-{digest}"
    return name or "unnamed"


def unique(name: str, taken: set[str]) -> str:
    """Return the name, with a number where it is taken already on a disk that knows no case."""
    number = 1
    candidate = name
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}-{number}"
    taken.add(candidate.casefold())
    return candidate
