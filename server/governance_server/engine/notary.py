"""The notary: signs what the ledger has come to, so that nobody can take any of it back unseen.

Theory of operation. Once a second it looks where the ledger ends; if that has moved, also by another process, it makes
the tree's root, and has the checkpoint signed with the key that is in use at that entry. The key comes from the ledger
itself: a change of it is an entry, and counts from that entry on. Before it signs, it makes the root of its checkpoint
before once more: a tree that no longer begins with what was signed is never signed. At the start it does so even where
nothing has come since.

Whatever fails is logged and tried again a second later. Only at the start it keeps the server from serving: whoever
cannot prove what it records should not begin to. The gate itself stands and falls with the governor, not with this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.house import House, checkpoint_keys
from governance_server.domain.moment import SECOND_US
from governance_server.domain.note import Checkpoint, Note, NoteError, Signature, key_change, read_note
from governance_server.domain.tree import root
from governance_server.engine.batch import Batch
from governance_server.engine.enrolment import ADMINISTRATOR
from governance_server.engine.ports import SignedCheckpoint, SignerError, StoreError

if TYPE_CHECKING:
    from governance_server.engine.ports import Clock, Entropy, Head, Signer, Signers, Store

log = structlog.get_logger(__name__)

INTERVAL_US: Final = SECOND_US
"""An entry is under a signed checkpoint a second after it was recorded, or a little later."""


class NotaryError(Exception):
    """Nothing can be signed; the message tells people why, and what to do."""


class KeyChangedError(Exception):
    """Another key is in use than the one that was to be replaced."""


class Notary:
    """Signs checkpoints."""

    def __init__(self, store: Store, clock: Clock, signers: Signers) -> None:
        self._store = store
        self._clock = clock
        self._signers = signers
        self._signer: Signer | None = None

    async def run(self) -> None:
        """Sign once a second what has come since, until cancelled."""
        due_us = self._clock.now_us()
        while True:
            due_us = max(due_us + INTERVAL_US, self._clock.now_us())
            await self._clock.sleep_until(due_us)
            await self.try_to_sign()

    async def try_to_sign(self) -> None:
        """Sign what has come since the last time; log what goes wrong."""
        try:
            await self.sign()
        except (NotaryError, SignerError, StoreError) as error:
            log.error("no checkpoint was signed", reason=str(error))  # noqa: TRY400 - the message is the whole fact

    async def sign(self) -> None:
        """Sign what has come since the last checkpoint, and keep it durably; nothing where nothing has come.

        Raises:
            NotaryError: The tree is not the one that was signed before, or no key is in use.
            SignerError: The key is not there.
            StoreError: The ledger could not be read or written.
        """
        former = await self._store.newest_checkpoint()
        head, verifier_key = await self._end()
        name, key_id, _ = verifier_key.split("+", 2)
        has_signed = self._signer is not None
        signer = self._signer_of(verifier_key)
        has_come = former is None or former.size != head.offset
        if former is not None and (has_come or not has_signed):
            await self._assure_continues(former, name, head)
        if not has_come:
            return
        text = Checkpoint(name, head.offset, await root(self._store, head.offset)).text()
        signature = Signature(name, bytes.fromhex(key_id), signer.sign(text.encode()))
        checkpoint = SignedCheckpoint(head.offset, Note(text, (signature,)).whole())
        await self._store.keep_checkpoint(checkpoint, self._clock.now_us())

    async def _end(self) -> tuple[Head, str]:
        """Return where the ledger ends, and the key that is in use there."""
        while True:
            head = await self._store.head()
            keys = checkpoint_keys(await self._store.house())
            if not keys:
                raise NotaryError("The ledger names no key that checkpoints are signed with. Start the server anew.")
            if keys[-1].offset <= head.offset:  # else it was changed between the two looks
                return head, keys[-1].change.verifier_key

    async def _assure_continues(self, former: SignedCheckpoint, origin: str, head: Head) -> None:
        if former.size > head.offset:
            raise NotaryError(
                f"The ledger ends with entry {head.offset}, and a checkpoint of it was signed at {former.size}."
                " Find out what happened to it, and go on from a backup."
            )
        try:
            signed = read_note(former.note).text
        except NoteError as error:
            raise NotaryError(f"The checkpoint of size {former.size} is none: {error}. Run: check.") from error
        if signed != Checkpoint(origin, former.size, await root(self._store, former.size)).text():
            raise NotaryError(
                f"The tree of the first {former.size} entries is not the one whose checkpoint was signed. Find out what"
                " happened to the ledger, and go on from a backup."
            )

    def _signer_of(self, verifier_key: str) -> Signer:
        if self._signer is None or self._signer.verifier_key != verifier_key:
            self._signer = self._signers.signer(verifier_key)
            log.info("checkpoints are signed with", verifier_key=verifier_key)
        return self._signer


async def change_key(store: Store, clock: Clock, entropy: Entropy, *, verifier_key: str, former: Signer | None) -> int:
    """Have checkpoints signed with another key from now on, or with a first one; return the entry that says so.

    Durable when it returns. A running server uses the key with its next checkpoint.

    Args:
        store: The ledger.
        clock: The time.
        entropy: Chance.
        verifier_key: The key from now on.
        former: The key in use, which vouches for it; None where none was in use yet.

    Raises:
        KeyChangedError: Another one is in use than the former.
        SignerError: The former key cannot be used.
        StoreError: Nothing was changed.
    """
    previous = "" if former is None else former.verifier_key
    async with store.transaction() as transaction:
        keys = checkpoint_keys(await transaction.house())
        if previous != (keys[-1].change.verifier_key if keys else ""):
            raise KeyChangedError
        signature = b"" if former is None else former.sign(key_change(previous, verifier_key))
        event = v1.CheckpointKeyChanged(verifier_key=verifier_key, previous=previous, signature=signature)
        batch = Batch(transaction.head, clock.now_us(), entropy, House())
        entry = batch.append(ADMINISTRATOR, "", "", Consequence((v1.Event(checkpoint_key_changed=event),)))
        appendage = batch.appendage()
        assert appendage is not None
        await transaction.append(appendage)
    return entry.offset
