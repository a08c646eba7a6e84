"""Comparing code by copydetect's fingerprints (winnowing: Schleimer, Wilkerson and Aiken, 2003).

Names, spaces and comments do not count; nor does what the template or the reference has, in whichever place it stands.
Candidates come from an index of fingerprints, so that a class of thousands is not compared pair by pair.
"""

import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from copydetect import CodeFingerprint, compare_files
from copydetect.utils import filter_code, get_document_fingerprints

from graders.submission import Submission

NOISE = 25  # shorter matches are chance, in characters of code without names
WINDOW = 6  # every match of NOISE + WINDOW - 1 characters is found
LEAST_OWN = 150  # code of one's own, in such characters: less than that is no work to compare
LEAST_SHARED = 100
THRESHOLD = 0.4  # of either submission's own code
COMMON = 0.2  # what as many share is how the task is usually solved; at least COMMON_LEAST of them
COMMON_LEAST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two submissions that share code of their own.

    Args:
        names: what they are called.
        shares: how much of each one's own code the other has, in [0, 1].
        shared: how many characters of code, names left out.
        texts: the code of both.
        slices: for both, where in the text it is shared: (start, end), in order, apart from each other.
    """

    names: tuple[str, str]
    shares: tuple[float, float]
    shared: int
    texts: tuple[str, str]
    slices: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]


def code_of(submission: Submission) -> str:
    """Return all Python code of a submission as one text, each file under its name."""
    parts = [
        f"# ---- {path} ----\n{content.decode(errors='replace').rstrip()}\n"
        for path, content in sorted(submission.files.items())
        if path.endswith(".py")
    ]
    return "\n".join(parts)


def known_fingerprints(files: Iterable[Path]) -> np.ndarray:
    """Return every fingerprint of the files whose code does not count."""
    hashes: set[int] = set()
    for path in files:
        code, _ = filter_code(path.read_text(encoding="utf-8"), str(path), "python")
        hashes.update(get_document_fingerprints(code, NOISE, 1)[0])
    return np.array(sorted(hashes))


def look_alikes(codes: Mapping[str, str], known: np.ndarray) -> list[Pair]:
    """Return the pairs that share much, the most alike first.

    Args:
        codes: name -> code.
        known: fingerprints that do not count.
    """
    prints = {name: _fingerprint(name, code, known) for name, code in sorted(codes.items())}
    own = {name: p for name, p in prints.items() if p.token_coverage >= LEAST_OWN}
    pairs = []
    for one, two in candidates(own):
        shared, shares, (slices_one, slices_two) = compare_files(own[one], own[two])
        if shared < LEAST_SHARED or max(shares) < THRESHOLD:
            continue
        pairs.append(
            Pair(
                names=(one, two),
                shares=(min(1.0, float(shares[0])), min(1.0, float(shares[1]))),
                shared=int(shared),
                texts=(codes[one], codes[two]),
                slices=(_merged(slices_one), _merged(slices_two)),
            )
        )
    return sorted(pairs, key=lambda p: (-max(p.shares), -p.shared, p.names))


def candidates(prints: Mapping[str, CodeFingerprint]) -> list[tuple[str, str]]:
    """Return the pairs that share enough fingerprints to be worth a look.

    A fingerprint that a good part of the class has says nothing about two of them; it is not used to find pairs.
    """
    holders: dict[int, list[str]] = {}
    for name, p in prints.items():
        for fingerprint in set(p.hashes):
            holders.setdefault(fingerprint, []).append(name)
    most = max(COMMON_LEAST, int(COMMON * len(prints)))
    shared: Counter[tuple[str, str]] = Counter()
    for names in holders.values():
        if 2 <= len(names) <= most:
            shared.update(combinations(names, 2))
    least = max(2, LEAST_SHARED // (NOISE + WINDOW))
    return sorted(pair for pair, count in shared.items() if count >= least)


def _fingerprint(name: str, code: str, known: np.ndarray) -> CodeFingerprint:
    return CodeFingerprint(name, NOISE, WINDOW, boilerplate=known, language="python", fp=io.StringIO(code))


def _merged(slices: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    """Return slices in order, those that touch joined."""
    found: list[tuple[int, int]] = []
    for start, end in sorted((int(s), int(e)) for s, e in zip(*slices, strict=True)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)
