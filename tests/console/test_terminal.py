"""The terminal, typed at through a pipe: lines, answers, pastes, and a view that has the whole screen."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import termios
from typing import TYPE_CHECKING

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input.defaults import create_input
from prompt_toolkit.output.vt100 import Vt100_Output

from governance_client.console import glyphs
from governance_client.console.completion import Offer
from governance_client.console.keeping import KeptLines
from governance_client.console.settings import Settings
from governance_client.console.surface import Interrupted
from governance_client.console.terminal import Terminal
from tests.console.typist import (
    CTRL_C,
    CTRL_D,
    CURSOR,
    ESCAPE,
    PASTE,
    PASTED,
    RIGHT,
    UP,
    Fingers,
    Typist,
    Written,
    typing,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from pathlib import Path

    from governance_client.console.lines import Line

PROMPT: Line = [("class:prompt", "governance> ")]
QUESTION: Line = [("class:prompt", "type yes: ")]
BEGUN = "\x1b[?2004h"
"""Written once by each prompt, before it is drawn: pastes are to be marked."""
ALTERNATE, ORDINARY = "\x1b[?1049h", "\x1b[?1049l"


@pytest.fixture
async def typist() -> AsyncIterator[Typist]:
    with typing() as ready:
        yield ready


async def _asked(typist: Typist) -> asyncio.Task[str]:
    """Return the prompt, once it is there."""
    line = asyncio.create_task(typist.terminal.ask(PROMPT))
    await typist.screen.until(BEGUN)
    await typist.screen.until("governance>")
    return line


async def _questioned(typist: Typist, *, several_lines: bool = False) -> asyncio.Task[str]:
    answer = asyncio.create_task(typist.terminal.answer(QUESTION, several_lines=several_lines))
    await typist.screen.until(BEGUN)
    await typist.screen.until("type yes:")
    return answer


async def test_a_line(typist: Typist) -> None:
    """What was typed up to Enter is the line."""
    line = await _asked(typist)
    typist.type("show 1\r")
    assert await line == "show 1"


async def test_enter_on_an_empty_line(typist: Typist) -> None:
    """It does nothing: not even an empty line is returned."""
    line = await _asked(typist)
    typist.type("\r  \r\r")
    typist.type("queue\r")
    assert (await line).strip() == "queue"


async def test_ctrl_c_clears_the_line(typist: Typist) -> None:
    """What was typed before Ctrl-C is gone, and the prompt goes on."""
    line = await _asked(typist)
    typist.type("approve 1" + CTRL_C + "show 2\r")
    assert await line == "show 2"


async def test_ctrl_d(typist: Typist) -> None:
    """Ctrl-D leaves on an empty line only."""
    line = await _asked(typist)
    typist.type("show" + CTRL_D + CTRL_C + CTRL_D)
    with pytest.raises(EOFError):
        await line


async def test_a_line_is_kept(typist: Typist) -> None:
    """The prompt can begin with what was typed before, to be sent or changed."""
    line = asyncio.create_task(typist.terminal.ask(PROMPT, "approve 1"))
    await typist.screen.until("approve 1")
    typist.type("2\r")
    assert await line == "approve 12"


async def test_a_paste_is_one_line_and_runs_nothing(typist: Typist) -> None:
    """Line breaks and whatever else could act become spaces; only Enter, typed, runs the line."""
    line = await _asked(typist)
    typist.type(PASTE + "approve 1\nyes\x1b[2J\r\nreject 2\n" + PASTED)
    await typist.screen.until("reject 2")
    assert not line.done()
    typist.type("\r")
    assert await line == "approve 1 yes [2J reject 2"


async def test_completion(typist: Typist) -> None:
    """Tab offers what the guide offers; Enter on a chosen one takes it into the line and does not run it."""
    typist.offers = [Offer("approve", 0, "let core act"), Offer("approval", 0, "")]
    line = await _asked(typist)
    typist.type("appr\t")
    await typist.screen.until("let core act")
    typist.type("\t\r 1")
    typist.type("\r")
    assert await line == "approve 1"


async def test_suggestions_and_history(typist: Typist) -> None:
    """What was typed before is suggested as one types, and found again with the arrow up by how it began."""
    for text in ("reject 1 known scanner", "show 2"):
        line = await _asked(typist)
        typist.type(text + "\r")
        await line
    line = await _asked(typist)
    typist.type("rej")
    await typist.screen.until("ect 1 known scanner")
    typist.type(RIGHT + "\r")
    assert await line == "reject 1 known scanner"
    line = await _asked(typist)
    typist.type("sh" + UP + "\r")
    assert await line == "show 2"
    assert typist.terminal.typed() == ["show 2", "reject 1 known scanner", "show 2", "reject 1 known scanner"]


async def test_vi_keys() -> None:
    """With vi keys, Escape leaves inserting, and commands edit the line."""
    with typing(Settings(editing="vi")) as typist:
        line = await _asked(typist)
        typist.type("show one two" + ESCAPE + "dbx0" + "ishow 7 " + "\r")
        assert await line == "show 7 show one "


async def test_arrivals_stand_above_the_line(typist: Typist) -> None:
    """What is told while someone types is written above, and the line is drawn again as it was."""
    line = await _asked(typist)
    typist.type("approve 3f")
    await typist.screen.until("approve 3f"[-1])
    typist.terminal.tell([[("class:news", "new critical block_ip")]])
    await typist.screen.until("new critical block_ip")
    await typist.screen.until("approve 3f")
    typist.type("2a\r")
    assert await line == "approve 3f2a"


async def test_the_toolbar() -> None:
    """It stands at the bottom as soon as the terminal has said where the cursor is, and is drawn anew when asked."""
    with typing(asks_cursor=True) as typist:
        line = await _asked(typist)
        typist.type(CURSOR)
        await typist.screen.until("toolbar…")
        typist.status = "HALTED"
        typist.terminal.refresh()
        await typist.screen.until("HALTED")
        typist.type("queue\r" + CURSOR)
        assert await line == "queue"


async def test_an_answer(typist: Typist) -> None:
    """What is typed after the question, at a person's pace, answers it."""
    answer = await _questioned(typist)
    typist.type("yes\r")
    assert await answer == "yes"


