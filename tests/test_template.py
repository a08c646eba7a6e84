"""The student template is the reference without its bodies, and its README states the same contract."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "reference"
TEMPLATE = ROOT / "student_template"

CONTRACT = {
    "mlp_numpy.py": [
        *("softmax", "cross_entropy", "dropout", "init", "forward", "loss_and_grads"),
        *("momentum_step", "step_decay", "cosine", "train", "predict"),
    ],
    "mlp_torch.py": ["build_torch", "train_torch", "predict_torch"],
    "study.py": ["plot_curves", "width_study"],
}
HEADINGS = ["## Derivation", "## Overfitting", "## Hidden width", "## Schedules"]

every_module = pytest.mark.parametrize("module", CONTRACT)


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def signature(function: ast.FunctionDef) -> str:
    """Names, annotations and defaults, as Python writes them."""
    returns = ast.unparse(function.returns) if function.returns else "nothing stated"
    return f"{function.name}({ast.unparse(function.args)}) -> {returns}"


def bare_signature(function: ast.FunctionDef) -> str:
    """Names and defaults only, as a README writes them."""
    named = ", ".join(
        name if default is None else f"{name}={ast.unparse(default)}" for name, default in arguments(function.args)
    )
    return f"{function.name}({named})"


def arguments(args: ast.arguments) -> list[tuple[str, ast.expr | None]]:
    required: list[None] = [None] * (len(args.args) - len(args.defaults))
    named = [(arg.arg, default) for arg, default in zip(args.args, [*required, *args.defaults], strict=True)]
    return [*named, (f"**{args.kwarg.arg}", None)] if args.kwarg else named


def assignments(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [ast.unparse(node) for node in tree.body if isinstance(node, ast.Assign)]


@every_module
def test_the_template_holds_the_functions_of_the_contract_and_no_other(module: str) -> None:
    assert list(functions(TEMPLATE / module)) == CONTRACT[module]


@every_module
def test_the_reference_holds_every_function_of_the_contract_in_the_templates_order(module: str) -> None:
    shared = [name for name in functions(REFERENCE / module) if name in CONTRACT[module]]
    assert shared == CONTRACT[module]


@every_module
def test_template_and_reference_agree_on_every_signature_and_docstring(module: str) -> None:
    asked, solved = functions(TEMPLATE / module), functions(REFERENCE / module)
    for name in CONTRACT[module]:
        assert signature(asked[name]) == signature(solved[name])
        assert ast.get_docstring(asked[name]) == ast.get_docstring(solved[name])
        assert ast.get_docstring(asked[name]), name


@every_module
def test_every_body_in_the_template_is_its_docstring_and_a_refusal(module: str) -> None:
    for function in functions(TEMPLATE / module).values():
        docstring, *body = function.body
        assert isinstance(docstring, ast.Expr)
        assert [ast.unparse(statement) for statement in body] == ["raise NotImplementedError"]


@every_module
def test_the_template_keeps_the_references_names_for_types_and_functions(module: str) -> None:
    assert assignments(TEMPLATE / module) == assignments(REFERENCE / module)


@every_module
def test_the_template_imports_without_a_warning(module: str) -> None:
    run = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", f"import {Path(module).stem}"],
        cwd=TEMPLATE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("folder", [REFERENCE, TEMPLATE], ids=["reference", "template"])
def test_the_numpy_modules_import_numpy_and_the_standard_library_only(folder: Path) -> None:
    tree = ast.parse((folder / "mlp_numpy.py").read_text(encoding="utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert "numpy" in imported
    assert imported - {"numpy"} <= sys.stdlib_module_names


@pytest.mark.parametrize("folder", [REFERENCE, TEMPLATE], ids=["reference", "template"])
def test_the_answers_stand_under_the_four_headings(folder: Path) -> None:
    lines = (folder / "answers.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("## ")] == HEADINGS


def test_the_templates_answers_are_prompts_in_comments_and_no_text() -> None:
    text = (TEMPLATE / "answers.md").read_text(encoding="utf-8")
    sections = re.split(r"^## .*$", text, flags=re.MULTILINE)[1:]
    assert all(re.search(r"<!-- .+? -->", section) for section in sections)
    without_comments = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    assert without_comments.split() == " ".join(HEADINGS).split()


def test_no_answer_of_the_reference_is_empty() -> None:
    text = (REFERENCE / "answers.md").read_text(encoding="utf-8")
    sections = re.split(r"^## .*$", text, flags=re.MULTILINE)[1:]
    assert all(len(section.split()) > 50 for section in sections)


def test_the_readme_states_the_signatures_that_the_template_has() -> None:
    readme = (TEMPLATE / "README.md").read_text(encoding="utf-8")
    stated = re.findall(r"^\| `(\w+\(.*?\))` \|", readme, flags=re.MULTILINE)
    asked = [functions(TEMPLATE / module)[name] for module, names in CONTRACT.items() for name in names]
    assert stated == [bare_signature(function) for function in asked]
