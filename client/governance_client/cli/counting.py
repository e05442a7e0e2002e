"""The verbs that ask how things stand: stats and health."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

from governance import v1
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance_client.cli import status
from governance_client.cli.clock import CLOCK
from governance_client.cli.context import CALL_TIMEOUT_S, answer
from governance_client.cli.halting import in_force
from governance_client.cli.output import print_json, print_lines, width
from governance_client.console.figures import health as health_lines
from governance_client.console.figures import statistics
from governance_client.errors import ClientError

if TYPE_CHECKING:
    from argparse import Namespace

    import grpc

    from governance_client.cli.context import Context

_HEALTH_CHECK: Final = "/grpc.health.v1.Health/Check"
_EVERY_SERVICE: Final = b""
"""A HealthCheckRequest that names no service asks for the server as a whole."""
_STATUS_FIELD: Final = 0x08
"""HealthCheckResponse: field 1, a varint."""
_SERVING: Final = "SERVING"
_STATUSES: Final = ("UNKNOWN", _SERVING, "NOT_SERVING", "SERVICE_UNKNOWN")


async def stats(context: Context, arguments: Namespace) -> int:
    """Count decisions."""
    del arguments
    async with context.channel() as channel:
        counted = await answer(
            ConsoleServiceStub(channel).GetStatistics(v1.GetStatisticsRequest(), timeout=CALL_TIMEOUT_S)
        )
    if context.json:
        print_json(counted)
    else:
        print_lines(statistics(counted, width()))
    return status.DONE


async def health(context: Context, arguments: Namespace) -> int:
    """Ask the standard health service, and say how long the answer took."""
    del arguments
    async with context.channel() as channel:
        check = channel.unary_unary(_HEALTH_CHECK, request_serializer=bytes, response_deserializer=_health_status)
        # the first call connects; what is told is how long an answer takes
        serving = await answer(check(_EVERY_SERVICE, timeout=CALL_TIMEOUT_S))
        asked_ns = time.perf_counter_ns()
        serving = await answer(check(_EVERY_SERVICE, timeout=CALL_TIMEOUT_S))
        took_s = (time.perf_counter_ns() - asked_ns) / 1e9
        halts = await _halts(channel)
    if context.json:
        known = {} if halts is None else {"halts": len(halts)}
        print_lines([[("", json.dumps({"status": serving, **known}))]])
    else:
        said = serving.lower().replace("_", " ")
        print_lines(
            health_lines(serving == _SERVING, took_s, halts or (), now_us=CLOCK.now_us(), width=width(), status=said)
        )
    return status.DONE if serving == _SERVING else status.REFUSED


async def _halts(channel: grpc.aio.Channel) -> list[v1.Halt] | None:
    """Return the halts in force; None where this credential may not know: a core is told on its stream."""
    try:
        return await in_force(channel)
    except ClientError:  # the server's health is what was asked for, and is known
        return None


def _health_status(response: bytes) -> str:
    """Return the name of a HealthCheckResponse's status; its package is not installed where only clients run."""
    if not response:
        return _STATUSES[0]
    known = len(response) == 2 and response[0] == _STATUS_FIELD and response[1] < len(_STATUSES)  # noqa: PLR2004 - tag and value
    return _STATUSES[response[1]] if known else _STATUSES[0]
