"""Which rows of open decisions were verified, remembered in a file beside the ledger.

To make a decision anew from its entries and compare costs some dozen times what reading its row does, and with a
million of them open a start would take minutes. So a start remembers the hash of each row that it verified, the server
goes on with that while it serves (`remembering`), and the next start takes what is the same row, byte for byte, as
verified. Everything else is compared with its entries as ever: what has changed since, and what somebody has changed.
The file is no second truth: without it, or with one that does not belong to this ledger, this release and this place in
it, all of it is verified.

It rests on what a start's verification of the entries rests on, too: that those once verified are still what they were.
`governance-server check` relies on neither. The file is the owner's alone like the ledger, and stays out of the
database, so that whoever can change a row there cannot have the change taken for verified.
"""

from __future__ import annotations

import hashlib
import marshal
import os
from array import array
from bisect import bisect_left
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog

from governance_server.ledger.schema import REVISION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

log = structlog.get_logger(__name__)

HASH_BYTES: Final = 16
"""Of SHA-256: nobody finds another row with the same 128 bits."""
_OFFSET_BYTES: Final = 8
_DIGEST_BYTES: Final = 32
_LONGEST_LINE: Final = 1024
"""A first line is a tenth of it."""
_MODE: Final = 0o600
_OTHERS: Final = 0o077
_PLAIN: Final = 0
"""marshal's first format: the same value is the same bytes, whichever objects it consists of."""
_NOTHING: Final = (None, memoryview(b""))


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

    def __init__(self, offsets: array[int] | None = None, hashes: bytes | memoryview = b"") -> None:
        self._offsets = array("q") if offsets is None else offsets
        self._hashes = bytearray(hashes)
        self._next = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and (self._offsets, self._hashes) == (other._offsets, other._hashes)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __len__(self) -> int:
        return len(self._offsets)

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

    def parts(self) -> tuple[memoryview, memoryview]:
        """Return their offsets and their hashes as bytes."""
        return memoryview(self._offsets).cast("B"), memoryview(self._hashes)

    @classmethod
    def of(cls, content: memoryview) -> Rows:
        """Return them from their bytes. Raises ValueError where these are no rows."""
        stored, hashes = _halves(content)
        offsets = array("q")
        offsets.frombytes(stored)
        return cls(offsets, hashes)


def _halves(content: memoryview) -> tuple[memoryview, memoryview]:
    """Return the bytes of the offsets, and those of the hashes. Raises ValueError where these are no rows."""
    count, surplus = divmod(len(content), _OFFSET_BYTES + HASH_BYTES)
    if surplus:
        raise ValueError("not a whole number of rows")
    return content[: count * _OFFSET_BYTES], content[count * _OFFSET_BYTES :]


def row_hash(row: tuple[Any, ...]) -> bytes:
    """Return the hash of a row with all of its columns, whatever is stored in them."""
    return hashlib.sha256(marshal.dumps(row, _PLAIN)).digest()[:HASH_BYTES]


class VerifiedRows:
    """The file.

    Attributes:
        release: The release of the server.
        place: Where the rows were verified that it holds, since this process has read or written it; else None.
    """

    def __init__(self, path: Path, release: str) -> None:
        """Name the file, which need not be there, and the release of the server."""
        self._path = path
        self.release = release
        self.place: Place | None = None

    def read(self) -> tuple[Place, Rows] | None:
        """Return what was remembered, and where; None where there is nothing to rely on."""
        place, content = self._stored()
        return None if place is None else (place, Rows.of(content))

    def write(self, place: Place, rows: Rows) -> bool:
        """Remember rows, in place of what was remembered; tell whether that was possible."""
        return self._replace(place, rows.parts())

    def renew(self, place: Place, *, gone: Iterable[int], came: Rows) -> int | None:
        """Remember some rows no longer, and others in addition; return how many then are.

        The others, a million perhaps, are not looked at one by one, and are neither hashed nor written under the
        interpreter's lock: this is for a thread beside a server's own.

        Args:
            place: Where all of them are verified.
            gone: Offsets of rows that are no more, whether they were remembered or not.
            came: Rows behind all that were remembered.

        Returns:
            How many there are; None where nothing could be written, and all is as before.
        """
        stored, content = self._stored()
        if stored is None or stored != self.place:
            content = memoryview(b"")  # somebody has taken it away, or put another one there
        offsets, hashes = _halves(content)
        kept = _runs(offsets.cast("q"), gone)
        parts = [
            *(offsets[begin * _OFFSET_BYTES : end * _OFFSET_BYTES] for begin, end in kept),
            came.parts()[0],
            *(hashes[begin * HASH_BYTES : end * HASH_BYTES] for begin, end in kept),
            came.parts()[1],
        ]
        return sum(end - begin for begin, end in kept) + len(came) if self._replace(place, parts) else None

    def _stored(self) -> tuple[Place | None, memoryview]:
        """Return where rows were verified, and the bytes of these; None and nothing where none are to be relied on."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_mode & _OTHERS or status.st_uid != os.geteuid():
                    return _NOTHING  # somebody else may have written it
                content = file.read()
        except OSError:
            return _NOTHING
        return _parsed(memoryview(content), self.release)

    def _replace(self, place: Place, parts: Sequence[memoryview]) -> bool:
        line = place.line()
        digest = hashlib.sha256(line)
        for part in parts:
            digest.update(part)
        prepared = self._path.with_name(f".{self._path.name}.new")
        try:
            prepared.unlink(missing_ok=True)
            descriptor = os.open(prepared, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
            with os.fdopen(descriptor, "wb") as file:
                # Not synced: what a power failure leaves of it is not what its digest says, and then it is not read.
                file.write(digest.digest() + line)
                for part in parts:
                    file.write(part)
            prepared.replace(self._path)
        except OSError as error:
            log.warning("it could not be noted what was verified; the next start takes longer", reason=str(error))
            with suppress(OSError):
                prepared.unlink(missing_ok=True)
            return False
        self.place = place
        return True


def _runs(offsets: memoryview, gone: Iterable[int]) -> list[tuple[int, int]]:
    """Return from where to where those lie that have not gone."""
    runs, begin = [], 0
    for offset in sorted(gone):
        found = bisect_left(offsets, offset, begin)
        if found < len(offsets) and offsets[found] == offset:
            if found > begin:
                runs.append((begin, found))
            begin = found + 1
    return [*runs, (begin, len(offsets))]


def _parsed(content: memoryview, release: str) -> tuple[Place | None, memoryview]:
    digest, rest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(rest).digest() != digest:
        return _NOTHING
    line, _, _ = bytes(rest[:_LONGEST_LINE]).partition(b"\n")
    try:
        ledger_id, offset, hash_ = line.decode().split(" ")[-3:]
        place = Place(ledger_id, int(offset), bytes.fromhex(hash_), release)
        if place.line() != line + b"\n":
            return _NOTHING
        rows = rest[len(line) + 1 :]
        _halves(rows)
    except ValueError:
        return _NOTHING
    return place, rows
