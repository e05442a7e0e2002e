"""The stage: plays a full-screen view, key by key and picture by picture. It knows no terminal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from governance_client.console.lines import Line
    from governance_client.console.surface import FullScreen

REFRESH_S: Final = 1.0
"""How often a view is drawn although nothing is known to have changed: countdowns show seconds."""
INTERRUPT: Final = "c-c"


class Stage:
    """One view, from its first picture until it has finished, or something in it failed.

    A key that is pressed while another is being dealt with is dropped: it was pressed at a picture that is gone. Only
    Ctrl-C is heard then, and stops that dealing.

    Attributes:
        lines: The picture, at most as large as the size it was drawn for.
    """

    def __init__(
        self,
        screen: FullScreen,
        size: Callable[[], tuple[int, int]],
        show: Callable[[], None],
        end: Callable[[BaseException | None], None],
    ) -> None:
        """Draw the first picture.

        Args:
            screen: The view.
            size: Returns how many columns and rows there are.
            show: Called when there is another picture.
            end: Called, possibly more than once, when the view has finished, or with what failed in it.
        """
        self._screen = screen
        self._size = size
        self._show = show
        self._end = end
        self._wanted = asyncio.Event()
        self._dealing: asyncio.Task[None] | None = None
        self._working: asyncio.Task[object] | None = None
        self.lines: Sequence[Line] = ()
        self._drawn = (0, 0)
        self._draw()
        self._painting = self._begun(self._paint())

    def refresh(self) -> None:
        """Have it drawn anew soon."""
        self._wanted.set()

    def look(self) -> Sequence[Line]:
        """Return the picture. Where the size is another one by now, it is drawn anew soon."""
        if self._size() != self._drawn:
            self.refresh()
        return self.lines

    def press(self, key: str) -> None:
        """Take a key."""
        if self._dealing is None:
            self._dealing = self._begun(self._deal(key))
        elif key == INTERRUPT:
            (self._working or self._dealing).cancel()

    def paste(self, text: str) -> None:
        """Take what was pasted; where a key is being dealt with, drop it."""
        if self._dealing is None:
            self._screen.paste(text)
            self.refresh()

    def working(self, work: asyncio.Task[object] | None) -> None:
        """Have Ctrl-C stop this work, which a key has begun, rather than the whole dealing with the key."""
        self._working = work

    async def close(self) -> None:
        """Stop whatever still runs."""
        running = [each for each in (self._painting, self._dealing) if each is not None]
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _begun(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        if task is self._dealing:
            self._dealing = None
        failure = None if task.cancelled() else task.exception()
        if failure is not None or self._screen.finished:
            self._end(failure)
        self.refresh()

    async def _deal(self, key: str) -> None:
        await self._screen.press(key)

    async def _paint(self) -> None:
        while not self._screen.finished:
            try:
                async with asyncio.timeout(REFRESH_S):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            self._draw()
            self._show()

    def _draw(self) -> None:
        size = self._size()
        self.lines = list(self._screen.draw(*size))[: size[1]]
        self._drawn = size
