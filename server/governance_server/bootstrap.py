"""The composition root: the one place where a port meets its adapter."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog

from governance import v1
from governance_server import directory as directories
from governance_server.directory import DirectoryError, Serving
from governance_server.domain.moment import SECOND_US, timestamp
from governance_server.domain.policy_document import LONGEST_DOCUMENT, read_policy
from governance_server.engine.enrolment import (
    NameTakenError,
    NameUnknownError,
    create_ledger,
    issue_credential,
    revoke_credential,
)
from governance_server.engine.governor import Governor
from governance_server.engine.notifier import Destination, Notifier, Sources
from governance_server.engine.ports import BookmarkError
from governance_server.ledger import verification
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.notifications.bookmarks import FileBookmarks
from governance_server.rpc import certificates
from governance_server.rpc.authentication import Authenticator
from governance_server.rpc.edge import Connections, Edge
from governance_server.rpc.identity import certificate_id, issue_token, role_name
from governance_server.rpc.limits import Limits
from governance_server.rpc.server import RpcServer, Tls
from governance_server.system import SystemClock, SystemEntropy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from governance_server.directory import Config, Directory
    from governance_server.engine.ports import Messenger
    from governance_server.notifications.settings import NotifySetting

log = structlog.get_logger(__name__)

DEFAULT_LISTEN: Final = "127.0.0.1:50051"
DEFAULT_HOSTS: Final = ("localhost", "127.0.0.1", "::1")
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


async def initialise(directory: Directory, *, listen: str, hosts: tuple[str, ...], policy: Path | None = None) -> None:
    """Make a server directory: certificates, configuration, and a ledger with its first entry. All of it or nothing.

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
            await create_ledger(store, clock, entropy, policy=document)
    except BaseException:
        directories.remove(directory)
        raise


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


@asynccontextmanager
async def open_store(directory: Directory, *, create: bool = False) -> AsyncIterator[SqliteStore]:
    """Open the ledger while the block lasts.

    Raises:
        StoreError: It cannot be opened.
    """
    store = await SqliteStore.open(directory.ledger, create=create)
    try:
        yield store
    finally:
        await store.close()


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
    authority = certificates.Authority(directory.authority.read_bytes(), directory.authority_key.read_bytes())
    ends_us = now_us + (enrolment.days or CLIENT_CERTIFICATE_DAYS) * DAY_US
    issued = certificates.issue_client_certificate(authority, enrolment.name, ends_us, now_us=now_us, entropy=entropy)
    presented = certificate_id(issued.der)
    credential.credential_id = presented.credential_id
    credential.certificate = True
    lines = f'client_certificate = """\n{issued.certificate.decode()}"""\nclient_key = """\n{issued.key.decode()}"""\n'
    return credential, presented.proof, lines


def _credentials_file(
    directory: Directory, enrolment: Enrolment, address: str, config: Config, secret_lines: str
) -> str:
    authority = directory.authority.read_text(encoding="ascii")
    return (
        f"# Credentials of {enrolment.name} for Governance Workspace. Keep it to yourself.\n"
        f'name = "{enrolment.name}"\n'
        f'role = "{role_name(enrolment.role)}"\n'
        f'server = "{address}"\n'
        f'server_name = "{config.hosts[0]}"\n'
        f"{secret_lines}"
        f'certificate_authority = """\n{authority}"""\n'
    )


async def check(directory: Directory, progress: Callable[[int, int], None]) -> int:
    """Verify the whole ledger, beside a server that may be running; return its last offset.

    Args:
        directory: The server's directory.
        progress: Told the entries verified and the entries there are, now and then.

    Raises:
        LedgerDamagedError: It is damaged; the message says where and how.
        StoreError: It cannot be read.
    """
    async with open_store(directory) as store:
        return (await verification.check(store, progress=progress)).offset


async def serve(directory: Directory, *, listen: str | None, announce: Callable[[Serving], None]) -> None:
    """Serve until SIGTERM or SIGINT, then stop in good order.

    Args:
        directory: The server's directory.
        listen: HOST:PORT, in place of the configured one.
        announce: Told once callers can connect.

    Raises:
        DirectoryError: The directory is not as it has to be, or another server holds it.
        LedgerDamagedError: The ledger is damaged since it was last verified.
        PortTakenError: A listener cannot be opened.
        StoreError: The ledger failed, at the start or while serving. Nothing unacknowledged was told.
    """
    config = directories.read_config(directory)
    config = config._replace(listen=listen or config.listen)
    with directory.held():
        async with open_store(directory) as store:
            await _verify_news(store)
            clock, limits = await _clock(store), Limits()
            connections = Connections(limits)
            governor = Governor(store, clock, SystemEntropy(), connections.operators)
            await governor.recover()
            notifier = await _notifier(directory, config, governor, store, clock)
            edge = Edge(
                store=store,
                governor=governor,
                clock=clock,
                entropy=SystemEntropy(),
                authenticator=Authenticator(store, clock, cache_s=limits.credential_cache_s),
                limits=limits,
                connections=connections,
                ledger_id=await store.ledger_id(),
                version=version("governance-workspace"),
                started_us=clock.now_us(),
            )
            server = RpcServer(edge, _tls(directory), listen=config.listen, listen_mutual=config.listen_mutual)
            serving = _serving(config, server)
            with _written(directory, serving):
                await _serve_until_stopped(server, governor, notifier, lambda: announce(serving))


