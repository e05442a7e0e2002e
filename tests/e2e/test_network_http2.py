"""HTTP/2 as nobody should speak it: refused or bounded, while an honest core and operator work on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from benchmarks.programs import peak_bytes
from governance_client.credentials import Credentials
from governance_server.rpc.limits import Limits
from tests.support import http2
from tests.support.bystanders import bystanders
from tests.support.http2 import CONTINUATION, DATA, END_HEADERS, HEADERS, PING, RST_STREAM, SETTINGS, Peer, frame, peer
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Attack = Callable[[Peer, str], Awaitable[None]]

PROPOSE = "/governance.v1.DecisionService/Propose"
CANCELLED = b"\0\0\0\x08"
CYCLE_S = 3.0
"""What a cycle, of some 5 ms on a quiet machine, may take beside an attack on a busy one."""
GROWTH_BYTES = 160 << 20
"""What the server's memory may have grown by at most."""
ENHANCE_YOUR_CALM = 11


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all of them: it has to outlive every attack."""
    process = ServerProcess(tmp_path_factory.mktemp("http2") / "server")
    process.start()
    yield process
    assert process.stop() == 0


def opened(token: str, stream: int = 1) -> bytes:
    """The beginning of a call."""
    bearer = ("authorization", f"Bearer {token}")
    return frame(HEADERS, END_HEADERS, stream, http2.call_fields(PROPOSE, bearer))


async def pings(attacker: Peer, _: str) -> None:
    """Ten thousand pings: sent away after the third too many."""
    await attacker.flood(frame(PING, payload=b"8 octets") * 100, 100)
    assert await attacker.ended()
    assert attacker.sent_away == ENHANCE_YOUR_CALM


async def settings(attacker: Peer, _: str) -> None:
    """A hundred thousand settings."""
    await attacker.flood(frame(SETTINGS) * 1000, 100)


async def rapid_reset(attacker: Peer, token: str) -> None:
    """Twenty thousand calls, each taken back as soon as it was made (CVE-2023-44487)."""
    draining = asyncio.create_task(attacker.drained())
    for first in range(1, 40_000, 200):
        streams = range(first, first + 200, 2)
        batch = b"".join(opened(token, stream) + frame(RST_STREAM, 0, stream, CANCELLED) for stream in streams)
        if draining.done() or not await attacker.send(batch):
            break
    draining.cancel()
    await asyncio.wait([draining])


async def empty_continuations(attacker: Peer, _: str) -> None:
    """Headers that go on for a million frames without anything in them: the connection ends (CVE-2024-27316)."""
    await attacker.send(frame(HEADERS, 0, 1, http2.call_fields(PROPOSE)))
    await attacker.flood(frame(CONTINUATION, 0, 1) * 1000, 1000)
    assert await attacker.ended()


async def endless_headers(attacker: Peer, _: str) -> None:
    """Headers that go on for 160 MB: more than is kept of them."""
    await attacker.send(frame(HEADERS, 0, 1, http2.call_fields(PROPOSE)))
    await attacker.flood(frame(CONTINUATION, 0, 1, http2.fields([("x-long", "v" * 16_000)])), 10_000)


async def large_metadata(attacker: Peer, token: str) -> None:
    """More metadata than a call may have ends that call, and its connection stays."""
    bearer = ("authorization", f"Bearer {token}")
    await attacker.send(frame(HEADERS, END_HEADERS, 1, http2.call_fields(PROPOSE, bearer, ("x-long", "v" * 15_900))))
    assert await attacker.first(RST_STREAM, 1) is not None


async def oversized_frame(attacker: Peer, _: str) -> None:
    """A frame of 16 MiB, where 16 KiB were agreed on, ends the connection."""
    await attacker.send(b"\xff\xff\xff" + frame(DATA, 0, 1)[3:] + bytes(100_000))
    assert await attacker.ended()


async def too_many_calls(attacker: Peer, token: str) -> None:
    """The call beyond those that one connection may have under way is refused; hello-less ones end by themselves."""
    most = Limits().max_streams_per_connection
    for number in range(most + 1):
        await attacker.send(opened(token, 2 * number + 1))
    assert await attacker.first(RST_STREAM, 2 * most + 1) is not None


async def tiny_data(attacker: Peer, token: str) -> None:
    """A message of 1 MiB that comes a byte a frame."""
    await attacker.send(opened(token) + frame(DATA, 0, 1, b"\0\0\x10\0\0"))
    await attacker.flood(frame(DATA, 0, 1, b"x") * 1000, 100)


async def unknown_frames(attacker: Peer, _: str) -> None:
    """Three hundred thousand frames of a type that is not known, which are to be passed over."""
    await attacker.flood(frame(0x77, payload=b"x" * 10) * 1000, 300)


ATTACKS: tuple[Attack, ...] = (
    pings,
    settings,
    rapid_reset,
    empty_continuations,
    endless_headers,
    large_metadata,
    oversized_frame,
    too_many_calls,
    tiny_data,
    unknown_frames,
)


async def test_whoever_abuses_http2_harms_nobody_else(attacked: ServerProcess) -> None:
    """Ten ways to flood a connection: meanwhile every cycle of an honest core and operator ends within its bound."""
    core, operator = attacked.add("maximus", "core"), attacked.add("operator-1", "soc_operator")
    intruder = Credentials.load(attacked.add("intruder", "core"))
    assert intruder.token is not None
    before = peak_bytes(attacked.pid)
    async with bystanders(core, operator) as honest:
        for attack in ATTACKS:
            async with peer(attacked.address, intruder.certificate_authority) as attacker:
                slowest_s = await honest.work_during(asyncio.ensure_future(attack(attacker, intruder.token)))
            assert slowest_s < CYCLE_S, attack.__name__
    assert peak_bytes(attacked.pid) - before < GROWTH_BYTES
