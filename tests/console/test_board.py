"""The board at a server: what a key decides, and above all what it does not."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance_client.console.board.cursor import SETTLE_S
from governance_client.console.settings import Settings
from governance_client.operator import Link, OperatorSession, SessionSettings
from tests.console.board_house import Hands
from tests.console.examples import NOW_S, change, decision, operator
from tests.console.scripted_server import CREDENTIALS, ScriptedServer, dialler, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LOW = v1.RISK_LEVEL_LOW
PATIENT = SessionSettings(backoff_first_s=30, backoff_most_s=30)


class _Table(Hands):
    """A board at a scripted server."""

    def __init__(self, session: OperatorSession, script: ScriptedServer, settings: Settings | None) -> None:
        super().__init__(session, settings)
        self.session = session
        self.script = script

    async def until(self, *words: str) -> str:
        """Take news until all of these stand on the screen, and return it."""
        while not all(word in (shown := self.look()) for word in words):
            await self.session.news()
        return shown

    async def news(self, newest: v1.Decision, *events: str, by: str = "") -> None:
        """Have the server send a change, and wait until it is known here, not yet drawn."""
        self.script.send(change(newest, *events, by=by))
        while self.session.replica.offset < newest.offset:
            await self.session.news()

    async def read(self) -> str:
        """Read what is selected to its end."""
        await self.press("enter")
        shown = await self.press(*[" "] * 9)
        await self.press("escape")
        return shown


@asynccontextmanager
async def _table(
    *opened: v1.Decision, settings: Settings | None = None, session: SessionSettings | None = None
) -> AsyncIterator[_Table]:
    script = ScriptedServer()
    script.open = list(opened or (decision("aaaaaaaa1111", risk=LOW), decision("bbbbbbbb2222", "198.51.100.9", LOW)))
    async with serving(script), OperatorSession(CREDENTIALS, session, dial=dialler(script)) as connected:
        while len(connected.replica.urgent()) < len(script.open):
            await connected.news()
        table = _Table(connected, script, settings)
        table.look()
        yield table


@pytest.fixture
async def table() -> AsyncIterator[_Table]:
    async with _table() as ready:
        yield ready


async def test_approval(table: _Table) -> None:
    """`a` asks, naming verb, action, target and id; `yes` approves exactly what was drawn, and says what was shown."""
    shown = await table.type("a")
    assert "type yes to approve block_ip 203.0.113.7, aaaaaaaa1111, low" in shown
    await table.type("yes")
    assert "Approved" in await table.press("enter")
    (command,) = table.script.commands
    assert command.verdict.WhichOneof("judgement") == "approve"
    assert command.verdict.decision_id == "aaaaaaaa1111"
    assert command.verdict.action_digest == decision("aaaaaaaa1111").action_digest
    assert len(command.verdict.presentation.rendering_digest) == 32
    assert command.verdict.presentation.version == 1


async def test_a_target_that_reads_as_a_question() -> None:
    """A target of several words stands in quotes where it is asked for, and is typed without them."""
    async with _table(decision("aaaaaaaa1111", "yes to reject 203.0.113.7")) as table:
        await table.read()
        shown = (await table.type("a")).replace("\n", " ")
        assert "type “yes to reject 203.0.113.7” to approve" in shown
        await table.type("yes to reject 203.0.113.7")
        assert "Approved" in await table.press("enter")


@pytest.mark.parametrize(("key", "asked"), [("a", "type yes to approve"), ("m", "what to change?")])
async def test_what_will_be_refused_is_said_before_it_is_asked(key: str, asked: str) -> None:
    """The tier, or another's claim, stands above the question; when the claim is over, it does no longer."""
    claimed = decision("aaaaaaaa1111", risk=LOW)
    claimed.claim.CopyFrom(v1.Claim(operator="bob", expires_at=Timestamp(seconds=NOW_S + 3600)))
    async with _table(claimed) as table:
        shown = await table.type(key)
        assert "was claimed" in shown.replace("\n", " ")
        assert shown.index("server will refuse that") < shown.index(asked)
        await table.news(decision("aaaaaaaa1111", risk=LOW, version=2, offset=11), "decision_released")
        shown = table.look()
        assert asked in shown
        assert "server will refuse" not in shown