@pytest.mark.parametrize("keys", [CTRL_C, CTRL_D, "ye" + CTRL_C])
async def test_no_answer(typist: Typist, keys: str) -> None:
    """Ctrl-C and Ctrl-D answer nothing."""
    answer = await _questioned(typist)
    typist.type(keys)
    with pytest.raises(Interrupted):
        await answer


async def test_nobody_is_there(typist: Typist) -> None:
    """A terminal that is gone answers nothing."""
    answer = await _questioned(typist)
    typist.hang_up()
    with pytest.raises(Interrupted):
        await answer


async def test_typed_ahead(typist: Typist) -> None:
    """What came in one read with an earlier line is dropped before the question is shown, and that is said."""
    line = await _asked(typist)
    typist.type("approve 1\ryes\r")
    assert await line == "approve 1"
    answer = asyncio.create_task(typist.terminal.answer(QUESTION))
    await typist.screen.until("What was typed before the question does not answer it.")
    await typist.screen.until("type yes:")
    typist.type("no\r")
    assert await answer == "no"


async def test_unread_keys_are_dropped(typist: Typist) -> None:
    """What the terminal holds and nobody has read yet was typed before the question as well."""
    typist.type("yes\r")
    answer = await _questioned(typist)
    typist.type("no\r")
    assert await answer == "no"


async def test_a_paste_that_the_terminal_does_not_mark(typist: Typist) -> None:
    """Keys that come faster than anyone types are no answer: that is said, and the question asked again."""
    answer = await _questioned(typist)
    typist.fingers.step_s = 0.001
    typist.type("yes\r")
    await typist.screen.until("faster than anyone types")
    await typist.screen.until("type yes:")
    assert not answer.done()
    typist.fingers.step_s = 0.04  # the fastest that was ever measured
    typist.type("yes\r")
    assert await answer == "yes"


async def test_a_marked_paste_answers_nothing(typist: Typist) -> None:
    """It is not even taken into the answer; that is said, and the person may type on."""
    answer = await _questioned(typist)
    typist.type(PASTE + "yes\r" + PASTED)
    await typist.screen.until("A paste answers nothing.")
    await typist.screen.until("type yes:")
    typist.type("no\r")
    assert await answer == "no"


async def test_several_lines(typist: Typist) -> None:
    """Alt-Enter and Ctrl-J begin another line, Enter ends it, and that is said; a paste is taken, to be edited."""
    answer = asyncio.create_task(typist.terminal.answer([("", "reason: ")], several_lines=True))
    await typist.screen.until("Alt-Enter or Ctrl-J")
    await typist.screen.until("reason:")
    typist.type("first\nsecond" + ESCAPE + "\r" + PASTE + "third\r\nfourth\x07" + PASTED)
    typist.type("\r")
    assert await answer == "first\nsecond\nthird\nfourth "


