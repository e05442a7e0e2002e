"""Keeps the key of checkpoints in a server's directory: makes the first one, finishes a change, makes another.

The ledger says which key is in use, and the files follow it. Another key is first written beside the one in use, then
named by an entry, and only then put in its place: killed in between, whoever comes next finds both and finishes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_server import directory as directories
from governance_server.directory import DirectoryError
from governance_server.domain.house import checkpoint_keys
from governance_server.domain.note import origin_of
from governance_server.engine.notary import change_key
from governance_server.engine.ports import SignerError
from governance_server.signing import Ed25519Signer, FileSigners, read_signer

if TYPE_CHECKING:
    from pathlib import Path

    from governance_server.directory import Directory
    from governance_server.engine.ports import Clock, Entropy, Store


def signers_of(directory: Directory) -> FileSigners:
    """Return where the private keys are."""
    return FileSigners((directory.checkpoint_key, directory.next_checkpoint_key))


def make_first(directory: Directory, ledger_id: str) -> str:
    """Make the key of a ledger that is about to be created, and its files; return its verifier key."""
    signer = Ed25519Signer.create(origin_of(ledger_id))
    directories.write_secret(directory.checkpoint_key, signer.pem())
    directories.publish(directory.checkpoint_vkey, f"{signer.verifier_key}\n")
    return signer.verifier_key


async def settle(directory: Directory, store: Store, clock: Clock, entropy: Entropy) -> str:
    """Have the files be as the ledger says, and an older ledger get its first key; return the key in use.

    Raises:
        DirectoryError: The key in use is not there, or it is being changed.
        StoreError: The ledger could not be read or written.
    """
    with directory.key_held():
        try:
            return await _settle(directory, store, clock, entropy)
        except SignerError as error:
            raise DirectoryError(str(error)) from error


async def rotate(directory: Directory, store: Store, clock: Clock, entropy: Entropy) -> str:
    """Have checkpoints signed with a new key from now on, and destroy the one before; return the new one.

    The server may be running.

    Raises:
        DirectoryError: The key in use is not there, or it is being changed.
        StoreError: The ledger could not be read or written. The key is the one before.
    """
    with directory.key_held():
        try:
            in_use = await _settle(directory, store, clock, entropy)
            former = signers_of(directory).signer(in_use)
            following = Ed25519Signer.create(in_use.partition("+")[0])
            directories.write_secret(directory.next_checkpoint_key, following.pem())
            await change_key(store, clock, entropy, verifier_key=following.verifier_key, former=former)
        except SignerError as error:
            raise DirectoryError(str(error)) from error
        _put_in_place(directory, following.verifier_key)
    return following.verifier_key


async def _settle(directory: Directory, store: Store, clock: Clock, entropy: Entropy) -> str:
    name = origin_of(await store.ledger_id())
    keys = checkpoint_keys(await store.house())
    if not keys:
        if await store.newest_checkpoint() is not None:
            # a first key would be the second, for which the one before does not vouch: nobody could verify any more
            raise DirectoryError(
                "Checkpoints of the ledger were signed, and what it keeps of the house names no key. Somebody"
                " has changed it. Nothing was written; run: governance-server check, and go on from a backup."
            )
        signer = read_signer(directory.checkpoint_key, name) or Ed25519Signer.create(name)
        if not directory.checkpoint_key.exists():
            directories.write_secret(directory.checkpoint_key, signer.pem())
        await change_key(store, clock, entropy, verifier_key=signer.verifier_key, former=None)
        in_use = signer.verifier_key
    else:
        in_use = keys[-1].change.verifier_key
    _put_in_place(directory, in_use)
    return in_use


def _put_in_place(directory: Directory, in_use: str) -> None:
    """Put the key in use where it belongs, destroy any other one, and publish its public part.

    Raises:
        SignerError: It is not there.
    """
    signers_of(directory).signer(in_use)
    path, following = directory.checkpoint_key, directory.next_checkpoint_key
    if _holds(path, in_use):
        directories.destroy(following)
    else:
        directories.destroy(path)
        following.replace(path)
    public = f"{in_use}\n".encode()
    if not directory.checkpoint_vkey.exists() or directory.checkpoint_vkey.read_bytes() != public:
        directories.publish(directory.checkpoint_vkey, f"{in_use}\n")


def _holds(path: Path, verifier_key: str) -> bool:
    try:
        FileSigners((path,)).signer(verifier_key)
    except SignerError:
        return False
    return True
