"""The server of a run: all of it but its sockets, its TLS and its disk, put together as `bootstrap` does it.

Theory of operation. A life begins as `bootstrap.serve` does and ends in one of three ways: told to (SIGTERM), of its
own accord because the store failed, or killed. Killed means that nothing of it reaches anybody any more, neither the
disk nor a client, from one moment to the next; its tasks are then cancelled, and whatever they do about it goes
nowhere.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance_server import bootstrap
from governance_server.domain.note import origin_of
from governance_server.engine.governor import Governor
from governance_server.engine.lookout import Lookout
from governance_server.engine.notary import Notary, NotaryError
from governance_server.engine.notifier import Notifier, Sources
from governance_server.engine.ports import SignerError, StoreError
from governance_server.engine.tail import Tails
from governance_server.ledger import verification
from governance_server.rpc import server as rpc_server
from governance_server.rpc.authentication import Authenticator
from governance_server.rpc.edge import Connections, Edge
from governance_server.rpc.handlers import service_handler
from governance_server.rpc.limits import Limits
from governance_server.signing import Ed25519Signer
from governance_server.system import SystemClock
from tests.simulation.network import OK, ServerSide

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Coroutine

    from tests.simulation.disk import Disk, DiskStore
    from tests.simulation.history import Phase
    from tests.simulation.network import Network, Wire
    from tests.simulation.scenario import Scenario


class BugError(AssertionError):
    """The server did what no server should do: ended a call with INTERNAL, or itself by an exception of no name."""


class Machine(NamedTuple):
    """What a server stands on.

    Attributes:
        disk: Its disk.
        network: Its network.
        scenario: What the run is like.
        chance: Its entropy.
        wall_ns: Its wall clock, which is stepped.
        monotonic_ns: Its monotonic clock.
    """

    disk: Disk
    network: Network
    scenario: Scenario
    chance: random.Random
    wall_ns: Callable[[], int]
    monotonic_ns: Callable[[], int]


class SeededEntropy:
    """The port's Entropy, out of the seed."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def token(self, length: int) -> bytes:
        return self._chance.randbytes(length)


class SeededSigners:
    """The port's Signers: one key, out of the seed."""

    def __init__(self, chance: random.Random) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        self._held: dict[str, Ed25519Signer] = {}

    def make(self, ledger_id: str) -> str:
        signer = Ed25519Signer(origin_of(ledger_id), self._key)
        self._held[signer.verifier_key] = signer
        return signer.verifier_key

    def signer(self, verifier_key: str) -> Ed25519Signer:
        if verifier_key not in self._held:
            raise SignerError("The key is not here.")
        return self._held[verifier_key]


class _Details(grpc.HandlerCallDetails):
    """What grpc tells of a call before it is served."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.invocation_metadata = ()


class _Calls:
    """The calls of one life, in place of grpc's server: `bootstrap` starts and stops it."""

    def __init__(self, edge: Edge, network: Network, dead: Callable[[], bool]) -> None:
        self.serving = False
        self._edge = edge
        self._network = network
        self._dead = dead
        self._handlers = [service_handler(edge, service, rpcs) for service, rpcs in rpc_server._rpcs(edge).items()]
        self.open: dict[asyncio.Task[None], Wire] = {}
        self.bug: BaseException | None = None

    async def start(self) -> None:
        self.serving = True

    async def stop(self) -> None:
        """Do what `RpcServer.stop` does."""
        self.serving = False
        self._edge.stopping.set()
        self._edge.connections.wake()
        if self.open:
            await asyncio.wait(self.open, timeout=self._edge.limits.stop_grace_s)
        for call in [*self.open]:
            call.cancel()
        if self.open:
            await asyncio.wait(self.open)

    def take(self, wire: Wire, method: str, token: str, request: bytes | None) -> None:
        """Serve a call that has arrived; a stream where there is no request."""
        side = ServerSide(wire, token)
        handler = self._handler(method)
        serving = self._stream(handler, wire, side) if request is None else self._unary(handler, wire, side, request)
        wire.served = asyncio.get_running_loop().create_task(serving, name=f"call {wire.number}")
        self.open[wire.served] = wire
        wire.served.add_done_callback(lambda call: self._done(call, side))

    def _handler(self, method: str) -> Any:
        details = _Details(method)
        return next(found for one in self._handlers if (found := one.service(details)) is not None)

    async def _stream(self, handler: Any, wire: Wire, side: ServerSide) -> None:
        with suppress(grpc.aio.AbortError):
            await handler.stream_stream(None, side)
            self._network.close(wire, OK)

    async def _unary(self, handler: Any, wire: Wire, side: ServerSide, request: bytes) -> None:
        with suppress(grpc.aio.AbortError):
            wire.down.put(await handler.unary_unary(request, side))

    def _done(self, call: asyncio.Task[None], side: ServerSide) -> None:
        wire = self.open.pop(call)
        if self._dead():
            return
        if call.cancelled():
            self._network.close(wire, "CANCELLED")
        else:
            self.bug = self.bug or side.bug or call.exception()


