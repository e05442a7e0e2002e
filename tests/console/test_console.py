"""The console, typed at through a pipe: what decides something, and above all what does not."""

from __future__ import annotations

import asyncio
import io
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from governance import v1
from governance_client.console.console import Console
from governance_client.console.terminal import Terminal
from governance_client.operator import Link, OperatorSession, SessionSettings
from tests.console.examples import change, decision, operator
from tests.console.scripted_server import CREDENTIALS, ScriptedServer, dialler, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from prompt_toolkit.input import PipeInput

CTRL_C, CTRL_D = "\x03", "\x04"


class _Screen(io.StringIO):
    """What was written, and a way to wait for some of it."""

    def __init__(self) -> None:
        super().__init__()
        self._written = asyncio.Event()

    def write(self, text: str, /) -> int:
        self._written.set()
        return super().write(text)

    async def until(self, text: str, since: int = 0) -> None:
        """Wait until a text stands in what was written after a place."""
        while text not in self.getvalue()[since:]:
            self._written.clear()
            await self._written.wait()


class _Desk:
    """A console at work.

    Attributes:
        script: The server it talks to.
        screen: What it shows.
    """

    def __init__(self, script: ScriptedServer, screen: _Screen, keys: PipeInput, session: OperatorSession) -> None:
        self.script = script
        self.screen = screen
        self.session = session
        self._keys = keys

    def type(self, text: str) -> None:
        """Press keys."""
        self._keys.send_text(text)

    async def answer(self, question: str, text: str) -> None:
        """Wait for a question, then press keys."""
        await self.screen.until(question)
        self.type(text)


@pytest.fixture
async def desk() -> AsyncIterator[_Desk]:
    async with _desk() as ready:
        yield ready


@asynccontextmanager
async def _desk(settings: SessionSettings | None = None) -> AsyncIterator[_Desk]:
    script = ScriptedServer()
    script.open = [decision("aaaaaaaa1111"), decision("bbbbbbbb2222", target="198.51.100.9")]
    screen = _Screen()
    sink = Vt100_Output(screen, lambda: Size(rows=30, columns=120), enable_cpr=False)
    with create_pipe_input() as keys:
        async with serving(script), OperatorSession(CREDENTIALS, settings, dial=dialler(script)) as session:
            console = asyncio.create_task(Console(session, Terminal(keys, sink), gather_s=0).run())
            desk = _Desk(script, screen, keys, session)
            await screen.until("2 wait for a decision")
            await screen.until("governance>")
            yield desk
            keys.send_text(CTRL_C + CTRL_C + CTRL_D)
            await screen.until("governance>")
            keys.send_text(CTRL_D)
            await console


async def test_approval(desk: _Desk) -> None:
    """Typing the verb, the id and then `yes` approves, naming the digest of the action that was shown."""
    desk.type("approve aaaa looks right\r")
    await desk.answer("type yes to approve", "yes\r")
    await desk.screen.until("Approved")
    (command,) = desk.script.commands
    assert command.verdict.WhichOneof("judgement") == "approve"
    assert command.verdict.action_digest == decision("aaaaaaaa1111").action_digest
    assert command.verdict.comment == "looks right"


@pytest.mark.parametrize("answer", ["\r", "y\r", "no\r", "yes please\r", CTRL_C, CTRL_D])
async def test_anything_but_yes(desk: _Desk, answer: str) -> None:
    """Whatever is not exactly `yes` decides nothing, Ctrl-C, Ctrl-D and an empty line among it."""
    desk.type("approve aaaa\r")
    await desk.answer("type yes to approve", answer)
    await desk.screen.until("Nothing was decided")
    assert desk.script.commands == []


async def test_typed_ahead(desk: _Desk) -> None:
    """A `yes` that was typed or pasted before the question was shown does not answer it."""
    desk.type("approve aaaa\ryes\r")
    await desk.answer("type yes to approve", "\r")
    await desk.screen.until("Nothing was decided")
    assert desk.script.commands == []


