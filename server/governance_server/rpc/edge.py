"""The edge: what every service needs to serve a call, and who is connected."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from governance import v1
from governance_server.domain.moment import SECOND_US
from governance_server.engine.bulletin import Bulletins
from governance_server.errors import NotFound, ResourceExhausted, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_server.domain.command import Command
    from governance_server.domain.policy import Policy
    from governance_server.engine.governor import Governor
    from governance_server.engine.ports import Clock, Entropy, Store
    from governance_server.engine.session import Session
    from governance_server.rpc.authentication import Authenticator
    from governance_server.rpc.identity import Principal
    from governance_server.rpc.limits import Limits


class _Held(NamedTuple):
    principal: Principal
    acts: bool


class Connections:
    """Every open stream, so that they can be counted, named and told to end."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sessions: dict[Session, _Held] = {}
        self._greeting: Counter[str] = Counter()

    @contextmanager
    def hold(self, session: Session, principal: Principal, *, acts: bool) -> Iterator[None]:
        """Count a stream while the block lasts.

        Args:
            session: The stream's.
            principal: Whose it is.
            acts: Its caller can act on it (Propose, Operate), and does not merely watch.

        Raises:
            ResourceExhausted: There are as many as there may be, in all or of this caller.
        """
        self.check(principal)
        self._sessions[session] = _Held(principal, acts)
        try:
            yield
        finally:
            del self._sessions[session]

    @contextmanager
    def greeting(self, principal: Principal) -> Iterator[None]:
        """Count a stream while the block lasts, in which its hello is waited for: who says none takes a place, too."""
        self._greeting[principal.actor.name] += 1
        try:
            yield
        finally:
            self._greeting[principal.actor.name] -= 1
            self._greeting += Counter()  # those of which none is left are let go of

    def check(self, principal: Principal) -> None:
        """Let a caller open one more stream.

        Raises:
            ResourceExhausted: There are as many as there may be, in all or of this caller.
        """
        name = principal.actor.name
        mine = sum(other.principal.actor.name == name for other in self._sessions.values())
        for count, limit, whose in (
            (len(self._sessions) + self._greeting.total(), self._limits.max_streams, "The server has"),
            (mine + self._greeting[name], self._limits.max_streams_per_caller, "This credential has"),
        ):
            if count >= limit:
                raise ResourceExhausted(
                    v1.ERROR_REASON_TOO_MANY_STREAMS,
                    f"{whose} {count} streams open and takes no more. Close one, or come back later.",
                    retry_after_us=10 * SECOND_US,
                )

    def names(self, kind: v1.ActorKind.ValueType) -> set[str]:
        """Return the callers of a kind that have a stream open on which they can act, by name."""
        return {actor.name for actor in self._acting() if actor.kind == kind}

    def operators(self) -> dict[str, v1.Role.ValueType]:
        """Return the operators that have a stream open on which they can decide, with their roles, by name."""
        return {actor.name: actor.role for actor in self._acting() if actor.kind == v1.ACTOR_KIND_OPERATOR}

    def _acting(self) -> list[v1.Actor]:
        return [held.principal.actor for held in self._sessions.values() if held.acts]

    def wake(self) -> None:
        """Have every stream look up, now that there is something to see."""
        for session in self._sessions:
            session.wake()


@dataclass(frozen=True, slots=True)
class Edge:
    """What every service needs.

    Attributes:
        store: Read from; only the governor writes.
        governor: Decides commands.
        clock: The server's time.
        entropy: Chance.
        authenticator: Knows callers.
        limits: The bounds in force.
        connections: The open streams.
        ledger_id: The ledger's name.
        version: The server's version.
        started_us: When the server began to serve.
        stopping: Set once the server is about to stop.
        bulletins: What the streams that follow the ledger share.
    """

    store: Store
    governor: Governor
    clock: Clock
    entropy: Entropy
    authenticator: Authenticator
    limits: Limits
    connections: Connections
    ledger_id: str
    version: str
    started_us: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    bulletins: Bulletins = field(default_factory=Bulletins)

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return self.governor.house.policy

    async def ask(self, command: Command) -> v1.Receipt:
        """Have one command decided; return its receipt once it is durable.

        Raises:
            Unavailable: Nothing can be said about it.
        """
        if self.stopping.is_set():
            raise Unavailable(v1.ERROR_REASON_SERVER_STOPPING, "The server is stopping; ask again shortly.")
        return await self.governor.ask(command)

    async def decision(self, decision_id: str) -> v1.Decision:
        """Return a decision as it stands.

        Raises:
            NotFound: There is none.
        """
        decision = self.governor.open_decisions.get(decision_id) or await self.store.decision(decision_id)
        if decision is None:
            raise NotFound(
                v1.ERROR_REASON_DECISION_NOT_FOUND,
                f"There is no decision {decision_id} that you may see. List what there is with ListDecisions.",
            )
        return decision
