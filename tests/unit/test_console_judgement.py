"""How judgement is shown: votes, questions, changes, halts and alarms; and the lines that are typed for it."""

from __future__ import annotations

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.console.announcing import announce
from governance_client.console.building import about_decision, about_house, house_told
from governance_client.console.desk import Desk
from governance_client.console.halts import halt_line, halt_news, needed, who_lines
from governance_client.console.page import page
from governance_client.console.rendering import plain, table
from governance_client.console.replaying import replay_report
from governance_client.console.toolbar import View, toolbar
from governance_client.console.verbs import Mistake, Request, parse
from governance_client.console.vocabulary import VERBS, Takes
from governance_client.operator import Link, Replica, Update
from tests.console.examples import NOW_S, change, decision, operator

NOW_US = NOW_S * 1_000_000
WIDE = 200
HALT = v1.Halt(
    halt_id="halt-1",
    scope=v1.HaltScope(all=True),
    reason="breach under way",
    actor=operator("bob"),
    declared_at=Timestamp(seconds=NOW_S),
)


def shown(found: v1.Decision) -> str:
    return "\n".join(plain(line) for line in page(found, NOW_US, WIDE))


def parsed(line: str) -> Request:
    request = parse(line)
    assert isinstance(request, Request), request
    return request


def voted(*names: str, required: int = 2) -> v1.Decision:
    waiting = decision(version=2, offset=6)
    waiting.quorum.required = required
    waiting.votes.extend(v1.Vote(actor=operator(name), approved=True) for name in names)
    return waiting


def test_votes_and_what_is_still_needed() -> None:
    """A page says who voted, how many of how many, and who else has to."""
    waiting = voted("alice")
    waiting.quorum.roles.append(v1.ROLE_SECURITY_MANAGER)
    text = shown(waiting)
    assert "vote       for, alice (soc_operator)" in text
    assert "1 of 2 approvals: 2 different people have to approve, among them a security_manager or above" in text
    assert "1 of 2 yes" in plain(table([waiting], NOW_US, WIDE)[1])
    assert "approvals" not in shown(decision())


def test_a_modification_is_shown_as_a_difference() -> None:
    """Who changed what, from what to what, and whether it only narrowed."""
    waiting = decision()
    waiting.modifications.add(
        actor=operator("bob"),
        narrowing=True,
        action_version=2,
        changes=[
            v1.ActionChange(part="scope", before="department", after="host"),
            v1.ActionChange(part="parameters.x"),
        ],
    )
    assert "narrowed by bob (soc_operator)" in shown(waiting)
    assert "scope: department → host" in shown(waiting)
    assert "parameters.x: (none) → (none)" in shown(waiting)


def test_what_else_a_page_tells() -> None:
    """Alarms stand first; a hold, an assignment, a deferral, repetitions, a return and an undo are told."""
    found = decision()
    found.alarms.add(kind=v1.ALARM_KIND_NOBODY_REACHABLE)
    found.held = found.returned = True
    found.assignee, found.occurrences, found.reversed_by = "carol", 3, "undo-1"
    found.schedule.deferred_until.seconds = NOW_S + 60
    found.undo_requested.CopyFrom(v1.Resolution(actor=operator("alice"), reason="ours"))
    text = shown(found)
    assert text.splitlines()[1].startswith("ALARM: nobody reachable, since ")
    for told in (
        "held       by a halt",
        "to carol",
        "3 times",
        "for revision",
        "decision undo-1",
        "│ ours",
        "deferred ",
    ):
        assert told in text


def test_halts() -> None:
    """A halt says what, who, why, until when, and who asked to release it."""
    lasting = v1.Halt()
    lasting.CopyFrom(HALT)
    lasting.expires_at.seconds = NOW_S + 90
    lasting.released_by.append(operator("alice"))
    line = plain(halt_line(lasting, NOW_US, WIDE))
    for told in (
        "HALTED everything by bob",
        "ends by itself in 1:30",
        "alice (soc_operator) asked",
        "halt-1",
        "breach",
    ):
        assert told in line
    scopes = {
        "core maximus": v1.HaltScope(core="maximus"),
        "block_ip": v1.HaltScope(action=v1.ACTION_TYPE_BLOCK_IP),
        "target 10.0.0.1": v1.HaltScope(target="10.0.0.1"),
        "something that this version does not know": v1.HaltScope(),
    }
    for told, scope in scopes.items():
        assert plain(halt_line(v1.Halt(scope=scope), NOW_US, WIDE)).startswith(f"HALTED {told} ")


