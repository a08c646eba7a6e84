"""Mistakes in `width_study`: which training run each width's result is that of, by runs of `train` itself."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from graders.foundation.call import Call, Params, Value
from graders.foundation.exam import Exam
from graders.foundation.grader import Seen
from graders.foundation.observation import Failed, Returned
from graders.measure.training import SERIES
from graders.naming.mistake import ENDING, RETURNED, Case, Catalogue, Key, Mistake, Outcome, Outcomes, Predict
from graders.width_study import histories_of, numbers_of, width_of

STUDY, FORM, KEYS = "study", "form", "keys"
MAPPING, RIGHT_KEYS, RIGHT, NONE, OTHER = "mapping", "the widths", "as asked for", "none", "of no known run"
SMALL = "Call it with two widths and two epochs, and print what comes back."
FAIR = "A comparison says something only when the one thing that shall differ does, and nothing else."
HANDED_ON = "Which arguments does train get from your width_study, and which does it take from its own defaults?"

mistake = partial(Mistake, criterion="width_study")


def _variants(
    call: Call, width: int, widths: Sequence[int]
) -> Mapping[str, tuple[Sequence[Value], Mapping[str, Value]]]:
    """Return the runs that a width's result may be of, by name: arguments and options of `train`."""
    X, y, X_val, y_val, _ = call.args
    usual, own = (X, y, X_val, y_val), dict(call.kwargs)
    asked: dict[str, tuple[Sequence[Value], Mapping[str, Value]]] = {
        RIGHT: (usual, {**own, "H": width}),
        "with default options": (usual, {"H": width}),
        "with epochs alone": (usual, {"H": width, "epochs": own["epochs"]}),
        "with the default rate": (usual, {**{k: v for k, v in own.items() if k != "lr"}, "H": width}),
        "with the default epochs": (usual, {**{k: v for k, v in own.items() if k != "epochs"}, "H": width}),
        "of one epoch": (usual, {**own, "H": width, "epochs": 1}),
        "of the default width": (usual, own),
        "validated on the training images": ((X, y, X, y), {**own, "H": width}),
        "trained on the validation images": ((X_val, y_val, X_val, y_val), {**own, "H": width}),
    }
    for place, other in (("first", widths[0]), ("last", widths[-1])):
        if other != width:
            asked[f"of the {place} width"] = (usual, {**own, "H": other})
    return asked


def _widths(call: Call) -> list[int]:
    found = call.args[4]
    return [w for w in found if isinstance(w, int)] if isinstance(found, list | tuple) else []


def further(_exam: Exam, seen: Seen) -> Sequence[Call]:
    """Ask for the runs that the results may be of."""
    call = seen[STUDY].call
    widths = _widths(call)
    return [
        Call(name=f"{width} {name}", target="train_run", args=tuple(args), kwargs=dict(options))
        for width in widths
        for name, (args, options) in _variants(call, width, widths).items()
    ]


def observe(_exam: Exam, seen: Seen) -> Outcomes:
    """Return what came back, under which keys, and of which run each width's result is."""
    answer = seen[STUDY]
    if isinstance(answer.observation, Failed):
        return {(STUDY, ENDING): answer.observation.kind.value}
    value, widths = answer.observation.value, _widths(answer.call)
    found: dict[Key, Outcome] = {(STUDY, ENDING): RETURNED, (STUDY, FORM): _form(value)}
    if not isinstance(value, Mapping):
        return {**found, (STUDY, KEYS): NONE, **{(STUDY, str(w)): NONE for w in widths}}
    by_width = {w: result for key, result in value.items() if (w := width_of(key)) is not None}
    found[STUDY, KEYS] = _keys(list(by_width), widths)
    for width in widths:
        found[STUDY, str(width)] = _run_of(by_width.get(width), width, seen)
    return found


def _form(value: Value) -> str:
    if isinstance(value, Mapping):
        return MAPPING
    return "nothing" if value is None else "a list" if isinstance(value, list | tuple) else "something else"


def _keys(keys: Sequence[int], widths: Sequence[int]) -> str:
    if set(widths) <= set(keys):
        return RIGHT_KEYS
    count = len(widths)
    if list(keys) in (list(range(count)), list(range(1, count + 1))):
        return "positions"
    if keys == widths[:1] or keys == widths[-1:]:
        return "one width alone"
    return NONE if not keys else "others"


def _run_of(result: Value, width: int, seen: Seen) -> str:
    """Return the name of the run whose history holds all numbers of a result."""
    if result is None:
        return NONE
    if isinstance(result, Params) or any(numbers.ndim > 1 for numbers in numbers_of(result)):
        return "params"
    for name, answer in seen.items():
        if name.startswith(f"{width} ") and isinstance(answer.observation, Returned):
            run = answer.observation.value
            history = run.get("history") if isinstance(run, Mapping) else None
            if isinstance(history, Mapping) and _is_of(result, history):
                return name.removeprefix(f"{width} ")
    return OTHER


def _is_of(result: Value, history: Mapping[str | int, Value]) -> bool:
    """Tell whether a result is this history, or holds the last or the best of its numbers."""
    usual = {name: series for name in SERIES if (series := _plain(history.get(name))).size}
    told = next(histories_of(result), None)
    if told is not None:
        same = [(_plain(told[name]), series) for name, series in usual.items() if name in told]
        return bool(same) and all(_equal(a, b) or (a.ndim == 0 and _ends_or_best(a, b)) for a, b in same)
    numbers = [n for n in numbers_of(result) if n.size]
    return bool(numbers) and all(
        any(_equal(n, s) or (n.size == 1 and _ends_or_best(n, s)) for s in usual.values()) for n in numbers
    )


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=1e-5))


