"""The command line against the real server: every verb, every exit status, JSON that parses back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from google.protobuf import json_format

from governance import v1
from tests.support.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from google.protobuf.message import Message

DONE, REFUSED, USAGE, NOT_REACHED = 0, 1, 2, 3
BROKEN_PIPE = 141


class _House:
    """A running server with one caller of each kind, and the program `governance`."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        roles = {"maximus": "core", "alice": "soc_operator", "bob": "ciso", "ann": "auditor"}
        self.credentials = {name: server.add(name, role) for name, role in roles.items()}

    def run(self, who: str, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one verb as someone, with these variables set beside the usual ones."""
        command = [sys.executable, "-m", "governance_client.cli", *arguments]
        command += ["--credentials", str(self.credentials[who])]
        done = subprocess.run(
            command, input=stdin, capture_output=True, text=True, timeout=60, check=False, env=os.environ | environment
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def propose(self, *decision_ids: str, target: str = "203.0.113.7") -> None:
        """Have core propose to block an address, once for each id."""
        done = self.run("maximus", "submit", "-", stdin=_proposals(*decision_ids, target=target))
        assert done.returncode == DONE, done.stderr


def _proposals(*decision_ids: str, target: str = "203.0.113.7") -> str:
    action = {"type": "ACTION_TYPE_BLOCK_IP", "targets": [{"kind": "TARGET_KIND_IP_ADDRESS", "value": target}]}
    # each for something else: what is the same as an open decision joins it
    acts = {each: {**action, "parameters": {"for": each}} for each in decision_ids}
    return json.dumps([{"decisionId": each, "action": act, "confidence": 0.5} for each, act in acts.items()])


def _parsed(text: str, kind: type[Message]) -> list[Message]:
    return [json_format.Parse(line, kind()) for line in text.splitlines()]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_House]:
    server = ServerProcess(tmp_path_factory.mktemp("house") / "server")
    server.start()
    try:
        yield _House(server)
    finally:
        server.close()


def test_list_is_complete(house: _House) -> None:
    """A list has every decision, however many pages it takes."""
    ids = [f"page-{number:04}" for number in range(450)]
    house.propose(*ids)
    listed = house.run("alice", "ls", "--json")
    assert listed.returncode == DONE
    found = [each.decision_id for each in _parsed(listed.stdout, v1.Decision) if isinstance(each, v1.Decision)]
    assert len(found) == len(set(found))
    assert set(ids) <= set(found)


def test_show_by_prefix(house: _House) -> None:
    """The unique start of an id is enough; an ambiguous one is answered with the rivals."""
    house.propose("show-aaaa", "show-bbbb")
    shown = house.run("alice", "show", "show-a", "--json")
    assert [each.decision_id for each in _parsed(shown.stdout, v1.Decision) if isinstance(each, v1.Decision)] == [
        "show-aaaa"
    ]
    rivals = house.run("alice", "show", "show-")
    assert rivals.returncode == REFUSED
    assert "show-aaaa" in rivals.stderr
    assert "show-bbbb" in rivals.stderr
    assert house.run("alice", "show", "nothing-here").returncode == REFUSED
    assert "block_ip" in house.run("alice", "show", "show-bbbb").stdout


def test_lost_race(house: _House) -> None:
    """The second operator to decide is told who decided first, and the exit status says refused."""
    house.propose("race-0001", "race-0002")
    first = house.run("alice", "approve", "race-0001", "--comment", "fine")
    assert (first.returncode, "approved race-0001" in first.stdout) == (DONE, True)
    second = house.run("bob", "reject", "race-0001", "race-0002", "--reason", "no", "--json")
    assert second.returncode == REFUSED
    assert "alice" in second.stderr
    receipts = [each.receipt for each in _parsed(second.stdout, v1.SubmitVerdictResponse) if hasattr(each, "receipt")]
    assert [each.WhichOneof("result") for each in receipts] == ["refused", "accepted"]


def test_claim_release_escalate(house: _House) -> None:
    """A decision can be taken in hand, let go, and sent up the chain, where a lower role may not decide it."""
    house.propose("chain-0001")
    assert house.run("alice", "claim", "chain-0001").returncode == DONE
    assert house.run("alice", "release", "chain-0001").returncode == DONE
    assert house.run("alice", "escalate", "chain-0001", "--reason", "above me").returncode == DONE
    assert house.run("alice", "approve", "chain-0001").returncode == REFUSED
    assert house.run("bob", "approve", "chain-0001").returncode == DONE


@pytest.mark.parametrize("verb", ["reject", "escalate"])
def test_reason_is_needed(house: _House, verb: str) -> None:
    """A rejection or an escalation without a reason, or with a blank one, is a mistake in usage."""
    assert house.run("alice", verb, "race-0001").returncode == USAGE
    assert house.run("alice", verb, "race-0001", "--reason", "  ").returncode == USAGE


def test_cancel(house: _House) -> None:
    """Core withdraws its proposal; an operator may not."""
    house.propose("cancel-0001")
    assert house.run("alice", "cancel", "cancel-0001").returncode == NOT_REACHED
    assert house.run("maximus", "cancel", "cancel-0001", "--reason", "stale").returncode == DONE
    assert house.run("maximus", "cancel", "cancel-0001").returncode == REFUSED


def test_submit(house: _House) -> None:
    """The same proposal again is the same decision; other content under its id is refused; nonsense is usage."""
    again = house.run("maximus", "submit", "-", "--json", stdin=_proposals("submit-0001"))
    same = house.run("maximus", "submit", "-", "--json", stdin=_proposals("submit-0001"))
    assert (again.returncode, same.returncode) == (DONE, DONE)
    assert len(_parsed(same.stdout, v1.SubmitDecisionResponse)) == 1
    other = house.run("maximus", "submit", "-", stdin=_proposals("submit-0001", target="198.51.100.1"))
    assert other.returncode == REFUSED
    for nonsense in ("", "{", '{"decisionId": 7}', "[1]"):
        assert house.run("maximus", "submit", "-", stdin=nonsense).returncode == USAGE
    assert house.run("maximus", "submit", "no-such-file.json").returncode == USAGE
    short = house.run("maximus", "submit", "-", stdin=_proposals("short"))
    assert (short.returncode, "decision_id" in short.stderr) == (USAGE, True)


def test_stats_and_health(house: _House) -> None:
    """The counts and the health are told to people and to programs."""
    (counted,) = _parsed(house.run("alice", "stats", "--json").stdout, v1.GetStatisticsResponse)
    assert isinstance(counted, v1.GetStatisticsResponse)
    assert len(counted.risks) == 4
    assert "critical" in house.run("alice", "stats").stdout
    assert json.loads(house.run("alice", "health", "--json").stdout) == {"status": "SERVING", "halts": 0}
    assert json.loads(house.run("maximus", "health", "--json").stdout)["status"] == "SERVING"
    assert house.run("alice", "health").stdout.startswith("serving")


def test_log(house: _House) -> None:
    """An auditor reads the ledger, its chain checked on the way, whole or one decision's part of it."""
    house.propose("audit-0001")
    whole = house.run("ann", "log")
    assert whole.returncode == DONE
    assert "every hash as it should be" in whole.stdout
    part = _parsed(house.run("ann", "log", "--decision", "audit-0001", "--json").stdout, v1.Entry)
    assert [each.decision_id for each in part if isinstance(each, v1.Entry)] == ["audit-0001"]
    assert house.run("ann", "approve", "audit-0001").returncode == NOT_REACHED


def test_watch(house: _House) -> None:
    """A watch from an offset shows what changed after it, and Ctrl-C is its good end."""
    house.propose("watch-0001")
    (shown,) = _parsed(house.run("alice", "show", "watch-0001", "--json").stdout, v1.Decision)
    assert isinstance(shown, v1.Decision)
    command = [sys.executable, "-m", "governance_client.cli", "watch", "--json", "--from", str(shown.offset - 1)]
    command += ["--credentials", str(house.credentials["alice"])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        change = json_format.Parse(watching.stdout.readline(), v1.Change())
        assert change.decision.decision_id == "watch-0001"
        house.run("alice", "reject", "watch-0001", "--reason", "no")
        change = json_format.Parse(watching.stdout.readline(), v1.Change())
        assert change.decision.state == v1.DECISION_STATE_REJECTED
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == DONE
        assert watching.stderr is not None
        assert watching.stderr.read() == ""


def test_watch_from_nowhere(house: _House) -> None:
    """An offset that the ledger does not have is a mistake that is named."""
    assert house.run("alice", "watch", "--from", "999999").returncode == USAGE


def test_not_reached(house: _House) -> None:
    """Where no server answers, the exit status says so and the sentence names what to do."""
    done = house.run("alice", "ls", "--server", "127.0.0.1:1")
    assert done.returncode == NOT_REACHED
    assert "Check that it runs" in done.stderr


def test_not_let_in(house: _House, tmp_path: Path) -> None:
    """A wrong credential is not let in."""
    text = house.credentials["alice"].read_text()
    start = text.index('token = "gw1.') + len('token = "gw1.') + 17
    forged = tmp_path / "forged.toml"
    forged.touch(mode=0o600)
    forged.write_text(text[:start] + "A" * 43 + text[start + 43 :])
    house.credentials["mallory"] = forged
    done = house.run("mallory", "ls")
    assert done.returncode == NOT_REACHED
    assert "A" * 43 not in done.stderr


def test_no_terminal(house: _House) -> None:
    """The console without a terminal says what to use in its place."""
    done = house.run("alice", "start")
    assert done.returncode == USAGE
    assert "needs a terminal" in done.stderr


def test_hostile_text(house: _House) -> None:
    """What an attacker wrote into a target does nothing to the terminal of whoever lists it."""
    house.propose("hostile-01", target="\x1b[2Jgone\u202e")
    for verb in (["ls"], ["show", "hostile-01"], ["show", "hostile-01", "--json"]):
        shown = house.run("alice", *verb).stdout
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_any_input_is_answered_with_a_sentence(house: _House, tmp_path: Path) -> None:
    """What is nested too deeply, is not UTF-8, or is no text at all is a mistake that is named."""
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000)
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"{}\xff")
    for file, what in ((deep, "nested too deeply"), (binary, "not UTF-8 (byte 3)"), (tmp_path, "Is a directory")):
        done = house.run("maximus", "submit", str(file))
        assert (done.returncode, what in done.stderr) == (USAGE, True), done.stderr
    for arguments in (["approve", "nobody-here", "--reason", "\udcff"], ["ls", "--core", "\udcff"], ["show", "\udcff"]):
        done = house.run("alice", *arguments)
        assert (done.returncode, "is not UTF-8" in done.stderr) == (USAGE, True), done.stderr
    assert "\x1b" not in house.run("alice", "ls", "\x1b[2J").stderr


