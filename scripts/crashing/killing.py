"""Kills the server again and again under load, at named points and at random moments; its callers come back."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.support.doomed import DoomedServer
from tests.support.doomed_server import POINTS

from crashing.account import Account
from crashing.caller import Caller, Gate
from crashing.people import CORE, INSTANCES, OPERATORS, POLICY, Allowance, Core, Operator, Watcher
from crashing.reading import findings, read
from governance import v1

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

RANDOM: Final = "random"
"""Not a point, but whichever moment it is when so many commands were acknowledged."""
PATIENCE_S: Final = 20.0
"""A server that has not come to its point by then is killed from outside, and counts as overdue."""
VERIFYING_S: Final = 900.0
"""A verification of all there is takes longer with every kill, and the machine may have other things to do."""
A_ROUND: Final = 80
"""Decisions that may be proposed to each server: enough for the latest turn of any point, in frames of 24."""
VERIFY_EVERY: Final = 50
"""After so many kills the ledger is checked as a whole, and verified by the client's own verifier."""
_ENDED: Final = frozenset(v1.DecisionState.values()) - {
    v1.DECISION_STATE_PENDING,
    v1.DECISION_STATE_APPROVED,
    v1.DECISION_STATE_EXECUTING,
}


class Summary(NamedTuple):
    """What came of a run.

    Attributes:
        kills: How often the server died, by the point.
        overdue: Of those, how many did not come to their point, and were killed from outside.
        entries: How many entries the ledger has.
        decisions: How many decisions.
        acknowledged: How many commands were acknowledged.
        resumed: How often a caller has come back.
        findings: What does not hold.
    """

    kills: Counter[str]
    overdue: Counter[str]
    entries: int
    decisions: int
    acknowledged: int
    resumed: int
    findings: list[str]


def plan(kills: int, chance: random.Random, only: Sequence[str] = ()) -> list[str]:
    """Return where the server dies each time: each point as often as the others, random moments twice as often.

    Args:
        kills: How often it dies.
        chance: Shuffles them.
        only: At these points; empty for all.
    """
    names = [*(only or (*POINTS, RANDOM, RANDOM))]
    chosen = [names[number % len(names)] for number in range(kills)]
    chance.shuffle(chosen)
    return chosen


