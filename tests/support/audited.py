"""A ledger that was lived through the real engine, and what shows it to a verifier: as it is, or changed."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance_client.audit.checkpoints import text_of
from governance_client.audit.faults import ProofBrokenError
from governance_client.audit.notes import ED25519, Note, SignerKey
from governance_server.domain.command import Command, Consequence
from governance_server.domain.house import House
from governance_server.domain.moment import SECOND_US
from governance_server.engine.batch import Batch
from governance_server.engine.enrolment import ADMINISTRATOR, create_ledger, issue_credential, revoke_credential
from governance_server.engine.governor import Governor
from tests.support import naive_tree
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.halts import declaration, finding, releasing, undoing
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import CORE, OPERATOR_1, OPERATOR_2, acceptance, make_critical, proposal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


MINUTE_US: Final = 60 * SECOND_US
SUE: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="sue", role=v1.ROLE_SOC_SUPERVISOR)
CHRIS: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="chris", role=v1.ROLE_CISO)
DEPUTY: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="deputy", role=v1.ROLE_CISO)
PEOPLE: Final = (OPERATOR_1, OPERATOR_2, SUE, CHRIS, DEPUTY)
BY_TURNS: Final = (
    '[work]\nassignment = "by_turns"\n\n[limits]\noperator_requests_per_minute = 0\nproposals_per_hour = 0\n'
)
NOT_BY_THE_ENGINE: Final = frozenset({"entries_pruned"})
"""What a ledger of 200 entries cannot have: only whole tiles are removed."""


def signer(ledger_id: str, number: int = 1) -> SignerKey:
    """A key for a ledger's checkpoints; the same for the same number."""
    return SignerKey(f"governance-workspace/{ledger_id}", ED25519, bytes([number]) * 32)


def change_of(key: SignerKey, before: SignerKey | None = None) -> v1.CheckpointKeyChanged:
    """What says that a key signs from here on."""
    change = v1.CheckpointKeyChanged(verifier_key=str(key.verifier))
    if before is not None:
        change.previous = str(before.verifier)
        text = f"governance-workspace key change\n{change.previous}\n{change.verifier_key}\n"
        change.signature = before.sign(text).value
    return change


@dataclass
class Shown:
    """A ledger as somebody shows it: the verifier's Source, of records that a test may change as it likes.

    Attributes:
        ledger_id: Its id.
        records: What it shows.
        keys: The keys that it tells.
        signer: What it signs with.
        leaves: The leaf hashes that its tree is made of.
        signed: The checkpoint it shows; None for one that it signs when asked.
        sorted: Where to go on is found by the records' offsets; else by their places.
        asked: What it was asked for, to see what was not.
    """

    ledger_id: str
    records: list[v1.LedgerRecord]
    keys: list[v1.CheckpointKey]
    signer: SignerKey
    leaves: list[bytes]
    signed: str | None = None
    sorted: bool = True
    asked: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, ledger_id: str, records: Sequence[v1.LedgerRecord], signer: SignerKey) -> Shown:
        """Show records as they are, with the tree over them."""
        keys = []
        for record in records:
            entry = v1.Entry.FromString(record.entry)
            keys += [
                v1.CheckpointKey(offset=entry.offset, change=event.checkpoint_key_changed)
                for event in entry.events
                if event.HasField("checkpoint_key_changed")
            ]
        leaves = [naive_tree.leaf_hash(record.entry) for record in records]
        return cls(ledger_id, list(records), keys, signer, leaves)

    @property
    def origin(self) -> str:
        """The origin of its checkpoints."""
        return f"governance-workspace/{self.ledger_id}"

    def note(self, size: int | None = None, *, signer: SignerKey | None = None) -> str:
        """A signed checkpoint of the tree as it is."""
        size = len(self.leaves) if size is None else size
        text = text_of(self.origin, size, naive_tree.root(self.leaves[:size]))
        return str(Note(text, ((signer or self.signer).sign(text),)))

    def shortened(self, size: int) -> Shown:
        """The same ledger as it was when it had so many entries."""
        return Shown.of(self.ledger_id, self.records[:size], self.signer)

    async def checkpoint(self, *, witnessed: bool = False) -> v1.GetCheckpointResponse:
        """The newest checkpoint."""
        self.asked.append("witnessed" if witnessed else "checkpoint")
        note = self.note() if self.signed is None else self.signed
        return v1.GetCheckpointResponse(note=note, keys=self.keys, head_offset=self._head())

    async def inclusion(self, offset: int, size: int) -> v1.GetInclusionProofResponse:
        """The proof of an entry."""
        if not 0 < offset <= size <= len(self.leaves):
            raise ProofBrokenError(offset, "there is no proof")
        path = naive_tree.inclusion(offset - 1, self.leaves[:size])
        return v1.GetInclusionProofResponse(leaf_hash=self.leaves[offset - 1], hashes=path)

    async def consistency(self, first: int, second: int) -> v1.GetConsistencyProofResponse:
        """The proof that one tree begins with another."""
        if not 0 < first <= second <= len(self.leaves):
            raise ProofBrokenError(first, "there is no proof")
        return v1.GetConsistencyProofResponse(hashes=naive_tree.consistency(first, self.leaves[:second]))

    async def removed_up_to(self) -> int:
        """Up to which entry it says that some were removed."""
        entries = [v1.Entry.FromString(record.entry) for record in self.records]
        return max(event.entries_pruned.offset for entry in entries for event in entry.events)

    async def frames(self, after: int, limit: int = 0) -> AsyncIterator[v1.ListEntriesResponse]:
        """The records after an offset."""
        self.asked.append(f"after {after}")
        records = self.records[after:]
        if self.sorted:
            records = [record for record in self.records if v1.Entry.FromString(record.entry).offset > after]
        records = records[:limit] if limit else records
        for start in range(0, max(1, len(records)), 50):
            yield v1.ListEntriesResponse(records=records[start : start + 50], head_offset=self._head())

    def _head(self) -> int:
        return v1.Entry.FromString(self.records[-1].entry).offset if self.records else 0


