"""The real server, killed with `kill -9` at every named point under load: what it promised holds afterwards."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import pytest

from crashing.killing import RANDOM, Crashing, Summary, plan
from crashing.reading import Ledger, findings, read
from governance import v1
from governance_server.domain.note import read_checkpoint, read_note
from tests.support.doomed_server import POINTS
from tests.unit.test_tree import naive_root

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crashing.account import Account

KILLS = len(POINTS) + 2
"""Every point once, and two random moments."""

pytestmark = pytest.mark.timeout(300)


class Crashed(NamedTuple):
    """A run that is over."""

    summary: Summary
    path: Path
    ledger: Ledger
    account: Account
    replicas: Mapping[str, Mapping[str, v1.Decision]]


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Crashed:
    """A server that was killed at every point, its callers, and its ledger."""
    chance = random.Random(20260102)
    crashing = Crashing(tmp_path_factory.mktemp("crashed"), chance, lambda _: None)
    summary = asyncio.run(crashing.run(plan(KILLS, chance)))
    path = crashing.server.directory / "ledger.db"
    replicas = {one.name: one.replica for one in crashing.callers}
    return Crashed(summary, path, read(path), crashing.account, replicas)


def test_what_was_promised_holds_after_kill_9(crashed: Crashed) -> None:
    """Acknowledged is there; one order for an approval, accepted once; timers once; everyone knows everything."""
    assert crashed.summary.findings == []
    assert crashed.summary.kills.keys() == {*POINTS, RANDOM}
    assert crashed.summary.acknowledged > KILLS * 10
    assert crashed.summary.resumed > KILLS


def test_the_tree_continues_after_kill_9(crashed: Crashed) -> None:
    """Every checkpoint that was signed between the kills has the root of the entries there are."""
    with closing(sqlite3.connect(crashed.path)) as database:
        leaves = [row[0] for row in database.execute("SELECT hash FROM entries ORDER BY offset")]
        notes = [row[0] for row in database.execute("SELECT note FROM checkpoints")]
    signed = [read_checkpoint(read_note(note).text) for note in notes]
    assert len(signed) > KILLS / 2
    assert all(naive_root(leaves[: one.size]) == one.root for one in signed)


class TestItWouldHaveShown:
    """Each of the promises, broken in a copy of what was read, is found."""

    def found(self, crashed: Crashed, *entries: v1.Entry, without: int = 0) -> str:
        there = {**crashed.ledger.entries, **{one.offset: one for one in entries}}
        there.pop(without, None)
        return "; ".join(findings(Ledger(there, crashed.ledger.decisions), crashed.account, crashed.replicas))

    def entry(self, crashed: Crashed, kind: str) -> v1.Entry:
        """Return a copy of the first entry with an event of a kind."""
        for entry in crashed.ledger.entries.values():
            if any(event.HasField(kind) for event in entry.events):  # type: ignore[arg-type]  # a kind's name
                copy = v1.Entry()
                copy.CopyFrom(entry)
                return copy
        raise AssertionError(kind)

    @pytest.mark.parametrize("kind", ["decision_proposed", "order_accepted", "decision_rejected"])
    def test_a_loss(self, crashed: Crashed, kind: str) -> None:
        """An acknowledged entry that is not there."""
        lost = self.entry(crashed, kind).offset
        assert f"is entry {lost}, which is not there" in self.found(crashed, without=lost)

    @pytest.mark.parametrize(
        ("kind", "complaint"),
        [
            ("order_issued", "approvals, and the orders"),
            ("order_accepted", "was accepted 2 times"),
            ("sla_warned", "warned more than once"),
            ("sla_breached", "breached more than once"),
            ("decision_rejected", "it ended more than once"),
        ],
    )
    def test_something_twice(self, crashed: Crashed, kind: str, complaint: str) -> None:
        """An order, an acceptance, a warning, a breach, an end that come twice."""
        again = self.entry(crashed, kind)
        again.offset = len(crashed.ledger.entries) + 1
        assert complaint in self.found(crashed, again)

    @pytest.mark.parametrize("kind", ["sla_warned", "sla_breached", "decision_expired"])
    def test_something_early(self, crashed: Crashed, kind: str) -> None:
        """What was due is never recorded before its moment."""
        early = self.entry(crashed, kind)
        early.recorded_at.FromMicroseconds(early.recorded_at.ToMicroseconds() - 3_000_000)
        assert " us early" in self.found(crashed, early)

    def test_a_gap(self, crashed: Crashed) -> None:
        """A caller that was never told of a decision, or not of its last change."""
        decisions = dict(crashed.ledger.decisions)
        name, one = next(iter(decisions.items()))
        del decisions[name]
        missed = findings(crashed.ledger, crashed.account, {"watcher": decisions})
        assert missed == [f"watcher was never told of 1 decisions, such as {name}"]
        stale = v1.Decision()
        stale.CopyFrom(one)
        stale.version -= 1
        told = findings(crashed.ledger, crashed.account, {"watcher": {**decisions, name: stale}})
        assert told == [f"watcher has {name} as of {one.offset}, and the ledger has it otherwise"]
