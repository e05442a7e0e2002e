"""The private keys of checkpoints: what they sign, where they lie, and what is told of those that are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from governance_server.domain.note import Checkpoint, Note, Signature
from governance_server.engine.ports import SignerError
from governance_server.signing import Ed25519Signer, FileSigners, read_signer
from tests.unit.test_note import NAME, independently_verified

if TYPE_CHECKING:
    from pathlib import Path


def signed(signer: Ed25519Signer, size: int) -> str:
    text = Checkpoint(NAME, size, bytes(32)).text()
    key_id = bytes.fromhex(signer.verifier_key.split("+")[1])
    return Note(text, (Signature(NAME, key_id, signer.sign(text.encode())),)).whole()


def test_a_signed_checkpoint_is_one_for_other_verifiers() -> None:
    """A verifier written from the specification takes it with its key, and neither with another nor changed."""
    signer, other = Ed25519Signer.create(NAME), Ed25519Signer.create(NAME)
    note = signed(signer, 5)
    assert independently_verified(note, signer.verifier_key).startswith(f"{NAME}\n5\n")
    with pytest.raises(InvalidSignature):
        independently_verified(note, other.verifier_key)
    with pytest.raises(InvalidSignature):
        independently_verified(note.replace("\n5\n", "\n6\n"), signer.verifier_key)


def test_a_key_survives_its_file(tmp_path: Path) -> None:
    """What is read again is the same key."""
    signer, path = Ed25519Signer.create(NAME), tmp_path / "key"
    path.write_bytes(signer.pem())
    again = read_signer(path, NAME)
    assert again is not None
    assert again.verifier_key == signer.verifier_key
    assert again.sign(b"text") == signer.sign(b"text")
    assert read_signer(tmp_path / "none", NAME) is None


def test_a_key_does_not_show() -> None:
    """Neither repr nor str has any of it."""
    signer = Ed25519Signer.create(NAME)
    body = b"".join(signer.pem().split(b"\n")[1:-2]).decode()
    assert body not in repr(signer) + str(signer)


def test_the_right_one_of_two_files(tmp_path: Path) -> None:
    """While a key is being changed, the one that is asked for is found, wherever it lies."""
    keys = [Ed25519Signer.create(NAME) for _ in range(3)]
    paths = tmp_path / "one", tmp_path / "two"
    for path, key in zip(paths, keys, strict=False):
        path.write_bytes(key.pem())
    signers = FileSigners(paths)
    assert [signers.signer(key.verifier_key).verifier_key for key in keys[:2]] == [key.verifier_key for key in keys[:2]]
    paths[0].write_bytes(bytes(119))  # destroyed, and not yet replaced
    assert signers.signer(keys[1].verifier_key).verifier_key == keys[1].verifier_key
    with pytest.raises(SignerError, match="is not in") as missing:
        signers.signer(keys[2].verifier_key)
    assert str(paths[0]) in str(missing.value)


def test_what_is_no_key(tmp_path: Path) -> None:
    """Another kind of key, or none, is told with its file and without its content."""
    path = tmp_path / "key"
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content, told in ((b"secret nonsense", "no private key"), (other, "no Ed25519 key")):
        path.write_bytes(content)
        with pytest.raises(SignerError, match=told) as refused:
            read_signer(path, NAME)
        assert str(path) in str(refused.value)
        assert "nonsense" not in str(refused.value)
    with pytest.raises(SignerError, match="cannot be read"):
        read_signer(tmp_path, NAME)
