import pytest

from tests.sitting import lost, sit

EXP = "e = np.exp(z - z.max(axis=1, keepdims=True))  # (N, K)"


def test_the_reference_keeps_every_point_on_softmax() -> None:
    assert lost(sit("softmax")) == ()


def test_softmax_along_the_images_has_rows_that_do_not_sum_to_one() -> None:
    verdict = sit("softmax", edits={"mlp_numpy.py": [("e / e.sum(axis=1, keepdims=True)", "e / e.sum(axis=0)")]})
    assert {"rows sum to one", "gives the right probabilities along the class axis"} <= set(lost(verdict))


def test_softmax_without_a_shift_loses_only_where_exponentials_overflow() -> None:
    verdict = sit("softmax", edits={"mlp_numpy.py": [(EXP, "e = np.exp(z)")]})
    assert "logits of ±1e3 stay finite and right" in lost(verdict)
    assert "float32 logits around 100 stay finite" in lost(verdict)
    assert not {"gives the right probabilities along the class axis", "rows sum to one"} & set(lost(verdict))


def test_softmax_with_one_maximum_for_the_whole_batch_disturbs_small_rows() -> None:
    verdict = sit("softmax", edits={"mlp_numpy.py": [(EXP, "e = np.exp(z - z.max())")]})
    assert "rows of very different size do not disturb each other" in lost(verdict)
    assert "works in float32" not in lost(verdict)


def test_softmax_that_writes_into_its_logits_loses_manners_alone() -> None:
    verdict = sit("softmax", edits={"mlp_numpy.py": [(EXP, "z -= z.max(axis=1, keepdims=True); e = np.exp(z)")]})
    assert lost(verdict) == ("leaves its input as it was",)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_softmax_that_computes_in_float32_loses_nothing(seed: int) -> None:
    edits = [(EXP, "z = z.astype(np.float32); e = np.exp(z - z.max(axis=1, keepdims=True))")]
    assert lost(sit("softmax", edits={"mlp_numpy.py": edits}, seed=seed)) == ()
