"""The roster: which peers there are. What each makes durable, and how, stands in its program under `running`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Peer:
    """One peer.

    Attributes:
        name: What people call it.
        key: What its lock and its program are called.
        node_server: Where its server lies below its environment, as a pattern, if that comes from npm; empty else.
    """

    name: str
    key: str
    node_server: str = ""

    def __str__(self) -> str:
        """As it is asked for."""
        return self.key

    @property
    def lock(self) -> Path:
        """What pip installs."""
        return HERE / "locks" / f"{self.key}.txt"

    @property
    def node_locks(self) -> list[Path]:
        """What npm installs, if anything: package.json and package-lock.json."""
        return sorted((HERE / "locks" / self.key).glob("*.json"))

    @property
    def program(self) -> str:
        """The module of its program, from this folder on."""
        return f"running.on_{self.key}"


TEMPORAL: Final = Peer("Temporal", "temporal")
RESTATE: Final = Peer("Restate", "restate", "node_modules/@restatedev/restate-server-*/bin/restate-server")
DBOS: Final = Peer("DBOS", "dbos")
LANGGRAPH: Final = Peer("LangGraph", "langgraph")
PEERS: Final = {peer.key: peer for peer in (RESTATE, LANGGRAPH, DBOS, TEMPORAL)}
