"""Files that are written whole or not at all, for their owner's eyes alone."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def whole_file(name: str, *, force: bool = False) -> Iterator[IO[bytes]]:
    """Give a file of mode 0600 that has its name once the block has ended well, durably, and else is gone.

    Args:
        name: Which; `~` is the home directory.
        force: Take another file's place.

    Raises:
        FileExistsError: There is one of that name, and no force.
        OSError: It cannot be written.
    """
    path = _path(name)
    if not force and os.path.lexists(path):
        raise FileExistsError(path)
    descriptor, temporary_name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # of mode 0600
    temporary = Path(temporary_name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _settle(temporary, path, force=force)
    finally:
        temporary.unlink(missing_ok=True)


def _path(name: str) -> Path:
    if "\0" in name:
        raise OSError(errno.EINVAL, _("no file has such a name"))
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise OSError(errno.ENOENT, _("there is no such home directory")) from None


def _settle(temporary: Path, path: Path, *, force: bool) -> None:
    """Give a finished file its name. Raises FileExistsError where another has taken it meanwhile, and no force."""
    if force:
        temporary.replace(path)
    else:
        try:
            path.hardlink_to(temporary)  # unlike a renaming, that never takes another's place
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                raise FileExistsError(path) from None
            temporary.rename(path)
    with contextlib.suppress(OSError):  # where a directory cannot be opened, the system keeps its own promises
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
