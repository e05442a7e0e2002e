"""An honest core and an honest operator, who work on while somebody else does not play by the rules."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from governance import v1
from tests.support.messages import acceptance, approval, proposal
from tests.support.wire import operate_stream, propose_stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.wire import Wire


class Bystanders:
    """A core and an operator on streams of their own.

    Attributes:
        cycles_s: How long each cycle took.
    """

    def __init__(self, up: Wire[v1.ProposeResponse], down: Wire[v1.OperateResponse]) -> None:
        self.cycles_s: list[float] = []
        self._up, self._down = up, down
        self._first = up.hello.head_offset + 1  # other decisions than whoever worked here before

    @property
    def offset(self) -> int:
        """How far the operator has been told the ledger."""
        return self._down.offset

    async def cycle(self) -> float:
        """Propose, see, approve, be given leave, accept; return how long that took."""
        number = self._first + len(self.cycles_s)
        decision_id = f"decision-{number:06d}"
        began = asyncio.get_running_loop().time()
        await self._up.answer(v1.CoreCommand(proposal=proposal(number)))
        await self._down.until(lambda wire: decision_id in wire.replica)
        approved = await self._down.answer(approval(self._down.replica[decision_id], f"approve-{number}"))
        assert approved.HasField("accepted"), approved.refused.message
        await self._up.until(lambda wire: wire.replica[decision_id].state == v1.DECISION_STATE_APPROVED)
        accepted = await self._up.answer(acceptance(self._up.replica[decision_id], f"accept-{number}"))
        assert accepted.HasField("accepted"), accepted.refused.message
        self.cycles_s.append(asyncio.get_running_loop().time() - began)
        return self.cycles_s[-1]

    async def work_during(self, attack: asyncio.Task[None], at_least: int = 3) -> float:
        """Work until an attack is over, and a few cycles at any rate; return how long the slowest cycle took."""
        worst_s = 0.0
        for count in range(1, 1_000_000):
            worst_s = max(worst_s, await self.cycle())
            if attack.done() and count >= at_least:
                break
        await attack
        return worst_s


@asynccontextmanager
async def bystanders(core: Path, operator: Path) -> AsyncIterator[Bystanders]:
    """Both connected, and having worked once.

    Args:
        core: The core's credentials file.
        operator: The operator's.
    """
    async with propose_stream(core) as up, operate_stream(operator) as down:
        made = Bystanders(up, down)
        await made.cycle()
        yield made
