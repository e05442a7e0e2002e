"""The composition root: the one place where a port meets its adapter."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

import structlog

from governance_server import directory as directories
from governance_server import keeping_keys
from governance_server.directory import DirectoryError, Serving
from governance_server.domain.moment import SECOND_US
from governance_server.engine.governor import Governor
from governance_server.engine.lookout import Lookout
from governance_server.engine.notary import Notary, NotaryError
from governance_server.engine.notifier import Destination, Notifier, Sources
from governance_server.engine.ports import BookmarkError, SignerError
from governance_server.ledger import backup, verification
from governance_server.ledger.remembering import Remembering
from governance_server.ledger.sqlite_store import SqliteStore
from governance_server.ledger.verified_rows import VerifiedRows
from governance_server.ledger.walking import verify_beside
from governance_server.notifications.bookmarks import FileBookmarks
from governance_server.rpc import certificates
from governance_server.rpc.authentication import Authenticator
from governance_server.rpc.edge import Connections, Edge
from governance_server.rpc.limits import Limits
from governance_server.rpc.server import RpcServer, Tls
from governance_server.system import SystemClock, SystemEntropy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from governance_server.directory import Config, Directory
    from governance_server.engine.ports import Messenger
    from governance_server.notifications.settings import NotifySetting

log = structlog.get_logger(__name__)


class Beside(NamedTuple):
    """Who works beside the governor while the server serves.

    Attributes:
        notifier: Tells people elsewhere.
        notary: Signs checkpoints.
        lookout: Looks for what other processes append.
        remembering: Remembers what the next start need not verify.
    """

    notifier: Notifier
    notary: Notary
    lookout: Lookout
    remembering: Remembering


@asynccontextmanager
async def open_store(directory: Directory, *, create: bool = False) -> AsyncIterator[SqliteStore]:
    """Open the ledger while the block lasts.

    Raises:
        StoreError: It cannot be opened, or has no first entry and is not to be made.
    """
    store = await SqliteStore.open(directory.ledger, create=create)
    try:
        if not create:
            await backup.assure_begun(store, directory.ledger)
        yield store
    finally:
        await store.close()


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


async def rotate_key(directory: Directory) -> str:
    """Have checkpoints signed with a new key, beside a server that may be running; return its verifier key.

    Raises:
        DirectoryError: The key in use is not there, or it is being changed.
        StoreError: The ledger could not be read or written.
    """
    async with open_store(directory) as store:
        return await keeping_keys.rotate(directory, store, await _clock(store), SystemEntropy())


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
    directories.assure_private(directory)
    with directory.held():
        async with open_store(directory) as store:
            clock, limits = await _clock(store), Limits()
            connections = Connections(limits)
            governor = Governor(store, clock, SystemEntropy(), connections.operators)
            remembered = VerifiedRows(directory.verified, version("governance-workspace"))
            await _recover(governor, store, directory, remembered)
            notary = await _notary(directory, store, clock)
            ledger_id = await store.ledger_id()
            lookout = Lookout(store, clock, governor)
            remembering = Remembering(remembered, governor, clock, ledger_id)
            notifier = await _notifier(directory, config, governor, store, clock)
            edge = Edge(
                store=store,
                governor=governor,
                clock=clock,
                entropy=SystemEntropy(),
                authenticator=Authenticator(store, clock, cache_s=limits.credential_cache_s),
                limits=limits,
                connections=connections,
                ledger_id=ledger_id,
                version=version("governance-workspace"),
                started_us=clock.now_us(),
            )
            server = RpcServer(edge, _tls(directory), listen=config.listen, listen_mutual=config.listen_mutual)
            serving = _serving(config, server)
            with _written(directory, serving):
                beside = Beside(notifier, notary, lookout, remembering)
                await _serve_until_stopped(server, governor, beside, lambda: announce(serving))


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


async def _notary(directory: Directory, store: SqliteStore, clock: SystemClock) -> Notary:
    """Return the notary, which has signed the ledger as it is; a directory without a key has got one.

    Raises:
        DirectoryError: The key is not there, or the tree is not what was signed before.
    """
    await keeping_keys.settle(directory, store, clock, SystemEntropy())
    notary = Notary(store, clock, keeping_keys.signers_of(directory))
    try:
        await notary.sign()
    except (NotaryError, SignerError) as error:
        raise DirectoryError(str(error)) from error
    return notary


async def _recover(governor: Governor, store: SqliteStore, directory: Directory, remembered: VerifiedRows) -> None:
    """Read and verify what is open, and meanwhile the entries that have come since the ledger was last verified.

    Raises:
        LedgerDamagedError: Something is not what was written: what is wrong with the entries is told first.
        StoreError: The ledger could not be read, or not be written.
    """
    verifying = asyncio.create_task(_verify_news(store, directory))
    try:
        await governor.recover(verification.verified_open_decisions(store, remembered))
        await verifying
    except verification.LedgerDamagedError:
        await verifying
        raise
    finally:
        verifying.cancel()
        await asyncio.gather(verifying, return_exceptions=True)


async def _verify_news(store: SqliteStore, directory: Directory) -> None:
    """Verify what was appended since the ledger was last verified and note that it was."""
    verified = await store.verified_offset()
    offset = (await verify_beside(store, directory.ledger, after=verified)).offset
    await store.record_verified(offset)
    log.info("ledger verified", since=verified, offset=offset)


async def _serve_until_stopped(
    server: RpcServer, governor: Governor, beside: Beside, announce: Callable[[], None]
) -> None:
    """Serve until a signal comes or the ledger fails; then stop in good order.

    Raises:
        StoreError: The ledger could not be written, or not be read any more.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    governing = asyncio.create_task(governor.run())
    timing = asyncio.create_task(governor.timekeeper.run())
    # Not among those that end the server: a gate that cannot tell anybody still has to stand.
    notifying = asyncio.create_task(beside.notifier.run(governor.tails))
    signing = asyncio.create_task(beside.notary.run())
    remembering = asyncio.create_task(beside.remembering.run())
    looking = asyncio.create_task(beside.lookout.run())
    waiting = asyncio.create_task(stopped.wait())
    try:
        await server.start()
        announce()
        await asyncio.wait([governing, timing, looking, waiting], return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping")
        await server.stop()
    finally:
        timing.cancel()
        notifying.cancel()
        signing.cancel()
        remembering.cancel()
        looking.cancel()
        if not governing.done():
            governing.cancel()
        governor.close()
        waiting.cancel()
        await asyncio.wait([governing, timing, notifying, signing, remembering, looking, waiting])
        await beside.notary.try_to_sign()
    for task in (governing, timing, looking):
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
        # A disk that fails has ended the server with a fault that says so; what is left behind is as after a kill.
        with suppress(OSError):
            directory.serving.unlink(missing_ok=True)


def _tls(directory: Directory) -> Tls:
    """Return what the listeners need, all of it in order: gRPC would only say that it could not listen."""
    paths = (directory.certificate, directory.key, directory.authority)
    try:
        certificate, key, authority = (path.read_bytes() for path in paths)
    except OSError as error:
        raise DirectoryError(f"{error.filename} cannot be read: {error.strerror}. Restore it from a backup.") from error
    for path, is_in_order in (
        (directory.certificate, certificates.is_certificate(certificate)),
        (directory.key, certificates.is_key_of(key, certificate)),
        (directory.authority, certificates.is_certificate(authority)),
    ):
        if not is_in_order:
            what = "the private key of the server's certificate" if path == directory.key else "a certificate in PEM"
            raise DirectoryError(f"{path} is not {what}. Restore it from a backup.")
    return Tls(certificate, key, authority)


def _serving(config: Config, server: RpcServer) -> Serving:
    def at(listen: str, port: int) -> str:
        return directories.reachable(f"{listen.rpartition(':')[0]}:{port}", config.hosts[0])

    mutual = None if config.listen_mutual is None else at(config.listen_mutual, server.mutual_port)
    return Serving(at(config.listen, server.port), mutual)
