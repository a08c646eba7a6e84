"""A probe that shows the dropout mask of a PyTorch model in its logits, and what the mask tells."""

from dataclasses import dataclass

import numpy as np

from graders.foundation.call import Params
from graders.measure.compare import Wrong
from graders.measure.dropped import dependence
from graders.measure.statistics import share

N, D, H = 250, 4, 40
K = H + 1
NEAR = 1e-4  # float32 rounding stays below 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Probe:
    """Positive hidden activations that W2 = [I, 0] copies into the logits: logit h is activation h plus a bias.

    Args:
        params: W1 (D, H), b1 (H,), W2 (H, K), b2 (K,), float32.
        X: images (N, D), float32.
    """

    params: Params
    X: np.ndarray

    @property
    def hidden(self) -> np.ndarray:
        """The hidden activations (N, H), all positive."""
        return self._hidden_of(self.X.astype(np.float64))

    def ratios(self, logits: np.ndarray) -> np.ndarray:
        """Return by what each hidden activation was multiplied on its way to the logits (N, K); (N, H).

        The last logit is a bias alone. The differences to it are the same for logits and for their log-probabilities,
        so that a softmax behind the model, charged elsewhere, does not hide the mask.
        """
        if (logits > 0).all() and (np.abs(logits.sum(axis=1) - 1) <= NEAR).all():
            logits = np.log(logits)
        biases = self.params.b2.astype(np.float64)
        factors: np.ndarray = (logits[:, :H] - logits[:, H:] - (biases[:H] - biases[H])) / self.hidden
        return factors

    def judge(self, logits: np.ndarray, p: float, *, risk: float) -> str:
        """Judge one pass in training mode: every ratio 0 or 1/(1-p), and a share of about p zeros."""
        ratios = self.ratios(logits)
        dropped = np.abs(ratios) <= NEAR
        scale = 1 / (1 - p)
        if (dropped | (np.abs(ratios - scale) <= NEAR * scale)).all():
            rate = share(int(dropped.sum()), dropped.size, p=p, what="the share of dropped activations", risk=risk)
            if rate.within:
                self._each_alone(dropped, risk=risk)
                return rate.told
            raise Wrong(
                f"{rate.told} The model was built with dropout={p:g}.", got=f"{rate.value:.3f}", expected=f"{p:g}"
            )
        raise Wrong(
            f"In training mode every hidden activation should come out as 0 or as {scale:.4g} times itself; "
            f"you have {_examples(ratios)}.",
            got=_examples(ratios),
            expected=f"0 or {scale:.4g}",
        )

    def _each_alone(self, dropped: np.ndarray, *, risk: float) -> None:
        """Find fault with a mask that drops whole rows or columns."""
        for lines, words in ((dropped, "the same units are dropped for every image"), (dropped.T, "whole images are")):
            if (lines == lines[0]).all():
                told = words if words.startswith("the") else f"{words} dropped"
                raise Wrong(f"In training mode {told}: each activation has a chance of its own.", got=told)
        for measured in dependence(~dropped, risk=risk):
            if not measured.within:
                raise Wrong(f"{measured.told} The activations are not dropped independently of each other.")

    def _hidden_of(self, X: np.ndarray) -> np.ndarray:
        activations: np.ndarray = np.maximum(X @ self.params.W1.astype(np.float64) + self.params.b1, 0.0)
        return activations


def draw(rng: np.random.Generator) -> Probe:
    """Draw a probe."""
    params = Params(
        W1=rng.uniform(0.5, 1.0, size=(D, H)).astype(np.float32),
        b1=rng.uniform(0.1, 0.5, size=H).astype(np.float32),
        W2=np.eye(H, K, dtype=np.float32),
        b2=rng.uniform(0.2, 0.6, size=K).astype(np.float32),
    )
    return Probe(params=params, X=rng.uniform(0.5, 1.5, size=(N, D)).astype(np.float32))


def _examples(ratios: np.ndarray) -> str:
    kinds = sorted(set(np.round(ratios.ravel(), 3)))
    return ", ".join(f"{r:.4g}" for r in kinds[:4]) + (", …" if len(kinds) > 4 else "")
