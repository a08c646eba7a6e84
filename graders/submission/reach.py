"""Which statements of a notebook the contract's functions need, and an order in which they can stand in a module.

A name is followed to the statements that give it its value: the last one that binds it anew and what changes it
after that. A function's own names count as they are at the end of the notebook, what a statement reads while it
runs as it is at that place; where nothing above has bound it (cells out of order), as it is at the end.
"""

import builtins
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graders.submission.statements import PATH, Kind, Statement

# The functions of the contract that train. To call one while a module is imported is never cheap.
TRAINERS = frozenset({"train", "train_torch", "width_study"})
# A loop over these is a training loop, wherever it stands.
LEARNERS = TRAINERS | {"loss_and_grads", "momentum_step"}
# Names that find a definition by a text, so that any of them may be meant.
BY_TEXT = frozenset({"globals", "eval", "exec"})
BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__", "display", "get_ipython"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is needed of a notebook.

    Args:
        order: indices of the needed statements, in the order in which they can run.
        repeated: index of a needed statement that trains -> the names for which it is needed.
        passed_over: index of a statement that trains -> the names whose value is taken from before it.
    """

    order: tuple[int, ...]
    repeated: dict[int, list[str]]
    passed_over: dict[int, list[str]]


class Reach:
    """Follows names through the statements of a notebook."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.stars = [i for i, s in enumerate(statements) if s.kind is Kind.STAR]
        self.touching = touching(statements)
        self.training = training(statements)
        self.passed_over: dict[int, set[str]] = defaultdict(set)
        self._giving: dict[tuple[str, int], tuple[int, ...]] = {}
        self._required: dict[int, tuple[int, ...]] = {}

    def select(self, roots: Iterable[str]) -> Selection:
        """Return what the given names need, in order."""
        wanted = set(roots) | {PATH}
        waiting = [i for i, s in enumerate(self.statements) if s.kind in (Kind.FUTURE, Kind.STAR)]
        waiting += [i for name in sorted(wanted) for i in self.giving(name)]
        chosen: set[int] = set()
        while waiting:
            index = waiting.pop()
            if index in chosen:
                continue
            chosen.add(index)
            statement = self.statements[index]
            wanted |= statement.now | statement.later
            waiting += self.required(index)
            waiting += [i for name in statement.later for i in self.giving(name)]
            if BY_TEXT & (statement.now | statement.later):
                waiting += [i for i, s in enumerate(self.statements) if s.kind is Kind.DEFINITION]
        trains = sorted(chosen & self.training)
        needed_names = {i: self.statements[i].binds | self.statements[i].changes for i in trains}
        return Selection(
            order=self.ordered(chosen),
            repeated={i: sorted(names & wanted) for i, names in needed_names.items()},
            passed_over={i: sorted(names) for i, names in sorted(self.passed_over.items()) if i not in chosen},
        )

    def giving(self, name: str, before: int | None = None) -> tuple[int, ...]:
        """Return the statements that give a name its value, at a place or (without one) at the end."""
        key = (name, len(self.statements) if before is None else before)
        if key not in self._giving:
            found = self._last_value(name, key[1])
            if not found and before is not None:
                found = tuple(i for i in self.giving(name) if i != before)
            self._giving[key] = found
        return self._giving[key]

    def _last_value(self, name: str, before: int) -> tuple[int, ...]:
        places = self.touching.get(name, [])
        places = places[: bisect_left(places, before)]
        cheap = self._since_bound(name, [i for i in places if i not in self.training])
        if cheap and name in self.statements[cheap[-1]].replaces:
            for index in places:
                if index in self.training and index > cheap[-1]:
                    self.passed_over[index].add(name)
            return cheap
        return self._since_bound(name, places)

    def _since_bound(self, name: str, places: Sequence[int]) -> tuple[int, ...]:
        found: list[int] = []
        for index in reversed(places):
            found.append(index)
            if name in self.statements[index].replaces:
                break
        return tuple(found)

    def read_now(self, index: int) -> list[int]:
        """Return the statements that give the names which a statement reads while it runs."""
        found: list[int] = []
        statement = self.statements[index]
        # A loop reads the variable that it binds; a later loop over the same name has no part in that.
        own = statement.binds if statement.kind in (Kind.BLOCK, Kind.EXPRESSION) else frozenset()
        for name in sorted(statement.now):
            giving = self._last_value(name, index) if name in own else self.giving(name, index)
            found += giving
            if not giving and name not in BUILTINS:
                found += self.stars
        return [i for i in found if i != index]

    def required(self, index: int) -> tuple[int, ...]:
        """Return the statements that must have run before a statement, what it calls included."""
        if index not in self._required:
            found = self.read_now(index)
            seen = {index, *found}
            if self.statements[index].calls:
                waiting = list(found)
                while waiting:
                    callee = waiting.pop()
                    called = [i for name in self.statements[callee].later for i in self.giving(name, index)]
                    fresh = set(self.read_now(callee)).union(called) - seen
                    seen |= fresh
                    waiting += fresh
            self._required[index] = tuple(sorted(seen - {index}))
        return self._required[index]

    def ordered(self, chosen: set[int]) -> tuple[int, ...]:
        """Return the chosen statements in document order, but each after what it needs."""
        done: dict[int, None] = {}
        begun: set[int] = set()
        for start in sorted(chosen, key=lambda i: (self.statements[i].kind is not Kind.FUTURE, i)):
            stack = [start]
            while stack:
                index = stack[-1]
                first = [] if index in begun else self._earlier(index)
                begun.add(index)
                first = [i for i in first if i in chosen and i not in begun]
                if first:
                    stack += sorted(first, reverse=True)
                else:
                    done[stack.pop()] = None
        return tuple(done)

    def _earlier(self, index: int) -> list[int]:
        """Return what must stand before a statement; of what it merely calls, not what is made from it."""
        direct = set(self.read_now(index))
        return [i for i in self.required(index) if i in direct or i < index or index not in self._made_from(i)]

    def _made_from(self, index: int) -> set[int]:
        seen: set[int] = set()
        waiting = [index]
        while waiting:
            fresh = set(self.read_now(waiting.pop())) - seen
            seen |= fresh
            waiting += fresh
        return seen


