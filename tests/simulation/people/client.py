"""A client: a stream that is opened again whenever it ends, a replica kept by the protocol's rules, and an outbox."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, ClassVar, Final

from governance import v1
from tests.simulation.history import Closed, Opened, Sent, Told
from tests.simulation.network import LOST, OK, End
from tests.simulation.server import BugError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulation.history import Person
    from tests.simulation.network import Wire
    from tests.simulation.world import World

COME_BACK: Final = frozenset({LOST, OK, "UNAVAILABLE", "CANCELLED", "RESOURCE_EXHAUSTED", "UNAUTHENTICATED"})
"""What a stream may end with for a client that keeps the protocol."""
LONGEST_BACKOFF_S: Final = 8.0


class Client:
    """One program of somebody's.

    Attributes:
        name: As the history has it.
        person: Whose it is.
        chance: Its own.
        replica: The decisions it knows, by id; those that ended too.
        halts: The halts in force as it knows them.
        offset: Its resume point.
        pending: What it sent and has no receipt for, by its id.
        seen: The digests it has seen of a decision, by id.
        wire: Its stream; None while it has none.
        ready: The server's hello has come.
        owed: How many receipts are to come on its stream.
    """

    method: ClassVar[str]
    request: ClassVar[type[v1.ProposeRequest | v1.OperateRequest]]
    response: ClassVar[type[v1.ProposeResponse | v1.OperateResponse]]

    def __init__(self, world: World, name: str, person: Person) -> None:
        self.name = name
        self.person = person
        self.chance = random.Random(f"{world.scenario.seed} {name}")
        self.replica: dict[str, v1.Decision] = {}
        self.halts: dict[str, v1.Halt] = {}
        self.offset = 0
        self.pending: dict[str, Any] = {}
        self.seen: dict[str, list[bytes]] = {}
        self.wire: Wire | None = None
        self.ready = False
        self.owed = 0
        self._world = world
        self._ledger_id = ""
        self._sequence = 0
        self._count = 0
        self._deaf = False
        self._news = asyncio.Event()
        self._slow = "slow readers" in world.scenario.faults and self.chance.random() < 0.4

    def on(self, temper: str) -> bool:
        """Tell whether people are like that in this run."""
        return temper in self._world.scenario.tempers

    def new_id(self) -> str:
        """Return a request id that this person has not used."""
        self._count += 1
        return f"{self.name.replace('/', '-')}-{self._count:05d}"

    @property
    def used_ids(self) -> list[str]:
        """Some of the request ids it has used."""
        return [f"{self.name.replace('/', '-')}-{count:05d}" for count in range(max(1, self._count - 20), self._count)]

    async def live(self) -> None:
        """Keep a stream open for ever."""
        failures = 0
        while True:
            was_ready = await self._one_stream()
            failures = 0 if was_ready else failures + 1
            longest_s = 0.2 if self._world.calm else min(0.5 * 2**failures, LONGEST_BACKOFF_S)
            await asyncio.sleep(self.chance.random() * longest_s)

    async def mind(self) -> None:
        """Think and act, while the run lasts."""
        while not self._world.calm:
            await self._pause()
            if not self._world.calm:
                self.act()

    async def _pause(self) -> None:
        """Think for a while; whoever is hasty looks up as soon as there is something new."""
        pace_s = self._world.scenario.pace_s
        if self.on("hasty") and self.chance.random() < 0.5:
            self._news.clear()
            try:
                async with asyncio.timeout(pace_s):
                    await self._news.wait()
            except TimeoutError:
                return
        else:
            await asyncio.sleep(self.chance.expovariate(1.0) * pace_s)

    def act(self) -> None:
        """Do something, or nothing."""

    def take(self, change: v1.Change) -> None:
        """React to a change that is new to the replica."""

    def answered(self, receipt: v1.Receipt, command: Any) -> None:
        """React to the receipt of something that was pending."""

    def told(self) -> None:
        """React to a frame, once all of it is in the replica."""

    def send(self, *commands: Any) -> None:
        """Send commands in one frame, now or as soon as there is a stream, until they are answered."""
        for command in commands:
            self.pending[_id_of(command)] = command
        if self.wire is not None and self.ready:
            self._say(self.wire, commands)

    def say_once(self, *commands: Any) -> None:
        """Send commands in one frame now, and never again; nothing without a stream."""
        if self.wire is not None and self.ready:
            self._say(self.wire, commands)

    def say_empty(self, frame: v1.ProposeRequest | v1.OperateRequest) -> None:
        """Send a frame that holds nothing anybody knows."""
        if self.wire is not None and self.ready:
            self._world.note(Sent(self._world.now_us, self.name, self.wire.number, ()))
            self.wire.up.put(frame.SerializeToString())
            self.owed += 1

    def _say(self, wire: Wire, commands: Sequence[Any]) -> None:
        self._sequence += 1
        world = self._world
        world.note(Sent(world.now_us, self.name, wire.number, tuple(commands)))
        wire.up.put(self._frame(commands, self._sequence).SerializeToString())
        self.owed += len(commands)

    def _frame(self, commands: Sequence[Any], sequence: int) -> v1.ProposeRequest | v1.OperateRequest:
        raise NotImplementedError

    def call(self, method: str, request: Any, command: Any = None) -> None:
        """Make a unary call beside everything else."""
        self._world.start(self._call(method, request, command))

    async def _call(self, method: str, request: Any, command: Any) -> None:
        world = self._world
        wire = world.reach(self, method, request.SerializeToString())
        if wire is None:
            return
        if command is not None:
            world.note(Sent(world.now_us, self.name, wire.number, (command,)))
        world.calls += 1
        item = await wire.down.take()
        world.calls -= 1
        if isinstance(item, End):
            world.statuses[item.status] += 1
            if item.status == "INVALID_ARGUMENT":
                raise BugError(f"{method}: {item.message}")
        elif (frame := self._answer(method, item)) is not None:
            world.note(Told(world.now_us, self.name, wire.number, frame))
        world.note(Closed(world.now_us, self.name, wire.number))
        world.network.leave(wire)

    def _answer(self, method: str, data: bytes) -> Any:
        """Return the answer of a unary call as a frame would hold it; None where there is nothing to tell."""
        response: Any = RESPONSES[method].FromString(data)
        frame: Any = self.response()
        if _has(response, "receipt"):
            frame.news.receipts.append(response.receipt)
        if _has(response, "decision"):
            decision = response.decision
            frame.news.changes.append(v1.Change(offset=decision.offset, decision=decision))
        return frame if frame.HasField("news") else None

    async def _one_stream(self) -> bool:
        """Open a stream and follow it to its end; tell whether the server said hello."""
        world = self._world
        wire = world.reach(self, self.method, None)
        if wire is None:
            await world.network.travel()
            return False
        if self.offset and not world.calm and self.chance.random() < 0.15:
            self.forget()
        hello = v1.ClientHello(
            client="simulated", instance=self.instance, offset=self.offset, ledger_id=self._ledger_id
        )
        self.wire, self.ready, self._deaf, self._sequence, self.owed = wire, False, False, 1, 0
        world.note(Opened(world.now_us, self.name, wire.number, hello))
        wire.up.put(self.request(sequence=1, hello=hello).SerializeToString())
        ended = await self._follow(wire)
        was_ready, self.wire, self.ready = self.ready, None, False
        world.note(Closed(world.now_us, self.name, wire.number))
        world.network.leave(wire)
        world.statuses[ended.status] += 1
        if ended.status not in COME_BACK:
            raise BugError(f"a stream of {self.name} ended with {ended.status}: {ended.message}")
        return was_ready

    @property
    def instance(self) -> str:
        """The instance that its hello names."""
        return self.name.partition("/")[2]

    def start_anew(self) -> None:
        """Forget everything, and go without a word; what still comes is heard by nobody."""
        self.pending.clear()
        self.forget()
        if self.wire is not None:
            self._deaf, self.ready = True, False
            self.wire.down.end(LOST)

    def forget(self) -> None:
        """Lose what was read: the next stream starts from nothing."""
        self.offset, self._ledger_id = 0, ""
        self.replica.clear()
        self.halts.clear()

    async def _follow(self, wire: Wire) -> End:
        while True:
            item = await wire.down.take()
            if isinstance(item, End):
                return item
            frame = self.response.FromString(item)
            self._world.note(Told(self._world.now_us, self.name, wire.number, frame))
            if not self._deaf:
                self._take_frame(wire, frame)
            if self._slow and not self._world.calm and self.chance.random() < 0.3:
                await asyncio.sleep(self.chance.expovariate(1.0) * 3)

    def _take_frame(self, wire: Wire, frame: Any) -> None:
        kind = frame.WhichOneof("frame")
        if kind == "hello":
            self._begin(frame.hello)
            again = [*self.pending.values()]
            if again:
                self._world.coverage["sent again"] += len(again)
                self._say(wire, again)
        elif kind == "news":
            self._take_news(frame.news)
        self.offset = frame.envelope.offset
        self.told()
        self._news.set()

    def _begin(self, hello: v1.ServerHello) -> None:
        self.ready, self._ledger_id = True, hello.ledger_id
        self._world.coverage["snapshots" if hello.snapshot else "resumes from an offset"] += 1
        if hello.snapshot:
            self.replica.clear()
        self.halts = {halt.halt_id: halt for halt in hello.halts}

    def _take_news(self, news: Any) -> None:
        for halt in news.halts:
            if halt.released:
                self.halts.pop(halt.halt_id, None)
            else:
                self.halts[halt.halt_id] = halt
        for change in news.changes:
            decision = change.decision
            held = self.replica.get(decision.decision_id)
            if held is None or decision.version > held.version:
                self.replica[decision.decision_id] = decision
                digests = self.seen.setdefault(decision.decision_id, [])
                if decision.action_digest not in digests:
                    digests.append(decision.action_digest)
                self.take(change)
        self.owed -= len(news.receipts)
        for receipt in news.receipts:
            command = self.pending.pop(receipt.request_id, None)
            if command is not None:
                self.answered(receipt, command)


RESPONSES: Final[dict[str, Any]] = {
    "/governance.v1.DecisionService/SubmitDecision": v1.SubmitDecisionResponse,
    "/governance.v1.DecisionService/GetDecision": v1.GetDecisionResponse,
    "/governance.v1.DecisionService/CancelDecision": v1.CancelDecisionResponse,
    "/governance.v1.DecisionService/AcceptOrder": v1.AcceptOrderResponse,
    "/governance.v1.DecisionService/ReportOutcome": v1.ReportOutcomeResponse,
    "/governance.v1.ConsoleService/SubmitVerdict": v1.SubmitVerdictResponse,
    "/governance.v1.AdministrationService/ApplyPolicy": v1.ApplyPolicyResponse,
}
"""What the unary calls of the run answer."""


def _has(response: Any, field: str) -> bool:
    return field in response.DESCRIPTOR.fields_by_name and response.HasField(field)


def _id_of(command: Any) -> str:
    """Return what a command's receipt will be known by."""
    if isinstance(command, v1.CoreCommand) and command.HasField("proposal"):
        return command.proposal.decision_id
    return str(command.request_id)
