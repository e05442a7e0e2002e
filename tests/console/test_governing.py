"""Governing at the console: halts, and whether one is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance import v1
from tests.console.examples import operator

if TYPE_CHECKING:
    from tests.console.operating import Place


async def test_halt(desk: Place) -> None:
    """A halt asks first, and says what it covers; only `yes` halts."""
    await desk.line("halt breach under way")
    await desk.answer("type yes to halt everything until it is released", "no\r")
    await desk.screen.until("Nothing was changed")
    await desk.line("halt --scope target=203.0.113.7 --for 30m ours")
    await desk.answer("type yes to halt target 203.0.113.7 for 1800 s", "yes\r")
    await desk.screen.until("Halted, entry")
    (command,) = desk.script.commands
    assert command.declare_halt.scope.target == "203.0.113.7"
    assert (command.declare_halt.reason, command.declare_halt.duration.seconds) == ("ours", 1800)


async def test_a_halt_without_a_reason_asks_for_it(desk: Place) -> None:
    """The reason can follow."""
    await desk.line("halt")
    await desk.answer("why halt?", "breach\r")
    await desk.answer("type yes to halt everything", "yes\r")
    await desk.screen.until("Halted")
    assert desk.script.commands[0].declare_halt.reason == "breach"


async def test_halts_are_announced(desk: Place) -> None:
    """A halt that somebody declares is told above the prompt and stands in the toolbar; its end is told too."""
    halt = v1.Halt(halt_id="halt-1", scope=v1.HaltScope(all=True), reason="breach", actor=operator("operator-2"))
    desk.script.send_halts(halt)
    await desk.screen.until("HALTED everything")
    await desk.screen.until("by operator-2 (soc_operator)")
    since = await desk.line("halts")
    await desk.screen.until("halt-1", since)
    await desk.line("release-halt halt-1 it is over")
    await desk.answer("type yes to release-halt halt-1", "yes\r")
    await desk.screen.until("Asked to release the halt")
    halt.released = True
    desk.script.send_halts(halt)
    await desk.screen.until("the halt of everything is over")
    await desk.line("halts")
    await desk.screen.until("No halt is in force")
    assert desk.session.replica.halts == {}


async def test_away_and_back(desk: Place) -> None:
    """Whether one is there is said at once."""
    for count, line in enumerate(("away", "back"), 1):
        await desk.line(line)
        await desk.script.until_commands(count)
    await desk.screen.until("You are back")
    assert [command.set_availability.away for command in desk.script.commands] == [True, False]


@pytest.mark.parametrize("line", ["quit", "exit"])
async def test_quit(desk: Place, line: str) -> None:
    """`quit` and its other name end the conversation."""
    await desk.line(line)
    await desk.console
