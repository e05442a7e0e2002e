"""The pair, a load program: the core that proposes and the operator who decides, each on a stream of its own.

What goes up is made before the clock starts where that is honest: proposals. What answers to something that came down
(verdicts, acceptances, reports) is made when it comes, as a console or a core has to.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from benchmarks.arrivals import Arrivals
from benchmarks.callers import CORE, DECIDER, of_settings
from benchmarks.calling import Calling
from benchmarks.dialogue import answer_questions
from benchmarks.errands import settle, withdraw
from benchmarks.lines import OPERATE, PROPOSE, Line
from benchmarks.programs import cpu_s
from benchmarks.proposals import Drawing
from benchmarks.rounds import Round
from governance_client.channel import connect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.dialogue import Deed


_STORM_OVER_S: Final = 0.2
"""What was withdrawn before comes as a storm, in which whoever only watches is told ten times a second; twice that."""


class Pair:
    """A core and an operator, and what they can be asked for."""

    def __init__(self, core: Line, operator: Line, drawing: Drawing, server_pid: int) -> None:
        self._server_pid = server_pid
        self._core = core
        self._operator = operator
        self._drawing = drawing
        self._sent: list[str] = []

    async def cycle(self, count: int, at_once: int, *, whole: bool = False) -> dict[str, Any]:
        """Lead so many decisions from the proposal to the order at core, some at once.

        What is left of their lives, acceptance and report, comes after the clock has stopped, unless the whole life is
        asked for.

        Returns:
            How long all took, how long each, and the processor time that this program and the server took meanwhile.
        """
        round_ = self._round(count, whole=whole)
        began, load_cpu_s, server_cpu_s = time.perf_counter(), time.process_time(), cpu_s(self._server_pid)
        await round_.lead(at_once)
        took_s = time.perf_counter() - began
        load_cpu_s, server_cpu_s = time.process_time() - load_cpu_s, cpu_s(self._server_pid) - server_cpu_s
        if not whole:
            await settle(self._core, round_.orders, self._drawing)
        return {
            "took_s": took_s,
            "load_cpu_s": load_cpu_s,
            "server_cpu_s": server_cpu_s,
            "samples_s": round_.samples_s,
            "offset": await self._all_told(),
        }

    async def burst(self, count: int) -> dict[str, Any]:
        """Propose so many decisions at once.

        Returns:
            How many of them were accepted and the operator has seen, and how long it took until that was so. They are
            withdrawn afterwards.
        """
        round_ = self._round(count, decides=False)
        began = time.perf_counter()
        round_.send(count)
        await self._core.until(round_.acknowledged)
        acknowledged_s = time.perf_counter() - began
        await self._operator.until(round_.all_seen)
        seen_s = round_.seen_at - began
        await withdraw(self._core, round_.names, self._drawing)
        await self._all_told()
        return {"seen": len(round_.seen), "seen_s": seen_s, "acknowledged_s": acknowledged_s}

    async def send(self, count: int, per_second: float) -> dict[str, Any]:
        """Propose so many decisions, one at a time and evenly in time, for others to see.

        Returns:
            When each was sent and when the operator of this pair had it, in nanoseconds of the monotonic clock, and the
            offset of its entry.
        """
        round_ = self._round(count, decides=False)
        arrivals = Arrivals(self._operator)
        sent: list[int] = []
        await asyncio.sleep(_STORM_OVER_S)
        began = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(began + number / per_second - time.monotonic(), 0))
            sent.append(time.monotonic_ns())
            round_.send(1)
        await self._core.until(round_.acknowledged)
        self._sent = round_.names
        offsets = [round_.offsets[name] for name in round_.names]
        await self._operator.reach(offsets[-1])
        return {"sent": sent, "seen": [arrivals.of(offset) for offset in offsets], "offsets": offsets}

    async def withdraw(self) -> dict[str, Any]:
        """Withdraw what was sent last."""
        await withdraw(self._core, self._sent, self._drawing)
        return {"offset": await self._all_told()}

    def _round(self, count: int, *, decides: bool = True, whole: bool = False) -> Round:
        proposals = list(self._drawing.proposals(count))
        return Round(self._core, self._operator, proposals, self._drawing, decides=decides, whole=whole)

    async def _all_told(self) -> int:
        """Return up to which offset core was told, once the operator was, too."""
        await self._operator.reach(self._core.offset)
        return self._core.offset


async def _begin(settings: Any) -> Mapping[str, Deed]:
    callers, address = of_settings(settings["callers"]), settings["address"]
    core, operator = (connect(callers.credentials(name, address)) for name in (CORE, DECIDER))
    drawing = Drawing(CORE, settings["seed"])
    core_line = await Line.open(core, PROPOSE)
    pair = Pair(core_line, await Line.open(operator, OPERATE, core_line), drawing, settings["server_pid"])
    return {
        "cycle": pair.cycle,
        "burst": pair.burst,
        "send": pair.send,
        "withdraw": pair.withdraw,
        "call": Calling(core, operator, drawing).call,
    }


if __name__ == "__main__":
    answer_questions(_begin)