class Life:
    """One life of the server, from its start to its end.

    Attributes:
        phase: How it ended; "started" while it lasts.
        calls: The calls it serves; None until it has begun to.
        began: It serves.
    """

    def __init__(self, machine: Machine, signers: SeededSigners, note: Callable[[Phase], None]) -> None:
        """Begin.

        Args:
            machine: What it stands on.
            signers: Where its key is.
            note: Told how it ended, at that moment.
        """
        self.phase: Phase = "started"
        self._note = note
        self.calls: _Calls | None = None
        self._machine = machine
        self._signers = signers
        self._store: DiskStore = machine.disk.opened()
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._serve(), name="server")

    @property
    def dead(self) -> bool:
        """It was killed."""
        return self._store.dead

    @property
    def serving(self) -> bool:
        """Callers can connect."""
        return self.calls is not None and self.calls.serving and not self.dead

    @property
    def bug(self) -> BaseException | None:
        """What it did that no server should do."""
        return self.calls.bug if self.calls is not None else None

    async def ended(self) -> None:
        """Return when it is over, and everything of it gone.

        Raises:
            BugError: It ended as no server should.
        """
        try:
            await asyncio.wait([self._task])
            calls = {} if self.calls is None else self.calls.open
            while calls:
                await asyncio.wait([*calls])
            if not self._task.cancelled():
                self._task.result()
            self._end("stopped")
        except StoreError:
            self._end("failed")
        except Exception as error:
            if not self.dead:
                raise BugError(f"the server ended by {error!r}") from error
        self._sever()

    def stop(self) -> None:
        """Tell it to stop, as SIGTERM does; one that only starts takes it as the system has it, and is gone."""
        terminate = self._loop.signals.get(signal.SIGTERM)  # type: ignore[attr-defined]  # the simulation's own loop
        if self.serving and terminate is not None:
            terminate()
        else:
            self.kill()

    def kill(self) -> None:
        """Have it gone at once."""
        if self.phase != "started":
            return
        self._end("killed")
        self._store.dead = True
        self._sever()
        self._task.cancel()
        for call in [*self.calls.open] if self.calls is not None else ():
            call.cancel()

    def _end(self, phase: Phase) -> None:
        if self.phase == "started":
            self.phase = phase
            self._note(phase)

    def _sever(self) -> None:
        for wire in [*self._machine.network.wires.values()]:
            self._machine.network.sever(wire)

    async def _serve(self) -> None:
        """Do what `bootstrap.serve` does, in its order."""
        machine, store = self._machine, self._store
        verified = await store.verified_offset()
        await store.record_verified((await verification.verify(store, after=verified)).offset)
        clock = SystemClock(
            floor_us=(await store.head()).recorded_at_us, wall_ns=machine.wall_ns, monotonic_ns=machine.monotonic_ns
        )
        entropy, scenario = SeededEntropy(machine.chance), machine.scenario
        limits = Limits(progress_interval_s=scenario.progress_s, write_timeout_s=20.0)
        notary = Notary(store, clock, self._signers)
        try:
            await notary.sign()
        except (NotaryError, SignerError) as error:
            raise BugError(str(error)) from error
        connections = Connections(limits)
        governor = Governor(store, clock, entropy, connections.operators)
        await governor.recover()
        governor.tails = Tails(governor.head.offset, capacity=scenario.tail)
        lookout = Lookout(store, clock, governor)
        edge = Edge(
            store=store,
            governor=governor,
            clock=clock,
            entropy=entropy,
            authenticator=Authenticator(store, clock, cache_s=limits.credential_cache_s),
            limits=limits,
            connections=connections,
            ledger_id=await store.ledger_id(),
            version="0",
            started_us=clock.now_us(),
        )
        self.calls = _Calls(edge, machine.network, lambda: self.dead)
        notifier = Notifier(Sources(store, clock, _NoBookmarks(), lambda: 3600), [])  # type: ignore[arg-type]
        serving: Coroutine[Any, Any, None] = bootstrap._serve_until_stopped(
            self.calls,  # type: ignore[arg-type]  # all of RpcServer that it starts and stops
            governor,
            bootstrap.Beside(notifier, notary, lookout, _NoRemembering()),  # type: ignore[arg-type]  # it has no file
            lambda: None,
        )
        await serving


class _NoRemembering:
    """Remembers nothing for the next start: there is no file on this disk but the ledger."""

    async def run(self) -> None:
        await asyncio.get_running_loop().create_future()


class _NoBookmarks:
    """The bookmarks of no destinations."""
