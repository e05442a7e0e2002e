"""Callers: programs that ask one call at a time, and auditors who read the ledger and check its proofs as they go."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance.v1.administration_service_pb2_grpc import AdministrationServiceStub
from governance.v1.console_service_pb2_grpc import ConsoleServiceStub
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.audit.checkpoints import Checkpoint
from governance_client.audit.merkle import is_consistent, is_included
from governance_client.audit.source import RemoteSource
from governance_client.channel import connect
from governance_client.credentials import Credentials
from governance_client.errors import ClientError
from governance_client.verify import ChainReader
from soaking.proposals import proposal
from soaking.tally import CALLED, STATUS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from soaking.hub import Hub

_TIMEOUT_S: Final = 20.0
_PAGE: Final = 2000
"""Entries an auditor reads at once."""
_REPLAY_EVERY: Final = 60
"""Rounds of calls between two replays of a policy, each over the last seconds."""
_REPLAY_S: Final = 10
_REPLAY_TIMEOUT_S: Final = 60.0


class Caller:
    """A program that asks one call at a time."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._number = 0

    async def run(self, core: str, operator: str) -> None:
        """Make a round of calls every so often, until cancelled; what fails while the server is away is counted."""
        async with (
            connect(Credentials.load(self._hub.path(core))) as up,
            connect(Credentials.load(self._hub.path(operator))) as down,
        ):
            decisions, watching = DecisionServiceStub(up), DecisionServiceStub(down)
            console, administration = ConsoleServiceStub(down), AdministrationServiceStub(down)
            while True:
                await asyncio.sleep(self._hub.plan.call_s)
                try:
                    name = await self._submit(decisions, core)
                    await self._read(decisions, console, administration, name)
                    if self._number % _REPLAY_EVERY == 0:
                        await self._replay(administration)
                    await self._watch(watching, name)
                except (grpc.aio.AioRpcError, TimeoutError) as error:
                    code = error.code().name if isinstance(error, grpc.aio.AioRpcError) else "TIMEOUT"
                    self._hub.tally.counts[f"calls ended: {code}"] += 1

    async def _call(self, rpc: Callable[..., Awaitable[Any]], request: Any) -> Any:
        began = time.monotonic()
        answer = await rpc(request, timeout=_TIMEOUT_S)
        self._hub.tally.time(CALLED, time.monotonic() - began)
        return answer

    async def _submit(self, decisions: Any, core: str) -> str:
        """Propose, and withdraw what is still open; the same request again has the same receipt."""
        self._number += 1
        request = v1.SubmitDecisionRequest(proposal=proposal(core, self._number))
        first = await self._call(decisions.SubmitDecision, request)
        again = await self._call(decisions.SubmitDecision, request)
        name: str = request.proposal.decision_id
        if first.receipt.accepted != again.receipt.accepted or not first.receipt.HasField("accepted"):
            self._hub.journal.wrong(f"{name} was proposed twice and answered {first.receipt} and {again.receipt}")
        self._hub.journal.acknowledged(first.receipt.accepted.offset, core, name)
        cancel = v1.Cancel(decision_id=name, reason="A drill.")
        asked = v1.CancelDecisionRequest(request_id=f"cancel:{name}", cancel=cancel)
        receipt = (await self._call(decisions.CancelDecision, asked)).receipt
        if receipt.HasField("accepted"):
            self._hub.journal.acknowledged(receipt.accepted.offset, core, asked.request_id)
        else:
            self._hub.refused(core, receipt)
        return name

    async def _read(self, decisions: Any, console: Any, administration: Any, name: str) -> None:
        await self._call(decisions.GetDecision, v1.GetDecisionRequest(decision_id=name))
        page = v1.ListDecisionsRequest(filter=v1.DecisionFilter(open_only=True), page_size=50)
        await self._call(decisions.ListDecisions, page)
        statistics = await self._call(console.GetStatistics, v1.GetStatisticsRequest())
        self._hub.tally.tell(STATUS, open=sum(risk.open for risk in statistics.risks), offset=statistics.offset)
        await self._call(console.ListOperators, v1.ListOperatorsRequest())
        await self._call(console.ListSimilarDecisions, v1.ListSimilarDecisionsRequest(decision_id=name))
        since = Timestamp(seconds=int(time.time()) - 5)
        await self._call(console.GetOperatorStatistics, v1.GetOperatorStatisticsRequest(since=since))
        await self._call(administration.GetPolicy, v1.GetPolicyRequest())

    async def _replay(self, administration: Any) -> None:
        since = Timestamp(seconds=int(time.time()) - _REPLAY_S)
        request = v1.ReplayPolicyRequest(document=self._hub.plan.policies()[1], since=since)
        async for _ in administration.ReplayPolicy(request, timeout=_REPLAY_TIMEOUT_S):
            pass
        self._hub.tally.counts["policies replayed"] += 1

    async def _watch(self, decisions: Any, name: str) -> None:
        call = decisions.WatchDecisions(v1.WatchDecisionsRequest(decision_ids=[name]), timeout=_TIMEOUT_S)
        async for frame in call:
            if frame.caught_up:
                break
        call.cancel()


class Auditor:
    """Reads the ledger as it grows, and has every new checkpoint proven to continue the one before."""

    def __init__(self, hub: Hub, name: str) -> None:
        self._hub = hub
        self._name = name
        self._chain = ChainReader(whole=True)
        self._last: Checkpoint | None = None

    async def run(self) -> None:
        """Read until cancelled."""
        async with connect(Credentials.load(self._hub.path(self._name))) as channel:
            source = RemoteSource(channel)
            while True:
                await asyncio.sleep(self._hub.plan.call_s)
                with suppress(ClientError, grpc.aio.AioRpcError):  # the server is away, or there is no checkpoint yet
                    await self._page(source)
                    await self._prove(source)

    async def _page(self, source: RemoteSource) -> None:
        async for frame in source.frames(self._chain.offset, _PAGE):
            for record in frame.records:
                self._chain.read(record)
            self._hub.tally.counts["entries audited"] += len(frame.records)

    async def _prove(self, source: RemoteSource) -> None:
        newest = Checkpoint.parse((await source.checkpoint()).note)
        offset = self._hub.chance.randint(1, newest.size)
        proof = await source.inclusion(offset, newest.size)
        good = is_included(proof.leaf_hash, offset - 1, newest.size, proof.hashes, newest.root)
        if self._last is not None and self._last.size <= newest.size:
            path = (await source.consistency(self._last.size, newest.size)).hashes
            good = good and is_consistent(self._last.size, self._last.root, newest.size, newest.root, path)
        if not good or (self._last is not None and newest.size < self._last.size):
            self._hub.journal.wrong(f"the checkpoint of size {newest.size} does not prove what it has to")
        self._last = newest
        self._hub.tally.counts["proofs checked"] += 1
