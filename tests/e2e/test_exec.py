"""`governance exec` against the real server: the console's verbs without a terminal, and what they end with."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import json_format

from governance import v1
from tests.support.alerts import POLICY
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DONE, REFUSED, USAGE, NOT_REACHED = 0, 1, 2, 3
INTERRUPTED = 130
RETYPE = """
[console]
retype_target = ["low", "medium", "high", "critical"]
"""
_PROGRAM = [sys.executable, "-m", "governance_client.cli", "exec"]


class _House:
    """A running server with callers, and the program."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        roles = {"maximus": "core", "alice": "soc_operator", "bob": "ciso"}
        self.credentials = {name: server.add(name, role) for name, role in roles.items()}

    def exec(self, *arguments: str, who: str = "alice", script: str | bytes = "") -> subprocess.CompletedProcess[str]:
        """Run lines as someone."""
        command = [*_PROGRAM, *arguments, "--credentials", str(self.credentials[who])]
        text = script.encode() if isinstance(script, str) else script
        done = subprocess.run(command, input=text, capture_output=True, timeout=60, check=False)
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())

    def propose(self, *decision_ids: str, action: str = "BLOCK_IP", target: str = "203.0.113.7") -> None:
        """Have core propose something for each id."""
        acts = [
            {
                "decisionId": each,
                "action": {
                    "type": f"ACTION_TYPE_{action}",
                    "targets": [{"kind": "TARGET_KIND_IP_ADDRESS", "value": target}],
                    "parameters": {"for": each},
                },
                "confidence": 0.5,
            }
            for each in decision_ids
        ]
        command = [sys.executable, "-m", "governance_client.cli", "submit", "-"]
        command += ["--credentials", str(self.credentials["maximus"])]
        subprocess.run(command, input=json.dumps(acts), capture_output=True, text=True, timeout=60, check=True)


def _objects(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_House]:
    server = ServerProcess(tmp_path_factory.mktemp("house") / "server", policy=POLICY + RETYPE)
    server.start()
    try:
        yield _House(server)
    finally:
        server.close()


def test_a_verdict(house: _House) -> None:
    """A verdict with its reason is given as typed, and is in the lists that follow."""
    house.propose("verdict-aaaa")
    done = house.exec('reject verdict-a --reason "known scanner"', "show verdict-a", "queue rejected")
    assert done.returncode == DONE, done.stderr
    assert "Rejected, entry" in done.stdout
    assert "known scanner" in done.stdout
    again = house.exec("reject verdict-a --reason twice")
    assert again.returncode == REFUSED
    assert again.stderr.startswith("governance: line 1: ")
    assert again.stdout == ""


def test_rows_hold_across_a_script(house: _House) -> None:
    """A script on standard input uses rows and the focus as a person does; comments and empty lines are left out."""
    house.propose("script-aaaa", "script-bbbb", target="198.51.100.9")
    script = "# what is about that address\nqueue target=198.51.100.9\n\nclaim 1\nnote . seen it\nrelease\n"
    for arguments in ((), ("-",)):
        done = house.exec(*arguments, script=script)
        assert done.returncode == DONE, done.stderr
        assert "Claimed, entry" in done.stdout
        assert "Released, entry" in done.stdout


def test_json(house: _House) -> None:
    """A program gets one object a line: decisions, receipts, figures."""
    house.propose("json-aaaa")
    done = house.exec("--json", "show json-a", "claim", "stats", "stats alice", "health", "who", "history")
    assert done.returncode == DONE, done.stderr
    shown, claimed, figures, mine, healthy, who, *entries = _objects(done.stdout)
    assert json_format.ParseDict(shown, v1.Decision()).decision_id == "json-aaaa"
    assert int(claimed["accepted"]["offset"]) > 0
    assert figures["operatorsConnected"] >= 1
    assert mine["operator"] == "alice"
    assert healthy["serving"] is True
    assert "operators" in who
    assert len(entries) == 2
    json_format.ParseDict(entries[0], v1.LedgerRecord())


def test_what_people_read(house: _House) -> None:
    """The same verbs tell people lines."""
    house.propose("people-aaaa")
    verbs = ("why", "history", "similar", "who", "stats", "stats alice", "health", "halts", "help", "help reject")
    done = house.exec("show people-a", *verbs)
    assert done.returncode == DONE, done.stderr
    for told in ("people-aaaa", "answered in", "No halt is in force", "reject [ID] [REASON…]"):
        assert told in done.stdout
    assert "\x1b" not in done.stdout


