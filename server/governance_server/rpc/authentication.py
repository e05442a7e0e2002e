"""Authentication: from a call to the principal behind it, by its bearer token or its client certificate."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from governance_server.domain.moment import SECOND_US
from governance_server.rpc.identity import Presented, Principal, authorize, certificate_id, check, parse_bearer

if TYPE_CHECKING:
    from typing import Any

    import grpc

    from governance_server.engine.ports import Clock, Store, StoredCredential

MAX_CACHED: Final = 4096
"""Most credentials that are kept in memory; beyond it, all are read anew."""


class Authenticator:
    """Knows callers by the credentials in the ledger, which it reads again when what it knows has become old."""

    def __init__(self, store: Store, clock: Clock, *, cache_s: float) -> None:
        self._store = store
        self._clock = clock
        self._cache_us = int(cache_s * SECOND_US)
        self._cached: dict[str, tuple[int, StoredCredential]] = {}

    async def authenticate(self, context: grpc.aio.ServicerContext[Any, Any]) -> Principal:
        """Return who calls.

        Raises:
            Unauthenticated: Nobody that is known, or not any more.
            StoreError: The credentials cannot be read.
        """
        return await self._check(_presented(context))

    async def admit(self, method: str, context: grpc.aio.ServicerContext[Any, Any]) -> Principal:
        """Return who calls, if its role may.

        Args:
            method: The rpc's full name.
            context: The call.

        Raises:
            Unauthenticated: Nobody that is known, or not any more.
            PermissionDenied: The role may not call it.
            StoreError: The credentials cannot be read.
        """
        principal = await self.authenticate(context)
        authorize(method, principal)
        return principal

    async def _check(self, presented: Presented) -> Principal:
        now_us = self._clock.now_us()
        return check(await self._stored(presented.credential_id, now_us), presented.proof, now_us)

    async def _stored(self, credential_id: str, now_us: int) -> StoredCredential | None:
        """Return a credential as the ledger has it, or had it a moment ago. What is unknown is not remembered."""
        read_at_us, known = self._cached.get(credential_id, (0, None))
        if known is not None and now_us - read_at_us < self._cache_us:
            return known
        stored = await self._store.credential(credential_id)
        if len(self._cached) >= MAX_CACHED:
            self._cached.clear()
        self._cached.pop(credential_id, None)
        if stored is not None:
            self._cached[credential_id] = (now_us, stored)
        return stored


class Standing:
    """Whether the credential of a call that lasts is still good: looked at now and then, and when it expires."""

    def __init__(
        self,
        authenticator: Authenticator,
        clock: Clock,
        context: grpc.aio.ServicerContext[Any, Any],
        principal: Principal,
        interval_s: float,
    ) -> None:
        self._authenticator = authenticator
        self._clock = clock
        self._context = context
        self._expires_at_us = principal.expires_at_us
        self._interval_us = int(interval_s * SECOND_US)
        self._good_until_us = self._next_us(clock.now_us())

    @property
    def is_due(self) -> bool:
        """It is time to look at the credential again."""
        return self._clock.now_us() >= self._good_until_us

    async def assure(self) -> None:
        """Look at the credential again where it is time to.

        Raises:
            Unauthenticated: It was revoked or has expired.
            StoreError: It cannot be read.
        """
        now_us = self._clock.now_us()
        if now_us < self._good_until_us:
            return
        await self._authenticator.authenticate(self._context)
        self._good_until_us = self._next_us(now_us)

    def _next_us(self, now_us: int) -> int:
        again_us = now_us + self._interval_us
        return again_us if self._expires_at_us is None else min(again_us, self._expires_at_us)


def _presented(context: grpc.aio.ServicerContext[Any, Any]) -> Presented:
    """Return the credential that a call presents: its connection's client certificate, or else its bearer token."""
    certificates = context.auth_context().get("x509_pem_cert")
    if certificates:
        return certificate_id(ssl.PEM_cert_to_DER_cert(next(iter(certificates)).decode("ascii")))
    return parse_bearer(context.invocation_metadata() or ())
