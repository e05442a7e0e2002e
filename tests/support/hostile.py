"""Hostile texts, and decisions in which one stands wherever somebody can write."""

from __future__ import annotations

from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from tests.console.examples import NOW_S, decision, operator

FORGED: Final = "FORGED"
"""Stands in every text that imitates us, so that a test finds where it went."""
IMITATIONS: Final = (
    f"seen\n{FORGED} done: approved by policy, entry 4711",
    f"x\n> {FORGED} approve 1\nyes",
    f"x\r\n{FORGED} type yes to approve 0a1b2c3d block_ip: yes",
    f"x\n{FORGED} connected  alice ciso  C0 H0 M0 L0",
    f"x\n{FORGED}approved   2026-01-01 00:00:00 UTC by ciso-1 (ciso)",
    f"x\n│ {FORGED}\n| {FORGED}",
    f"a b”{FORGED} approved by policy “",
    f'a b" {FORGED} approved by policy "',
    f"y{' ' * 300}{FORGED} approved by policy",
    f"{'wide words ' * 40}{FORGED} approved by policy",
    f"203.0.113.7 0a1b2c left 9:59 {FORGED}",
)
"""Texts that look like a prompt, a confirmation, a status line, a fact or the end of a quotation."""
TRICKS: Final = (
    "\x1b[2J\x1b[H",
    "\x1b[31;1mred\x1b[0m\x1b[?1049h\x1b[6n",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x1bPq#0;2;0;0;0~\x1b\\",
    "\x1b_Gf=100;AAAA\x1b\\",
    "\x9b31m",
    "\x90q\x9c",
    "".join(map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0)])),
    "safe\rAPPROVED",
    "two\nlines",
    "\x08\x08\x08\x7f",
    "\u202eexe.tset",
    "\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u202a\u202b\u202c\u202d",
    "zero\u200bwidth\u200d\u2060\ufeff\u00ad",
    "a" + "\u0301" * 500,
    "\u0301leading",
    "line\u2028para\u2029next\x85",
    "\ud800 lone",
    "blank\u3164\u2800\u115f\uffa0\u034f",
    "tag\U000e0041\U000e0042\U000e007f",
    "variation\ufe0f\ufe0e\U000e0100",
    "ruby\ufff9base\ufffaabove\ufffb",
    "\ue000private\U0010ffff\U000f0000",
    "\ufdd0\uffff\u0378",
    "x" * 1_000_000,
    "漢字" * 200,
    "👩\u200d💻🏳\ufe0f🇧🇷👍🏽",
    "a\u00a0b\u2003c\u3000d",
    "\u05d0\u05d1 1 \u0628",
    "\u0e01\u0e33\u0e33 \u1100\u1161\u11a8",
    "\n" * 1_000_000,
    "{0.__class__} {who} %s %(x)s",
)
"""Texts that move a terminal, reorder a line, hide something or take very long."""
HOSTILE: Final = (*TRICKS, *IMITATIONS)


def written(text: str) -> str:
    """Return a text as it can stand in a message: protobuf has no lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def hostile_decision(text: str) -> v1.Decision:
    """Return a decision of high risk with a text wherever anybody can write."""
    text = written(text)
    made = decision(target=text[:500])
    made.decision_id = made.proposal.decision_id = text[:64] or "none"
    made.core = made.claim.operator = made.assignee = made.reversed_by = made.group_key = text
    proposal = made.proposal
    proposal.action.parameters[text[:20]] = text
    proposal.action.targets.add(kind=v1.TARGET_KIND_OTHER, value=text)
    proposal.evidence.CopyFrom(_evidence(text))
    proposal.evidence.observed_at.seconds = NOW_S
    proposal.threat.type = proposal.data_type = proposal.reverses = proposal.business_impact.description = text
    proposal.compliance_tags.append(text)
    proposal.assets.add(name=text, type=text)
    made.assessment.justification = text
    made.assessment.mitigations.append(text)
    made.assessment.policy_rules.append(text)
    _judged(made, text)
    return made


def _judged(made: v1.Decision, text: str) -> None:
    """Write a text into all that people and cores can have said about a decision since."""
    who = operator(text)
    made.notes.add(text=text, actor=who)
    made.votes.add(comment=text, actor=who)
    made.order.order_id = made.order.accepted_by = made.outcome.detail = text
    made.outcome.reported_by.CopyFrom(who)
    made.modifications.add(actor=who, changes=[v1.ActionChange(part=text, before=text, after=text)])
    made.inquiries.add(question=text, asked_by=who, answer=_evidence(text)).answered_at.seconds = 1
    for resolution in (made.approval, made.ending, made.undo_requested):
        resolution.CopyFrom(v1.Resolution(actor=who, reason=text, resolved_at=Timestamp(seconds=NOW_S)))
    made.alarms.add(kind=v1.ALARM_KIND_NOBODY_REACHABLE)
    made.held = made.returned = True


def _evidence(text: str) -> v1.Evidence:
    return v1.Evidence(reasoning=text, indicators=[text, text], exhibits=[v1.Exhibit(name=text, text=text)])


def hostile_record(text: str) -> v1.LedgerRecord:
    """Return a ledger entry with a text wherever anybody can write, personal data included."""
    text = written(text)
    entry = v1.Entry(
        offset=7,
        actor=operator(text),
        decision_id=text,
        batch_id=text,
        events=[
            v1.Event(decision_proposed=v1.DecisionProposed(group_key=text)),
            v1.Event(decision_assigned=v1.DecisionAssigned(operator=text)),
            v1.Event(order_accepted=v1.OrderAccepted(order_id=text, instance=text)),
            v1.Event(proposal_repeated=v1.ProposalRepeated(repeated_as=text)),
            v1.Event(halt_declared=v1.HaltDeclared(halt_id=text, core=text)),
            v1.Event(credential_issued=v1.CredentialIssued(credential_id=text, name=text)),
            v1.Event(),
        ],
        presentation=v1.Presentation(rendering_digest=bytes(32)),
    )
    personal = v1.PersonalData(
        remark=text,
        evidence=_evidence(text),
        halt_target=text,
        changes=[v1.ActionChange(part=text, before=text, after=text)],
    )
    return v1.LedgerRecord(entry=entry.SerializeToString(), personal=personal.SerializeToString())
