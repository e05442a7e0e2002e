"""The adapter of the ports Signer and Signers: Ed25519 by `cryptography`, and key files in PEM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance_server.domain.note import verifier_key
from governance_server.engine.ports import SignerError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Ed25519Signer:
    """A private key in memory. Neither repr nor errors show it."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._verifier_key = verifier_key(name, key.public_key().public_bytes_raw())

    @classmethod
    def create(cls, name: str) -> Ed25519Signer:
        """Return a new key. Its chance is the operating system's, through OpenSSL."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, name: str, pem: bytes) -> Ed25519Signer:
        """Return a key that was written as PEM.

        Args:
            name: The key's name.
            pem: The key, unencrypted.

        Raises:
            SignerError: It is none.
        """
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise SignerError("The key of checkpoints is no private key in PEM; restore it from a backup.") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise SignerError("The key of checkpoints is no Ed25519 key; restore it from a backup.")
        return cls(name, key)

    @property
    def verifier_key(self) -> str:
        """The public key, as a verifier key of C2SP signed-note."""
        return self._verifier_key

    def sign(self, text: bytes) -> bytes:
        """Return the Ed25519 signature of a text."""
        return self._key.sign(text)

    def pem(self) -> bytes:
        """Return the private key as PEM (PKCS #8), for its file."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


class FileSigners:
    """Private keys in files, of which there are two only while a key is being changed."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def signer(self, verifier_key: str) -> Ed25519Signer:
        """Return the private key of a public one.

        Raises:
            SignerError: None of the files holds it.
        """
        unreadable = ""
        # The second turn is for a file that was renamed to the other's name between the two looks of the first.
        for path in (*self._paths, *self._paths):
            try:
                signer = read_signer(path, verifier_key.partition("+")[0])
            except SignerError as error:
                # A file that is no key any more was destroyed, and the other one takes its place.
                unreadable = unreadable or f" {error}"
                continue
            if signer is not None and signer.verifier_key == verifier_key:
                return signer
        raise SignerError(
            f"The private key of {verifier_key}, which the ledger says is in use, is not in {self._paths[0]}."
            f"{unreadable or ' Restore it from a backup.'}"
        )


def read_signer(path: Path, name: str) -> Ed25519Signer | None:
    """Return the key in a file; None where there is no file.

    Raises:
        SignerError: It cannot be read, or is no key.
    """
    try:
        return Ed25519Signer.from_pem(name, path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SignerError(f"{path} cannot be read: {error.strerror}.") from error
    except SignerError as error:
        raise SignerError(f"{path}: {error}") from None