def test_halt_news() -> None:
    """A new halt, one that is half released, and one that is over get a line each; what stays gets none."""
    half = v1.Halt()
    half.CopyFrom(HALT)
    half.released_by.append(operator("alice"))
    assert len(halt_news({}, {"halt-1": HALT}, NOW_US, WIDE)) == 1
    assert halt_news({"halt-1": HALT}, {"halt-1": HALT}, NOW_US, WIDE) == []
    assert len(halt_news({"halt-1": HALT}, {"halt-1": half}, NOW_US, WIDE)) == 1
    (over,) = halt_news({"halt-1": HALT}, {}, NOW_US, WIDE)
    assert plain(over) == "the halt of everything is over halt-1"


def test_toolbar_says_halted_in_letters() -> None:
    """Halts and alarms are words, not colours."""
    text = plain(toolbar(View(Link.UP, operator("alice"), {}, (HALT, HALT), 2, now_us=NOW_US), WIDE))
    assert "HALTED everything +1 more" in text
    assert "ALARM 2" in text


def test_who() -> None:
    """Who could decide, the reachable first, and what to do where nobody can be reached."""
    away = v1.EligibleOperator(operator=v1.Operator(name="bob", role=v1.ROLE_CISO, away=True))
    there = v1.EligibleOperator(
        operator=v1.Operator(name="alice", role=v1.ROLE_CISO, connected=True), reachable=True, voted=True
    )
    found = v1.ListEligibleOperatorsResponse(operators=[there, away], quorum=v1.Quorum(required=2))
    lines = [plain(line) for line in who_lines(found)]
    assert lines[0] == "reachable     alice (ciso), voted already"
    assert lines[1] == "away          bob (ciso)"
    assert lines[2] == "2 different people have to approve"
    nobody = [plain(line) for line in who_lines(v1.ListEligibleOperatorsResponse())]
    assert nobody == ["Nobody may decide it now.", "one has to approve"]
    unreachable = [plain(line) for line in who_lines(v1.ListEligibleOperatorsResponse(operators=[away]))]
    assert "None of them can be reached." in unreachable
    assert needed(v1.Quorum()) == "one has to approve"


def test_announcements_of_judgement() -> None:
    """A vote, a change, an answer, a hold and an alarm are worth a line."""
    before, cause = decision(), v1.Cause(actor=operator("bob"))

    def told(after: v1.Decision) -> str:
        return plain(announce([Update(before, after, cause)], NOW_US, WIDE)[0])

    assert told(voted("bob")).startswith("1 of 2 approvals by bob")
    changed = decision()
    changed.action_version = 2
    assert told(changed).startswith("changed by bob")
    answered = decision()
    answered.inquiries.add(answered_at=Timestamp(seconds=1))
    assert told(answered).startswith("core has answered")
    alarmed = decision()
    alarmed.alarms.add(kind=v1.ALARM_KIND_OUTCOME_UNKNOWN)
    assert told(alarmed).startswith("ALARM, outcome unknown")
    held = decision()
    held.held = True
    assert told(held).startswith("approved, and held by a halt")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("reject 1 --reason 'a known scanner'", "a known scanner"),
        ('reject 1 --reason "a known scanner"', "a known scanner"),
        ("reject 1 --reason=x", "x"),
        ("reject 1 it's ours", "it's ours"),
        ("approve 1 --comment 'x'", "x"),
        ("approve 1 'x' it is", "'x' it is"),
        ("reject 1 -- see --reason above", "see --reason above"),
    ],
)
def test_reasons_typed_as_for_the_command_line(line: str, text: str) -> None:
    """The option's name and the quotes around the reason are no part of the reason."""
    assert parsed(line).text == text


@pytest.mark.parametrize(
    "line",
    [
        "reject 1 --reason",
        "reject 1 --reason ''",
        "modify 1",
        "modify 1 'open",
        "defer 1",
        "defer 1 soon",
        "defer 1 5m 6m",
        "assign 1",
        "assign 1 bob carol",
        "reconcile 1 perhaps it did",
        "halt --scope everything because",
        "halt --for soon because",
        "release-halt",
        "away now",
    ],
)
def test_what_lacks_something_is_a_mistake(line: str) -> None:
    """A line that lacks what it needs says how it is typed, and sends nothing."""
    mistake = parse(line)
    assert isinstance(mistake, Mistake)
    assert mistake.message