async def test_approval_with_a_comment(table: _Table) -> None:
    """Tab asks for a comment and decides nothing; it stands in the question then, and goes with the approval."""
    await table.type("aye")
    await table.press("tab")
    await table.type("seen in the log")
    shown = await table.press("enter")
    assert "type yes to approve block_ip 203.0.113.7, aaaaaaaa1111, low" in shown
    assert "seen in the log" in shown
    assert table.script.commands == []
    await table.press("tab")
    await table.type("s")
    await table.press("enter")
    await table.type("yes")
    assert "Approved" in await table.press("enter")
    (command,) = table.script.commands
    assert command.verdict.comment == "seen in the logs"


async def test_a_comment_that_is_left(table: _Table) -> None:
    """A comment decides nothing: Escape leaves it all, Enter without one asks on, and `yes` in it is a comment."""
    await table.type("a")
    await table.press("tab", "escape")
    assert "Nothing was decided" in table.look()
    await table.type("a")
    await table.press("tab", "enter")
    await table.press("tab")
    await table.type("yes")
    assert "type yes to approve" in await table.press("enter")
    assert table.script.commands == []


async def test_an_open_quote(table: _Table) -> None:
    """A quote that is not closed is explained as at the prompt, and what was typed stays."""
    await table.type("mparameters.path='a")
    assert "is not closed" in (await table.press("enter")).replace("\n", " ")
    await table.press("escape")
    await table.type("/target='a")
    assert "is not closed" in (await table.press("enter")).replace("\n", " ")


@pytest.mark.parametrize(
    "keys",
    [["enter"], ["escape"], ["c-c"], ["y", "enter"], [*"yes please", "enter"], [*"no", "enter"], [*"yes", "c-c"]],
)
async def test_anything_but_yes(table: _Table, keys: list[str]) -> None:
    """Enter alone, Escape, Ctrl-C and whatever is not exactly `yes` decide nothing, and say so."""
    await table.type("a")
    assert "Nothing was decided" in await table.press(*keys)
    assert table.script.commands == []


async def test_typed_ahead(table: _Table) -> None:
    """What is typed before the question is on the screen does not answer it."""
    for key in ("a", "y", "e", "s", "enter"):
        await table.board.press(key)
    assert "type yes to approve" in table.look()
    await table.press("enter")
    assert table.script.commands == []


async def test_a_paste(table: _Table) -> None:
    """A paste answers no question, marked as one or not, and is no key."""
    table.board.paste("a")
    assert "does nothing on the board" in table.look()
    await table.type("a")
    table.board.paste("yes\n")
    assert "What is pasted does not answer" in table.look()
    for key in ("y", "e", "s", "enter"):
        await table.board.press(key)  # no time goes by: nobody types like that
    assert "faster than anyone types" in table.look()
    await table.press("enter")
    assert table.script.commands == []


async def test_a_pasted_reason(table: _Table) -> None:
    """A reason can be pasted, as one line; the question after it is answered by hand."""
    await table.type("r")
    table.board.paste("known\nscanner")
    assert "type yes to reject" in await table.press("enter")
    await table.type("yes")
    await table.press("enter")
    (command,) = table.script.commands
    assert command.verdict.comment == "known scanner"


async def test_high_risk_is_read_first_and_retyped() -> None:
    """A high decision is not asked about before its page was read to its end, and then wants the target typed back."""
    async with _table(decision("aaaaaaaa1111")) as table:
        shown = await table.type("a")
        assert "Read it first" in shown
        assert "PENDING" not in shown
        await table.read()
        assert "type 203.0.113.7 to approve" in await table.type("a")
        await table.type("yes")
        assert "That is not `203.0.113.7`" in await table.press("enter")
        await table.press("c-u")
        await table.type("203.0.113.7")
        assert "Approved" in await table.press("enter")
        assert len(table.script.commands) == 1


