"""Streams that one can wait for several of at a time; Windows can do so with sockets alone, not with pipes."""

import contextlib
import io
import os
import socket
import sys
import threading
from typing import IO, cast

CHUNK = 2**16


def waitable(stream: IO[bytes], *, written: bool = False) -> io.RawIOBase:
    """Return a stream that a selector takes, and that gives None where reading or writing would wait.

    Args:
        stream: one end of a pipe, unbuffered.
        written: whether it is the end that is written to.
    """
    if sys.platform == "win32":
        return relayed(stream, written=written)
    os.set_blocking(stream.fileno(), False)
    return cast("io.RawIOBase", stream)


def relayed(stream: IO[bytes], *, written: bool) -> io.RawIOBase:
    """Return a socket that a thread carries the stream's bytes to, or from; the stream is closed with it."""
    near, far = socket.socketpair()
    near.settimeout(0.0)
    threading.Thread(target=_take_in if written else _bring_out, args=(stream, far), daemon=True).start()
    with near:
        return cast("io.RawIOBase", near.makefile("wb" if written else "rb", buffering=0))


def _take_in(stream: IO[bytes], far: socket.socket) -> None:
    with stream, far, contextlib.suppress(OSError, ValueError):
        while chunk := far.recv(CHUNK):
            rest = memoryview(chunk)
            while rest:
                rest = rest[stream.write(rest) :]


def _bring_out(stream: IO[bytes], far: socket.socket) -> None:
    with stream, far, contextlib.suppress(OSError, ValueError):
        while chunk := stream.read(CHUNK):
            far.sendall(chunk)