@dataclass
class Life:
    """What happens in a house, command by command."""

    store: InMemoryStore
    clock: ManualClock
    governor: Governor
    there: dict[str, v1.Role.ValueType]
    ledger_id: str
    asked: int = 0
    proposed: int = 0
    erased: str = ""

    async def do(self, actor: v1.Actor, body: v1.CoreCommand | v1.OperatorCommand | v1.ApplyPolicyRequest) -> None:
        """Have a command accepted."""
        self.clock.advance(SECOND_US)
        if not isinstance(body, v1.CoreCommand) or not body.HasField("proposal"):
            self.asked += 1
            body.request_id = f"request-{self.asked}"
        receipt = await self.governor.ask(Command(actor, body))
        assert receipt.HasField("accepted"), receipt.refused

    async def propose(self, *, confidence: float = 0.85, critical: bool = False, reverses: str = "") -> str:
        """Have a proposal accepted; return the decision's id."""
        self.proposed += 1
        made = proposal(self.proposed, confidence=confidence)
        made.reverses = reverses
        if critical:
            make_critical(made)
        await self.do(CORE, v1.CoreCommand(proposal=made))
        return made.decision_id

    def decision(self, name: str) -> v1.Decision:
        """A decision as it stands, while it is open."""
        return self.governor.open_decisions[name]

    async def verdict(self, actor: v1.Actor, name: str, **judgement: object) -> None:
        """Have a verdict accepted."""
        decision = self.decision(name)
        verdict = v1.Verdict(decision_id=name, action_digest=decision.action_digest, comment="Seen.", **judgement)  # type: ignore[arg-type]  # the fields of the oneof
        await self.do(actor, v1.OperatorCommand(verdict=verdict))

    async def wait(self, span_us: int) -> None:
        """Let time pass, and what is due happen."""
        self.clock.advance(span_us)
        for _ in range(20):
            await asyncio.sleep(0)
        await self.governor.drain()

    async def report(self, name: str, result: v1.OutcomeResult.ValueType) -> None:
        """Have core accept an order and say what became of it."""
        await self.do(CORE, acceptance(self.decision(name)))
        await self.outcome(name, result)

    async def outcome(self, name: str, result: v1.OutcomeResult.ValueType) -> None:
        """Have core say what became of an order."""
        decision = self.decision(name)
        report = v1.ReportOrder(
            decision_id=name,
            order_id=decision.order.order_id,
            action_digest=decision.order.action_digest,
            outcome=v1.Outcome(result=result, detail="Done."),
        )
        await self.do(CORE, v1.CoreCommand(report_order=report))

    async def note_in_house(self, event: v1.Event, personal: v1.PersonalData | None = None) -> None:
        """Append an entry about the house, as an administrator's command does."""
        async with self.store.transaction() as transaction:
            batch = Batch(transaction.head, self.clock.now_us(), CountedEntropy(), House())
            batch.append(ADMINISTRATOR, "", "", Consequence((event,), personal))
            appendage = batch.appendage()
            assert appendage is not None
            await transaction.append(appendage)


