"""Keys of checkpoints: whom a trusted one vouches for, and when which of them signs."""

from __future__ import annotations

import pytest

from governance import v1
from governance_client.audit.checkpoints import Checkpoint, text_of
from governance_client.audit.faults import NotOursError, ProofBrokenError
from governance_client.audit.keys import KeyLine
from governance_client.audit.notes import COSIGNATURE, Note, SignerKey
from tests.support.audited import change_of, signer

LEDGER = "0" * 32
ONE, TWO, THREE = (signer(LEDGER, number) for number in (1, 2, 3))


def line() -> KeyLine:
    """Three keys: from the first entry on, from the 10th and from the 20th."""
    keys = KeyLine()
    keys.add(1, change_of(ONE))
    keys.add(10, change_of(TWO, ONE))
    keys.add(20, change_of(THREE, TWO))
    return keys


def checkpoint(size: int, key: SignerKey) -> Checkpoint:
    text = text_of(ONE.verifier.name, size, bytes(32))
    return Checkpoint.parse(str(Note(text, (key.sign(text),))))


@pytest.mark.parametrize(("size", "key"), [(1, ONE), (9, ONE), (10, TWO), (19, TWO), (20, THREE), (99, THREE)])
def test_the_key_in_force_signs(size: int, key: SignerKey) -> None:
    """A checkpoint is signed with the key that the last change up to its size names, and with no other."""
    assert line().check(checkpoint(size, key), ONE.verifier) == key.verifier
    for other in {ONE, TWO, THREE} - {key}:
        with pytest.raises(NotOursError, match="not signed with the key"):
            line().check(checkpoint(size, other), ONE.verifier)


def test_trust_goes_forward_only() -> None:
    """A key vouches for those that follow from it, and for none before it."""
    assert line().check(checkpoint(20, THREE), TWO.verifier) == THREE.verifier
    with pytest.raises(NotOursError, match="from before the key"):
        line().check(checkpoint(10, TWO), THREE.verifier)


def test_a_key_that_no_entry_names() -> None:
    """A trusted key that the ledger does not have speaks for none of its checkpoints."""
    with pytest.raises(NotOursError, match="none of those"):
        line().check(checkpoint(20, THREE), signer(LEDGER, 4).verifier)
    with pytest.raises(NotOursError, match="and the key is of"):
        line().check(checkpoint(20, THREE), signer("1" * 32, 1).verifier)
    with pytest.raises(NotOursError, match="none of those"):
        KeyLine().check(checkpoint(20, THREE), THREE.verifier)


def unvouched() -> dict[str, v1.CheckpointKeyChanged]:
    """Changes after which nobody knows who signs."""
    stolen = change_of(signer(LEDGER, 4), THREE)
    other = signer("1" * 32, 4)
    witness = SignerKey(THREE.verifier.name, COSIGNATURE, bytes(32))
    return {
        "by itself": change_of(signer(LEDGER, 4)),
        "by an older key": change_of(signer(LEDGER, 4), TWO),
        "by a key of its own": change_of(signer(LEDGER, 5), signer(LEDGER, 4)),
        "of another": v1.CheckpointKeyChanged(
            verifier_key=str(signer(LEDGER, 5).verifier), previous=stolen.previous, signature=stolen.signature
        ),
        "of another ledger": change_of(other, THREE),
        "of another kind": change_of(witness, THREE),
        "to itself": change_of(THREE, THREE),
        "no signature": v1.CheckpointKeyChanged(verifier_key=stolen.verifier_key, previous=stolen.previous),
        "no key": v1.CheckpointKeyChanged(verifier_key="x", previous=stolen.previous, signature=stolen.signature),
    }


@pytest.mark.parametrize("how", unvouched())
def test_a_key_that_nobody_vouches_for(how: str) -> None:
    """Only the key before can name the next one; the entry that tries is named."""
    keys = line()
    with pytest.raises(ProofBrokenError) as found:
        keys.add(30, unvouched()[how])
    assert found.value.offset == 30
    keys.add(30, change_of(signer(LEDGER, 4), THREE))


def test_keys_come_in_order() -> None:
    """A key that is named before the one it follows, or one that follows from nowhere, is none."""
    with pytest.raises(ProofBrokenError):
        line().add(20, change_of(signer(LEDGER, 4), THREE))
    with pytest.raises(ProofBrokenError, match="no entry names"):
        KeyLine().add(1, change_of(TWO, ONE))
