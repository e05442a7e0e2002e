"""Speaking: what the peers' programs share. They answer a line of JSON with another, as our load programs do.

Needs nothing but Python: it runs in each peer's own environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TextIO, TypeAlias

APPROVED = "approved"
"""The verdict, as it is given and as the waiter has to see it."""

Cycle: TypeAlias = Callable[[str], Awaitable[str]]
"""Given a name that was never used, starts a request of that name, approves it, returns the verdict the waiter saw."""
Stand: TypeAlias = Callable[[Mapping[str, Any]], AbstractAsyncContextManager[Cycle]]
"""Given `folder`, for what it keeps, and `request`, the text that is asked about, has the peer up while it lasts."""


def answer_questions(stand: Stand) -> None:
    """Be a peer's program until nobody asks any more: `{"count": …, "at_once": …}` has so many cycles led."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the peer prints is no answer
    asyncio.run(_answer_questions(stand, answers))


async def _answer_questions(stand: Stand, answers: TextIO) -> None:
    try:
        async with stand(json.loads(sys.argv[1])) as cycle:
            _say(answers, {"ready": True})
            while line := await asyncio.to_thread(sys.stdin.readline):
                _say(answers, await lead(cycle, **json.loads(line)))
    except BaseException as error:
        _say(answers, {"error": _sentence(error)})
        raise


async def lead(cycle: Cycle, count: int, at_once: int) -> dict[str, Any]:
    """Lead so many cycles, some at once.

    Returns:
        How long all of them took, and how long each.

    Raises:
        ExceptionGroup: One failed; the others are given up.
    """
    run = time.time_ns()
    names = iter([f"bench-{run}-{number}" for number in range(count)])
    samples_s: list[float] = []

    async def lane() -> None:
        for name in names:
            began = time.perf_counter()
            verdict = await cycle(name)
            samples_s.append(time.perf_counter() - began)
            if verdict != APPROVED:
                raise ValueError(f"The waiter saw {verdict!r}.")

    began = time.perf_counter()
    async with asyncio.TaskGroup() as lanes:
        for _ in range(at_once):
            lanes.create_task(lane())
    return {"took_s": time.perf_counter() - began, "samples_s": samples_s}


def _say(answers: TextIO, answer: Mapping[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _sentence(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
