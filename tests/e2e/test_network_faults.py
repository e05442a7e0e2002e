"""What a network can do to the two channels: whatever it is, once it ends everybody goes on, without gap or double."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_client import channel
from governance_client.core import Backoff, Core, Order
from governance_client.operator.freshness import Link
from governance_client.operator.inflight import DisconnectedError
from governance_client.operator.session import OperatorSession, SessionSettings
from governance_server.rpc.limits import Limits
from tests.support.listening import Listening, listening
from tests.support.messages import proposal
from tests.support.proxy import Proxy, proxied

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from governance_client.credentials import Credentials

SHORT = Limits(
    progress_interval_s=0.2,
    hello_timeout_s=2.0,
    write_timeout_s=2.0,
    keepalive_time_s=0.4,
    keepalive_timeout_s=0.4,
    min_ping_interval_s=0.05,
    stop_grace_s=0.5,
)
"""The limits that bind a network's faults, short enough to be waited for."""
SOON = Backoff(first_s=0.02, most_s=0.2, healthy_s=0.0, silence_s=0.8)
QUICK = SessionSettings(hello_s=2.0, backoff_first_s=0.02, backoff_most_s=0.2, silence_s=0.8)
PATIENCE_S = 90.0
"""Many times what it takes: on a busy machine the short limits cut connections that nobody else would."""
BEFORE, DURING = range(1, 6), range(6, 26)
ALL = (*BEFORE, *DURING)


@pytest.fixture(autouse=True)
def noticed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client's own keepalive and its patience with a connection, short enough to be waited for, too."""
    monkeypatch.setattr(channel, "KEEPALIVE_INTERVAL_MS", 400)
    monkeypatch.setattr(channel, "KEEPALIVE_TIMEOUT_MS", 400)
    monkeypatch.setattr(channel, "CONNECT_MS", 2_000)


class House:
    """A server, a proxy before it, a core and an operator behind that.

    Attributes:
        server: The server.
        proxy: The proxy.
        core: The core; it executes what it is given leave for.
        desk: The operator's session.
        executed: The orders that were executed, in their order.
    """

    def __init__(self, server: Listening, proxy: Proxy, core: Core, desk: OperatorSession) -> None:
        self.server, self.proxy, self.core, self.desk = server, proxy, core, desk
        self.executed: list[str] = []

        @core.executor("block_ip")
        async def block(order: Order) -> str:
            self.executed.append(order.order_id)
            return "blocked"

    async def work(self, numbers: range) -> None:
        """Propose, approve and execute so many decisions, however often the connections break meanwhile."""
        approving = asyncio.create_task(self._approve({f"decision-{number:06d}" for number in numbers}))
        await asyncio.gather(*(self.core.propose(proposal(number)) for number in numbers))
        await asyncio.gather(*(self.core.closed(f"decision-{number:06d}") for number in numbers))
        await approving

    async def _approve(self, ids: set[str]) -> None:
        """Approve these as they come."""
        while ids:
            for decision in list(self.desk.replica.pending()):
                if decision.decision_id in ids and await self._approved(decision):
                    ids.discard(decision.decision_id)
            if ids:
                await self.desk.news()

    async def _approved(self, decision: v1.Decision) -> bool:
        """Approve one; false where there is no connection to send it on."""
        try:
            receipt = await self.desk.approve(decision.decision_id, decision.action_digest)
        except DisconnectedError:
            return False
        assert receipt.HasField("accepted"), receipt.refused.message
        return True

    async def caught_up(self) -> None:
        """Wait until the operator has been told all there is."""
        head = self.server.edge.governor.head.offset
        while self.desk.replica.offset < head:
            await self.desk.news()

    async def assert_all_in_order(self) -> None:
        """Whatever happened: each decision was proposed, approved, ordered and executed once, and everybody knows."""
        await self.caught_up()
        counted: Counter[tuple[str, str]] = Counter()
        for record in await self.server.edge.store.records(after=0, limit=10_000):
            entry = v1.Entry.FromString(record.entry)
            counted.update((entry.decision_id, event.WhichOneof("kind") or "") for event in entry.events)
        for number in ALL:
            decision_id = f"decision-{number:06d}"
            for event in ("decision_proposed", "decision_approved", "order_accepted", "outcome_reported"):
                assert counted[decision_id, event] == 1, (decision_id, event, counted)
            assert self.desk.replica.get(decision_id) == await self.server.edge.decision(decision_id)
        assert sorted(self.executed) == [f"decision-{number:06d}/1" for number in ALL]


