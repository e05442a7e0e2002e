"""The terminal: the one place that reads keys and writes to the screen."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from prompt_toolkit import PromptSession
from prompt_toolkit.application import Application, create_app_session, get_app_or_none
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completion
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory
from prompt_toolkit.input.defaults import create_input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import Layout, Window
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.defaults import create_output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import Style

from governance_client.console import bindings, theme
from governance_client.console.glyphs import spelled
from governance_client.console.inert import inert
from governance_client.console.keeping import KeptLines
from governance_client.console.pace import Pace
from governance_client.console.picture import Picture
from governance_client.console.prompting import Guided, Once, Typed
from governance_client.console.settings import Settings
from governance_client.console.signals import ended_by_signals, interrupting, uninterrupted
from governance_client.console.stage import REFRESH_S, Stage
from governance_client.console.surface import Interrupted
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
    from typing import Any

    from google.protobuf.message import Message
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.key_binding.key_processor import KeyPress, KeyProcessor
    from prompt_toolkit.output import Output

    from governance_client.console.completion import Offer
    from governance_client.console.lines import Line
    from governance_client.console.surface import FullScreen

_T = TypeVar("_T")
ESCAPE_S: Final = 0.1
"""How long an Escape waits for more before it is a key of its own; a slow link still brings an arrow key whole."""
HELD_LINES: Final = 200
"""So many of the lines told while a view has the whole screen are shown after it; a view shows what matters itself."""
RING_EVERY_S: Final = 1.0
"""A storm rings once."""
RING_CHARACTERS: Final = 160
"""Of the sentence of a notification; desktops show about so many."""


class Guide(Protocol):
    """What the terminal asks its owner while someone types."""

    def toolbar(self, width: int) -> Line:
        """Return the toolbar's line."""

    def complete(self, before: str) -> Iterable[Offer]:
        """Return completions for the line up to the cursor."""


