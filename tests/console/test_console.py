"""The console, typed at through a pipe: what decides something, and above all what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_client.console.doing import DEEDS
from governance_client.console.vocabulary import VERBS
from governance_client.operator import Link, SessionSettings
from tests.console.examples import change, decision, operator
from tests.console.operating import CTRL_C, CTRL_D, ENTER, MEDIUM, PASTE, at_console

if TYPE_CHECKING:
    from tests.console.operating import Place


def test_every_verb_has_a_deed() -> None:
    """What the vocabulary offers is done by something, and nothing is done that it does not offer."""
    assert set(DEEDS) == {verb.name for verb in VERBS}


async def test_approval(desk: Place) -> None:
    """Typing the verb, the id and then `yes` approves, naming the digest of the action that was shown."""
    await desk.line("approve aaaa looks right")
    await desk.answer("type yes to approve", "yes\r")
    await desk.screen.until("Approved, entry 99")
    (verdict,) = desk.verdicts
    assert verdict.WhichOneof("judgement") == "approve"
    assert verdict.action_digest == decision("aaaaaaaa1111").action_digest
    assert verdict.comment == "looks right"


@pytest.mark.parametrize("answer", [CTRL_C, CTRL_D, "y\r", "no\r", "yes please\r", "203.0.113.7\r", "\r", " \r"])
async def test_anything_but_yes(desk: Place, answer: str) -> None:
    """Whatever is not exactly `yes` decides nothing, Ctrl-C, Ctrl-D and an empty line among it."""
    await desk.line("approve aaaa")
    await desk.answer("type yes to approve", answer)
    await desk.screen.until("Nothing was decided")
    assert desk.script.commands == []


async def test_typed_ahead(desk: Place) -> None:
    """A `yes` that was typed before the question was shown does not answer it."""
    desk.type("approve aaaa\ryes\r")
    await desk.answer("type yes to approve", ENTER)
    await desk.screen.until("Nothing was decided")
    assert desk.script.commands == []


async def test_pasted_answer(desk: Place) -> None:
    """A paste answers no question."""
    await desk.line("approve aaaa")
    await desk.answer("type yes to approve", PASTE.format("yes\n") + ENTER)
    await desk.screen.until("Nothing was decided")
    assert desk.script.commands == []


async def test_pasted_lines(desk: Place) -> None:
    """Several pasted lines become one, and run nothing by themselves."""
    desk.type(PASTE.format("approve aaaa\nyes\napprove bbbb\nyes\n"))
    since = await desk.screen.until("approve bbbb yes")
    desk.type(CTRL_C)
    await desk.line("halts")
    await desk.screen.until("No halt is in force", since)
    assert desk.script.commands == []


async def test_an_empty_line_decides_nothing(desk: Place) -> None:
    """Enter on an empty line does nothing, also with a decision in focus."""
    await desk.line("show aaaa")
    await desk.screen.until("digest")
    desk.type(ENTER + ENTER)
    await desk.line("halts")
    await desk.screen.until("No halt is in force")
    assert desk.script.commands == []


async def test_ctrl_c_clears_the_line(desk: Place) -> None:
    """Ctrl-C clears what was typed, and the console goes on."""
    desk.type("reject aaaa because" + CTRL_C + "halts\r")
    await desk.screen.until("No halt is in force")
    assert desk.script.commands == []


async def test_an_unknown_verb(desk: Place) -> None:
    """What is no verb is said so, and the nearest named."""
    await desk.line("aprove aaaa")
    await desk.screen.until("Did you mean `approve`?")


async def test_row_numbers(desk: Place) -> None:
    """A number means the row of the last list, also after something more urgent arrived."""
    await desk.line("queue")
    await desk.screen.until("203.0.113.7")
    desk.script.send(change(decision("cccccccc3333", risk=v1.RISK_LEVEL_CRITICAL, offset=11), "decision_proposed"))
    await desk.screen.until("new ")
    await desk.line("reject 1 known scanner")
    await desk.answer("type yes to reject bbbbbbbb2222", "yes\r")
    await desk.screen.until("Rejected")
    assert (desk.verdicts[0].decision_id, desk.verdicts[0].comment) == ("bbbbbbbb2222", "known scanner")


async def test_a_bare_verb_means_the_focus(desk: Place) -> None:
    """Without an id a verb is about what was looked at last, and the question names it; arrivals change nothing."""
    await desk.line("show aaaa")
    await desk.screen.until("digest")
    desk.script.send(change(decision("cccccccc3333", risk=v1.RISK_LEVEL_CRITICAL, offset=11), "decision_proposed"))
    await desk.screen.until("new ")
    await desk.line("approve")
    await desk.answer("type yes to approve aaaaaaaa1111 block_ip 203.0.113.7", "yes\r")
    await desk.screen.until("Approved")
    assert desk.verdicts[0].decision_id == "aaaaaaaa1111"


async def test_without_a_focus_a_bare_verb_means_nothing(desk: Place) -> None:
    """Nothing is guessed: before anything was looked at, a bare verb asks which one."""
    await desk.line("approve")
    await desk.screen.until("Which one?")
    assert desk.script.commands == []


async def test_burst(desk: Place) -> None:
    """A burst of arrivals is told in one line."""
    desk.script.send(*(change(decision(f"dddd{n:08}", offset=20 + n), "decision_proposed") for n in range(50)))
    await desk.screen.until("50 new: 50 high")


async def test_verdict_without_connection() -> None:
    """A verdict while the connection is down is not sent, the console says so and keeps the line."""
    async with at_console(settings=SessionSettings(backoff_first_s=30, backoff_most_s=30)) as desk:
        desk.script.cut()
        await desk.screen.until("The connection is lost")
        assert desk.session.link is Link.DOWN
        since = await desk.line("approve aaaa")
        after = await desk.screen.until("Your line is kept", since)
        await desk.screen.until("approve aaaa", after)
        assert desk.script.commands == []


async def test_the_connection_goes_between_question_and_answer() -> None:
    """What was typed is kept, the reason that was asked for with it, and nothing is sent later."""
    async with at_console(settings=SessionSettings(backoff_first_s=30, backoff_most_s=30)) as desk:
        await desk.line("reject aaaa")
        await desk.answer("why reject it?", "our own scanner\r")
        await desk.screen.until("type yes to reject")
        desk.script.cut()
        since = await desk.screen.until("The connection is lost")
        desk.type("yes\r")
        after = await desk.screen.until("Your line is kept", since)
        await desk.screen.until("reject aaaa --reason 'our own scanner'", after)
        assert desk.script.commands == []


async def test_no_receipt() -> None:
    """Where no receipt comes, nobody is told that it counted or that it did not."""
    async with at_console(settings=SessionSettings(receipt_s=0.01)) as desk:
        desk.script.answer = lambda _command: None
        await desk.line("claim aaaa")
        await desk.screen.until("It is unknown whether that counted: no receipt came.")


async def test_another_digest(desk: Place) -> None:
    """A digest that is not that of the action shown is noticed before anything is asked."""
    forged = decision("eeeeeeee5555", offset=12)
    forged.action_digest = b"x" * 32
    desk.script.send(change(forged, "decision_proposed"))
    await desk.screen.until("new ")
    await desk.line("approve eeee")
    await desk.screen.until("names another digest")
    assert desk.script.commands == []


async def test_hostile_text(desk: Place) -> None:
    """An escape sequence in a target reaches the screen as a picture of itself."""
    desk.script.send(change(decision("ffffffff6666", target="\x1b]0;owned\x07\x1b[2J", offset=13)))
    await desk.screen.until("␛]0;owned␇␛[2J")
    assert "\x1b]0;owned" not in desk.screen.getvalue()


async def test_what_we_did_is_not_announced(desk: Place) -> None:
    """Our own deeds are told by their receipts, others' by a line."""
    ended = decision("aaaaaaaa1111", risk=MEDIUM, state=v1.DECISION_STATE_REJECTED, version=2, offset=11)
    ended.ending.actor.CopyFrom(operator("alice"))
    desk.script.send(change(ended, "decision_rejected", by="alice"))
    other = decision("bbbbbbbb2222", state=v1.DECISION_STATE_REJECTED, version=2, offset=12)
    desk.script.send(change(other, "decision_rejected", by="operator-2"))
    await desk.screen.until("rejected by operator-2")
    assert "rejected by alice" not in desk.screen.getvalue()
