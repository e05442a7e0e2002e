"""The tree, held to the vectors that the tests of Certificate Transparency's own implementations use."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import pytest

from governance_server.domain import tree
from governance_server.domain.digest import entry_hash
from governance_server.domain.tree import EMPTY_ROOT, WIDTH, consistency_ranges, edge_widths, grown, inclusion_ranges
from tests.support.tree_vectors import ENTRIES, ROOTS

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAVES: Final = [entry_hash(entry) for entry in ENTRIES]
LEAF_1: Final = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAVES_2_3: Final = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
LEAVES_4_7: Final = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
LEAVES_6_7: Final = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
LEAF_4: Final = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
LEAVES_4_5: Final = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"


class Leaves:
    """Gives a tree's hashes by the definition, from its leaves."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = leaves
        self.reads = 0

    async def hashes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        self.reads += 1
        width = WIDTH**level
        assert end * width <= len(self.leaves), "only what is full can be read"
        return [naive_root(self.leaves[at * width : (at + 1) * width]) for at in range(start, end)]


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, as it is written."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:middle]) + naive_root(leaves[middle:])).digest()


@pytest.mark.parametrize(("size", "expected"), list(enumerate(ROOTS)))
async def test_roots(size: int, expected: str) -> None:
    """The roots of the trees of no leaf up to eight."""
    assert (await tree.root(Leaves(LEAVES), size)).hex() == expected


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [
        (0, 1, []),
        (0, 8, [LEAF_1, LEAVES_2_3, LEAVES_4_7]),
        (5, 8, [LEAF_4, LEAVES_6_7, ROOTS[4]]),
        (2, 3, [ROOTS[2]]),
        (1, 5, [ROOTS[1], LEAVES_2_3, LEAF_4]),
    ],
)
async def test_audit_paths(index: int, size: int, expected: list[str]) -> None:
    """The audit paths of leaves."""
    assert [each.hex() for each in await tree.inclusion(Leaves(LEAVES), index, size)] == expected


@pytest.mark.parametrize(
    ("former", "size", "expected"),
    [
        (1, 1, []),
        (1, 8, [LEAF_1, LEAVES_2_3, LEAVES_4_7]),
        (6, 8, [LEAVES_4_5, LEAVES_6_7, ROOTS[4]]),
        (2, 5, [LEAVES_2_3, LEAF_4]),
        (8, 8, []),
    ],
)
async def test_consistency_proofs(former: int, size: int, expected: list[str]) -> None:
    """The proofs that one tree begins with another."""
    assert [each.hex() for each in await tree.consistency(Leaves(LEAVES), former, size)] == expected


def leaf(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
async def test_a_proof_reads_few_tiles(size: int) -> None:
    """Root, audit path and consistency proof read at most two tiles a level each, however large the tree is."""
    leaves = Leaves([leaf(number) for number in range(size)])
    assert await tree.root(leaves, size) == naive_root(leaves.leaves)
    levels = 3
    for read in (tree.inclusion(leaves, size // 3, size), tree.consistency(leaves, size // 3, size)):
        leaves.reads = 0
        await read
        assert leaves.reads <= 2 * levels


@pytest.mark.parametrize("steps", [[1], [3], [1, 1, 1], [300], [255, 1, 2, 260]])
def test_tiles_grow_as_the_specification_has_them(steps: list[int]) -> None:
    """However many tiles of leaves become full at a time, the last tiles of each level are the same."""
    stored: dict[tuple[int, int], bytes] = {}
    size = 0
    for step in steps:
        edges = {level: stored[level, number] for level, (number, _) in edge_widths(size).items()}
        full = [b"".join(leaf(size + at * WIDTH + place) for place in range(WIDTH)) for at in range(step)]
        for tile in grown(size, edges, full):
            stored[tile.level, tile.number] = tile.hashes
        size += step * WIDTH
    for (level, number), hashes in stored.items():
        width = min(WIDTH, (size >> 8 * level) - number * WIDTH)
        assert len(hashes) == 32 * width
        span = WIDTH**level
        first = [leaf(number * WIDTH * span + place) for place in range(span)]
        assert hashes[:32] == naive_root(first)
    assert {level for level, _ in stored} == {level for level in range(9) if size >> 8 * level}


def test_the_widths_of_the_last_tiles() -> None:
    """The example of C2SP tlog-tiles: a tree of 70,000 leaves."""
    assert edge_widths(70_000) == {1: (1, 17), 2: (0, 1)}
    assert edge_widths(256) == {1: (0, 1)}
    assert edge_widths(255) == {}
    assert edge_widths(65_536) == {2: (0, 1)}


async def test_the_root_of_nothing() -> None:
    """SHA-256 of nothing."""
    assert await tree.root(Leaves([]), 0) == EMPTY_ROOT


@pytest.mark.parametrize(("former", "size"), [(9, 8), (0, 8)])
def test_a_smaller_tree_that_is_larger_or_empty(former: int, size: int) -> None:
    """To ask for such a proof is a bug of the caller."""
    with pytest.raises(AssertionError):
        consistency_ranges(former, size)


def test_a_leaf_beyond_the_tree() -> None:
    """The same."""
    with pytest.raises(AssertionError):
        inclusion_ranges(8, 8)
