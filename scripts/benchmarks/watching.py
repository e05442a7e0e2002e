"""Those who watch, a load program: open streams whose frames are counted, not parsed; of each, when it came.

A hundred consoles do not run on the server's machine, so that taking in what they are sent may not cost it more than
the reading itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.arrivals import Arrivals
from benchmarks.callers import of_settings, watcher
from benchmarks.dialogue import answer_questions
from benchmarks.lines import Line
from governance_client.channel import connect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import grpc

    from benchmarks.dialogue import Deed


class Watch:
    """All who watch, and what can be asked of them."""

    def __init__(self, settings: Any) -> None:
        self._callers = of_settings(settings["callers"])
        self._address: str = settings["address"]
        self._path: str = settings["path"]
        self._watchers: list[Arrivals] = []
        self._channels: list[grpc.aio.Channel] = []

    async def have(self, count: int) -> dict[str, Any]:
        """Have so many watch, each on a connection of its own."""
        while len(self._watchers) > count:
            self._channels.pop()
            await self._watchers.pop().line.close()
        while len(self._watchers) < count:
            channel = connect(self._callers.credentials(watcher(len(self._watchers)), self._address))
            beside = self._watchers[-1].line if self._watchers else None
            self._watchers.append(Arrivals(await Line.open(channel, self._path, beside)))
            self._channels.append(channel)
        return {"watching": len(self._watchers)}

    async def reach(self, offset: int) -> dict[str, Any]:
        """Return what all were told so far, once that is everything up to an offset."""
        for each in self._watchers:
            await each.line.reach(offset)
        return {
            "frames": sum(each.frames for each in self._watchers),
            "bytes": sum(each.bytes for each in self._watchers),
        }

    async def forget(self) -> dict[str, Any]:
        """Forget when frames came, so far."""
        for each in self._watchers:
            each.forget()
        return {}

    async def last_arrivals(self, offsets: Sequence[int]) -> dict[str, Any]:
        """Return for each of some offsets when the last of all had been told it, in nanoseconds; 0 without any."""
        return {"arrivals": [max((each.of(offset) for each in self._watchers), default=0) for offset in offsets]}


async def _begin(settings: Any) -> Mapping[str, Deed]:
    watch = Watch(settings)
    return {
        "have": watch.have,
        "reach": watch.reach,
        "forget": watch.forget,
        "last_arrivals": watch.last_arrivals,
    }


if __name__ == "__main__":
    answer_questions(_begin)
