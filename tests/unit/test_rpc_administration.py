"""AdministrationService, without a connection: credentials are listed in the order that is promised."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from governance import v1
from governance_server.engine.enrolment import create_ledger, issue_credential
from governance_server.rpc.administration_service import AdministrationService
from governance_server.rpc.identity import Principal
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.in_memory_store import InMemoryStore
from tests.support.messages import OPERATOR_1


async def test_credentials_are_listed_by_name_and_then_by_id() -> None:
    """A name comes before the names that it begins, on one page as over several."""
    store, clock, entropy = InMemoryStore(), ManualClock(), CountedEntropy()
    await create_ledger(store, clock, entropy)
    names = ["a", "a-b", "a.c", "a0", "b"]
    for number, name in enumerate(reversed(names)):
        credential = v1.Credential(credential_id=f"{number:016x}", name=name, role=v1.ROLE_AUDITOR)
        await issue_credential(store, clock, entropy, credential=credential, proof=bytes(32))
    call = AdministrationService(cast("Any", SimpleNamespace(store=store))).rpcs()["ListCredentials"].call
    for size in (0, 1, 2):
        listed, token = [], ""
        while True:
            request = v1.ListCredentialsRequest(page_size=size, page_token=token)
            page: Any = await cast("Any", call)(request, Principal(OPERATOR_1, "0" * 16, None))
            listed += [credential.name for credential in page.credentials]
            token = page.next_page_token
            if not token:
                break
        assert listed == names
