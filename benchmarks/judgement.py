"""How well the grader judges: every mutant and every right submission of the banks through the whole pipeline.

    python -m benchmarks.judgement [--seeds 20] [--sittings 20] [--jobs 2]

Counts mutants that lose points on the criterion they break, how they are named, and right submissions that lose a
point, over many seeds of the rubric; writes docs/judgement.json, docs/judgement.md and the README's table.
The rubric is the contest's with short full training runs. A question that a mutant's edit cannot reach is not asked
again: the reference's answer on the same seed is taken (`--ask-all` asks). What was done is kept in --work, so that
an interrupted run goes on.
"""

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.judgement_table import summary, table
from benchmarks.published import publish
from benchmarks.untouched import answers_untouched
from graders.catalogue import all_mistakes
from graders.foundation.call import Call
from graders.foundation.exam import Exam
from graders.foundation.observation import Observation
from graders.grading.diagnosing import NAMELESS
from graders.grading.scorecard import CriterionResult
from graders.grading.sitting import sit
from graders.rubric import Rubric, find_rubric, load_rubric
from graders.rubric.load import with_parameters
from graders.submission import Submission
from tests.banks.mutants import SHORT, SITTINGS, Mutant, load_mutants
from tests.banks.styles import styles
from tests.sitting import Edits, Silent, dataset, edited_reference, named, named_parts, submission_of, warm_rooms

ROOT = Path(__file__).resolve().parents[1]
RUBRIC = "usaaio_2024_r1_p4"
FIRST_SEED = 1001
DATA = "mnist_10k"


def short_rubric(seed: int) -> Rubric:
    """Return the contest's rubric with short full training runs and one of the seeds."""
    rubric = load_rubric(find_rubric(RUBRIC))
    criteria = tuple(
        dataclasses.replace(c, grader=with_parameters(c.name, SITTINGS[c.name]["params"]).grader)
        if c.name in SITTINGS
        else c
        for c in rubric.criteria
    )
    return dataclasses.replace(rubric, seed=seed, training=SHORT, calibration=None, criteria=criteria)


def results_of(
    submission: Submission, seed: int, known: dict[bytes, Observation], asked: dict[bytes, Call] | None = None
) -> Mapping[str, CriterionResult]:
    """Send one submission through the whole pipeline; returns its results by criterion."""
    rubric = short_rubric(seed)
    exam = Exam(seed=seed, data=dataset(DATA), training=rubric.training, answers=submission.answers)
    return {r.name: r for r in sit(rubric, submission, exam, Silent(), warm_rooms(), known, asked).criteria}


def lost_by(results: Mapping[str, CriterionResult]) -> list[str]:
    """Return the criteria that lost points, or could not be judged."""
    return [name for name, r in results.items() if r.verdict is None or r.verdict.share < 1]


def judged_mutant(mutant: Mutant, results: Mapping[str, CriterionResult], seed: int) -> dict[str, Any]:
    """Return what became of a mutant, as plain data."""
    own = results[mutant.criterion]
    lost = lost_by(results)
    titles = {title for check in (own.verdict.checks if own.verdict else ()) for title in check.charged_at}
    homes = [name for name in lost if results[name].title in titles]
    return {
        "kind": "mutant",
        "id": mutant.id,
        "criterion": mutant.criterion,
        "seed": seed,
        "mistake": mutant.mistake,
        # Charged on the criterion that it breaks, or seen there and charged once, at the one in which it stands first.
        "caught": mutant.criterion in lost or bool(homes),
        "named": list(named(own)) or [name for home in homes[:1] for name in _repeating(mutant, named(results[home]))],
        "parts": {part: list(ids) for part, ids in named_parts(own).items()},
        "lost": lost,
        "elsewhere": [n for n in lost if n not in {mutant.criterion, *mutant.also, *homes[:1]}],
        "fault": [n for n, r in results.items() if r.verdict and any(NAMELESS in t for t in r.verdict.remarks)],
    }


def _repeating(mutant: Mutant, names: Sequence[str]) -> Iterator[str]:
    """Yield names given where a mistake is charged; the one that the mutant's entry repeats is the mutant's own."""
    roots = {entry.id: entry.root for entry in all_mistakes()}
    for name in names:
        yield mutant.mistake if roots.get(mutant.mistake) == name else name


def after_reference(seed: int, *, ask_all: bool = False) -> Callable[[Edits, str], Mapping[str, CriterionResult]]:
    """Have the reference sit on a seed; returns what has it sit again with edits of its code, and with other answers.

    With `ask_all`, none of its answers is taken where the edits cannot reach.
    """
    reference: dict[bytes, Observation] = {}
    asked: dict[bytes, Call] = {}
    results_of(submission_of(edited_reference(), answers=reference_answers()), seed, reference, asked)

    def edited(edits: Edits, answers: str) -> Mapping[str, CriterionResult]:
        files = edited_reference(edits)
        known = {} if ask_all else answers_untouched(reference, asked, edited_reference(), files)
        return results_of(submission_of(files, answers=answers), seed, known)

    return edited


