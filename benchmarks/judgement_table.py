"""The table of how well the grader judges, made from the lines of `benchmarks.judgement`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from tests.banks.mutants import UNLISTED

Line: TypeAlias = Mapping[str, Any]

CAUGHT: Mapping[str, Callable[[Line], bool]] = {
    "caught": lambda m: m["caught"],
    "own name": lambda m: m["mistake"] != UNLISTED and m["named"] == [m["mistake"]],
    "own and another": lambda m: m["mistake"] in m["named"] and len(m["named"]) > 1,
    "no name": lambda m: not m["named"],
    "another's name": lambda m: bool(m["named"]) and m["mistake"] not in m["named"],
    "points lost elsewhere": lambda m: bool(m["elsewhere"]),
}


def table(lines: Sequence[Line]) -> str:
    """Return the figures as Markdown: in all, and for each criterion."""
    mutants = [line for line in lines if line["kind"] == "mutant"]
    right = [line for line in lines if line["kind"] == "style"]
    criteria = sorted({m["criterion"] for m in mutants})
    rows = [_row(name, [m for m in mutants if m["criterion"] == name]) for name in criteria]
    heads = ["criterion", "mutants", "sittings", *CAUGHT]
    return "\n".join(
        [
            "# How well the grader judges",
            "",
            "Written by `make bank` (`python -m benchmarks.judgement`). Each mutant is the reference with one mistake;",
            "each right submission is one in another style. All went through the whole pipeline.",
            "",
            *summary(lines),
            "",
            _line(heads),
            _line(["---", *["---:"] * (len(heads) - 1)]),
            *rows,
            _row("**all**", mutants),
            "",
            *_misjudged(mutants, right),
            "",
        ]
    )


def summary(lines: Sequence[Line]) -> list[str]:
    """Return the four figures as a Markdown table, for the README."""
    mutants = [line for line in lines if line["kind"] == "mutant"]
    listed = [m for m in mutants if m["mistake"] != UNLISTED]
    right = [line for line in lines if line["kind"] == "style"]
    seeds = len({line["seed"] for line in lines})
    lost = sum(bool(line["lost"]) for line in right)
    own = sum(m["mistake"] in m["named"] for m in listed)
    other = sum(bool(m["named"]) and m["mistake"] not in m["named"] for m in mutants)
    count = len({m["id"] for m in mutants}), len({line["id"] for line in right})
    return [
        f"| over {seeds} seeds of the rubric | sittings | figure |",
        "| --- | ---: | ---: |",
        f"| {count[0]} mutants: caught on the criterion they break | {len(mutants)} | {_share(mutants, 'caught')} |",
        f"| mutants in the catalogue: named by their own name | {len(listed)} | {_percent(own, len(listed))} |",
        f"| all mutants: named by another's name | {len(mutants)} | {other} |",
        f"| {count[1]} right submissions in other styles: lost a point | {len(right)} | {lost} |",
    ]


def _misjudged(mutants: Sequence[Line], right: Sequence[Line]) -> list[str]:
    """List what went wrong, by mutant or style."""
    told: dict[str, list[str]] = {}
    for m in mutants:
        if not m["caught"]:
            told.setdefault(f"`{m['id']}` was not caught", []).append(str(m["seed"]))
        elif m["named"] and m["mistake"] not in m["named"]:
            told.setdefault(f"`{m['id']}` was named {', '.join(m['named'])}", []).append(str(m["seed"]))
        elif not m["named"] and m["mistake"] != UNLISTED:
            told.setdefault(f"`{m['id']}` got no name", []).append(str(m["seed"]))
        if m["fault"]:
            told.setdefault(f"`{m['id']}`: the search for a name failed at {', '.join(m['fault'])}", []).append(
                str(m["seed"])
            )
        if m["elsewhere"]:
            told.setdefault(f"`{m['id']}` cost points at {', '.join(m['elsewhere'])} too", []).append(str(m["seed"]))
    for style in right:
        if style["lost"]:
            told.setdefault(f"`{style['id']}` lost points at {', '.join(style['lost'])}", []).append(str(style["seed"]))
    return ["## What went wrong", "", *(f"- {what} (seeds {', '.join(seeds)})" for what, seeds in sorted(told.items()))]


def _row(name: str, mutants: Sequence[Line]) -> str:
    counts = [str(sum(test(m) for m in mutants)) for test in CAUGHT.values()]
    return _line([name, str(len({m["id"] for m in mutants})), str(len(mutants)), *counts])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _share(mutants: Sequence[Line], what: str) -> str:
    return _percent(sum(CAUGHT[what](m) for m in mutants), len(mutants))


def _percent(part: int, whole: int) -> str:
    if not whole:
        return "none"
    return "100 %" if part == whole else f"{100 * part / whole:.2f} %"
