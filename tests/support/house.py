"""A house of the tests' own: a real server, the people and the core who come to it, and their programs."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final, Self

from governance import v1
from governance.v1.audit_service_pb2_grpc import AuditServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_client.verify import ChainReader
from tests.support.alerts import POLICY
from tests.support.screen import SMALL, Screen
from tests.support.server import ServerProcess
from tests.support.wire import propose_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import TracebackType

    from tests.support.wire import Wire

PEOPLE: Final = {
    "maximus": "core",
    "duty": "soc_operator",
    "relief": "soc_operator",
    "lead": "soc_supervisor",
    "chief": "ciso",
    "ann": "auditor",
}
"""Who may come, by name: the role."""
PACE_S: Final = 0.03
"""At least so long between two keys at a console, which takes what comes faster than anybody types for a paste.

It draws that line at 20 ms a key; the fastest typing on record takes 39 ms.
"""
_A_FRAME: Final = 500
"""So many proposals are sent in one frame."""
_MINE: Final = ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES", "LANG", "LANGUAGE", "GOVERNANCE_CREDENTIALS")
"""What a person's own environment says to a console; a test's says it itself."""


class House:
    """A running server, which lets in whoever is needed.

    Attributes:
        folder: Where all of it is; a console's personal files too.
        server: The server.
    """

    def __init__(self, folder: Path, *, policy: str = POLICY) -> None:
        """Make a server and start it.

        Args:
            folder: Where; it is there already.
            policy: The document of the policy.
        """
        self.folder = folder
        self.server = ServerProcess(folder / "server", policy=policy)
        self.server.start()
        self._credentials: dict[str, Path] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.close()

    def credentials(self, who: str) -> Path:
        """Return the path of someone's credentials; who comes for the first time is let in."""
        if who not in self._credentials:
            self._credentials[who] = self.server.add(who, PEOPLE[who])
        return self._credentials[who]

    def propose(self, proposals: Sequence[v1.Proposal]) -> None:
        """Have core propose all of them; return when the server has taken them.

        Raises:
            AssertionError: The server refused one.
        """
        asyncio.run(self._propose(proposals))

    def entries(self) -> list[v1.Entry]:
        """Return the whole ledger as it is now, its chain checked."""
        return asyncio.run(self._entries())

    def run(self, who: str, *arguments: str, status: int = 0) -> str:
        """Run a command of `governance` to its end; return what it printed."""
        done = subprocess.run(
            [*_GOVERNANCE, "--credentials", str(self.credentials(who)), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=self._environment(),
        )
        assert done.returncode == status, done.stderr
        return done.stdout

    def console(
        self, who: str, *options: str, size: tuple[int, int] = SMALL, pace_s: float = PACE_S, **environment: str
    ) -> Screen:
        """Open a console on a terminal of its own.

        Args:
            who: The operator.
            options: Of `governance start`.
            size: Columns and rows of the terminal.
            pace_s: At least so long between two keys.
            environment: Variables to set beside the usual ones.
        """
        command = [*_GOVERNANCE, "--credentials", str(self.credentials(who)), "start", *options]
        return Screen(command, size=size, environment=self._environment() | environment, pace_s=pace_s)

    def _environment(self) -> dict[str, str]:
        """Return the environment of a program: this one's, but without what a person has chosen in it."""
        here = {name: value for name, value in os.environ.items() if name not in _MINE and not name.startswith("LC_")}
        own = {"HOME": self.folder, "XDG_CONFIG_HOME": self.folder / "config", "XDG_STATE_HOME": self.folder / "state"}
        return {
            **here,
            **{name: str(path) for name, path in own.items()},
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
        }

    async def _propose(self, proposals: Sequence[v1.Proposal]) -> None:
        async with propose_stream(self.credentials("maximus")) as wire:
            for start in range(0, len(proposals), _A_FRAME):
                batch = proposals[start : start + _A_FRAME]
                await wire.send(*(v1.CoreCommand(proposal=each) for each in batch))
                await wire.until(_answered(start + len(batch)))
            refused = [each.refused.message for each in wire.receipts.values() if each.HasField("refused")]
            assert not refused, refused[0]

    async def _entries(self) -> list[v1.Entry]:
        chain = ChainReader(whole=True)
        async with connect(Credentials.load(self.credentials("chief"))) as channel:
            call: Any = AuditServiceStub(channel).ListEntries(v1.ListEntriesRequest())
            return [chain.read(record) async for response in call for record in response.records]


def _answered(count: int) -> Callable[[Wire[v1.ProposeResponse]], bool]:
    return lambda wire: len(wire.receipts) >= count


_GOVERNANCE: Final = (sys.executable, "-m", "governance_client.cli")
