"""A witness: a second party that signs a checkpoint once it has seen that the ledger continues what it signed before.

It is C2SP tlog-cosignature, version 1, of Ed25519. What a cosignature says is that this was the largest tree of this
ledger that the witness had seen, and that it continued all it saw before. A server that shows two pasts to two people
has to find a witness for both.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.audit.faults import UnusableFileError
from governance_client.audit.memory import write_whole
from governance_client.audit.notes import COSIGNATURE, Note, NoteError, SignerKey
from governance_client.audit.verifying import key_line, parsed, prove_continued, trusted_key
from governance_client.language import _

if TYPE_CHECKING:
    from pathlib import Path

    from governance_client.audit.checkpoints import Checkpoint
    from governance_client.audit.memory import Memory
    from governance_client.audit.notes import Signature, VerifierKey
    from governance_client.audit.source import Source

SEED_BYTES: Final = 32
_MOST_BYTES: Final = 4096
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Cosigned(NamedTuple):
    """What a witness signed.

    Attributes:
        checkpoint: The checkpoint.
        signature: The witness's own.
        before: The size of the one that it signed before; 0 where this is the first of this ledger.
    """

    checkpoint: Checkpoint
    signature: Signature
    before: int

    def note(self) -> str:
        """Return the checkpoint with everything that is signed below it, the witness's own last."""
        # whose name is no plain text is no witness of ours, and nobody wants to look at it
        plain = [each for each in self.checkpoint.note.signatures if each.name.isascii()]
        kept = [each for each in plain if not _same(each, self.signature)]
        return str(Note(self.checkpoint.note.text, (*kept, self.signature)))

    def to_publish(self) -> str:
        """Return the checkpoint with the witness's own signature alone."""
        return str(Note(self.checkpoint.note.text, (self.signature,)))


async def cosign(source: Source, state: Memory, witness: SignerKey, *, key: VerifierKey | None, now_s: int) -> Cosigned:
    """Cosign the newest checkpoint of a ledger, if it continues the last one that was cosigned.

    What is signed is remembered before it is returned: a witness that is killed in between has at worst signed nothing.

    Args:
        source: The ledger.
        state: What this witness cosigned before; of this witness alone.
        witness: Its key.
        key: The ledger's key; None for the one that is remembered.
        now_s: The moment, in seconds since 1970.

    Raises:
        ChainBrokenError: The ledger does not continue what was cosigned, or the checkpoint is not one of its.
        UntrustedError: There is no key to trust.
        UnusableFileError: The state cannot be read or written.
        ClientError: The server could not be asked.
    """
    assert witness.verifier.kind == COSIGNATURE
    response = await source.checkpoint()
    checkpoint = parsed(response.note)
    before = state.recall(checkpoint.origin)
    trusted = trusted_key(key, before)
    signing = key_line(response.keys).check(checkpoint, trusted)
    if before is not None:
        await prove_continued(source, before.checkpoint, checkpoint)
    state.advance(checkpoint, signing, before)
    signature = witness.sign(checkpoint.note.text, now_s)
    return Cosigned(checkpoint, signature, before.checkpoint.size if before is not None else 0)


def new_key(path: Path, name: str, seed: bytes) -> VerifierKey:
    """Write a witness's key: the secret at a path, for our eyes only, and the verifier key beside it, in `.vkey`.

    Raises:
        UnusableFileError: There is a file, or it cannot be written, or the name is none.
    """
    try:
        key = SignerKey(name, COSIGNATURE, seed)
    except NoteError as error:
        raise UnusableFileError(_("No key was made: {why}.").format(why=error)) from None
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{key.written()}\n")
            file.flush()
            os.fsync(file.fileno())
        write_whole(vkey_path(path), f"{key.verifier}\n".encode(), 0o644)
    except FileExistsError:
        raise UnusableFileError(
            _("{path} is there already, and a key is never overwritten. Name another file.").format(path=path)
        ) from None
    except OSError as error:
        raise UnusableFileError(
            _("The key cannot be written to {path}: {why}.").format(path=path, why=error.strerror or error)
        ) from None
    return key.verifier


def vkey_path(path: Path) -> Path:
    """Return where the verifier key of a witness's key file is."""
    return path.with_name(f"{path.name}.vkey")


def read_key(path: Path) -> SignerKey:
    """Read a witness's key.

    Raises:
        UnusableFileError: It cannot be read, others may read it, or it is none.
    """
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            content = file.read(_MOST_BYTES)
    except OSError as error:
        raise UnusableFileError(
            _("The witness's key {path} cannot be read: {why}.").format(path=path, why=error.strerror or error)
        ) from None
    if not stat.S_ISREG(found.st_mode) or found.st_mode & _OTHERS:
        raise UnusableFileError(
            _(
                "Others may read the witness's key {path}, so it is not used. Run: chmod 600 {path}; if anybody may "
                "have read it, make another key and tell those who trust this one."
            ).format(path=path)
        )
    try:
        key = SignerKey.parse(content.decode("utf-8").strip())
    except (NoteError, UnicodeDecodeError):
        raise UnusableFileError(
            _("{path} holds no witness's key. Make one with --new-key FILE --name NAME.").format(path=path)
        ) from None
    if key.verifier.kind != COSIGNATURE:
        raise UnusableFileError(_("{path} holds a key of another kind than a witness's.").format(path=path))
    return key


def _same(one: Signature, other: Signature) -> bool:
    return one.name == other.name and one.key_id == other.key_id
