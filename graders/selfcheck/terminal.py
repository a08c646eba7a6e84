"""A check in a terminal or a pipe: what is next first, the rest in one line each. It computes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from graders.foundation.verdict import Check
from graders.grading.scorecard import CriterionResult
from graders.report.plain_text import one_line, plain_text
from graders.report.wording import counted, points_text
from graders.selfcheck.hints import Hint
from graders.selfcheck.prediction import Prediction
from graders.selfcheck.steps import State, Step, certain_next, next_step
from graders.submission import Submission

CHECKS_SHOWN = 3  # of the criterion that is next; the first mistake often causes the others
NOTICES_SHOWN = 5
LINES_SHOWN = 12  # of what the submission printed, the last ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How a state is shown: a symbol, its colour, and a letter where the terminal lacks the symbol."""

    symbol: str
    plain: str
    style: str


MARKS: Mapping[State, Mark] = MappingProxyType(
    {
        State.DONE: Mark(symbol="✓", plain="+", style="green"),
        State.CARRIED: Mark(symbol="↪", plain=">", style="yellow"),
        State.SO_FAR: Mark(symbol="✓", plain="+", style="green"),
        State.OPEN: Mark(symbol="✗", plain="x", style="red"),
        State.NOT_ATTEMPTED: Mark(symbol="○", plain="o", style="dim"),
        State.REVIEWER: Mark(symbol="…", plain=".", style="magenta"),
        State.UNGRADED: Mark(symbol="!", plain="!", style="bold red"),
    }
)