def sitting_of_seed(seed: int, mutants: Sequence[str], style_names: Sequence[str], *, ask_all: bool) -> Iterator[Any]:
    """Yield what becomes of each mutant and each style on one seed."""
    if mutants:
        edited = after_reference(seed, ask_all=ask_all)
        for mutant in (m for m in load_mutants() if m.id in set(mutants)):
            yield judged_mutant(mutant, edited(mutant.code_edits, mutant.answers), seed)
    for style in (s for s in styles() if s.name in set(style_names)):
        with tempfile.TemporaryDirectory() as folder:
            results = results_of(style.hand_in(Path(folder)), seed, {})
        lost = lost_by(results)
        yield {"kind": "style", "id": style.name, "seed": seed, "lost": lost}


def reference_answers() -> str:
    """Return the written answers."""
    return (ROOT / "reference" / "answers.md").read_text()


def _work(seed: int, mutants: Sequence[str], style_names: Sequence[str], log: Path, *, ask_all: bool) -> int:
    """Sit everything of one seed in a process of its own, and write each line as it comes."""
    done = 0
    with log.open("a", encoding="utf-8") as lines:
        for line in sitting_of_seed(seed, mutants, style_names, ask_all=ask_all):
            lines.write(json.dumps(line) + "\n")
            lines.flush()
            done += 1
    return done


def plan(
    seeds: int, sittings: int, only: Sequence[str], most: int | None = None
) -> Mapping[int, tuple[list[str], list[str]]]:
    """Return for each seed the mutants and styles that sit on it; each sits on `sittings` of the seeds, in turn.

    With `most`, a sample: at most so many mutants on each seed, spread over the criteria.
    """
    chosen: dict[int, tuple[list[str], list[str]]] = {FIRST_SEED + s: ([], []) for s in range(seeds)}
    mutants = [m for m in load_mutants() if not only or m.criterion in only]
    for kind, names in ((0, [m.id for m in mutants]), (1, [s.name for s in styles()] if not only else [])):
        for i, name in enumerate(names):
            for k in range(min(sittings, seeds)):
                chosen[FIRST_SEED + (i + k * max(seeds // sittings, 1)) % seeds][kind].append(name)
    if most is None:
        return chosen
    return {
        seed: (names[:: max(-(-len(names) // most), 1)] if len(names) > most else names, right)
        for seed, (names, right) in chosen.items()
    }


def run(options: argparse.Namespace, console: Console) -> list[dict[str, Any]]:
    """Sit what is not done yet, and return all lines."""
    options.work.mkdir(parents=True, exist_ok=True)
    planned = plan(options.seeds, options.sittings, options.only, options.most)
    logs = {seed: options.work / f"{seed}.jsonl" for seed in planned}
    done = {(line["kind"], line["id"], line["seed"]) for line in read(options.work)}
    waiting = {
        seed: (
            [m for m in mutants if ("mutant", m, seed) not in done],
            [s for s in style_names if ("style", s, seed) not in done],
        )
        for seed, (mutants, style_names) in planned.items()
    }
    bars = Progress(*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn(),
                    TimeRemainingColumn(), console=console)  # fmt: skip
    with bars, ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        task = bars.add_task("sitting", total=sum(len(m) + len(s) for m, s in waiting.values()))
        futures = [
            pool.submit(_work, seed, mutants, style_names, logs[seed], ask_all=options.ask_all)
            for seed, (mutants, style_names) in waiting.items()
            if mutants or style_names
        ]
        for future in as_completed(futures):
            bars.advance(task, future.result())
    return read(options.work)


def read(folder: Path) -> list[dict[str, Any]]:
    """Return all lines of a run."""
    lines = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    return sorted(lines, key=lambda line: (line["kind"], line["id"], line["seed"]))


def main() -> None:
    """Run and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds of the rubric (%(default)s)")
    parser.add_argument("--sittings", type=int, default=20, help="on how many of them each submission sits (all)")
    parser.add_argument("--most", type=int, help="a sample: at most so many mutants on each seed (all)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument("--only", action="append", default=[], metavar="CRITERION", help="mutants of this criterion")
    parser.add_argument("--ask-all", action="store_true", help="take no answer from the reference's sitting")
    parser.add_argument("--work", type=Path, default=ROOT / "judgement-run", help="where lines are kept (%(default)s)")
    options = parser.parse_args()
    console = Console()
    lines = run(options, console)
    text = table(lines)
    console.print(text, markup=False, highlight=False)
    if not options.only:
        (ROOT / "docs" / "judgement.json").write_text(json.dumps(lines, indent=0) + "\n", encoding="utf-8")
        (ROOT / "docs" / "judgement.md").write_text(text, encoding="utf-8")
        publish("judgement", summary(lines))


if __name__ == "__main__":
    main()
