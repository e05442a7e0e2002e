"""Temporal's cycle: a workflow that waits for a signal, signalled by its id; then its caller has the result.

The server is the development server of Temporal's command line with a SQLite file: a rollback journal, synced at each
transaction; strace counted forty-three syncs a cycle. Workflows run outside of the SDK's sandbox, which is faster.
Worker and load share a process, as core and operator do in ours.
"""

# What it imports is installed in its own environment, where mypy does not look.
# mypy: disable-error-code="import-not-found, untyped-decorator"

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from .serving import free_port, reached, server
from .speaking import APPROVED, Cycle, answer_questions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_QUEUE = "bench"


@workflow.defn
class Approval:
    """A request that waits for its verdict."""

    def __init__(self) -> None:
        self._verdict = ""

    @workflow.run
    async def run(self, _request: str) -> str:
        """Wait for the verdict."""
        await workflow.wait_condition(lambda: bool(self._verdict))
        return self._verdict

    @workflow.signal
    def decide(self, verdict: str) -> None:
        """Take the verdict."""
        self._verdict = verdict


@asynccontextmanager
async def stand(settings: Mapping[str, Any]) -> AsyncIterator[Cycle]:
    """Have the server and a worker up while the block lasts."""
    address = f"127.0.0.1:{free_port()}"
    async with server(_command(address, Path(settings["folder"]) / "temporal.db"), os.environ) as process:
        clients: list[Any] = []

        async def connect() -> None:
            clients.append(await Client.connect(address))

        await reached(process, connect, RuntimeError)
        client = clients[0]

        async def cycle(name: str) -> str:
            waiter = await client.start_workflow(Approval.run, settings["request"], id=name, task_queue=_QUEUE)
            await client.get_workflow_handle(name).signal(Approval.decide, APPROVED)
            return str(await waiter.result())

        runner = UnsandboxedWorkflowRunner()
        async with Worker(client, task_queue=_QUEUE, workflows=[Approval], workflow_runner=runner):
            yield cycle


def _command(address: str, database: Path) -> list[str]:
    host, _, port = address.partition(":")
    program = str(Path(sys.executable).parent / "temporal")
    listening = ["--ip", host, "--port", port, "--http-port", str(free_port()), "--metrics-port", str(free_port())]
    return [program, "server", "start-dev", "--headless", *listening, "--db-filename", str(database)]


if __name__ == "__main__":
    answer_questions(stand)