class CheckView:
    """Shows criteria as they arrive: a live view where the cursor can move; elsewhere what is next, then the rest.

    Args:
        console: where.
        again: the command that checks this submission, for the student to add `--hint` to.
        points: whether points are shown, as `--full` does.
        partial: whether only some criteria are checked, so that nothing can be said of those before.
        progress: gets a line as each criterion comes out, where the cursor cannot move. It is another stream than
            `console`, so that a pipe holds what a terminal shows in the end, in the same order.
    """

    def __init__(
        self,
        console: Console,
        again: str,
        *,
        points: bool = False,
        partial: bool = False,
        progress: Console | None = None,
    ) -> None:
        self._console = console
        self._again = again
        self._points = points
        self._partial = partial
        self._progress = progress
        self._asking = ""
        self._steps: dict[int, Step] = {}
        self._shown: Step | None = None
        self._live: Live | None = None

    def begin(self, title: str, submission: Submission, known: Sequence[Step]) -> None:
        """Show the heading and what is known already."""
        self._steps = {s.number: s for s in known}
        self._shown = None
        self._console.print()
        self._console.print(self._words(f"{title}, {one_line(submission.name)}", "bold"))
        if self._console.is_interactive:
            self._live = Live(console=self._console, transient=True, refresh_per_second=8)
            self._live.start()

    def started(self, name: str, title: str) -> None:
        """Show which criterion is being asked."""
        del title
        self._asking = name
        self._update()

    def finished(self, result: CriterionResult) -> None:
        """Wait for the step: whose mistake it is may not be known yet."""

    def add(self, step: Step) -> None:
        """Show a criterion that came out."""
        self._steps[step.number] = step
        if self._live is None:
            if self._progress is not None and step.state is not State.NOT_ATTEMPTED:
                self._progress.print(self._line(step))
            following = self._following()
            if following is not None and self._shown is None:
                self._shown = following
                self._console.print(self._next_block(following))
        self._update()

    def end(self, submission: Submission, printed: str = "", prediction: Prediction | None = None) -> None:
        """Show everything in its last form, and the end of what the submission printed."""
        self.stop()
        steps = self.steps
        following = next_step(steps)
        parts: list[RenderableType] = []
        if following is not None and following is not self._shown:
            parts.append(self._next_block(following))
        parts += self._others(following)
        parts += self._printed(printed)
        parts += self._notices(submission)
        if prediction is not None:
            parts += self._prediction(prediction)
        parts += [Text(), self._closing(following)]
        self._console.print(Group(*parts))

    def stop(self) -> None:
        """End the live view, if there is one."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    @property
    def steps(self) -> Sequence[Step]:
        """All criteria so far, in the order of the task."""
        return [self._steps[number] for number in sorted(self._steps)]

    def hint(self, step: Step | None, hint: Hint | None) -> None:
        """Show a hint for what is next."""
        self.stop()
        if step is None:
            self._console.print(self._words("Nothing is left to do here, so there is nothing to hint at.", "green"))
            return
        self._console.print(self._next_block(step, hinting=True))
        if hint is None:
            return
        self._console.print(self._indented(self._words(f"\nHint {hint.number} of {hint.of}", "bold cyan"), 2))
        self._console.print(self._indented(self._words(hint.text), 2))
        more = "for the next one." if hint.number < hint.of else "starts over. When all are used up, ask a person."
        self._console.print(self._indented(self._words(f"\n--hint once more {more}", "dim"), 2))

    def _following(self) -> Step | None:
        """Return what is next, once everything before it is known."""
        return next_step(self.steps) if self._partial else certain_next(self.steps)

    def _update(self) -> None:
        if self._live is None:
            return
        following = self._following()
        parts: list[RenderableType] = [] if following is None else [self._next_block(following)]
        parts += self._others(following)
        told = self._words(f"checking {self._asking} ...", "dim")
        parts += [Text(), Spinner("dots" if self._can_show("⠋") else "line", text=told)]
        self._live.update(Group(*parts), refresh=True)

    def _next_block(self, step: Step, *, hinting: bool = False) -> RenderableType:
        """Show what is next: the checks that do not hold, with their reasons."""
        head = self._words(f"{step.number} of {step.of}: {step.name}", "bold")
        head.append_text(self._words(f"  {step.criterion.title}{self._points_of(step)}"))
        rows: list[RenderableType] = [Text(), head]
        if step.state is State.NOT_ATTEMPTED:
            rows.append(self._indented(self._words(_sentence(step.result.reason)), 2))
        for check in step.lost[:CHECKS_SHOWN]:
            rows += self._check(check)
        left = len(step.lost) - CHECKS_SHOWN
        if left > 0:
            checks = step.result.verdict.checks if step.result.verdict else ()
            told = f"{left} more of its {len(checks)} checks {'does' if left == 1 else 'do'} not hold either."
            rows.append(self._indented(self._words(told), 2))
        if not hinting:
            rows.append(self._indented(self._words(f"Stuck? {self._again} --hint", "dim"), 2))
        return Group(*rows)

    def _check(self, check: Check) -> Iterator[RenderableType]:
        head = Text.assemble(self._mark(State.OPEN), " ", self._words(one_line(check.title)))
        yield self._indented(head, 2)
        if check.reason:
            yield self._indented(self._words(one_line(check.reason)), 4)
        if check.where:
            yield self._indented(self._words(one_line(check.where), "cyan"), 4)

    def _others(self, following: Step | None) -> Iterator[RenderableType]:
        """Show all but what is next: mistakes with their reasons, the rest by name."""
        steps = [s for s in self.steps if s is not following]
        wrong = [s for s in steps if s.state in (State.OPEN, State.UNGRADED)]
        if wrong:
            yield Text()
            yield self._words("Not right either:" if following in self.steps else "Not right:")
        reasons: dict[str, list[Step]] = {}
        for step in wrong:
            reasons.setdefault(step.result.reason, []).append(step)
        for reason, sharing in reasons.items():
            told = ", ".join(f"{s.number} {s.name}{self._points_of(s)}" for s in sharing)
            line = Text.assemble(self._mark(sharing[0].state), " ", self._words(f"{told}: "))
            yield self._indented(line.append_text(self._words(one_line(reason))), 2)
        carried = [s for s in steps if s.state is State.CARRIED]
        if carried:
            yield Text()
        for step in carried:
            told = f"{step.number} {step.name}{self._points_of(step)}: right, once {' and '.join(step.charged_at)} is"
            yield Text.assemble(self._mark(step.state), " ", self._words(told))
        words = {
            State.NOT_ATTEMPTED: "Not written yet",
            State.SO_FAR: "Right as far as it is written",
            State.REVIEWER: "For a reviewer",
            State.DONE: "Done",
        }
        for state, said in words.items():
            names = [f"{s.name}{self._points_of(s)}" for s in steps if s.state is state]
            if names:
                yield Text()
                yield Text.assemble(self._mark(state), " ", self._words(f"{said}: {', '.join(names)}"))

    def _printed(self, printed: str) -> Iterator[RenderableType]:
        lines = plain_text(printed).strip("\n").split("\n")
        if lines == [""]:
            return
        yield Text()
        yield self._words("Your code printed:" if len(lines) <= LINES_SHOWN else "The last that your code printed:")
        for line in lines[-LINES_SHOWN:]:
            yield self._indented(self._words(line, "dim"), 2)

    def _notices(self, submission: Submission) -> Iterator[RenderableType]:
        if submission.notices:
            yield Text()
            yield self._words("Worth knowing:")
        for notice in submission.notices[:NOTICES_SHOWN]:
            where = f" ({one_line(notice.where)})" if notice.where else ""
            yield self._indented(self._words(f"- {one_line(notice.message)}{where}"), 2)
        left = len(submission.notices) - NOTICES_SHOWN
        if left > 0:
            yield self._indented(self._words(f"- and {left} more; grade.py tells them all"), 2)

    def _prediction(self, told: Prediction) -> Iterator[RenderableType]:
        yield Text()
        yield self._words("What the final grading would give, as far as it can be known:", "bold")
        earned = "cannot be told" if told.earned is None else points_text(told.earned)
        rows = [f"{earned} of {counted(told.public, 'point')} by the public criteria"]
        if told.reviewer:
            rows.append(f"{counted(told.reviewer, 'point')} within a reviewer's reach: a person reads the answers")
        if told.hidden:
            groups = ", ".join(f"{name}: {points_text(points)}" for name, points in told.hidden_by_group.items())
            rows.append(f"{counted(told.hidden, 'point')} by hidden tests ({groups})")
        else:
            rows.append("nothing by hidden tests")
        for row in rows:
            yield self._indented(self._words(f"- {row}"), 2)
        yield (self._words("It asks the same with other random inputs, so a close result may change.", "dim"))

    def _closing(self, following: Step | None) -> Text:
        done = sum(s.state is State.DONE for s in self.steps)
        of = len(self._steps) if self._partial else max((s.of for s in self.steps), default=0)
        text = self._words(f"{done} of {of} done.", "bold")
        if following is not None:
            return text.append_text(self._words(f" Next: {following.number} of {following.of}, {following.name}."))
        if self._points or self._partial:
            return text
        return text.append_text(self._words(f" Before you hand in: {self._again} --full"))

    def _line(self, step: Step) -> Text:
        told = self._words(f"{step.number} of {step.of} {step.name}{self._points_of(step)}: {step.state}")
        return Text.assemble(self._mark(step.state), " ", told)

    def _points_of(self, step: Step) -> str:
        if not self._points:
            return ""
        earned = points_text(step.result.earned + step.result.open_points)
        return f" {earned}/{points_text(step.criterion.points)}"

    def _mark(self, state: State) -> Text:
        mark = MARKS[state]
        return Text(mark.symbol if self._can_show(mark.symbol) else mark.plain, style=mark.style)

    def _indented(self, text: Text, columns: int) -> Text:
        """Return text wrapped and moved to the right, without blanks at the ends of its lines."""
        lines = text.wrap(self._console, max(20, self._console.width - columns))
        for line in lines:
            line.rstrip()
        return Text("\n").join(Text(" " * columns if line else "").append_text(line) for line in lines)

    def _words(self, text: str, style: str = "") -> Text:
        """Return words, which are never read as markup, in characters that the console's encoding has."""
        shown = plain_text(text).replace("\t", " ")
        return Text(shown.encode(self._console.encoding, "replace").decode(self._console.encoding), style=style)

    def _can_show(self, symbol: str) -> bool:
        try:
            symbol.encode(self._console.encoding)
        except UnicodeEncodeError:
            return False
        return True


def _sentence(text: str) -> str:
    """Return text that ends as a sentence does."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