async def _clock(store: SqliteStore) -> SystemClock:
    """Return the server's clock, which does not begin before the ledger's last entry."""
    clock = SystemClock(floor_us=(await store.head()).recorded_at_us)
    if clock.behind_us:
        log.warning(
            "the system's clock is behind the ledger; the server goes on from the ledger's last moment",
            behind_s=clock.behind_us // SECOND_US,
        )
    return clock


async def _notifier(
    directory: Directory, config: Config, governor: Governor, store: SqliteStore, clock: SystemClock
) -> Notifier:
    """Return the notifier of the destinations that are configured, ready to run.

    Raises:
        DirectoryError: A destination's URL is not understood, or its bookmark not in order.
    """
    destinations = [
        Destination(setting.name, _messenger(directory, setting), setting.kinds, setting.min_risk)
        for setting in config.notify
    ]
    bookmarks = FileBookmarks(directory.bookmarks)
    sources = Sources(store, clock, bookmarks, lambda: governor.house.policy.notify_reminder_s)
    notifier = Notifier(sources, destinations)
    try:
        await notifier.start()
    except BookmarkError as error:
        raise DirectoryError(str(error)) from error
    return notifier


def _messenger(directory: Directory, setting: NotifySetting) -> Messenger:
    # Late: a server that notifies nobody neither waits for apprise's two hundred modules nor has them in it.
    from governance_server.notifications.apprise_messenger import AppriseMessenger

    try:
        return AppriseMessenger(setting.url)
    except ValueError as error:
        raise DirectoryError(f"{directory.config}: [[notify]] {setting.name}: {error}") from None


async def _verify_news(store: SqliteStore) -> None:
    """Verify what was appended since the ledger was last verified and note that it was; then what is open."""
    verified = await store.verified_offset()
    offset = (await verification.verify(store, after=verified)).offset
    await store.record_verified(offset)
    await verification.verify_open_decisions(store)
    log.info("ledger verified", since=verified, offset=offset)


async def _serve_until_stopped(
    server: RpcServer, governor: Governor, notifier: Notifier, announce: Callable[[], None]
) -> None:
    """Serve until a signal comes or the governor fails; then stop in good order.

    Raises:
        StoreError: The governor failed.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    governing = asyncio.create_task(governor.run())
    timing = asyncio.create_task(governor.timekeeper.run())
    # Not among those that end the server: a gate that cannot tell anybody still has to stand.
    notifying = asyncio.create_task(notifier.run(governor.tails))
    waiting = asyncio.create_task(stopped.wait())
    try:
        await server.start()
        announce()
        await asyncio.wait([governing, timing, waiting], return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        await server.stop()
    finally:
        timing.cancel()
        notifying.cancel()
        if not governing.done():
            governing.cancel()
        governor.close()
        waiting.cancel()
        await asyncio.wait([governing, timing, notifying, waiting])
    for task in (governing, timing):
        with suppress(asyncio.CancelledError):
            task.result()
    log.info("stopped", offset=governor.head.offset)


@contextmanager
def _written(directory: Directory, serving: Serving) -> Iterator[None]:
    """Have the directory say where the server listens while the block lasts."""
    mutual = "" if serving.server_mutual is None else f'server_mutual = "{serving.server_mutual}"\n'
    directory.serving.unlink(missing_ok=True)
    directories.write_secret(directory.serving, f'server = "{serving.server}"\n{mutual}'.encode())
    try:
        yield
    finally:
        directory.serving.unlink(missing_ok=True)


def _tls(directory: Directory) -> Tls:
    try:
        return Tls(directory.certificate.read_bytes(), directory.key.read_bytes(), directory.authority.read_bytes())
    except OSError as error:
        raise DirectoryError(f"{error.filename} cannot be read: {error.strerror}. Restore it from a backup.") from error


def _serving(config: Config, server: RpcServer) -> Serving:
    def at(listen: str, port: int) -> str:
        return directories.reachable(f"{listen.rpartition(':')[0]}:{port}", config.hosts[0])

    mutual = None if config.listen_mutual is None else at(config.listen_mutual, server.mutual_port)
    return Serving(at(config.listen, server.port), mutual)