class Terminal:
    """A person at a terminal: a prompt at the bottom, everything else above it; or a view that has all of it."""

    interactive = True

    def __init__(
        self,
        settings: Settings | None = None,
        source: Input | None = None,
        sink: Output | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the terminal.

        Args:
            settings: What the person has chosen.
            source: Keys; the program's own terminal where it is not given.
            sink: The screen; the same.
            clock: Monotonic seconds, for telling typing from pasting.
        """
        self._settings = settings or Settings()
        self._input = source or create_input()
        self._output = sink or create_output()
        self._clock = clock
        self._style = Style.from_dict(theme.console(self._settings.theme, self._settings.colour))
        self._depth = None if self._settings.colour else ColorDepth.DEPTH_1_BIT
        self._kept = KeptLines(self._settings.history)
        self._prompts: PromptSession[str] | None = None
        self._guide: Guide | None = None
        self._stage: Stage | None = None
        self._held: deque[Line] = deque(maxlen=HELD_LINES)
        self._held_count = 0
        self._rung: tuple[float, bool] | None = None

    @contextmanager
    def attend(self, guide: Guide) -> Iterator[None]:
        """Use this guide from now on, and this terminal for everything that is shown within the block.

        A signal to end (SIGTERM, SIGHUP) cancels the block, so that the terminal is given back in order, and then ends
        the program as that signal does.
        """
        self._guide = guide
        with create_app_session(input=self._input, output=self._output), ended_by_signals(), uninterrupted():
            if self._kept.complaint:
                self.tell([[("class:dim", self._kept.complaint)]])
            yield

    @property
    def width(self) -> int:
        """How many columns the terminal has; one is left free, where some terminals wrap early."""
        return max(self._output.get_size().columns - 1, 1)

    @property
    def height(self) -> int:
        """How many rows the terminal has."""
        return max(self._output.get_size().rows, 1)

    def typed(self) -> list[str]:
        """Return the lines that were typed at the prompt, newest first; of earlier sessions too where they are kept."""
        return self._kept.newest()

    def tell(self, lines: Iterable[Line], *data: Message) -> None:
        """Show lines, above the prompt if there is one; while a view has the screen, after it."""
        del data  # for programs
        if self._stage is not None:
            for line in lines:
                self._held.append(line)
                self._held_count += 1
            return
        fragments = [fragment for line in lines for fragment in (*self._shown(line), ("", "\n"))]
        if fragments:
            self._print(FormattedText(fragments))

    def refuse(self, sentence: str) -> None:
        """Show, in one inert sentence, that something was not done."""
        self.tell([[("class:refused", sentence)]])

    def refresh(self) -> None:
        """Draw the toolbar, or the view, anew."""
        if self._stage is not None:
            self._stage.refresh()
            return
        app = get_app_or_none()
        if app is not None:
            app.invalidate()

    def ring(self, sentence: str, *, critical: bool) -> None:
        """Ask for attention, as the settings say: by a bell, a notification (OSC 9), or not at all.

        It rings once a second; only what is critical rings after what was not.
        """
        wished = {"all", "critical"} if critical else {"all"}
        notifies, rings = self._settings.notify in wished, self._settings.bell in wished
        if not (notifies or rings) or self._rang_lately(critical=critical):
            return
        if notifies:
            # a name before it: some terminals take a number at its start for a command of their own
            text = inert(spelled(sentence))[:RING_CHARACTERS]
            self._output.write_raw(f"\x1b]9;Governance: {text}\x1b\\")
        if rings:
            self._output.write_raw("\a")
        self._output.flush()

    def _rang_lately(self, *, critical: bool) -> bool:
        """Say whether it rang just now, for no less; note that it rings where it did not."""
        now_s = self._clock()
        if self._rung is not None and now_s - self._rung[0] < RING_EVERY_S and self._rung[1] >= critical:
            return True
        self._rung = now_s, critical
        return False

    async def ask(self, prompt: Line, default: str = "") -> str:
        """Return a line that was typed at the prompt, which starts with `default`. Ctrl-C clears what was typed.

        Raises:
            EOFError: Ctrl-D on an empty line, or the terminal is gone.
        """
        if self._prompts is None:
            self._prompts = PromptSession(
                history=Typed(self._kept),
                auto_suggest=AutoSuggestFromHistory(),
                completer=Guided(self._offers),
                complete_while_typing=False,
                enable_history_search=True,
            )
        return await self._prompt(self._prompts, prompt, bindings.at_prompt(), default=default)

    async def answer(self, question: Line, *, several_lines: bool = False) -> str:
        """Return an answer that a person typed after the question was shown.

        What was typed before, a paste, and what came faster than anybody types are no answers: that is said, and the
        question asked again. Where several lines may be typed, a paste is taken to be edited; Enter still ends it.

        Raises:
            Interrupted: Ctrl-C, Ctrl-D on an empty line, or the terminal is gone; or a view has the screen.
        """
        if self._stage is not None:
            raise Interrupted
        if several_lines:
            self._say(_("Enter ends it; Alt-Enter or Ctrl-J begins another line."))
        while True:
            typed, pace = await self._one_answer(question, several_lines=several_lines)
            if pace.is_human:
                return typed
            self._say(_("That came faster than anyone types, so it answers nothing. Type the answer."))

    async def _one_answer(self, question: Line, *, several_lines: bool) -> tuple[str, Pace]:
        """Return what was typed after the question was shown, and at what pace."""
        with self._input.raw_mode():  # else a Ctrl-D that was typed ahead reads as the end of everything
            self._drop(self._unread())
        pace = Pace(self._clock)
        session: PromptSession[str] = PromptSession(history=DummyHistory(), multiline=several_lines)
        session.prompt_continuation = FormattedText([("class:prompt", "> ")])
        session.app.after_render += Once(lambda: self._drop(self._unread(), session.app.key_processor))
        session.app.key_processor.before_key_press += lambda _processor: pace.pressed()
        keys = bindings.at_question(
            lambda: self._say(_("A paste answers nothing. Type the answer.")), several_lines=several_lines
        )
        try:
            return await self._prompt(session, question, keys), pace
        except (KeyboardInterrupt, EOFError):
            raise Interrupted from None

    async def wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what the work returns, unless Ctrl-C ends the waiting. What is typed meanwhile is for the next prompt.

        Raises:
            Interrupted: Ctrl-C. The work was cancelled.
        """
        task = asyncio.ensure_future(work)
        try:
            if self._stage is not None:
                self._stage.working(task)
                return await task
            with self._listening(task.cancel):
                return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if not task.done():
                task.cancel()
            if current is not None and current.cancelling():
                raise
            raise Interrupted from None
        finally:
            if self._stage is not None:
                self._stage.working(None)

    async def full_screen(self, screen: FullScreen) -> None:
        """Show a view on the alternate screen until it has finished, and give the terminal back whatever happens.

        What fails in the view is raised here.

        Raises:
            Interrupted: The terminal is gone; or a view has the screen already.
        """
        if self._stage is not None:
            raise Interrupted
        app: Application[None] = Application(
            full_screen=True, mouse_support=False, style=self._style, color_depth=self._depth
        )
        stage = Stage(screen, self._size, app.invalidate, _ender(app))
        app.layout = Layout(Window(Picture(lambda: [self._shown(line) for line in stage.look()])))
        app.key_bindings = bindings.on_stage(stage.press, stage.paste)
        app.ttimeoutlen = ESCAPE_S
        self._stage = stage
        try:
            if not screen.finished:
                await app.run_async(set_exception_handler=False)
        except EOFError:
            raise Interrupted from None
        finally:
            self._stage = None
            await stage.close()
            self._tell_held()

    def _size(self) -> tuple[int, int]:
        size = self._output.get_size()
        return max(size.columns, 1), max(size.rows, 1)

    def _tell_held(self) -> None:
        """Show what was told while a view had the screen."""
        held, left_out = list(self._held), self._held_count - len(self._held)
        self._held.clear()
        self._held_count = 0
        if left_out:
            text = ngettext("{count} more line was left out.", "{count} more lines were left out.", left_out)
            self._say(text.format(count=left_out))
        self.tell(held)

    async def _prompt(self, session: PromptSession[str], prompt: Line, keys: KeyBindings, *, default: str = "") -> str:
        session.app.ttimeoutlen = ESCAPE_S
        return await session.prompt_async(
            FormattedText(self._shown(prompt)),
            key_bindings=keys,
            style=self._style,
            color_depth=self._depth,
            editing_mode=EditingMode.VI if self._settings.editing == "vi" else EditingMode.EMACS,
            bottom_toolbar=self._toolbar,
            refresh_interval=REFRESH_S,
            default=default,
        )

    def _print(self, text: FormattedText) -> None:
        """Print, above the prompt if there is one.

        prompt-toolkit's own way turns the terminal's echo on meanwhile: a key pressed just then would show beside the
        prompt, on a line that was not typed so.
        """
        app = get_app_or_none()
        if app is None or not app.is_running:
            print_formatted_text(self._output, text, self._style, color_depth=self._depth)
            return
        app.renderer.erase()
        print_formatted_text(self._output, text, self._style, color_depth=self._depth)
        app.renderer.request_absolute_cursor_position()
        app.invalidate()

    def _shown(self, line: Line) -> Line:
        return [(style, spelled(text)) for style, text in line]

    def _say(self, sentence: str) -> None:
        self.tell([[("class:dim", sentence)]])

    def _toolbar(self) -> FormattedText:
        return FormattedText(self._shown(self._guide.toolbar(self.width)) if self._guide else [])

    def _offers(self, before: str) -> Iterator[Completion]:
        for offer in self._guide.complete(before) if self._guide else ():
            yield Completion(offer.text, offer.start, spelled(offer.text), spelled(offer.meaning))

    @contextmanager
    def _listening(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Hear Ctrl-C while no prompt is open, without showing what is typed; keep that for the next prompt."""
        ahead: list[KeyPress] = []

        def read() -> None:
            for each in self._input.read_keys():
                if bindings.name_of(each.key) == "c-c":
                    interrupt()
                else:
                    ahead.append(each)

        try:
            with interrupting(interrupt), self._input.raw_mode(), self._input.attach(read):
                yield
        finally:
            store_typeahead(self._input, ahead)

    def _drop(self, unread: Sequence[KeyPress], processor: KeyProcessor | None = None) -> None:
        """Say that keys are dropped, if people pressed them; what the terminal itself says goes to the processor."""
        told = [each for each in unread if each.key == Keys.CPRResponse]
        if len(told) < len(unread):
            self._say(_("What was typed before the question does not answer it."))
        if told and processor is not None:
            processor.feed_multiple(told)
            processor.process_keys()

    def _unread(self) -> Sequence[KeyPress]:
        """Return, and take away, what was typed and not taken yet: by us, by the terminal's driver, or half a key."""
        dropped = get_typeahead(self._input)
        while more := self._input.read_keys():
            dropped += more
        dropped += self._input.flush_keys()
        return dropped


def _ender(app: Application[None]) -> Callable[[BaseException | None], None]:
    """Return what ends a full-screen application, once."""

    def end(failure: BaseException | None) -> None:
        if app.is_running and not app.is_done:
            app.exit(exception=failure) if failure is not None else app.exit()

    return end
