"""The journal: what clients were told and did, line by line, to be held against the ledger at the end.

`A offset caller request` is an acknowledgement, `X order instance` an action that core has executed, `T text` something
that should not have been. A follower that is cut off leaves a file of its own: what it had seen of every decision.
"""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

JOURNAL: Final = "journal.txt"
SIGHTS: Final = "sights"
_HEADER: Final = struct.Struct("<QBI")
_PART: Final = struct.Struct("<HI")
VERSION_TYPE: Final = "H"
"""A decision's versions are few: 16 bits hold them."""


class Sight(NamedTuple):
    """What a follower had seen when it was cut off.

    Attributes:
        offset: Its resume point.
        whole: It had followed from the beginning; otherwise, it had taken the snapshot of what is open.
        versions: The newest version of each decision, by core and number; 0 where it has seen none.
    """

    offset: int
    whole: bool
    versions: Mapping[str, array[int]]

    def write(self, path: Path) -> None:
        """Write it to a file."""
        with path.open("wb") as file:
            file.write(_HEADER.pack(self.offset, self.whole, len(self.versions)))
            for core, versions in self.versions.items():
                name = core.encode()
                file.write(_PART.pack(len(name), len(versions)) + name + versions.tobytes())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read one from a file."""
        content = path.read_bytes()
        offset, whole, count = _HEADER.unpack_from(content)
        place, parts = _HEADER.size, {}
        for _ in range(count):
            name_bytes, items = _PART.unpack_from(content, place)
            place += _PART.size
            name = content[place : place + name_bytes].decode()
            place += name_bytes
            parts[name] = array(VERSION_TYPE, content[place : place + 2 * items])
            place += 2 * items
        return cls(offset, bool(whole), parts)


def see(versions: dict[str, array[int]], core: str, number: int, version: int) -> int:
    """Note the version of a decision that was seen; return the one that was seen before."""
    seen = versions.setdefault(core, array(VERSION_TYPE))
    if number >= len(seen):
        seen.frombytes(bytes(2 * (number + 1024 - len(seen))))
    before, seen[number] = seen[number], version
    return before


class Journal:
    """Written while the clients run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = (folder / JOURNAL).open("a", encoding="ascii")
        self._sights = 0
        (folder / SIGHTS).mkdir(exist_ok=True)

    def acknowledged(self, offset: int, caller: str, request: str) -> None:
        """Note that a caller was told that its request is in the ledger."""
        self._file.write(f"A {offset} {caller} {request}\n")

    def executed(self, order_id: str, instance: str) -> None:
        """Note that an instance of core has acted."""
        self._file.write(f"X {order_id} {instance}\n")

    def wrong(self, text: str) -> None:
        """Note something that should not have been."""
        self._file.write(f"T {text!a}\n")
        self._file.flush()

    def sight(self, name: str, sight: Sight) -> None:
        """Keep what a follower had seen when it was cut off."""
        self._sights += 1
        sight.write(self._folder / SIGHTS / f"{self._sights:05d}-{name}.bin")

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


def lines(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the journal's lines: their kind and the rest."""
    with (folder / JOURNAL).open(encoding="ascii") as file:
        for line in file:
            kind, _, rest = line.rstrip("\n").partition(" ")
            yield kind, rest


def sights(folder: Path) -> list[tuple[str, Path, int]]:
    """Return the sights that were kept, in the order of their offsets: whose, where, at which offset."""
    found = []
    for path in (folder / SIGHTS).iterdir():
        with path.open("rb") as file:
            offset, _, _ = _HEADER.unpack(file.read(_HEADER.size))
        found.append((path.stem.partition("-")[2], path, int(offset)))
    return sorted(found, key=lambda each: each[2])
