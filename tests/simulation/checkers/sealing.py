"""Promise 6, tampering shows: the chain, the commitments, and the checkpoints over the tree."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from google.protobuf.message import DecodeError

from governance import v1
from governance_client.audit.faults import ProofBrokenError
from governance_client.audit.rules import Rules
from tests.simulation.history import BrokenPromiseError
from tests.support import naive_tree
from tests.support.note_reader import verify_note

if TYPE_CHECKING:
    from tests.simulation.history import Committed, Signed


class Frontier:
    """The root of a growing tree: one subtree for each bit of its size, merged as a binary counter carries."""

    def __init__(self) -> None:
        self.roots: list[bytes] = []
        self._subtrees: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Add a leaf, and keep the root of the tree that it makes."""
        size, top = 1, leaf
        while self._subtrees and self._subtrees[-1][0] == size:
            _, left = self._subtrees.pop()
            size, top = 2 * size, naive_tree.node(left, top)
        self._subtrees.append((size, top))
        whole = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            whole = naive_tree.node(left, whole)
        self.roots.append(whole)


class Sealing:
    """Holds each entry to what it says of itself and of the one before, and each checkpoint to the entries."""

    def __init__(self, verifier_key: str) -> None:
        self._key = verifier_key
        self._frontier = Frontier()
        self._leaves: list[bytes] = []
        self._signed = 0
        self._rules = Rules()

    def entry(self, committed: Committed) -> None:
        """Check an entry before anything is made of it."""
        where = f"entry {committed.offset}"
        try:
            entry = v1.Entry.FromString(committed.entry)
        except DecodeError as error:
            raise BrokenPromiseError(6, f"{where} cannot be read: {error}") from error
        _assure(entry.offset == committed.offset, f"{where} says that it is entry {entry.offset}")
        leaf = naive_tree.leaf_hash(committed.entry)
        _assure(committed.hash == leaf, f"{where} has another hash than is stored beside it")
        previous = self._leaves[-1] if self._leaves else bytes(32)
        _assure(entry.previous_hash == previous, f"{where} does not name the entry before it")
        if committed.personal:
            commitment = hashlib.sha256(b"\x02" + committed.salt + committed.personal).digest()
            _assure(len(committed.salt) == 32, f"{where} has a salt of {len(committed.salt)} bytes")
            _assure(entry.personal_commitment == commitment, f"{where} committed to other personal data")
        else:
            _assure(not entry.personal_commitment, f"{where} committed to personal data that are not there")
        self._leaves.append(leaf)
        self._frontier.add(leaf)

    def lawful(self, entry: v1.Entry) -> None:
        """Have the client's own verifier look at an entry: what it cannot believe, nobody outside can."""
        try:
            self._rules.take(entry)
        except ProofBrokenError as error:
            raise BrokenPromiseError(6, f"the verifier does not believe entry {entry.offset}: {error}") from error

    def signed(self, signed: Signed) -> None:
        """Check a checkpoint against the entries that became durable so far."""
        where = f"the checkpoint of size {signed.size}"
        _assure(1 <= signed.size <= len(self._leaves), f"{where} is of a ledger of {len(self._leaves)} entries")
        try:
            text = verify_note(signed.note.encode(), self._key) if self._key else _text(signed.note)
        except (InvalidSignature, ValueError) as error:
            raise BrokenPromiseError(6, f"{where} is not signed with the key: {error!r}") from error
        _, size, root = text.decode().splitlines()
        _assure(size == str(signed.size), f"{where} says that it is of size {size}")
        _assure(base64.b64decode(root) == self._frontier.roots[signed.size - 1], f"{where} is of another tree")
        _assure(signed.size >= self._signed, f"{where} was signed after one of size {self._signed}")
        self._signed = signed.size

    def finish(self) -> None:
        """Compare the root of all with the one that the RFC's recursion gives."""
        if self._leaves:
            assert self._frontier.roots[-1] == naive_tree.root(self._leaves), "the checkers' own tree is wrong"


def _text(note: str) -> bytes:
    return (note.partition("\n\n")[0] + "\n").encode()


def _assure(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenPromiseError(6, sentence)
