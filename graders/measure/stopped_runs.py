"""Runs with patience, judged together by the rules of `stopping`: where they ended, and whose parameters came back."""

from collections.abc import Sequence

from graders.measure.compare import Wrong
from graders.measure.stopping import Recorded, accepted, best_epochs, rule_of


def ended_in_time(runs: Sequence[Recorded], *, patience: int, epochs: int) -> str:
    """Pass when one accepted rule explains where all runs ended.

    Args:
        runs: what each run recorded.
        patience: what was asked for.
        epochs: the most that each run might take.
    """
    lengths = ", ".join(str(run.epochs) for run in runs)
    if rule_of(runs, accepted(patience), epochs) is not None:
        return f"{len(runs)} runs ended after {lengths} epochs, as their validation curves ask"
    if all(run.epochs == epochs for run in runs):
        raise Wrong(
            f"None of {len(runs)} runs with patience={patience} ended before its {epochs} epochs, although validation "
            "had stopped improving.",
            got=f"{lengths} epochs",
        )
    odd = next((run for run in runs if rule_of([run], accepted(patience), epochs) is None), runs[0])
    bests = " or ".join(str(epoch + 1) for epoch in sorted(set(best_epochs(odd).values())))
    raise Wrong(
        f"The runs ended after {lengths} epochs. The one of {odd.epochs} epochs had its best epoch at {bests}, by its "
        f"recorded validation loss or accuracy.",
        got=f"ended after {odd.epochs} epochs",
        expected=f"{patience} epochs after the best one",
    )


def best_came_back(runs: Sequence[Recorded], losses: Sequence[float], *, rtol: float) -> str:
    """Pass when every run returned the parameters of what one accepted rule holds for its best epoch.

    Args:
        runs: what each run recorded; all have validation losses.
        losses: validation loss of each run's returned parameters.
        rtol: allowed gap between that and the recorded loss, relative.
    """

    def recorded(run: Recorded, epoch: int, loss: float) -> bool:
        return run.val_loss is not None and bool(abs(run.val_loss[epoch] - loss) <= rtol * max(loss, 1e-3))

    bests = [best_epochs(run) for run in runs]
    for name in bests[0]:
        if all(recorded(run, best[name], loss) for run, best, loss in zip(runs, bests, losses, strict=True)):
            return f"{len(runs)} runs returned their best epoch's parameters, by {name}"
    last = all(recorded(run, run.epochs - 1, loss) for run, loss in zip(runs, losses, strict=True))
    told = " In every run they are those of the last epoch." if last else ""
    run, best, loss = next(
        (z for z in zip(runs, bests, losses, strict=True) if not any(recorded(z[0], e, z[2]) for e in z[1].values())),
        (runs[0], bests[0], losses[0]),
    )
    epoch = next(iter(best.values()))
    right = float("nan") if run.val_loss is None else float(run.val_loss[epoch])
    raise Wrong(
        f"The parameters that a run of {run.epochs} epochs returned have validation loss {loss:.5g}; its best epoch, "
        f"{epoch + 1}, had {right:.5g} in its history.{told}",
        got=f"{loss:.5g}",
        expected=f"{right:.5g}",
        fix="When you keep the best weights, do you keep their values, or a name for arrays that go on changing?",
    )
