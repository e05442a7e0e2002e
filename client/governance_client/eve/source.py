"""The source: an EVE file, standard input, or a file that grows and is rotated, read piece by piece."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from typing import TYPE_CHECKING, Final

from governance_client.eve.reader import Parser

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from governance_client.eve.reader import Item

CHUNK_BYTES: Final = 1 << 16
POLL_S: Final = 0.25
STANDARD_INPUT: Final = "-"


async def _poll() -> None:
    await asyncio.sleep(POLL_S)


async def read_eve(
    path: str, *, follow: bool = False, pause: Callable[[], Awaitable[None]] = _poll
) -> AsyncIterator[list[Item]]:
    """Read events, as many at a time as a piece of the file completes.

    Args:
        path: The file; "-" for standard input.
        follow: Go on when the end is reached, for ever. A file that was replaced under its name is read to its end and
            then the new one from its start; one that was cut is read from its start.
        pause: Waits before it looks again for more.

    Raises:
        OSError: The file cannot be opened or read. It names the file.
    """
    try:
        async for items in _read(path, follow=follow, pause=pause):
            yield items
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


async def _read(path: str, *, follow: bool, pause: Callable[[], Awaitable[None]]) -> AsyncIterator[list[Item]]:
    chunks = _followed(path, pause) if follow and path != STANDARD_INPUT else _once(path)
    parser = Parser()
    async for chunk in chunks:
        if chunk is None:
            yield [*parser.end()]
            parser = Parser()
        else:
            yield [*parser.feed(chunk)]
    yield [*parser.end()]


async def _once(path: str) -> AsyncIterator[bytes | None]:
    descriptor = os.dup(0) if path == STANDARD_INPUT else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
                await asyncio.sleep(0)  # whoever else has work
        return
    async for chunk in _piped(descriptor):
        yield chunk


async def _piped(descriptor: int) -> AsyncIterator[bytes]:
    """Read what may keep us waiting in a thread of its own, which does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes | OSError] = asyncio.Queue(maxsize=4)

    def pump() -> None:
        try:
            while chunk := os.read(descriptor, CHUNK_BYTES):
                asyncio.run_coroutine_threadsafe(chunks.put(chunk), loop).result()
            asyncio.run_coroutine_threadsafe(chunks.put(b""), loop).result()
        except OSError as error:
            asyncio.run_coroutine_threadsafe(chunks.put(error), loop).result()
        except RuntimeError:
            return  # the loop has ended; nobody reads any more
        finally:
            os.close(descriptor)

    threading.Thread(target=pump, name="eve-source", daemon=True).start()
    while chunk := await chunks.get():
        if isinstance(chunk, OSError):
            raise chunk
        yield chunk


async def _followed(path: str, pause: Callable[[], Awaitable[None]]) -> AsyncIterator[bytes | None]:
    """Read a growing file for ever. None stands for the end of one file and the start of another."""
    while True:
        with open(path, "rb", buffering=0) as file:  # noqa: ASYNC230, PTH123 - a local file; raw, with its position
            while True:
                if chunk := file.read(CHUNK_BYTES):
                    yield chunk
                    continue
                if _replaced(path, file.fileno()):
                    # what was written between the last read and the rotation
                    while chunk := file.read(CHUNK_BYTES):
                        yield chunk
                    break
                if os.fstat(file.fileno()).st_size < file.tell():
                    file.seek(0)
                    yield None
                    continue
                await pause()
        yield None


def _replaced(path: str, descriptor: int) -> bool:
    try:
        there = os.stat(path)  # noqa: PTH116 - beside os.fstat
    except FileNotFoundError:
        return False  # between the old file and the new one
    here = os.fstat(descriptor)
    return (there.st_ino, there.st_dev) != (here.st_ino, here.st_dev)
