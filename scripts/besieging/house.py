"""A real server in a directory of its own, and as many callers as it takes."""

from __future__ import annotations

import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.server import ServerProcess

from governance_server import enrolling
from governance_server.directory import Directory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from governance import v1


@asynccontextmanager
async def served() -> AsyncIterator[ServerProcess]:
    """Run a server while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="governance-siege-") as folder:
        server = ServerProcess(Path(folder) / "server")
        server.start()
        try:
            yield server
        finally:
            server.close()


async def let_in(server: ServerProcess, prefix: str, count: int, role: v1.Role.ValueType) -> Sequence[Path]:
    """Let so many callers in; return the paths of their credentials, which name the running server's address."""
    directory = Directory(server.directory)
    return [
        await enrolling.enrol(directory, enrolling.Enrolment(f"{prefix}-{number}", role, certificate=False, days=None))
        for number in range(1, count + 1)
    ]
