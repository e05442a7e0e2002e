"""`audit verify` and `audit witness`, with the real programs: in order, rewound, rotated, exported and cosigned."""

from __future__ import annotations

import json
import shutil
import stat
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.house import House
from tests.support.messages import proposal
from tests.support.note_reader import verify_cosignature, verify_note
from tests.support.server import run_server_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRIES = 60
"""Checkpoints are signed every second; a verification takes half of one."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path, policy="") as house:
        house.propose([proposal(number) for number in range(1, 8)])
        house.credentials("chief")
        yield house


def key_file(house: House) -> str:
    return str(house.server.directory / "checkpoint.vkey")


def verified(house: House, *options: str) -> dict[str, Any]:
    """Verify, and return what was found."""
    found: dict[str, Any] = json.loads(house.run("chief", "audit", "verify", "--json", *options))
    return found


def verified_whole(house: House, *options: str) -> dict[str, Any]:
    """Verify until the newest checkpoint is about the last entry: one is signed every second."""
    for _ in range(TRIES):
        found = verified(house, *options)
        if found["size"] == found["head"]:
            return found
    raise AssertionError("No checkpoint is about the last entry.")


def test_a_ledger_in_order(house: House) -> None:
    """The whole ledger verifies with the key that `init` wrote; after that, without naming it, and only what is new."""
    found = verified_whole(house, "--key", key_file(house))
    assert (found["read"], found["decisions"], found["open"], found["withheld"]) == (found["size"], 7, 7, 0)
    house.propose([proposal(100)])
    later = verified(house, "--since-last")
    assert (later["since"], later["remembered"], later["read"]) == (found["size"], found["size"], 1)


def test_nothing_is_believed_without_a_key(house: House) -> None:
    """The first verification needs a key; what is no key, or another ledger's, is not taken for one."""
    assert house.run("chief", "audit", "verify", status=2) == ""
    assert house.run("chief", "audit", "verify", "--key", "nothing", status=2) == ""
    vkey = (house.server.directory / "checkpoint.vkey").read_text().strip()
    assert house.run("chief", "audit", "verify", "--key", vkey[:-1], status=2) == ""
    other = house.folder / "other"
    run_server_command("init", str(other), "--listen", "127.0.0.1:0")
    assert house.run("chief", "audit", "verify", "--key", str(other / "checkpoint.vkey"), status=1) == ""
    assert "verified" in house.run("chief", "audit", "verify", "--key", vkey)


def test_a_rewound_ledger(house: House, tmp_path: Path) -> None:
    """A server that goes on from an old copy, all in order and signed with its own key, is found out."""
    verified_whole(house, "--key", key_file(house))
    house.server.stop()
    shutil.copytree(house.server.directory, tmp_path / "copy")
    house.server.start()
    house.propose([proposal(number) for number in range(50, 60)])
    size = verified_whole(house)["size"]
    house.server.stop()
    shutil.rmtree(house.server.directory)
    shutil.copytree(tmp_path / "copy", house.server.directory)
    house.server.start()
    assert house.run("chief", "audit", "verify", status=1) == ""
    house.propose([proposal(number) for number in range(70, 90)])
    for _ in range(TRIES):  # until it has grown beyond what was seen
        out = house.run("chief", "audit", "witness", "--key-file", _witness(house), "--key", key_file(house))
        if int(out.split("\n")[1]) > size:
            break
    assert house.run("chief", "audit", "verify", status=1) == ""


def test_the_key_is_rotated(house: House) -> None:
    """After a rotation the first key still verifies the ledger, and the new one is remembered."""
    first = (house.server.directory / "checkpoint.vkey").read_text().strip()
    verified_whole(house, "--key", first)
    run_server_command("rotate-key", str(house.server.directory))
    second = (house.server.directory / "checkpoint.vkey").read_text().strip()
    assert second != first
    house.propose([proposal(200)])
    found = verified_whole(house, "--key", first)
    assert found["key"] == second
    assert verified(house)["key"] == second
    assert verified(house, "--since-last", "--key", second)["key"] == second


def test_an_export(house: House, tmp_path: Path) -> None:
    """An export and a checkpoint verify without any server; a line less does not."""
    export, note = tmp_path / "export.jsonl", tmp_path / "checkpoint.txt"
    verified_whole(house, "--key", key_file(house))
    verified(house, "--output", str(note))
    house.run("chief", "audit", "ls", "--format", "records", "--output", str(export))
    house.server.stop()
    offline = ("--file", str(export), "--checkpoint", str(note), "--key", key_file(house))
    found = verified(house, *offline)
    assert found["read"] == found["head"] >= found["size"]
    lines = export.read_text().splitlines(keepends=True)
    export.write_text("".join(lines[:3] + lines[4:]))
    assert house.run("chief", "audit", "verify", *offline, status=1) == ""
    for wrong in (offline[:2], offline[2:4], (*offline, "--since-last"), ("--pack", "x", "--since-last")):
        assert house.run("chief", "audit", "verify", *wrong, status=2) == ""
    assert house.run("chief", "audit", "verify", "--key", key_file(house), status=3) == ""


def test_a_witness(house: House, tmp_path: Path) -> None:
    """A witness makes a key, cosigns, leaves that with the server, and anybody can check both signatures."""
    key = _witness(house)
    verifier = (tmp_path / "witness.key.vkey").read_text().strip()
    assert stat.S_IMODE((tmp_path / "witness.key").stat().st_mode) == 0o600
    verified_whole(house, "--key", key_file(house))
    log = (house.server.directory / "checkpoint.vkey").read_text().strip()
    note = house.run("chief", "audit", "witness", "--key-file", key, "--key", log, "--publish")
    text, _ = verify_cosignature(note.encode(), verifier)
    assert verify_note(note.encode(), log) == text
    found = verified(house, "--witness", verifier)
    assert found["witnessed"] == int(text.split(b"\n")[1])
    other = house.run("chief", "audit", "witness", "--new-key", str(tmp_path / "other"), "--name", "w.example.org/2")
    assert house.run("chief", "audit", "verify", "--witness", other.strip(), status=1) == ""


def test_a_witness_says_who_it_is(house: House, tmp_path: Path) -> None:
    """A witness has a name and a key of its own, and signs under no other name."""
    assert house.run("chief", "audit", "witness", "--new-key", str(tmp_path / "k"), status=2) == ""
    key = _witness(house)
    named = ("--key-file", key, "--name", "another", "--key", key_file(house))
    assert house.run("chief", "audit", "witness", *named, status=2) == ""
    assert house.run("chief", "audit", "witness", "--key-file", key, status=2) == ""
    assert house.run("chief", "audit", "witness", "--key-file", key_file(house), status=2) == ""


def _witness(house: House) -> str:
    """Return the path of a witness's key, which is made when it is first asked for."""
    path = house.folder / "witness.key"
    if not path.exists():
        house.run("chief", "audit", "witness", "--new-key", str(path), "--name", "witness.example.org/w1")
    return str(path)
