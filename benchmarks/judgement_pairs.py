"""Two mistakes in one submission: what each costs by itself, both must cost together.

    python -m benchmarks.judgement_pairs [--pairs 60] [--jobs 2]

A mistake is charged once; what is given back for one must not pay for another. Pairs of mutants are drawn at random,
and sit through the whole pipeline. Every criterion that one of the two loses alone (docs/judgement.json, written by
`python -m benchmarks.judgement`) must be lost by the pair. Writes docs/judgement_pairs.json and a line of the README.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from benchmarks.judgement import FIRST_SEED, ROOT, after_reference, lost_by, reference_answers
from benchmarks.published import publish
from tests.banks.mutants import Mutant, load_mutants
from tests.sitting import edited_reference

Pair = tuple[Mutant, Mutant]

SINGLES = ROOT / "docs" / "judgement.json"
FOUND = ROOT / "docs" / "judgement_pairs.json"
SEEDS = 20


def both(pair: Pair) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the edits of two mutants, the first one's first."""
    first, second = (mutant.code_edits for mutant in pair)
    return {name: [*first.get(name, ()), *second.get(name, ())] for name in {**first, **second}}


def drawn(count: int, seed: int) -> list[Pair]:
    """Return random pairs of mutants of different criteria whose edits do not touch each other."""
    rng = np.random.default_rng(seed)
    mutants = [m for m in load_mutants() if m.code_edits]
    pairs: list[Pair] = []
    while len(pairs) < count:
        first, second = (mutants[i] for i in rng.choice(len(mutants), size=2, replace=False))
        if first.criterion != second.criterion and _apply((first, second)) and _apply((second, first)):
            pairs.append((first, second))
    return pairs


def _apply(pair: Pair) -> bool:
    try:
        edited_reference(both(pair))
    except AssertionError:
        return False
    return True


def sat(seed: int, ids: Sequence[tuple[str, str]], alone: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return what becomes of each pair of mutants, named by their ids, on one seed of the rubric."""
    bank = {mutant.id: mutant for mutant in load_mutants()}
    pairs = [(bank[first], bank[second]) for first, second in ids]
    edited = after_reference(seed)
    lines = []
    for pair in pairs:
        lost = lost_by(edited(both(pair), reference_answers()))
        expected = dict.fromkeys(name for mutant in pair for name in alone[mutant.id])
        not_lost = [name for name in expected if name not in lost]
        lines.append({"mutants": [m.id for m in pair], "seed": seed, "lost": lost, "not lost": not_lost})
    return lines


def main() -> None:
    """Draw pairs, have them sit, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=60, help="how many (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="decides which pairs are drawn (%(default)s)")
    options = parser.parse_args()
    singles = json.loads(SINGLES.read_text(encoding="utf-8"))
    alone = {line["id"]: line["lost"] for line in singles if line["kind"] == "mutant"}
    pairs = [pair for pair in drawn(options.pairs, options.seed) if all(mutant.id in alone for mutant in pair)]
    ids = [(first.id, second.id) for first, second in pairs]
    shares = [(FIRST_SEED + s, ids[s::SEEDS]) for s in range(min(SEEDS, len(pairs)))]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(sat, seed, share, alone) for seed, share in shares]
        lines = [line for future in track(futures, "seeds", console=Console()) for line in future.result()]
    FOUND.write_text(json.dumps(lines, indent=0) + "\n", encoding="utf-8")
    masked = [line for line in lines if line["not lost"]]
    for line in masked:
        print(f"{' and '.join(line['mutants'])} on {line['seed']}: {', '.join(line['not lost'])} not lost")
    told = f"{len(lines)} random pairs of mutants in one submission: both charged in full {len(lines) - len(masked)}"
    publish("judgement pairs", [f"{told}."])
    print(told)


if __name__ == "__main__":
    main()