@contextlib.asynccontextmanager
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house in which all is well so far."""
    async with asyncio.timeout(PATIENCE_S), listening(SHORT) as server, proxied(server.address) as proxy:
        maximus = await server.let_in("maximus", v1.ROLE_CORE, proxy.address)
        alice: Credentials = await server.let_in("alice", v1.ROLE_SOC_OPERATOR, proxy.address)
        core = Core(maximus, instance="instance-1", journal=tmp_path / "core.journal", backoff=SOON)
        desk = OperatorSession(alice, QUICK)
        made = House(server, proxy, core, desk)
        async with core, desk:
            await core.connected()
            await made.work(BEFORE)
            yield made


async def cut(proxy: Proxy) -> None:
    """Every connection is reset."""
    proxy.cut()


async def cut_three_times(proxy: Proxy) -> None:
    """As soon as everybody is back, all are cut again."""
    for _ in range(3):
        connections = proxy.accepted + 2
        proxy.cut()
        await proxy.connections(connections)


async def cut_in_a_frame_up(proxy: Proxy) -> None:
    """The connection ends in the middle of what a client sends."""
    proxy.up.left = 150
    await proxy.connections(proxy.accepted + 1)
    proxy.up.left = None


async def cut_in_a_frame_down(proxy: Proxy) -> None:
    """The connection ends in the middle of what the server sends."""
    proxy.down.left = 150
    await proxy.connections(proxy.accepted + 1)
    proxy.down.left = None


async def flipped_up(proxy: Proxy) -> None:
    """A bit of the ciphertext that a client sends is turned over: TLS ends that connection."""
    proxy.up.flip = True
    await proxy.connections(proxy.accepted + 1)


async def flipped_down(proxy: Proxy) -> None:
    """A bit of the ciphertext that the server sends is turned over."""
    proxy.down.flip = True
    await proxy.connections(proxy.accepted + 1)


async def silent_up(proxy: Proxy) -> None:
    """Nothing that clients send arrives, until both have noticed."""
    proxy.up.held = True
    await proxy.connections(proxy.accepted + 2)
    proxy.cut()
    proxy.up.held = False


async def silent_down(proxy: Proxy) -> None:
    """Nothing that the server sends arrives, until both have noticed."""
    proxy.down.held = True
    await proxy.connections(proxy.accepted + 2)
    proxy.cut()
    proxy.down.held = False


async def stalled(proxy: Proxy) -> None:
    """Nothing arrives either way, and then all of it: late, but whole."""
    proxy.up.held = proxy.down.held = True
    asyncio.get_running_loop().call_later(0.3, proxy.heal)


async def half_open(proxy: Proxy) -> None:
    """The server's side is gone, and nobody told the clients."""
    proxy.lose_server()
    await proxy.connections(proxy.accepted + 2)


async def clients_gone(proxy: Proxy) -> None:
    """The clients' side is gone, and nobody told the server."""
    proxy.lose_client()
    await proxy.connections(proxy.accepted + 2)


async def delayed(proxy: Proxy) -> None:
    """Everything is a twentieth of a second late, each way."""
    proxy.up.latency_s = proxy.down.latency_s = 0.05


async def trickling(proxy: Proxy) -> None:
    """One byte at a time, two thousand a second at the most; then as usual."""
    proxy.up.byte_interval_s = proxy.down.byte_interval_s = 0.0005
    asyncio.get_running_loop().call_later(1.0, proxy.heal)


async def a_byte_a_second(proxy: Proxy) -> None:
    """So slow that no ping is answered in time: both sides give the connection up, and come back no better."""
    proxy.up.byte_interval_s = proxy.down.byte_interval_s = 1.0
    await proxy.connections(proxy.accepted + 2)
    proxy.cut()
    proxy.heal()


async def shut(proxy: Proxy) -> None:
    """Everything is reset, and so is every attempt to come back, ten times."""
    proxy.shut = True
    proxy.cut()
    await proxy.connections(proxy.accepted + 10)
    proxy.heal()


FAULTS: tuple[Callable[[Proxy], Awaitable[None]], ...] = (
    cut,
    cut_three_times,
    cut_in_a_frame_up,
    cut_in_a_frame_down,
    flipped_up,
    flipped_down,
    silent_up,
    silent_down,
    stalled,
    half_open,
    clients_gone,
    delayed,
    trickling,
    a_byte_a_second,
    shut,
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_after_a_fault_of_the_network_everybody_goes_on(
    tmp_path: Path, fault: Callable[[Proxy], Awaitable[None]]
) -> None:
    """While it lasts and after it: every proposal counts once, every order is executed once, the replica is whole."""
    async with house(tmp_path) as made:
        working = asyncio.create_task(made.work(DURING))
        await fault(made.proxy)
        await working
        await made.assert_all_in_order()


async def test_a_server_that_falls_silent_is_noticed_and_told(tmp_path: Path) -> None:
    """An operator does not go on looking at an old picture as if it were new: the session says that it is down."""
    async with house(tmp_path) as made:
        made.proxy.down.held = True
        while made.desk.link is Link.UP:
            await made.desk.news()
        assert made.desk.why
        made.proxy.cut()
        made.proxy.heal()
        await made.work(DURING)
        await made.assert_all_in_order()


async def test_the_server_lets_go_of_clients_that_vanished(tmp_path: Path) -> None:
    """Their streams end by themselves, so that the places are free for them to come back to."""
    async with house(tmp_path) as made:
        sessions = made.server.edge.connections
        assert sessions.operators()
        made.proxy.shut = True
        made.proxy.lose_client()
        while sessions.operators() or sessions.names(v1.ACTOR_KIND_CORE):  # as long as the house has patience
            await made.proxy.connections(made.proxy.accepted + 1)
        made.proxy.heal()
        await made.work(DURING)
        await made.assert_all_in_order()


async def test_a_console_connects_over_a_slow_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a second there and back, which connecting takes several times; every patience is as it is shipped."""
    monkeypatch.undo()  # no impatience of these tests' own
    async with asyncio.timeout(PATIENCE_S), listening(Limits()) as server, proxied(server.address) as proxy:
        proxy.up.latency_s = proxy.down.latency_s = 0.5
        bob = await server.let_in("bob", v1.ROLE_SOC_OPERATOR, proxy.address)
        async with OperatorSession(bob) as desk:
            assert desk.link is Link.UP
