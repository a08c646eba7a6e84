"""The tables of results.db, version by version. `PRAGMA user_version` says which version a file has.

A new version is a new entry at the end of `VERSIONS`; those before it never change, so that every file can be brought
up to date by running the entries it lacks, in one transaction.
"""

import sqlite3

VERSIONS = (
    # 1: grading
    """
    CREATE TABLE rubric (          -- every rubric that was judged by, whole
        digest TEXT PRIMARY KEY,   -- sha256 of its text
        path   TEXT NOT NULL,      -- where it came from, for messages
        title  TEXT NOT NULL,
        text   TEXT NOT NULL
    );
    CREATE TABLE parcel (          -- every submission that was graded, whole
        digest  TEXT PRIMARY KEY,  -- sha256 of the parcel (graders/ledger/parcel.py)
        content BLOB NOT NULL      -- the parcel, zlib
    );
    CREATE TABLE sitting (         -- one submission judged by one rubric; each is written in one transaction
        key            TEXT PRIMARY KEY,  -- sha256 of parcel, rubric, data, seed and grader
        conditions     TEXT NOT NULL,     -- sha256 of all that decides an answer: parcel, data, seed, limits, grader
        parcel         TEXT NOT NULL REFERENCES parcel (digest),
        rubric         TEXT NOT NULL REFERENCES rubric (digest),
        dataset        TEXT NOT NULL,     -- name
        dataset_digest TEXT NOT NULL,
        data_dir       TEXT NOT NULL,     -- folder with IDX files; '' where the data were not read from one
        seed           INTEGER NOT NULL,
        grader         TEXT NOT NULL,     -- version of the grader: number and digest of its source
        fault          TEXT NOT NULL,     -- why the machinery could not grade it; '' when it did
        scorecard      BLOB,              -- wire frames, zlib (graders/ledger/stored.py); NULL where there is a fault
        seconds        REAL NOT NULL      -- wall time, measured once
    );
    CREATE TABLE observations (       -- what a submission answered, by question; may be left out
        conditions TEXT PRIMARY KEY,  -- shared by all sittings of the same parcel under the same conditions
        content    BLOB NOT NULL      -- wire frames; in zlib where an earlier version wrote it
    );
    CREATE TABLE criterion (       -- the sitting's scorecard as figures
        sitting     TEXT NOT NULL REFERENCES sitting (key),
        place       INTEGER NOT NULL,  -- in the rubric's order, from 0
        name        TEXT NOT NULL,
        title       TEXT NOT NULL,
        heading     TEXT NOT NULL,
        points      REAL NOT NULL,
        earned      REAL NOT NULL,
        open_points REAL NOT NULL,
        standing    TEXT NOT NULL,     -- full, partial, none, not attempted, open, ungraded
        reason      TEXT NOT NULL,
        feedback    TEXT NOT NULL,
        seconds     REAL NOT NULL,
        visibility  TEXT NOT NULL,
        PRIMARY KEY (sitting, place)
    ) WITHOUT ROWID;
    CREATE TABLE mistake (         -- the named mistakes of a sitting
        sitting   TEXT NOT NULL REFERENCES sitting (key),
        criterion TEXT NOT NULL,
        mistake   TEXT NOT NULL,
        words     TEXT NOT NULL,
        PRIMARY KEY (sitting, criterion, mistake)
    ) WITHOUT ROWID;
    CREATE TABLE hand_in (         -- who is in the class, and what each handed in
        student  TEXT PRIMARY KEY, -- the folder's name under students/
        place    INTEGER NOT NULL, -- order in the gradebook
        identity TEXT NOT NULL,    -- JSON object: name, sid, email, login, section, lms
        source   TEXT NOT NULL,    -- the file or folder it came from; '' when nothing was handed in
        late     INTEGER NOT NULL,
        problem  TEXT NOT NULL,    -- why it could not be opened; '' when it could
        notices  TEXT NOT NULL,    -- JSON list of [message, where]
        sitting  TEXT REFERENCES sitting (key)
    );
    CREATE TABLE published (       -- what the files under students/ were last written from
        student TEXT PRIMARY KEY,
        content TEXT NOT NULL
    );
    """,
    # 2: review
    """
    CREATE TABLE override (        -- points that a person gave; the newest of a student and criterion counts
        id        INTEGER PRIMARY KEY,
        student   TEXT NOT NULL,
        criterion TEXT NOT NULL,
        points    REAL,            -- NULL takes an earlier one back
        who       TEXT NOT NULL,
        at        TEXT NOT NULL,   -- ISO 8601, UTC
        why       TEXT NOT NULL
    );
    CREATE INDEX override_of ON override (student, criterion);
    CREATE TABLE skipped (         -- open points that a reviewer left for later
        student   TEXT NOT NULL,
        criterion TEXT NOT NULL,
        PRIMARY KEY (student, criterion)
    ) WITHOUT ROWID;
    """,
)
NEWEST = len(VERSIONS)


class TooNew(Exception):
    """The file was written by a later version of this program."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a ledger up to date, or make an empty one; all or nothing.

    Raises:
        TooNew: this program is older than the file.
        sqlite3.Error: it cannot be written, or is no database.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > NEWEST:
        raise TooNew(str(version))
    if version == NEWEST:
        return
    steps = "\n".join(VERSIONS[version:])
    # executescript commits what is open, so the transaction is part of the script.
    connection.executescript(f"BEGIN IMMEDIATE;\n{steps}\nPRAGMA user_version = {NEWEST};\nCOMMIT;")
