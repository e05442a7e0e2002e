"""Lets callers in and out of a server's directory: their credentials, and the files that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_server import directory as directories
from governance_server.bootstrap import open_store
from governance_server.directory import DirectoryError
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.engine.enrolment import (
    NameTakenError,
    NameUnknownError,
    issue_credential,
    revoke_credential,
)
from governance_server.rpc import certificates
from governance_server.rpc.identity import certificate_id, issue_token, role_name
from governance_server.system import SystemClock, SystemEntropy

if TYPE_CHECKING:
    from pathlib import Path

    from governance_server.directory import Config, Directory

DAY_US: Final = 24 * 3600 * SECOND_US
CLIENT_CERTIFICATE_DAYS: Final = 365
"""How long a client certificate is good unless it is said: a year, since it cannot live for ever."""


class Enrolment(NamedTuple):
    """Whom to let in.

    Attributes:
        name: The credential's name.
        role: What its holder may be.
        certificate: Issue a client certificate instead of a bearer token.
        days: For how long; None for as long as it is not revoked, or a year for a certificate.
    """

    name: str
    role: v1.Role.ValueType
    certificate: bool
    days: int | None


async def enrol(directory: Directory, enrolment: Enrolment) -> Path:
    """Let a caller in, and write its credentials file; return its path. The server may be running.

    Raises:
        DirectoryError: The name is taken, or the directory is not as it has to be. Nobody was let in.
        StoreError: The ledger cannot be written. Nobody was let in.
    """
    config = directories.read_config(directory)
    clock, entropy = SystemClock(), SystemEntropy()
    credential, proof, secret_lines = _new_credential(directory, enrolment, clock, entropy)
    serving = directories.read_serving(directory, config)
    address = serving.server_mutual if enrolment.certificate else serving.server
    if address is None:
        raise DirectoryError(
            f"Client certificates need a listener of their own: set listen_mutual in {directory.config} first."
        )
    path = directory.credential(enrolment.name)
    content = _credentials_file(directory, enrolment, address, config, secret_lines)
    # A name of its own: another enrolment of that name may be under way, and must not put its secret into our file.
    prepared = path.with_suffix(f".{entropy.token(8).hex()}.new")
    directories.write_secret(prepared, content.encode())
    try:
        async with open_store(directory) as store:
            await issue_credential(store, clock, entropy, credential=credential, proof=proof)
        prepared.replace(path)
    except NameTakenError:
        raise DirectoryError(f"There is a credential named {enrolment.name} already. Choose another name.") from None
    finally:
        prepared.unlink(missing_ok=True)
    return path


async def revoke(directory: Directory, name: str) -> None:
    """Let a caller in no more, and remove its credentials file. The server may be running.

    Raises:
        DirectoryError: Nobody of that name is let in.
        StoreError: The ledger cannot be written. Nobody was revoked.
    """
    try:
        async with open_store(directory) as store:
            await revoke_credential(store, SystemClock(), SystemEntropy(), name=name)
    except NameUnknownError:
        raise DirectoryError(f"Nobody named {name} is let in. Nothing was changed.") from None
    directory.credential(name).unlink(missing_ok=True)


def _new_credential(
    directory: Directory, enrolment: Enrolment, clock: SystemClock, entropy: SystemEntropy
) -> tuple[v1.Credential, bytes, str]:
    """Return a new credential, what it is checked against, and the lines of its file that prove it."""
    now_us = clock.now_us()
    expires_at = None if enrolment.days is None else timestamp(now_us + enrolment.days * DAY_US)
    credential = v1.Credential(name=enrolment.name, role=enrolment.role, expires_at=expires_at)
    if not enrolment.certificate:
        token = issue_token(entropy)
        credential.credential_id = token.credential_id
        return credential, token.proof, f'token = "{token.token}"\n'
    authority = certificates.Authority(_authority(directory), directory.authority_key.read_bytes())
    if not certificates.is_key_of(authority.key, authority.certificate):
        raise DirectoryError(
            f"{directory.authority_key} is not the private key of the authority's certificate. Nobody was let in;"
            " restore both from a backup."
        )
    ends_us = now_us + (enrolment.days or CLIENT_CERTIFICATE_DAYS) * DAY_US
    issued = certificates.issue_client_certificate(authority, enrolment.name, ends_us, now_us=now_us, entropy=entropy)
    presented = certificate_id(issued.der)
    credential.credential_id = presented.credential_id
    credential.certificate = True
    lines = f'client_certificate = """\n{issued.certificate.decode()}"""\nclient_key = """\n{issued.key.decode()}"""\n'
    return credential, presented.proof, lines


def _authority(directory: Directory) -> bytes:
    """Return the authority's certificate, which every credentials file holds, and no client connects without."""
    certificate = directory.authority.read_bytes()
    if not (certificate.isascii() and certificates.is_certificate(certificate)):
        raise DirectoryError(
            f"{directory.authority} is not a certificate in PEM. Nobody was let in; restore it from a backup."
        )
    return certificate


def _credentials_file(
    directory: Directory, enrolment: Enrolment, address: str, config: Config, secret_lines: str
) -> str:
    authority = _authority(directory).decode("ascii")
    return (
        f"# Credentials of {enrolment.name} for Governance Workspace. Keep it to yourself.\n"
        f'name = "{enrolment.name}"\n'
        f'role = "{role_name(enrolment.role)}"\n'
        f'server = "{address}"\n'
        f'server_name = "{config.hosts[0]}"\n'
        f"{secret_lines}"
        f'certificate_authority = """\n{authority}"""\n'
    )
