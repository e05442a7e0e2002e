"""Restate's cycle: a handler that waits for an awakeable, which is resolved over HTTP; then its caller has the answer.

The server is a single node as it comes: its log is synced (RocksDB's log of the log-server, one fdatasync for what has
gathered), its partition store is not and is made anew from the log. strace counted five syncs a cycle one at a time,
and one with 256 at once. Handlers and load share a process, as core and operator do in ours; the id of the awakeable is
told within it.
"""

# What it imports is installed in its own environment, where mypy does not look.
# mypy: disable-error-code="import-not-found, untyped-decorator"

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import restate
from hypercorn.asyncio import serve
from hypercorn.config import Config

from .requesting import HERE, Requests
from .serving import free_port, reached, server
from .speaking import APPROVED, Cycle, answer_questions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

_waiting: dict[str, asyncio.Future[str]] = {}
"""By the request's name, who has to be told the id of the awakeable."""
_asking = restate.Service("Asking")


@_asking.handler()
async def ask(context: restate.Context, request: dict[str, str]) -> str:
    """Wait for the verdict."""
    awakeable, verdict = context.awakeable(type_hint=str)

    async def tell() -> None:
        operator = _waiting.get(request["name"])
        if operator is not None and not operator.done():  # it is told again where the handler is replayed
            operator.set_result(awakeable)

    await context.run_typed("tell", tell)
    return str(await verdict)


@asynccontextmanager
async def stand(settings: Mapping[str, Any]) -> AsyncIterator[Cycle]:
    """Have the server and the handlers up while the block lasts."""
    ports = {name: free_port() for name in ("ingress", "admin", "node", "handlers")}
    ending = asyncio.Event()
    handlers = asyncio.create_task(_serve_handlers(ports["handlers"], ending))
    command = [settings["server"], "--base-dir", settings["folder"], "--node-name", "bench", "--no-logo"]
    async with server(command, _environment(ports)) as process:
        admin, ingress = Requests(ports["admin"]), Requests(ports["ingress"])

        async def register() -> None:
            await admin.ask("POST", "/deployments", {"uri": f"http://{HERE}:{ports['handlers']}"})

        async def cycle(name: str) -> str:
            told = _waiting[name] = asyncio.get_running_loop().create_future()
            request = {"name": name, "request": settings["request"]}
            waiter = asyncio.create_task(ingress.ask("POST", "/Asking/ask", request))
            await asyncio.wait([waiter, told], return_when=asyncio.FIRST_COMPLETED)
            if told.done():
                await ingress.ask("POST", f"/restate/awakeables/{told.result()}/resolve", APPROVED)
            del _waiting[name]
            return str(json.loads(await waiter))

        await reached(process, register, OSError, ValueError, asyncio.IncompleteReadError)
        yield cycle
        admin.close()
        ingress.close()
    ending.set()
    await handlers


async def _serve_handlers(port: int, ending: asyncio.Event) -> None:
    config = Config()
    config.bind = [f"{HERE}:{port}"]
    config.loglevel = "ERROR"
    config.graceful_timeout = 0.1
    await serve(restate.app([_asking]), config, shutdown_trigger=ending.wait)


def _environment(ports: Mapping[str, int]) -> dict[str, str]:
    return {
        **os.environ,
        "RESTATE_INGRESS__BIND_ADDRESS": f"{HERE}:{ports['ingress']}",
        "RESTATE_ADMIN__BIND_ADDRESS": f"{HERE}:{ports['admin']}",
        "RESTATE_BIND_ADDRESS": f"{HERE}:{ports['node']}",
        "RESTATE_ADVERTISED_ADDRESS": f"http://{HERE}:{ports['node']}",
        "RESTATE_LISTEN_MODE": "tcp",
        "RESTATE_DISABLE_TELEMETRY": "true",
        "RESTATE_LOG_FILTER": "warn",
    }


if __name__ == "__main__":
    answer_questions(stand)
