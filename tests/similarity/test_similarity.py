"""A copy with other names is found; what everybody has, and what two people write alike by chance, is not."""

import re
from pathlib import Path

import pytest

from graders.ledger import HandInRow, Ledger, SittingRow
from graders.ledger.parcel import compressed, parcel_digest, parcel_of
from graders.similarity import write_similarity
from graders.similarity.compare import Pair, code_of, known_fingerprints, look_alikes
from graders.similarity.pages import not_counted
from graders.submission import Submission
from tests.banks.styles import styles
from tests.sitting import ROOT

STYLES = ("classes", "einsum_one_hot", "softmax_jacobian", "layer_classes", "flat_vector", "columns_are_samples")


def style(name: str) -> str:
    """Return the NumPy half of a right submission in a style of its own."""
    folder = next(s.folder for s in styles() if s.name == name)
    return (folder / "mlp_numpy.py").read_text(encoding="utf-8")


def own_styles() -> list[str]:
    """Return the names of styles that have a NumPy half of their own."""
    return [s.name for s in styles() if (s.folder / "mlp_numpy.py").is_file()]


def disguised(code: str) -> str:
    """Return code with other names, other spaces and comments of its own."""
    for number, name in enumerate(("hidden", "logits", "grad", "probs", "out", "batch", "loss")):
        code = re.sub(rf"\b{name}\b", f"my_{number}", code)
    lines = [f"{line}  # {number}" if line.endswith(":") else line for number, line in enumerate(code.splitlines())]
    return "\n\n".join(lines)


def pairs(codes: dict[str, str]) -> list[Pair]:
    """Return the look-alikes among pieces of code."""
    return look_alikes(codes, known_fingerprints(not_counted()))


@pytest.mark.parametrize("name", ["einsum_one_hot", "columns_are_samples"])
def test_a_copy_with_other_names_is_found_among_work_of_their_own(name: str) -> None:
    codes = {other: style(other) for other in own_styles()}
    codes["mallory"] = disguised(style(name))
    first = pairs(codes)[0]
    assert set(first.names) == {"mallory", name}
    assert min(first.shares) > 0.8


def test_template_and_reference_do_not_count() -> None:
    template = (ROOT / "student_template" / "mlp_numpy.py").read_text()
    reference = (ROOT / "reference" / "mlp_numpy.py").read_text()
    codes = {"a": template, "b": template, "c": reference, "d": reference, "e": template + reference}
    assert pairs(codes) == []


def test_an_order_of_its_own_does_not_hide_a_copy() -> None:
    code = style("einsum_one_hot")
    blocks = re.split(r"\n(?=def )", code)
    moved = "\n".join([blocks[0], *reversed(blocks[1:])])
    (pair,) = pairs({"a": code, "b": moved})
    assert min(pair.shares) > 0.7


def test_marked_parts_are_parts_of_the_text() -> None:
    (pair,) = pairs({"a": style("einsum_one_hot"), "b": disguised(style("einsum_one_hot"))})
    for text, slices in zip(pair.texts, pair.slices, strict=True):
        assert slices
        ends = [place for start_end in slices for place in start_end]
        assert ends == sorted(ends)
        assert ends[-1] <= len(text)


def test_nothing_at_all_is_compared_without_complaint() -> None:
    assert pairs({}) == []
    assert pairs({"a": "", "b": "", "c": "def f(:"}) == []


def test_the_pages_show_pairs_side_by_side_and_change_no_score(tmp_path: Path) -> None:
    with Ledger(tmp_path, create=True) as ledger:
        ledger.keep_rubric("r", "p", "t", "x")
        code = style("einsum_one_hot")
        works = {"<b>amara</b>": code, "mallory": disguised(code), "twin": code, "ben": style("columns_are_samples")}
        ledger.keep_class(
            [HandInRow(student=f"s{n}", identity={"name": name}, source="x") for n, name in enumerate(works)]
        )
        for number, text in enumerate(works.values()):
            submission = Submission(name="", files={"mlp_numpy.py": text.encode()}, modules={"mlp_numpy": "mlp_numpy"})
            assert code_of(submission).endswith(text.rstrip() + "\n")
            parcel = parcel_of(submission)
            digest = parcel_digest(parcel)
            row = SittingRow(
                key=digest, conditions=digest, parcel=digest, rubric="r", dataset="d", dataset_digest="d", data_dir="",
                seed=1, grader="g", scorecard=b"",
            )  # fmt: skip
            ledger.keep_sitting(row, parcel=compressed(parcel), observations=None, students=[f"s{number}"])
        before = [tuple(row) for row in ledger.rows("SELECT * FROM sitting")]
        assert write_similarity(ledger, tmp_path) == 3, "amara, mallory and the twin, each with each"
        assert [tuple(row) for row in ledger.rows("SELECT * FROM sitting")] == before
    listed = (tmp_path / "similarity" / "index.html").read_text()
    assert "&lt;b&gt;amara&lt;/b&gt;" in listed
    assert "ben" not in listed.split("<main")[1]
    assert len(list((tmp_path / "similarity").glob("pair-*.html"))) == 3
    assert "<mark>" in (tmp_path / "similarity" / "pair-001.html").read_text()
    assert "script" not in (tmp_path / "similarity" / "pair-001.html").read_text().split("<main")[0].split("Policy")[0]