async def test_a_reading_time() -> None:
    """Where the policy wants a decision read for a while, the board says how long is left, and asks on."""
    async with _table() as table:
        table.session.rules = v1.ConsoleRules(reading=[v1.ReadingTime(risk=LOW, least=Duration(seconds=30))])
        await table.type("ayes")
        assert "s are left" in await table.press("enter")
        assert table.script.commands == []
        table.clock.now_s += 30
        assert "Approved" in await table.press("enter")
        assert table.script.commands[0].verdict.presentation.reading.seconds >= 30


async def test_reject_and_escalate_ask_why(table: _Table) -> None:
    """A rejection and an escalation ask for a reason, and then whether that is meant."""
    assert "why reject it?" in await table.type("r")
    assert "nothing was typed" in await table.press("enter")
    await table.type("known scanner")
    shown = await table.press("enter")
    assert "type yes to reject block_ip 203.0.113.7" in shown
    assert "known scanner" in shown
    await table.type("yes")
    assert "Rejected" in await table.press("enter")
    await table.type("jeodd")
    await table.press("enter")
    await table.type("yes")
    assert "Escalated" in await table.press("enter")
    rejected, escalated = table.script.commands
    assert rejected.verdict.comment == "known scanner"
    assert escalated.escalate.reason == "odd"
    assert escalated.escalate.decision_id == "bbbbbbbb2222"


async def test_modification(table: _Table) -> None:
    """The difference stands in the question; what makes no sense is explained, and what was typed stays."""
    await table.type("mduration=soon")
    assert "no span of time" in await table.press("enter")
    await table.press("c-u")
    await table.type("scope=host")
    shown = await table.press("enter")
    assert "scope" in shown
    assert "host" in shown
    assert "type yes to modify" in shown
    await table.type("yes")
    assert "odified" in await table.press("enter")
    (command,) = table.script.commands
    assert command.verdict.modify_and_approve.action.scope == v1.ACTION_SCOPE_HOST
    assert command.verdict.action_digest == decision("aaaaaaaa1111").action_digest


async def test_what_is_sent_without_a_question(table: _Table) -> None:
    """Deferring and asking core want words and nothing more; claiming not even those, and the same key releases."""
    await table.type("d5m")
    await table.press("enter")
    await table.type("isince when?")
    await table.press("enter")
    await table.type("c")
    deferred, asked, claimed = table.script.commands
    assert deferred.verdict.defer.duration.seconds == 300
    assert asked.verdict.request_information.question == "since when?"
    assert claimed.HasField("claim")
    mine = decision("aaaaaaaa1111", risk=LOW, version=2, offset=120)
    mine.claim.operator = "alice"
    await table.news(mine, "decision_claimed")
    table.look()
    await table.type("c")
    assert table.script.commands[-1].HasField("release")


async def test_lost_race(table: _Table) -> None:
    """Who decides second is told who was first, and when."""
    table.script.answer = lambda command: v1.Receipt(
        request_id=command.request_id,
        refused=v1.Refusal(
            reason=v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED, message="It has ended.", current=_rejected()
        ),
    )
    await table.type("ayes")
    shown = await table.press("enter")
    assert "Refused: It has ended already." in shown
    assert "rejected 2 s ago by bob" in shown


def _rejected(decision_id: str = "aaaaaaaa1111", offset: int = 11) -> v1.Decision:
    ended = decision(decision_id, risk=LOW, state=v1.DECISION_STATE_REJECTED, version=2, offset=offset)
    ended.ending.actor.CopyFrom(operator("bob"))
    ended.ending.resolved_at.CopyFrom(Timestamp(seconds=NOW_S - 2))
    return ended


