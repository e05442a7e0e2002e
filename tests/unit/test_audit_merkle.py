"""Proofs of the tree: ours against the RFC's own definitions, and against an implementation that is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import ConsistencyProof, InmemoryTree, InvalidProof
from pymerkle import verify_consistency as theirs_consistent
from pymerkle import verify_inclusion as theirs_included

from governance_client.audit.merkle import EMPTY_ROOT, CompactRange, is_consistent, is_included
from tests.support import naive_tree, tree_vectors

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 300
LEAVES = [naive_tree.leaf_hash(b"entry %d" % number) for number in range(MOST)]
ROOTS = [naive_tree.root(LEAVES[:size]) for size in range(MOST + 1)]


@pytest.fixture(scope="module")
def theirs() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for number in range(MOST):
        tree.append_entry(b"entry %d" % number)
    return tree


def appended(size: int) -> CompactRange:
    tree = CompactRange()
    for leaf in LEAVES[:size]:
        tree.append(leaf)
    return tree


def test_known_roots() -> None:
    """The roots of the well-known eight leaves are those that everybody else finds."""
    tree = CompactRange()
    assert tree.root() == EMPTY_ROOT
    for entry, root in zip(tree_vectors.ENTRIES, tree_vectors.ROOTS[1:], strict=True):
        tree.append(naive_tree.leaf_hash(entry))
        assert tree.root().hex() == root


def test_roots_of_every_size(theirs: InmemoryTree) -> None:
    """At every size the root is the RFC's and the other implementation's."""
    tree = CompactRange()
    for size, leaf in enumerate(LEAVES, 1):
        tree.append(leaf)
        assert tree.root() == ROOTS[size] == theirs.get_root(size)


sizes = st.integers(1, MOST)


@given(sizes, st.data())
def test_their_inclusion_proofs(theirs: InmemoryTree, size: int, data: st.DataObject) -> None:
    """What the other implementation proves, ours takes; and for no other place."""
    index = data.draw(st.integers(0, size - 1))
    leaf, *path = theirs.prove_inclusion(index + 1, size).path
    assert is_included(leaf, index, size, path, ROOTS[size])
    assert path == naive_tree.inclusion(index, LEAVES[:size])
    for other in {0, size - 1, index ^ 1, index + 1} - {index}:
        assert not is_included(leaf, other, size, path, ROOTS[size])


@given(sizes, st.data())
def test_their_consistency_proofs(theirs: InmemoryTree, second: int, data: st.DataObject) -> None:
    """What the other implementation proves of two sizes, ours takes, written as the RFC writes it."""
    first = data.draw(st.integers(1, second))
    path = as_in_the_rfc(theirs.prove_consistency(first, second))
    assert path == naive_tree.consistency(first, LEAVES[:second])
    assert is_consistent(first, ROOTS[first], second, ROOTS[second], path)


def as_in_the_rfc(proof: ConsistencyProof) -> list[bytes]:
    """Their proof in the RFC's form: theirs goes down to a leaf where the RFC takes that subtree as one hash."""
    if proof.prior_size == proof.size:
        return []
    below = proof.subset.index(1)
    beside = proof.path[0]
    for bit, other in zip(proof.rule[: below - 1], proof.path[1:below], strict=True):
        beside = naive_tree.node(other, beside) if bit else naive_tree.node(beside, other)
    last, *rest = proof.path[below:]
    if proof.prior_size & (proof.prior_size - 1) == 0:
        return [beside, *rest]  # the smaller root itself is left out
    return [last, beside, *rest]


@given(sizes, st.data())
def test_ours_by_theirs(theirs: InmemoryTree, size: int, data: st.DataObject) -> None:
    """What ours takes, the other implementation takes, and neither takes it for another root."""
    index = data.draw(st.integers(0, size - 1))
    path = naive_tree.inclusion(index, LEAVES[:size])
    proof = theirs.prove_inclusion(index + 1, size)
    proof.path = [LEAVES[index], *path]
    theirs_included(LEAVES[index], ROOTS[size], proof, index=index + 1, size=size)
    assert is_included(LEAVES[index], index, size, path, ROOTS[size])
    with pytest.raises(InvalidProof):
        theirs_included(LEAVES[index], ROOTS[size - 1], proof, index=index + 1, size=size)
    assert not is_included(LEAVES[index], index, size, path, ROOTS[size - 1])


