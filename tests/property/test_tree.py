"""The tree against another implementation of RFC 9162, which is not ours: the library pymerkle."""

from __future__ import annotations

import asyncio
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InclusionProof, InmemoryTree, verify_consistency, verify_inclusion

from governance_server.domain import tree
from governance_server.domain.digest import entry_hash
from governance_server.domain.tree import full_root

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST = 300
ENTRIES = [b"entry %d" % number for number in range(LARGEST)]


class Source:
    """Our tree over the entries."""

    async def hashes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        leaves, width = [entry_hash(entry) for entry in ENTRIES], 256**level
        return [full_root(leaves[at * width : (at + 1) * width]) for at in range(start, end)]


SOURCE = Source()


@cache
def theirs() -> Any:
    """Return their tree over the same entries."""
    other = InmemoryTree(algorithm="sha256")
    other.append_entries(ENTRIES)
    return other


def our_root(size: int) -> bytes:
    return asyncio.run(tree.root(SOURCE, size))


def recomputed(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a path leads to: RFC 9162 section 2.1.3.2, as it is written."""
    here, last, root = index, size - 1, leaf
    for step in path:
        assert last > 0
        if here % 2 or here == last:
            root = hashlib.sha256(b"\x01" + step + root).digest()
            while here % 2 == 0 and here:
                here, last = here >> 1, last >> 1
        else:
            root = hashlib.sha256(b"\x01" + root + step).digest()
        here, last = here >> 1, last >> 1
    assert last == 0
    return root


sizes = st.integers(1, LARGEST)
places = st.tuples(sizes, sizes).map(sorted)


@given(sizes)
def test_the_roots_are_the_same(size: int) -> None:
    """Ours is theirs, at every size."""
    assert our_root(size) == theirs().get_root(size)


@given(places)
def test_our_audit_path_convinces_them_and_theirs_us(place: list[int]) -> None:
    """They accept a proof with our path in it, and theirs leads to our root."""
    offset, size = place
    leaf = entry_hash(ENTRIES[offset - 1])
    path = asyncio.run(tree.inclusion(SOURCE, offset - 1, size))
    proof = theirs().prove_inclusion(offset, size)
    assert proof.path == [leaf, *path]
    again = InclusionProof("sha256", True, size, offset, proof.rule, [leaf, *path])
    verify_inclusion(leaf, our_root(size), again, index=offset, size=size)
    assert recomputed(leaf, offset - 1, size, proof.path[1:]) == our_root(size)


@given(places)
def test_our_consistency_proof_leads_from_their_root_to_their_root(place: list[int]) -> None:
    """The verifier of RFC 9162 takes our proof between their roots, and theirs takes their proof between our roots.

    A proof of theirs has other hashes in it than the standard's, so that ours cannot be handed to their verifier.
    """
    former, size = place
    hashes = asyncio.run(tree.consistency(SOURCE, former, size))
    assert consistent(former, size, hashes, theirs().get_root(former)) == theirs().get_root(size)
    proof = theirs().prove_consistency(former, size)
    verify_consistency(our_root(former), our_root(size), proof, prior_size=former, later_size=size)


def consistent(former: int, size: int, hashes: Sequence[bytes], former_root: bytes) -> bytes:
    """Return the larger root that a proof leads to: RFC 9162 section 2.1.4.2, as it is written."""
    if former == size:
        assert not hashes
        return former_root
    path = [former_root, *hashes] if former & (former - 1) == 0 else list(hashes)
    here, last = former - 1, size - 1
    while here % 2:
        here, last = here >> 1, last >> 1
    made_former = made = path[0]
    for step in path[1:]:
        assert last > 0
        if here % 2 or here == last:
            made_former = hashlib.sha256(b"\x01" + step + made_former).digest()
            made = hashlib.sha256(b"\x01" + step + made).digest()
            while here % 2 == 0 and here:
                here, last = here >> 1, last >> 1
        else:
            made = hashlib.sha256(b"\x01" + made + step).digest()
        here, last = here >> 1, last >> 1
    assert last == 0
    assert made_former == former_root
    return made
