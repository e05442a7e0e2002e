"""Dialogues: what the board asks at its foot, and what is typed to it. Pure but for their own state.

What is typed counts only once the dialogue is on the screen, whole. A dialogue about a decision holds that decision as
it was drawn, so that what it names is what is decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from governance_client.console.board.editor import Editor
from governance_client.console.inert import sentence, width_of, wrap
from governance_client.console.rendering import clip
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from governance import v1
    from governance_client.console.pace import Pace
    from governance_client.console.rendering import Line

    Question: TypeAlias = Callable[[int], Sequence[Line]]
    Answered: TypeAlias = Callable[[str], Awaitable[None]]


class Dialogue:
    """A question, and a line that answers it.

    Attributes:
        about: The decision it is about, as it was when it was asked; None where it is about none.
        editor: What is typed.
        notice: What is told about what was typed; empty for nothing.
        drawn: It is on the screen, whole.
        busy: What was typed is being sent.
        answered: Takes what was typed, at Enter.
        pace: At which the answer is typed, where it decides something and so has to be typed by a person.
        beside: Done at Tab, in the place of an answer; None where nothing is.
    """

    def __init__(
        self,
        question: Question,
        label: str,
        answered: Answered,
        about: v1.Decision | None = None,
        *,
        typed: str = "",
        pace: Pace | None = None,
        beside: Callable[[], None] | None = None,
    ) -> None:
        """Make a dialogue.

        Args:
            question: Returns what is asked, for a width.
            label: Stands before what is typed; inert.
            answered: As the attribute.
            about: As the attribute.
            typed: Stands there already.
            pace: As the attribute.
            beside: As the attribute.
        """
        self.about = about
        self.editor = Editor(typed)
        self.notice = ""
        self.drawn = False
        self.busy = False
        self.answered = answered
        self.pace = pace
        self.beside = beside
        self._question = question
        self._label = label

    def lines(self, width: int) -> list[Line]:
        """Return all of the dialogue, however many lines that takes; a window with fewer shows none of it."""
        lines = [clip(line, width) for line in self._question(width)]
        label: Line = [("class:prompt", f"{self._label} ")]
        room = width - width_of(self._label) - 1
        if room < width // 3:
            lines += asked(self._label, width)
            label, room = [], width
        lines.append([*label, *self.editor.drawn(room)])
        return [*lines, *([("class:warning", piece)] for piece in wrap(self.notice, width) if piece)]

    def press(self, key: str) -> None:
        """Take a key of the line."""
        self.notice = ""
        if self.pace is not None:
            self.pace.pressed()
        self.editor.press(key)


class Notice:
    """What happened to a decision while something was asked about it.

    It stays until it is read: what a hand goes on typing to the question that is gone does nothing here.

    Attributes:
        drawn: It is on the screen.
    """

    def __init__(self, told: str) -> None:
        self.drawn = False
        self._told = told

    def lines(self, width: int) -> list[Line]:
        """Return what happened, and how to go on."""
        told = [[("class:late", piece)] for piece in wrap(self._told, width)]
        return [*told, *([("class:dim", piece)] for piece in wrap(_("Enter or Escape goes on."), width))]


def asked(text: str, width: int) -> list[Line]:
    """Return a question as lines. It is inert already."""
    return [[("class:prompt", piece)] for piece in wrap(text, width)]


def made_larger(width: int) -> list[Line]:
    """Return what stands in the place of a dialogue that the window has no room for."""
    told = _("The window is too small to show what is asked: make it larger. Escape leaves it.")
    return [[("class:warning", piece)] for piece in wrap(sentence(told), width)]