@asynccontextmanager
async def living() -> AsyncIterator[Life]:
    """A house with people and a key, whose governor runs while the block lasts."""
    store, clock, entropy = InMemoryStore(), ManualClock(), CountedEntropy()
    ledger_id = await create_ledger(
        store, clock, entropy, policy=BY_TURNS, make_key=lambda name: str(signer(name).verifier)
    )
    for number, actor in enumerate((CORE, *PEOPLE)):
        credential = v1.Credential(credential_id=f"{number:016x}", name=actor.name, role=actor.role)
        await issue_credential(store, clock, entropy, credential=credential, proof=bytes(32))
    there = {actor.name: actor.role for actor in PEOPLE}
    governor = Governor(store, clock, entropy, lambda: there)
    await governor.recover()
    tasks = [asyncio.create_task(governor.run()), asyncio.create_task(governor.timekeeper.run())]
    try:
        yield Life(store, clock, governor, there, ledger_id)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def shown(store: InMemoryStore, number: int = 1) -> Shown:
    """Show what a store has, signed with a key."""
    stored = await store.records(after=0, limit=1_000_000)
    records = [v1.LedgerRecord(entry=one.entry, hash=one.hash, salt=one.salt, personal=one.personal) for one in stored]
    ledger_id = v1.Entry.FromString(records[0].entry).events[0].ledger_created.ledger_id
    return Shown.of(ledger_id, records, signer(ledger_id, number))


async def lived(entries: int = 200) -> Shown:
    """Show a ledger of exactly so many entries, in which everything happens that can."""
    async with living() as life:
        await everything(life)
        while life.governor.head.offset < entries:
            name = await life.propose()
            await life.verdict(OPERATOR_1, name, reject=v1.Reject())
        ledger = await shown(life.store, 2)
    erased = _erase(ledger)
    assert len(erased.records) >= entries, "everything takes fewer entries than that"
    return erased.shortened(entries)


async def everything(life: Life) -> None:
    """Have everything happen that can, at least once."""
    await _decide(life)
    await _stop_and_go_on(life)
    await _let_time_pass(life)
    await _keep_house(life)


async def _decide(life: Life) -> None:
    executed = await life.propose()
    await life.verdict(OPERATOR_1, executed, approve=v1.Approve())
    await life.report(executed, v1.OUTCOME_RESULT_EXECUTED)
    await life.do(OPERATOR_2, undoing(executed))
    reverse = await life.propose(reverses=executed)
    await life.verdict(SUE, reverse, reject=v1.Reject())
    rejected = await life.propose()
    await life.do(OPERATOR_2, _about(claim=v1.ClaimDecision(decision_id=rejected)))
    await life.do(OPERATOR_2, _about(release=v1.ReleaseDecision(decision_id=rejected)))
    await life.do(SUE, _about(assign=v1.AssignDecision(decision_id=rejected, operator="operator-2")))
    await life.do(OPERATOR_1, _about(add_note=v1.AddNote(decision_id=rejected, text="Looks odd.")))
    await life.verdict(OPERATOR_2, rejected, request_information=v1.RequestInformation(question="Whose is it?"))
    answer = v1.ProvideInformation(decision_id=rejected, evidence=v1.Evidence(reasoning="A printer's."))
    await life.do(CORE, v1.CoreCommand(provide_information=answer))
    await life.verdict(OPERATOR_2, rejected, defer=v1.Defer(duration=Duration(seconds=60)))
    escalate = v1.Escalate(decision_id=rejected, to_role=v1.ROLE_SOC_SUPERVISOR, reason="Not mine.")
    await life.do(OPERATOR_2, _about(escalate=escalate))
    await life.do(CORE, v1.CoreCommand(proposal=_again(life, rejected)))
    await life.verdict(SUE, rejected, reject=v1.Reject())
    await life.do(OPERATOR_1, _about(add_note=v1.AddNote(decision_id=rejected, text="Agreed.")))
    returned = await life.propose()
    revision = v1.ReturnForRevision(instructions="Name the interface.")
    await life.verdict(OPERATOR_1, returned, return_for_revision=revision)
    cancelled = await life.propose()
    await life.do(CORE, v1.CoreCommand(cancel=v1.Cancel(decision_id=cancelled, reason="Over.")))
    modified = await life.propose(critical=True)
    await life.verdict(CHRIS, modified, approve=v1.Approve())
    action = v1.Action()
    action.CopyFrom(life.decision(modified).proposal.action)
    action.scope = v1.ACTION_SCOPE_HOST
    await life.verdict(CHRIS, modified, modify_and_approve=v1.ModifyAndApprove(action=action))
    await life.verdict(DEPUTY, modified, approve=v1.Approve())
    await life.report(modified, v1.OUTCOME_RESULT_FAILED)
    automatic = await life.propose(confidence=0.99)
    await life.report(automatic, v1.OUTCOME_RESULT_UNKNOWN)
    await life.do(OPERATOR_1, finding(automatic, v1.OUTCOME_RESULT_EXECUTED))
    life.erased = executed


