"""`scripts/soak`: its judgement finds what it has to find, and its picture shows what was sampled."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from governance import v1
from governance_server.domain.moment import timestamp
from soaking import proposals
from soaking.journal import Journal, Sight, see
from soaking.judging import figures
from soaking.plan import Plan
from soaking.plot import picture
from soaking.proposals import Doing, Fate, decision_id, doing_of, fate_of, number_of, proposal
from soaking.reckoning import Account, Reckoning
from soaking.running import Happening, Soak
from soaking.slopes import trend
from tests.support.messages import CORE

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable
    from pathlib import Path

DIGEST = bytes(range(32))
FIRST = decision_id("alpha", 1)
ORDER = f"{FIRST}/1"
SVG = "{http://www.w3.org/2000/svg}"


PROPOSED = v1.Event(decision_proposed=v1.DecisionProposed(action_digest=DIGEST))
APPROVED = v1.Event(decision_approved=v1.DecisionApproved(action_digest=DIGEST))
ISSUED = v1.Event(order_issued=v1.OrderIssued(order_id=ORDER, action_digest=DIGEST))
ACCEPTED = v1.Event(order_accepted=v1.OrderAccepted(order_id=ORDER, instance="alpha-1"))
EXECUTED = v1.Event(outcome_reported=v1.OutcomeReported(order_id=ORDER, result=v1.OUTCOME_RESULT_EXECUTED))
Entries = list[tuple[str, str, tuple[v1.Event, ...]]]
LEDGER: Entries = [
    ("operator-1:0", "", (v1.Event(policy_applied=v1.PolicyApplied()),)),
    (FIRST, FIRST, (PROPOSED,)),
    ("operator-1:1", FIRST, (APPROVED, ISSUED)),
    ("alpha-1:1", FIRST, (ACCEPTED,)),
    ("alpha-1:2", FIRST, (EXECUTED,)),
]
"""A life as it has to be: each entry's request, decision and events. The journal below is about it."""


class Told:
    """What clients were told about that life, written down as they do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal(folder)
        for offset, (request, _, _) in enumerate(LEDGER[1:], 2):
            self.journal.acknowledged(offset, CORE.name, request)
        self.journal.executed(ORDER, "alpha-1")

    def saw(self, who: str, offset: int, version: int, *, whole: bool = True) -> None:
        """A follower was cut off at an offset with a version of the decision."""
        versions: dict[str, array[int]] = {}
        see(versions, "alpha", 1, version)
        self.journal.sight(who, Sight(offset, whole, versions))

    def reckon(self, entries: Entries | None = None) -> Account:
        """Hold the journal against a ledger."""
        self.journal.close()
        path = self.folder / "ledger.db"
        version = 0
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE entries (offset INTEGER PRIMARY KEY, entry BLOB)")
            for offset, (request, decision, events) in enumerate(LEDGER if entries is None else entries, 1):
                version += bool(decision)
                entry = v1.Entry(
                    offset=offset,
                    actor=CORE,
                    request_id=request,
                    decision_id=decision,
                    events=events,
                    decision_version=version if decision else 0,
                    recorded_at=timestamp(offset),
                )
                connection.execute("INSERT INTO entries VALUES (?, ?)", (offset, entry.SerializeToString()))
        return Reckoning(self.folder, path, lambda _: None).run()


@pytest.fixture
def life(tmp_path: Path) -> Told:
    return Told(tmp_path)


def test_a_life_as_it_has_to_be(life: Told) -> None:
    """Nothing is found wrong with it; a follower who is behind was told the newer state in place of the older."""
    life.saw("watcher-1", 5, 4)
    life.saw("watcher-1", 3, 2)
    life.saw("slow-1", 3, 1)
    life.saw("visitor", 4, 3, whole=False)
    account = life.reckon()
    assert account.wrong == []
    assert (account.entries, account.acknowledgements, account.executed, account.sights) == (5, 4, 1, 4)
    assert account.open == 0


def spoilt(*changes: tuple[int, v1.Event]) -> Entries:
    """The life, with an event added to entries."""
    entries = list(LEDGER)
    for place, event in changes:
        request, decision, events = entries[place]
        entries[place] = (request, decision, (*events, event))
    return entries


REJECTED = v1.Event(decision_rejected=v1.DecisionRejected())
WARNED = v1.Event(sla_warned=v1.SlaWarned(deadline=timestamp(9)))
SECOND_ORDER = v1.Event(order_issued=v1.OrderIssued(order_id=f"{FIRST}/2", action_digest=DIGEST))
OTHER = v1.Event(decision_approved=v1.DecisionApproved(action_digest=bytes(32)))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (LEDGER[:-1], "is not in the ledger"),
        ([*LEDGER[:2], ("else", FIRST, LEDGER[2][2]), *LEDGER[3:]], "not what was acknowledged"),
        (spoilt((3, ACCEPTED)), "was not given"),
        (spoilt((2, SECOND_ORDER)), "an order too many"),
        (spoilt((4, REJECTED)), "ends a second time"),
        (spoilt((1, WARNED), (1, WARNED)), "warned twice"),
        (spoilt((1, OTHER)), "approved a second time"),
    ],
)
def test_what_the_ledger_has_wrong_is_found(life: Told, entries: Entries, words: str) -> None:
    """An entry that was lost or exchanged, a second order, acceptance, end, approval or warning."""
    assert any(words in each for each in life.reckon(entries).wrong)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda life: life.journal.executed(ORDER, "alpha-1"), "executed twice"),
        (lambda life: life.journal.executed(ORDER, "alpha-2"), "another instance"),
        (lambda life: life.journal.executed(f"{FIRST}/2", "alpha-1"), "acceptance is not in the ledger"),
        (lambda life: life.journal.acknowledged(3, CORE.name, "another"), "to two requests"),
        (lambda life: life.saw("watcher-1", 5, 3), "had not seen"),
        (lambda life: life.saw("watcher-1", 3, 3), "ahead of the ledger"),
        (lambda life: life.saw("alpha-1", 5, 0), "had not seen"),
        (lambda life: life.journal.wrong("the resume point went back"), "resume point"),
    ],
)
def test_what_clients_did_or_missed_is_found(life: Told, spoil: Callable[[Told], None], words: str) -> None:
    """An action done twice or without leave, two acknowledgements for one entry, a change that nobody was told."""
    spoil(life)
    assert any(words in each for each in life.reckon().wrong)


def test_slopes() -> None:
    """What grows is found to grow by how much; what jumps about, and falls off once, is flat."""
    growing = [(float(at), 100.0 + 0.5 * at + (7 * at) % 5) for at in range(0, 1000, 5)]
    assert trend(growing).slope == pytest.approx(0.5, abs=0.01)
    assert trend(growing).growth == pytest.approx(0.5 * 995, rel=0.02)
    flat = [(float(at), 100.0 + (7 * at) % 5 - (90 if at == 500 else 0)) for at in range(0, 1000, 5)]
    assert abs(trend(flat).an_hour) < 2


def test_numbers() -> None:
    """Each number has an action of its own, and every fate and deed is some number's."""
    made = [proposal("alpha", number).action.SerializeToString(deterministic=True) for number in range(2000)]
    assert len(set(made)) == len(made)
    assert {fate_of(number) for number in range(2000)} == set(Fate)
    assert {doing_of(number) for number in range(2000)} == set(Doing)
    assert number_of(decision_id("alpha", 7)) == ("alpha", 7)
    assert proposals.chance_of(7, 1) == proposals.chance_of(7, 1) != proposals.chance_of(7, 2)


