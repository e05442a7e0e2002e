"""A script's lines, read while the program does what they say."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING

from governance_client.cli import executing

if TYPE_CHECKING:
    import pytest


def test_whoever_reads_the_script_ends_quietly_when_nobody_asks_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program ends at a mistake in the middle of a script: the thread that reads the rest says nothing about it."""
    monkeypatch.setattr(executing, "_CHUNK_BYTES", 1)
    complaints: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", complaints.append)
    reading, writing = os.pipe()
    os.write(writing, b"lines" * 20)
    os.close(writing)

    async def ends_after_the_first() -> bytes:
        return await anext(executing._chunks(reading))

    assert asyncio.run(ends_after_the_first()) == b"l"
    for thread in threading.enumerate():
        if thread.name == "script":
            thread.join()
    assert not complaints
