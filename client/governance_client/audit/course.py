"""One decision's course as its entries tell it, and what may not happen in it.

The rules are those that need no policy to be judged: what may follow what, that leave is given for exactly the action
that was approved, by as many people as the decision asked for when it was proposed, and that it ends once. They are
written down anew here, apart from the server's.

```text
 WAITING ─► APPROVED ⇄ ORDERED ─► EXECUTING ─► UNKNOWN ─► ENDED, or EXECUTED, after which its reverse may be asked for
    └──────────┴──────────┴──────────► ENDED
```
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from governance import v1
from governance_client.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Phase(Enum):
    """Where a decision stands, as far as leave to act goes."""

    NEW = N_("not proposed")
    WAITING = N_("pending")
    APPROVED = N_("approved, without an order")
    ORDERED = N_("approved, with an order")
    EXECUTING = N_("executing")
    UNKNOWN = N_("of unknown outcome")
    EXECUTED = N_("executed")
    ENDED = N_("ended")


ENDS: Final = frozenset({Phase.EXECUTED, Phase.ENDED})
_W, _A, _O, _E, _U = Phase.WAITING, Phase.APPROVED, Phase.ORDERED, Phase.EXECUTING, Phase.UNKNOWN
_OPEN: Final = frozenset({_W, _A, _O, _E, _U})
_WHILE_WAITING: Final = (
    "vote_cast",
    "action_modified",
    "decision_approved",
    "decision_rejected",
    "proposal_returned",
    "decision_escalated",
    "decision_claimed",
    "decision_released",
    "decision_deferred",
    "decision_assigned",
    "information_requested",
    "information_provided",
    "sla_warned",
    "sla_breached",
)
_WHEN: Final[Mapping[str, frozenset[Phase]]] = {
    **dict.fromkeys(_WHILE_WAITING, frozenset({_W})),
    "decision_proposed": frozenset({Phase.NEW}),
    "decision_expired": frozenset({_W, _A, _O}),
    "decision_cancelled": frozenset({_W, _A, _O}),
    "order_issued": frozenset({_A}),
    "order_held": frozenset({_A}),
    "order_withdrawn": frozenset({_O}),
    "order_accepted": frozenset({_O}),
    "outcome_reported": frozenset({_E, _U}),
    "outcome_reconciled": frozenset({_U}),
    "undo_requested": frozenset({Phase.EXECUTED}),
    "reversal_proposed": frozenset({Phase.EXECUTED}),
    "alarm_raised": _OPEN,
    "proposal_repeated": _OPEN,
    "note_added": _OPEN | ENDS,
}
KINDS: Final = frozenset(_WHEN)
"""The events that are about a decision and that this version knows."""
_OUTCOMES: Final[Mapping[v1.OutcomeResult.ValueType, Phase]] = {
    v1.OUTCOME_RESULT_EXECUTED: Phase.EXECUTED,
    v1.OUTCOME_RESULT_FAILED: Phase.ENDED,
    v1.OUTCOME_RESULT_UNKNOWN: Phase.UNKNOWN,
}


class UnruledError(Exception):
    """An entry says what may not happen. The sentence says what, without a full stop."""


class Course:
    """One decision, entry by entry.

    Attributes:
        phase: Where it stands.
        version: How many entries there were about it.
    """

    __slots__ = (
        "_action",
        "_approved",
        "_automation",
        "_core",
        "_id",
        "_order",
        "_orders",
        "_quorum",
        "_votes",
        "phase",
        "version",
    )

    def __init__(self, decision_id: str) -> None:
        self.phase = Phase.NEW
        self.version = 0
        self._id = decision_id
        self._core = ""
        self._action = b""
        self._approved = b""
        self._automation = v1.AUTOMATION_LEVEL_UNSPECIFIED
        self._quorum: tuple[int, tuple[v1.Role.ValueType, ...]] = (1, ())
        self._votes: dict[str, v1.Role.ValueType] = {}
        self._order = ""
        self._orders = 0

    def take(self, entry: v1.Entry) -> None:
        """Take in an entry about it.

        Raises:
            UnruledError: It may not follow what was, or is not what it says it is.
        """
        for place, event in enumerate(entry.events):
            kind = event.WhichOneof("kind") or ""
            if self.phase not in _WHEN[kind]:
                raise UnruledError(
                    _("{event} of a decision that is {state}").format(event=kind, state=_(self.phase.value))
                )
            rule = _RULES.get(kind)
            if rule is not None:
                rule(self, getattr(event, kind), entry, place)
        self.version += 1

    def _propose(self, event: v1.DecisionProposed, entry: v1.Entry, place: int) -> None:
        _need(place == 0 and self.version == 0, N_("a proposal that is not its decision's beginning"))
        _need(entry.actor.kind == v1.ACTOR_KIND_CORE, N_("a proposal by somebody who is no core"))
        self.phase = Phase.WAITING
        self._core = entry.actor.name
        self._action = event.action_digest
        self._automation = event.assessment.automation
        self._quorum = (event.quorum.required, tuple(sorted(event.quorum.roles, reverse=True)))

    def _vote(self, event: v1.VoteCast, entry: v1.Entry, _: int) -> None:
        self._need_operator(entry, N_("a vote"))
        _need(event.action_digest == self._action, N_("a vote for another action than the one that was proposed"))
        self._count(entry)

    def _modify(self, event: v1.ActionModified, entry: v1.Entry, _: int) -> None:
        self._need_operator(entry, N_("a modification"))
        _need(
            event.previous_digest == self._action, N_("a modification of another action than the one that was proposed")
        )
        self._action = event.action_digest
        self._votes.clear()

    def _approve(self, event: v1.DecisionApproved, entry: v1.Entry, _: int) -> None:
        _need(event.action_digest == self._action, N_("the approval of another action than the one that was proposed"))
        if event.by_policy:
            _need(
                self.version == 0 and self._automation == v1.AUTOMATION_LEVEL_FULL,
                N_("an approval by the policy of what it did not approve when it was proposed"),
            )
        else:
            self._need_operator(entry, N_("an approval"))
            self._count(entry)
            _need(self._is_enough(), N_("an approval by fewer, or in lower roles, than the decision asked for"))
        self.phase, self._approved = Phase.APPROVED, event.action_digest

    def _order_issued(self, event: v1.OrderIssued, _: v1.Entry, __: int) -> None:
        _need(event.action_digest == self._approved, N_("an order for another action than the one that was approved"))
        self._orders += 1
        _need(event.order_id == f"{self._id}/{self._orders}", N_("an order that is not the decision's next one"))
        self.phase, self._order = Phase.ORDERED, event.order_id

    def _withdraw(self, event: v1.OrderWithdrawn, _: v1.Entry, __: int) -> None:
        self._need_order(event.order_id)
        self.phase = Phase.APPROVED

    def _accept(self, event: v1.OrderAccepted, entry: v1.Entry, _: int) -> None:
        self._need_order(event.order_id)
        self._need_core(entry, N_("an order accepted"))
        self.phase = Phase.EXECUTING

    def _report(self, event: v1.OutcomeReported, entry: v1.Entry, _: int) -> None:
        self._need_order(event.order_id)
        if entry.actor.kind == v1.ACTOR_KIND_CORE:
            self._need_core(entry, N_("an outcome reported"))
        self._come_out(event.result)

    def _reconcile(self, event: v1.OutcomeReconciled, entry: v1.Entry, _: int) -> None:
        self._need_order(event.order_id)
        self._need_operator(entry, N_("an outcome settled"))
        self._come_out(event.result)

    def _come_out(self, result: v1.OutcomeResult.ValueType) -> None:
        _need(result in _OUTCOMES, N_("an outcome that is none"))
        self.phase = _OUTCOMES[result]

    def _judge(self, event: v1.DecisionRejected | v1.ProposalReturned, entry: v1.Entry, _: int) -> None:
        self._need_operator(entry, N_("a rejection"))
        _need(event.action_digest == self._action, N_("the rejection of another action than the one that was proposed"))
        self.phase = Phase.ENDED

    def _end(self, *_: object) -> None:
        self.phase = Phase.ENDED

    def _count(self, entry: v1.Entry) -> None:
        _need(entry.actor.name not in self._votes, N_("a second vote by the same operator"))
        self._votes[entry.actor.name] = entry.actor.role

    def _is_enough(self) -> bool:
        required, roles = self._quorum
        held = sorted(self._votes.values(), reverse=True)
        if len(held) < max(1, required, len(roles)):
            return False
        return all(has >= wants for has, wants in zip(held, roles, strict=False))

    def _need_order(self, order_id: str) -> None:
        _need(order_id == self._order, N_("something about another order than the decision's"))

    def _need_operator(self, entry: v1.Entry, what: str) -> None:
        if entry.actor.kind != v1.ACTOR_KIND_OPERATOR:
            raise UnruledError(_("{what} by somebody who is no operator").format(what=_(what)))

    def _need_core(self, entry: v1.Entry, what: str) -> None:
        ours = entry.actor.kind == v1.ACTOR_KIND_CORE and entry.actor.name == self._core
        if not ours:
            raise UnruledError(_("{what} by another than the core that proposed it").format(what=_(what)))


_RULES: Final[Mapping[str, Callable[[Course, Any, v1.Entry, int], None]]] = {
    "decision_proposed": Course._propose,  # noqa: SLF001 - the table is the class's own
    "vote_cast": Course._vote,  # noqa: SLF001 - as above
    "action_modified": Course._modify,  # noqa: SLF001 - as above
    "decision_approved": Course._approve,  # noqa: SLF001 - as above
    "decision_rejected": Course._judge,  # noqa: SLF001 - as above
    "proposal_returned": Course._judge,  # noqa: SLF001 - as above
    "decision_expired": Course._end,  # noqa: SLF001 - as above
    "decision_cancelled": Course._end,  # noqa: SLF001 - as above
    "order_issued": Course._order_issued,  # noqa: SLF001 - as above
    "order_withdrawn": Course._withdraw,  # noqa: SLF001 - as above
    "order_accepted": Course._accept,  # noqa: SLF001 - as above
    "outcome_reported": Course._report,  # noqa: SLF001 - as above
    "outcome_reconciled": Course._reconcile,  # noqa: SLF001 - as above
}


def _need(truth: bool, otherwise: str) -> None:
    if not truth:
        raise UnruledError(_(otherwise))
