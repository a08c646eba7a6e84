"""What the functions of a notebook need comes along, in an order that works: the module made of it is run here."""

from pathlib import Path

import numpy as np
import pytest

from tests.submission.handing_in import hand_in, messages, run, source_of


def test_constants_that_functions_read_come_along_transitively(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "BASE = 2\nUNUSED = explode()",
        "SCALE = BASE * 3\ndef scaled(z):\n    return z * SCALE",
        "def softmax(z):\n    return scaled(z)",
    )
    assert run(made)["softmax"](1) == 6
    assert "explode" not in source_of(made)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("X, y = load()\nX = X / 2\nX /= 2", 1.0),
        ("X, y = load()\nX[:] = 7", 7.0),
        ("(X, *rest), y = [load()[0], 0], 1\nX = X + 1", 5.0),
        ("if True:\n    X = load()[0]\nelse:\n    X = None", 4.0),
        ("try:\n    X = missing()\nexcept NameError:\n    X = load()[0]", 4.0),
        ("with opened() as file:\n    X = file", 9.0),
        ("X = []\nfor i in range(3):\n    X.append(i)\nX = np.array(X, float)", 0.0),
        ("X: np.ndarray\nX = load()[0]\nnp.copyto(X, 3.0)", 3.0),
        ("print(X := load()[0])", 4.0),
        ("%time X = load()[0]\n!ls", 4.0),
    ],
)
def test_every_way_to_bind_or_change_a_needed_name_is_kept(tmp_path: Path, cell: str, value: float) -> None:
    made = hand_in(tmp_path, "import numpy as np", cell, "print(X.mean())\nplot(X)", "def predict(p):\n    return X[0]")

    class Opened:
        def __enter__(self) -> list[float]:
            return [9.0]

        def __exit__(self, *_: object) -> None: ...

    names = run(made, load=lambda: (np.full(3, 4.0), None), opened=Opened)
    assert names["predict"](None) == value
    assert "plot" not in source_of(made)


def test_items_set_in_a_later_cell_belong_to_the_dictionary(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path, "options = {}", "options['lr'] = 0.5\noptions.update(mu=0.9)", "def cosine():\n  return options"
    )
    assert run(made)["cosine"]() == {"lr": 0.5, "mu": 0.9}


def test_the_last_definition_counts_and_the_student_is_told(tmp_path: Path) -> None:
    made = hand_in(tmp_path, "def softmax(z):\n    return 1", "md:text", "def softmax(z):\n    return 2")
    assert run(made)["softmax"](0) == 2
    assert "softmax is defined in cell 1 and again in cell 3; the last one counts" in messages(made)


def test_a_definition_that_wraps_the_earlier_one_of_its_name_finds_it(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "def softmax(z):\n    return z + 1",
        "plain = softmax\ndef softmax(z):\n    return plain(z) * 10",
        "forward = softmax",
    )
    names = run(made)
    assert names["softmax"](1) == 20
    assert names["forward"](1) == 20


def test_cells_out_of_order_are_put_so_that_each_finds_what_it_needs(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "forward = make(SLOPE)",
        "class Net(Base):\n    slope = SLOPE\ninit = Net().get",
        "def make(slope):\n    return lambda z: z * slope * scale()",
        "def scale():\n    return FACTOR",
        "class Base:\n    def get(self):\n        return self.slope",
        "FACTOR = 10\nSLOPE = 3",
    )
    names = run(made)
    assert names["forward"](1) == 30
    assert names["init"]() == 3


def test_a_call_at_top_level_finds_what_the_called_function_reads(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path, "table = build()", "def build():\n    return [WIDTH]", "WIDTH = 4", "def init():\n    return table"
    )
    assert run(made)["init"]() == [4]


def test_a_call_reads_a_global_as_it_is_at_that_place(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "WIDTH = 4\ndef build():\n    return WIDTH\ntable = build()",
        "WIDTH = 99",
        "def init():\n    return table, WIDTH",
    )
    assert run(made)["init"]() == (4, 99)


def test_a_value_that_is_bound_anew_later_is_not_computed(tmp_path: Path) -> None:
    made = hand_in(tmp_path, "K = explode()\nK += 1", "K = 3", "def softmax(z):\n    return K")
    assert run(made)["softmax"](0) == 3
    assert "explode" not in source_of(made)


def test_a_bare_annotation_binds_nothing(tmp_path: Path) -> None:
    assert run(hand_in(tmp_path, "K = 4\nK: int\ndef softmax(z):\n    return K"))["softmax"](0) == 4


def test_a_comprehension_reads_now_at_the_top_and_later_in_a_function(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "K = 2\ntable = [K for _ in 'ab']",
        "K = explode()\ndef softmax():\n    return table, [K for _ in 'a']",
        "K = 9",
    )
    assert run(made)["softmax"]() == ([2, 2], [9])
    assert "explode" not in source_of(made)


def test_an_object_stands_before_what_is_made_from_it_though_its_methods_read_that(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "class Net:\n    def width(self):\n        return 4\n    def forward(self, z):\n        return z * scale",
        "net = Net()",
        "scale = net.width()",
        "forward = net.forward",
    )
    assert run(made)["forward"](2) == 8


def test_definition_time_needs_are_met_decorators_defaults_and_annotations(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "@twice\ndef softmax(z: Array, k=K) -> Array:\n    return z + k",
        "K = 5\nArray = float",
        "def twice(f):\n    factor = FACTOR\n    return lambda z: factor * f(z)",
        "FACTOR = 2",
    )
    assert run(made)["softmax"](1) == 12


