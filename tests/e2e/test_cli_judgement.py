"""The command line's verbs of judgement against the real server: votes, changes, questions, halts, undo and policy."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from google.protobuf import json_format

from governance import v1
from tests.support.server import ServerProcess
from tests.support.wire import operate_stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DONE, REFUSED, USAGE, NOT_REACHED = 0, 1, 2, 3
ROLES = {
    "maximus": "core",
    "alice": "soc_operator",
    "bob": "soc_supervisor",
    "carol": "security_manager",
    "dave": "ciso",
    "erin": "ciso",
}


class _House:
    """A running server with one caller of each kind, and the program `governance`."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.credentials = {name: server.add(name, role) for name, role in ROLES.items()}

    def run(self, who: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one verb as someone."""
        command = [sys.executable, "-m", "governance_client.cli", *arguments]
        command += ["--credentials", str(self.credentials[who])]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def done(self, who: str, *arguments: str, stdin: str = "") -> str:
        """Run one verb to its good end; return what it said."""
        done = self.run(who, *arguments, stdin=stdin)
        assert done.returncode == DONE, done.stderr
        return done.stdout

    def propose(self, decision_id: str, *targets: str, critical: bool = False) -> None:
        """Have core propose to block addresses that no other test blocks."""
        named = targets or (f"192.0.2.{sum(decision_id.encode()) % 250}",)
        action: dict[str, object] = {
            "type": "ACTION_TYPE_BLOCK_IP",
            "scope": "ACTION_SCOPE_DEPARTMENT",
            "targets": [{"kind": "TARGET_KIND_IP_ADDRESS", "value": each} for each in named],
            "parameters": {"for": decision_id},
        }
        made: dict[str, object] = {"decisionId": decision_id, "action": action, "confidence": 0.5}
        if critical:
            made |= _CRITICAL
            action |= {"type": "ACTION_TYPE_DELETE_DATA", "scope": "ACTION_SCOPE_GLOBAL"}
        self.done("maximus", "submit", "-", stdin=json.dumps(made))

    def decision(self, decision_id: str) -> v1.Decision:
        """Read a decision."""
        return json_format.Parse(self.done("alice", "show", decision_id, "--json"), v1.Decision())


_CRITICAL = {
    "confidence": 0.2,
    "threat": {"score": 1.0, "novelty": "NOVELTY_ZERO_DAY"},
    "assets": [{"name": "db", "criticality": "CRITICALITY_CRITICAL"}],
    "businessImpact": {"estimatedCostUsd": 1e6, "operational": 1.0, "reputational": 1.0},
    "dataClassification": "DATA_CLASSIFICATION_TOP_SECRET",
    "complianceTags": ["GDPR"],
    "dataType": "PII",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_House]:
    server = ServerProcess(tmp_path_factory.mktemp("house") / "server", policy="")
    server.start()
    try:
        yield _House(server)
    finally:
        server.close()


def test_two_have_to_approve_what_is_critical(house: _House) -> None:
    """The first approval counts one of two, the same person again is refused, the second person's gives the leave."""
    house.propose("quorum-01", critical=True)
    waiting = house.decision("quorum-01")
    assert (waiting.assessment.risk, waiting.quorum.required) == (v1.RISK_LEVEL_CRITICAL, 2)
    house.done("dave", "approve", "quorum-01", "--comment", "agreed")
    assert "1 of 2 approvals" in house.done("alice", "show", "quorum-01")
    assert house.run("dave", "approve", "quorum-01").returncode == REFUSED
    house.done("erin", "approve", "quorum-01")
    assert house.decision("quorum-01").state == v1.DECISION_STATE_APPROVED


def test_modify(house: _House) -> None:
    """A narrower action is approved in the first one's place, and the difference is recorded and shown."""
    house.propose("modify-01", "203.0.113.1", "203.0.113.2")
    assert house.run("alice", "modify", "modify-01", "scope=host").returncode == REFUSED
    assert house.run("alice", "modify", "modify-01", "colour=red", "--yes").returncode == USAGE
    wider = house.run("alice", "modify", "modify-01", "scope=global", "--yes")
    assert (wider.returncode, bool(wider.stderr)) == (REFUSED, True)
    changes = ("scope=host", "targets-=203.0.113.2", "duration=30m")
    house.done("alice", "modify", "modify-01", *changes, "--yes", "--comment", "one is enough")
    found = house.decision("modify-01")
    assert found.state == v1.DECISION_STATE_APPROVED
    action = found.proposal.action
    assert [each.value for each in action.targets] == ["203.0.113.1"]
    assert (action.scope, action.duration.seconds) == (v1.ACTION_SCOPE_HOST, 1800)
    text = house.done("alice", "show", "modify-01")
    assert "narrowed by alice" in text
    assert "scope: department → host" in text.replace("ACTION_SCOPE_", "").lower()


def test_defer_ask_note_and_revise(house: _House) -> None:
    """What is set aside, asked and noted stands in the decision; what is returned for revision has ended."""
    house.propose("judge-01")
    house.done("alice", "defer", "judge-01", "2m")
    assert house.run("alice", "defer", "judge-01", "20h").returncode == REFUSED
    assert house.run("alice", "defer", "judge-01", "soon").returncode == USAGE
    house.done("alice", "ask", "judge-01", "Since when?")
    house.done("alice", "note", "judge-01", "Seen before.")
    text = house.done("bob", "show", "judge-01")
    for told in ("deferred ", "Since when?", "not yet", "Seen before."):
        assert told in text
    house.done("alice", "revise", "judge-01", "one address at a time")
    ended = house.decision("judge-01")
    assert (ended.state, ended.returned) == (v1.DECISION_STATE_REJECTED, True)


async def test_assign_and_who(house: _House) -> None:
    """A decision is given to somebody who is there, found by that person, and taken away again."""
    house.propose("assign-01")
    who = house.done("alice", "who", "assign-01")
    assert "not connected alice (soc_operator)" in who
    assert "None of them can be reached." in who
    assert house.run("bob", "assign", "assign-01", "alice").returncode == REFUSED
    async with operate_stream(house.credentials["alice"]) as wire:
        await wire.until(lambda seen: "assign-01" in seen.replica)
        house.done("bob", "assign", "assign-01", "alice")
        assert "reachable     alice (soc_operator)" in house.done("alice", "who", "assign-01")
        house.done("alice", "away")
        assert "away          alice (soc_operator)" in house.done("alice", "who", "assign-01")
        house.done("alice", "back")
    assert "assign-01" in house.done("alice", "ls", "--mine")
    assert "assign-01" not in house.done("bob", "ls", "--mine")
    house.done("bob", "assign", "assign-01", "--nobody")
    assert "assign-01" not in house.done("alice", "ls", "--mine")
    assert house.run("bob", "assign", "assign-01").returncode == USAGE
    found = json_format.Parse(house.done("alice", "who", "assign-01", "--json"), v1.ListEligibleOperatorsResponse())
    assert "alice" in {each.operator.name for each in found.operators}


def test_halt(house: _House) -> None:
    """What is approved under a halt is held and shown so; two people end it; then the order is given."""
    house.propose("halt-0001", "203.0.113.77")
    assert house.run("alice", "halt", "--reason", "x").returncode != DONE
    assert house.run("bob", "halt", "--scope", "everything", "--reason", "x").returncode == USAGE
    said = house.done("bob", "halt", "--scope", "target=203.0.113.77", "--reason", "breach under way")
    assert said.startswith("halted target 203.0.113.77 until it is released")
    (halt,) = [json_format.Parse(line, v1.Halt()) for line in house.done("alice", "halts", "--json").splitlines()]
    for verb in (["halts"], ["stats"], ["health"]):
        assert "HALTED target 203.0.113.77 by bob" in house.done("alice", *verb)
    house.done("alice", "approve", "halt-0001")
    assert house.decision("halt-0001").held
    assert "by a halt" in house.done("alice", "show", "halt-0001")
    first = house.done("bob", "release-halt", halt.halt_id, "--reason", "mended")
    assert "another has to" in first
    assert house.run("bob", "release-halt", halt.halt_id, "--reason", "again").returncode == REFUSED
    assert "it is over" in house.done("carol", "release-halt", halt.halt_id, "--reason", "agreed")
    assert "No halt" in house.done("alice", "halts")
    released = house.decision("halt-0001")
    assert (released.held, released.order.order_id) == (False, "halt-0001/1")
    assert house.run("bob", "release-halt", halt.halt_id, "--reason", "again").returncode == REFUSED


def test_a_halt_ends_by_itself(house: _House) -> None:
    """One that was declared for a time says when it ends."""
    house.done("bob", "halt", "--scope", "core=nobody-here", "--for", "30m", "--reason", "for a while")
    assert "ends by itself in" in house.done("alice", "halts")


def test_undo_and_reconcile_need_something_to_settle(house: _House) -> None:
    """What was not executed can be neither undone nor settled."""
    house.propose("settle-01")
    assert house.run("alice", "undo", "settle-01", "--reason", "ours").returncode == REFUSED
    assert house.run("alice", "reconcile", "settle-01", "executed", "--evidence", "saw it").returncode == REFUSED
    assert house.run("alice", "reconcile", "settle-01", "perhaps", "--evidence", "x").returncode == USAGE
    assert house.run("alice", "reconcile", "settle-01", "failed", "--evidence", " ").returncode == USAGE


def test_policy(house: _House, tmp_path: Path) -> None:
    """The policy in force can be read, compared with, checked, tried out and replaced, each problem with its place."""
    document = json_format.Parse(house.done("carol", "policy", "show", "--json"), v1.GetPolicyResponse()).document
    same = tmp_path / "same.toml"
    same.write_text("# only a comment more\n" + document)
    assert "says what the policy in force says" in house.done("carol", "policy", "diff", str(same))
    assert house.done("carol", "policy", "check", str(same)).startswith("in order; digest ")
    bad = tmp_path / "bad.toml"
    bad.write_text(document + "\n[nonsense]\nx = 1\n")
    checked = house.run("carol", "policy", "check", str(bad))
    assert (checked.returncode, checked.stdout.startswith(f"{bad}:")) == (REFUSED, True)
    assert "nonsense" in checked.stdout
    refused = house.run("carol", "policy", "apply", str(bad), "--reason", "trying")
    assert (refused.returncode, "Not applied" in refused.stderr) == (REFUSED, True)
    assert house.run("carol", "policy", "check", str(tmp_path / "none")).returncode == USAGE
    assert house.run("carol", "policy", "apply", str(same), "--reason", " ").returncode == USAGE
    (tmp_path / "torn.toml").write_text("a =")
    assert house.run("carol", "policy", "diff", str(tmp_path / "torn.toml")).returncode == USAGE
    assert "looked at" in house.done("carol", "policy", "replay", str(same))
    assert "looked at" in house.done("carol", "policy", "replay", str(same), "--since", "1h")
    assert house.run("carol", "policy", "replay", str(same), "--since", "yesterday").returncode == USAGE
    assert house.run("alice", "policy", "apply", str(same), "--reason", "not mine").returncode != DONE
    assert house.run("carol", "policy", "apply", str(same), "--reason", "no change").returncode == REFUSED
    other = tmp_path / "other.toml"
    other.write_text(re.sub(r"(?m)^proposals_per_hour = 1_?000\b", "proposals_per_hour = 2000", document))
    differs = house.done("carol", "policy", "diff", str(other))
    assert "1000 → 2000" in differs
    (one,) = (json.loads(line) for line in house.done("carol", "policy", "diff", str(other), "--json").splitlines())
    assert (one["before"], one["after"]) == ("1000", "2000")
    assert "in force for every proposal" in house.done("carol", "policy", "apply", str(other), "--reason", "busier")
    assert "applied by carol" in house.done("carol", "policy", "show")


def test_a_missing_entry_would_show(house: _House) -> None:
    """The ledger is read to the end that the server names, from its first entry and from the middle."""
    for offset in ("0", "3"):
        assert "every hash as it should be" in house.done("alice", "log", "--from", offset)
