"""Signed notes, their keys, and checkpoints."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st

from governance_client.audit.checkpoints import Checkpoint, text_of
from governance_client.audit.notes import COSIGNATURE, ED25519, MOST_BYTES, Note, NoteError, SignerKey, VerifierKey
from tests.support.note_reader import verify_cosignature, verify_note

LEDGER = "0123" * 8
SEED = bytes(range(32))
LOG = SignerKey(f"governance-workspace/{LEDGER}", ED25519, SEED)
WITNESS = SignerKey("witness.example.org/w1", COSIGNATURE, SEED[::-1])
TEXT = text_of(f"governance-workspace/{LEDGER}", 7, bytes(32))
PUBLISHED = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
"""A key that others publish, and that everybody's programs check with."""
PUBLISHED_NOTE = """go.sum database tree
30739
2vvYzgw0cLv7mJuDi8tGO2GFeqMDAy9/6XiUPYgOdp0=

— sum.golang.org Az3grnmrIUEDFqHzAElIQCPNoRFRAAdFo47fooyWKMZ89k11GJh5zHIfNCOBmwn3C3YI8oW9/C8DJ87F61QqspBYBAM=
"""


def note(*signatures: object, text: str = TEXT) -> str:
    return f"{text}\n" + "".join(f"{signature}\n" for signature in signatures)


def test_what_is_signed_verifies() -> None:
    """A note that was signed is signed, and says by whom."""
    parsed = Note.parse(note(LOG.sign(TEXT)))
    assert parsed.signed_at(LOG.verifier) == 0
    assert str(parsed) == note(LOG.sign(TEXT))
    assert verify_note(str(parsed).encode(), str(LOG.verifier)) == TEXT.encode()


def test_what_a_witness_signs_verifies() -> None:
    """A cosignature says when it was given, to a reader written from the specification too."""
    whole = note(LOG.sign(TEXT), WITNESS.sign(TEXT, 1_700_000_000))
    assert Note.parse(whole).signed_at(WITNESS.verifier) == 1_700_000_000
    assert verify_cosignature(whole.encode(), str(WITNESS.verifier)) == (TEXT.encode(), 1_700_000_000)
    with pytest.raises(InvalidSignature):
        verify_cosignature(whole.replace("\n7\n", "\n8\n").encode(), str(WITNESS.verifier))


def test_others_keys_are_read() -> None:
    """A key that others publish is read as they write it."""
    key = VerifierKey.parse(PUBLISHED)
    assert (key.name, key.kind, key.key_id.hex()) == ("sum.golang.org", ED25519, "033de0ae")
    assert str(key) == PUBLISHED


def test_unknown_signatures_are_passed_over() -> None:
    """Lines of other keys say nothing; without one of ours the note is not signed."""
    other = SignerKey(f"governance-workspace/{LEDGER}", ED25519, bytes(32))
    assert Note.parse(note(other.sign(TEXT), LOG.sign(TEXT))).signed_at(LOG.verifier) == 0
    assert Note.parse(note(other.sign(TEXT))).signed_at(LOG.verifier) is None


def test_a_false_signature_spoils_the_note() -> None:
    """A line that says it is of our key and is not is a forgery, whatever stands beside it."""
    forged = LOG.sign(TEXT)._replace(value=bytes(64))
    with pytest.raises(NoteError, match="not that of"):
        Note.parse(note(forged, LOG.sign(TEXT))).signed_at(LOG.verifier)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_shows(place: int, mask: int) -> None:
    """Whatever byte of a note is changed to whatever else, it is not that note signed with that key any more."""
    whole = bytearray(note(LOG.sign(TEXT)).encode())
    whole[place % len(whole)] ^= mask
    try:
        changed = Note.parse(whole.decode())
        assert changed.signed_at(LOG.verifier) is None
    except (NoteError, UnicodeDecodeError):
        pass


@pytest.mark.parametrize(
    "written",
    [
        "",
        "text\n",
        "text\n\n",
        "\n\n— a AAAAAAA=\n",
        "text\n\n— a AAAAAAA=",
        "text\n\n— a AAAA\n",
        "text\n\n— a+b AAAAAAA=\n",
        "text\n\n- a AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— a AAAAAAB=\n",
        "te\txt\n\n— a AAAAAAA=\n",
        "text\n\n— a AAAAAAA=\n\n",
        "x" * MOST_BYTES + "\n\n— a AAAAAAA=\n",
    ],
)
def test_no_notes(written: str) -> None:
    """What is not of the form is no note."""
    with pytest.raises(NoteError):
        Note.parse(written)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+033de0ae+",
        "name+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        PUBLISHED.replace("+Ac4", "+Bc4"),
        PUBLISHED.replace("033d", "033e"),
        PUBLISHED[:-1],
        PUBLISHED.replace("sum.", "sum "),
    ],
)
def test_no_keys(text: str) -> None:
    """What was not copied whole is no key."""
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


def test_a_private_key_is_kept_as_a_line() -> None:
    """A signing key is read from what was written of it, and shows nothing of itself."""
    again = SignerKey.parse(f"{WITNESS.written()}\n")
    assert again.verifier == WITNESS.verifier
    assert SEED.hex() not in repr(again)
    for wrong in ("", "PRIVATE+KEY+", WITNESS.written()[:-4], WITNESS.written().replace("w1", "w2"), str(LOG.verifier)):
        with pytest.raises(NoteError) as error:
            SignerKey.parse(wrong)
        assert WITNESS.written()[-20:] not in str(error.value)


def test_a_name_without_spaces() -> None:
    """A key's name can stand in a signature line."""
    with pytest.raises(NoteError, match="no name"):
        SignerKey("my witness", COSIGNATURE, SEED)


def test_checkpoints() -> None:
    """A checkpoint says which ledger, how large and what root."""
    found = Checkpoint.parse(note(LOG.sign(TEXT)))
    assert found[:3] == (f"governance-workspace/{LEDGER}", 7, bytes(32))
    assert found.ledger_id == LEDGER
    other = text_of("governance-workspace/x", 7, bytes(32))
    assert Checkpoint.parse(note(LOG.sign(other), text=other)).ledger_id == ""
    with_more = f"{TEXT}something else\n"
    assert Checkpoint.parse(note(LOG.sign(with_more), text=with_more)).size == 7


@pytest.mark.parametrize(
    "text",
    [
        "origin\n7\n",
        "origin\n07\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n-7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "origin\n7\nAAAA\n",
        "origin\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        "\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    ],
)
def test_no_checkpoints(text: str) -> None:
    """A note whose text is no checkpoint is none, whoever signed it."""
    with pytest.raises(NoteError):
        Checkpoint.parse(note(LOG.sign(text), text=text))
