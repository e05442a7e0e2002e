"""The world of a run: the server, its disk and network, the people, and what goes wrong around them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from governance import v1
from governance_server.engine.enrolment import NameUnknownError, create_ledger, issue_credential, revoke_credential
from governance_server.engine.ports import StoreError
from governance_server.rpc.identity import issue_token
from governance_server.rpc.limits import Limits
from governance_server.system import SystemClock
from tests.simulation.disk import Disk
from tests.simulation.history import History, Person, Served
from tests.simulation.network import Network
from tests.simulation.people.core import Core
from tests.simulation.people.operator import OPERATORS_UPWARDS, Operator
from tests.simulation.policies import policy
from tests.simulation.server import Life, Machine, SeededEntropy, SeededSigners

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tests.simulation.history import Happening, Phase
    from tests.simulation.loop import VirtualLoop
    from tests.simulation.network import Wire
    from tests.simulation.people.client import Client
    from tests.simulation.scenario import Scenario

EPOCH_US: Final = 1_767_323_045_000_000
"""2026-01-02T03:04:05Z: when every run begins."""
STEPS_OF_THE_CLOCK_S: Final = (-3600.0, -60.0, -1.0, 1.0, 60.0, 600.0)


def _slack_us(scenario: Scenario) -> int:
    """Return how late the server may be with what has its time."""
    if scenario.disk_s >= 0.1 or {"store stalls", "store busy"} & scenario.faults:
        return 30_000_000
    # Where its store failed, nothing is written any more while the streams have their grace.
    ending = {"reads fail", "store fails before", "store fails after"} & scenario.faults
    return 3_000_000 + (int(Limits().stop_grace_s * 1_000_000) if ending else 0)


class World:
    """Everything there is in a run.

    Attributes:
        scenario: What it is like.
        history: What happens in it.
        disk: The server's.
        network: Between the server and the people.
        clients: The people's programs.
        calm: Nobody begins anything any more, and nothing goes wrong.
        calls: How many unary calls are under way.
        coverage: What happened how often, of what the history does not tell.
        statuses: What streams and calls ended with, and how often.
        failure: What failed in a task of the world or of the server; None where nothing did.
    """

    def __init__(self, scenario: Scenario, loop: VirtualLoop) -> None:
        self.scenario = scenario
        self.history = History()
        self.calm = False
        self.calls = 0
        self.coverage: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self._loop = loop
        self.disk = Disk(scenario, self._chance("disk"), self.history, lambda: self.now_us)
        self.network = Network(loop, scenario, self._chance("network"))
        self._trouble = self._chance("trouble")
        self._skew_ns = 0
        self._signers = SeededSigners(self._chance("key"))
        self._entropy = SeededEntropy(self._chance("tokens"))
        self._tokens: dict[str, str] = {}
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._life: Life | None = None
        self.clients: list[Client] = []
        self.operator_names: list[str] = []

    def _chance(self, whose: str) -> random.Random:
        """Return chance of somebody's own: what one draws does not change what the others do."""
        return random.Random(f"{self.scenario.seed} {whose}")

    @property
    def now_us(self) -> int:
        """The present moment, for a bystander with a perfect clock."""
        return EPOCH_US + self._loop.now_us

    @property
    def bug(self) -> BaseException | None:
        """What went wrong that is no broken promise but a bug, of the server or of the simulation."""
        return self.failure or (self._life.bug if self._life is not None else None)

    def note(self, happening: Happening) -> None:
        """Write down what happened."""
        self.history.happenings.append(happening)

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start a task of the world's; if it fails, the run does."""
        task = self._loop.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        del self._tasks[task]
        if not task.cancelled() and task.exception() is not None:
            self.failure = self.failure or task.exception()

    def later(self, span_s: float, what: Callable[[], None]) -> None:
        """Do something after a while."""
        self._loop.call_later(span_s, what)

    async def begin(self) -> None:
        """Create the ledger, let the people in, and start everything."""
        self.disk.calm = True
        store, clock = self.disk.opened(), self._clock()
        document = policy(self.scenario.policy)
        self.history.policies[0] = document
        await create_ledger(store, clock, self._entropy, policy=document, make_key=self._key)
        people = self._people()
        self.history.people = people
        self.history.slack_us = _slack_us(self.scenario)
        for person in people.values():
            await self._enrol(person)
        self.disk.calm = False
        self.disk.kill = lambda: self._life.kill() if self._life is not None else None
        self.start(self._serve())
        for client in self.clients:
            self.start(client.live())
            self.start(client.mind())
        self._start_troubles()

    def _key(self, ledger_id: str) -> str:
        self.history.verifier_key = self._signers.make(ledger_id)
        return self.history.verifier_key

    def _people(self) -> dict[str, Person]:
        """Make the people and their clients; return the people by name."""
        scenario, people = self.scenario, {}
        for number in range(1, scenario.cores + 1):
            person = people[f"core-{number}"] = Person(f"core-{number}", v1.ROLE_CORE)
            instances = scenario.instances if number == 1 else 1
            self.clients += [Core(self, f"{person.name}/{which}", person) for which in range(1, instances + 1)]
        for number in range(1, scenario.operators + 1):
            role = OPERATORS_UPWARDS[min((number - 1) % 5, 3)] if number > 2 else v1.ROLE_SOC_SUPERVISOR
            person = people[f"operator-{number}"] = Person(f"operator-{number}", role)
            self.clients.append(Operator(self, person.name, person))
            self.operator_names.append(person.name)
            if number == 1 and "duplicating" in scenario.tempers:
                self.clients.append(Operator(self, f"{person.name}/2", person))
        return people

    async def _enrol(self, person: Person) -> None:
        """Let somebody in, by a process beside the server."""
        token = issue_token(self._entropy)
        credential = v1.Credential(credential_id=token.credential_id, name=person.name, role=person.role)
        await issue_credential(
            self.disk.opened(), self._clock(), self._entropy, credential=credential, proof=token.proof
        )
        self._tokens[person.name] = token.token

    def _clock(self) -> SystemClock:
        """Return the clock of a process beside the server: the wall clock as it stands by now."""
        return SystemClock(
            self.disk.contents.head.recorded_at_us, wall_ns=self._wall_ns, monotonic_ns=self._monotonic_ns
        )

    def _wall_ns(self) -> int:
        return self.now_us * 1000 + self._skew_ns

    def _monotonic_ns(self) -> int:
        return self._loop.now_us * 1000

    async def _serve(self) -> None:
        """Have a server whenever there is none."""
        chance = self._chance("server")
        machine = Machine(
            self.disk, self.network, self.scenario, self._chance("entropy"), self._wall_ns, self._monotonic_ns
        )
        while True:
            self._note_phase("started")
            self._life = Life(machine, self._signers, self._note_phase)
            await self._life.ended()
            if self._life.bug is not None:
                raise self._life.bug
            await asyncio.sleep(0.1 if self.calm else chance.expovariate(1.0) * 2)

    def _note_phase(self, phase: Phase) -> None:
        self.note(Served(self.now_us, phase))

    def reach(self, client: Client, method: str, request: bytes | None) -> Wire | None:
        """Return a wire to the server on which a call is on its way; None where there is no server."""
        if self._life is None or not self._life.serving:
            return None
        wire = self.network.wire()
        token = self._tokens[client.person.name]
        self.start(self._arrive(wire, method, token, request))
        return wire

    async def _arrive(self, wire: Wire, method: str, token: str, request: bytes | None) -> None:
        await self.network.travel()
        if wire.over:
            return
        life = self._life
        if life is None or life.calls is None or not life.serving:
            self.network.cut(wire)
        else:
            life.calls.take(wire, method, token, request)

    def any_decision(self, chance: random.Random) -> v1.Decision | None:
        """Return any decision, as somebody who guesses ids would come by it."""
        known = [*self.disk.contents.decisions.values()]
        return chance.choice(known[-20:]).decision if known else None

    def _start_troubles(self) -> None:
        troubles: dict[str, Callable[[], None]] = {
            "kills": self._kill,
            "stops": self._stop,
            "cuts": self._cut,
            "silence": self._silence,
            "clock steps": self._step_clock,
        }
        for name, trouble in troubles.items():
            if name in self.scenario.faults:
                self.start(self._now_and_then(name, trouble))
        if "enrolling" in self.scenario.tempers:
            self.start(self._enrol_now_and_then())

    async def _now_and_then(self, name: str, trouble: Callable[[], None]) -> None:
        chance = self._chance(name)
        while True:
            await asyncio.sleep(chance.expovariate(1.0) * self.scenario.trouble_s)
            if self.calm:
                return
            trouble()

    def _kill(self) -> None:
        if self._life is not None:
            self._life.kill()

    def _stop(self) -> None:
        if self._life is not None and self._life.serving:
            self._life.stop()

    def _cut(self) -> None:
        for _ in range(self._trouble.choice((1, 1, 3))):
            if self.network.wires:
                self.coverage["cuts"] += 1
                self.network.cut(self._trouble.choice([*self.network.wires.values()]))

    def _silence(self) -> None:
        if self.network.wires:
            self.coverage["silences"] += 1
            self.network.silence(self._trouble.choice([*self.network.wires.values()]))

    def _step_clock(self) -> None:
        self.coverage["clock steps"] += 1
        self._skew_ns += int(self._trouble.choice(STEPS_OF_THE_CLOCK_S) * 1e9)

    async def _enrol_now_and_then(self) -> None:
        """Let an operator in no more, and after a while in again."""
        chance = self._chance("enrolling")
        while not self.calm:
            await asyncio.sleep(chance.expovariate(1.0) * self.scenario.trouble_s)
            person = self.history.people[chance.choice(self.operator_names)]
            with suppress(NameUnknownError, StoreError):
                await revoke_credential(self.disk.opened(), self._clock(), self._entropy, name=person.name)
                self.coverage["revocations"] += 1
            await asyncio.sleep(chance.expovariate(1.0))
            await self._enrol_surely(person)

    async def _enrol_surely(self, person: Person) -> None:
        while True:
            try:
                await revoke_credential(self.disk.opened(), self._clock(), self._entropy, name=person.name)
            except NameUnknownError:
                pass
            except StoreError:
                continue
            try:
                await self._enrol(person)
            except StoreError:
                continue
            return

    def come_to_rest(self) -> None:
        """Have nothing go wrong any more, and nobody begin anything."""
        self.calm = self.network.calm = self.disk.calm = True
        for wire in [*self.network.wires.values()]:
            if wire.up.silent or wire.down.silent:
                self.network.cut(wire)

    @property
    def quiet(self) -> bool:
        """Everybody is connected, has been answered, and has been told everything."""
        head = self.disk.contents.head.offset
        return (
            self._life is not None
            and self._life.serving
            and not self.calls
            and all(one.ready and not one.pending and not one.owed and one.offset == head for one in self.clients)
        )

    def unrest(self) -> str:
        """Say who is not at rest, and why."""
        if self._life is None or not self._life.serving:
            return "the server does not serve"
        head = self.disk.contents.head.offset
        waiting = [
            f"{one.name} {'' if one.ready else 'is not connected, '}was told up to {one.offset} of {head}"
            f" and waits for {one.owed} receipts, of {[*one.pending]} too"
            for one in self.clients
            if not one.ready or one.pending or one.owed or one.offset != head
        ]
        return "; ".join(waiting) or f"{self.calls} calls are under way"
