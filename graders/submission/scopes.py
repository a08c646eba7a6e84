"""The global names of a piece of source, as the compiler's own symbol table tells them."""

import symtable
from dataclasses import dataclass

from graders.submission.source import no_warnings

INLINE_SCOPES = frozenset({"listcomp", "setcomp", "dictcomp", "genexpr"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The global names of a piece of source, by what it does with them; see `Statement`."""

    binds: set[str]
    now: set[str]
    later: set[str]
    sets_global: set[str]


def names_of(source: str) -> Names:
    """Return what a piece of source does with global names, as the compiler's own symbol table tells."""
    with no_warnings():
        top = symtable.symtable(source, "<submission>", "exec")
    symbols = top.get_symbols()
    names = Names(
        binds={s.get_name() for s in symbols if s.is_assigned() or s.is_imported()},
        now={s.get_name() for s in symbols if s.is_referenced()},
        later=set(),
        sets_global=set(),
    )
    waiting = [(child, False) for child in top.get_children()]
    while waiting:
        scope, deferred = waiting.pop()
        deferred = deferred or (scope.get_type() == "function" and scope.get_name() not in INLINE_SCOPES)
        found = [s for s in scope.get_symbols() if s.is_global()]
        (names.later if deferred else names.now).update(s.get_name() for s in found)
        names.sets_global.update(s.get_name() for s in found if s.is_declared_global() and s.is_assigned())
        waiting += [(child, deferred) for child in scope.get_children()]
    return names
