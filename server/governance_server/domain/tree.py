"""The Merkle tree over the entries' leaf hashes: RFC 9162 section 2.1, kept in tiles as in C2SP tlog-tiles.

A leaf's index is its entry's offset minus one. Level L of the tiles holds the roots of the full subtrees of 256**L
leaves, so that level 0 holds the leaf hashes; a tile is 256 of them, and a tree that has not filled its last tile of a
level has a shorter one there. Whatever a root or a proof is made of is a full subtree of 2**height leaves, which lies
within one tile: O(log n) tiles are read for each.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NODE_PREFIX: Final = b"\x01"
"""RFC 9162 section 2.1.1: the hash of a node is SHA-256(0x01 || left || right)."""
HASH_BYTES: Final = 32
HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
"""How many hashes a full tile has."""
EMPTY_ROOT: Final = hashlib.sha256().digest()
"""The root of no leaves."""


class Tile(NamedTuple):
    """Consecutive hashes of one level.

    Attributes:
        level: Which.
        number: Which of the level's tiles, from 0.
        hashes: At most 256, one after the other.
    """

    level: int
    number: int
    hashes: bytes


class Hashes(Protocol):
    """Where a tree's hashes are read."""

    async def hashes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        """Return a level's hashes from one up to another one, which is left out. All of them are there."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


def split(hashes: bytes) -> list[bytes]:
    """Return hashes that stand one after the other."""
    return [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]


def full_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a full subtree's hashes, of which there are 2**n."""
    assert hashes
    assert len(hashes) & (len(hashes) - 1) == 0, "a full subtree"
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


def grown(size: int, edges: Mapping[int, bytes], full: Sequence[bytes]) -> list[Tile]:
    """Return the tiles to be stored when tiles of leaves have become full, each as it stands after the last of them.

    Args:
        size: How many leaves the full tiles before these hold: a multiple of 256.
        edges: The hashes of the last tile of each level from 1 on, as of that size; without those that are full or
            empty.
        full: The leaf hashes of each tile that has become full, in order.
    """
    assert size % WIDTH == 0
    newest: dict[tuple[int, int], bytes] = {}
    ends = dict(edges)
    for place, leaves in enumerate(full):
        assert len(leaves) == WIDTH * HASH_BYTES, "a full tile"
        level, number, hashes = 0, size // WIDTH + place, leaves
        while True:
            newest[level, number] = hashes
            if len(hashes) < WIDTH * HASH_BYTES:
                break
            ends[level] = b""
            level, number = level + 1, number // WIDTH
            ends[level] = hashes = ends.get(level, b"") + full_root(split(hashes))
    return [Tile(level, number, hashes) for (level, number), hashes in newest.items()]


def edge_widths(size: int) -> dict[int, tuple[int, int]]:
    """Return which tile of each level from 1 on is the last and not full, and how many hashes it has."""
    widths: dict[int, tuple[int, int]] = {}
    level, count = 1, size >> HEIGHT
    while count:
        if count % WIDTH:
            widths[level] = (count // WIDTH, count % WIDTH)
        level, count = level + 1, count >> HEIGHT
    return widths


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return the ranges of leaves whose roots are a leaf's audit path, from the leaf up. RFC 9162 section 2.1.3.1."""
    assert 0 <= index < size
    start, end = 0, size
    ranges: list[tuple[int, int]] = []
    while end - start > 1:
        middle = start + _left_width(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(former: int, size: int) -> list[tuple[int, int]]:
    """Return the ranges of leaves whose roots prove that a tree begins with a smaller one. RFC 9162 section 2.1.4.1."""
    assert 0 < former <= size
    start, end, whole = 0, size, True
    ranges: list[tuple[int, int]] = []
    while former != end:
        middle = start + _left_width(end - start)
        if former <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    return ([] if whole else [(start, end)]) + ranges[::-1]


def _left_width(width: int) -> int:
    """Return the largest power of two below a width."""
    return 1 << ((width - 1).bit_length() - 1)


async def root(source: Hashes, size: int) -> bytes:
    """Return the root of a tree's first leaves, as many as `size`."""
    return await _Reading(source, size).root(0, size) if size else EMPTY_ROOT


async def inclusion(source: Hashes, index: int, size: int) -> list[bytes]:
    """Return a leaf's audit path in the tree of the first `size` leaves, from the leaf up."""
    reading = _Reading(source, size)
    return [await reading.root(start, end) for start, end in inclusion_ranges(index, size)]


async def consistency(source: Hashes, former: int, size: int) -> list[bytes]:
    """Return the proof that the tree of the first `size` leaves begins with that of the first `former`, none empty."""
    reading = _Reading(source, size)
    return [await reading.root(start, end) for start, end in consistency_ranges(former, size)]


class _Reading:
    """Reads each tile that it needs once, as far as the tree of a size reaches."""

    def __init__(self, source: Hashes, size: int) -> None:
        self._source = source
        self._size = size
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    async def root(self, start: int, end: int) -> bytes:
        """Return the root of the leaves from `start` up to `end`, a range that RFC 9162 splits a tree into."""
        hashes = [await self._subtree(height, number) for height, number in _full_subtrees(start, end)]
        folded = hashes.pop()
        while hashes:
            folded = node_hash(hashes.pop(), folded)
        return folded

    async def _subtree(self, height: int, number: int) -> bytes:
        level, above = divmod(height, HEIGHT)
        start, count = number << above, 1 << above
        tile = await self._tile(level, start // WIDTH)
        return full_root(tile[start % WIDTH : start % WIDTH + count])

    async def _tile(self, level: int, number: int) -> Sequence[bytes]:
        known = self._tiles.get((level, number))
        if known is None:
            end = min((number + 1) * WIDTH, self._size >> (level * HEIGHT))
            known = self._tiles[level, number] = await self._source.hashes(level, number * WIDTH, end)
        return known


def _full_subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """Return the largest full subtrees that make up a range, from the left, each as its height and its number."""
    subtrees: list[tuple[int, int]] = []
    while start < end:
        height = (end - start).bit_length() - 1
        assert start % (1 << height) == 0, "no range of a proof"
        subtrees.append((height, start >> height))
        start += 1 << height
    return subtrees
