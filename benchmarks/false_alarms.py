"""How often the checks that depend on chance fail a right answer, measured on simulated right submissions.

    python -m benchmarks.false_alarms [--trials 10000] [--criterion init] [--first 0]

Every trial is a sitting of its own: other inputs, other random numbers, the reference's functions answering in this
process, and the criterion's own judge. Written to docs/false_alarms.json and into the README's table.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from scipy.special import betaincinv

from benchmarks.grade_cost import BareRooms
from benchmarks.published import publish
from graders.dataset import load_dataset
from graders.foundation.call import Call
from graders.foundation.exam import Exam, TrainingOptions
from graders.foundation.observation import Answer
from graders.foundation.verdict import Verdict
from graders.rubric.load import with_parameters
from graders.submission import open_submission

ROOT = Path(__file__).resolve().parents[1]
RANDOM = ("init", "dropout", "shuffling")
OUT = ROOT / "docs" / "false_alarms.json"


def verdict_of(criterion: str, exam: Exam, rooms: BareRooms) -> Verdict:
    """Return the verdict of one criterion on the reference's answers."""
    grader = with_parameters(criterion, {}).grader
    answers: dict[str, Answer] = {}
    calls: Sequence[Call] = list(grader.ask(exam))
    while calls:
        answers |= {call.name: Answer(call=call, observation=rooms.ask(call)) for call in calls}
        calls = list(grader.ask_again(exam, answers))
    return grader.judge(exam, answers)


def lost_checks(criterion: str, trials: range, rooms: BareRooms, console: Console) -> Counter[str]:
    """Return how often each check failed; under "" how many sittings lost a point."""
    data = load_dataset("mnist_10k")
    lost: Counter[str] = Counter()
    for seed in track(trials, description=criterion, console=console):
        exam = Exam(seed=seed, data=data, training=TrainingOptions())
        failed = [check.title for check in verdict_of(criterion, exam, rooms).checks if check.credit < 1]
        lost.update([*failed, ""] if failed else [])
    return lost


def upper_bound(alarms: int, trials: int) -> float:
    """Return the rate below which the true one lies with 95 % confidence (Clopper and Pearson 1934)."""
    return 1.0 if alarms >= trials else float(betaincinv(alarms + 1, trials - alarms, 0.95))


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000, help="simulated right answers (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="the first trial's seed (%(default)s)")
    parser.add_argument("--criterion", action="append", choices=RANDOM, help="one of them alone; repeatable")
    options = parser.parse_args()
    console = Console(stderr=True)
    figures = json.loads(OUT.read_text()) if OUT.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        rooms = BareRooms(open_submission(ROOT / "reference"), Path(folder))
        for criterion in options.criterion or RANDOM:
            trials = range(options.first, options.first + options.trials)
            lost = lost_checks(criterion, trials, rooms, console)
            alarms = lost.pop("", 0)
            figures[criterion] = {"trials": len(trials), "alarms": alarms, "checks": dict(lost)}
            OUT.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    publish("false-alarms", table(figures))
    console.print("\n".join(table(figures)), markup=False)


def table(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the figures as a Markdown table, for the README."""
    rows = [
        f"| `{name}` | {told['trials']} | {told['alarms']} | {upper_bound(told['alarms'], told['trials']):.1e} |"
        for name, told in sorted(figures.items())
    ]
    return [
        "| criterion | right submissions | lost a point | true rate, at most (95 %) |",
        "| --- | ---: | ---: | ---: |",
        *rows,
    ]


if __name__ == "__main__":
    main()
