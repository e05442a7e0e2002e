"""Many operators' sessions in one process, each on a connection of its own: `python -m besieging.sessions`.

On standard input comes a decision's id a line. When every session is connected and knows that decision, it is said on
standard output, with the moment by the clock that all processes of a machine share.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from besieging.crowd import STREAMS_A_CALLER
from governance_client.credentials import Credentials
from governance_client.operator.freshness import Link
from governance_client.operator.session import OperatorSession

if TYPE_CHECKING:
    from collections.abc import Sequence


async def hold(credentials: Sequence[Path], count: int) -> None:
    """Hold so many sessions until standard input ends."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with AsyncExitStack() as stack:
        sessions = []
        for number in range(count):
            path = credentials[number // STREAMS_A_CALLER]
            sessions.append(await stack.enter_async_context(OperatorSession(Credentials.load(path))))
        print("connected", flush=True)
        while line := await lines.readline():
            decision_id = line.decode().strip()
            await asyncio.gather(*(_knows(session, decision_id) for session in sessions))
            print(f"{decision_id} {time.monotonic()}", flush=True)


async def _knows(session: OperatorSession, decision_id: str) -> None:
    while session.link is not Link.UP or session.replica.get(decision_id) is None:
        await session.news()


def _main() -> None:
    parser = argparse.ArgumentParser(description="Hold operators' sessions open.")
    parser.add_argument("count", type=int)
    parser.add_argument("credentials", type=Path, nargs="+")
    arguments = parser.parse_args()
    asyncio.run(hold(arguments.credentials, arguments.count))


if __name__ == "__main__":
    _main()
