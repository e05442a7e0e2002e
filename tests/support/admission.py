"""Letting callers into a server's directory from this process: fast, and with any end."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server import enrolling
from governance_server.bootstrap import open_store
from governance_server.directory import Directory
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.engine.enrolment import issue_credential
from governance_server.rpc.identity import issue_token
from governance_server.system import SystemClock, SystemEntropy
from tests.support import canaries

if TYPE_CHECKING:
    from pathlib import Path

ROLES: Final = {
    "core": v1.ROLE_CORE,
    "auditor": v1.ROLE_AUDITOR,
    "soc_operator": v1.ROLE_SOC_OPERATOR,
    "soc_supervisor": v1.ROLE_SOC_SUPERVISOR,
    "security_manager": v1.ROLE_SECURITY_MANAGER,
    "ciso": v1.ROLE_CISO,
}
"""Everybody who can be let in, by the role's name."""


def admit(root: Path, name: str, role: str, *, certificate: bool = False) -> Path:
    """Let a caller in, as `governance-server operator add` and `core add` do; return its credentials file."""
    enrolment = enrolling.Enrolment(name, ROLES[role], certificate, None)
    path = asyncio.run(enrolling.enrol(Directory(root), enrolment))
    canaries.note_file(path)
    return path


def expel(root: Path, name: str) -> None:
    """Let a caller in no more, as `governance-server revoke` does."""
    asyncio.run(enrolling.revoke(Directory(root), name))


def token_of(path: Path) -> str:
    """Return the bearer token of a credentials file."""
    return path.read_text().split('token = "')[1].split('"')[0]


def issue(root: Path, name: str, role: str, *, ends_in_s: float) -> str:
    """Let a caller in whose token ends so soon, or has ended so long ago; return the token."""
    return asyncio.run(_issue(root, name, ROLES[role], int((time.time() + ends_in_s) * SECOND_US)))


async def _issue(root: Path, name: str, role: v1.Role.ValueType, ends_us: int) -> str:
    clock, entropy = SystemClock(), SystemEntropy()
    issued = issue_token(entropy)
    canaries.note_token(issued.token)
    credential = v1.Credential(credential_id=issued.credential_id, name=name, role=role, expires_at=timestamp(ends_us))
    async with open_store(Directory(root)) as store:
        await issue_credential(store, clock, entropy, credential=credential, proof=issued.proof)
    return issued.token