async def test_pasted_lines(desk: _Desk) -> None:
    """Several pasted lines become one, and run nothing by themselves."""
    desk.type("\x1b[200~approve aaaa\nyes\napprove bbbb\nyes\n\x1b[201~")
    await desk.screen.until("approve bbbb yes")
    desk.type(CTRL_C)
    desk.type("help\r")
    await desk.screen.until("Tab completes")
    assert desk.script.commands == []


async def test_ctrl_c_clears_the_line(desk: _Desk) -> None:
    """Ctrl-C clears what was typed, and the console goes on."""
    desk.type("reject aaaa because" + CTRL_C + "help\r")
    await desk.screen.until("Tab completes")
    assert desk.script.commands == []


async def test_row_numbers(desk: _Desk) -> None:
    """A number means the row of the last list, also after something more urgent arrived."""
    desk.type("ls\r")
    await desk.screen.until("198.51.100.9")
    desk.script.send(change(decision("cccccccc3333", risk=v1.RISK_LEVEL_CRITICAL, offset=11), "decision_proposed"))
    await desk.screen.until("new ")
    desk.type("reject 1 known scanner\r")
    await desk.answer("type yes to reject", "yes\r")
    await desk.screen.until("Rejected")
    assert desk.script.commands[0].verdict.decision_id == "aaaaaaaa1111"
    assert desk.script.commands[0].verdict.comment == "known scanner"


async def test_lost_race(desk: _Desk) -> None:
    """Who decides second is told who was first."""
    winner = decision("aaaaaaaa1111", state=v1.DECISION_STATE_REJECTED, version=2, offset=11)
    winner.ending.actor.CopyFrom(operator("bob"))
    desk.script.answer = lambda command: v1.Receipt(
        request_id=command.request_id,
        refused=v1.Refusal(
            reason=v1.REFUSAL_REASON_DECISION_ALREADY_CLOSED, message="It was rejected already.", current=winner
        ),
    )
    desk.type("approve aaaa\r")
    await desk.answer("type yes to approve", "yes\r")
    await desk.screen.until("Refused: It was rejected already.")
    await desk.screen.until("by bob (soc_operator)")


async def test_closed_meanwhile(desk: _Desk) -> None:
    """What has ended is not asked about again: the console says how it stands."""
    ended = decision("aaaaaaaa1111", state=v1.DECISION_STATE_REJECTED, version=2, offset=11)
    ended.ending.actor.CopyFrom(operator("bob"))
    desk.script.send(change(ended, "decision_rejected", by="bob"))
    await desk.screen.until("rejected by bob")
    desk.type("approve aaaa\r")
    await desk.screen.until("There is nothing to approve")
    assert desk.script.commands == []


async def test_burst(desk: _Desk) -> None:
    """A burst of arrivals is told in one line."""
    desk.script.send(*(change(decision(f"dddd{n:08}", offset=20 + n), "decision_proposed") for n in range(50)))
    await desk.screen.until("50 new: 50 high")


async def test_verdict_without_connection() -> None:
    """A verdict while the connection is down is not sent, the console says so and keeps the line."""
    async with _desk(SessionSettings(backoff_first_s=30, backoff_most_s=30)) as desk:
        desk.script.cut()
        await desk.screen.until("The connection is lost")
        assert desk.session.link is Link.DOWN
        since = len(desk.screen.getvalue())
        desk.type("approve aaaa\r")
        await desk.screen.until("Your line is kept", since)
        after = desk.screen.getvalue().index("Your line is kept", since)
        await desk.screen.until("approve aaaa", after)
        assert desk.script.commands == []


async def test_another_digest(desk: _Desk) -> None:
    """A digest that is not that of the action shown is noticed before anything is asked."""
    forged = decision("eeeeeeee5555", offset=12)
    forged.action_digest = b"x" * 32
    desk.script.send(change(forged, "decision_proposed"))
    await desk.screen.until("new ")
    desk.type("approve eeee\r")
    await desk.screen.until("names another digest")
    assert desk.script.commands == []


