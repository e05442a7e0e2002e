"""The witness: cosigns what continues, and nothing else."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING

import pytest

from governance_client.audit.faults import ForkedError, RewoundError, UntrustedError, UnusableFileError
from governance_client.audit.memory import Memory
from governance_client.audit.notes import COSIGNATURE, ED25519, SignerKey
from governance_client.audit.witness import Cosigned, cosign, new_key, read_key, vkey_path
from tests.support.audited import Shown, lived, signer
from tests.support.note_reader import verify_cosignature, verify_note
from tests.unit.test_audit_verifying import _with_another_end as with_another_end

if TYPE_CHECKING:
    from pathlib import Path

    from governance_client.audit.notes import VerifierKey

WITNESS = SignerKey("witness.example.org/w1", COSIGNATURE, bytes(range(32)))
NOW_S = 1_800_000_000


@pytest.fixture(scope="module")
def ledger() -> Shown:
    return asyncio.run(lived())


@pytest.fixture
def state(tmp_path: Path) -> Memory:
    return Memory(tmp_path / "witness")


def cosigned(shown: Shown, state: Memory, *, trust: bool = True) -> Cosigned:
    key: VerifierKey | None = signer(shown.ledger_id).verifier if trust else None
    return asyncio.run(cosign(shown, state, WITNESS, key=key, now_s=NOW_S))


def test_others_can_check_it(ledger: Shown, state: Memory) -> None:
    """The cosigned note has the server's signature and the witness's, for a reader written from the specification."""
    note = cosigned(ledger, state).note().encode()
    text = verify_note(note, str(signer(ledger.ledger_id, 2).verifier))
    assert verify_cosignature(note, str(WITNESS.verifier)) == (text, NOW_S)


def test_what_is_published(ledger: Shown, state: Memory) -> None:
    """To the server goes the text and the witness's own line, no more."""
    published = cosigned(ledger, state).to_publish()
    assert published.count("— ") == 1
    assert verify_cosignature(published.encode(), str(WITNESS.verifier))[1] == NOW_S


def test_it_cosigns_what_continues(ledger: Shown, state: Memory) -> None:
    """Each time it says up to where it had cosigned before; the key has to be named once."""
    assert cosigned(ledger.shortened(150), state).before == 0
    assert cosigned(ledger, state, trust=False).before == 150
    again = cosigned(ledger, state, trust=False)
    assert (again.before, again.checkpoint.size) == (200, 200)


def test_it_replaces_its_own_line(ledger: Shown, state: Memory) -> None:
    """A checkpoint that it cosigned before has its line once."""
    shown = ledger.shortened(200)
    shown.signed = cosigned(ledger, state).note()
    assert cosigned(shown, state).note().count(WITNESS.verifier.name) == 1


def test_it_cosigns_no_fork(ledger: Shown, state: Memory) -> None:
    """A rewound ledger, or one with another past, is not cosigned, and what was seen stays remembered."""
    cosigned(ledger, state)
    for shown, error in ((ledger.shortened(199), RewoundError), (with_another_end(ledger), ForkedError)):
        with pytest.raises(error):
            cosigned(shown, state)
    remembered = state.recall(ledger.origin)
    assert remembered is not None
    assert remembered.checkpoint.size == 200


def test_it_cosigns_nothing_without_a_key(ledger: Shown, state: Memory) -> None:
    """A ledger whose key nobody named is not cosigned."""
    with pytest.raises(UntrustedError):
        cosigned(ledger, state, trust=False)


def test_two_at_the_same_time(ledger: Shown, state: Memory) -> None:
    """Of two that start from the same state the second signs nothing: it may not continue what the first saw."""
    cosigned(ledger.shortened(150), state)
    before = state.recall(ledger.origin)
    found = cosigned(ledger, state)
    with pytest.raises(UnusableFileError, match="at the same time"):
        state.advance(found.checkpoint, signer(ledger.ledger_id, 2).verifier, before)


def test_keys(tmp_path: Path) -> None:
    """A new key is for its owner's eyes alone, its verifier key for everybody's; it is never overwritten."""
    path = tmp_path / "witness.key"
    verifier = new_key(path, "witness.example.org/w1", bytes(range(32)))
    assert verifier == WITNESS.verifier
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert vkey_path(path).read_text() == f"{verifier}\n"
    assert read_key(path).verifier == verifier
    with pytest.raises(UnusableFileError, match="never overwritten"):
        new_key(path, "witness.example.org/w1", bytes(32))
    path.chmod(0o640)
    with pytest.raises(UnusableFileError, match="chmod 600"):
        read_key(path)


@pytest.mark.parametrize(
    "content", ["", "garbage", str(WITNESS.verifier), SignerKey("x", ED25519, bytes(32)).written()]
)
def test_no_keys(tmp_path: Path, content: str) -> None:
    """A file that holds no witness's key is not used."""
    path = tmp_path / "witness.key"
    path.touch(mode=0o600)
    path.write_text(content)
    with pytest.raises(UnusableFileError):
        read_key(path)
    with pytest.raises(UnusableFileError):
        read_key(tmp_path / "nothing")
    with pytest.raises(UnusableFileError, match="no name"):
        new_key(tmp_path / "other", "my witness", bytes(32))
