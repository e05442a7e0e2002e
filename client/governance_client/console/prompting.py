"""What prompt-toolkit asks while a prompt is open, answered by ours: what was typed before, how a line may go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from governance_client.console.keeping import KeptLines


class Typed(History):
    """The prompt's history in the kept lines."""

    def __init__(self, kept: KeptLines) -> None:
        super().__init__()
        self._kept = kept

    def load_history_strings(self) -> Iterable[str]:
        """Return what was typed before, newest first."""
        return self._kept.newest()

    def store_string(self, string: str) -> None:
        """Keep a line."""
        self._kept.keep(string)


class Guided(Completer):
    """Completions from the guide."""

    def __init__(self, offers: Callable[[str], Iterator[Completion]]) -> None:
        self._offers = offers

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yield what the guide offers."""
        del complete_event
        return self._offers(document.text_before_cursor)


class Once:
    """Does something when a question is on the screen for the first time: what came before that came too early."""

    def __init__(self, deed: Callable[[], None]) -> None:
        self._deed = deed
        self._done = False

    def __call__(self, _app: object) -> None:
        """Do it, if it was not done yet."""
        if not self._done:
            self._done = True
            self._deed()
