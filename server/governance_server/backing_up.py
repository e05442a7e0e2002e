"""Makes backups of a server's ledger, and puts one in the place of a ledger that was lost."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance_server import directory as directories
from governance_server.directory import DirectoryError
from governance_server.domain.note import ED25519, KEY_BYTES, NoteError, read_note, verifier_key
from governance_server.ledger import backup
from governance_server.ledger.backup import ForkError, Standing
from governance_server.ledger.sqlite_store import FILE_MODE, SqliteStore
from governance_server.ledger.verification import LedgerDamagedError
from governance_server.system import SystemEntropy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance_server.directory import Directory
    from governance_server.ledger.verification import Progress

BESIDE: tuple[str, ...] = ("", "-wal", "-shm", "-journal")
"""What SQLite calls a database and the files beside it."""


class Witness(NamedTuple):
    """A checkpoint to hold a copy against.

    Attributes:
        note: The signed note.
        key: The verifier key that it has to be signed with.
    """

    note: str
    key: str


class Restored(NamedTuple):
    """What was restored.

    Attributes:
        offset: How many entries the ledger has, each as it was written.
        standing: How it stands to the checkpoint that was given, or else to the last one that a witness has cosigned;
            None where there is none.
        ready: The directory has all that a server needs.
    """

    offset: int
    standing: Standing | None
    ready: bool


async def back_up(directory: Directory, file: Path, progress: Progress | None = None) -> int:
    """Write a verified copy of the ledger as one file, readable by its owner alone; return its last offset.

    The server may be running. The file is there whole or not at all.

    Raises:
        DirectoryError: There is such a file already.
        LedgerDamagedError: The ledger is damaged. There is no file.
        StoreError: It could not be made. There is no file.
    """
    _assure_absent(file)
    # A name of its own: another backup may be under way.
    prepared = file.with_name(f".{file.name}.{SystemEntropy().token(8).hex()}.new")
    with _removed(prepared):
        offset = (await backup.back_up(directory.ledger, prepared, progress)).offset
        prepared.replace(file)
    directories.keep_names(file.parent)
    return offset


async def restore(
    file: Path, directory: Directory, *, witness: Witness | None = None, progress: Progress | None = None
) -> Restored:
    """Put a copy of a ledger into a directory that has none, once it is verified.

    Args:
        file: The copy; it is not changed.
        directory: A server's directory without a ledger, an empty directory, or none yet.
        witness: A checkpoint that the copy has to agree with.
        progress: Told of the verification.

    Raises:
        DirectoryError: The directory is not as it has to be, or the copy disagrees with the checkpoint.
        LedgerDamagedError: The copy is damaged.
        StoreError: The copy is no ledger, or could not be read.
        OSError: A file could not be read or written.
    """
    if witness is not None:
        _assure_signed(witness)
    made = _assure_room(directory)
    try:
        with directory.held():
            restored = await _restore(file, directory, witness, progress)
    except BaseException:
        if made:
            directories.remove(directory)
        raise
    return restored


def _assure_absent(file: Path) -> None:
    if file.exists():
        raise DirectoryError(f"There is a file {file} already. It was not touched; name a new one.")


def _copy(file: Path, copy: Path) -> None:
    descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    with os.fdopen(descriptor, "wb") as target:
        with file.open("rb") as source:
            shutil.copyfileobj(source, target)
        target.flush()
        os.fsync(target.fileno())


def _assure_room(directory: Directory) -> bool:
    """Have a directory be there for a ledger; return whether it was made.

    Raises:
        DirectoryError: It has a ledger, or is something else.
    """
    root = directory.root
    if any(_beside(directory.ledger, name).exists() for name in BESIDE):
        raise DirectoryError(
            f"There is a ledger in {root}. Nothing was restored; move {directory.ledger.name} and the files beside it"
            " out of the way first, and keep them."
        )
    if not root.exists():
        root.mkdir(mode=directories.PRIVATE_MODE, parents=True)
        return True
    ours = {directory.lock, *(_beside(directory.restoring, name) for name in BESIDE)}
    if not directory.config.is_file() and (not root.is_dir() or set(root.iterdir()) - ours):
        raise DirectoryError(f"{root} is neither empty nor a server directory. Nothing was restored; name another one.")
    return False


async def _restore(file: Path, directory: Directory, witness: Witness | None, progress: Progress | None) -> Restored:
    prepared = directory.restoring
    with _removed(prepared):
        _remove(prepared)  # what a restore that was killed has left
        await asyncio.to_thread(_copy, file, prepared)
        try:
            offset = (await backup.verify_copy(prepared, progress)).offset
        except LedgerDamagedError as error:
            raise DirectoryError(f"{file} was not restored. {error}") from error
        standing = await _standing(file, prepared, witness)
        prepared.replace(directory.ledger)
    directories.keep_names(directory.root)
    return Restored(offset, standing, ready=directory.config.is_file())


async def _standing(file: Path, prepared: Path, witness: Witness | None) -> Standing | None:
    store = await SqliteStore.open(prepared, create=False)
    try:
        last = await store.newest_checkpoint(witnessed=True)
        note = witness.note if witness is not None else last.note if last is not None else None
        return None if note is None else await backup.standing(store, note)
    except ForkError as error:
        raise DirectoryError(f"{file} was not restored. {error} Find out which of the two is forged.") from error
    finally:
        await store.close()


def _assure_signed(witness: Witness) -> None:
    """Let a checkpoint pass that its key has signed.

    Raises:
        DirectoryError: It was not, or the key is none.
    """
    try:
        note = read_note(witness.note)
    except NoteError as error:
        raise DirectoryError(f"The checkpoint is none: {error}. Nothing was restored.") from error
    key, name = _public_key(witness.key), witness.key.partition("+")[0]
    for signature in note.signatures:
        with suppress(InvalidSignature):
            if signature.name == name:
                key.verify(signature.signature, note.text.encode())
                return
    raise DirectoryError("The checkpoint is not signed with the key that was given. Nothing was restored.")


def _public_key(text: str) -> Ed25519PublicKey:
    """Return a verifier key of C2SP signed-note."""
    with suppress(binascii.Error, ValueError):
        name, _, encoded = text.split("+", 2)  # the key may have a + in it
        decoded = base64.b64decode(encoded, validate=True)
        if (
            decoded[:1] == bytes([ED25519])
            and len(decoded) == 1 + KEY_BYTES
            and verifier_key(name, decoded[1:]) == text
        ):
            return Ed25519PublicKey.from_public_bytes(decoded[1:])
    raise DirectoryError("The key is none: it has to be the line of a checkpoint.vkey. Nothing was restored.")


@contextmanager
def _removed(path: Path) -> Iterator[None]:
    """Have a database and the files beside it be gone when the block ends, unless it was renamed."""
    try:
        yield
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    for name in BESIDE:
        _beside(path, name).unlink(missing_ok=True)


def _beside(path: Path, name: str) -> Path:
    return path.with_name(path.name + name)
