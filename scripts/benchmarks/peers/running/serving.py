"""Serving: a peer's own server, up while a block lasts."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

_START_S = 60.0
_END_S = 10.0
_AGAIN_S = 0.1


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def server(command: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """Have a server run while the block lasts; it belongs to this program's process group."""
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdin=asyncio.subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _END_S)
        except TimeoutError:
            process.kill()


async def reached(process: Process, attempt: Callable[[], Awaitable[None]], *errors: type[Exception]) -> None:
    """Return once an attempt at a server succeeds.

    Args:
        process: The server.
        attempt: Made again and again.
        errors: What it raises as long as the server is not up.

    Raises:
        RuntimeError: It ended, or is not up after a minute.
    """
    deadline = time.monotonic() + _START_S
    while True:
        try:
            await attempt()
        except errors as error:
            if process.returncode is not None:
                raise RuntimeError(f"Its server ended with {process.returncode}.") from error
            if time.monotonic() > deadline:
                raise RuntimeError(f"Its server was not up after {_START_S:.0f} s: {error}") from error
        else:
            return
        await asyncio.sleep(_AGAIN_S)
