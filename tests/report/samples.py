"""Scorecards of every kind, with the strings that a malicious or unlucky submission would send."""

import math
from collections.abc import Mapping

import numpy as np

from graders.foundation.verdict import Check, Curves, ErrorMap, GapOverSeeds, Verdict, verdict
from graders.grading.scorecard import CriterionPage, CriterionResult, Notice, Scorecard

SCRIPT = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
STYLE = "</style></title></pre></details><h1 id=forged>100 of 100</h1>"
ESCAPES = "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \x1b[2J\x9b1A\x07\x00"
BIDI = "\u202e001\u202c \u2066x\u2069 \u200f\ufeff"
TEMPLATE = "{{ 7 * 7 }} {% raw %} [bold]markup[/bold] [link=file:///etc]x[/link] :smile: $x^2$ \\frac"
HOSTILE = f"{SCRIPT} {STYLE} {ESCAPES} {BIDI} {TEMPLATE} \ud800 & \"quoted' \u2028 end"

GRADIENT_PAGE = CriterionPage(
    measures="Every entry of dW1, db1, dW2 and db2 from `loss_and_grads`, on batches of several sizes, against the"
    " derivative worked out independently.\n\nWhere `softmax` is wrong, it is judged again with a right one"
    " in its place.",
    matters="Training follows the gradient. One that is too large by a constant still falls, only slower or wilder, so"
    " the loss curve will not tell you.",
    fix="Write down the shape of each factor. Then compare one entry with (L(w + h) - L(w - h)) / 2h, h = 1e-5, in"
    " float64.",
)
PAGE = CriterionPage(
    measures="The values that the function returns, on ordinary and on extreme input.",
    matters="Everything behind it builds on it.",
    fix="Try it on three numbers whose answer you know.",
)


def criterion(
    name: str,
    title: str,
    group: str,
    points: float,
    judged: Verdict | None,
    *,
    page: CriterionPage = PAGE,
    fault: str = "",
) -> CriterionResult:
    """Return one rubric line."""
    return CriterionResult(
        name=name, title=title, group=group, points=points, verdict=judged, page=page, fault=fault, seconds=0.25
    )


def scorecard(
    *criteria: CriterionResult,
    submission: str = "amara-okafor",
    notices: tuple[Notice, ...] = (),
    output: Mapping[str, str] | None = None,
    answers: str = "",
) -> Scorecard:
    """Return a scorecard with everything around the criteria filled in."""
    return Scorecard(
        submission=submission,
        submission_digest="4be1" * 16,
        rubric="Two-layer MLP from scratch",
        rubric_digest="a07c" * 16,
        dataset="MNIST, 10,000 images",
        dataset_digest="93d2" * 16,
        seed=20240607,
        criteria=criteria,
        notices=notices,
        output=output or {},
        environment={"python": "3.11.7", "numpy": "2.4.6", "torch": "2.13.0", "platform": "Linux x86_64"},
        answers=answers,
        started="2026-03-14T09:26:53Z",
        seconds=48.31,
    )


def passed(*titles: str) -> Verdict:
    """Return a verdict of full marks."""
    return verdict(*(Check(title=t, credit=1.0, asked=f"asked about {t}") for t in titles))


def loss_curves() -> Curves:
    """Return training and validation loss over twenty epochs, overfitting from the ninth on."""
    epochs = np.arange(1, 21)
    return Curves(
        title="Loss of your training run, by epoch",
        x_label="epoch",
        y_label="mean cross-entropy",
        x=tuple(float(e) for e in epochs),
        lines=(
            ("training loss", tuple((0.06 + 1.9 * np.exp(-epochs / 3.2)).tolist())),
            ("validation loss", tuple((0.16 + 1.8 * np.exp(-epochs / 3.0) + 0.0011 * epochs**1.7).tolist())),
        ),
    )


def width_curves() -> Curves:
    """Return eight lines, more than there are colours."""
    epochs = tuple(float(e) for e in range(10))
    lines = tuple((f"H = {2**k}", tuple(0.98 - 0.5 / (k + 1) - 0.3 / (e + 1) for e in epochs)) for k in range(8))
    return Curves(
        title="Validation accuracy for each hidden width", x_label="epoch", y_label="accuracy", x=epochs, lines=lines
    )