async def test_answers_are_not_remembered(typist: Typist) -> None:
    """An answer is in no history, so that no arrow brings back a `yes`."""
    answer = await _questioned(typist)
    typist.type("yes\r")
    await answer
    answer = await _questioned(typist)
    typist.type(UP + "\r")
    assert await answer == ""
    assert typist.terminal.typed() == []


async def test_waiting_is_interrupted(typist: Typist) -> None:
    """Ctrl-C ends the waiting and cancels the work; what was typed meanwhile is for the next prompt."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(typist.terminal.wait(work()))
    await begun.wait()
    typist.type("queue\r" + CTRL_C)
    with pytest.raises(Interrupted):
        await waiting
    assert ended.is_set()
    assert await typist.terminal.ask(PROMPT) == "queue"


async def test_waiting_returns_and_raises(typist: Typist) -> None:
    """What the work returns is returned, and what it raises is raised."""

    async def good() -> int:
        return 7

    async def bad() -> int:
        raise LookupError

    assert await typist.terminal.wait(good()) == 7
    with pytest.raises(LookupError):
        await typist.terminal.wait(bad())


class _View:
    """A small view: it draws the keys that were pressed, waits on `w`, fails on `!` and leaves on `q`."""

    def __init__(self) -> None:
        self.finished = False
        self.keys: list[str] = []
        self.pasted = ""
        self._sizes: set[tuple[int, int]] = set()
        self._drawn = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.waiting = asyncio.Event()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        self._sizes.add((columns, rows))
        self._drawn.set()
        told = [f"keys {len(self.keys)} of {columns}", *(f"<{each}>" for each in self.keys), f"({self.pasted})"]
        # one row lower for each key, since only what differs from the picture before is written
        return [[("class:title", each)] for each in told] + [[("", "too far down")]] * rows

    async def drawn_for(self, columns: int, rows: int) -> None:
        while (columns, rows) not in self._sizes:
            self._drawn.clear()
            await self._drawn.wait()

    async def press(self, key: str) -> None:
        self.keys.append(key)
        if key == "q":
            self.finished = True
        if key == "!":
            raise LookupError("the view is broken")
        if key == "w":
            self.waiting.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise

    def paste(self, text: str) -> None:
        self.pasted = text

    def toolbar(self, width: int) -> Line:
        return [("", "toolbar"[:width])]

    def complete(self, before: str) -> Sequence[Offer]:
        del before
        return []


async def _staged(typist: Typist, view: _View) -> asyncio.Task[None]:
    shown = asyncio.create_task(typist.terminal.full_screen(view))
    await typist.screen.until(ALTERNATE)
    await typist.screen.until("keys ")
    return shown


async def test_full_screen(typist: Typist) -> None:
    """A view has the alternate screen, gets each key by its name, and the screen is given back when it has finished."""
    view = _View()
    shown = await _staged(typist, view)
    for key, name in (("j", "j"), (UP, "up"), ("\r", "enter"), ("\t", "tab"), (ESCAPE, "escape"), (CTRL_C, "c-c")):
        typist.type(key)
        await typist.screen.until(f"<{name}>")
    typist.type(PASTE + "10.0.0.1" + PASTED)
    await typist.screen.until("10.0.0.1")
    typist.type("q")
    await shown
    assert view.keys == ["j", "up", "enter", "tab", "escape", "c-c", "q"]
    await typist.screen.until(ORDINARY)
    line = await _asked(typist)
    typist.type("queue\r")
    assert await line == "queue"


async def test_keys_at_a_picture_that_is_gone(typist: Typist) -> None:
    """Keys that come while one is being dealt with are dropped; Ctrl-C stops that dealing."""
    view = _View()
    shown = await _staged(typist, view)
    typist.type("w")
    await view.waiting.wait()
    typist.type("aaaq" + CTRL_C)
    await view.cancelled.wait()
    typist.type("j")
    await typist.screen.until("<j>")
    typist.type("q")
    await shown
    assert view.keys == ["w", "j", "q"]


async def test_work_of_a_view_is_interrupted(typist: Typist) -> None:
    """Ctrl-C while a view waits for the server ends the waiting, not the view."""
    begun = asyncio.Event()
    heard: list[str] = []

    class _Sending(_View):
        async def press(self, key: str) -> None:
            if key == "s":
                try:
                    await typist.terminal.wait(self._send())
                except Interrupted:
                    heard.append("interrupted")
                    self.finished = True

        async def _send(self) -> None:
            begun.set()
            await asyncio.Event().wait()

    shown = await _staged(typist, _Sending())
    typist.type("s")
    await begun.wait()
    typist.type(CTRL_C)
    await shown
    assert heard == ["interrupted"]


async def test_resizing(typist: Typist) -> None:
    """A view is drawn for the size that the terminal has now."""
    view = _View()
    shown = await _staged(typist, view)
    typist.size = Size(rows=50, columns=200)
    os.kill(os.getpid(), signal.SIGWINCH)
    await view.drawn_for(200, 50)
    typist.type("q")
    await shown


async def test_refreshing(typist: Typist) -> None:
    """What changed elsewhere is drawn when that is asked for."""
    view = _View()
    shown = await _staged(typist, view)
    view.pasted = "something-new"
    typist.terminal.refresh()
    await typist.screen.until("something-new")
    view.finished = True
    typist.terminal.refresh()
    await shown


async def test_a_view_that_fails(typist: Typist) -> None:
    """What fails in a view is raised, and the screen was given back before."""
    shown = await _staged(typist, _View())
    typist.type("!")
    with pytest.raises(LookupError, match="broken"):
        await shown
    assert typist.screen.getvalue().rindex(ORDINARY) > typist.screen.getvalue().rindex(ALTERNATE)


async def test_a_picture_that_fails(typist: Typist) -> None:
    """A view that cannot be drawn any more ends like any other that fails."""

    class _Undrawable(_View):
        def draw(self, columns: int, rows: int) -> Sequence[Line]:
            if self.keys:
                raise LookupError("no picture")
            return super().draw(columns, rows)

    shown = await _staged(typist, _Undrawable())
    typist.type("j")
    with pytest.raises(LookupError, match="no picture"):
        await shown
    await typist.screen.until(ORDINARY)


async def test_a_view_without_a_terminal(typist: Typist) -> None:
    """A terminal that goes while a view has it ends the view."""
    shown = await _staged(typist, _View())
    typist.hang_up()
    with pytest.raises(Interrupted):
        await shown
    await typist.screen.until(ORDINARY)


async def test_told_while_a_view_has_the_screen(typist: Typist) -> None:
    """Lines told meanwhile are shown after the view, the last of them where there were very many."""
    shown = await _staged(typist, _View())
    typist.terminal.tell([[("", f"line {number}.")] for number in range(500)])
    typist.type("q")
    await shown
    await typist.screen.until(ORDINARY)
    await typist.screen.until("300 more lines were left out.")
    await typist.screen.until("line 499.")
    assert "line 299." not in typist.screen.getvalue()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_signals_that_end(number: signal.Signals) -> None:
    """The terminal is given back before a signal ends the program, with the exit status of that signal."""

    async def end(typist: Typist) -> None:
        await typist.screen.until("keys ")
        os.kill(os.getpid(), number)

    written, ending = [], list[asyncio.Task[None]]()

    async def converse() -> None:
        with typing() as typist:
            written.append(typist.screen)
            ending.append(asyncio.create_task(end(typist)))
            await typist.terminal.full_screen(_View())

    with pytest.raises(SystemExit) as left:
        await converse()
    await ending[0]
    assert left.value.code == 128 + number
    assert ORDINARY in written[0].getvalue()


async def test_ctrl_c_between_prompts() -> None:
    """While nothing reads the keys, as when a long list is drawn, Ctrl-C comes as a signal, and ends nothing."""
    before = signal.getsignal(signal.SIGINT)
    with typing() as typist:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0)
        line = await _asked(typist)
        typist.type("queue\r")
        assert await line == "queue"
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0)
        waited = asyncio.create_task(typist.terminal.wait(asyncio.Event().wait()))
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(Interrupted):
            await waited
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0)
    assert signal.getsignal(signal.SIGINT) is before


async def test_the_modes_of_the_terminal() -> None:
    """A real terminal is in the modes afterwards that it was in before, also when a view fails or waiting ends."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keyboard, os.fdopen(theirs, encoding="utf-8") as tty:
        before = termios.tcgetattr(theirs)
        screen = Written()
        sink = Vt100_Output(screen, lambda: Size(rows=24, columns=80), enable_cpr=False)
        terminal = Terminal(Settings(), create_input(tty), sink, Fingers())
        view = _View()
        with terminal.attend(view):
            shown = asyncio.create_task(terminal.full_screen(view))
            await screen.until("keys ")
            assert termios.tcgetattr(theirs) != before
            keyboard.write(b"!")
            with pytest.raises(LookupError):
                await shown
            assert termios.tcgetattr(theirs) == before
            keyboard.write(b"typed ahead\x04")  # in ordinary modes that is an end of the file
            answer = asyncio.create_task(terminal.answer(QUESTION))
            await screen.until("What was typed before the question does not answer it.")
            await screen.until("type yes:")
            keyboard.write(b"yes\r")
            assert await answer == "yes"
            assert termios.tcgetattr(theirs) == before
            waiting = asyncio.create_task(terminal.wait(view.press("w")))
            await view.waiting.wait()
            keyboard.write(b"\x03")
            with pytest.raises(Interrupted):
                await waiting
        assert termios.tcgetattr(theirs) == before


