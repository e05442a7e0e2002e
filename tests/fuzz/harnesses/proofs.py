"""Proofs: trees, notes, keys and checkpoints; nothing but what was proven and signed is taken for it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from governance import v1
from governance_client.audit.checkpoints import Checkpoint, text_of
from governance_client.audit.faults import ProofBrokenError
from governance_client.audit.keys import KeyLine
from governance_client.audit.merkle import CompactRange, is_consistent, is_included
from governance_client.audit.notes import COSIGNATURE, ED25519, Note, NoteError, SignerKey, VerifierKey
from governance_server.domain import note as server_note
from tests.fuzz.choices import Choices
from tests.fuzz.telling import assert_told, assert_untold
from tests.support import naive_tree
from tests.support.audited import change_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_ORIGIN: Final = "governance-workspace/" + "ab" * 16
_SIGNER: Final = SignerKey(_ORIGIN, ED25519, bytes([1]) * 32)
_NEXT: Final = SignerKey(_ORIGIN, ED25519, bytes([2]) * 32)
_WITNESS: Final = SignerKey("witness.example/w", COSIGNATURE, bytes([3]) * 32)
_LEAVES: Final = tuple(hashlib.sha256(bytes([number])).digest() for number in range(19))
_TEXT: Final = text_of(_ORIGIN, 19, naive_tree.root(list(_LEAVES)))
_NOTE: Final = str(Note(_TEXT, (_SIGNER.sign(_TEXT), _WITNESS.sign(_TEXT, 1_800_000_000))))
_KEYS: Final = (str(_SIGNER.verifier), str(_WITNESS.verifier))


def target(data: bytes) -> None:
    """Check a proof, a note or a key that was changed, or was never one."""
    choices = Choices(data)
    choices.pick((_inclusion, _consistency, _note, _note, _key, _line))(choices)


def mutated(choices: Choices, content: bytes) -> bytes:
    """Return bytes that were changed in some places."""
    changed = bytearray(content)
    for _ in range(choices.below(4)):
        at = choices.below(len(changed) or 1)
        way = choices.byte() & 3
        if way == 0:
            changed[at : at + 1] = bytes([choices.byte()])
        elif way == 1:
            del changed[at : at + 1 + choices.below(40)]
        elif way == 2:
            changed[at:at] = choices.raw()
        else:
            end = at + 1 + choices.below(70)
            changed[at:at] = changed[at:end]
    return bytes(changed)


def _path(choices: Choices, honest: list[bytes]) -> list[bytes]:
    """Return a path that is the honest one, or not quite."""
    path = list(honest)
    for _ in range(choices.below(3)):
        at = choices.below(len(path) + 1)
        way = choices.byte() & 3
        if way == 0:
            path[at : at + 1] = []
        elif way == 1:
            path.insert(at, choices.pick(_LEAVES))
        elif way == 2 and path:
            path[at % len(path)] = mutated(choices, path[at % len(path)])
        else:
            path.reverse()
    return path


def _inclusion(choices: Choices) -> None:
    size = 1 + choices.below(len(_LEAVES))
    index, said = choices.below(size), choices.number() if choices.byte() & 7 == 7 else choices.below(21)
    path = _path(choices, naive_tree.inclusion(index, list(_LEAVES[:size])))
    root, leaf = naive_tree.root(list(_LEAVES[:size])), choices.pick(_LEAVES)
    if is_included(leaf, said, size, path, root):
        assert said < size
        assert leaf == _LEAVES[said], "a leaf is proven that is not there"
    tree = CompactRange.of_last(size, leaf, path)
    if tree is not None and tree.root() == root:
        assert leaf == _LEAVES[size - 1]


def _consistency(choices: Choices) -> None:
    first, second = choices.below(21), choices.below(20)
    honest = naive_tree.consistency(first, list(_LEAVES[:second])) if 0 < first <= second else []
    path = _path(choices, honest)
    root = mutated(choices, naive_tree.root(list(_LEAVES[:first])))
    end = naive_tree.root(list(_LEAVES[:second]))
    if is_consistent(first, root, second, end, path):
        assert 0 < first <= second
        assert root == naive_tree.root(list(_LEAVES[:first])), "another past is proven"


def _note(choices: Choices) -> None:
    way = choices.byte()
    content = choices.rest() if way & 7 == 7 else mutated(choices, _NOTE.encode())
    written = content.decode("utf-8", "replace")
    _offer(written)
    try:
        note = Note.parse(written)
    except NoteError as error:
        assert_told(error)
        return
    assert str(note) == written, "a note is read as another"
    try:
        checkpoint = Checkpoint.parse(written)
    except NoteError as error:
        assert_told(error)
    else:
        assert text_of(checkpoint.origin, checkpoint.size, checkpoint.root) == "".join(
            f"{line}\n" for line in note.text.split("\n")[:3]
        )
    for key, moments in ((_SIGNER.verifier, (0,)), (_WITNESS.verifier, (1_800_000_000,))):
        try:
            signed = note.signed_at(key)
        except NoteError as error:
            assert_told(error)
            continue
        if signed is not None:
            assert note.text == _TEXT, "what nobody signed is taken for signed"
            assert signed in moments


def _offer(written: str) -> None:
    """Leave a note with the server, as a witness does."""
    try:
        offered = server_note.read_note(written)
        server_note.read_checkpoint(offered.text)
        kept = server_note.with_cosignatures(server_note.read_note(_NOTE), offered)
    except server_note.NoteError as error:
        assert_told(error)
        return
    assert kept.text == _TEXT
    assert Note.parse(kept.whole()).text == _TEXT, "the server keeps what the client cannot read"


def _key(choices: Choices) -> None:
    written = mutated(choices, choices.pick(_KEYS).encode()).decode("utf-8", "replace")
    try:
        key = VerifierKey.parse(written)
    except NoteError as error:
        assert_told(error)
    else:
        assert str(key) == written, "a key is read as another"
    secret = choices.pick((_SIGNER, _WITNESS)).written()
    try:
        SignerKey.parse(mutated(choices, secret.encode()).decode("utf-8", "replace"))
    except NoteError as error:
        assert_untold(error, secret[-40:])


def _line(choices: Choices) -> None:
    """Have keys follow one another, of which only the honest one may."""
    line = KeyLine()
    line.add(2, change_of(_SIGNER))
    change = change_of(_NEXT, _SIGNER)
    content = mutated(choices, change.SerializeToString())
    try:
        changed = v1.CheckpointKeyChanged.FromString(content)
    except DecodeError:
        return
    try:
        line.add(choices.number(), changed)
    except ProofBrokenError as error:
        assert_told(error)
        return
    assert changed.verifier_key == change.verifier_key, "a key that nobody vouches for is taken"


def seeds() -> Iterator[bytes]:
    """Give an honest proof of every kind, and the places that a change can begin at."""
    yield from (bytes([0, size, size // 2, 0, size // 2, 0, size // 2]) for size in range(0, 18, 3))
    yield from (bytes([1, first, 18, 0, 0]) for first in range(1, 18, 3))
    yield b"\2\0\0"
    yield b"\2\7" + _NOTE.encode()
    yield from (bytes([2, 0, 1, 0, at, 0, 65]) for at in range(0, 250, 25))
    yield from (bytes([4, 0, 1, at, 0, 65]) for at in range(0, 90, 15))
    yield from (bytes([5, 1, at, 0, 65, 0, 5]) for at in range(0, 250, 40))
    yield bytes([5, 0, 0, 5])
