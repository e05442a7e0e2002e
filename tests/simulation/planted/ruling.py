"""Bugs in who gives leave, and for what."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from governance import v1
from governance_server.domain import (
    executing,
    house,
    judging,
    lifecycle,
    ordering,
    passing,
    proposing,
    refusal,
    sufficiency,
)
from governance_server.domain.house import house_of
from governance_server.domain.modifying import modified
from governance_server.engine import governor
from governance_server.engine.deliberation import Deliberation
from tests.simulation.planted.bug import Bug, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from governance_server.domain.house import House
    from governance_server.domain.policy import Policy


def _never(*_: Any) -> None:
    """Refuse nothing."""


@contextmanager
def stale_verdict_counts() -> Iterator[None]:
    """Count a verdict whatever its author saw."""
    with replaced((judging, "_stale", _never)):
        yield


@contextmanager
def counted_twice() -> Iterator[None]:
    """Count votes, not people."""

    def enough(votes: Sequence[tuple[str, int]], required: int, _roles: Sequence[int]) -> bool:
        return len(votes) >= max(1, required)

    with replaced(
        (judging, "has_approved", lambda *_: False), (judging, "enough", enough), (sufficiency, "enough", enough)
    ):
        yield


@contextmanager
def votes_survive() -> Iterator[None]:
    """Count the votes for the action of before along with those for the modified one."""

    def keeping(decision: v1.Decision, actor: v1.Actor, action: v1.Action) -> v1.Decision:
        new = modified(decision, actor, action)
        new.votes.extend(decision.votes)
        return new

    def counted(_policy: Policy, decision: v1.Decision, _needed: Any) -> list[tuple[str, v1.Role.ValueType]]:
        return [(vote.actor.name, vote.actor.role) for vote in decision.votes if vote.approved]

    with replaced((judging, "modified", keeping), (judging, "counted", counted)):
        yield


@contextmanager
def policy_ignored() -> Iterator[None]:
    """Hold an approval to the policy of its proposal alone."""
    with replaced((sufficiency, "_assessed_otherwise", lambda *_: False)):
        yield


@contextmanager
def own_proposal_approved() -> Iterator[None]:
    """Let everybody approve everything, also what another has in hand."""
    with replaced((judging, "_own_or_claimed", _never), (passing, "stands_behind", lambda *_: False)):
        yield


@contextmanager
def order_during_halt() -> Iterator[None]:
    """Give the order that an approval asks for without looking at the halts."""
    with replaced((ordering, "covering_halts", lambda *_: [])):
        yield


@contextmanager
def order_left_by_halt() -> Iterator[None]:
    """Declare a halt, and leave the orders within it as they are."""
    with replaced((Deliberation, "_settle_orders", lambda _: None)):
        yield


@contextmanager
def halt_forgotten() -> Iterator[None]:
    """Start without the halts that are in force."""

    def without_halts(rows: Any) -> House:
        return house_of({key: value for key, value in rows.items() if not key.startswith("halt/")})

    with replaced((governor, "house_of", without_halts)):
        yield


@contextmanager
def halt_covers_too_little() -> Iterator[None]:
    """Take a halt on a target, or on a type of action, for one that covers nothing."""
    whole = house.covers

    def covers(scope: v1.HaltScope, core: str, action: v1.Action) -> bool:
        return scope.WhichOneof("scope") in ("all", "core") and whole(scope, core, action)

    with replaced((house, "covers", covers), (proposing, "covers", covers)):
        yield


@contextmanager
def accepted_twice() -> Iterator[None]:
    """Let every instance of a core accept the same order."""
    acceptable = executing._not_acceptable

    def anybody(decision: v1.Decision, now_us: int) -> v1.Refusal | None:
        return None if decision.state == v1.DECISION_STATE_EXECUTING else acceptable(decision, now_us)

    again = (v1.DECISION_STATE_EXECUTING, "order_accepted")
    with replaced(
        (executing, "_not_acceptable", anybody),
        (lifecycle.TRANSITIONS, again, v1.DECISION_STATE_EXECUTING),  # type: ignore[arg-type] # a key of that table
    ):
        yield


@contextmanager
def lapsed_order_accepted() -> Iterator[None]:
    """Let core accept an order as long as the timekeeper has not come by."""
    acceptable = executing._not_acceptable

    with replaced((executing, "_not_acceptable", lambda decision, _now_us: acceptable(decision, 0))):
        yield


@contextmanager
def another_order_accepted() -> Iterator[None]:
    """Let core accept an order for whatever action it computed."""
    mismatch = executing._mismatch

    def unread(decision: v1.Decision, command: v1.AcceptOrder | v1.ReportOrder) -> v1.Refusal | None:
        found = mismatch(decision, command)
        return None if found and found.reason == v1.REFUSAL_REASON_ACTION_CHANGED else found

    with replaced((executing, "_mismatch", unread)):
        yield


@contextmanager
def judged_after_the_end() -> Iterator[None]:
    """Count a rejection of what was rejected before."""
    rejected = v1.DECISION_STATE_REJECTED
    unanswered = judging.unanswered

    def never_too_late(decision: v1.Decision, whose: str) -> v1.Refusal | None:
        return None if decision.state == rejected else unanswered(decision, whose)

    table = lifecycle.TRANSITIONS
    again = [(rejected, kind) for kind in ("decision_rejected", "vote_cast", "decision_deferred", "proposal_returned")]
    approved = v1.DECISION_STATE_APPROVED
    with replaced(
        (judging, "unanswered", never_too_late),
        *((table, key, rejected) for key in again),  # type: ignore[arg-type] # keys of that table
        (table, (rejected, "decision_approved"), approved),  # type: ignore[arg-type]
    ):
        yield


@contextmanager
def loser_not_told_who() -> Iterator[None]:
    """Tell whoever comes second that somebody was first."""
    with replaced((refusal, "who", lambda _: "somebody")):
        yield


_APPROVING = frozenset({"racing", "malicious"})
_HALTING = frozenset({"halting"})

BUGS = (
    Bug(
        "stale verdict counts",
        "A verdict is counted for another action than its author saw.",
        (2,),
        10,
        stale_verdict_counts,
        tempers=frozenset({"malicious", "modifying"}),
    ),
    Bug("counted twice", "One person is two of a quorum.", (2,), 15, counted_twice, tempers=_APPROVING),
    Bug(
        "votes survive",
        "Votes for the action of before count for the modified one.",
        (2,),
        30,
        votes_survive,
        tempers=frozenset({"modifying", "racing"}),
    ),
    Bug(
        "policy ignored",
        "A policy that asks for more people is not asked.",
        (2,),
        30,
        policy_ignored,
        tempers=frozenset({"changing policy"}),
    ),
    Bug(
        "claim ignored",
        "An operator approves what another has in hand, or what is one's own.",
        (2,),
        15,
        own_proposal_approved,
        tempers=frozenset({"claiming", "racing"}),
    ),
    Bug(
        "order during halt", "An order is given while a halt covers it.", (2,), 15, order_during_halt, tempers=_HALTING
    ),
    Bug("order left by halt", "A halt leaves orders to be accepted.", (2,), 15, order_left_by_halt, tempers=_HALTING),
    Bug(
        "halt forgotten",
        "A restart forgets the halts.",
        (2, 4),
        15,
        halt_forgotten,
        faults=frozenset({"kills"}),
        tempers=_HALTING,
    ),
    Bug(
        "halt covers too little",
        "A halt on a target does not cover it.",
        (2,),
        15,
        halt_covers_too_little,
        tempers=_HALTING,
    ),
    Bug("accepted twice", "Two instances accept one order.", (2,), 10, accepted_twice, shape=(("instances", 3),)),
    Bug(
        "lapsed order accepted",
        "An order is accepted after its time.",
        (2,),
        30,
        lapsed_order_accepted,
        faults=frozenset({"store stalls"}),
    ),
    Bug(
        "another order accepted",
        "An order is accepted for another action than the approved one.",
        (2, 7),
        15,
        another_order_accepted,
        tempers=frozenset({"malicious"}),
    ),
    Bug(
        "judged after the end",
        "A verdict is counted after the end.",
        (3, 2),
        15,
        judged_after_the_end,
        tempers=_APPROVING,
    ),
    Bug(
        "loser not told who",
        "Whoever comes second is not told who was first.",
        (3,),
        10,
        loser_not_told_who,
        tempers=_APPROVING,
    ),
)