def test_the_target_is_typed_back(house: _House) -> None:
    """What a person would type back is asked of a script as `--target`, and has to be equal."""
    house.propose("retype-aaaa", action="ISOLATE_HOST", target="192.0.2.66")
    for line in ("approve retype-a", "approve retype-a --target 192.0.2.67"):
        refused = house.exec(line, who="bob")
        assert refused.returncode == REFUSED
        assert "192.0.2.66" in refused.stderr
        assert "Approved" not in refused.stdout
    done = house.exec("approve retype-a --target 192.0.2.66", who="bob")
    assert done.returncode == DONE, done.stderr


def test_the_first_failure_ends_it(house: _House) -> None:
    """After a failure nothing more is run, unless it is to go on."""
    house.propose("failing-aaaa")
    lines = ("show none-such", "claim failing-a")
    stopped = house.exec(*lines)
    assert (stopped.returncode, stopped.stdout) == (REFUSED, "")
    going_on = house.exec("--keep-going", *lines)
    assert going_on.returncode == REFUSED
    assert "Claimed" in going_on.stdout


def test_a_mistake_is_usage(house: _House) -> None:
    """A line that is not understood ends with 2 and names its number; so does nothing to run, and what is no text."""
    mistaken = house.exec(script="queue\n\naprove 1\nqueue\n")
    assert mistaken.returncode == USAGE
    assert "line 3: There is no verb `aprove`." in mistaken.stderr
    assert "`approve`" in mistaken.stderr
    assert house.exec("queue", "-").returncode == USAGE
    latin = house.exec(script=b"queue\nnote 1 caf\xe9\n")
    assert (latin.returncode, "UTF-8" in latin.stderr) == (USAGE, True)


def test_a_program_that_types(house: _House) -> None:
    """A program may type line by line and read each answer; the first failure ends it, though more could be typed."""
    house.propose("typing-aaaa")
    command = [*_PROGRAM, "--json", "--credentials", str(house.credentials["alice"])]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as typing:
        assert typing.stdin is not None
        assert typing.stdout is not None
        typing.stdin.write("show typing-a\n")
        typing.stdin.flush()
        assert json.loads(typing.stdout.readline())["decisionId"] == "typing-aaaa"
        typing.stdin.write("show none-such\n")
        typing.stdin.flush()
        assert typing.wait(30) == REFUSED
        assert typing.stderr is not None
        assert typing.stderr.read().startswith("governance: line 2: No decision here starts with")


def test_ctrl_c(house: _House) -> None:
    """Ctrl-C ends a script as it ends every other program."""
    command = [*_PROGRAM, "--credentials", str(house.credentials["alice"])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as typing:
        assert typing.stdin is not None
        assert typing.stdout is not None
        typing.stdin.write("halts\n")
        typing.stdin.flush()
        assert typing.stdout.readline() == "No halt is in force.\n"
        typing.send_signal(signal.SIGINT)
        assert typing.wait(30) == INTERRUPTED


def test_an_export(house: _House, tmp_path: Path) -> None:
    """A script writes what it chose to a file of its own."""
    house.propose("export-aaaa", target="=HYPERLINK(1)")
    path = tmp_path / "out.csv"
    done = house.exec(f"export {path} target=hyperlink")
    assert done.returncode == DONE, done.stderr
    with path.open(newline="") as file:
        (row,) = list(csv.DictReader(file))
    assert (row["decision_id"], row["targets"]) == ("export-aaaa", "'=HYPERLINK(1)")
    assert house.exec(f"export {path}").returncode == REFUSED


def test_hostile_text(house: _House) -> None:
    """What core wrote cannot move the terminal that a script runs on."""
    house.propose("hostile-aaaa", target="\x1b]52;c;AAAA\x07\u202e")
    done = house.exec("queue target=52", "show hostile")
    assert done.returncode == DONE, done.stderr
    assert not any(character in done.stdout for character in "\x1b\x07\u202e")
    assert "␛]52;c;AAAA␇<U+202E>" in done.stdout


def test_not_reached(house: _House, tmp_path: Path) -> None:
    """Where there is no server the status is 3."""
    elsewhere = tmp_path / "nobody.toml"
    text = house.credentials["alice"].read_text()
    elsewhere.write_text(text.replace(house.server.address, "127.0.0.1:1"))
    elsewhere.chmod(0o600)
    command = [*_PROGRAM, "queue", "--credentials", str(elsewhere)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (NOT_REACHED, "")


def test_verbs_for_people(house: _House) -> None:
    """The board and the watching need somebody to look, and name what does not."""
    assert "`queue`" in house.exec("board").stderr
    assert "governance watch --json" in house.exec("watch 1").stderr
