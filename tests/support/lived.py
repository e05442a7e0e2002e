"""A ledger that was lived: by the real governor on the real store, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Command
from governance_server.domain.moment import timestamp
from governance_server.engine.enrolment import create_ledger, issue_credential, revoke_credential
from governance_server.engine.governor import Governor
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.messages import OPERATOR_1, approval, proposing, rejection
from tests.support.starts import ask

if TYPE_CHECKING:
    from governance_server.ledger.sqlite_store import SqliteStore

LIVED: Final = 9
"""Where the ledger of `live` ends."""


async def live(store: SqliteStore) -> None:
    """Have a ledger lived: two are let in, of three proposals one is approved and one rejected, one leaves again."""
    clock, entropy = ManualClock(), CountedEntropy()
    await create_ledger(store, clock, entropy)
    for credential in (
        v1.Credential(credential_id="c" * 16, name="maximus", role=v1.ROLE_CORE),
        v1.Credential(
            credential_id="0" * 16, name="operator-1", role=v1.ROLE_SOC_OPERATOR, expires_at=timestamp(2**50)
        ),
    ):
        await issue_credential(store, clock, entropy, credential=credential, proof=bytes(32))
    governor = Governor(store, clock, entropy)
    await governor.recover()
    for number in (1, 2, 3):
        await ask(governor, proposing(number))
    for judge, number in ((approval, 1), (rejection, 2)):
        decision = governor.open_decisions[f"decision-{number:06d}"]
        await ask(governor, Command(OPERATOR_1, judge(decision)))
    await revoke_credential(store, clock, entropy, name="operator-1")
