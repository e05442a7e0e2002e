"""The worked example of the tree in `proto/README.md` is what server and client compute."""

from __future__ import annotations

import re
from pathlib import Path

from governance import v1
from governance_client.audit.checkpoints import Checkpoint
from governance_client.audit.keys import KeyLine
from governance_client.audit.merkle import CompactRange, node
from governance_client.audit.notes import COSIGNATURE, ED25519, SignerKey, VerifierKey
from governance_server.domain import note as server_notes
from governance_server.domain.digest import entry_hash

SECTION = (
    (Path(__file__).parents[2] / "proto" / "README.md")
    .read_text(encoding="utf-8")
    .partition("## The tree, checkpoints and proofs\n")[2]
    .partition("\n## ")[0]
)
CHANGE, HASHES, KEYS, NOTE = re.findall(r"^```text\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
FIRST, SECOND, WITNESS, SIGNATURE = KEYS.splitlines()
ENTRIES = (b"one", b"two", b"three")


def seed(start: int) -> bytes:
    return bytes(range(start, start + 32))


def test_hashes() -> None:
    """The hashes of the leaves, of their node and of the root are those of the page."""
    one, two, three, pair, root = (bytes.fromhex(line.split()[0]) for line in HASHES.splitlines())
    assert [one, two, three] == [entry_hash(entry) for entry in ENTRIES]
    assert (pair, root) == (node(one, two), node(node(one, two), three))
    tree = CompactRange()
    for leaf in (one, two, three):
        tree.append(leaf)
    assert tree.root() == root == Checkpoint.parse(NOTE).root


def test_keys() -> None:
    """The keys are those of the seeds, and the first vouches for the second as the page says."""
    name = VerifierKey.parse(FIRST).name
    keys = [SignerKey(name, ED25519, seed(0)), SignerKey(name, ED25519, seed(32))]
    assert [str(key.verifier) for key in keys] == [FIRST, SECOND]
    message = CHANGE.strip().replace("\\n", "\n").replace("<previous>", FIRST).replace("<verifier_key>", SECOND)
    assert message.encode() == server_notes.key_change(FIRST, SECOND)
    assert keys[0].sign(message).value.hex() == SIGNATURE
    line = KeyLine()
    line.add(1, v1.CheckpointKeyChanged(verifier_key=FIRST))
    line.add(2, v1.CheckpointKeyChanged(verifier_key=SECOND, previous=FIRST, signature=bytes.fromhex(SIGNATURE)))


def test_note() -> None:
    """The checkpoint is signed and cosigned with those keys, and the server reads it as the client does."""
    checkpoint = Checkpoint.parse(NOTE)
    assert checkpoint.note.signed_at(VerifierKey.parse(FIRST)) == 0
    assert checkpoint.note.signed_at(VerifierKey.parse(WITNESS)) == 1_767_323_045
    witness = SignerKey("witness.example.org/w1", COSIGNATURE, seed(64))
    assert str(witness.verifier) == WITNESS
    assert str(witness.sign(checkpoint.note.text, 1_767_323_045)) == NOTE.splitlines()[-1]
    told = server_notes.read_note(NOTE)
    assert told.text == checkpoint.note.text
    assert server_notes.read_checkpoint(told.text) == checkpoint[:3]
