"""What was typed, kept in a file that nobody else can read, and never more of it than a bound."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING, Final

from governance_client.console.inert import inert
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES: Final = 1000
"""So many lines are kept: weeks of typing, and small enough to be read whole when the console opens."""
LONGEST: Final = 4000
"""Characters of a line that are kept; as many as a prompt takes from a paste."""
_BYTES: Final = LINES * LONGEST
"""A file beyond this is not one of ours."""
_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_OTHERS: Final = 0o077


class UnusableError(Exception):
    """The file is not used, neither read nor written; the sentence says why and what to do."""


class KeptLines:
    """The lines of one file, oldest first. None of its methods raises for what the file is or has become.

    A file is used only if it is a regular one of our own that nobody else may read or write; a link is not followed.
    What cannot be kept is remembered for as long as this lives.

    Attributes:
        complaint: Why the file is not used, as a sentence; empty where it is.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines: list[str] = []
        self.complaint = ""
        if path is not None:
            with self._complaining():
                self._lines = _read(path)

    def newest(self) -> list[str]:
        """Return the lines, newest first."""
        return self._lines[::-1]

    def keep(self, line: str) -> None:
        """Keep one more line, as one line. The oldest go where there are too many."""
        text = " ".join(line.split())[:LONGEST]
        if not text:
            return
        self._lines.append(text)
        too_many = len(self._lines) > LINES
        if too_many:
            del self._lines[:-LINES]
        if self._path is not None and not self.complaint:
            with self._complaining():
                if too_many:
                    _replace(self._path, self._lines)
                else:
                    _append(self._path, text)

    @contextlib.contextmanager
    def _complaining(self) -> Iterator[None]:
        try:
            yield
        except (OSError, UnusableError) as error:
            why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            text = _("What you type is kept for this session only: {file} is not used. {why}")
            self.complaint = text.format(file=inert(str(self._path)), why=inert(why))


def _read(path: Path) -> list[str]:
    try:
        with os.fdopen(_opened(path, os.O_RDONLY), encoding="utf-8", errors="replace") as file:
            lines = file.read(_BYTES).split("\n")
    except FileNotFoundError:
        return []
    kept = [line[:LONGEST] for line in lines if line]
    if len(kept) > LINES:
        _replace(path, kept[-LINES:])
    return kept[-LINES:]


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    # one write: two consoles that keep a line at the same time each keep it whole
    with os.fdopen(_opened(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "ab", buffering=0) as file:
        file.write(f"{line}\n".encode("utf-8", "replace"))


def _replace(path: Path, lines: list[str]) -> None:
    """Write the file anew, whole or not at all."""
    os.close(_opened(path, os.O_RDONLY))  # what is not ours is not replaced either
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    made = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
    try:
        with os.fdopen(made, "wb") as file:
            file.write("".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _opened(path: Path, flags: int) -> int:
    """Return a descriptor of the file. Raises UnusableError where others may see it, or it is no file of ours."""
    try:
        # a FIFO must not be waited for
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, _MODE)
    except OSError as error:
        if path.is_symlink():
            raise UnusableError(_("It is a symbolic link; put a file there.")) from error
        raise
    try:
        _check(os.fstat(descriptor))
    except UnusableError:
        os.close(descriptor)
        raise
    return descriptor


def _check(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnusableError(_("It is no regular file."))
    if found.st_uid != os.geteuid():
        raise UnusableError(_("It belongs to somebody else."))
    if found.st_mode & _OTHERS:
        raise UnusableError(_("Others may read or write it; `chmod 600` keeps it yours."))
