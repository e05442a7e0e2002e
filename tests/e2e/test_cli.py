"""The command line against the real server: every verb, every exit status, JSON that parses back."""

from __future__ import annotations

import json
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


class _House:
    """A running server with one caller of each kind, and the program `governance`."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        roles = {"maximus": "core", "alice": "soc_operator", "bob": "ciso", "ann": "auditor"}
        self.credentials = {name: server.add(name, role) for name, role in roles.items()}

    def run(self, who: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one verb as someone."""
        command = [sys.executable, "-m", "governance_client.cli", *arguments]
        command += ["--credentials", str(self.credentials[who])]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def propose(self, *decision_ids: str, target: str = "203.0.113.7") -> None:
        """Have core propose to block an address, once for each id."""
        done = self.run("maximus", "submit", "-", stdin=_proposals(*decision_ids, target=target))
        assert done.returncode == DONE, done.stderr


def _proposals(*decision_ids: str, target: str = "203.0.113.7") -> str:
    action = {"type": "ACTION_TYPE_BLOCK_IP", "targets": [{"kind": "TARGET_KIND_IP_ADDRESS", "value": target}]}
    return json.dumps([{"decisionId": each, "action": action, "confidence": 0.5} for each in decision_ids])


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
    assert json.loads(house.run("alice", "health", "--json").stdout) == {"status": "SERVING"}
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
