"""What a function does beside answering: whether it changed the arguments that it was given."""

from collections.abc import Sequence

from graders.foundation.call import Value
from graders.foundation.grader import Seen
from graders.foundation.observation import Returned
from graders.foundation.verdict import Check
from graders.measure.compare import Wrong, check


def inputs_untouched(seen: Seen, *, main: str, names: Sequence[str]) -> Check:
    """Judge that no answer came with a changed argument.

    Args:
        seen: all answers about one function.
        main: the question that stands for them where the function failed.
        names: the positional arguments' names, in order.
    """
    changed = {i for a in seen.values() if isinstance(a.observation, Returned) for i in a.observation.changed}
    spoilt = [name for i, name in enumerate(names) if str(i) in changed]
    function = seen[main].call.target

    def test(_value: Value) -> None:
        if spoilt:
            told = " and ".join(spoilt)
            raise Wrong(f"Your {function} changed the {told} that it was given.", got=f"{told} changed")

    listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    fix = "Which of your statements writes into an argument, as += does?"
    return check(f"leaves {listed} as given", seen[main], test, weight=0.5, fix=fix)