def test_lines_become_commands() -> None:
    """Every verb that decides something builds its own command, naming the digest of what was shown."""
    seen = decision()
    verdicts = {
        "approve 1": "approve",
        "reject 1 no": "reject",
        "modify 1 scope=host parameters.note='two words'": "modify_and_approve",
        "defer 1 5m": "defer",
        "ask 1 why?": "request_information",
        "revise 1 smaller": "return_for_revision",
    }
    for line, kind in verdicts.items():
        verdict = about_decision(parsed(line), seen).verdict
        assert (verdict.WhichOneof("judgement"), verdict.action_digest) == (kind, seen.action_digest)
    modified = about_decision(parsed("modify 1 scope=host parameters.note='two words'"), seen).verdict
    assert modified.modify_and_approve.action.parameters["note"] == "two words"
    others = {
        "escalate 1 up": "escalate",
        "note 1 seen": "add_note",
        "claim 1": "claim",
        "release 1": "release",
        "assign 1 bob": "assign",
        "reconcile 1 failed looked at it": "reconcile_outcome",
        "undo 1 ours": "request_undo",
    }
    for line, kind in others.items():
        assert about_decision(parsed(line), seen).WhichOneof("command") == kind
    assert about_decision(parsed("assign 1 --nobody"), seen).assign.operator == ""


def test_lines_about_the_house() -> None:
    """A halt covers everything and lasts until it is released, unless it is said otherwise."""
    halt = about_house(parsed("halt --scope core=maximus --for 30m it is wrong"))
    assert (halt.declare_halt.scope.core, halt.declare_halt.duration.seconds) == ("maximus", 1800)
    everything = about_house(parsed("halt breach under way"))
    assert (everything.declare_halt.scope.all, everything.declare_halt.HasField("duration")) == (True, False)
    assert house_told(parsed("halt breach")) == "everything until it is released"
    release = about_house(parsed("release-halt halt-1 over"))
    assert release.release_halt.halt_id == house_told(parsed("release-halt halt-1 over")) == "halt-1"
    for line, away in (("away", True), ("back", False)):
        command = about_house(parsed(line))
        assert (command.set_availability.away, house_told(parsed(line))) == (away, "")


def test_every_verb_that_is_sent_says_what_was_done() -> None:
    """The table has a word for each."""
    silent = {verb.name for verb in VERBS if not verb.done}
    looking = {"queue", "more", "next", "show", "why", "history", "similar", "who", "halts", "stats", "health"}
    assert silent == looking | {"watch", "filter", "board", "export", "help", "quit"}
    assert all(verb.asks for verb in VERBS if verb.takes is Takes.MAYBE_TEXT)


def test_mine() -> None:
    """What is assigned to me or claimed by me, and nothing else."""
    assigned, claimed, other = decision("aaaaaaaa"), decision("bbbbbbbb"), decision("cccccccc")
    assigned.assignee, claimed.claim.operator, other.assignee = "alice", "alice", "bob"
    replica = Replica()
    replica.hello(v1.ServerHello(snapshot=True))
    changes = [change(each) for each in (assigned, claimed, other)]
    replica.frame(v1.OperateResponse(news=v1.OperatorNews(changes=changes)))
    found = Desk(replica).listed(parsed("ls --mine"), "alice")
    assert [each.decision_id for each in found.decisions] == ["aaaaaaaa", "bbbbbbbb"]


def test_replay_report() -> None:
    """How many would have gone otherwise, between which levels, decided by whom, and the worst of them."""
    report = v1.ReplayPolicyResponse(looked_at=1200, total=1200, changed=3, done=True)
    report.moves.add(to=v1.AUTOMATION_LEVEL_FULL, count=3, **{"from": v1.AUTOMATION_LEVEL_SUPERVISED})
    report.tiers.add(before=1, after=4)
    report.tiers.add(tier=v1.ROLE_CISO, before=3)
    report.differences.add(
        decision_id="aaaaaaaa",
        risk_before=v1.RISK_LEVEL_HIGH,
        risk_after=v1.RISK_LEVEL_LOW,
        automation_before=v1.AUTOMATION_LEVEL_SUPERVISED,
        automation_after=v1.AUTOMATION_LEVEL_FULL,
        tier_before=v1.ROLE_CISO,
        required_before=2,
        required_after=1,
        score_before=0.6,
        score_after=0.2,
    )
    report.differences.add(decision_id="bbbbbbbb")
    text = "\n".join(plain(line) for line in replay_report(report))
    assert text.startswith("1,200 proposals looked at: 3 would have gone otherwise.")
    for told in (
        "supervised    full                   3",
        "policy, no person            1         4",
        "supervised → full; risk high → low; score 0.60 → 0.20; for ciso → policy, no person; approvals 2 → 1",
        "bbbbbbbb  other rules",
    ):
        assert told in text
    (nothing,) = replay_report(v1.ReplayPolicyResponse(looked_at=1, done=True))
    assert plain(nothing) == "1 proposal looked at: none would have gone otherwise."
