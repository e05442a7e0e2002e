"""A deliberation: the commands of one transaction, decided in turn, each on the state that those before it led to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from governance import v1
from governance_server.domain.command import Command, State, Surroundings, Tick
from governance_server.domain.decide import decide
from governance_server.domain.lifecycle import is_open
from governance_server.engine.memory import deed_of
from governance_server.engine.ports import KnownRequest
from governance_server.engine.rates import NO_TALLY
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
        self._open = memory.open
        self._open_before = len(memory.open)
        self._known = known
        self._rates = rates
        self._connected = connected
        self._twins: dict[Deed, str] = {}
        self._unfiled: list[v1.Decision] = []

    def rule(self, request: Request) -> v1.Receipt:
        """Decide one command; return its receipt."""
        batch, key, request_id = self._batch, request.key, request.request_id
        decision = self._decision(request.subject)
        known = (batch.known(key) or self._known.requests.get(key)) if key else None
        if known is not None:
            return recall(request, known, decision)
        around = self._around_proposal(request) if request.kind == "proposal" else self._around(request)
        ruling = decide(State(decision, batch.house, around), request.command, batch.now_us)
        if isinstance(ruling, v1.Refusal):
            return self._refused(request, ruling)
        joined, offset = ruling.joined, batch.offset
        if ruling.events:
            offset = self._record(request, decision, ruling)
            if key:
                batch.remember(key, KnownRequest(request.digest, offset, joined))
                self._rates.count(request, batch.house.policy, batch.now_us)
                if decision is not None and request.batch_id:
                    self._rates.decided(request, decision.assessment.score)
            for body in ruling.then:
                self.rule(request_of(Command(TIMEKEEPER, body)))
        # In place: what is given as an argument is serialised and parsed again.
        receipt = v1.Receipt()
        receipt.request_id = request_id
        accepted = receipt.accepted
        accepted.offset = offset
        if joined:
            accepted.joined = joined
        return receipt

    def _refused(self, request: Request, refusal: v1.Refusal) -> v1.Receipt:
        asks = isinstance(request.command.body, v1.OperatorCommand)
        if asks and refusal.reason != v1.REFUSAL_REASON_RATE_LIMITED:
            # Asking is what is limited, not being right.
            self._rates.count(request, self._batch.house.policy, self._batch.now_us)
        return v1.Receipt(request_id=request.request_id, refused=refusal)

    def _record(self, request: Request, decision: v1.Decision | None, ruling: Consequence) -> int:
        """Add the entry of an accepted command, and take what it is about to its next state; return its offset."""
        batch, joined = self._batch, ruling.joined
        halts = batch.house.halts
        decision_id = joined or request.subject
        about = self._decision(joined) if joined else decision
        version = (1 if about is None else about.version + 1) if decision_id else 0
        verdict = request.verdict if request.kind == "verdict" else None
        entry = batch.append(request.command.actor, request.request_id, decision_id, ruling, verdict, version)
        offset = batch.offset
        if decision_id:
            self._unfiled.append(batch.advance(about, entry, ruling.personal))
        if batch.house.halts is not halts:
            self._settle_orders()
        return offset

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
        return self._open.get(decision_id) if row is None else row.decision

    def _around(self, request: Request) -> Surroundings:
        batch, rates = self._batch, self._rates
        wait_us = rates.wait_us(request, batch.house.policy, batch.now_us)
        count = self._open_before + batch.opened
        # By position, here and below: for every command, and by name it takes twice as long.
        return Surroundings(count, self._connected, None, 0, None, wait_us, rates.tally(request))

    def _around_proposal(self, request: Request) -> Surroundings:
        batch, digest, reverses = self._batch, request.action_digest, request.reverses
        wait_us = self._rates.wait_us(request, batch.house.policy, batch.now_us)
        count = self._open_before + batch.opened
        twin = self._twin((request.command.actor.name, digest))
        rejections = self._known.rejections.get(digest, 0)
        original = self._decision(reverses) if reverses else None
        return Surroundings(count, self._connected, twin, rejections, original, wait_us, NO_TALLY, digest)

    def _twin(self, deed: Deed) -> v1.Decision | None:
        """Return an open decision about the same deed, as the batch has led to."""
        self._file()
        here, committed = self._twins.get(deed), self._memory.twin(deed)
        if here is None and committed is None:
            return None
        for decision_id in (here, None if committed is None else committed.decision_id):
            decision = self._decision(decision_id or "")
            if decision is not None and is_open(decision.state) and deed_of(decision) == deed:
                return decision
        return None

    def _file(self) -> None:
        """File what the batch has changed by its deed: a proposal alone asks for it, and most batches have none."""
        for decision in self._unfiled:
            if is_open(decision.state):
                self._twins[deed_of(decision)] = decision.decision_id
        self._unfiled.clear()
