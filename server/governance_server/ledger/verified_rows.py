"""Which rows of open decisions were verified at an earlier start, remembered in a file beside the ledger.

To make a decision anew from its entries and compare costs some dozen times what reading its row does, and with a
million of them open a start would take minutes. So a start remembers the hash of each row that it verified, and the
next one takes what is the same row, byte for byte, as verified. Everything else is compared with its entries as ever:
what has changed since, and what somebody has changed. The file is no second truth: without it, or with one that does
not belong to this ledger, this release and this place in it, all of it is verified.

It rests on what a start's verification of the entries rests on, too: that those once verified are still what they were.
`governance-server check` relies on neither. The file is the owner's alone like the ledger, and stays out of the
database, so that whoever can change a row there cannot have the change taken for verified.
"""

from __future__ import annotations

import hashlib
import marshal
import os
from array import array
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog

from governance_server.ledger.schema import REVISION

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger(__name__)

HASH_BYTES: Final = 16
"""Of SHA-256: nobody finds another row with the same 128 bits."""
_DIGEST_BYTES: Final = 32
_MODE: Final = 0o600
_OTHERS: Final = 0o077
_PLAIN: Final = 0
"""marshal's first format: the same value is the same bytes, whichever objects it consists of."""


class Place(NamedTuple):
    """Where in which ledger rows were verified, and by which rules.

    Attributes:
        ledger_id: The ledger.
        offset: The end of the ledger then.
        hash: The hash of the entry at its end.
        release: The release of the server, since another one may look at more.
    """

    ledger_id: str
    offset: int
    hash: bytes
    release: str

    def line(self) -> bytes:
        """Return it as the file's first line."""
        return f"verified rows {REVISION} {self.release} {self.ledger_id} {self.offset} {self.hash.hex()}\n".encode()


class Rows:
    """Hashes of rows, in the order of their offsets."""

    def __init__(self, offsets: array[int] | None = None, hashes: bytes = b"") -> None:
        self._offsets = array("q") if offsets is None else offsets
        self._hashes = bytearray(hashes)
        self._next = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and (self._offsets, self._hashes) == (other._offsets, other._hashes)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def add(self, offset: int, hash_: bytes) -> None:
        """Add the row of the next larger offset."""
        self._offsets.append(offset)
        self._hashes += hash_

    def holds(self, offset: int, hash_: bytes) -> bool:
        """Tell whether a row is among them. To be asked in the order of the offsets."""
        offsets, place = self._offsets, self._next
        try:
            while offsets[place] < offset:
                place += 1
        except IndexError:
            return False
        self._next = place
        start = place * HASH_BYTES
        return offsets[place] == offset and self._hashes[start : start + HASH_BYTES] == hash_

    def content(self) -> bytes:
        """Return them as bytes."""
        return self._offsets.tobytes() + self._hashes

    @classmethod
    def of(cls, content: bytes) -> Rows:
        """Return them from their bytes. Raises ValueError where these are no rows."""
        count, surplus = divmod(len(content), 8 + HASH_BYTES)
        if surplus:
            raise ValueError("not a whole number of rows")
        offsets = array("q")
        offsets.frombytes(content[: count * 8])
        return cls(offsets, content[count * 8 :])


def row_hash(row: tuple[Any, ...]) -> bytes:
    """Return the hash of a row with all of its columns, whatever is stored in them."""
    return hashlib.sha256(marshal.dumps(row, _PLAIN)).digest()[:HASH_BYTES]


class VerifiedRows:
    """The file."""

    def __init__(self, path: Path, release: str) -> None:
        """Name the file, which need not be there, and the release of the server."""
        self._path = path
        self.release = release

    def read(self) -> tuple[Place, Rows] | None:
        """Return what was remembered, and where; None where there is nothing to rely on."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_mode & _OTHERS or status.st_uid != os.geteuid():
                    return None  # somebody else may have written it
                content = file.read()
        except OSError:
            return None
        return _parsed(content, self.release)

    def write(self, place: Place, rows: Rows) -> None:
        """Remember rows, in place of what was remembered; where that fails, forget all."""
        content = place.line() + rows.content()
        prepared = self._path.with_name(f".{self._path.name}.new")
        try:
            prepared.unlink(missing_ok=True)
            descriptor = os.open(prepared, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
            with os.fdopen(descriptor, "wb") as file:
                # Not synced: what a power failure leaves of it is not what its digest says, and then it is not read.
                file.write(hashlib.sha256(content).digest() + content)
            prepared.replace(self._path)
        except OSError as error:
            log.warning("it could not be noted what was verified; the next start takes longer", reason=str(error))
            with suppress(OSError):
                prepared.unlink(missing_ok=True)


def _parsed(content: bytes, release: str) -> tuple[Place, Rows] | None:
    digest, rest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(rest).digest() != digest:
        return None
    line, _, rows = rest.partition(b"\n")
    try:
        ledger_id, offset, hash_ = line.decode().split(" ")[-3:]
        place = Place(ledger_id, int(offset), bytes.fromhex(hash_), release)
        return (place, Rows.of(rows)) if place.line() == line + b"\n" else None
    except ValueError:
        return None