def gaps() -> GapOverSeeds:
    """Return the gaps of eight seeds."""
    return GapOverSeeds(
        title="Accuracy of your PyTorch port minus accuracy of your NumPy code, by seed",
        seeds=(1583992571, 90231, 774120559, 1200331, 55, 6001, 717171, 8888),
        gaps=(0.31, 0.72, 0.55, 0.94, 0.48, 0.81, 0.12, 0.66),
        low=0.51,
        high=0.83,
        allowed=0.5,
    )


def gradient_errors(name: str = "dW1", rows: int = 13, columns: int = 11) -> ErrorMap:
    """Return errors of which the upper right quarter is wrong, over five decades, and one is no number."""
    rng = np.random.default_rng(7)
    errors = 10.0 ** rng.uniform(-12, -8, size=(rows, columns))
    part = np.s_[: max(1, rows // 2), columns // 2 :]
    errors[part] = 10.0 ** rng.uniform(-5, 0.3, size=errors[part].shape)
    errors[rows // 3, columns // 2 - 1] = math.nan
    return ErrorMap(title=f"{name}: absolute error of every entry", errors=errors, allowed=1e-5)


def full_marks() -> Scorecard:
    """Return a perfect scorecard in which nothing is left to a reviewer."""
    return scorecard(
        criterion("softmax", "Softmax", "Forward pass", 6, passed("rows sum to one", "finite for logits of 1e30")),
        criterion("gradients", "Gradients", "Backward pass", 12.5, passed("dW1 is right", "db1 is right")),
    )


def partial() -> Scorecard:
    """Return a scorecard of a real evening: most is right, some is lost, answers wait for a reviewer."""
    wrong_gradient = verdict(
        Check(title="dW1 is the gradient of the mean loss", credit=1.0, weight=2.0),
        Check(
            title="db1 is the gradient of the mean loss",
            credit=0.0,
            reason="db1[3]: you returned 0.512, the derivative is 0.073 (relative gap 6, allowed 1e-05). Every entry is"
            " 7 times too large, and 7 is the batch size: the sum over the batch is never divided by it.",
            asked="loss_and_grads(params, float64[7, 13], int64[7])",
            got="db1 = [ 0.10214,  0.     , -0.21777,  0.51200, … shape (11,)",
            expected="db1 = [ 0.01459,  0.     , -0.03111,  0.07314, … shape (11,)",
            fix="Look at where you divide by the batch size. Does db1 pass through that line, or start before it?",
            where="mlp_numpy.py, line 74",
            exhibits=(gradient_errors("db1", 1, 11), gradient_errors()),
        ),
        Check(title="the loss agrees with its own gradient", credit=0.5, reason="It does for N = 7, not for N = 1."),
        exhibits=(gradient_errors("dW1 on the whole training set", 784, 128),),
        remarks=("Your dtype is float32 throughout. That is allowed, and taken into account in the tolerances.",),
    )
    port = verdict(
        Check(title="same weights give the same logits", credit=1.0, asked="50 images", got="largest gap 2.1e-07"),
        Check(
            title="accuracy within 0.5 points of the NumPy code",
            credit=0.0,
            reason="Over 8 seeds the port is better by 0.51 to 0.83 points (interval of the mean); 0.5 is allowed.",
            fix="Compare the two initialisations: print the standard deviation of W1 in both.",
            where="mlp_torch.py, line 18",
        ),
        exhibits=(gaps(),),
    )
    essay = Verdict(
        checks=(
            Check(title="Derivation: an answer is there", credit=1.0, got="112 words under its heading"),
            Check(
                title="Overfitting: an answer is there", credit=1.0, got="86 words; your own run overfits from epoch 9"
            ),
        ),
        exhibits=(loss_curves(),),
        open_for_reviewer=True,
    )
    return scorecard(
        criterion("softmax", "Softmax", "Forward pass", 6, passed("rows sum to one", "finite for logits of 1e30")),
        criterion(
            "cross_entropy", "Cross-entropy from logits", "Forward pass", 6, passed("is the mean over the batch")
        ),
        criterion("gradients", "Gradients of the loss", "Backward pass", 12, wrong_gradient, page=GRADIENT_PAGE),
        criterion(
            "momentum",
            "SGD with momentum",
            "Training",
            8,
            verdict(
                Check(
                    title="one step from rest", credit=0.0, reason="momentum_step is not written yet.", attempted=False
                )
            ),
        ),
        criterion("torch_port", "PyTorch port", "Training", 14, port),
        criterion(
            "width_study",
            "Hidden width",
            "Analysis",
            4,
            verdict(Check(title="each width is trained and measured", credit=1.0), exhibits=(width_curves(),)),
        ),
        criterion("answers", "Written answers", "Analysis", 4, essay),
        notices=(
            Notice(
                message="solution.ipynb and mlp_numpy.py both define softmax; the file's was graded.",
                where="solution.ipynb, cell 3",
            ),
            Notice(message="Your code prints 3,200 lines during training; only the first 200 are kept."),
        ),
        output={"numpy": "epoch 1 loss 1.4821\nepoch 2 loss 1.0334\n" * 20, "torch": "using cpu\n"},
        answers="## Derivation\n\n∂L/∂Z₂ = P - Y, because the log of the softmax is linear in the logit of the right"
        " class and the normaliser's derivative is the softmax itself.\n\n## Overfitting\n\n1. Dropout\n"
        "2. Weight decay\n3. Early stopping at epoch 9, where my validation loss is lowest.\n",
    )


def hostile() -> Scorecard:
    """Return a scorecard in which every word that a submission can influence is an attack."""
    check = Check(
        title=HOSTILE,
        credit=0.25,
        reason=HOSTILE,
        asked=HOSTILE,
        got=HOSTILE + "x" * 400,
        expected=HOSTILE,
        fix=HOSTILE,
        where=HOSTILE,
        exhibits=(
            Curves(title=HOSTILE, x_label=HOSTILE, y_label=HOSTILE, x=(0.0, 1.0), lines=((HOSTILE, (math.nan, 1.0)),)),
            ErrorMap(title=HOSTILE, errors=np.array([[math.nan, math.inf, 0.0]]), allowed=0.0),
        ),
    )
    page = CriterionPage(measures=HOSTILE, matters=f"`{HOSTILE}`", fix=HOSTILE)
    return scorecard(
        criterion("softmax", HOSTILE, HOSTILE, 3, verdict(check, remarks=(HOSTILE,)), page=page),
        criterion("answers", "Written answers", HOSTILE, 3, Verdict(checks=(check,), open_for_reviewer=True)),
        submission=HOSTILE,
        notices=(Notice(message=HOSTILE, where=HOSTILE),),
        output={HOSTILE: HOSTILE * 20},
        answers=HOSTILE * 20,
    )


def not_attempted() -> Scorecard:
    """Return the scorecard of the untouched template."""
    blank = verdict(Check(title="rows sum to one", credit=0.0, reason="softmax is not written yet.", attempted=False))
    return scorecard(
        criterion("softmax", "Softmax", "Forward pass", 6, blank),
        criterion("gradients", "Gradients", "Backward pass", 12, blank),
    )


def carried_forward() -> Scorecard:
    """Return a scorecard in which one mistake shows in three criteria and is charged in the first."""
    wrong = Check(
        title="rows sum to one", credit=0.0, reason="Row 0 sums to 1.38; columns sum to one: axis 0 is not it."
    )
    carried = Check(
        title="is the mean over the batch",
        credit=1.0,
        reason="Charged once, at Softmax; right with a right function there.",
        got="2.9113",
        expected="1.6094",
        charged_at=("Softmax",),
    )
    small = Check(title="finite for any finite logits", credit=0.0, reason="cross_entropy of 1e30 is inf.")
    return scorecard(
        criterion("softmax", "Softmax", "Forward pass", 6, verdict(wrong)),
        criterion("cross_entropy", "Cross-entropy from logits", "Forward pass", 6, verdict(carried)),
        criterion("stability", "Extreme logits", "Forward pass", 4, verdict(carried, small)),
    )


def ungraded() -> Scorecard:
    """Return a scorecard with a criterion that the grader itself failed to judge."""
    return scorecard(
        criterion("softmax", "Softmax", "Forward pass", 6, passed("rows sum to one")),
        criterion(
            "torch_port", "PyTorch port", "Training", 14, None, fault="The exam room for PyTorch could not be started."
        ),
        criterion("answers", "Written answers", "Analysis", 4, open_verdict()),
    )


def open_verdict() -> Verdict:
    """Return a verdict that waits for a reviewer."""
    return Verdict(checks=(Check(title="an answer is there", credit=1.0),), open_for_reviewer=True)


def still_open() -> Scorecard:
    """Return a scorecard that is perfect but for what a reviewer must read."""
    return scorecard(
        criterion("softmax", "Softmax", "Forward pass", 96, passed("rows sum to one")),
        criterion("answers", "Written answers", "Analysis", 4, open_verdict()),
        answers="## Derivation\n\nP - Y.\n",
    )


ALL = (full_marks, partial, carried_forward, hostile, not_attempted, ungraded, still_open)