async def test_searching_what_was_typed(typist: Typist) -> None:
    """Ctrl-R finds a line by any part of it; Enter takes it."""
    line = await _asked(typist)
    typist.type("reject 1 known scanner\r")
    await line
    line = await _asked(typist)
    typist.type("\x12scanner\r")
    typist.type("\r")
    assert await line == "reject 1 known scanner"


async def test_ringing() -> None:
    """A bell and a notification are what the settings say, once for a storm; a notification is inert."""
    with typing(Settings(bell="critical", notify="critical")) as typist:
        typist.terminal.ring("4;1;50 \x1b]0;owned\x07", critical=True)
        typist.terminal.ring("again", critical=True)
    written = typist.screen.getvalue()
    assert "\x1b]9;Governance: 4;1;50 ␛]0;owned␇\x1b\\\a" in written
    assert "again" not in written
    with typing() as quiet:
        quiet.terminal.ring("never wished for", critical=True)
    assert "never" not in quiet.screen.getvalue()


async def test_ringing_for_what_is_critical_alone() -> None:
    """Where only what is critical is to be heard, but all to be read, each rings for its own; and neither hides it."""
    with typing(Settings(bell="critical", notify="all")) as typist:
        typist.terminal.ring("low", critical=False)
        assert "\x1b]9;Governance: low\x1b\\" in typist.screen.getvalue()
        assert "\a" not in typist.screen.getvalue()
        typist.terminal.ring("worse", critical=True)
        assert "\x1b]9;Governance: worse\x1b\\\a" in typist.screen.getvalue()
        typist.terminal.ring("less", critical=False)
        assert "less" not in typist.screen.getvalue()


