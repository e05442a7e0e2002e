"""Every command of the contract, asked for by everybody: who may is obeyed, who may not is refused without a trace.

The table is the tests' own, apart from the rules. A command that is new in the contract fails until it has its line.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.digest import action_digest
from governance_server.domain.moment import duration
from governance_server.domain.policy_document import read_policy
from tests.support.audited import CHRIS, DEPUTY, MINUTE_US, SUE, Life, living
from tests.support.halts import declaration, finding, releasing, undoing
from tests.support.messages import CORE, OPERATOR_1, OTHER_CORE, acceptance, proposal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

MANAGER: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="morgan", role=v1.ROLE_SECURITY_MANAGER)
AUDITOR: Final = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="ann", role=v1.ROLE_AUDITOR)
CALLERS: Final = {
    "its core": CORE,
    "another core": OTHER_CORE,
    "auditor": AUDITOR,
    "below": OPERATOR_1,
    "tier": SUE,
    "above": MANAGER,
    "top": CHRIS,
}
"""Everybody there can be, as seen from a decision that waits for a soc_supervisor."""

FREE: Final = "accepted"
TOO_LOW: Final = "ROLE_TOO_LOW"
NO_SUCH: Final = "DECISION_NOT_FOUND"
_NO_OPERATOR: Final = {"below": TOO_LOW, "tier": TOO_LOW, "above": TOO_LOW, "top": TOO_LOW, "auditor": TOO_LOW}
_NO_CORE: Final = {"its core": TOO_LOW, "another core": TOO_LOW, "auditor": TOO_LOW}
OF_ITS_CORE: Final = {"its core": FREE, "another core": NO_SUCH, **_NO_OPERATOR}
OF_ITS_TIER: Final = {**_NO_CORE, "below": TOO_LOW, "tier": FREE, "above": FREE, "top": FREE}
OF_OPERATORS: Final = {**_NO_CORE, "below": FREE, "tier": FREE, "above": FREE, "top": FREE}

RULES: Final = {
    "proposal": {**OF_ITS_CORE, "another core": FREE},
    "cancel": OF_ITS_CORE,
    "accept_order": OF_ITS_CORE,
    "report_order": OF_ITS_CORE,
    "provide_information": OF_ITS_CORE,
    "verdict.approve": OF_ITS_TIER,
    "verdict.reject": OF_ITS_TIER,
    "verdict.modify_and_approve": OF_ITS_TIER,
    "verdict.defer": OF_ITS_TIER,
    "verdict.request_information": OF_ITS_TIER,
    "verdict.return_for_revision": OF_ITS_TIER,
    "escalate": OF_OPERATORS,  # whoever cannot decide should be able to say so
    "claim": OF_ITS_TIER,
    "release": {**_NO_CORE, "auditor": "NOT_CLAIMED", "below": "NOT_CLAIMED", "tier": FREE,
                "above": "NOT_CLAIMED", "top": "NOT_CLAIMED"},
    "add_note": OF_OPERATORS,
    "assign": OF_ITS_TIER,
    "set_availability": OF_OPERATORS,
    "declare_halt": OF_ITS_TIER,  # the built-in policy: a soc_supervisor
    "release_halt": OF_ITS_TIER,
    "reconcile_outcome": OF_ITS_TIER,
    "request_undo": OF_OPERATORS,
    "apply_policy": {**_NO_CORE, "below": TOO_LOW, "tier": TOO_LOW, "above": FREE, "top": FREE},
}  # fmt: skip
"""What comes of each command that is in order but for who asks, under the built-in policy."""

STRICT: Final = """
[approvals]
below_tier_may = []
[halt]
declared_from = "ciso"
[sla]
chain = ["soc_supervisor", "security_manager", "ciso"]
"""
"""A policy that leaves those below a tier nothing, and operators of the first tier no undo."""
_STRICTER: Final = {**_NO_CORE, "below": TOO_LOW, "tier": TOO_LOW, "above": TOO_LOW, "top": FREE}
UNDER_STRICT_POLICY: Final = {
    "escalate": OF_ITS_TIER,
    "add_note": OF_ITS_TIER,
    "request_undo": OF_ITS_TIER,
    "declare_halt": _STRICTER,
    "release_halt": _STRICTER,
}
"""Where that differs."""

Body: TypeAlias = v1.CoreCommand | v1.OperatorCommand | v1.ApplyPolicyRequest
ID: Final = "decision-000001"


def kinds_of(message: Any, oneof: str) -> set[str]:
    return {field.name for field in message.DESCRIPTOR.oneofs_by_name[oneof].fields}


def test_every_command_has_its_line() -> None:
    """Every command of a core, of an operator, every judgement of a verdict, and the policy's; no other."""
    operators = kinds_of(v1.OperatorCommand, "command") - {"verdict"}
    verdicts = {f"verdict.{kind}" for kind in kinds_of(v1.Verdict, "judgement")}
    assert set(RULES) == kinds_of(v1.CoreCommand, "command") | operators | verdicts | {"apply_policy"}
    assert all(set(line) == set(CALLERS) for line in (*RULES.values(), *UNDER_STRICT_POLICY.values()))
    assert set(READY) == set(RULES)


