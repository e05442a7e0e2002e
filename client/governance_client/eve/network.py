"""The network: which addresses are ours, which may be acted on, and what stands behind a port."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from governance import v1
from governance_client.errors import ClientError
from governance_client.eve.responses import Direction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance_client.eve.fields import Address, Fields, Side

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")
"""RFC 1918, RFC 4193 and RFC 4291: what a house has, unless it says otherwise."""
_EPHEMERAL_FROM: Final = 1024


class Service(NamedTuple):
    """What stands behind a port.

    Attributes:
        name: For people.
        criticality: How much it matters.
        data: How sensitive what it holds is.
    """

    name: str
    criticality: v1.Criticality.ValueType
    data: v1.DataClassification.ValueType


_DIRECTORY: Final = Service("directory server", v1.CRITICALITY_CRITICAL, v1.DATA_CLASSIFICATION_RESTRICTED)
_DATABASE: Final = Service("database server", v1.CRITICALITY_HIGH, v1.DATA_CLASSIFICATION_CONFIDENTIAL)
_MAIL: Final = Service("mail server", v1.CRITICALITY_HIGH, v1.DATA_CLASSIFICATION_CONFIDENTIAL)
_FILES: Final = Service("file server", v1.CRITICALITY_HIGH, v1.DATA_CLASSIFICATION_CONFIDENTIAL)
_NAMES: Final = Service("name server", v1.CRITICALITY_HIGH, v1.DATA_CLASSIFICATION_INTERNAL)
_LOGIN: Final = Service("login server", v1.CRITICALITY_HIGH, v1.DATA_CLASSIFICATION_INTERNAL)
_WEB: Final = Service("web server", v1.CRITICALITY_MEDIUM, v1.DATA_CLASSIFICATION_INTERNAL)
_OTHER: Final = Service("server", v1.CRITICALITY_MEDIUM, v1.DATA_CLASSIFICATION_INTERNAL)
WORKSTATION: Final = Service("workstation", v1.CRITICALITY_LOW, v1.DATA_CLASSIFICATION_INTERNAL)

_SERVICES: Final = {
    **dict.fromkeys((88, 389, 464, 636, 3268), _DIRECTORY),
    **dict.fromkeys((1433, 1521, 3306, 5432, 6379, 9200, 27017), _DATABASE),
    **dict.fromkeys((25, 110, 143, 465, 587, 993, 995), _MAIL),
    **dict.fromkeys((20, 21, 139, 445, 2049), _FILES),
    53: _NAMES,
    **dict.fromkeys((22, 23, 3389, 5900, 5985, 5986), _LOGIN),
    **dict.fromkeys((80, 443, 8000, 8080, 8443), _WEB),
}


class NetworkError(ClientError):
    """What was given as a network is none."""


class HomeNetworks:
    """The networks that are ours."""

    def __init__(self, networks: Iterable[str] = PRIVATE) -> None:
        """Take networks in CIDR notation. Raises NetworkError where one is none, and says which."""
        try:
            self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(text, strict=False) for text in networks)
        except ValueError as error:
            raise NetworkError(str(error)) from None

    def hold(self, address: Address | None) -> bool:
        """Tell whether an address is ours."""
        return address is not None and any(
            address.version == network.version and address in network for network in self._networks
        )

    def direction(self, alert: Fields) -> Direction:
        """Tell which way an alert's traffic went."""
        match self.hold(alert.source.address), self.hold(alert.destination.address):
            case True, True:
                return Direction.INTERNAL
            case True, False:
                return Direction.OUTBOUND
            case False, True:
                return Direction.INBOUND
        return Direction.EXTERNAL

    def outsider(self, alert: Fields) -> Address | None:
        """Return the outside address, the source before the destination; None where none may be acted on."""
        sides = (alert.source.address, alert.destination.address)
        return next((address for address in sides if not self.hold(address) and actionable(address)), None)


def actionable(address: Address | None) -> bool:
    """Tell whether it is one machine's address: blocking any other would hit nobody, or everybody."""
    return address is not None and not (
        address.is_unspecified
        or address.is_loopback
        or address.is_multicast
        or address.is_reserved
        or int(address) == (1 << 32) - 1
    )


def service_behind(side: Side, other: Side) -> Service:
    """Return what a side of a connection serves, going by its port; a workstation where it rather asks than serves."""
    if side.port is None:
        return WORKSTATION
    if side.port in _SERVICES:
        return _SERVICES[side.port]
    asks = (
        side.port >= _EPHEMERAL_FROM
        and other.port is not None
        and (other.port < _EPHEMERAL_FROM or other.port in _SERVICES)
    )
    return WORKSTATION if asks or side.port >= _EPHEMERAL_FROM else _OTHER
