"""The keys that checkpoints are signed with: each vouched for by the one before, from one that is trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.audit.faults import NotOursError, ProofBrokenError
from governance_client.audit.notes import ED25519, NoteError, VerifierKey, signed_by
from governance_client.language import _

if TYPE_CHECKING:
    from governance import v1
    from governance_client.audit.checkpoints import Checkpoint

_CHANGE: Final = "governance-workspace key change\n{previous}\n{following}\n"


class KnownKey(NamedTuple):
    """A key.

    Attributes:
        offset: The entry from which on it signs.
        key: The key.
    """

    offset: int
    key: VerifierKey


class KeyLine:
    """The keys one after the other, as entries say, each checked as it comes.

    Attributes:
        keys: All so far, the oldest first.
    """

    def __init__(self, keys: tuple[KnownKey, ...] = ()) -> None:
        self.keys = list(keys)

    def add(self, offset: int, change: v1.CheckpointKeyChanged) -> None:
        """Take in a change.

        Raises:
            ProofBrokenError: It is no key of this ledger, or the one before does not vouch for it.
        """
        try:
            key = VerifierKey.parse(change.verifier_key)
        except NoteError as error:
            raise ProofBrokenError(
                offset, _("it names a key for checkpoints that is none: {why}").format(why=error)
            ) from None
        before = self.keys[-1] if self.keys else None
        if key.kind != ED25519 or (before is not None and before.key.name != key.name):
            raise ProofBrokenError(offset, _("it names a key for checkpoints that is not one of this ledger"))
        if before is None and (change.previous or change.signature):
            raise ProofBrokenError(offset, _("it follows a key for checkpoints that no entry names"))
        if before is not None and not _vouched(before, change, offset):
            raise ProofBrokenError(offset, _("the key for checkpoints before does not vouch for the one it names"))
        self.keys.append(KnownKey(offset, key))

    def in_force(self, size: int) -> KnownKey | None:
        """Return the key that signs the checkpoint of a size; None before the first."""
        return next((known for known in reversed(self.keys) if known.offset <= size), None)

    def check(self, checkpoint: Checkpoint, trusted: VerifierKey) -> VerifierKey:
        """Check who signed a checkpoint; return the key.

        Args:
            checkpoint: The checkpoint.
            trusted: A key that is trusted, and with it those that follow from it.

        Raises:
            NotOursError: It is not signed with the key that was in force at its size, or that key does not follow from
                the trusted one.
        """
        if trusted.name != checkpoint.origin:
            raise NotOursError(
                0,
                _("the checkpoint is of {origin}, and the key is of {name}").format(
                    origin=checkpoint.origin, name=trusted.name
                ),
            )
        place = next((known.offset for known in self.keys if known.key == trusted), None)
        if place is None:
            raise NotOursError(0, _("the key that you trust is none of those that its entries name"))
        signing = self.in_force(checkpoint.size)
        if signing is None or signing.offset < place:
            raise NotOursError(
                checkpoint.size, _("its checkpoint is from before the key that you trust, which cannot speak for it")
            )
        check_signed(checkpoint, signing.key)
        return signing.key


def check_signed(checkpoint: Checkpoint, key: VerifierKey) -> None:
    """Check that a checkpoint is signed with a key. Raises NotOursError where it is not."""
    try:
        signed = checkpoint.note.signed_at(key)
    except NoteError as error:
        raise NotOursError(checkpoint.size, _("its checkpoint is forged or damaged: {why}").format(why=error)) from None
    if signed is None:
        raise NotOursError(checkpoint.size, _("its checkpoint is not signed with the key {key}").format(key=key))


def _vouched(before: KnownKey, change: v1.CheckpointKeyChanged, offset: int) -> bool:
    message = _CHANGE.format(previous=change.previous, following=change.verifier_key).encode()
    return (
        change.previous == str(before.key)
        and before.offset < offset
        and change.verifier_key != change.previous
        and signed_by(message, change.signature, before.key)
    )