@pytest.mark.parametrize(("closed", "status"), [("<&-", USAGE), (">&-", DONE), ("> /dev/full", REFUSED)])
def test_streams_that_are_not_there(house: _House, closed: str, status: int) -> None:
    """Without a standard input there is nothing to read, and an output that cannot be written is told in a sentence."""
    verb = "submit -" if closed == "<&-" else "stats"
    who = house.credentials["maximus" if closed == "<&-" else "alice"]
    command = f"{sys.executable} -m governance_client.cli {verb} --credentials {who} {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (status, False), done.stderr


def test_a_reader_that_has_seen_enough(house: _House, tmp_path: Path) -> None:
    """A pipe that is closed early ends a verb without a word; a feed does not call it a file that cannot be read."""
    alert = {"event_type": "alert", "timestamp": "2026-03-01T10:00:00", "alert": {"category": "x", "severity": 3}}
    (tmp_path / "eve.json").write_text(json.dumps(alert))
    for who, verb in (("alice", ["ls"]), ("maximus", ["feed", "eve", str(tmp_path / "eve.json"), "--json"])):
        command = [sys.executable, "-m", "governance_client.cli", *verb, "--credentials", str(house.credentials[who])]
        reading, writing = os.pipe()
        os.close(reading)
        try:
            done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        finally:
            os.close(writing)
        assert (done.returncode, done.stderr) == (BROKEN_PIPE, "")


