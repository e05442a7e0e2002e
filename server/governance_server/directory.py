"""The server's directory: what lies where, in which mode, and who holds it."""

from __future__ import annotations

import fcntl
import os
import shutil
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from governance_server.notifications.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance_server.notifications.settings import NotifySetting

SECRET_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644
PRIVATE_MODE: Final = 0o700
OTHERS: Final = 0o077
"""The permissions of everyone but the owner."""
OTHERS_WRITING: Final = 0o022
"""Of these, the ones to write."""


class DirectoryError(Exception):
    """The directory is not as it has to be; the message says how, and what to do."""


class Directory:
    """The paths below a server's directory.

    Attributes:
        root: The directory.
        ledger: The ledger.
        verified: What of the ledger a start has verified; made anew where it is not there.
        restoring: A copy that is not verified yet, and is to be the ledger; left behind if that was killed.
        lock: What a running server holds.
        config: The configuration, in TOML.
        serving: Where the running server listens, in TOML; left behind if it was killed.
        credentials: One file a caller.
        bookmarks: How far each destination of notifications was told, one file for each.
        authority: The certificate authority's certificate.
        authority_key: Its private key.
        certificate: The server's certificate.
        key: Its private key.
        checkpoint_key: The private key that checkpoints are signed with.
        next_checkpoint_key: The one that takes its place, while it is being changed.
        checkpoint_vkey: The public key that they are verified with, for everyone.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledger = root / "ledger.db"
        self.verified = root / "ledger.verified"
        self.restoring = root / "ledger.db.restoring"
        self.config = root / "server.toml"
        self.serving = root / "serving.toml"
        self.credentials = root / "credentials"
        self.bookmarks = root / "notified"
        self.authority = root / "tls" / "authority.pem"
        self.authority_key = root / "tls" / "authority.key"
        self.certificate = root / "tls" / "server.pem"
        self.key = root / "tls" / "server.key"
        self.checkpoint_key = root / "checkpoint.key"
        self.next_checkpoint_key = root / "checkpoint.key.new"
        self.checkpoint_vkey = root / "checkpoint.vkey"
        self.lock = root / "server.lock"
        self._key_lock = root / "checkpoint.lock"

    def require(self) -> None:
        """Return if `init` has made this directory.

        Raises:
            DirectoryError: It has not.
        """
        if not self.config.is_file():
            raise DirectoryError(
                f"{self.root} is no server directory. Make one with: governance-server init {self.root}"
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the directory as its one server while the block lasts. The system lets go of it if the process dies.

        Raises:
            DirectoryError: Another server holds it.
        """
        with _locked(self.lock, f"Another server is running on {self.root}. Stop it first."):
            yield

    @contextmanager
    def key_held(self) -> Iterator[None]:
        """Hold the files of the checkpoints' key while the block lasts, also beside a running server.

        Raises:
            DirectoryError: Another process changes the key.
        """
        with _locked(self._key_lock, f"The key in {self.root} is being changed. Try again when that is done."):
            yield

    def credential(self, name: str) -> Path:
        """Return where a caller's credentials file lies."""
        return self.credentials / f"{name}.toml"


def assure_private(directory: Directory) -> None:
    """Return if nobody but the owner may read the private keys and the ledger, or put other files in their place.

    Raises:
        DirectoryError: Somebody may; the message names the file and the command that mends it.
    """
    for folder in (directory.root, directory.key.parent):
        if folder.stat().st_mode & OTHERS_WRITING:
            raise DirectoryError(f"Others may put files into {folder}. Run: chmod go-w {folder}")
    for path in (directory.checkpoint_key, directory.key, directory.authority_key, directory.ledger):
        if path.exists() and path.stat().st_mode & OTHERS:
            raise DirectoryError(
                f"{path} is the owner's alone, and others may read or write it. If they may have, put another in its"
                f" place. Run: chmod 600 {path}"
            )


@contextmanager
def _locked(path: Path, complaint: str) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, SECRET_MODE)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryError(complaint) from None
        yield
    finally:
        os.close(descriptor)


class Config(NamedTuple):
    """What `server.toml` says.

    Attributes:
        listen: HOST:PORT for callers with bearer tokens.
        listen_mutual: HOST:PORT for callers with client certificates; None for no such listener.
        hosts: The names and addresses the server's certificate is good for; the first is the one clients check.
        notify: Who is notified, and what of.
    """

    listen: str
    listen_mutual: str | None
    hosts: tuple[str, ...]
    notify: tuple[NotifySetting, ...] = ()


