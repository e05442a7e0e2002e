"""The surface of programs: what is told goes to standard output, complaints to standard error, and are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

from google.protobuf import json_format

from governance_client.console.glyphs import spelled
from governance_client.console.surface import Interrupted
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from google.protobuf.message import Message

    from governance_client.console.rendering import Line
    from governance_client.console.surface import FullScreen

_T = TypeVar("_T")
ROWS: Final = 1_000_000
"""So many rows a pipe takes at once: more than the console ever lists."""


class Plain:
    """Implements Surface where nobody can be asked.

    Attributes:
        refused: How often something was not done.
        line: The number of the line that is run, which complaints name; 0 for none.
    """

    interactive: Final = False

    def __init__(
        self, out: TextIO, complain: Callable[[str], None], *, width: int, height: int = ROWS, json: bool = False
    ) -> None:
        """Speak through these.

        Args:
            out: Takes what is told: lines without colours, or messages.
            complain: Takes the sentences that say what was not done, and why.
            width: Columns of a line.
            height: Rows of a page.
            json: Tell the messages, in protobuf's JSON mapping, in ASCII, one object a line; the lines stay untold.
        """
        self.refused = 0
        self.line = 0
        self._out = out
        self._complain = complain
        self._width = width
        self._height = height
        self._json = json

    @property
    def width(self) -> int:
        """How many columns a line may take."""
        return self._width

    @property
    def height(self) -> int:
        """How many rows there are at once."""
        return self._height

    def tell(self, lines: Iterable[Line], *data: Message) -> None:
        """Write what was asked for."""
        if self._json:
            for message in data:
                self._out.write(json_format.MessageToJson(message, indent=None) + "\n")
        else:
            for line in lines:
                self._out.write(spelled("".join(text for _style, text in line)).rstrip() + "\n")
        self._out.flush()  # whoever reads it goes by it

    def refuse(self, sentence: str) -> None:
        """Complain, and count it."""
        self.refused += 1
        named = _("line {number}: {complaint}").format(number=self.line, complaint=sentence)
        self._complain(spelled(named if self.line else sentence))

    async def answer(self, question: Line, *, several_lines: bool = False) -> str:  # noqa: ARG002 - the port's
        """Answer nothing: nobody is there. Raises Interrupted."""
        raise Interrupted

    async def wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Return what the work returns. Ctrl-C ends the program, as it ends every other."""
        return await work

    async def full_screen(self, screen: FullScreen) -> None:  # noqa: ARG002 - the port's
        """Show nothing: there is no screen. Raises Interrupted."""
        raise Interrupted

    def refresh(self) -> None:
        """Do nothing: nothing is drawn continuously."""

    def ring(self, sentence: str, *, critical: bool) -> None:
        """Do nothing: nobody hears it."""