def test_an_encoding_that_lacks_a_letter(house: _House) -> None:
    """On a terminal that has no such letters, they are shown as escapes."""
    house.propose("letters-0001", target="\u65e5")
    command = [sys.executable, "-m", "governance_client.cli", "show", "letters-0001"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "GOVERNANCE_CREDENTIALS": str(house.credentials["alice"])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "\\u65e5" in done.stdout, done.stderr) == (DONE, True, "")


def test_advice_is_given_once(house: _House) -> None:
    """Where the server says what to do, the client does not say it again."""
    assert "Use one with another role" not in house.run("alice", "cancel", "race-0001").stderr
    assert house.run("alice", "watch", "--from", "999999").stderr.lower().count("find out") == 1


def test_an_unusable_journal(house: _House, tmp_path: Path) -> None:
    """A journal that cannot be written is a mistake in usage, not a server that cannot be reached."""
    done = house.run("maximus", "feed", "eve", "-", "--journal", str(tmp_path / "none" / "acts"))
    assert (done.returncode, "cannot be written" in done.stderr) == (USAGE, True)


def test_what_was_not_tried_is_named(house: _House) -> None:
    """When the server does not let a verb go on, the decisions that were left out are named."""
    house.propose("left-0001", "left-0002")
    done = house.run("ann", "claim", "left-0001", "left-0002")
    assert (done.returncode, "Not tried any more: left-0002." in done.stderr) == (NOT_REACHED, True)