class Serving(NamedTuple):
    """Where clients reach the server.

    Attributes:
        server: HOST:PORT for bearer tokens.
        server_mutual: HOST:PORT for client certificates; None for no such listener.
    """

    server: str
    server_mutual: str | None


def make(directory: Directory, files: dict[Path, bytes]) -> None:
    """Make a server directory with these files in it, each readable by its owner alone.

    Raises:
        DirectoryError: There is something in its place.
    """
    root = directory.root
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise DirectoryError(f"{root} exists and is not empty. Name a new directory.")
    try:
        root.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
        root.chmod(PRIVATE_MODE)
        for folder in (directory.credentials, directory.key.parent):
            folder.mkdir(mode=PRIVATE_MODE)
        for path, content in files.items():
            write_secret(path, content)
    except OSError as error:
        remove(directory)
        raise DirectoryError(f"{root} cannot be made: {error.strerror} ({error.filename}).") from error


def remove(directory: Directory) -> None:
    """Remove what `make` has made, after a failure."""
    shutil.rmtree(directory.root, ignore_errors=True)


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that its owner alone may read.

    The file is there whole or not at all, unless the process is killed meanwhile.

    Raises:
        FileExistsError: There is one already; it was not touched.
        OSError: It could not be written, on a full disk for instance.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, SECRET_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error  # a write does not say which file it was
    keep_names(path.parent)


def keep_names(folder: Path) -> None:
    """Have what a folder's files are called survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(path: Path, content: str) -> None:
    """Write a file that everyone who reaches it may read, in place of a former one: whole or not at all."""
    prepared = path.with_name(f".{path.name}.new")
    prepared.unlink(missing_ok=True)
    write_secret(prepared, content.encode())
    prepared.chmod(PUBLIC_MODE)
    prepared.replace(path)


def destroy(path: Path) -> None:
    """Overwrite a secret and remove it; nothing where it is not there.

    A file system that writes anew elsewhere, or a drive that does, may keep what was: the disk has to be encrypted.
    """
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink()


def read_config(directory: Directory) -> Config:
    """Read `server.toml`.

    Raises:
        DirectoryError: A line of it is not as it has to be.
    """
    path = directory.config
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # beside the parser's own: too many digits, too deep
        raise DirectoryError(f"{path} cannot be read: {error}.") from error
    unknown = sorted(content.keys() - {"listen", "listen_mutual", "hosts", "notify"})
    if unknown:
        raise DirectoryError(f"{path} has a setting that is not known: {unknown[0]}.")
    listen, mutual, hosts = content.get("listen"), content.get("listen_mutual"), content.get("hosts")
    if not isinstance(listen, str) or not is_address(listen):
        raise DirectoryError(f'{path}: listen has to be "HOST:PORT".')
    if mutual is not None and not (isinstance(mutual, str) and is_address(mutual)):
        raise DirectoryError(f'{path}: listen_mutual has to be "HOST:PORT".')
    if not isinstance(hosts, list) or not hosts or not all(isinstance(host, str) and host for host in hosts):
        raise DirectoryError(f"{path}: hosts has to be a list of names, at least one.")
    return Config(listen, mutual, tuple(hosts), _notify(path, content.get("notify", [])))


def _notify(path: Path, content: object) -> tuple[NotifySetting, ...]:
    try:
        settings = read_settings(content)
    except ValueError as error:
        raise DirectoryError(f"{path}: {error}") from error
    if settings and path.stat().st_mode & OTHERS:
        raise DirectoryError(f"{path} holds secrets of [[notify]], and others may read it. Run: chmod 600 {path}")
    return settings


def read_serving(directory: Directory, config: Config) -> Serving:
    """Return where clients reach the server: where it runs or last ran, or else where it is configured to listen."""
    try:
        content = tomllib.loads(directory.serving.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return serving_at(config)
    mutual = content.get("server_mutual")
    return Serving(str(content.get("server", config.listen)), None if mutual is None else str(mutual))


def serving_at(config: Config) -> Serving:
    """Return where clients reach a server that listens as configured."""
    mutual = None if config.listen_mutual is None else reachable(config.listen_mutual, config.hosts[0])
    return Serving(reachable(config.listen, config.hosts[0]), mutual)


def reachable(listen: str, host: str) -> str:
    """Return the address to connect to for one that is listened on; `host` where that is every address."""
    address, _, port = listen.rpartition(":")
    return f"{host}:{port}" if address in {"0.0.0.0", "[::]", "::", "*"} else listen  # noqa: S104 - told from, not bound


def is_address(text: str) -> bool:
    """Tell whether a text is HOST:PORT with a port from 0 to 65535."""
    host, _, port = text.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit() and int(port) <= 0xFFFF  # noqa: PLR2004 - 16 bits