@given(sizes, st.data())
def test_our_roots_by_their_consistency(theirs: InmemoryTree, second: int, data: st.DataObject) -> None:
    """The roots that we make while reading are those that the other implementation proves, and no others."""
    first = data.draw(st.integers(1, second))
    proof = theirs.prove_consistency(first, second)
    before, after = appended(first).root(), appended(second).root()
    theirs_consistent(before, after, proof, prior_size=first, later_size=second)
    assert is_consistent(first, before, second, after, as_in_the_rfc(proof))
    with pytest.raises(InvalidProof):
        theirs_consistent(appended(first - 1).root(), after, proof, prior_size=first, later_size=second)


@given(sizes, st.data())
def test_a_changed_path_proves_nothing(size: int, data: st.DataObject) -> None:
    """A path with a byte changed, a hash more, a hash less or two exchanged proves nothing."""
    index = data.draw(st.integers(0, size - 1))
    first = data.draw(st.integers(1, size))
    for path, proves in (
        (naive_tree.inclusion(index, LEAVES[:size]), _includes(index, size)),
        (naive_tree.consistency(first, LEAVES[:size]), _continues(first, size)),
    ):
        assert proves(path)
        for changed in _changes(path, data):
            assert not proves(changed)


def _includes(index: int, size: int) -> Callable[[list[bytes]], bool]:
    return lambda path: is_included(LEAVES[index], index, size, path, ROOTS[size])


def _continues(first: int, second: int) -> Callable[[list[bytes]], bool]:
    return lambda path: is_consistent(first, ROOTS[first], second, ROOTS[second], path)


def _changes(path: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    changes = [[*path, bytes(32)], [bytes(32), *path]]
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        flipped = bytearray(path[place])
        flipped[data.draw(st.integers(0, 31))] ^= 1
        changes += [
            path[:-1],
            path[1:],
            [*path[:place], bytes(flipped), *path[place + 1 :]],
            [*path[:place], path[place][:-1], *path[place + 1 :]],
        ]
    if len(path) > 1:
        changes.append([path[1], path[0], *path[2:]])
    return changes


def test_nothing_is_in_no_tree() -> None:
    """Sizes and places that cannot be prove nothing."""
    assert not is_included(LEAVES[0], 0, 0, [], EMPTY_ROOT)
    assert not is_included(LEAVES[0], 1, 1, [], LEAVES[0])
    assert not is_included(LEAVES[0], -1, 1, [], LEAVES[0])
    assert not is_consistent(0, EMPTY_ROOT, 1, LEAVES[0], [])
    assert not is_consistent(2, ROOTS[2], 1, ROOTS[1], [])
    assert not is_consistent(2, ROOTS[2], 3, ROOTS[3], [])


@given(sizes)
def test_a_tree_goes_on_from_the_path_of_its_last_leaf(size: int) -> None:
    """The audit path of the last leaf holds all that is needed to go on, and its root shows whether it is right."""
    path = naive_tree.inclusion(size - 1, LEAVES[:size])
    tree = CompactRange.of_last(size, LEAVES[size - 1], path)
    assert tree is not None
    assert tree.root() == ROOTS[size]
    for leaf in LEAVES[size:]:
        tree.append(leaf)
    assert tree.root() == ROOTS[MOST]


def test_no_path_of_a_last_leaf() -> None:
    """A path of another length, or of what are no hashes, is none."""
    assert CompactRange.of_last(0, LEAVES[0], []) is None
    assert CompactRange.of_last(3, LEAVES[2], []) is None
    assert CompactRange.of_last(3, LEAVES[2], [b"short"]) is None
    assert appended(7).size == 7
