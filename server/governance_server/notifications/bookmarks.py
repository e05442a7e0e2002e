"""Bookmarks: how far each destination was told, one small file for each."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Final

from governance_server.engine.ports import Bookmark, BookmarkError

if TYPE_CHECKING:
    from pathlib import Path

MODE: Final = 0o600
FOLDER_MODE: Final = 0o700


_LARGEST_OFFSET: Final = 2**63 - 1
"""What a ledger can count to: beyond, it could not be asked for."""


class FileBookmarks:
    """The port's Bookmarks, as JSON files in a folder of the server's directory, readable by their owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def read(self, name: str) -> Bookmark | None:
        """Return the bookmark that was written last; None where there is none. Raises BookmarkError."""
        return await asyncio.to_thread(self._read, self._folder / f"{name}.json")

    async def write(self, name: str, bookmark: Bookmark) -> None:
        """Keep a bookmark in place of the former: durable, and whole or not at all. Raises BookmarkError."""
        # In a thread: a disk that takes its time must not hold up the event loop, and with it the governor.
        await asyncio.to_thread(self._write, self._folder / f"{name}.json", bookmark)

    def _read(self, path: Path) -> Bookmark | None:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return Bookmark(
                str(content["ledger_id"]),
                _offset(content["offset"]),
                {str(key): int(told_us) for key, told_us in content["reminded"].items()},
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise BookmarkError(
                f"{path} cannot be read ({type(error).__name__}). Remove it to notify from the ledger's end on."
            ) from error

    def _write(self, path: Path, bookmark: Bookmark) -> None:
        content = {"ledger_id": bookmark.ledger_id, "offset": bookmark.offset, "reminded": dict(bookmark.reminded)}
        prepared = path.with_suffix(".new")
        try:
            self._folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            prepared.unlink(missing_ok=True)  # left by a process that was killed
            descriptor = os.open(prepared, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(content, file)
                file.flush()
                # Or else a power cut could leave the new name with nothing in it, which is worse than the old content.
                os.fsync(file.fileno())
            prepared.replace(path)
        except OSError as error:
            raise BookmarkError(f"{path} cannot be written: {error.strerror}.") from error


def _offset(value: object) -> int:
    """Return an offset that was written. Raises ValueError or TypeError where it is none."""
    if type(value) is not int or not 0 <= value <= _LARGEST_OFFSET:
        raise ValueError("it is no offset")
    return value
