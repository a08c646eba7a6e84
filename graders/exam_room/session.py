"""What an exam room needs of a session, whatever separates it from the machine."""

from typing import Protocol

from graders.wire.frames import Frame


class Session(Protocol):
    """One submission sitting in one room."""

    def send(self, frame: Frame) -> None:
        """Send a frame; returns at once."""

    def receive(self, seconds: float, cpu_seconds: float) -> Frame:
        """Wait for the next frame while watching the tree.

        Args:
            seconds: of wall time until then.
            cpu_seconds: what the tree may compute until then, on all cores together.

        Raises:
            Overdrawn: a limit was passed.
            Closed: the room ended.
            Malformed: what arrived is no frame.
        """

    def unasked(self) -> bool:
        """Tell whether a frame arrived that nobody asked for."""

    @property
    def exit_status(self) -> int | None:
        """How the session's process ended: its status, negative for a signal, None while it runs."""

    @property
    def printed(self) -> str:
        """What the submission printed, up to the cap."""

    def without_paths(self, text: str) -> str:
        """Return text without the room's folder."""

    def kill(self) -> None:
        """End the submission's processes at once, whatever is left to be done after them."""

    def close(self) -> None:
        """End everything in the session and leave nothing of it behind."""
