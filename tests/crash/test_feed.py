"""Real alerts, fed while the server is killed: every alert is proposed once, as a decision or as the same again."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from tests.support.wire import operate_stream

if TYPE_CHECKING:
    from tests.support.server import ServerProcess

EVE = Path(__file__).parents[2] / ".." / "shared" / "data" / "eve"
FILES = {"wrccdc-2018.json": 207, "honeypot-2018.json": 44}

pytestmark = pytest.mark.skipif(not EVE.is_dir(), reason="the folder of real alerts, shared/data/eve, is absent")


async def start_feed(core: Path, *files: str) -> asyncio.subprocess.Process:
    """Start `governance feed eve`, reading from standard input what is not named."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "governance_client.cli", "--credentials", str(core), "feed", "eve", *files),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def proposed(operator: Path) -> list[str]:
    """The ids of all proposals in the ledger, in order; also of those that joined an open decision."""
    async with connect(Credentials.load(operator)) as channel:
        names = []
        async for page in AuditServiceStub(channel).ListEntries(v1.ListEntriesRequest()):
            for record in page.records:
                entry = v1.Entry.FromString(record.entry)
                for event in entry.events:
                    if event.HasField("decision_proposed"):
                        names.append(entry.decision_id)
                    if event.HasField("proposal_repeated"):
                        names.append(event.proposal_repeated.repeated_as)
        return names


async def test_all_real_alerts_are_proposed_once(server: ServerProcess) -> None:
    """207 and 44; feeding them again adds none."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    for _ in range(2):
        feed = await start_feed(core, *(str(EVE / name) for name in FILES))
        _, said = await feed.communicate()
        assert feed.returncode == 0, said.decode()
        names = await proposed(operator)
        assert len(names) == len(set(names)) == sum(FILES.values())


async def test_a_server_killed_in_the_middle_of_a_feed_loses_and_doubles_nothing(server: ServerProcess) -> None:
    """The feed waits for the server to come back, sends again what was not acknowledged, and ends with 0."""
    core, operator = server.add("maximus", "core"), server.add("operator-1", "soc_operator")
    alerts = [json.dumps(alert) + "\n" for name in FILES for alert in json.loads((EVE / name).read_text())]
    feed = await start_feed(core, "-")
    assert feed.stdin is not None
    for place, alert in enumerate(alerts):
        feed.stdin.write(alert.encode())
        if place == len(alerts) // 3:
            async with operate_stream(operator) as down:
                await down.until(
                    lambda wire: sum(max(each.occurrences, 1) for each in wire.replica.values()) > len(alerts) // 4
                )
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        if place == len(alerts) // 2:
            # Without waiting for anything: whatever is under way is cut off.
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
    feed.stdin.close()
    async with asyncio.timeout(60):
        said = await feed.stderr.read() if feed.stderr is not None else b""
        assert await feed.wait() == 0, said.decode()
    names = await proposed(operator)
    assert len(names) == len(set(names)) == len(alerts)
