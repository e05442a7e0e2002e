"""A storm: a core that changes so many decisions a second, on and on, without there being ever more of them.

A program of its own, so that making the load does not slow whoever measures: `python -m benchmarks.storm`.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.alerts import SCAN, alert
from tests.support.wire import propose_stream

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.wire import Wire

FRAMES_A_SECOND: Final = 50
"""How often the changes of a second are sent, a part of them each time."""
_LIVES: Final = 100
"""So many decisions of the storm are open at once: a new one lets the oldest be withdrawn."""
_ROUND: Final = 5
"""Of so many changes one is a new decision, one withdraws an old one, and the others were proposed before."""


@contextmanager
def storming(credentials: Path, changes_a_second: int) -> Iterator[None]:
    """Have a core make so many changes a second while the block runs; it is at full strength when the block begins.

    Raises:
        RuntimeError: The storm did not begin, or ended by itself.
    """
    command = [sys.executable, "-m", "benchmarks.storm", str(credentials), str(changes_a_second)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "storming\n":
                raise RuntimeError("The storm did not begin; what it said about that is above.")
            yield
            if process.poll() is not None:
                raise RuntimeError("The storm ended by itself; what it said about that is above.")
        finally:
            process.terminate()


async def storm(credentials: Path, changes_a_second: int) -> None:
    """Change decisions until cancelled."""
    loop = asyncio.get_running_loop()
    async with propose_stream(credentials, instance="storm") as wire:
        reading = asyncio.create_task(_drain(wire))
        began, sent = loop.time(), 0
        while not reading.done():
            due = int((loop.time() - began) * changes_a_second) - sent
            if due > 0:
                await wire.send(*(_change(number) for number in range(sent, sent + due)))
                sent += due
            if sent == due:
                print("storming", flush=True)
            # a load has to be spread over time; nothing is waited for here but the clock
            await asyncio.wait({reading}, timeout=1 / FRAMES_A_SECOND)
        reading.result()


def _change(number: int) -> v1.CoreCommand:
    """Return the change of a number: of five, one is new, one withdraws an older one, three were proposed before."""
    life, step = divmod(number, _ROUND)
    if step == 0:
        return v1.CoreCommand(proposal=alert(f"storm-{life:08d}", SCAN, _address(life)))
    if step == 1 and life >= _LIVES:
        old = v1.Cancel(decision_id=f"storm-{life - _LIVES:08d}", reason="Seen to be harmless.")
        return v1.CoreCommand(request_id=f"withdraw-{life:08d}", cancel=old)
    again = life - (life * 7 + step * 13) % min(life + 1, _LIVES // 2)
    return v1.CoreCommand(proposal=alert(f"again-{number:08d}", SCAN, _address(again)))


def _address(number: int) -> str:
    return f"2001:db8::{number >> 16:x}:{number & 0xFFFF:x}"


async def _drain(wire: Wire[v1.ProposeResponse]) -> None:
    """Read what the server answers, and forget it."""
    while True:
        await wire.read()
        wire.frames.clear()
        wire.receipts.clear()
        wire.replica.clear()


def _main() -> None:
    parser = argparse.ArgumentParser(description="Change decisions until stopped.")
    parser.add_argument("credentials", type=Path)
    parser.add_argument("changes_a_second", type=int)
    arguments = parser.parse_args()
    asyncio.run(storm(arguments.credentials, arguments.changes_a_second))


if __name__ == "__main__":
    _main()
