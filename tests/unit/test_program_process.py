"""How grpc and Python's collector of cycles behave in the server's process."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from governance_server.program import process

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVING = """
import asyncio, grpc
async def serve():
    server = grpc.aio.server()
    server.add_insecure_port("127.0.0.1:0")
    await server.start()
    await server.stop(None)
asyncio.run(serve())
"""


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_what_is_there_at_the_start_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server with a million open decisions does not stop now and then to look through them."""
    monkeypatch.delenv("GRPC_EXPERIMENTS", raising=False)
    process.prepare()
    assert gc.get_threshold() == process.COLLECTED_FROM
    assert os.environ["GRPC_EXPERIMENTS"] == process.GRPC_EXPERIMENTS
    process.settle()
    assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("collector")
def test_whoever_starts_the_server_may_have_grpc_behave_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's word about grpc's experiments counts."""
    monkeypatch.setenv("GRPC_EXPERIMENTS", "")
    process.prepare()
    assert not os.environ["GRPC_EXPERIMENTS"]


def test_grpc_knows_what_it_is_asked_for() -> None:
    """It would complain of an experiment that it does not know, on the server's standard error."""
    environment = {**os.environ, "GRPC_EXPERIMENTS": process.GRPC_EXPERIMENTS}
    ran = subprocess.run(
        [sys.executable, "-c", SERVING], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert "nknown experiment" not in ran.stderr
