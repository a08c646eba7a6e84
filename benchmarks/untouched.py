"""Which answers of the reference an edited reference would give as well, because the edit cannot reach them.

The reference is plain module-level functions without state, so what a function needs can be read off its names.
"""

import ast
from collections.abc import Mapping

from graders.foundation.call import Call, Room
from graders.foundation.observation import Observation
from graders.wire.contract import MODULE_OF, MODULES, contract_function

Definition = tuple[str, str]
"""Module and name."""


def answers_untouched(
    known: Mapping[bytes, Observation],
    asked: Mapping[bytes, Call],
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> dict[bytes, Observation]:
    """Return what stays known when files `before` become files `after`; `asked` has the questions."""
    old, new = _definitions(before), _definitions(after)
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    if any(name == "" for _, name in changed):  # an import or another statement at the top level
        return {}
    needs = {key: _needs(key, new) for key in new}
    return {
        identity: observation
        for identity, observation in known.items()
        if not asked[identity].stand_ins and not _reached(asked[identity], needs) & changed
    }


def _reached(call: Call, needs: Mapping[Definition, frozenset[Definition]]) -> set[Definition]:
    """Return all definitions that a question may come to."""
    function = contract_function(call.target)
    modules = {"mlp_torch", "study"} if call.room is Room.TORCH else set()
    names = {function, "init", "predict"}  # arguments are made by the submission's own init
    roots = [(MODULE_OF[n], n) for n in names] + [(m, n) for m in modules for n in MODULES[m]]
    if function == "width_study":
        roots += [("mlp_numpy", n) for n in MODULES["mlp_numpy"]]
    return set().union(*(needs.get(root, frozenset()) for root in roots))


def _definitions(files: Mapping[str, str]) -> Mapping[Definition, str]:
    """Return each top-level definition's code; all other statements of a module stand together under ""."""
    found: dict[Definition, str] = {}
    for name, text in files.items():
        module = name.removesuffix(".py")
        rest = []
        for node in ast.parse(text).body:
            match node:
                case ast.FunctionDef() | ast.ClassDef():
                    key = (module, node.name)
                    found[key] = found.get(key, "") + ast.unparse(node)
                case ast.Assign(targets=[ast.Name(id=target)]) | ast.AnnAssign(target=ast.Name(id=target)):
                    found[module, target] = found.get((module, target), "") + ast.unparse(node)
                case _:
                    rest.append(ast.unparse(node))
        found[module, ""] = "\n".join(rest)
    return found


def _needs(key: Definition, definitions: Mapping[Definition, str]) -> frozenset[Definition]:
    """Return a definition with all that it needs; a name stands for every module's definition of it."""
    by_name: dict[str, list[Definition]] = {}
    for found in definitions:
        by_name.setdefault(found[1], []).append(found)
    needed: set[Definition] = set()
    waiting = [key]
    while waiting:
        current = waiting.pop()
        if current in needed:
            continue
        needed.add(current)
        names = {n.id for n in ast.walk(ast.parse(definitions[current])) if isinstance(n, ast.Name)}
        names |= {n.attr for n in ast.walk(ast.parse(definitions[current])) if isinstance(n, ast.Attribute)}
        waiting += [d for name in names for d in by_name.get(name, []) if d[1]]
    return frozenset(needed)
