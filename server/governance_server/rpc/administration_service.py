"""AdministrationService: where credentials and the policy are looked after."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.default_document import DEFAULT_DOCUMENT
from governance_server.domain.moment import microseconds
from governance_server.domain.policy import DEFAULT_POLICY
from governance_server.domain.policy_document import read_policy
from governance_server.domain.replay import Replay
from governance_server.errors import PermissionDenied, Unavailable
from governance_server.rpc.handlers import ServerStream, Unary
from governance_server.rpc.identity import role_name
from governance_server.rpc.paging import page_of
from governance_server.rpc.redacting import sees_decisions

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from governance_server.domain.policy import Policy
    from governance_server.engine.ports import Record
    from governance_server.rpc.edge import Edge
    from governance_server.rpc.handlers import Rpc
    from governance_server.rpc.identity import Principal

PAGE: Final = 64
"""Entries a read of a replay: at the largest, its proposals are some megabytes."""
BREATH: Final = 8
"""Entries of a replay at a stretch, about a millisecond: everybody else is served in between."""
PAGES_A_FRAME: Final = 16


class AdministrationService:
    """The rpcs of AdministrationService; the contract has what they promise."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def rpcs(self) -> Mapping[str, Rpc]:
        """Return the rpcs by name."""
        return {
            "ListCredentials": Unary(v1.ListCredentialsRequest, self._list_credentials),
            "GetPolicy": Unary(v1.GetPolicyRequest, self._get_policy),
            "CheckPolicy": Unary(v1.CheckPolicyRequest, self._check_policy),
            "ApplyPolicy": Unary(v1.ApplyPolicyRequest, self._apply_policy),
            "ReplayPolicy": ServerStream(v1.ReplayPolicyRequest, self._replay_policy),
        }

    async def _list_credentials(self, request: v1.ListCredentialsRequest, _: Principal) -> v1.ListCredentialsResponse:
        # The separator comes before everything that a name may hold, so that "a" is listed before "a-b".
        credentials = {
            f"{stored.credential.name}\0{stored.credential.credential_id}": stored.credential
            for stored in await self._edge.store.credentials()
        }
        keys, following = page_of(sorted(credentials), request.page_size, request.page_token)
        return v1.ListCredentialsResponse(credentials=[credentials[key] for key in keys], next_page_token=following)

    async def _get_policy(self, _: v1.GetPolicyRequest, __: Principal) -> v1.GetPolicyResponse:
        applied = self._edge.governor.house.applied
        if applied.document:
            return applied
        return v1.GetPolicyResponse(document=DEFAULT_DOCUMENT, policy_digest=DEFAULT_POLICY.digest)

    async def _check_policy(self, request: v1.CheckPolicyRequest, _: Principal) -> v1.CheckPolicyResponse:
        policy, problems = read_policy(request.document)
        return v1.CheckPolicyResponse(problems=problems, policy_digest=policy.digest if policy else b"")

    async def _apply_policy(self, request: v1.ApplyPolicyRequest, principal: Principal) -> v1.ApplyPolicyResponse:
        policy, problems = read_policy(request.document)
        if policy is None:
            return v1.ApplyPolicyResponse(problems=problems)
        receipt = await self._edge.ask(Command(principal.actor, request))
        return v1.ApplyPolicyResponse(receipt=receipt, policy_digest=policy.digest)

    async def _replay_policy(
        self, request: v1.ReplayPolicyRequest, principal: Principal
    ) -> AsyncGenerator[bytes, None]:
        policy, problems = read_policy(request.document)
        if policy is None:
            yield v1.ReplayPolicyResponse(problems=problems, done=True).SerializeToString()
            return
        _assure_sees(principal, self._edge.policy)
        replay, since_us = Replay(policy), microseconds(request.since)
        total = sum(ever for _, ever in (await self._edge.store.counts()).by_risk.values())
        number = 0
        async for page in self._pages():
            for place in range(0, len(page), BREATH):
                total -= _look(replay, page[place : place + BREATH], since_us)
                await asyncio.sleep(0)
            number += 1
            if number % PAGES_A_FRAME == 0:
                progress = v1.ReplayPolicyResponse(looked_at=replay.looked_at, total=max(total, replay.looked_at))
                yield progress.SerializeToString()
        if self._edge.stopping.is_set():
            raise Unavailable(v1.ERROR_REASON_SERVER_STOPPING, "The server is stopping; replay it again shortly.")
        yield replay.report().SerializeToString()

    async def _pages(self) -> AsyncGenerator[Sequence[Record], None]:
        """Read the ledger as it stands now from its first entry on."""
        after, head = 0, (await self._edge.store.head()).offset
        while after < head and not self._edge.stopping.is_set():
            page = await self._edge.store.records(after=after, limit=min(PAGE, head - after))
            yield page
            after = page[-1].offset


def _assure_sees(principal: Principal, policy: Policy) -> None:
    """Let pass who may see what is replayed: a rule can ask for any text, and what it finds answers.

    Raises:
        PermissionDenied: ROLE_NOT_ALLOWED, for a reader who is shown it redacted everywhere else.
    """
    if sees_decisions(principal, policy):
        return
    role = role_name(principal.actor.role)
    raise PermissionDenied(
        v1.ERROR_REASON_ROLE_NOT_ALLOWED,
        f"The policy does not show personal data to the role {role}, and the rules of a replay could ask for them."
        " Have an operator replay it.",
        metadata={"role": role},
    )


def _look(replay: Replay, records: Sequence[Record], since_us: int) -> int:
    """Have a replay look at some entries; return how many proposals among them lie before what is asked about."""
    passed = 0
    for record in records:
        entry = v1.Entry.FromString(record.entry)
        if microseconds(entry.recorded_at) < since_us:
            replay.pass_over(entry)
            passed += sum(event.HasField("decision_proposed") for event in entry.events)
        else:
            replay.look_at(entry, v1.PersonalData.FromString(record.personal) if record.personal else None)
    return passed
