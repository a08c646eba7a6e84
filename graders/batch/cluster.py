"""Workers on other machines: a Dask cluster does the work, and this process alone writes the ledger."""

import concurrent.futures
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from graders.batch.workers import WorkerDied
from graders.foundation.errors import BadUsage

T = TypeVar("T")
CONNECT_SECONDS = 20
RETRIES = 2  # how often work is given to another worker when one dies, before the batch hears of it


class ClusterWorkers:
    """The workers of a Dask scheduler.

    Args:
        address: the scheduler's, such as tcp://host:8786.

    Raises:
        BadUsage: dask.distributed is not installed, or no scheduler with workers answers there.
    """

    def __init__(self, address: str) -> None:
        try:
            import distributed  # noqa: PLC0415 - an extra
        except ImportError as error:
            message = "--scheduler needs dask.distributed, which is not installed"
            raise BadUsage(message, remedy="Install it with: pip install 'distributed>=2024.5'") from error
        self._distributed = distributed
        try:
            self._client: Any = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            message = f"no Dask scheduler with workers answers at {address} ({type(error).__name__})"
            raise BadUsage(
                message, remedy="Start 'dask scheduler' and 'dask worker', and check the address."
            ) from error
        self._asked: dict[concurrent.futures.Future[Any], Any] = {}

    @property
    def count(self) -> int:
        """How many submissions the cluster grades at a time, as it is now: workers may come and go."""
        return max(1, sum(int(threads) for threads in self._client.nthreads().values()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for asked in self._asked.values():
            asked.cancel()
        self._client.close(timeout=5)

    def submit(self, function: Callable[..., T], *arguments: Any) -> "concurrent.futures.Future[T]":  # noqa: ANN401
        """Run `function(*arguments)` somewhere on the cluster."""
        asked = self._client.submit(function, *arguments, retries=RETRIES, pure=False)
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._asked[future] = asked
        asked.add_done_callback(lambda done: _pass_on(done, future))
        return future

    def result(self, future: "concurrent.futures.Future[T]") -> T:
        """Return what came of it."""
        self._asked.pop(future, None)  # the cluster may forget it
        try:
            return future.result()
        except self._distributed.KilledWorker as error:
            message = "the workers that had it died"
            raise WorkerDied(message) from error


def _pass_on(done: Any, future: "concurrent.futures.Future[Any]") -> None:  # noqa: ANN401 - Dask's future
    """Hand a result from Dask's future, whose callbacks come from a thread of its own, to ours."""
    try:
        future.set_result(done.result(timeout=60))
    except BaseException as error:  # noqa: BLE001 - it is told where the result is asked for
        future.set_exception(error)
