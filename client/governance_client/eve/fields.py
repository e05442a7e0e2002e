"""Fields: what an alert says, read without believing that anything in it is there, of its type, or of a sane size."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_MAX_PORT: Final = 65535
_MAX_ADDRESS: Final = 45
"""The longest an IPv6 address gets in text."""
_WORST, _MILDEST = 1, 3
_DOMAIN: Final = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_USER: Final = re.compile(r"[A-Za-z0-9._@\\$-]{1,128}")
_HASH: Final = re.compile(r"[0-9a-fA-F]{32,128}")
_USER_PATHS: Final = (
    ("username",),
    ("user",),
    ("smb", "ntlmssp", "user"),
    ("krb5", "cname"),
    ("http", "user"),
    ("ftp", "user"),
    ("rdp", "cookie"),
)
_DOMAIN_PATHS: Final = (("tls", "sni"), ("http", "hostname"), ("dns", "rrname"), ("dns", "query", "rrname"))


class Side(NamedTuple):
    """One end of the flow.

    Attributes:
        address: Its address; None where the alert names none that can be one.
        port: Its port; None where there is none.
    """

    address: Address | None
    port: int | None

    def __str__(self) -> str:
        """Return it as ADDRESS:PORT, with an IPv6 address in brackets."""
        host = f"[{self.address}]" if isinstance(self.address, ipaddress.IPv6Address) else str(self.address or "?")
        return f"{host}:{self.port}" if self.port is not None else host


class Fields:
    """An alert's fields. Every text that comes out of it can be encoded; no method raises."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event
        self.source = Side(self._address("src_ip"), self._port("src_port"))
        self.destination = Side(self._address("dest_ip"), self._port("dest_port"))
        self.protocol = self.text("proto").lower()[:16] or "ip"
        self.signature = self.text("alert", "signature")
        self.category = self.text("alert", "category")
        self.severity = self._severity()
        self.observed_at = _moment(self.text("timestamp"))

    def value(self, *path: str) -> Any:
        """Return what is there; None where nothing is. Of a list, its first element."""
        found: Any = self._event
        for name in path:
            if isinstance(found, list):
                found = found[0] if found else None
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def text(self, *path: str) -> str:
        """Return a scalar as text; a list's scalars one a line; empty where there is neither."""
        found = self.value(*path)
        if isinstance(found, list):
            return "\n".join(filter(None, map(_scalar, found)))
        return _scalar(found)

    @property
    def user(self) -> str:
        """The account concerned; empty where the alert names none that can be one."""
        return self._first(_USER_PATHS, _USER)

    @property
    def domain(self) -> str:
        """The domain concerned; empty where the alert names none that can be one."""
        names = (self.text(*path).lower().rstrip(".") for path in _DOMAIN_PATHS)
        return next((name for name in names if _DOMAIN.fullmatch(name)), "")

    @property
    def file_hash(self) -> str:
        """The hash of the file concerned; empty where there is none."""
        return self._first((("fileinfo", "sha256"), ("fileinfo", "md5")), _HASH).lower()

    def _first(self, paths: tuple[tuple[str, ...], ...], shape: re.Pattern[str]) -> str:
        return next((text for text in (self.text(*path) for path in paths) if shape.fullmatch(text)), "")

    def _address(self, name: str) -> Address | None:
        text = self.value(name)
        if not isinstance(text, str) or len(text) > _MAX_ADDRESS or "%" in text:
            return None
        try:
            return ipaddress.ip_address(text)
        except ValueError:
            return None

    def _port(self, name: str) -> int | None:
        port = self.value(name)
        is_number = isinstance(port, int) and not isinstance(port, bool)
        return port if is_number and 0 <= port <= _MAX_PORT else None

    def _severity(self) -> int:
        severity = self.value("alert", "severity")
        if isinstance(severity, int) and not isinstance(severity, bool) and severity >= _WORST:
            return min(severity, _MILDEST)
        return _MILDEST


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int):
        return str(value)
    return ""


def _moment(text: str) -> dt.datetime | None:
    """Return the moment that a timestamp names, in UTC where it says no offset; None where it is none."""
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=dt.UTC)
        return moment.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