@pytest.mark.parametrize("begun", ["a", "aye", "rbecause"])
async def test_it_ends_while_it_is_asked_about(table: _Table, begun: str) -> None:
    """When a decision ends under its question, that is told and the question is gone; what is typed on does nothing."""
    await table.type(begun)
    await table.news(_rejected(), "decision_rejected", by="bob")
    shown = table.look()
    assert "was rejected 2 s ago by bob" in shown
    assert "type yes" not in shown
    await table.type("syesarc")
    assert "rejected 2 s ago" in await table.type("yes")
    await table.press("enter")
    assert table.script.commands == []
    assert "HISTORY" in table.look()


async def test_it_ends_just_before_enter(table: _Table) -> None:
    """A decision that ended since it was drawn last is not decided by the Enter that was meant for it."""
    await table.type("ayes")
    await table.news(_rejected(), "decision_rejected", by="bob")
    assert "was rejected" in await table.press("enter")
    assert table.script.commands == []


async def test_its_action_changes_while_it_is_asked_about(table: _Table) -> None:
    """When the action changes under its question, nothing is decided; the question has to be asked anew."""
    await table.type("aye")
    await table.news(decision("aaaaaaaa1111", "192.0.2.1", LOW, version=2, offset=11), "decision_modified", by="bob")
    assert "Its action changed while you were asked" in await table.type("s")
    await table.press("enter")
    assert table.script.commands == []
    assert "type yes to approve block_ip 192.0.2.1" in await _once_settled(table, "a")


async def test_a_vote_changes_no_question(table: _Table) -> None:
    """What leaves the action as it is, such as a claim, leaves the question as it is."""
    await table.type("aye")
    claimed = decision("aaaaaaaa1111", risk=LOW, version=2, offset=11)
    claimed.claim.operator = "bob"
    await table.news(claimed, "decision_claimed", by="bob")
    await table.type("s")
    assert "Approved" in await table.press("enter")


async def _once_settled(table: _Table, key: str) -> str:
    table.look()
    table.clock.now_s += SETTLE_S
    return await table.press(key)


@pytest.mark.parametrize("key", [*"armecdi"])
async def test_the_row_changed_by_itself(table: _Table, key: str) -> None:
    """When what is selected ends and another takes its place, keys that decide do nothing until it was seen a while."""
    await table.news(_rejected(), "decision_rejected", by="bob")
    assert "changed by itself" in await table.press(key)
    assert "changed by itself" in await table.press(key)
    assert table.script.commands == []
    assert "bbbbbbbb2222" in await _once_settled(table, key)
    assert "changed by itself" not in table.look()


async def test_the_selection_follows_the_decision(table: _Table) -> None:
    """A more urgent arrival comes above what is selected, and the next key is still about that."""
    await table.news(decision("cccccccc3333", "192.0.2.66", risk=v1.RISK_LEVEL_CRITICAL, offset=11))
    assert "aaaaaaaa1111" in await table.type("a")
    assert "type yes to approve block_ip 203.0.113.7" in table.look()


async def test_without_a_connection() -> None:
    """While the link is down nothing is sent: that is said, and what was typed stays."""
    async with _table(session=PATIENT) as table:
        await table.type("r")
        await table.type("known scanner")
        await table.press("enter")
        await table.type("yes")
        table.script.cut()
        while table.session.link is Link.UP:
            await table.session.news()
        shown = await table.press("enter")
        assert "Not sent, nothing changed" in shown
        assert "What you typed is kept" in shown
        assert "known scanner" in shown
        assert "yes_" in shown
        await table.press("escape")
        assert "Not sent, nothing changed" in await table.type("c")
        assert table.script.commands == []


async def test_stopped_waiting() -> None:
    """Ctrl-C while a receipt is waited for says that it is unknown whether the verdict counted."""
    async with _table() as table:
        table.script.answer = lambda _command: None
        await table.type("ayes")
        pressing = asyncio.create_task(table.board.press("enter"))
        await table.script.until_commands(1)
        assert "Sending" in table.look()
        pressing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pressing
        assert "It is unknown whether that counted: you stopped waiting" in table.look()