def touching(statements: Sequence[Statement]) -> dict[str, list[int]]:
    """Return for each name the statements that bind or change it, in document order."""
    setters: dict[str, set[str]] = defaultdict(set)
    for statement in statements:
        for name in statement.binds if statement.kind is Kind.DEFINITION else ():
            setters[name] |= statement.sets_global
    found: dict[str, list[int]] = defaultdict(list)
    for index, statement in enumerate(statements):
        changes = statement.changes
        if statement.kind is not Kind.DEFINITION:
            changes = changes.union(*(setters[name] for name in statement.calls if name in setters))
        for name in statement.binds | changes:
            found[name].append(index)
    return found


def training(statements: Sequence[Statement]) -> frozenset[int]:
    """Return the statements that train when they run: calls of a trainer, and loops around a learning step."""
    users: dict[str, set[str]] = defaultdict(set)
    for statement in statements:
        for name in statement.later if statement.calls else statement.later | statement.now:
            users[name] |= statement.binds
    trainers, learners = (closure(names, users) for names in (TRAINERS, LEARNERS))
    return frozenset(
        i
        for i, s in enumerate(statements)
        if s.kind not in (Kind.DEFINITION, Kind.IMPORT, Kind.STAR, Kind.FUTURE)
        and (s.fits or s.calls & trainers or (s.loops and s.calls & learners))
    )


def closure(names: Iterable[str], users: Mapping[str, set[str]]) -> set[str]:
    """Return the names, what uses them, what uses that, and so on."""
    found = set(names)
    waiting = list(found)
    while waiting:
        fresh = users.get(waiting.pop(), set()) - found
        found |= fresh
        waiting += fresh
    return found
