"""The dialogue between a benchmark and its load programs: a line of JSON each way on their standard streams.

The load has processes of its own, so that making it does not slow whoever measures, and they live as long as the
server, so that connections and streams stay open from one question to the next.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

import uvloop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

    Deed: TypeAlias = Callable[..., Awaitable[dict[str, Any]]]

_HERE: Final = Path(__file__).resolve().parents
_PATHS: Final = (str(_HERE[1]), str(_HERE[2]))
"""Where a load program imports `benchmarks` and `tests.support` from, whoever starts it."""
_END_S: Final = 20.0


class LoadError(Exception):
    """A load program could not do what it was asked for; the message has what it said."""


class LoadProgram:
    """A load program, running as long as the block lasts."""

    def __init__(self, module: str, **settings: Any) -> None:
        """Start it.

        Args:
            module: Its module within this package.
            settings: What it is told once, at its start.
        """
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{module}", json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((*_PATHS, os.environ.get("PYTHONPATH", "")))},
        )

    def ask(self, deed: str, **arguments: Any) -> Any:
        """Have it do something; return what came of it, with `cpu_s`, the processor time that it took there.

        Raises:
            LoadError: It could not.
        """
        self.begin(deed, **arguments)
        return self.answer()

    def begin(self, deed: str, **arguments: Any) -> None:
        """Have it begin with something; `answer` has to come next."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended, which `answer` tells
            self._process.stdin.write(json.dumps({"deed": deed, "arguments": arguments}) + "\n")
            self._process.stdin.flush()

    def answer(self) -> Any:
        """Return what came of what was begun. Raises LoadError as `ask` does."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"error": "it ended; what it said about that is above"}
        if "error" in answer:
            raise LoadError(f"{self._module}: {answer['error']}")
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        with self._process as process:
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.close()
            try:
                process.wait(_END_S)
            except subprocess.TimeoutExpired:
                process.kill()


def answer_questions(begin: Callable[[Any], Awaitable[Mapping[str, Deed]]]) -> None:
    """Be a load program until nobody asks any more.

    Args:
        begin: Given the settings from the command line, returns what can be asked for, by name; `close`, where there
            is one, is done at the end.
    """
    uvloop.run(_answer_questions(begin))


async def _answer_questions(begin: Callable[[Any], Awaitable[Mapping[str, Deed]]]) -> None:
    deeds = await begin(json.loads(sys.argv[1]))
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        began = time.process_time()
        try:
            answer = await deeds[asked["deed"]](**asked["arguments"])
            answer["cpu_s"] = time.process_time() - began
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked has to be told
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    if "close" in deeds:
        await deeds["close"]()
