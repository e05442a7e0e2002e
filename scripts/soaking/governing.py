"""Governing: a manager who changes the policy, and people who stop everything now and then and let it go on."""

from __future__ import annotations

import asyncio
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.duration_pb2 import Duration

from governance import v1
from governance.v1.administration_service_pb2_grpc import AdministrationServiceStub
from governance_client.channel import connect
from governance_client.credentials import Credentials
from soaking.tally import STATUS

if TYPE_CHECKING:
    from soaking.hub import Hub
    from soaking.line import Line

_TIMEOUT_S: Final = 20.0
_RETRY_S: Final = 0.5
_SCOPES: Final = (
    v1.HaltScope(core="beta"),
    v1.HaltScope(action=v1.ACTION_TYPE_BLOCK_IP),
    v1.HaltScope(target="2001:db8::1"),
    v1.HaltScope(all=True),
)


async def change_policies(hub: Hub, manager: str) -> None:
    """Put the other policy in force every so often, until cancelled."""
    relaxed, strict = hub.plan.policies()
    async with connect(Credentials.load(hub.path(manager))) as channel:
        stub = AdministrationServiceStub(channel)
        for number, document in enumerate(cycle((strict, relaxed)), 1):
            await asyncio.sleep(hub.plan.policy_s)
            request = v1.ApplyPolicyRequest(request_id=f"policy:{number}", document=document, reason="A drill.")
            answer = await _applied(stub, request)
            if answer.receipt.HasField("accepted"):
                hub.journal.acknowledged(answer.receipt.accepted.offset, manager, request.request_id)
                hub.tally.counts["policies applied"] += 1
                hub.tally.tell(STATUS, policy=number)
            else:
                hub.journal.wrong(f"policy {number} was not applied: {answer}")


async def _applied(stub: Any, request: v1.ApplyPolicyRequest) -> v1.ApplyPolicyResponse:
    """Apply a policy, however often the server is away meanwhile: the same request has the same receipt."""
    while True:
        try:
            answer: v1.ApplyPolicyResponse = await stub.ApplyPolicy(request, timeout=_TIMEOUT_S)
        except grpc.aio.AioRpcError:
            await asyncio.sleep(_RETRY_S)
        else:
            return answer


class Halting:
    """Two people who halt: one declares, and both ask for the release of what does not end by itself."""

    def __init__(self, hub: Hub, first: Line, second: Line) -> None:
        self._hub = hub
        self._people = (first, second)
        self._in_force: dict[str, v1.Halt] = {}
        first.on_halts = self._told

    async def run(self) -> None:
        """Halt and go on, until cancelled."""
        for number, scope in enumerate(cycle(_SCOPES)):
            await asyncio.sleep(self._hub.plan.halt_s)
            self._declare(scope, by_itself=number % 2 == 0)
            await asyncio.sleep(self._hub.plan.halted_s)
            self._release()

    def _declare(self, scope: v1.HaltScope, *, by_itself: bool) -> None:
        span = Duration(seconds=max(int(self._hub.plan.halted_s), 1)) if by_itself else None
        declared = v1.DeclareHalt(scope=scope, reason="A drill.", duration=span)
        first = self._people[0]
        first.send(v1.OperatorCommand(request_id=first.key(), declare_halt=declared))
        self._hub.tally.counts["halts declared"] += 1
        self._hub.tally.tell(STATUS, halt=str(scope).strip())

    def _told(self, halts: Any) -> None:
        for halt in halts:
            if halt.released:
                self._in_force.pop(halt.halt_id, None)
            else:
                self._in_force[halt.halt_id] = halt

    def _release(self) -> None:
        """Ask for the release of every halt that does not end by itself, those of before a restart as well."""
        for halt in list(self._in_force.values()):
            if halt.HasField("expires_at"):
                continue
            self._hub.tally.counts["releases asked for"] += 1
            for one in self._people:
                release = v1.ReleaseHalt(halt_id=halt.halt_id, reason="The drill is over.")
                one.send(v1.OperatorCommand(request_id=one.key(), release_halt=release))
