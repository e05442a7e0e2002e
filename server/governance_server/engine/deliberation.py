"""A deliberation: the commands of one transaction, decided in turn, each on the state that those before it led to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from governance import v1
from governance_server.domain.command import Command, State, Surroundings, Tick
from governance_server.domain.decide import decide
from governance_server.domain.lifecycle import is_open
from governance_server.engine.memory import deed_of
from governance_server.engine.ports import KnownRequest
from governance_server.engine.requests import recall, request_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_server.domain.command import Consequence
    from governance_server.engine.batch import Batch
    from governance_server.engine.memory import Deed, Memory
    from governance_server.engine.ports import DecisionRow
    from governance_server.engine.rates import Rates
    from governance_server.engine.requests import Request

TIMEKEEPER = v1.Actor(kind=v1.ACTOR_KIND_TIMEKEEPER)


class Known(NamedTuple):
    """What was read of the store for the commands of a transaction.

    Attributes:
        requests: Those of the commands that were accepted before, by key.
        decisions: Decisions that memory does not hold, or that others have changed.
        rejections: How often an action that is proposed was rejected, by its digest.
    """

    requests: Mapping[str, KnownRequest]
    decisions: Mapping[str, DecisionRow]
    rejections: Mapping[bytes, int]


class Deliberation:
    """Decides the commands of one transaction."""

    def __init__(
        self, batch: Batch, memory: Memory, known: Known, rates: Rates, connected: Mapping[str, v1.Role.ValueType]
    ) -> None:
        self._batch = batch
        self._memory = memory
        self._known = known
        self._rates = rates
        self._connected = connected
        self._twins: dict[Deed, str] = {}

    def rule(self, request: Request) -> v1.Receipt:
        """Decide one command; return its receipt."""
        batch, command, key = self._batch, request.command, request.key
        decision = self._decision(request.subject)
        known = (batch.known(key) or self._known.requests.get(key)) if key else None
        if known is not None:
            return recall(request, known, decision)
        ruling = decide(State(decision, batch.house, self._surroundings(request)), command, batch.now_us)
        if isinstance(ruling, v1.Refusal):
            if isinstance(command.body, v1.OperatorCommand) and ruling.reason != v1.REFUSAL_REASON_RATE_LIMITED:
                # Asking is what is limited, not being right.
                self._rates.count(request, batch.house.policy, batch.now_us)
            return v1.Receipt(request_id=request.request_id, refused=ruling)
        if not ruling.events:
            return v1.Receipt(accepted=v1.Accepted(offset=batch.head.offset))
        entry = self._record(request, decision, ruling)
        if key:
            batch.remember(key, KnownRequest(request.digest, entry.offset, ruling.joined))
            self._rates.count(request, batch.house.policy, batch.now_us)
            if decision is not None and request.batch_id:
                self._rates.decided(request, decision.assessment.score)
        accepted = v1.Accepted(offset=entry.offset, joined=ruling.joined)
        for body in ruling.then:
            self.rule(request_of(Command(TIMEKEEPER, body)))
        return v1.Receipt(request_id=request.request_id, accepted=accepted)

    def _record(self, request: Request, decision: v1.Decision | None, ruling: Consequence) -> v1.Entry:
        """Add the entry of an accepted command, and take what it is about to its next state."""
        batch, halts = self._batch, self._batch.house.halts
        decision_id = ruling.joined or request.subject
        about = self._decision(decision_id) if ruling.joined else decision
        version = (0 if about is None else about.version) + 1 if decision_id else 0
        actor = request.command.actor
        entry = batch.append(actor, request.request_id, decision_id, ruling, request.verdict, version)
        if decision_id:
            following = batch.advance(about, entry, ruling.personal)
            if is_open(following.state):
                self._twins[deed_of(following)] = decision_id
        if batch.house.halts is not halts:
            self._settle_orders()
        return entry

    def _settle_orders(self) -> None:
        """Withdraw the orders that a new halt covers, and issue those that none holds back any more."""
        changed = {one.row.decision.decision_id: None for one in self._batch.changed()}
        for decision_id in {**dict.fromkeys(self._memory.approved()), **changed}:
            decision = self._decision(decision_id)
            if decision is not None and decision.state == v1.DECISION_STATE_APPROVED:
                self.rule(request_of(Command(TIMEKEEPER, Tick(decision_id))))

    def _decision(self, decision_id: str) -> v1.Decision | None:
        """Return a decision as the batch has led to, open or closed."""
        if not decision_id:
            return None
        decision = self._batch.decision(decision_id)
        if decision is not None:
            return decision
        row = self._known.decisions.get(decision_id)
        return self._memory.open.get(decision_id) if row is None else row.decision

    def _surroundings(self, request: Request) -> Surroundings:
        open_decisions = len(self._memory.open) + self._batch.opened
        wait_us = self._rates.wait_us(request, self._batch.house.policy, self._batch.now_us)
        command = request.command
        if request.kind != "proposal":
            tally = self._rates.tally(request)
            return Surroundings(open_decisions, self._connected, retry_after_us=wait_us, batch=tally)
        assert isinstance(command.body, v1.CoreCommand)
        return Surroundings(
            open_decisions=open_decisions,
            connected=self._connected,
            twin=self._twin((command.actor.name, request.action_digest)),
            rejections=self._known.rejections.get(request.action_digest, 0),
            original=self._decision(command.body.proposal.reverses),
            retry_after_us=wait_us,
        )

    def _twin(self, deed: Deed) -> v1.Decision | None:
        """Return an open decision about the same deed, as the batch has led to."""
        committed = self._memory.twin(deed)
        for decision_id in (self._twins.get(deed), None if committed is None else committed.decision_id):
            decision = self._decision(decision_id or "")
            if decision is not None and is_open(decision.state) and deed_of(decision) == deed:
                return decision
        return None