def test_a_server_address_of_its_own(house: _House, tmp_path: Path) -> None:
    """--server takes the place of an address that the credentials have and that is none."""
    path = house.credentials["alice"]
    text = path.read_text()
    address = next(line for line in text.splitlines() if line.startswith("server = "))
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.touch(mode=0o600)
    elsewhere.write_text(text.replace(address, 'server = "127.0.0.1:0"'))
    house.credentials["elsewhere"] = elsewhere
    assert house.run("elsewhere", "health").returncode == USAGE
    assert house.run("elsewhere", "health", "--server", address.split('"')[1]).returncode == DONE


def test_the_feed_says_once_why_it_stops(house: _House, tmp_path: Path) -> None:
    """What cannot be read is named, and a core that is not let in is told so in one line."""
    done = house.run("maximus", "feed", "eve", str(tmp_path))
    assert (done.returncode, f"{tmp_path} cannot be read" in done.stderr) == (USAGE, True), done.stderr
    done = house.run("alice", "feed", "eve", "-")
    assert (done.returncode, len(done.stderr.splitlines())) == (NOT_REACHED, 1), done.stderr


@pytest.mark.parametrize(
    "verb",
    [
        ("ls",),
        ("show", "ascii-0001"),
        ("exec", "queue", "show ascii-0001", "why ascii-0001"),
        ("--lang", "pt", "exec", "ajuda", "show ascii-0001", "aprovar nada"),
        ("--lang", "pt", "show", "none-such"),
        ("--lang", "pt", "reject", "--help"),
    ],
)
def test_ascii(house: _House, verb: tuple[str, ...]) -> None:
    """Where the locale is not of UTF-8, people get ASCII; what is for programs is the same everywhere."""
    house.propose("ascii-0001", target="josé…日本" * 9)
    told = house.run("alice", *verb, LC_ALL="C")
    assert (told.stdout + told.stderr).isascii()
    assert told.stdout + told.stderr
    assert "\\x" not in told.stdout + told.stderr
    here, there = (house.run("alice", "show", "ascii-0001", "--json", LC_ALL=each) for each in ("C", "C.UTF-8"))
    assert (here.stdout, here.returncode) == (there.stdout, DONE)
