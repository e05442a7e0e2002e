"""The verb that runs lines of the console's verbs without a terminal."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from governance_client.cli import speaking, status
from governance_client.cli.output import complain, width
from governance_client.language import _

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import AsyncIterator, Sequence

    from governance_client.cli.context import Context

STANDARD_INPUT: Final = "-"
_CHUNK_BYTES: Final = 1 << 16
_CHUNKS_AHEAD: Final = 4
"""Pieces that are read before the one before them was run."""
_LINE_BYTES: Final = 1 << 20
"""No line is longer: the longest reason that the contract takes is a small part of it."""


class _UnusableError(Exception):
    """Standard input has what cannot be a line."""


async def exec(context: Context, arguments: Namespace) -> int:  # noqa: A001 - the verb's own name
    """Run lines that were given as arguments, or that standard input has."""
    given: Sequence[str] = arguments.lines
    if not given and sys.stdin.isatty():
        complain(
            _('There is nothing to run. Type `governance exec "LINE"`, or pipe a script into `governance exec -`.')
        )
        return status.USAGE
    if STANDARD_INPUT in given and len(given) > 1:
        complain(_("Lines come from the arguments or from standard input (`-`), not from both."))
        return status.USAGE
    from governance_client.console import configuration, glyphs

    try:
        settings = configuration.read(os.environ)
    except configuration.ConfigurationError as error:
        complain(str(error))
        return status.USAGE
    speaking.prefer(context.language, settings.language)
    glyphs.use(ascii=settings.ascii)
    try:
        return await _run(context, _of(given) if given and given[0] != STANDARD_INPUT else _piped(), arguments)
    except UnicodeDecodeError:
        complain(_("The script is not UTF-8. Neither the line that is not, nor any after it, was run."))
    except _UnusableError as error:
        complain(str(error))
    return status.USAGE


async def _run(context: Context, lines: AsyncIterator[str], arguments: Namespace) -> int:
    from governance_client.console import script
    from governance_client.console.attention import Attention
    from governance_client.console.desk import Desk
    from governance_client.console.plain import Plain
    from governance_client.console.settings import Settings
    from governance_client.console.talk import Talk
    from governance_client.operator import OperatorSession

    surface = Plain(sys.stdout, complain, width=width(), json=context.json)
    async with OperatorSession(context.credentials()) as session:
        talk = Talk(session, surface, Desk(session.replica), Settings(), Attention(time.monotonic))
        return await script.run(talk, surface, lines, keep_going=arguments.keep_going)


async def _of(given: Sequence[str]) -> AsyncIterator[str]:
    for each in given:
        for line in each.split("\n"):
            yield line


async def _piped() -> AsyncIterator[str]:
    """Yield the lines of standard input as they come.

    Raises:
        UnicodeDecodeError: One is no text.
        _UnusableError: One is too long.
    """
    rest = b""
    async for chunk in _chunks(os.dup(0)):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode()
        if len(rest) > _LINE_BYTES:
            text = _("A line of the script is longer than {bytes} bytes. Neither it, nor any after it, was run.")
            raise _UnusableError(text.format(bytes=_LINE_BYTES))
    if rest:
        yield rest.decode()


async def _chunks(descriptor: int) -> AsyncIterator[bytes]:
    """Read pieces: of a file at once, of what may keep us waiting in a thread that does not keep us from ending."""
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
        return
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    room, ended = threading.Semaphore(_CHUNKS_AHEAD), threading.Event()

    def pump() -> None:
        chunk = b"first"
        try:
            while chunk and room.acquire() and not ended.is_set():
                chunk = _read(descriptor)
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)
        except RuntimeError:
            return  # the loop has ended; nobody reads any more
        finally:
            os.close(descriptor)

    threading.Thread(target=pump, name="script", daemon=True).start()
    try:
        while chunk := await chunks.get():
            room.release()
            yield chunk
    finally:
        ended.set()
        room.release()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK_BYTES)
    except OSError:  # a terminal that was closed, as at the end of a session
        return b""
