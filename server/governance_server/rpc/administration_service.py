"""AdministrationService: where credentials are looked after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.rpc.handlers import Unary
from governance_server.rpc.paging import page_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_server.rpc.edge import Edge
    from governance_server.rpc.handlers import Rpc
    from governance_server.rpc.identity import Principal


class AdministrationService:
    """The rpcs of AdministrationService; the contract has what they promise."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def rpcs(self) -> Mapping[str, Rpc]:
        """Return the rpcs by name."""
        return {"ListCredentials": Unary(v1.ListCredentialsRequest, self._list_credentials)}

    async def _list_credentials(self, request: v1.ListCredentialsRequest, _: Principal) -> v1.ListCredentialsResponse:
        credentials = {
            f"{stored.credential.name}/{stored.credential.credential_id}": stored.credential
            for stored in await self._edge.store.credentials()
        }
        keys, following = page_of(sorted(credentials), request.page_size, request.page_token)
        return v1.ListCredentialsResponse(credentials=[credentials[key] for key in keys], next_page_token=following)