def soaked(growth: float) -> Soak:
    """A soak of an hour whose memory grows by so much in it."""
    times = [float(at) for at in range(0, 3600, 10)]
    samples = [
        {
            "at": at,
            "rss_bytes": 200e6 * (1 + growth * at / 3600),
            "files": 60.0 + at % 20 / 10,
            "threads": 14.0,
            "wal_bytes": 5e6,
            "ledger_bytes": 1e6 * at,
            "cpu_s": at / 2,
        }
        for at in times
    ]
    return Soak(
        rate=100.0,
        began=0.0,
        ended=3600.0,
        lives=[(0.0, 1200.0), (1205.0, 3600.0)],
        happenings=[Happening(1200.0, "kill", 5.0)],
        samples=samples,
        selves=[{"at": at, "tasks": 80.0, "objects": 1e5, "late_ms": 3.0} for at in times],
        tally=[{"at": at, "kind": "status", "open": 300.0, "offset": 400.0 * at} for at in times],
    )


@pytest.mark.parametrize(("growth", "holds"), [(0.0, True), (0.04, True), (0.2, False)])
def test_what_is_not_flat_is_found(growth: float, holds: bool) -> None:
    """Memory that grows by a fifth in an hour misses its bound; nothing else does."""
    found = figures(soaked(growth), Plan.of(60, 1))
    missed = [each.name for each in found if not each.holds]
    assert missed == ([] if holds else ["resident memory, growth in an hour"])


def test_what_was_not_looked_at_is_not_flat() -> None:
    """Where one of the instruments was silent in the judged window, the soak does not hold."""
    soak = soaked(0.0)
    soak.selves = soak.selves[:150]
    found = figures(soak, Plan.of(60, 1))
    assert [each.name for each in found if not each.holds] == ["samples in it, of the scarcest kind"]


def test_the_picture() -> None:
    """It is one document with a title, light and dark colours, and a curve for each figure."""
    svg = picture(soaked(0.0), Plan.of(60, 1), "beside <other> work")
    tree = ET.fromstring(svg)
    title = tree.find(f"{SVG}title")
    assert title is not None
    assert title.text == "A soak of 60 minutes at 100 proposals a second, beside <other> work"
    assert "prefers-color-scheme:dark" in svg
    assert svg.count("http") == 1, "the name of SVG itself"
    assert len(tree.findall(f"{SVG}path")) == 8
