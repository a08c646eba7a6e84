"""Code cells: IPython's own lines go, Python stays, and line numbers never move."""

import pytest

from graders.submission.cells import CellCode, clean


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "%load_ext autoreload",
        "%timeit f(3)",
        "!pip install torch",
        "!!ls -la",
        "!ls data | grep 'x' > out && echo \"it's\"",
        "?print",
        "np.zeros?",
        "np.zeros??  # how",
        "*.load*?",
        "files = !ls data",
        "here = %pwd",
        "a, b = !echo 1",
        "pip install torch torchvision",
        "conda install -y numpy",
        "ls data/",
        "/print 3",
    ],
)
def test_a_line_of_ipythons_own_is_taken_out(line: str) -> None:
    assert clean(f"x = 1\n{line}\ny = 2").text == "x = 1\npass\ny = 2"


@pytest.mark.parametrize(
    "text",
    [
        "s = '''\n%time x\n!ls\nwhat?\n'''",
        's = f"""\n%%bash\n!rm {x}\n"""',
        "x = (a\n% b\n)",
        "x = a \\\n% b",
        "s = 'one \\\n!two'",
        "y = x if not x else -x  # why?\nz = 'a?'",
        "print('%d' % 3)\nmask = a != b\nls = cd = 3",
    ],
)
def test_what_merely_looks_like_a_magic_is_left_alone(text: str) -> None:
    assert clean(text).text == text
    assert clean(f"!ls\n{text}").text == f"pass\n{text}"


def test_a_magic_in_a_block_leaves_the_block_whole() -> None:
    assert clean("if colab:\n    !pip install x\n\t\nx = 1").text == "if colab:\n    pass\n\t\nx = 1"


def test_a_shell_line_goes_with_the_lines_that_continue_it() -> None:
    assert clean("!pip install a \\\n  b \\\n  c\nx = 1").text == "pass\n\n\nx = 1"


def test_a_timed_statement_is_the_statement() -> None:
    assert clean("%time x = load()\n!ls").text == "x = load()\npass"


@pytest.mark.parametrize("magic", ["%%time", "%%capture", "%%capture out --no-stderr", "\n%%time\n%%capture"])
def test_a_timed_or_captured_cell_keeps_its_body(magic: str) -> None:
    made = clean(f"{magic}\nx = 1\n!ls")
    assert made.text.split("\n")[-2:] == ["x = 1", "pass"]
    assert made.text.count("\n") == magic.count("\n") + 2
    assert made.dropped == ""


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%javascript", "%%timeit", "%%script python", "%%!"])
def test_a_cell_in_another_language_or_process_is_dropped_whole(magic: str) -> None:
    assert clean(f"{magic}\nx = 1").dropped == magic.split(maxsplit=1)[0].lstrip("%")


def test_a_cell_that_writes_a_file_says_which() -> None:
    expected = CellCode(text="\nx = 1", dropped="writefile", file="layers.py", appends=True)
    assert clean("%%writefile -a layers.py\nx = 1") == expected


def test_an_indented_cell_is_moved_to_the_margin() -> None:
    assert clean("    x = 1\n    if x:\n        y = 2").text == "x = 1\nif x:\n    y = 2"


def test_one_very_long_line_of_anything_is_read_quickly_enough_to_finish() -> None:
    for line in (
        "x?" + " " * 200_000 + "y",
        "a, " * 100_000 + "=",
        "%%time\n" * 50_000,
        "'" * 199_999,
        "\\\n" * 50_000,
    ):
        assert clean("!ls\n" + line).text.startswith("pass\n")


def test_a_cell_that_is_python_is_left_alone_even_where_it_looks_like_a_command() -> None:
    assert clean("    ls -la").text == "ls -la"
    assert clean("ls -la\npip").text == "ls -la\npip"
