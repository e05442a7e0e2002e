"""Deciding at the console: the care that is asked, each verb's question, and refusals that say what is true now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.console.script import Outcome
from tests.console.examples import NOW_S, change, decision, operator
from tests.console.operating import CTRL_C, ENTER, MEDIUM, PASTE, at_console
from tests.console.talking import talking

if TYPE_CHECKING:
    from tests.console.operating import Place

SLOW = v1.ConsoleRules(
    reading=[v1.ReadingTime(risk=MEDIUM, least=Duration(seconds=30))], retype=[v1.RISK_LEVEL_HIGH], batch_decisions=9
)


async def test_a_high_one_shows_its_page_and_asks_for_its_target(desk: Place) -> None:
    """Evidence first, then the target typed back; the verdict says what was shown."""
    since = await desk.line("approve bbbb")
    page = await desk.screen.until("digest", since)
    await desk.answer("type 198.51.100.9 to approve bbbbbbbb2222", "198.51.100.9\r", page)
    await desk.screen.until("Approved")
    (verdict,) = desk.verdicts
    assert len(verdict.presentation.rendering_digest) == 32
    assert verdict.presentation.version == 1


async def test_what_was_looked_at_is_not_shown_again(desk: Place) -> None:
    """The page comes before the question only where the present action was not shown yet; the time goes on."""
    await desk.line("show bbbb")
    await desk.screen.until("digest")
    desk.clock.now_s += 12
    since = await desk.line("approve")
    after = await desk.answer("type 198.51.100.9 to approve", "198.51.100.9\r", since)
    assert "digest" not in desk.screen.getvalue()[since:after]
    await desk.screen.until("Approved")
    assert desk.verdicts[0].presentation.reading.seconds == 12


def _above() -> v1.Decision:
    above = decision("aaaaaaaa1111")
    above.tier = v1.ROLE_CISO
    return above


def _claimed(left_s: int) -> v1.Decision:
    claimed = decision("aaaaaaaa1111")
    claimed.claim.CopyFrom(
        v1.Claim(operator="bob", claimed_at=Timestamp(seconds=NOW_S - 60), expires_at=Timestamp(seconds=NOW_S + left_s))
    )
    return claimed


def _voted() -> v1.Decision:
    voted = decision("aaaaaaaa1111")
    voted.quorum.required = 2
    voted.votes.add(
        actor=operator("alice"),
        approved=True,
        action_digest=voted.action_digest,
        cast_at=Timestamp(seconds=NOW_S - 60),
    )
    return voted


REFUSED = [
    (_above(), "aaaaaaaa1111 waits for ciso or above."),
    (_claimed(left_s=60), "Another operator has it in hand. aaaaaaaa1111 was claimed"),
    (_voted(), "You have voted on it already. Another has to."),
]


@pytest.mark.parametrize(("open_", "told"), REFUSED, ids=["tier", "claim", "vote"])
async def test_what_will_be_refused_is_said_before_it_is_asked(open_: v1.Decision, told: str) -> None:
    """Nobody types a target back to hear only then that it is not theirs to approve; still the server decides."""
    async with at_console([open_]) as desk:
        since = await desk.line("approve aaaa")
        await desk.answer("type 203.0.113.7 to approve", "203.0.113.7\r", since)
        before = desk.screen.getvalue()[since:].partition("type 203.0.113.7 to approve")[0]
        assert "As things stand the server will refuse that:" in before
        assert told in before
        await desk.screen.until("Approved")  # this one did not


@pytest.mark.parametrize(
    ("open_", "line"),
    [
        (_claimed(left_s=-1), "approve aaaa"),
        (_above(), "escalate aaaa beyond me"),
        (_claimed(left_s=60), "reject aaaa ours"),
        (_voted(), "modify aaaa scope=host"),
    ],
)
async def test_nothing_is_said_of_what_may_be_done(open_: v1.Decision, line: str) -> None:
    """A claim that is over holds nobody off, and not every verb is refused for the same."""
    async with at_console([open_]) as desk:
        since = await desk.line(line)
        await desk.screen.until("to " + line.partition(" ")[0], since)
        assert "server will refuse" not in desk.screen.getvalue()[since:]
        desk.type(CTRL_C)
        await desk.screen.until("Nothing was decided", since)


LOW_TERMINAL = 12


async def test_a_page_longer_than_the_terminal_comes_in_pieces() -> None:
    """Before an approval of a high one its evidence does not scroll off; Enter goes on until all was shown."""
    async with at_console(rows=LOW_TERMINAL) as desk:
        since = await desk.line("approve bbbb")
        first = await desk.screen.until("Enter goes on, q stops", since)
        assert "About 198.51.100.9" in desk.screen.getvalue()[since:first]
        assert "digest" not in desk.screen.getvalue()[since:first]
        desk.clock.now_s += 12
        desk.type(ENTER)
        last = await desk.screen.until("digest", first)
        await desk.answer("type 198.51.100.9 to approve", "198.51.100.9\r", last)
        await desk.screen.until("Approved")
        (verdict,) = desk.verdicts
        assert verdict.presentation.reading.seconds == 12


@pytest.mark.parametrize("answer", ["q\r", CTRL_C])
async def test_a_page_that_was_not_read_to_its_end(answer: str) -> None:
    """Whoever stops in the middle has decided nothing, and is shown the page again the next time."""
    async with at_console(rows=LOW_TERMINAL) as desk:
        for _ in range(2):
            since = await desk.line("approve bbbb")
            await desk.answer("Enter goes on, q stops", answer, since)
            await desk.screen.until("Nothing was decided", since)
            await desk.screen.until("governance>", since)
        assert desk.script.commands == []


async def test_a_paste_turns_no_page() -> None:
    """What is pasted, and what was typed ahead, goes on to nothing; nor does a word."""
    async with at_console(rows=LOW_TERMINAL) as desk:
        desk.type("approve bbbb" + ENTER + ENTER)
        since = await desk.screen.until("What was typed before the question")
        await desk.answer("Enter goes on, q stops", PASTE.format("\n"), since)
        since = await desk.screen.until("A paste answers nothing", since)
        desk.type("yes" + ENTER + ENTER)
        since = await desk.screen.until("What was typed before the question", since)
        await desk.answer("Enter goes on, q stops", CTRL_C, since)
        await desk.screen.until("Nothing was decided", since)
        assert "type 198.51.100.9" not in desk.screen.getvalue()


@pytest.mark.parametrize("line", ["approve aaaa", "reject bbbb ours"])
async def test_what_is_not_grave_does_not_stop(line: str) -> None:
    """Only the page before an approval of a high or critical one comes in pieces."""
    async with at_console(rows=LOW_TERMINAL, rules=SLOW) as desk:
        since = await desk.line(line)
        await desk.screen.until("type yes to", since)
        assert "Enter goes on" not in desk.screen.getvalue()[since:]


@pytest.mark.parametrize("answer", ["yes\r", "198.51.100.90\r", "\r", "198.51.100.9 yes\r", CTRL_C])
async def test_anything_but_the_target(desk: Place, answer: str) -> None:
    """`yes` does not approve what is high; nor does another target."""
    await desk.line("approve bbbb")
    await desk.answer("type 198.51.100.9 to approve", answer)
    await desk.screen.until("Nothing was decided")
    assert desk.script.commands == []


async def test_a_target_that_reads_like_a_question() -> None:
    """A target that imitates a question stands in quotes, and `yes` does not approve it."""
    async with at_console([decision("cccccccc3333", target="yes to approve low"), decision("aaaaaaaa1111")]) as desk:
        await desk.line("approve cccc")
        await desk.answer("type “yes to approve low” to approve cccccccc3333", "yes\r")
        await desk.screen.until("Nothing was decided")
        assert desk.script.commands == []


async def test_rejecting_asks_for_a_reason_and_yes(desk: Place) -> None:
    """A reason that was not typed is asked for; rejecting what is high asks `yes`."""
    await desk.line("reject bbbb")
    await desk.answer("why reject it?", "our own scanner\r")
    await desk.answer("type yes to reject", "yes\r")
    await desk.screen.until("Rejected, entry 99")
    assert desk.verdicts[0].comment == "our own scanner"


async def test_a_reason_of_several_lines(desk: Place) -> None:
    """A reason may have several lines, and they arrive as such."""
    await desk.line("reject aaaa")
    await desk.answer("why reject it?", "one\x0atwo\r")
    await desk.answer("type yes to reject", "yes\r")
    await desk.screen.until("Rejected")
    assert desk.verdicts[0].comment == "one\ntwo"


@pytest.mark.parametrize("answer", ["\r", CTRL_C])
async def test_no_reason(desk: Place, answer: str) -> None:
    """Without a reason nothing is decided."""
    await desk.line("reject aaaa")
    await desk.answer("why reject it?", answer)
    await desk.screen.until("Nothing was said, so nothing was done")
    assert desk.script.commands == []


async def test_least_reading_time() -> None:
    """Where the policy wants it, an early yes is answered with what is left, and asked for again."""
    async with at_console(rules=SLOW) as desk:
        since = await desk.line("approve aaaa")
        page = await desk.screen.until("digest", since)
        desk.clock.now_s += 10.5
        early = await desk.answer("type yes to approve", "yes\r", page)
        again = await desk.screen.until("20 s are left", early)
        desk.clock.now_s += 20
        await desk.answer("type yes to approve", "yes\r", again)
        await desk.screen.until("Approved")
        (verdict,) = desk.verdicts
        assert verdict.presentation.reading == Duration(seconds=30, nanos=500_000_000)


async def test_the_action_changes_while_it_is_asked_about(desk: Place) -> None:
    """What the question names is what is decided: another digest meanwhile, and nothing is."""
    await desk.line("approve aaaa")
    question = await desk.screen.until("type yes to approve")
    changed = decision("aaaaaaaa1111", target="192.0.2.66", risk=MEDIUM, version=2, offset=11)
    changed.action_version = 2
    desk.script.send(change(changed, "action_modified", by="operator-2"))
    await desk.screen.until("changed by operator-2", question)
    desk.type("yes\r")
    await desk.screen.until("Its action changed while you were asked, so nothing was decided")
    assert desk.script.commands == []


async def test_it_ends_while_it_is_asked_about(desk: Place) -> None:
    """A decision that ended meanwhile is said to have, with who and how long ago; nothing is sent."""
    await desk.line("approve aaaa")
    question = await desk.screen.until("type yes to approve")
    ended = decision("aaaaaaaa1111", risk=MEDIUM, state=v1.DECISION_STATE_REJECTED, version=2, offset=11)
    ended.ending.CopyFrom(v1.Resolution(actor=operator("operator-2"), resolved_at=Timestamp(seconds=NOW_S - 2)))
    desk.script.send(change(ended, "decision_rejected", by="operator-2"))
    await desk.screen.until("rejected by operator-2", question)
    desk.type("yes\r")
    await desk.screen.until(
        "There is nothing to approve: aaaaaaaa1111 was rejected 2 s ago by operator-2 (soc_operator)"
    )
    assert desk.script.commands == []


async def test_lost_race(desk: Place) -> None:
    """Who decides second is told who was first and how long ago, and what the server says to it."""
    winner = decision("aaaaaaaa1111", state=v1.DECISION_STATE_REJECTED, version=2, offset=11)
    winner.ending.CopyFrom(v1.Resolution(actor=operator("operator-2"), resolved_at=Timestamp(seconds=NOW_S - 2)))
    desk.script.answer = lambda command: v1.Receipt(
        request_id=command.request_id,
        refused=v1.Refusal(
            reason=v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED, message="It was rejected already.", current=winner
        ),
    )
    await desk.line("approve aaaa")
    await desk.answer("type yes to approve", "yes\r")
    refused = await desk.screen.until("Refused: It has ended already.")
    await desk.screen.until("rejected 2 s ago by operator-2 (soc_operator)", refused)
    await desk.screen.until("It was rejected already.", refused)


async def test_modification(desk: Place) -> None:
    """The difference is shown before anything is asked, and the whole action is sent with the digest that was seen."""
    since = await desk.line("modify aaaa scope=host duration=30m")
    shown = await desk.screen.until("host", await desk.screen.until("scope", since))
    await desk.answer("type yes to modify", "yes\r", shown)
    await desk.screen.until("Modified and approved")
    (verdict,) = desk.verdicts
    assert verdict.action_digest == decision("aaaaaaaa1111").action_digest
    action = verdict.modify_and_approve.action
    assert (action.scope, action.duration.seconds) == (v1.ACTION_SCOPE_HOST, 1800)
    assert action.targets == decision("aaaaaaaa1111").proposal.action.targets


async def test_a_modified_target_is_typed_back(desk: Place) -> None:
    """What is typed back is the target of what would be done, and the question names it."""
    await desk.line("modify bbbb targets-=198.51.100.9 targets+=ip_address:192.0.2.8")
    await desk.answer("type 192.0.2.8 to modify bbbbbbbb2222 block_ip 192.0.2.8", "192.0.2.8\r")
    await desk.screen.until("Modified and approved")
    assert desk.verdicts[0].modify_and_approve.action.targets[0].value == "192.0.2.8"


async def test_a_modification_that_changes_nothing(desk: Place) -> None:
    """It is said so, and nothing is sent."""
    await desk.line("modify aaaa targets-=192.0.2.99")
    await desk.screen.until("has no target")
    await desk.line("modify aaaa duration=none")
    await desk.screen.until("leaves the action as it is")
    assert desk.script.commands == []


async def test_escalation_to_a_role(desk: Place) -> None:
    """It can be said who has to decide."""
    await desk.line("escalate aaaa --to ciso")
    await desk.answer("why escalate it?", "beyond me\r")
    await desk.answer("type yes to escalate", "yes\r")
    await desk.screen.until("Escalated")
    (command,) = desk.script.commands
    assert (command.escalate.to_role, command.escalate.reason) == (v1.ROLE_CISO, "beyond me")


async def test_verbs_that_need_no_yes(desk: Place) -> None:
    """Asking, noting, deferring, claiming, releasing and assigning are sent at once."""
    lines = ("ask aaaa since when?", "note aaaa seen", "defer aaaa 5m", "claim", "release", "assign aaaa operator-2")
    for count, line in enumerate(lines, 1):
        await desk.line(line)
        await desk.script.until_commands(count)
    await desk.screen.until("Assigned")
    kinds = [command.WhichOneof("command") for command in desk.script.commands]
    assert kinds == ["verdict", "add_note", "verdict", "claim", "release", "assign"]


async def test_a_verb_for_another_state(desk: Place) -> None:
    """What waits for a decision can be neither undone nor settled."""
    for line, verb in (("undo aaaa because", "undo"), ("reconcile aaaa executed because", "reconcile")):
        await desk.line(line)
        await desk.screen.until(f"There is nothing to {verb}: aaaaaaaa1111 is pending.")
    assert desk.script.commands == []


async def test_settling_and_undoing() -> None:
    """What nobody knew is settled, and what was executed undone, each after a yes."""
    lost = decision("cccccccc3333", state=v1.DECISION_STATE_OUTCOME_UNKNOWN)
    done = decision("dddddddd4444", risk=MEDIUM)
    async with at_console([lost, done, decision("aaaaaaaa1111")]) as desk:
        executed = decision("dddddddd4444", state=v1.DECISION_STATE_EXECUTED, version=2, offset=11)
        desk.script.send(change(executed, "order_reported", by=""))
        await desk.screen.until("executed")
        await desk.line("reconcile cccc failed the host was off")
        await desk.answer("type yes to reconcile", "yes\r")
        await desk.screen.until("Settled")
        await desk.line("undo dddd it hit a customer")
        await desk.answer("type yes to undo", "yes\r")
        await desk.screen.until("Asked to undo")
        settled, undone = desk.script.commands
        assert settled.reconcile_outcome.outcome.result == v1.OUTCOME_RESULT_FAILED
        assert undone.request_undo.reason == "it hit a customer"


async def test_a_script_names_the_target() -> None:
    """Nobody is asked: what asks `yes` is done as typed, what asks for the target wants it named."""
    async with talking(decision("aaaaaaaa1111", risk=MEDIUM), decision("bbbbbbbb2222")) as room:
        assert "Approved" in await room.say("approve aaaa")
        for line in ("approve bbbb", "approve bbbb --yes", "approve bbbb --target 203.0.113.70"):
            assert await room.run(line) is Outcome.REFUSED
            assert "--target 203.0.113.7." in room.complaints[-1]
        assert await room.run("reject bbbb") is Outcome.REFUSED
        assert "needs a reason" in room.complaints[-1]
        assert len(room.server.commands) == 1
        assert "Approved" in await room.say("approve bbbb --target 203.0.113.7")


async def test_a_script_has_to_read_too() -> None:
    """The least reading time holds for scripts: a verdict without it is not sent."""
    async with talking(decision("aaaaaaaa1111", risk=MEDIUM), rules=SLOW) as room:
        assert await room.run("approve aaaa") is Outcome.REFUSED
        assert "30 s are left" in room.complaints[-1]
        assert await room.run("show aaaa", "approve aaaa") is Outcome.REFUSED
        assert room.server.commands == []


async def test_a_script_is_told_why_it_was_refused() -> None:
    """One complaint has why, what is true now, and the server's own sentence."""
    async with talking(decision("aaaaaaaa1111", risk=MEDIUM)) as room:
        room.server.answer = lambda command: v1.Receipt(
            request_id=command.request_id,
            refused=v1.Refusal(reason=v1.REFUSAL_REASON_HALTED, message="Halted by halt-1.", current=decision()),
        )
        assert await room.run("approve aaaa") is Outcome.REFUSED
        (complaint,) = room.complaints
        assert "A halt covers it." in complaint
        assert "“Halted by halt-1.”" in complaint
