"""The terminal: the one place that reads keys and writes to the screen."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Protocol, TypeVar

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.application import create_app_session, get_app_or_none
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import DummyHistory, InMemoryHistory
from prompt_toolkit.input.defaults import create_input
from prompt_toolkit.input.typeahead import clear_typeahead
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.output.defaults import create_output
from prompt_toolkit.styles import Style

from governance_client.console.theme import CONSOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import Any

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document
    from prompt_toolkit.input import Input
    from prompt_toolkit.key_binding.key_processor import KeyPressEvent
    from prompt_toolkit.output import Output

    from governance_client.console.rendering import Line
    from governance_client.console.verbs import Offer

_T = TypeVar("_T")
REFRESH_S = 1.0
"""How often the toolbar is drawn anew: the countdown shows seconds."""


class Interrupted(Exception):  # noqa: N818 - not an error: the person at the keyboard asked to stop
    """Ctrl-C, or Ctrl-D on an empty line."""


class Guide(Protocol):
    """What the terminal asks its owner while someone types."""

    def toolbar(self, width: int) -> Line:
        """Return the toolbar's line."""

    def complete(self, before: str) -> Iterable[Offer]:
        """Return completions for the line up to the cursor."""


class Terminal:
    """A prompt at the bottom, everything else above it."""

    def __init__(self, source: Input | None = None, sink: Output | None = None) -> None:
        self._input = source or create_input()
        self._output = sink or create_output()
        self._style = Style.from_dict(CONSOLE)
        self._history = InMemoryHistory()
        self._guide: Guide | None = None

    def attend(self, guide: Guide) -> AbstractContextManager[object]:
        """Use this guide from now on, and this terminal for everything that is shown within the block."""
        self._guide = guide
        return create_app_session(input=self._input, output=self._output)

    @property
    def width(self) -> int:
        """How many columns the terminal has; one is left free, where some terminals wrap early."""
        return max(self._output.get_size().columns - 1, 1)

    async def ask(self, prompt: Line, default: str = "") -> str:
        """Return a line that was typed. Ctrl-C clears what was typed.

        Raises:
            EOFError: Ctrl-D on an empty line, or the terminal is gone.
        """
        session: PromptSession[str] = PromptSession(
            history=self._history, completer=_Guided(self._offers), complete_while_typing=False
        )
        return await self._prompt(session, prompt, _keys(clears=True), default)

    async def ask_afresh(self, prompt: Line) -> str:
        """Return an answer that was typed after the question was shown: what was typed or pasted ahead is dropped.

        Raises:
            Interrupted: Ctrl-C, Ctrl-D on an empty line, or the terminal is gone.
        """
        self._input.flush_keys()
        clear_typeahead(self._input)
        _drop_unread(self._input)
        try:
            session: PromptSession[str] = PromptSession(history=DummyHistory())
            return await self._prompt(session, prompt, _keys(clears=False), "")
        except (KeyboardInterrupt, EOFError):
            raise Interrupted from None

    def show(self, lines: Iterable[Line]) -> None:
        """Show lines, above the prompt if there is one."""
        fragments = [fragment for line in lines for fragment in (*line, ("", "\n"))]
        if fragments:
            print_formatted_text(FormattedText(fragments), end="", style=self._style, output=self._output)

    def refresh(self) -> None:
        """Draw the toolbar anew."""
        app = get_app_or_none()
        if app is not None:
            app.invalidate()

    async def wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what the work returns, unless Ctrl-C ends the waiting.

        Raises:
            Interrupted: Ctrl-C. The work was cancelled.
        """
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            raise Interrupted from None
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    async def _prompt(self, session: PromptSession[str], prompt: Line, keys: KeyBindings, default: str) -> str:
        return await session.prompt_async(
            FormattedText(prompt),
            key_bindings=keys,
            style=self._style,
            bottom_toolbar=self._toolbar,
            refresh_interval=REFRESH_S,
            default=default,
        )

    def _toolbar(self) -> FormattedText:
        return FormattedText(self._guide.toolbar(self.width) if self._guide else [])

    def _offers(self, before: str) -> Iterable[Offer]:
        return self._guide.complete(before) if self._guide else ()


class _Guided(Completer):
    """Completions from the guide."""

    def __init__(self, offers: Callable[[str], Iterable[Offer]]) -> None:
        self._offers = offers

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield what the guide offers."""
        del complete_event
        for offer in self._offers(document.text_before_cursor):
            yield Completion(offer.text, offer.start, display_meta=offer.meaning)


def _keys(*, clears: bool) -> KeyBindings:
    keys = KeyBindings()

    @keys.add(Keys.BracketedPaste)
    def _(event: KeyPressEvent) -> None:
        # one line, whatever was pasted: a line break in it must not end the line, and so run it
        event.current_buffer.insert_text(" ".join(event.data.split()))

    if clears:

        @keys.add("c-c")
        @keys.add("<sigint>")
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.reset()

    return keys


def _drop_unread(source: Input) -> None:
    """Drop what the terminal holds and nobody has read yet."""
    try:
        import termios
    except ImportError:
        return  # a system without terminals of this kind
    try:
        termios.tcflush(source.fileno(), termios.TCIFLUSH)
    except (OSError, NotImplementedError, termios.error):
        return  # no terminal, so nothing is held
