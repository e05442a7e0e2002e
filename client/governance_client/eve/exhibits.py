"""Exhibits: the alert's own text as evidence, cut to size with a mark that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1

if TYPE_CHECKING:
    from governance_client.eve.fields import Fields

MAX_EXHIBIT: Final = 8192
"""In characters: all exhibits together stay below a frame, four bytes a character. The contract allows more of each."""
MAX_INDICATOR: Final = 1024
MAX_METADATA: Final = 512

_EXHIBITS: Final = (
    ("signature", ("alert", "signature")),
    ("category", ("alert", "category")),
    ("payload", ("payload_printable",)),
    ("http method", ("http", "http_method")),
    ("http host", ("http", "hostname")),
    ("http url", ("http", "url")),
    ("http user agent", ("http", "http_user_agent")),
    ("http referrer", ("http", "http_refer")),
    ("http request body", ("http", "http_request_body_printable")),
    ("http response body", ("http", "http_response_body_printable")),
    ("tls server name", ("tls", "sni")),
    ("tls subject", ("tls", "subject")),
    ("tls issuer", ("tls", "issuerdn")),
    ("smtp helo", ("smtp", "helo")),
    ("smtp from", ("smtp", "mail_from")),
    ("smtp to", ("smtp", "rcpt_to")),
    ("mail subject", ("email", "subject")),
    ("dns query", ("dns", "query", "rrname")),
    ("ssh client", ("ssh", "client", "software_version")),
    ("file name", ("fileinfo", "filename")),
)
_INDICATORS: Final = (
    ("tls", "fingerprint"),
    ("tls", "ja3", "hash"),
    ("tls", "sni"),
    ("http", "hostname"),
    ("dns", "query", "rrname"),
    ("fileinfo", "sha256"),
    ("fileinfo", "md5"),
)
_METADATA: Final = (
    ("signature_id", ("alert", "signature_id")),
    ("generator_id", ("alert", "gid")),
    ("revision", ("alert", "rev")),
    ("severity", ("alert", "severity")),
    ("sensor_action", ("alert", "action")),
    ("flow_id", ("flow_id",)),
    ("tx_id", ("tx_id",)),
    ("interface", ("in_iface",)),
    ("application", ("app_proto",)),
    ("timestamp", ("timestamp",)),
)


def cut(text: str, most: int) -> str:
    """Return the text, or as much of it as fits with a mark that says how long it was."""
    if len(text) <= most:
        return text
    mark = f" … (cut; {len(text)} characters in all)"
    return text[: most - len(mark)] + mark


def exhibits(alert: Fields) -> list[v1.Exhibit]:
    """Return what was found, each piece by its name."""
    found = ((name, alert.text(*path)) for name, path in _EXHIBITS)
    return [v1.Exhibit(name=name, text=cut(text, MAX_EXHIBIT)) for name, text in found if text]


def indicators(alert: Fields) -> list[str]:
    """Return what others may recognise the threat by, each once."""
    sides = (str(side.address) for side in (alert.source, alert.destination) if side.address is not None)
    named = (alert.text(*path) for path in _INDICATORS)
    return list(dict.fromkeys(cut(text, MAX_INDICATOR) for text in (*sides, *named) if text))


def metadata(alert: Fields) -> dict[str, str]:
    """Return what identifies the alert at its sensor."""
    found = ((name, alert.text(*path)) for name, path in _METADATA)
    return {name: cut(text, MAX_METADATA) for name, text in found if text}
