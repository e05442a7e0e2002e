"""The server's program remembers beside its other work what its next start need not verify."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from governance_server import bootstrap
from governance_server.directory import Directory
from governance_server.ledger import remembering, walking
from governance_server.ledger.verified_rows import VerifiedRows
from tests.support.flood import FRAME, flood
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    """A server's directory, after a life that was killed with some dozen decisions open."""
    server = ServerProcess(tmp_path / "server")
    server.start()
    assert asyncio.run(flood(server.add("maximus", "core"), frames=2)).code is None
    server.kill()
    server.close()
    return Directory(server.directory)


def test_a_life(directory: Directory, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it serves it remembers what is due, here all of it; its start has verified entries in another process."""
    monkeypatch.setattr(remembering, "DUE_ENTRIES", 0)
    monkeypatch.setattr(remembering, "DUE_SHARE", 1_000_000)
    monkeypatch.setattr(walking, "MANY", 1)
    renew, renewed = VerifiedRows.renew, []

    def renewing(self: VerifiedRows, *arguments: Any, **named: Any) -> int | None:
        renewed.append(renew(self, *arguments, **named))
        os.kill(os.getpid(), signal.SIGTERM)
        return renewed[-1]

    monkeypatch.setattr(VerifiedRows, "renew", renewing)
    asyncio.run(bootstrap.serve(directory, listen="127.0.0.1:0", announce=lambda _: None))
    assert renewed == [2 * FRAME]
