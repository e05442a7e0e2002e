"""Makes a server's directory: certificates, keys, configuration, and the ledger's first entries."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from governance_server import directory as directories
from governance_server import keeping_keys
from governance_server.bootstrap import open_store
from governance_server.directory import DirectoryError
from governance_server.domain.policy_document import LONGEST_DOCUMENT, read_policy
from governance_server.engine.enrolment import create_ledger
from governance_server.rpc import certificates
from governance_server.system import SystemClock, SystemEntropy

if TYPE_CHECKING:
    from pathlib import Path

    from governance_server.directory import Directory

DEFAULT_LISTEN: Final = "127.0.0.1:50051"
DEFAULT_HOSTS: Final = ("localhost", "127.0.0.1", "::1")


async def initialise(directory: Directory, *, listen: str, hosts: tuple[str, ...], policy: Path | None = None) -> str:
    """Make a server directory: certificates, keys, configuration, a ledger with its first entry. All of it or nothing.

    Returns the key that its checkpoints are verified with.

    Args:
        directory: Where.
        listen: HOST:PORT.
        hosts: What clients reach the server by.
        policy: The policy to begin with; None for the built-in one.

    Raises:
        DirectoryError: There is something in its place, it cannot be made, or the policy is not in order.
        OSError: The policy cannot be read.
    """
    document = "" if policy is None else _policy_document(policy)
    clock, entropy = SystemClock(), SystemEntropy()
    now_us = clock.now_us()
    authority = certificates.create_authority(now_us=now_us, entropy=entropy)
    try:
        issued = certificates.issue_server_certificate(authority, hosts, now_us=now_us, entropy=entropy)
    except ValueError as error:
        raise DirectoryError(str(error)) from error
    config = "\n".join(
        (
            "# Governance Workspace server. Read at start.",
            f'listen = "{listen}"',
            '# listen_mutual = "127.0.0.1:50052"  # for callers with client certificates',
            f"hosts = [{', '.join(f'{chr(34)}{host}{chr(34)}' for host in hosts)}]",
            "",
        )
    )
    directories.make(
        directory,
        {
            directory.authority: authority.certificate,
            directory.authority_key: authority.key,
            directory.certificate: issued.certificate,
            directory.key: issued.key,
            directory.config: config.encode(),
        },
    )
    try:
        async with open_store(directory, create=True) as store:
            make_key = partial(keeping_keys.make_first, directory)
            await create_ledger(store, clock, entropy, policy=document, make_key=make_key)
    except BaseException:
        directories.remove(directory)
        raise
    return directory.checkpoint_vkey.read_text().strip()


def _policy_document(path: Path) -> str:
    """Return a policy's document, which has to be in order."""
    try:
        document = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DirectoryError(f"{path} is not text in UTF-8: {error.reason}. Nothing was made.") from error
    if len(document) > LONGEST_DOCUMENT:
        raise DirectoryError(f"{path} has more than {LONGEST_DOCUMENT} characters. Nothing was made; shorten it.")
    problems = read_policy(document).problems
    if problems:
        listed = "".join(f"\n  line {one.line}: {one.place or 'document'}: {one.problem}" for one in problems)
        raise DirectoryError(f"{path} is no policy. Nothing was made; mend it:{listed}")
    return document
