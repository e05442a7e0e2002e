"""The Merkle tree of RFC 9162, section 2.1, as a verifier needs it: proofs checked, and roots made while reading. Pure.

Written from the RFC, apart from the server's own tree.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

_NODE: Final = b"\x01"
HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256().digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of a node from those of its children."""
    return hashlib.sha256(_NODE + left + right).digest()


def is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a path proves a leaf (section 2.1.3.2).

    Args:
        leaf: The leaf's hash.
        index: Its place, from 0.
        size: How many leaves the tree has.
        path: The audit path, from the leaf up.
        root: The tree's root.
    """
    if not 0 <= index < size or not _are_hashes((leaf, *path)):
        return False
    place, last, found = index, size - 1, leaf
    for other in path:
        if last == 0:
            return False  # the path goes beyond the root
        if place & 1 or place == last:
            found = node(other, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, other)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether a path proves that one tree begins with the other (section 2.1.4.2).

    Args:
        first: How many leaves the smaller tree has; at least 1.
        first_root: Its root.
        second: How many the larger one has; as many, or more.
        second_root: Its root.
        path: The consistency path; empty where the sizes are the same.
    """
    if not 0 < first <= second or not _are_hashes(path):
        return False
    if first == second:
        return not path and first_root == second_root
    hashes = list(path) if first & (first - 1) else [first_root, *path]
    if not hashes:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    smaller = larger = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            smaller, larger = node(other, smaller), node(other, larger)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            larger = node(larger, other)
        place, last = place >> 1, last >> 1
    return last == 0 and smaller == first_root and larger == second_root


class CompactRange:
    """The tree over the leaves so far, in as many hashes as the logarithm of their number.

    Attributes:
        size: How many leaves.
    """

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """Go on from a tree.

        Args:
            size: How many leaves it has.
            nodes: The roots of its perfect subtrees, the largest first: one for each bit of the size.
        """
        assert len(nodes) == size.bit_count()
        self.size = size
        self._nodes = list(nodes)

    @classmethod
    def of_last(cls, size: int, leaf: bytes, path: Sequence[bytes]) -> Self | None:
        """Return the tree of a size from the audit path of its last leaf; None where it is no such path.

        That it is the right one shows by its root alone, which the caller has to compare.
        """
        index = size - 1
        if size <= 0 or len(path) != index.bit_count() or not _are_hashes((leaf, *path)):
            return None
        joined = (index + 1 & -(index + 1)).bit_length() - 1  # how many subtrees the last leaf completes
        last = leaf
        for other in path[:joined]:
            last = node(other, last)
        return cls(size, [*reversed(path[joined:]), last])

    def append(self, leaf: bytes) -> None:
        """Add a leaf, by its hash."""
        size, nodes, joined = self.size, self._nodes, leaf
        while size & 1:
            joined = hashlib.sha256(_NODE + nodes.pop() + joined).digest()
            size >>= 1
        nodes.append(joined)
        self.size += 1

    def root(self) -> bytes:
        """Return the tree's root."""
        if not self._nodes:
            return EMPTY_ROOT
        found = self._nodes[-1]
        for other in self._nodes[-2::-1]:
            found = node(other, found)
        return found


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
