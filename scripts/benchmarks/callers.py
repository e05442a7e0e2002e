"""Callers: those who come to a server that is measured, let in as its own command line does, but many at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from governance import v1
from governance_client.credentials import Credentials
from governance_server import directory as directories
from governance_server.engine.enrolment import issue_credential
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.rpc.identity import issue_token
from governance_server.system import SystemClock, SystemEntropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_server.directory import Directory

CORE: Final = "maximus"
DECIDER: Final = "decider"


class Callers(NamedTuple):
    """Who was let in, in plain values, so that a load program can be told.

    Attributes:
        server_name: The name that the server's certificate is checked for.
        authority: The certificate authority, in PEM.
        tokens: The bearer tokens, by name.
    """

    server_name: str
    authority: str
    tokens: dict[str, str]

    def credentials(self, name: str, address: str) -> Credentials:
        """Return a caller's credentials for a server at an address."""
        return Credentials(name, "", address, self.server_name, self.authority, token=self.tokens[name])


def watcher(number: int) -> str:
    """Return the name of one of those who only watch."""
    return f"watcher-{number:04d}"


def let_in(directory: Directory, watchers: int) -> Callers:
    """Let a core, an operator who decides and so many who only watch into a server's directory; return them."""
    roles: list[tuple[str, v1.Role.ValueType]] = [(CORE, v1.ROLE_CORE), (DECIDER, v1.ROLE_CISO)]
    roles += [(watcher(number), v1.ROLE_SOC_OPERATOR) for number in range(watchers)]
    tokens = asyncio.run(_let_in(directory, roles))
    config = directories.read_config(directory)
    return Callers(config.hosts[0], directory.authority.read_text(encoding="ascii"), tokens)


async def _let_in(directory: Directory, roles: Sequence[tuple[str, v1.Role.ValueType]]) -> dict[str, str]:
    entropy, tokens = SystemEntropy(), dict[str, str]()
    store = await SqliteStore.open(directory.ledger, create=False)
    try:
        clock = SystemClock(floor_us=(await store.head()).recorded_at_us)
        for name, role in roles:
            token = issue_token(entropy)
            credential = v1.Credential(credential_id=token.credential_id, name=name, role=role)
            await issue_credential(store, clock, entropy, credential=credential, proof=token.proof)
            tokens[name] = token.token
    finally:
        await store.close()
    return tokens


def of_settings(settings: Any) -> Callers:
    """Return the callers that a load program was told."""
    return Callers(settings["server_name"], settings["authority"], settings["tokens"])
