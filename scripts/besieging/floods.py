"""Floods of connections: those who say nothing, those who never end a handshake, and what a cycle takes beside them."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from tests.support.bystanders import bystanders

from benchmarks.figures import Figure
from benchmarks.programs import peak_bytes
from besieging import house
from governance import v1
from governance_server.rpc.limits import Limits

if TYPE_CHECKING:
    from tests.support.server import ServerProcess

    from benchmarks.progress import Progress

CYCLE_MS: Final = 3000.0
"""What a cycle of an honest core and operator may take meanwhile, on a machine that does other things as well."""
BYTES_A_CONNECTION: Final = 128 * 1024
DROPPED_S: Final = Limits().handshake_timeout_s + 10.0
"""When those who say nothing have been dropped: the limit, and what a busy machine adds."""
CLIENT_HELLO_BEGUN: Final = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
"""The first bytes of a TLS handshake that never goes on."""


async def flood(server: ServerProcess, connections: int, handshakes: int, progress: Progress) -> list[Figure]:
    """Open so many connections of each kind and leave them; return what that cost, and when they were dropped."""
    core = (await house.let_in(server, "flooded-core", 1, v1.ROLE_CORE))[0]
    operator = (await house.let_in(server, "flooded-operator", 1, v1.ROLE_SOC_OPERATOR))[0]
    loop = asyncio.get_running_loop()
    found: list[Figure] = []
    async with bystanders(core, operator) as honest:
        for count, name, said in (
            (connections, f"{connections} connections that say nothing", b""),
            (handshakes, f"{handshakes} TLS handshakes that never end", CLIENT_HELLO_BEGUN),
        ):
            progress.say(name)
            before = peak_bytes(server.pid)
            with ExitStack() as stack:
                began_s = loop.time()
                sockets = [stack.enter_context(await connected(server.address, said)) for _ in range(count)]
                dropping = asyncio.create_task(_dropped(sockets))
                slowest_s = await honest.work_during(dropping)
                dropped_s = loop.time() - began_s
            found += [
                Figure(f"{name}: slowest cycle meanwhile", slowest_s * 1000, "ms", CYCLE_MS),
                Figure("the last of them is dropped after", dropped_s, "s", DROPPED_S),
                Figure(
                    "the server's peak memory grew by",
                    (peak_bytes(server.pid) - before) / 2**20,
                    "MiB",
                    count * BYTES_A_CONNECTION / 2**20,
                ),
            ]
    return found


async def connected(address: str, said: bytes = b"") -> socket.socket:
    """Connect to a server, say so much, and nothing more."""
    host, _, port = address.rpartition(":")
    loop = asyncio.get_running_loop()
    made = socket.socket()
    made.setblocking(False)
    await loop.sock_connect(made, (host, int(port)))
    if said:
        await loop.sock_sendall(made, said)
    return made


async def _dropped(sockets: list[socket.socket]) -> None:
    """Wait until the server has ended every one of these."""
    await asyncio.gather(*(ended(each) for each in sockets))


async def ended(connection: socket.socket) -> None:
    """Wait until the server has ended a connection."""
    loop = asyncio.get_running_loop()
    try:
        while await loop.sock_recv(connection, 4096):
            pass
    except ConnectionError:
        return