async def test_another_digest() -> None:
    """A digest that is not that of the action shown is noticed before anything is asked."""
    forged = decision("eeeeeeee5555", risk=LOW)
    forged.action_digest = b"x" * 32
    async with _table(forged) as table:
        assert "names another digest" in await table.type("a")
        assert table.script.commands == []


async def test_next(table: _Table) -> None:
    """`n` goes to the most urgent decision that one may decide, then to the one after it."""
    await table.news(decision("cccccccc3333", "192.0.2.66", risk=v1.RISK_LEVEL_CRITICAL, offset=11))
    assert "1 of 3" in await table.type("n")
    assert "2 of 3" in await table.type("n")
    assert table.talk.desk.focus == "aaaaaaaa1111"


async def test_history(table: _Table) -> None:
    """What ended stands in the history, with who ended it and how long ago."""
    await table.news(_rejected(), "decision_rejected", by="bob")
    assert "2 s ago rejected by bob (soc_operator) block_ip 203.0.113.7" in table.look()
    assert "HISTORY" not in await table.type("h")


async def test_a_storm_is_drawn_ten_times_a_second(table: _Table) -> None:
    """What only news change is not drawn more often than ten times a second, and not forgotten either."""
    before = table.look()
    await table.news(decision("cccccccc3333", risk=LOW, offset=11))
    table.surface.refreshed.clear()
    assert "\n".join(_plain(table)) == before
    await table.surface.refreshed.wait()
    assert "1 of 3" in table.look()


def _plain(table: _Table) -> list[str]:
    return ["".join(text for _style, text in line) for line in table.board.draw(table.columns, table.rows)]


async def test_a_question_that_does_not_fit(table: _Table) -> None:
    """A question that the window has no room for is not shown by half, and not answered."""
    many = decision("dddddddd4444", risk=v1.RISK_LEVEL_LOW, offset=11, left_s=1)
    for number in range(60):
        many.proposal.action.parameters[f"name{number}"] = "x" * 30
    many = _named_anew(many)
    await table.news(many)
    await table.type("gm")
    await table.type(" ".join(f"parameters.name{number}=y" for number in range(60)))
    shown = await table.press("enter")
    assert "too small to show what is asked" in shown
    await table.type("yes")
    await table.press("enter")
    assert table.script.commands == []
    table.rows = 120
    assert "type yes to modify" in table.look()


def _named_anew(changed: v1.Decision) -> v1.Decision:
    from governance_client.digest import action_digest

    changed.action_digest = action_digest(changed.proposal.action)
    return changed


async def test_chosen_keys() -> None:
    """Keys that a person chose work and stand in the hints; a wrong choice is told, and the built-in keys stay."""
    async with _table(settings=Settings(keys={"approve": "y", "reject": "f8"})) as table:
        assert "y approve" in table.look()
        assert "type yes" not in await table.type("a")
        assert "type yes to approve" in await table.type("y")
    async with _table(settings=Settings(keys={"approve": "r"})) as table:
        assert "for both `approve` and `reject`" in table.look().replace("\n", " ")
        assert "type yes to approve" in await table.type("a")


async def test_hostile_text() -> None:
    """An escape sequence in a target is shown as a picture of itself, in the list, the page and the question."""
    async with _table(decision("aaaaaaaa1111", "\x1b]0;owned\x07\x1b[2J", LOW)) as table:
        shown = await table.type("a")
        assert "␛]0;owned␇␛[2J" in shown
        assert "\x1b" not in shown


async def test_the_header_tells_of_halts_and_the_link() -> None:
    """A halt and a lost connection stand in the first line."""
    async with _table(session=PATIENT) as table:
        halt = v1.Halt(halt_id="halt-1", scope=v1.HaltScope(all=True), reason="breach", actor=operator("bob"))
        table.script.send_halts(halt)
        assert "HALTED everything" in (await table.until("HALTED")).splitlines()[0]
        table.script.cut()
        assert "no connection" in (await table.until("no connection")).splitlines()[0]