@pytest.fixture
def ascii_alone() -> Iterator[None]:
    """Draw with nothing but ASCII."""
    glyphs.use(ascii=True)
    yield
    glyphs.use(ascii=False)


@pytest.mark.usefixtures("ascii_alone")
async def test_without_colour_and_unicode() -> None:
    """Without colour none is written, and in ASCII nothing but ASCII is."""
    with typing(Settings(colour=False, ascii=True), asks_cursor=True) as typist:
        typist.terminal.tell([[("class:risk.critical", "crítico │ … → é"), ("class:done", "日.")]])
        line = await _asked(typist)
        typist.type(CURSOR)
        await typist.screen.until("toolbar~")
        typist.type("queue\r")
        await line
    written = typist.screen.getvalue()
    assert "critico | ~ > e" in written
    assert "??." in written
    assert written.isascii()
    assert "\x1b[38" not in written
    assert "\x1b[0;31" not in written


async def test_history_file(tmp_path: Path) -> None:
    """What was typed is found again the next time, in a file that only its owner can read."""
    file = tmp_path / "state" / "history"
    with typing(Settings(history=file)) as typist:
        line = await _asked(typist)
        typist.type("reject 1 known scanner\r")
        await line
    assert file.stat().st_mode & 0o777 == 0o600
    assert KeptLines(file).newest() == ["reject 1 known scanner"]


async def test_a_history_file_that_others_can_read(tmp_path: Path) -> None:
    """It is not used, and that is said when the console opens."""
    file = tmp_path / "history"
    file.write_text("a line\n")
    file.chmod(0o644)
    with typing(Settings(history=file)) as typist:
        assert "chmod 600" in typist.screen.getvalue()
        line = await _asked(typist)
        typist.type("show 1\r")
        await line
    assert file.read_text() == "a line\n"
