"""Starts on a ledger and a server in between: what is remembered of it, and what a start compares with its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Command
from governance_server.engine.governor import Governor
from governance_server.ledger import open_check
from governance_server.ledger.projection_check import first_wrong
from governance_server.ledger.remembering import Remembering
from governance_server.ledger.verification import verified_open_decisions
from governance_server.ledger.verified_rows import VerifiedRows
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.messages import CORE, OPERATOR_1, acceptance, approval, proposing, rejection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    import pytest

    from governance_server.ledger.sqlite_store import SqliteStore


async def started(store: SqliteStore, remembered: VerifiedRows | None) -> list[str]:
    """Read and verify what is open, as a start does; return the decisions."""
    pages = verified_open_decisions(store, remembered)
    return [v1.Decision.FromString(serialized).decision_id async for page in pages for serialized in page]


def comparisons(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the decisions that are compared with their entries from now on, as they are."""
    names: list[str] = []

    async def counting(driver: object, rows: Sequence[tuple[str, int]], compare: object) -> object:
        names.extend(row[0] for row in rows)
        return await first_wrong(driver, rows, compare)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(open_check, "first_wrong", counting)
    return names


def content(file: Path) -> bytes:
    """Return what is remembered."""
    return file.read_bytes()


def replace(file: Path, by: bytes) -> None:
    """Have something else be remembered."""
    file.unlink(missing_ok=True)
    file.write_bytes(by)
    file.chmod(0o600)


async def next_start(store: SqliteStore, file: Path) -> list[str]:
    """Read and verify what is open, as a start does that finds this file, and leave it as it is."""
    copied = file.with_name("copied.verified")
    replace(copied, content(file))
    return await started(store, VerifiedRows(copied, "1"))


async def as_verified(store: SqliteStore, file: Path) -> bytes:
    """Return what a start leaves that verifies everything."""
    fresh = file.with_name("fresh.verified")
    fresh.unlink(missing_ok=True)
    await started(store, VerifiedRows(fresh, "1"))
    return content(fresh)


class HastyClock(ManualClock):
    """Has every pause be over at once, and something done in it.

    Attributes:
        in_pauses: What is done in the pauses that come, in their order; in those after them nothing is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.in_pauses: list[Callable[[], Awaitable[None]]] = []

    async def sleep_until(self, moment_us: int) -> None:
        self.not_before(moment_us)
        if self.in_pauses:
            await self.in_pauses.pop(0)()


async def ask(governor: Governor, command: Command) -> None:
    """Have one command decided, which has to be accepted."""
    answers: list[v1.Receipt] = []
    await governor.submit([command], answers.extend)  # type: ignore[arg-type]  # no fault
    await governor.drain()
    assert [answer.HasField("accepted") for answer in answers] == [True]


class Serving:
    """A server's governor, and what remembers beside it.

    Attributes:
        governor: The governor.
        remembering: What remembers.
        clock: The time.
    """

    def __init__(self, governor: Governor, remembering: Remembering, clock: ManualClock) -> None:
        self.governor = governor
        self.remembering = remembering
        self.clock = clock
        self._asked = 0

    @classmethod
    async def started(cls, store: SqliteStore, remembered: VerifiedRows, clock: ManualClock | None = None) -> Serving:
        """Start on a ledger as a server does."""
        clock = clock or HastyClock()
        governor = Governor(store, clock, CountedEntropy())
        await governor.recover(verified_open_decisions(store, remembered))
        return cls(governor, Remembering(remembered, governor, clock, await store.ledger_id()), clock)

    async def propose(self, *numbers: int) -> None:
        """Have the core propose."""
        for number in numbers:
            await ask(self.governor, proposing(number))

    async def approve(self, number: int) -> None:
        """Have an operator approve."""
        await ask(self.governor, Command(OPERATOR_1, approval(self._decision(number), self._request())))

    async def reject(self, number: int) -> None:
        """Have an operator reject, which ends the decision."""
        await ask(self.governor, Command(OPERATOR_1, rejection(self._decision(number), self._request())))

    async def accept(self, number: int) -> None:
        """Have the core accept the order."""
        await ask(self.governor, Command(CORE, acceptance(self._decision(number), self._request())))

    def _decision(self, number: int) -> v1.Decision:
        return self.governor.open_decisions[f"decision-{number:06d}"]

    def _request(self) -> str:
        self._asked += 1
        return f"while-serving-{self._asked}"