def test_future_imports_stand_first_and_star_imports_stay(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "ONE = cos(0.0)",
        "from math import *",
        "from __future__ import annotations\ndef cosine(e: Undefined) -> float:\n    return cos(e) + ONE",
    )
    assert run(made)["cosine"](0.0) == 2.0
    assert source_of(made).startswith("from __future__ import annotations\n")


def test_an_import_in_try_and_except_is_kept_whole(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "try:\n    from no_such_library import fast as exp\nexcept ImportError:\n    from math import exp",
        "def softmax(z):\n    return exp(z)",
    )
    assert run(made)["softmax"](0) == 1.0


@pytest.mark.parametrize("line", ["softmax = stable", "softmax = Net().stable", "softmax = lambda z: stable(z)"])
def test_a_function_of_the_contract_may_be_bound_by_assignment(tmp_path: Path, line: str) -> None:
    cell = "def stable(z):\n    return -z\nclass Net:\n    def stable(self, z):\n        return -z"
    assert run(hand_in(tmp_path, cell, line))["softmax"](3) == -3


def test_a_function_of_the_contract_may_be_imported(tmp_path: Path) -> None:
    assert run(hand_in(tmp_path, "from math import exp as softmax"))["softmax"](0) == 1


def test_a_name_set_by_a_global_statement_is_found(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path, "def setup():\n    global rate\n    rate = 0.5", "setup()", "def cosine():\n    return rate"
    )
    assert run(made)["cosine"]() == 0.5


def test_a_loop_that_builds_a_table_is_kept(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "def row(i):\n    return i * i",
        "table = []\nfor i in range(3):\n    table.append(row(i))",
        "def init():\n    return table",
    )
    assert run(made)["init"]() == [0, 1, 4]


def test_a_statement_that_fails_costs_only_what_needs_it(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "import numpy as np\nimport library_that_nobody_has as nice",
        "images = open_data('mnist.csv')",
        "def softmax(z):\n    return z",
        "@nice.fast\ndef forward(z):\n    '''Doc\n  of two lines.'''\n    return images",
    )
    names = run(made, strict=False)
    assert names["softmax"](1) == 1
    assert "forward" not in names
    where, error = names["__cell_errors__"][0]
    assert where == "solution.ipynb, cell 1, line 2"
    assert error.startswith("ModuleNotFoundError")


def test_indenting_a_guarded_function_leaves_its_strings_alone(tmp_path: Path) -> None:
    made = hand_in(tmp_path, "K = 1\ndef softmax(z=K):\n    return '''a\n  b\nc'''")
    assert run(made)["softmax"]() == "a\n  b\nc"


def test_settings_of_a_library_are_kept_when_the_library_is_used(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "import numpy as np\nimport random\nnp.random.seed(0)\nrandom.seed(1)",
        "for s in range(3):\n    np.random.seed(s)\n    explode()",
        "def softmax(z):\n    return np.exp(z)",
    )
    assert "np.random.seed(0)" in source_of(made)
    assert "random.seed(1)" not in source_of(made)
    assert "explode" not in source_of(made)


def test_functions_found_by_their_name_as_text_come_along(tmp_path: Path) -> None:
    made = hand_in(tmp_path, "def relu(z):\n    return 7", "def forward(z):\n    return globals()['re' + 'lu'](z)")
    assert run(made)["forward"](0) == 7


def test_two_statements_on_one_line_are_told_apart(tmp_path: Path) -> None:
    made = hand_in(tmp_path, "é = explode(); K = 'ß'; boom()\ndef softmax(z): return K")
    assert run(made)["softmax"](0) == "ß"
    assert "explode" not in source_of(made)


def test_two_plain_imports_of_parts_of_one_package_are_both_kept(tmp_path: Path) -> None:
    made = hand_in(tmp_path, "import xml.sax\nimport xml.dom", "def softmax(z):\n    return xml.sax, xml.dom")
    assert "import xml.sax" in source_of(made)
    assert "import xml.dom" in source_of(made)


def test_what_only_a_notebook_has_does_nothing_here(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path,
        "from IPython.display_that_is_missing import clear_output",
        "def train():\n    clear_output(wait=True)\n    display(1)\n    return 5",
    )
    assert run(made)["train"]() == 5


def test_statements_that_await_at_top_level_are_left_out(tmp_path: Path) -> None:
    made = hand_in(
        tmp_path, "x = await something()\nK = 1\ndef softmax(z):\n    return K\ndef forward(z):\n    return x"
    )
    assert run(made)["softmax"](0) == 1
    assert made.faults == {}


def test_deleting_data_at_the_end_takes_nothing_from_the_functions(tmp_path: Path) -> None:
    assert run(hand_in(tmp_path, "K = 3\ndef softmax():\n    return K", "del K"))["softmax"]() == 3


def test_each_line_of_the_module_leads_back_to_its_cell(tmp_path: Path) -> None:
    made = hand_in(tmp_path, "md:title", "\n\nK = len('abc')", "def softmax(z, k=K):\n    # why\n    return z / 0")
    lines = source_of(made).split("\n")
    origin = made.origins["solution.py"]
    assert origin.describe(lines.index("        return z / 0") + 1) == "solution.ipynb, cell 3, line 3"
    assert origin.describe(lines.index("        # why") + 1) == "solution.ipynb, cell 3, line 2"
    assert origin.describe(lines.index("try: K = len('abc')") + 1) == "solution.ipynb, cell 2, line 3"
    assert origin.cell_line(1) is None
    assert origin.describe(10_000) is None


def test_hundreds_of_statements_in_a_chain_are_followed(tmp_path: Path) -> None:
    chain = "\n".join(f"a{i} = f(a{i - 1})" for i in range(1, 600))
    made = hand_in(tmp_path, "def f(x):\n    return x + 1", "a0 = 0\n" + chain, "def init():\n    return a599")
    assert run(made)["init"]() == 599
