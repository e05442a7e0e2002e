"""Promise 2, no leave without approval: each order has its approval, each execution its order, outside of all halts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_client.digest import action_digest
from tests.simulation.checkers.moments import us
from tests.simulation.history import BrokenPromiseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulation.checkers.ledger import Ledger, Row
    from tests.simulation.checkers.origin import Command
    from tests.simulation.history import Executed


class Leave:
    """Orders, from where they are given to where they are carried out."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._executed: dict[str, str] = {}

    def event(self, row: Row, event: v1.Event, now: v1.Decision) -> None:
        """Check an event that gives leave, takes it, or uses it."""
        match event.WhichOneof("kind"):
            case "decision_proposed":
                self._proposed(row, event.decision_proposed)
            case "order_issued":
                self._issued(row, event.order_issued, now)
            case "order_held":
                _assure(bool(self._ledger.covering(row, now)), row, "is held, and no halt covers it")
            case "order_withdrawn":
                withdrawn = event.order_withdrawn
                _assure(withdrawn.order_id == now.order.order_id, row, "withdraws an order that there is not")
                _assure(not now.order.accepted_by, row, "withdraws what core may have done")
                _assure(us(withdrawn.held_until) == us(now.order.accept_by), row, "gives time that there was not")
            case "order_accepted":
                self._accepted(row, event.order_accepted, now)
            case "outcome_reported":
                _assure(event.outcome_reported.order_id == now.order.order_id, row, "reports on another order")
                _assure(bool(now.order.accepted_by), row, "reports on what nobody accepted")
            case "halt_ended":
                self._halt_ended(row, event.halt_ended)

    def accepted_from(self, row: Row, commands: Sequence[Command]) -> None:
        """Check that core asked for the very order and action that it was given."""
        if row.kinds[0] != "order_accepted" or row.before is None:
            return
        order, instance = row.before.order, row.entry.events[0].order_accepted.instance
        asked = [one.accept_order for one in commands if isinstance(one, v1.CoreCommand)]
        fitting = [one for one in asked if (one.order_id, one.action_digest) == (order.order_id, order.action_digest)]
        _assure(any(one.instance == instance for one in fitting), row, "gives leave that was not asked for so")

    def settled(self) -> None:
        """Check, after a whole transaction, that no order is there to be accepted within a halt."""
        if not self._ledger.halts:
            return
        for decision in self._ledger.open.values():
            if decision.state != v1.DECISION_STATE_APPROVED or not decision.HasField("order"):
                continue
            for halt in self._ledger.halts.values():
                if halt.covers(decision):
                    order_id = decision.order.order_id
                    raise BrokenPromiseError(2, f"order {order_id} can be accepted, and {halt.halt_id} covers it")

    def executed(self, executed: Executed) -> None:
        """Check what a core does against what it was given leave for."""
        core, _, instance = executed.client.partition("/")
        where = f"{executed.client} executes {executed.order_id}"
        former = self._executed.get(executed.order_id, "")
        self._executed[executed.order_id] = executed.client
        decision = self._ledger.newest(executed.decision_id)
        order = v1.Order() if decision is None else decision.order
        for holds, sentence in (
            (not former, f"which {former} executed before"),
            (decision is not None and decision.core == core, "which is not its own"),
            (order.order_id == executed.order_id and bool(order.accepted_by), "which nobody accepted"),
            (not instance or order.accepted_by == instance, f"which {order.accepted_by} accepted"),
            (action_digest(executed.action) == order.action_digest, "with another action than the order's"),
        ):
            if not holds:
                raise BrokenPromiseError(2, f"{where}, {sentence}")

    def _proposed(self, row: Row, proposed: v1.DecisionProposed) -> None:
        digest = action_digest(row.personal.proposal.action)
        _assure(proposed.action_digest == digest, row, "has another digest than its action")
        risk = proposed.assessment.risk
        _assure(proposed.quorum.required >= row.rules.least(risk), row, "asks fewer people than the policy")
        _assure(proposed.tier >= row.rules.least_tier(risk), row, "asks a lower tier than the policy")

    def _issued(self, row: Row, issued: v1.OrderIssued, now: v1.Decision) -> None:
        halts = [halt.halt_id for halt in self._ledger.halts.values() if halt.covers(now)]
        _assure(now.state == v1.DECISION_STATE_APPROVED, row, "gives leave for what is not approved")
        _assure(not now.HasField("order"), row, f"gives leave twice: {now.order.order_id} is there")
        _assure(issued.order_id == f"{now.decision_id}/{now.orders + 1}", row, f"names its order {issued.order_id}")
        _assure(issued.action_digest == now.action_digest, row, "gives leave for another action than the approved one")
        _assure(not halts, row, f"gives leave while {', '.join(halts)} covers it")
        _assure(us(issued.accept_by) == row.recorded_us + row.rules.accept_s * 1_000_000, row, "gives another time")

    def _accepted(self, row: Row, accepted: v1.OrderAccepted, now: v1.Decision) -> None:
        halts = [halt.halt_id for halt in self._ledger.covering(row, now)]
        _assure(now.state == v1.DECISION_STATE_APPROVED, row, "accepts an order of what is not approved")
        _assure(row.entry.actor.name == now.core, row, f"accepts an order of {now.core}'s")
        _assure(now.order.order_id == accepted.order_id, row, "accepts an order that there is not")
        _assure(not now.order.accepted_by, row, f"accepts what {now.order.accepted_by} accepted")
        _assure(now.order.action_digest == now.action_digest, row, "accepts an order for another action")
        _assure(row.recorded_us < us(now.order.accept_by), row, "accepts an order that lapsed")
        _assure(not halts, row, f"accepts an order while {', '.join(halts)} covers it")
        _assure(bool(accepted.instance), row, "does not say which instance acts")

    def _halt_ended(self, row: Row, ended: v1.HaltEnded) -> None:
        halt = self._ledger.halts.get(ended.halt_id)
        _assure(halt is not None, row, f"ends {ended.halt_id}, which is not in force")
        if halt is not None and not ended.expired:
            _assure(len(halt.released_by) >= row.rules.release_people, row, "ends a halt that too few released")


def _assure(holds: bool, row: Row, sentence: str) -> None:
    if not holds:
        about = f" on {row.entry.decision_id}" if row.entry.decision_id else ""
        raise BrokenPromiseError(2, f"entry {row.offset} ({', '.join(row.kinds)}{about}) by {row.who} {sentence}")