@asynccontextmanager
async def pending() -> AsyncIterator[Life]:
    """A house in which a decision waits for a soc_supervisor."""
    async with living() as life:
        await life.propose()
        up = v1.Escalate(decision_id=ID, to_role=v1.ROLE_SOC_SUPERVISOR, reason="Not mine.")
        await life.do(OPERATOR_1, v1.OperatorCommand(escalate=up))
        assert life.decision(ID).tier == v1.ROLE_SOC_SUPERVISOR
        yield life


async def as_it_is(_: Life) -> None:
    """The decision waits, and nothing more is needed."""


async def approved(life: Life) -> None:
    await life.verdict(SUE, ID, approve=v1.Approve())


async def accepted(life: Life) -> None:
    await approved(life)
    await life.do(CORE, acceptance(life.decision(ID)))


async def executed(life: Life) -> None:
    await accepted(life)
    await life.outcome(ID, v1.OUTCOME_RESULT_EXECUTED)


async def unknown(life: Life) -> None:
    await accepted(life)
    await life.outcome(ID, v1.OUTCOME_RESULT_UNKNOWN)


async def asked(life: Life) -> None:
    await life.verdict(SUE, ID, request_information=v1.RequestInformation(question="Whose is it?"))


async def claimed(life: Life) -> None:
    await life.do(SUE, v1.OperatorCommand(claim=v1.ClaimDecision(decision_id=ID)))


async def halted(life: Life) -> None:
    await life.do(DEPUTY, declaration())


READY: Final[dict[str, Callable[[Life], Awaitable[None]]]] = {
    **dict.fromkeys(RULES, as_it_is),
    "accept_order": approved,
    "report_order": accepted,
    "provide_information": asked,
    "release": claimed,
    "release_halt": halted,
    "reconcile_outcome": unknown,
    "request_undo": executed,
}
"""What has to have happened for a command to be in order."""


def commanded(kind: str, life: Life) -> Body:
    """Return a command that is in order but for who asks."""
    head, _, judgement = kind.partition(".")
    if head == "verdict":
        seen = life.decision(ID).action_digest
        verdict = v1.Verdict(
            decision_id=ID, action_digest=seen, comment="Seen.", **{judgement: judging(judgement, life)}
        )
        return v1.OperatorCommand(request_id="asked", verdict=verdict)
    if head == "apply_policy":
        return v1.ApplyPolicyRequest(request_id="asked", document="[sla]\nlow_s = 600\n", reason="A drill.")
    if head in kinds_of(v1.CoreCommand, "command"):
        return of_core(head, life)
    return of_operator(head, life)


def judging(judgement: str, life: Life) -> Any:
    narrowed = v1.Action()
    narrowed.CopyFrom(life.decision(ID).proposal.action)
    narrowed.duration.CopyFrom(duration(60 * 1_000_000))
    return {
        "approve": v1.Approve(),
        "reject": v1.Reject(),
        "modify_and_approve": v1.ModifyAndApprove(action=narrowed),
        "defer": v1.Defer(duration=duration(MINUTE_US)),
        "request_information": v1.RequestInformation(question="Whose is it?"),
        "return_for_revision": v1.ReturnForRevision(instructions="Name the interface."),
    }[judgement]


def of_core(kind: str, life: Life) -> v1.CoreCommand:
    if kind == "proposal":
        return v1.CoreCommand(proposal=proposal(7))
    decision = life.decision(ID)
    order = {"decision_id": ID, "order_id": decision.order.order_id,
             "action_digest": action_digest(decision.proposal.action)}  # fmt: skip
    body: dict[str, Any] = {
        "cancel": v1.Cancel(decision_id=ID),
        "accept_order": v1.AcceptOrder(**order, instance="instance-1"),  # type: ignore[arg-type]  # each of its own type
        "report_order": v1.ReportOrder(**order, outcome=v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED)),  # type: ignore[arg-type]  # the same
        "provide_information": v1.ProvideInformation(decision_id=ID, evidence=v1.Evidence(reasoning="A printer's.")),
    }
    return v1.CoreCommand(request_id="asked", **{kind: body[kind]})