def _ends_or_best(number: np.ndarray, series: np.ndarray) -> bool:
    return bool(np.isclose([series[-1], series.min(), series.max()], number.flat[0]).any())


def _plain(value: Value) -> np.ndarray:
    return next(iter(numbers_of(value)), np.empty(0))


def giving(form: str = MAPPING, keys: str = RIGHT_KEYS, *runs: str, spare: str = "") -> Predict:
    """Return the prediction of a form, of keys, and of the run behind each width; `spare` keeps one width right.

    Args:
        form: of what comes back.
        keys: of the mapping.
        runs: the names of the runs, each a variant for all widths.
        spare: "first" or "last", the width whose result is right.
    """

    def predict(case: Case) -> list[Outcomes]:
        widths = _widths(case.seen[STUDY].call)
        right = {"first": widths[0], "last": widths[-1]}.get(spare)
        found: list[Outcomes] = []
        for run in runs or (RIGHT,):
            told: dict[Key, Outcome] = {(STUDY, ENDING): RETURNED, (STUDY, FORM): form, (STUDY, KEYS): keys}
            found.append({**told, **{(STUDY, str(w)): RIGHT if w == right else run for w in widths}})
        return found

    return predict


def either(*several: Predict) -> Predict:
    """Return the prediction that one of these holds."""

    def predict(case: Case) -> list[Outcomes]:
        told = [one(case) for one in several]
        return [o for some in told for o in ([some] if isinstance(some, Mapping) else some)]

    return predict


MISTAKES = (
    mistake(
        id="width-study-options-ignored",
        did="The training options are not handed on: every network trains with train's defaults.",
        why=FAIR,
        see="Call it with epochs=2 and look at the length of a history.",
        fix=HANDED_ON,
        gives=giving(MAPPING, RIGHT_KEYS, "with default options"),
    ),
    mistake(
        id="width-study-only-epochs",
        did="Of the training options only epochs reaches the training.",
        why=FAIR,
        see="Call it with lr=0: no curve may move.",
        fix=HANDED_ON,
        gives=giving(MAPPING, RIGHT_KEYS, "with epochs alone"),
    ),
    mistake(
        id="width-study-rate-ignored",
        did="The learning rate does not reach the training.",
        why=FAIR,
        see="Call it with lr=0: no curve may move.",
        fix=HANDED_ON,
        gives=giving(MAPPING, RIGHT_KEYS, "with the default rate"),
    ),
    mistake(
        id="width-study-epochs-ignored",
        did="The number of epochs does not reach the training.",
        why=FAIR,
        see="Call it with epochs=2 and look at the length of a history.",
        fix=HANDED_ON,
        gives=giving(MAPPING, RIGHT_KEYS, "with the default epochs"),
    ),
    mistake(
        id="width-study-one-epoch",
        did="Every network trains for one epoch, whatever epochs is.",
        why="After one epoch the widths have had no time to differ.",
        see="Call it with epochs=2 and look at the length of a history.",
        fix=HANDED_ON,
        gives=giving(MAPPING, RIGHT_KEYS, "of one epoch"),
    ),
    mistake(
        id="width-study-width-ignored",
        did="Every width trains a network of the default width.",
        why="The one thing that shall differ does not.",
        see="Compare the losses of two widths: they must differ.",
        fix="Under which name does train take the number of hidden units?",
        gives=giving(MAPPING, RIGHT_KEYS, "of the default width"),
    ),
    mistake(
        id="width-study-trained-once",
        did="One network's result stands for all widths.",
        why="The one thing that shall differ does not.",
        see="Compare the losses of two widths: they must differ.",
        fix="How often is train called, and when?",
        gives=either(
            giving(MAPPING, RIGHT_KEYS, "of the first width", spare="first"),
            giving(MAPPING, RIGHT_KEYS, "of the last width", spare="last"),
        ),
    ),
    mistake(
        id="width-study-one-width",
        did="Only one of the widths has a result.",
        why="The study ends with the first width, or each result replaces the one before.",
        see=SMALL,
        fix="When does your function return, and what has the mapping collected by then?",
        gives=either(
            giving(MAPPING, "one width alone", NONE, spare="first"),
            giving(MAPPING, "one width alone", NONE, spare="last"),
        ),
    ),
    mistake(
        id="width-study-list",
        did="A list comes back, not a mapping from each width to its result.",
        why="Whoever reads it cannot know which result belongs to which width.",
        see=SMALL,
        fix="How would you look up the result of width 16?",
        gives=giving("a list", NONE, NONE),
    ),
    mistake(
        id="width-study-nothing-returned",
        did="Nothing comes back.",
        why="The results are made and then lost.",
        see=SMALL,
        fix="Which statement hands the results to the caller?",
        gives=giving("nothing", NONE, NONE),
    ),
    mistake(
        id="width-study-params",
        did="The params of each network come back, not its history.",
        why="train returns two things; the study is about the second one.",
        see=SMALL,
        fix="In which order does train return its two results?",
        gives=giving(MAPPING, RIGHT_KEYS, "params"),
    ),
    mistake(
        id="width-study-enumerated",
        did="The keys count the widths instead of being the widths.",
        why="Whoever looks up width 16 finds nothing.",
        see=SMALL,
        fix="What do you want to write between the brackets to find the result of width 16?",
        gives=giving(MAPPING, "positions", NONE),
    ),
    mistake(
        id="width-study-validated-on-training",
        did="The training images are used as validation images.",
        why="A wider network then always looks better: nothing shows that it overfits.",
        see="Call it twice with different validation labels: the validation numbers must differ.",
        fix="Which images does your width_study hand on as validation images?",
        gives=giving(MAPPING, RIGHT_KEYS, "validated on the training images"),
    ),
)

CATALOGUE = Catalogue(criterion="width_study", observe=observe, right=giving(), mistakes=MISTAKES, further=further)
