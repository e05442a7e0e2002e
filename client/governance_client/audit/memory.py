"""What was verified before: for each ledger the last good checkpoint and its key, in a file of our own.

A file holds the verifier key, a blank line, and the signed note. It is written whole or not at all, for our eyes only.
Who deletes it loses the proof that the ledger was not rewound since.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.audit.checkpoints import Checkpoint
from governance_client.audit.faults import ForkedError, UnusableFileError
from governance_client.audit.notes import MOST_BYTES, NoteError, VerifierKey
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FOLDER: Final = "governance"
_DIGITS: Final = 32
_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_FLAGS: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Remembered(NamedTuple):
    """A checkpoint that was good.

    Attributes:
        checkpoint: The checkpoint.
        key: The key that it was signed with.
    """

    checkpoint: Checkpoint
    key: VerifierKey


def state_folder(environment: Mapping[str, str], home: Path) -> Path:
    """Return the folder for what this program has to remember, in $XDG_STATE_HOME."""
    named = environment.get("XDG_STATE_HOME", "")
    base = Path(named) if named.startswith("/") else home / ".local" / "state"
    return base / _FOLDER


class Memory:
    """The checkpoints that were seen, in a folder.

    Args:
        folder: Where; it is made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, origin: str) -> Path:
        """Return the file about a ledger."""
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:_DIGITS]}.txt"

    def recall(self, origin: str) -> Remembered | None:
        """Return what is remembered of a ledger; None where that is nothing.

        Raises:
            UnusableFileError: There is a file, and it cannot be believed.
        """
        path = self.path(origin)
        try:
            written = _read(path)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(path, str(error)) from None
        key, _blank, note = written.partition("\n\n")
        try:
            remembered = Remembered(Checkpoint.parse(note), VerifierKey.parse(key))
        except NoteError as error:
            raise _unusable(path, str(error)) from None
        if remembered.checkpoint.origin != origin:
            raise _unusable(path, _("it is about another ledger"))
        return remembered

    def keep(self, checkpoint: Checkpoint, key: VerifierKey) -> None:
        """Remember a checkpoint, durably, unless a larger one is remembered.

        Raises:
            UnusableFileError: It cannot be written, or what is there cannot be believed.
            ForkedError: Another one of its size is remembered.
        """
        with self._locked(checkpoint.origin):
            before = self.recall(checkpoint.origin)
            if before is None or before.checkpoint.size < checkpoint.size:
                self._write(checkpoint, key)
            elif before.checkpoint.size == checkpoint.size and before.checkpoint.root != checkpoint.root:
                raise ForkedError(checkpoint.size, _("somebody else was shown another ledger up to there"))

    def advance(self, checkpoint: Checkpoint, key: VerifierKey, before: Remembered | None) -> None:
        """Remember a checkpoint, durably, in place of the one that it was found to continue.

        Args:
            checkpoint: The checkpoint.
            key: The key that it was signed with.
            before: What was recalled before it was found; None where that was nothing.

        Raises:
            UnusableFileError: It cannot be written, or something else is remembered meanwhile.
        """
        with self._locked(checkpoint.origin):
            if self.recall(checkpoint.origin) != before:
                raise UnusableFileError(
                    _("Somebody else did the same at the same time. Nothing was signed; try again.")
                )
            self._write(checkpoint, key)

    def _write(self, checkpoint: Checkpoint, key: VerifierKey) -> None:
        write_whole(self.path(checkpoint.origin), f"{key}\n\n{checkpoint.note}".encode())

    @contextmanager
    def _locked(self, origin: str) -> Iterator[None]:
        """Have what is remembered of a ledger to oneself: whoever else wants to change it waits."""
        path = self.path(origin)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | _FLAGS, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)
        except OSError as error:
            raise _unusable(path, error.strerror or str(error)) from None


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file, durably, whole or not at all; one that was there is replaced. Raises OSError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, mode)
    try:
        with os.fdopen(made, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> str:
    with os.fdopen(os.open(path, os.O_RDONLY | _FLAGS), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
            raise _unusable(path, _("it is no file of yours that nobody else can write"))
        return file.read(2 * MOST_BYTES).decode()


def _unusable(path: Path, why: str) -> UnusableFileError:
    return UnusableFileError(
        _(
            "What was remembered of this ledger cannot be used: {path}: {why}. Nothing was checked against it. "
            "Find out who changed it; without the file, the next verification begins anew and needs --key."
        ).format(path=path, why=why)
    )
