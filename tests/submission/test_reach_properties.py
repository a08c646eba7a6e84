"""The module made of a notebook gives what the notebook itself gives, for any notebook that does not train.

The values are tuples, and the one list has one name: that an object is changed through another name is not followed.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from graders.submission.cells import clean
from graders.submission.model import DEFAULT_LIMITS
from graders.submission.notebook import Cell
from graders.submission.workbook import module_from, read_workbook

VALUES = st.sampled_from(["a", "b", "c", "d"])
FUNCTIONS = st.sampled_from(["f", "g", "softmax", "forward"])
NAMES = st.one_of(VALUES, FUNCTIONS)


def fill(template: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return sources made by filling a template's places."""
    return st.tuples(*parts).map(lambda chosen: template.format(*chosen))


STATEMENTS = st.one_of(
    fill("{} = ({},)", VALUES, st.sampled_from("0123")),
    fill("{} = {} + (4,)", VALUES, VALUES),
    fill("{} += {}", VALUES, VALUES),
    fill("log.append({})", VALUES),
    fill("log[0] = {}", VALUES),
    fill("log = log + [{}]", VALUES),
    fill("def {}():\n    return tuple(log)", FUNCTIONS),
    fill("{}, {} = {}, {}", VALUES, VALUES, VALUES, VALUES),
    fill("{} = {}()", VALUES, FUNCTIONS),
    fill("{} = {}", FUNCTIONS, FUNCTIONS),
    fill("{} = {}; {} = {}", VALUES, VALUES, VALUES, VALUES),
    fill("def {}(k={}):\n    return k + {}", FUNCTIONS, VALUES, VALUES),
    fill("def {}():\n    return {}() + {}", FUNCTIONS, FUNCTIONS, VALUES),
    fill("def {}():\n    global {}\n    {} = (9,)\n    return ()", FUNCTIONS, st.just("a"), st.just("a")),
    fill("{} = lambda: {} + {}", FUNCTIONS, VALUES, VALUES),
    fill("if len({}) > 1:\n    {} = (6,)", VALUES, VALUES),
    fill("for i in range(2):\n    {} = {} + (i,)", VALUES, VALUES),
    fill("try:\n    {} = {}()\nexcept NameError:\n    {} = ()", VALUES, FUNCTIONS, VALUES),
    fill("class {}(tuple):\n    keep = {}\n    def __len__(self):\n        return len({})", FUNCTIONS, VALUES, VALUES),
    fill("print({})", NAMES),
    fill("{} = tuple(x for x in {} if x in {})", VALUES, VALUES, VALUES),
)
HEAD = "a, b, c, d, log = (1,), (2,), (3,), (4,), [0]\n" + "\n".join(
    f"def {f}():\n    return (0,)" for f in ("f", "g", "softmax", "forward")
)


def outcome(function: Callable[[], Any]) -> object:
    """Return what a call gives, or the kind of error it ends in."""
    try:
        return tuple(function())
    except (RecursionError, TypeError, IndexError, NameError) as error:
        return type(error)


@given(st.lists(STATEMENTS, max_size=14))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_functions_give_what_they_give_in_the_notebook(written: list[str]) -> None:
    cells = [HEAD, *written]
    notebook: dict[str, Any] = {"print": lambda *_: None}
    try:
        for cell in cells:
            exec(clean(cell).text, notebook)  # noqa: S102
    except (RecursionError, TypeError, IndexError, NameError):
        assume(False)  # noqa: FBT003
    book = read_workbook(
        [Cell(number=i, kind="code", text=c) for i, c in enumerate(cells, 1)], "n.ipynb", DEFAULT_LIMITS
    )
    module: dict[str, Any] = {"print": notebook["print"]}
    exec(module_from(book, ["softmax", "forward"]).text, module)  # noqa: S102
    assert module["__cell_errors__"] == []
    for name in ("softmax", "forward"):
        assert outcome(module[name]) == outcome(notebook[name])


@given(st.lists(st.text(max_size=60), max_size=6))
@settings(max_examples=300, deadline=None)
def test_cleaning_any_text_keeps_its_number_of_lines(lines: list[str]) -> None:
    text = "\n".join(line.replace("\r", "") for line in lines)
    assert clean(text).text.count("\n") == text.count("\n")


@st.composite
def programs(draw: st.DrawFn) -> list[str]:
    """Return cells that bind each name once: values from earlier ones, and functions of all earlier ones."""
    cells: list[str] = []
    for index in range(draw(st.integers(2, 9))):
        earlier = st.sampled_from(range(index)) if index else st.just(0)
        of_value, of_call = draw(earlier), draw(earlier)
        kind = draw(st.sampled_from(["number", "sum", "function", "default", "loop"])) if index else "number"
        cells.append(
            {
                "number": f"v{index} = {index}\ndef f{index}():\n    return {index}",
                "sum": f"v{index} = v{of_value} + f{of_call}()\nf{index} = f{of_call}",
                "function": f"def f{index}():\n    return v{of_value} * 10 + f{of_call}()\nv{index} = f{index}()",
                "default": f"v{index} = 3\ndef f{index}(k=v{of_value}):\n    return k + v{index}",
                "loop": f"v{index} = 0\nf{index} = f{of_call}\nfor i in range(3):\n    v{index} += f{of_value}()",
            }[kind]
        )
    last = len(cells) - 1
    return [*cells, f"def softmax():\n    return f{last}() + v{last}"]


@given(programs(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_cells_makes_no_difference_where_each_name_is_bound_once(
    cells: list[str], shuffling: Random
) -> None:
    notebook: dict[str, Any] = {}
    exec("\n".join(cells), notebook)  # noqa: S102
    shuffled = list(cells)
    shuffling.shuffle(shuffled)
    numbered = [Cell(number=i, kind="code", text=cell) for i, cell in enumerate(shuffled, start=1)]
    module: dict[str, Any] = {}
    exec(module_from(read_workbook(numbered, "n.ipynb", DEFAULT_LIMITS), ["softmax"]).text, module)  # noqa: S102
    assert module["__cell_errors__"] == []
    assert module["softmax"]() == notebook["softmax"]()