class Crashing:
    """A server, its callers, and how it died.

    Attributes:
        server: The server.
        account: What the callers were told.
        callers: Those who load it.
    """

    def __init__(self, folder: Path, chance: random.Random, say: Callable[[str], None]) -> None:
        """Make a server and let its callers in.

        Args:
            folder: Where; it is there already.
            chance: Decides the turns.
            say: Told what is being done.
        """
        self.server = DoomedServer(folder / "server", policy=POLICY)
        self.account = Account()
        self.callers: list[Caller] = []
        self._folder = folder
        self._chance = chance
        self._say = say
        self._gate = Gate()
        self._allowance = Allowance()
        self._kills: Counter[str] = Counter()
        self._overdue: Counter[str] = Counter()

    async def run(self, points: list[str]) -> Summary:
        """Kill the server at each of the points, have everything come to its end, and tell what holds."""
        self._let_in()
        found: list[str] = []
        async with self._connected():
            found += await self._meet()
            for number, point in enumerate(points, start=1):
                self._say(f"{number}/{len(points)} {point}, {len(self.account.acknowledged):,} acknowledged")
                await self._die_once(point)
                if number % VERIFY_EVERY == 0:
                    found += await self._verified()
            found += await self._come_to_an_end()
        self._say("reading the ledger")
        ledger = read(self.server.directory / "ledger.db")
        found += findings(ledger, self.account, {one.name: one.replica for one in self.callers})
        return Summary(
            self._kills,
            self._overdue,
            len(ledger.entries),
            len(ledger.decisions),
            len(self.account.acknowledged),
            sum(caller.resumed for caller in self.callers),
            found,
        )

    def _let_in(self) -> None:
        self.server.start()
        core = self.server.add(CORE, "core")
        for instance in INSTANCES:
            mind = Core(instance, core, self._allowance, self.account)
            self.callers.append(Caller(f"{CORE}/{instance}", mind, self.account))
        for name, role in OPERATORS.items():
            path = self.server.add(name, v1.Role.Name(role).removeprefix("ROLE_").lower())
            self.callers.append(Caller(name, Operator(name, role, path), self.account))
        chief = self.server.add("chief", "ciso")
        self.callers.append(Caller("chief", Watcher("chief", v1.ROLE_CISO, chief), self.account))
        self.server.stop()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        staying = [asyncio.create_task(caller.stay(self._gate)) for caller in self.callers]
        body = asyncio.current_task()
        assert body is not None
        for task in staying:  # a caller that fails fails the run, and not only when everything else is done
            task.add_done_callback(lambda done: None if done.cancelled() else body.cancel())
        try:
            yield
        finally:
            for task in staying:
                task.cancel()
            ended = await asyncio.gather(*staying, return_exceptions=True)
            self.server.close()
        if bugs := [one for one in ended if isinstance(one, Exception)]:
            raise ExceptionGroup("a caller failed", bugs)

    async def _meet(self) -> list[str]:
        """Have everyone come once: who comes for the first time is told what is open, and never what ended before."""
        self._allowance.left = A_ROUND
        await asyncio.to_thread(self.server.start)
        await self._gate.open()
        try:
            async with asyncio.timeout(PATIENCE_S):
                for caller in self.callers:
                    await caller.reach(1)
        except TimeoutError:
            return ["somebody was not let in before the first kill"]
        await asyncio.to_thread(self.server.kill)
        return []

    async def _die_once(self, point: str) -> None:
        turns = POINTS[point].turns if point in POINTS else 1
        turn, chance = self._chance.randint(1, turns), self._chance.randrange(1 << 30)
        self._allowance.left = A_ROUND
        self._kills[point] += 1
        if point == RANDOM:
            await self._die_at_random()
        elif await asyncio.to_thread(self._launch, point, turn, chance):
            await self._gate.open()
            if point == "stopping":
                await self._acknowledge(self._chance.randrange(1, A_ROUND))
                self.server.ask_to_stop()
            if not await self.server.died(PATIENCE_S):
                self._overdue[point] += 1

    def _launch(self, point: str, turn: int, chance: int) -> bool:
        return self.server.launch(point, turn=turn, chance=chance)

    async def _die_at_random(self) -> None:
        await asyncio.to_thread(self.server.start)
        await self._gate.open()
        await self._acknowledge(self._chance.randrange(1, A_ROUND * 3))
        await asyncio.to_thread(self.server.kill)

    async def _acknowledge(self, more: int) -> None:
        """Wait until so many more commands were acknowledged, or nothing more is to come."""
        aim = len(self.account.acknowledged) + more
        watcher = self.callers[-1]
        try:
            async with asyncio.timeout(PATIENCE_S / 4):
                await watcher.see(lambda _: len(self.account.acknowledged) >= aim)
        except TimeoutError:
            return

    async def _verified(self) -> list[str]:
        """Return what the server's check and the client's verifier find, a server running meanwhile."""
        found: list[str] = []
        await asyncio.to_thread(self.server.start)
        await self._gate.open()
        found += await asyncio.to_thread(self._check)
        found += await asyncio.to_thread(self._audit)
        await asyncio.to_thread(self.server.kill)
        return found

    def _check(self) -> list[str]:
        return self._complaint("governance_server", "check", str(self.server.directory))

    def _audit(self) -> list[str]:
        key = str(self.server.directory / "checkpoint.vkey")
        chief = str(self.server.directory / "credentials" / "chief.toml")
        return self._complaint("governance_client.cli", "--credentials", chief, "audit", "verify", "--key", key)

    def _complaint(self, program: str, *arguments: str) -> list[str]:
        """Return what a program has found, in one text; nothing where it ended with 0."""
        own = {"HOME": str(self._folder), "XDG_STATE_HOME": str(self._folder / "state")}
        done = subprocess.run(
            [sys.executable, "-m", program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=VERIFYING_S,
            env={**os.environ, **own},
        )
        return [f"{' '.join(arguments)}: {done.stderr}"] if done.returncode else []

    async def _come_to_an_end(self) -> list[str]:
        """Serve until nothing is under way and everyone was told of it, verify, and stop."""
        self._say("waiting for what is still under way")
        await asyncio.to_thread(self.server.start)
        await self._gate.open()
        watcher = self.callers[-1]
        try:
            async with asyncio.timeout(PATIENCE_S * 3):
                await watcher.see(lambda all_: all(one.state in _ENDED for one in all_.values()))
                for caller in self.callers:
                    await caller.reach(watcher.offset)
        except TimeoutError:
            return ["what was under way did not come to its end"]
        self._say("verifying")
        found = await asyncio.to_thread(self._audit)
        if status := await asyncio.to_thread(self.server.stop):
            found.append(f"the last server ended with {status}")
        return found + self._check()