async def _stop_and_go_on(life: Life) -> None:
    waiting = await life.propose()
    await life.verdict(OPERATOR_1, waiting, approve=v1.Approve())
    await life.do(SUE, declaration())
    held = await life.propose()
    await life.verdict(OPERATOR_1, held, approve=v1.Approve())
    (halt,) = life.governor.house.halts
    await life.do(SUE, releasing(halt))
    await life.do(CHRIS, releasing(halt))
    await life.report(held, v1.OUTCOME_RESULT_EXECUTED)
    await life.do(SUE, declaration(v1.HaltScope(target="192.0.2.99"), for_s=60))
    await life.wait(2 * MINUTE_US)
    assert not life.governor.house.halts


async def _let_time_pass(life: Life) -> None:
    claimed = await life.propose()
    await life.do(OPERATOR_1, _about(claim=v1.ClaimDecision(decision_id=claimed)))
    life.there.clear()
    await life.propose(critical=True)
    silent = await life.propose()
    await life.verdict(OPERATOR_2, silent, approve=v1.Approve())
    await life.do(CORE, acceptance(life.decision(silent)))
    for _ in range(40):
        await life.wait(30 * MINUTE_US)
    await life.outcome(silent, v1.OUTCOME_RESULT_EXECUTED)
    assert set(life.governor.open_decisions) <= {claimed, silent}


async def _keep_house(life: Life) -> None:
    await life.do(OPERATOR_2, v1.OperatorCommand(set_availability=v1.SetAvailability(away=True)))
    document = f"{BY_TURNS}\n[sla]\ncritical_s = 60\n"
    await life.do(CHRIS, v1.ApplyPolicyRequest(document=document, reason="A drill."))
    await revoke_credential(life.store, life.clock, CountedEntropy(), name="operator-2")
    await life.note_in_house(v1.Event(checkpoint_key_changed=change_of(_signer(life, 2), _signer(life, 1))))
    erased = v1.PersonalDataErased(decision_id=life.erased, entries=4)
    await life.note_in_house(v1.Event(personal_data_erased=erased), v1.PersonalData(remark="Asked for by letter."))


def _signer(life: Life, number: int) -> SignerKey:
    return signer(life.ledger_id, number)


def _about(**command: object) -> v1.OperatorCommand:
    return v1.OperatorCommand(**command)  # type: ignore[arg-type]  # the fields of the oneof


def _again(life: Life, name: str) -> v1.Proposal:
    life.proposed += 1
    made = v1.Proposal()
    made.CopyFrom(life.decision(name).proposal)
    made.decision_id = f"decision-{life.proposed:06d}"
    return made


def _erase(ledger: Shown) -> Shown:
    """Take away what the ledger says was erased."""
    gone: dict[str, int] = {}
    for record in ledger.records:
        entry = v1.Entry.FromString(record.entry)
        for event in entry.events:
            if event.HasField("personal_data_erased"):
                gone[event.personal_data_erased.decision_id] = entry.offset
    records = []
    for record in ledger.records:
        entry = v1.Entry.FromString(record.entry)
        blank = entry.offset < gone.get(entry.decision_id, 0)
        records.append(v1.LedgerRecord(entry=record.entry, hash=record.hash) if blank else record)
    return Shown.of(ledger.ledger_id, records, ledger.signer)
