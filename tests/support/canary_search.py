"""After all tests: what they left behind and printed is searched for every secret that they made."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.support.canaries import SESSION, Canaries, Find

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

OUTPUT: Final = "canaries"
"""Under what a worker of xdist hands over what it found."""


class Searched(NamedTuple):
    """What a search came to. Only plain values, since it travels between processes.

    Attributes:
        found: What was found: place and kind.
        secrets: How many secrets were looked for.
        files: In how many files.
        searched: In how many bytes of files, and of what tests printed.
        spent_s: How long it took.
    """

    found: list[tuple[str, str]]
    secrets: int
    files: int
    searched: int
    spent_s: float


class CanarySearch:
    """A plugin of pytest. Every worker of xdist searches what is its own; the process that started them is told."""

    def __init__(self, config: pytest.Config, outside: Path) -> None:
        """Begin to listen.

        Args:
            config: Of the session.
            outside: Where a process that crashes leaves its memory, beside the tests' own directories.
        """
        self._config = config
        self._outside = outside
        self._started = time.time()
        self._base: Path | None = None
        self._printed: list[tuple[str, str]] = []
        self._told: list[Searched] = []

    def look_below(self, base: Path) -> None:
        """Have the tests' directories be searched, which are all below this one."""
        self._base = base

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep what a test printed, logged and failed with."""
        report = yield
        for title, text in (*report.sections, ("failure", report.longreprtext)):
            if text:
                self._printed.append((f"{item.nodeid}, {title}", text))
        return report

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Search, and have a find fail the suite."""
        if self._base is not None:
            self._told.append(self._search(SESSION, self._base))
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput[OUTPUT] = [tuple(one) for one in self._told]
        elif any(one.found for one in self._told):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker found."""
        self._told += (Searched(*one) for one in getattr(node, "workeroutput", {}).get(OUTPUT, ()))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was found, by place and kind; never the secret."""
        for place, kind in (find for one in self._told for find in one.found):
            terminalreporter.write_line(f"SECRET FOUND: {kind}, in {place}", red=True)
        secrets, files = sum(one.secrets for one in self._told), sum(one.files for one in self._told)
        searched, spent_s = sum(one.searched for one in self._told), max((one.spent_s for one in self._told), default=0)
        terminalreporter.write_line(
            f"{secrets} secrets of the tests' looked for in {files} files, {searched:,} bytes with what was printed,"
            f" that they left behind ({spent_s:.1f} s)."
        )

    def _search(self, canaries: Canaries, base: Path) -> Searched:
        started = time.monotonic()
        canaries.note_rightful(base)
        found = [(find.place, find.kind) for find in self._finds(canaries, base)] if len(canaries) else []
        if len(canaries) and not canaries.files:
            found.append((str(base), "nothing was searched"))
        return Searched(found, len(canaries), canaries.files, canaries.searched, time.monotonic() - started)

    def _finds(self, canaries: Canaries, base: Path) -> Iterator[Find]:
        yield from canaries.search_tree(base)
        for path in self._outside.glob("core*"):
            if path.is_file() and path.stat().st_mtime >= self._started:
                yield from canaries.search_file(path)
        for place, text in self._printed:
            yield from canaries.search_text(place, text)
