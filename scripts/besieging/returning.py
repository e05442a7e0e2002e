"""Everybody comes back at once after a restart: how long until the server is steady again."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from tests.support.messages import proposal
from tests.support.wire import propose_stream

from benchmarks.figures import Figure
from besieging import house
from besieging.crowd import STREAMS_A_CALLER
from governance import v1

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from tests.support.server import ServerProcess

    from benchmarks.progress import Progress

STEADY_S: Final = 10.0
"""So long after the server serves again every session is there and has seen what is new."""
PROCESSES: Final = 2
PATIENCE_S: Final = 120.0


async def returned_s(
    server: ServerProcess, sessions: int, progress: Progress, *, kinds: Sequence[str] = ("stopped", "killed")
) -> dict[str, float]:
    """Restart a server under so many sessions; return how long after it served again all was steady, by kind.

    Args:
        server: The server.
        sessions: How many operators' sessions are open.
        progress: Told what is being done.
        kinds: "stopped", in good order, or "killed".
    """
    callers = -(-sessions // STREAMS_A_CALLER)
    operators = await house.let_in(server, "operator", callers + PROCESSES, v1.ROLE_SOC_OPERATOR)
    core = (await house.let_in(server, "core", 1, v1.ROLE_CORE))[0]
    found: dict[str, float] = {}
    progress.say(f"{sessions} sessions connect")
    async with _holding(operators, sessions) as holders:
        await _seen(core, holders, 1)
        for number, kind in enumerate(kinds, 2):
            progress.say(f"the server is {kind} and starts again")
            await asyncio.to_thread(server.stop if kind == "stopped" else server.kill)
            await asyncio.to_thread(server.start)
            served_s = time.monotonic()
            found[kind] = await _seen(core, holders, number) - served_s
    return found


@asynccontextmanager
async def _holding(operators: Sequence[Path], sessions: int) -> AsyncIterator[list[Process]]:
    """Run the processes that hold the sessions; all are connected when the block begins."""
    async with AsyncExitStack() as stack:
        holders: list[Process] = []
        left = list(operators)
        for number in range(PROCESSES):
            count = sessions // PROCESSES + (number < sessions % PROCESSES)
            used, left = left[: -(-count // STREAMS_A_CALLER)], left[-(-count // STREAMS_A_CALLER) :]
            holder = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "besieging.sessions",
                str(count),
                *map(str, used),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            stack.push_async_callback(_end, holder)
            holders.append(holder)
        for holder in holders:
            await _line(holder)
        yield holders


async def _end(holder: Process) -> None:
    if holder.returncode is None:
        holder.kill()
    await holder.wait()


async def _line(holder: Process) -> str:
    assert holder.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        line = await holder.stdout.readline()
    if not line:
        raise RuntimeError("A process that held sessions ended; what it said about that is above.")
    return line.decode().strip()


async def _seen(core: Path, holders: Sequence[Process], number: int) -> float:
    """Have a decision proposed; return the moment when every session knew it."""
    made = proposal(number)
    async with propose_stream(core) as up:
        await up.answer(v1.CoreCommand(proposal=made))
    for holder in holders:
        assert holder.stdin is not None
        holder.stdin.write(f"{made.decision_id}\n".encode())
        await holder.stdin.drain()
    lines = [await _line(holder) for holder in holders]
    return max(float(line.split()[1]) for line in lines)


def figures(sessions: int, found: dict[str, float]) -> list[Figure]:
    """Return what was measured, with its bounds."""
    return [
        Figure(f"{sessions} sessions steady after the server was {kind} and served again", took_s, "s", STEADY_S)
        for kind, took_s in found.items()
    ]
