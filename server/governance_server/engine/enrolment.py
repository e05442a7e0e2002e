"""Enrolment: how a ledger begins, and how callers are let in. Each is an entry like any other.

These run in the process of the command line, beside a server that may be serving: the store's transaction locks the
head, and the server takes the new entry over with its next batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.house import House
from governance_server.domain.moment import timestamp
from governance_server.domain.policy_document import policy_of
from governance_server.engine.batch import Batch
from governance_server.engine.ports import StoredCredential

if TYPE_CHECKING:
    from collections.abc import Callable

    from governance_server.engine.ports import Clock, Entropy, Store, Transaction

ADMINISTRATOR: Final = v1.Actor(kind=v1.ACTOR_KIND_ADMINISTRATOR, name="local")
LEDGER_ID_BYTES: Final = 16


class NameTakenError(Exception):
    """A credential that is still good has this name."""


class NameUnknownError(Exception):
    """No credential that is still good has this name."""


async def create_ledger(
    store: Store,
    clock: Clock,
    entropy: Entropy,
    *,
    policy: str = "",
    make_key: Callable[[str], str] | None = None,
) -> str:
    """Write the first entry of an empty ledger, and the policy to begin with; return the ledger's name.

    Durable when it returns.

    Args:
        store: The ledger.
        clock: The time.
        entropy: Chance.
        policy: A policy's document that was found in order; empty for the built-in policy, which needs no entry.
        make_key: Makes the key that checkpoints are signed with, for a ledger's name, and returns its verifier key; the
            first entry names it, too. None for a ledger without one.
    """
    ledger_id = entropy.token(LEDGER_ID_BYTES).hex()
    async with store.transaction() as transaction:
        assert transaction.head.offset == 0
        batch = Batch(transaction.head, clock.now_us(), entropy, House())
        events = [v1.Event(ledger_created=v1.LedgerCreated(ledger_id=ledger_id))]
        if make_key is not None:
            first = v1.CheckpointKeyChanged(verifier_key=make_key(ledger_id))
            events.append(v1.Event(checkpoint_key_changed=first))
        batch.append(ADMINISTRATOR, "", "", Consequence(tuple(events)))
        if policy:
            applied = v1.PolicyApplied(policy_digest=policy_of(policy).digest, document=policy)
            personal = v1.PersonalData(remark="The policy to begin with.")
            batch.append(ADMINISTRATOR, "", "", Consequence((v1.Event(policy_applied=applied),), personal))
        await _append(transaction, batch)
    return ledger_id


async def issue_credential(
    store: Store, clock: Clock, entropy: Entropy, *, credential: v1.Credential, proof: bytes
) -> None:
    """Let a caller in. Durable when it returns; a running server knows it from then on.

    Args:
        store: The ledger.
        clock: The time.
        entropy: Chance.
        credential: Its public part; `issued_at` is set here.
        proof: What its secret or certificate hashes to.

    Raises:
        NameTakenError: A credential that was not revoked has the name.
        StoreError: Nothing was issued.
    """
    async with store.transaction() as transaction:
        if await _good(store, credential.name) is not None:
            raise NameTakenError
        batch = Batch(transaction.head, clock.now_us(), entropy, House())
        issued = v1.Credential()
        issued.CopyFrom(credential)
        issued.issued_at.CopyFrom(timestamp(batch.now_us))
        event = v1.Event(
            credential_issued=v1.CredentialIssued(
                credential_id=issued.credential_id,
                name=issued.name,
                role=issued.role,
                expires_at=issued.expires_at if issued.HasField("expires_at") else None,
            )
        )
        batch.append(ADMINISTRATOR, "", "", Consequence((event,)))
        batch.issue(StoredCredential(issued, proof))
        await _append(transaction, batch)


async def revoke_credential(store: Store, clock: Clock, entropy: Entropy, *, name: str) -> None:
    """Let a caller in no more. Durable when it returns; a running server ends its streams within seconds.

    Raises:
        NameUnknownError: No credential that was not revoked has the name.
        StoreError: Nothing was revoked.
    """
    async with store.transaction() as transaction:
        stored = await _good(store, name)
        if stored is None:
            raise NameUnknownError
        batch = Batch(transaction.head, clock.now_us(), entropy, House())
        revoked = v1.Credential()
        revoked.CopyFrom(stored.credential)
        revoked.revoked = True
        event = v1.Event(credential_revoked=v1.CredentialRevoked(credential_id=revoked.credential_id, name=name))
        batch.append(ADMINISTRATOR, "", "", Consequence((event,)))
        batch.issue(StoredCredential(revoked, stored.proof))
        await _append(transaction, batch)


async def _good(store: Store, name: str) -> StoredCredential | None:
    """Return the one credential of a name that was not revoked."""
    good = (one for one in await store.credentials() if one.credential.name == name and not one.credential.revoked)
    return next(good, None)


async def _append(transaction: Transaction, batch: Batch) -> None:
    appendage = batch.appendage()
    assert appendage is not None
    await transaction.append(appendage)