async def test_hostile_text(desk: _Desk) -> None:
    """An escape sequence in a target reaches the screen as a picture of itself."""
    desk.script.send(change(decision("ffffffff6666", target="\x1b]0;owned\x07\x1b[2J", offset=13)))
    await desk.screen.until("␛]0;owned␇␛[2J")
    assert "\x1b]0;owned" not in desk.screen.getvalue()


async def test_modification(desk: _Desk) -> None:
    """The difference is shown before `yes` is asked for, and the whole action is sent with the digest that was seen."""
    desk.type("modify aaaa scope=host duration=30m\r")
    await desk.screen.until("scope: unspecified → host")
    await desk.answer("type yes to modify", "yes\r")
    await desk.screen.until("Modified and approved")
    (command,) = desk.script.commands
    assert command.verdict.action_digest == decision("aaaaaaaa1111").action_digest
    action = command.verdict.modify_and_approve.action
    assert (action.scope, action.duration.seconds) == (v1.ACTION_SCOPE_HOST, 1800)
    assert action.targets == decision("aaaaaaaa1111").proposal.action.targets


async def test_a_modification_that_changes_nothing(desk: _Desk) -> None:
    """It is said so, and nothing is sent."""
    desk.type("modify aaaa targets-=192.0.2.99\r")
    await desk.screen.until("has no target")
    desk.type("modify aaaa duration=none\r")
    await desk.screen.until("leaves the action as it is")
    assert desk.script.commands == []


async def test_halt(desk: _Desk) -> None:
    """A halt asks first, and says what it covers; only `yes` halts."""
    desk.type("halt breach under way\r")
    await desk.answer("type yes to halt everything until it is released", "no\r")
    await desk.screen.until("Nothing was changed")
    desk.type("halt --scope target=203.0.113.7 --for 30m ours\r")
    await desk.answer("type yes to halt target 203.0.113.7 for 1800 s", "yes\r")
    await desk.screen.until("Halted, entry")
    (command,) = desk.script.commands
    assert command.declare_halt.scope.target == "203.0.113.7"
    assert (command.declare_halt.reason, command.declare_halt.duration.seconds) == ("ours", 1800)


async def test_halts_are_announced(desk: _Desk) -> None:
    """A halt that somebody declares is told above the prompt and stands in the toolbar; its end is told too."""
    halt = v1.Halt(halt_id="halt-1", scope=v1.HaltScope(all=True), reason="breach", actor=operator("bob"))
    desk.script.send_halts(halt)
    await desk.screen.until("HALTED everything")
    await desk.screen.until("by bob (soc_operator)")
    since = len(desk.screen.getvalue())
    desk.type("halts\r")
    await desk.screen.until("halt-1", since)
    desk.type("release-halt halt-1 it is over\r")
    await desk.answer("type yes to release-halt halt-1", "yes\r")
    await desk.screen.until("Asked to release the halt")
    halt.released = True
    desk.script.send_halts(halt)
    await desk.screen.until("the halt of everything is over")
    desk.type("halts\r")
    await desk.screen.until("No halt is in force")
    assert desk.session.replica.halts == {}


async def test_verbs_that_need_no_yes(desk: _Desk) -> None:
    """Asking, noting, deferring, assigning and being away are sent at once."""
    for line in ("ask aaaa since when?", "note aaaa seen", "defer aaaa 5m", "assign aaaa bob", "away", "back"):
        desk.type(line + "\r")
        await desk.script.until_commands(len(desk.script.commands) + 1)
    await desk.screen.until("You are back")
    kinds = [command.WhichOneof("command") for command in desk.script.commands]
    assert kinds == ["verdict", "add_note", "verdict", "assign", "set_availability", "set_availability"]


async def test_a_verb_for_another_state(desk: _Desk) -> None:
    """What waits for a decision can be neither undone nor settled."""
    for verb in ("undo", "reconcile"):
        desk.type(f"{verb} aaaa executed because\r")
        await desk.screen.until(f"There is nothing to {verb}")
    assert desk.script.commands == []
