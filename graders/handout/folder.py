"""A fresh copy of the template, in a folder that was empty."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import nbformat

from graders.foundation.errors import BadUsage, OurFault
from graders.handout.notebook import notebook_of

HOME = Path(__file__).resolve().parents[2]
TEMPLATE = HOME / "student_template"
TESTS = "test_mlp.py"
CODE = ("mlp_numpy.py", "mlp_torch.py", "study.py")
ANSWERS, README = "answers.md", "README.md"
NOTEBOOK = "solution.ipynb"


def hand_out(folder: Path, *, notebook: bool) -> Sequence[str]:
    """Write the template into a folder and return the names of its files.

    Args:
        folder: where; made if it is not there.
        notebook: whether code and answers come as one notebook instead of as files.

    Raises:
        BadUsage: the folder holds something already, or nothing can be written there.
    """
    texts = template()
    written: dict[str, str] = {README: texts[README], TESTS: texts[TESTS]}
    if notebook:
        made = notebook_of({name: texts[name] for name in CODE}, texts[ANSWERS])
        written[NOTEBOOK] = nbformat.writes(made, version=4) + "\n"
    else:
        written |= {name: texts[name] for name in (*CODE, ANSWERS)}
    try:
        if folder.exists() and not folder.is_dir():
            message = f"{folder} is a file"
            raise BadUsage(message, remedy="Name a folder that is not there yet.")
        if folder.exists() and any(folder.iterdir()):
            message = f"{folder} is not empty, and nothing of yours shall be overwritten"
            raise BadUsage(message, remedy="Name a folder that is not there yet, or an empty one.")
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        message = f"cannot write to {folder} ({error.strerror or error})"
        raise BadUsage(message, remedy="Name a folder in a place where you may write.") from error
    return sorted(written)


def template() -> Mapping[str, str]:
    """Return the template's files.

    Raises:
        OurFault: one of them is missing.
    """
    try:
        return {name: (TEMPLATE / name).read_text(encoding="utf-8") for name in (*CODE, ANSWERS, README, TESTS)}
    except OSError as error:
        message = f"the template is incomplete ({error})"
        raise OurFault(message, remedy="Get Plumbline anew.") from error
