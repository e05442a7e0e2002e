"""The text of checkpoints, read by a verifier written from C2SP signed-note alone."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance_server.domain.note import (
    Checkpoint,
    Note,
    NoteError,
    Signature,
    key_change,
    read_checkpoint,
    read_note,
    verifier_key,
    with_cosignatures,
)

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE: Final = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa"
    " Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— witness.example.com/w1"
    " jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)
"""The example of C2SP tlog-cosignature."""
NAME: Final = "governance-workspace/0123456789abcdef0123456789abcdef"


def independently_verified(note: str, vkey: str) -> str:
    """Return the text of a note that a key has signed: C2SP signed-note, as it is written, and nothing of ours."""
    name, key_hash, encoded = vkey.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    assert key[0] == 1, "Ed25519"
    assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_hash
    text, signatures = note.rsplit("\n\n", 1)
    text += "\n"
    assert signatures.endswith("\n")
    for line in signatures.splitlines():
        dash, signer, signature = line.split(" ")
        assert dash == "\u2014"
        raw = base64.b64decode(signature, validate=True)
        if (signer, raw[:4].hex()) == (name, key_hash):
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(raw[4:], text.encode())
            return text
    raise InvalidSignature


def test_the_example_of_the_specification() -> None:
    """It is read as what it says, and written again as it was."""
    note = read_note(EXAMPLE)
    assert [one.name for one in note.signatures] == ["example.com/behind-the-sofa", "witness.example.com/w1"]
    assert [len(one.signature) for one in note.signatures] == [64, 72]
    assert read_checkpoint(note.text) == Checkpoint(
        "example.com/behind-the-sofa", 20852163, base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    )
    assert note.whole() == EXAMPLE
    assert read_checkpoint(note.text).text() == note.text


def test_a_verifier_key() -> None:
    """Name, hash and key, as other verifiers of notes read them."""
    vkey = verifier_key("PeterNeumann", base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:])
    assert vkey == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_what_a_key_signs_for_the_next() -> None:
    """Three lines."""
    assert key_change("a+1+x", "b+2+y") == b"governance-workspace key change\na+1+x\nb+2+y\n"


@pytest.mark.parametrize(
    "damage",
    [
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note[:-1],
        lambda note: note + "\n",
        lambda note: note.replace("2085", "2085\t"),
        lambda note: note.replace("— witness", "- witness"),
        lambda note: note.replace("witness.example.com/w1", "witness.example.com/ w1"),
        lambda note: note.replace("witness.example.com/w1", "witness.example.com+w1"),
        lambda note: note.replace("witness.example.com/w1 ", "witness.example.com/w1  "),
        lambda note: note.replace("nA==", "nA="),
        lambda note: note.replace("nA==", "nB=="),
        lambda note: note + "— x AAAAAA==\n",
        lambda note: note + "— x AAAAAAA=\n" * 15,
        lambda note: note[:0],
    ],
)
def test_what_is_no_note(damage: Callable[[str], str]) -> None:
    """Whatever the format forbids is refused, in words that do not repeat it."""
    damaged = damage(EXAMPLE)
    assert damaged != EXAMPLE
    with pytest.raises(NoteError) as refused:
        read_note(damaged)
    assert "witness" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n5\n",
        "origin\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        "\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n05\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n-5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n\u0665\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "origin\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "origin\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jx\n",
        "origin\n5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nmore\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    """A size with other digits or a leading zero, a root that is no hash, a line too few or too many."""
    with pytest.raises(NoteError):
        read_checkpoint(text)


OURS: Final = Signature(NAME, b"ours", bytes(64))
TEXT: Final = Checkpoint(NAME, 5, bytes(32)).text()


def cosigned(*signatures: Signature) -> Note:
    return Note(TEXT, signatures)


def cosignature(name: str, filling: int = 1, key: bytes = b"key1") -> Signature:
    return Signature(name, key, bytes([filling]) * 72)


def test_cosignatures_are_added_and_renewed() -> None:
    """Each key has one, the newest; ours stays the first, whatever comes along with them."""
    first = with_cosignatures(cosigned(OURS), cosigned(OURS, cosignature("w1"), cosignature("w2")))
    assert first.signatures == (OURS, cosignature("w1"), cosignature("w2"))
    forged = OURS._replace(signature=bytes([7]) * 64)
    offered = cosigned(forged, cosignature("w1", 2), Signature("w3", b"key3", b"short"))
    second = with_cosignatures(first, offered)
    assert second.signatures == (OURS, cosignature("w1", 2), cosignature("w2"))
    assert read_note(second.whole()) == second


def test_what_is_no_cosignature() -> None:
    """A note with another text, without cosignatures, in our own name, or with more than a note may have."""
    kept = cosigned(OURS)
    many = cosigned(*(cosignature(f"w{number}") for number in range(16)))
    other = Note(Checkpoint(NAME, 6, bytes(32)).text(), (cosignature("w1"),))
    for offered in (other, kept, cosigned(cosignature(NAME)), many):
        with pytest.raises(NoteError):
            with_cosignatures(kept, offered)