def of_operator(kind: str, life: Life) -> v1.OperatorCommand:
    halt = next(iter(life.governor.house.halts), "none")
    made = {
        "escalate": v1.OperatorCommand(escalate=v1.Escalate(decision_id=ID, to_role=v1.ROLE_CISO, reason="Not mine.")),
        "claim": v1.OperatorCommand(claim=v1.ClaimDecision(decision_id=ID)),
        "release": v1.OperatorCommand(release=v1.ReleaseDecision(decision_id=ID)),
        "add_note": v1.OperatorCommand(add_note=v1.AddNote(decision_id=ID, text="Looks odd.")),
        "assign": v1.OperatorCommand(assign=v1.AssignDecision(decision_id=ID)),
        "set_availability": v1.OperatorCommand(set_availability=v1.SetAvailability(away=True)),
        "declare_halt": declaration(),
        "release_halt": releasing(halt),
        "reconcile_outcome": finding(ID, v1.OUTCOME_RESULT_EXECUTED),
        "request_undo": undoing(ID),
    }[kind]
    made.request_id = "asked"
    return made


async def answer(life: Life, who: str, body: Body) -> tuple[str, v1.Refusal]:
    """Ask; return "accepted" or the reason of the refusal, and the refusal."""
    receipt = await life.governor.ask(Command(CALLERS[who], body))
    if receipt.HasField("accepted"):
        return FREE, receipt.refused
    return v1.RefusalReason.Name(receipt.refused.reason).removeprefix("REFUSAL_REASON_"), receipt.refused


def shown(who: str, refusal: v1.Refusal) -> bool:
    """Tell whether a refusal shows the decision to whom it may not be shown."""
    return who == "another core" and refusal.HasField("current")


async def hold(life: Life, kind: str, line: dict[str, str]) -> None:
    """Hold everybody who may not to a line of the table: refused as it says, and the ledger as it was."""
    await READY[kind](life)
    body, before = commanded(kind, life), await life.store.head()
    for who in (who for who, what in line.items() if what != FREE):
        found, refusal = await answer(life, who, body)
        assert found == line[who], (kind, who, refusal)
        assert not shown(who, refusal), "another core learns of the decision"
        assert await life.store.head() == before, (kind, who)


@pytest.mark.parametrize("kind", RULES)
async def test_who_may_not_ask_is_refused_and_leaves_no_trace(kind: str) -> None:
    """Whatever the kind of caller, whatever its role; and another core is told nothing of what is not its own."""
    async with pending() as life:
        await hold(life, kind, RULES[kind])


@pytest.mark.parametrize("kind", RULES)
async def test_who_may_ask_is_obeyed(kind: str) -> None:
    """The very same command is accepted of everybody who may give it, one entry each, in the caller's own name."""
    for who in (who for who, what in RULES[kind].items() if what == FREE):
        async with pending() as life:
            await READY[kind](life)
            before = (await life.store.head()).offset
            found, refusal = await answer(life, who, commanded(kind, life))
            assert found == FREE, (kind, who, refusal)
            (record,) = await life.store.records(after=before, limit=1)
            assert v1.Entry.FromString(record.entry).actor == CALLERS[who]


@pytest.mark.parametrize("kind", UNDER_STRICT_POLICY)
async def test_a_policy_can_take_leave_away(kind: str) -> None:
    """What the built-in policy leaves to those below a tier, another one does not; the rules follow it at once."""
    async with pending() as life:
        await life.do(CHRIS, v1.ApplyPolicyRequest(document=STRICT, reason="A drill."))
        await hold(life, kind, UNDER_STRICT_POLICY[kind])


@pytest.mark.parametrize("role", ["core", "auditor", "unspecified", "ROLE_CORE", "", "soc_operator "])
@pytest.mark.parametrize(
    "document",
    [
        '[halt]\ndeclared_from = "{}"\n',
        '[approvals]\nfree_modification_from = "{}"\n',
        '[sla]\nchain = ["{}", "ciso"]\n',
        '[[approval]]\nname = "a"\ntier = "{}"\n',
        '[[approval]]\nname = "a"\nroles = ["{}"]\n',
        '[[escalation]]\nname = "a"\non = "hand"\npriority = 1\nto = "{}"\n',
    ],
)
def test_no_policy_can_let_anybody_else_decide(document: str, role: str) -> None:
    """Wherever a policy names who may decide, modify or halt, only the four roles of operators can be named."""
    assert read_policy(document.format("ciso"))[0] is not None or "chain" in document
    assert read_policy(document.format(role))[0] is None


@pytest.mark.parametrize("who", CALLERS)
async def test_a_command_from_the_future_is_refused(who: str) -> None:
    """An empty command is nobody's: it changes nothing."""
    body = v1.CoreCommand(request_id="asked") if "core" in who else v1.OperatorCommand(request_id="asked")
    async with pending() as life:
        before = await life.store.head()
        assert (await answer(life, who, body))[0] == "UNKNOWN_COMMAND"
        assert await life.store.head() == before
