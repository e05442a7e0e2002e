"""One caller over all kills: it comes back, resumes from its offset, and asks again for what was not answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import grpc
from tests.support.wire import StreamEndedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractAsyncContextManager

    from tests.support.wire import Wire

    from crashing.account import Account
    from governance import v1

FRAME: int = 24
"""Most commands in a frame: small frames, so that there are many commits to be killed in."""


class Gate:
    """Tells callers that the server serves again."""

    def __init__(self) -> None:
        self._generation = 0
        self._opened = asyncio.Condition()

    async def open(self) -> None:
        """A server serves that did not before."""
        async with self._opened:
            self._generation += 1
            self._opened.notify_all()

    async def next(self, after: int) -> int:
        """Wait for a server later than the so-manieth; return its number."""
        async with self._opened:
            await self._opened.wait_for(lambda: self._generation > after)
            return self._generation


class Mind(Protocol):
    """What a caller wants, by what it has seen."""

    def connect(self, offset: int, ledger_id: str) -> AbstractAsyncContextManager[Wire[Any]]:
        """Open the caller's stream."""

    def wants(self, decision: v1.Decision) -> Iterable[Any]:
        """Return the commands that a decision calls for. The same decision calls for the same ones."""

    def begins(self) -> Iterable[Any]:
        """Return commands that nothing calls for."""

    def learns(self, receipt: v1.Receipt) -> None:
        """Take in that a command was accepted."""


class Caller:
    """A caller's stream over all kills.

    Attributes:
        name: Whose.
        replica: Every decision that it was told of, as it was told last.
        offset: Its resume point.
        resumed: How often it has come back.
    """

    def __init__(self, name: str, mind: Mind, account: Account) -> None:
        self.name = name
        self.replica: dict[str, v1.Decision] = {}
        self.offset = 0
        self.resumed = 0
        self._ledger_id = ""
        self._mind = mind
        self._account = account
        self._asked: set[str] = set()
        self._unanswered: dict[str, Any] = {}
        self._news = asyncio.Condition()

    async def stay(self, gate: Gate) -> None:
        """Be connected whenever the server serves, until cancelled."""
        generation = 0
        while True:
            generation = await gate.next(generation)
            try:
                await self._converse()
            except (grpc.aio.AioRpcError, grpc.aio.UsageError, StreamEndedError, asyncio.InvalidStateError):
                self.resumed += 1

    async def reach(self, offset: int) -> None:
        """Wait until the caller was told everything up to an offset."""
        async with self._news:
            await self._news.wait_for(lambda: self.offset >= offset)

    async def see(self, condition: Any) -> None:
        """Wait until a condition on the replica holds."""
        async with self._news:
            await self._news.wait_for(lambda: condition(self.replica))

    async def _converse(self) -> None:
        async with self._mind.connect(self.offset, self._ledger_id) as wire:
            if self.offset and wire.hello.offset != self.offset:
                self._account.contradict(f"{self.name} resumed from {self.offset} and was put at {wire.hello.offset}")
            self._ledger_id = wire.hello.ledger_id
            self._consider(self.replica.values())
            await self._send(wire, list(self._unanswered.values()))
            while True:
                frame = await wire.read()
                await self._take_in(frame.news.changes, frame.envelope.offset)
                self._answered(frame.news.receipts)
                await self._send(wire, self._consider(change.decision for change in frame.news.changes))

    async def _take_in(self, changes: Iterable[v1.Change], offset: int) -> None:
        for change in changes:
            decision = change.decision
            before = self.replica.get(decision.decision_id)
            if before is not None and (before.offset >= decision.offset or before.version >= decision.version):
                self._account.contradict(f"{self.name} was told of {decision.decision_id} backwards")
            self.replica[decision.decision_id] = decision
        async with self._news:
            self.offset = max(self.offset, offset)
            self._news.notify_all()

    def _answered(self, receipts: Iterable[v1.Receipt]) -> None:
        for receipt in receipts:
            command = self._unanswered.pop(receipt.request_id, None)
            if command is None:
                self._account.contradict(f"{self.name} was answered twice about {receipt.request_id}")
            elif self._account.note(self.name, receipt, decision_of(command)):
                self._mind.learns(receipt)

    def _consider(self, decisions: Iterable[v1.Decision]) -> list[Any]:
        """Return what is to be asked now and was not asked before."""
        wanted = [command for decision in decisions for command in self._mind.wants(decision)]
        fresh = [command for command in (*wanted, *self._mind.begins()) if request_of(command) not in self._asked]
        self._asked.update(map(request_of, fresh))
        self._unanswered.update((request_of(command), command) for command in fresh)
        return fresh

    async def _send(self, wire: Wire[Any], commands: list[Any]) -> None:
        for start in range(0, len(commands), FRAME):
            await wire.send(*commands[start : start + FRAME])


def request_of(command: Any) -> str:
    """Return what the server knows a command by."""
    return str(command.request_id or command.proposal.decision_id)


def decision_of(command: Any) -> str:
    """Return which decision a command is about."""
    return str(getattr(command, command.WhichOneof("command")).decision_id)
