"""Where a conversation happens: a terminal with a person at it, or a program's pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence

    from google.protobuf.message import Message

    from governance_client.console.rendering import Line

_T = TypeVar("_T")


class Interrupted(Exception):  # noqa: N818 - not an error: the person at the keyboard asked to stop
    """Ctrl-C, or Ctrl-D on an empty line; or there is nobody to ask."""


class FullScreen(Protocol):
    """A view that takes the whole screen until it is left."""

    @property
    def finished(self) -> bool:
        """It has been left."""

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return at most so many lines, none wider than that. Called whenever something may have changed."""

    async def press(self, key: str) -> None:
        """Take one key: a character, or a name of prompt-toolkit's such as "up", "enter", "escape", "c-c".

        Keys pressed while this has not returned are dropped, but for "c-c", which cancels it.
        """

    def paste(self, text: str) -> None:
        """Take what was pasted. It decides nothing."""


class Surface(Protocol):
    """What a conversation speaks and listens through. Everything shown is inert already."""

    @property
    def width(self) -> int:
        """How many columns a line may take."""

    @property
    def height(self) -> int:
        """How many rows there are; a program's pipe has very many."""

    @property
    def interactive(self) -> bool:
        """A person is there, and can be asked."""

    def tell(self, lines: Iterable[Line], *data: Message) -> None:
        """Tell what was asked for: people read the lines, a program that asked for JSON gets the messages."""

    def refuse(self, sentence: str) -> None:
        """Tell, in one inert sentence, that something was not done. For a program, that is a failure."""

    async def answer(self, question: Line, *, several_lines: bool = False) -> str:
        """Return what was typed after the question was shown; nothing typed or pasted before counts.

        Raises:
            Interrupted: Nothing was answered.
        """

    async def wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what the work returns.

        Raises:
            Interrupted: Ctrl-C ended the waiting. The work was cancelled.
        """

    async def full_screen(self, screen: FullScreen) -> None:
        """Show a view until it has finished. A program's pipe has no screen: raises Interrupted."""

    def refresh(self) -> None:
        """Draw anew what is drawn continuously."""

    def ring(self, sentence: str, *, critical: bool) -> None:
        """Ask for the person's attention, as the settings say: a bell, a notification, or nothing.

        Args:
            sentence: What for; it is inert.
            critical: Something critical is among it.
        """
