"""The reference core: a file of alerts goes in, decisions and acts come out."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from governance_client.credentials import Credentials
from governance_client.eve.feed import Options, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import ServerProcess


def eve_file(path: Path) -> Path:
    """Three alerts that nobody needs to decide on, one event that is none, and a line that is broken."""
    lines = [
        json.dumps(
            {
                "timestamp": f"2026-03-01T10:00:0{number}",
                "event_type": "alert",
                "src_ip": "192.0.2.1",
                "dest_ip": "10.0.0.1",
                "alert": {"signature_id": number, "category": "Misc activity", "severity": 3},
            }
        )
        for number in range(3)
    ]
    path.write_text("\n".join([*lines, '{"event_type": "flow"}', "{"]))
    return path


async def test_a_file_is_fed_and_fed_again(server: ServerProcess, tmp_path: Path) -> None:
    """Alerts become decisions, a broken line is named, what is approved is written down once; again adds none."""
    credentials = Credentials.load(server.add("maximus", "core"))
    options = Options([str(eve_file(tmp_path / "eve.json"))], journal=tmp_path / "acts", as_json=True)
    summaries, joined = [], 0
    for _ in range(2):
        out, progress = io.StringIO(), io.StringIO()
        assert await run(credentials, options, out=out, progress=progress) == 1
        documents = [json.loads(line) for line in out.getvalue().splitlines()]
        assert [document["line"] for document in documents if "malformed" in document] == [5]
        joined += sum("joined" in document for document in documents)
        summaries.append(documents[-1]["summary"])
    assert [(each["proposed"], each["known"], each["other"]) for each in summaries] == [(3, 0, 1), (3, 3, 1)]
    decided = 3 - summaries[0]["joined"]
    assert joined == summaries[0]["joined"] + summaries[1]["joined"]
    assert summaries[1]["ended"] == {"executed": decided}
    assert len((tmp_path / "acts").read_text().splitlines()) == decided


async def test_the_feed_says_what_it_cannot_do(server: ServerProcess, tmp_path: Path) -> None:
    """A missing file and a network that is none are usage; a server that is away is 3."""
    credentials, out, said = Credentials.load(server.add("maximus", "core")), io.StringIO(), io.StringIO()
    assert await run(credentials, Options([str(tmp_path / "none")]), out=out, progress=said) == 2
    assert await run(credentials, Options(["-"], home_networks=["x"]), out=out, progress=said) == 2
    operator = Credentials.load(server.add("operator-1", "soc_operator"))
    assert await run(operator, Options([str(eve_file(tmp_path / "eve.json"))]), out=out, progress=said) == 3
    assert [line.partition(":")[0] for line in said.getvalue().splitlines()] == ["governance"] * 3
