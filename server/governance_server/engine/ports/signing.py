"""The ports of the keys that checkpoints are signed with."""

from __future__ import annotations

from typing import Protocol


class SignerError(Exception):
    """A key could not be found, or not be used; the message tells people why, and what to do. Never the key."""


class Signer(Protocol):
    """A private key that checkpoints are signed with."""

    @property
    def verifier_key(self) -> str:
        """The public key, as a verifier key of C2SP signed-note."""

    def sign(self, text: bytes) -> bytes:
        """Return the Ed25519 signature of a text. Raises SignerError where the key cannot be used."""


class Signers(Protocol):
    """Where the private keys are kept."""

    def signer(self, verifier_key: str) -> Signer:
        """Return the private key of a public one. Raises SignerError where it is not there."""
