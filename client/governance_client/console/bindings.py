"""Keys at the prompt and at questions: what differs from prompt-toolkit's own. It touches no terminal."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, completion_is_selected, has_completions, has_focus
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys

from governance_client.console.keeping import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.key_binding.key_processor import KeyPressEvent

_NAMES: Final = {"c-m": "enter", "c-j": "enter", "c-i": "tab", "c-h": "backspace", "<sigint>": "c-c"}
"""What prompt-toolkit calls by the control character, people call by the key."""


def at_prompt() -> KeyBindings:
    """Return the keys of the prompt.

    A paste becomes one line and runs nothing. Ctrl-C clears the line. Enter does nothing on an empty line, and only
    closes the menu of completions where one is chosen in it.
    """
    keys = KeyBindings()

    @keys.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(one_line(event.data))

    @keys.add("c-c", filter=has_focus(DEFAULT_BUFFER))
    @keys.add("<sigint>")
    def _clear(event: KeyPressEvent) -> None:
        event.current_buffer.reset()

    @keys.add("enter", filter=has_focus(DEFAULT_BUFFER) & Condition(_is_empty))
    def _nothing(_event: KeyPressEvent) -> None:
        """Take the key, so that an empty line ends nothing."""

    @keys.add("enter", filter=has_completions & completion_is_selected)
    def _choose(event: KeyPressEvent) -> None:
        event.current_buffer.complete_state = None

    return keys


def at_question(pasted: Callable[[], None], *, several_lines: bool) -> KeyBindings:
    """Return the keys of a question.

    Args:
        pasted: Called when something was pasted, which then answers nothing.
        several_lines: Enter ends the answer; Alt-Enter and Ctrl-J begin another line; a paste is taken, to be edited.
    """
    keys = KeyBindings()

    @keys.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        if several_lines:
            event.current_buffer.insert_text(some_lines(event.data))
        else:
            pasted()

    if several_lines:

        @keys.add("enter")
        def _end(event: KeyPressEvent) -> None:
            event.current_buffer.validate_and_handle()

        @keys.add("c-j")
        @keys.add("escape", "enter")
        def _line(event: KeyPressEvent) -> None:
            event.current_buffer.newline(copy_margin=False)

    return keys


def on_stage(press: Callable[[str], None], paste: Callable[[str], None]) -> KeyBindings:
    """Return bindings that hand every key over by its name, and every paste."""
    keys = KeyBindings()

    @keys.add(Keys.Any)
    @keys.add("<sigint>")
    def _key(event: KeyPressEvent) -> None:
        press(name_of(event.key_sequence[0].key))

    @keys.add(Keys.BracketedPaste)
    def _paste(event: KeyPressEvent) -> None:
        paste(event.data)

    return keys


def name_of(key: Keys | str) -> str:
    """Return the name of a key: a character, or a name such as "up", "enter", "escape" or "c-c"."""
    name = key.value if isinstance(key, Keys) else key
    return _NAMES.get(name, name)


def one_line(pasted: str) -> str:
    """Return what was pasted as one line, without anything in it that acts, and not beyond what a line may have."""
    return " ".join(_harmless(pasted[: 2 * LONGEST]).split())[:LONGEST]


def some_lines(pasted: str) -> str:
    """Return what was pasted with its lines, without anything else in it that acts."""
    lines = pasted[: 2 * LONGEST].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(map(_harmless, lines))[:LONGEST]


def _harmless(text: str) -> str:
    return "".join(" " if unicodedata.category(each) == "Cc" else each for each in text)


def _is_empty() -> bool:
    from prompt_toolkit.application import get_app

    return not get_app().current_buffer.text.strip()
