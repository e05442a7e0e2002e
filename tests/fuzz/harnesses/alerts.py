"""Alerts: bytes of an EVE file to proposals that the contract lets in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from governance_client.eve.network import HomeNetworks, NetworkError
from governance_client.eve.proposals import decision_id, proposal
from governance_client.eve.reader import Alert, Malformed, Parser
from governance_server.rpc.validation import validate
from tests.fuzz.choices import Choices
from tests.fuzz.telling import assert_told

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOME: Final = HomeNetworks()
_KEYS: Final = (
    *("alert", "signature", "category", "severity", "signature_id", "gid", "rev", "action", "event_type", "timestamp"),
    *("src_ip", "dest_ip", "src_port", "dest_port", "proto", "flow_id", "tx_id", "in_iface", "app_proto", "username"),
    *("tls", "sni", "fingerprint", "ja3", "hash", "http", "hostname", "url", "dns", "query", "rrname", "fileinfo"),
    *("filename", "sha256", "md5", "smtp", "rcpt_to", "email", "subject", "ssh", "client", "payload_printable", "krb5"),
)
_SCALARS: Final = (
    *("10.0.0.1", "203.0.113.7", "::1", "fe80::1%eth0", "255.255.255.255", "0.0.0.0", "224.0.0.1", "not an address"),
    *("2026-01-02T03:04:05.678901+0000", "2026-13-01", "9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+14:00"),
    *("ET SCAN Potential SSH Scan", "ET TROJAN a", "Misc Attack", "Attempted Administrator Privilege Gain", "alert"),
    *("example.org", "a" * 300, "\ud800", "\x1b[31m", "alice@example.org", "0" * 64),
    *(0, 1, 3, -1, 443, 65535, 65536, 2**63, 10**30, 1e308, float("inf"), True, False, None),
)


def target(data: bytes) -> None:
    """Read bytes as a file of events, in pieces, and propose what its alerts call for."""
    choices = Choices(data)
    step = 1 + choices.byte()
    content = choices.rest() if choices.byte() & 3 else _written(choices)
    items = _read(content, step)
    assert items == _read(content, max(len(content), 1)), "how it is cut changes what is read"
    lines = content.count(b"\n") + 1
    for item in items:
        assert 1 <= item.line <= lines
        if isinstance(item, Malformed):
            assert item.reason
        if isinstance(item, Alert):
            made = proposal(item.event, _HOME)
            assert made.decision_id == decision_id(item.event)
            assert proposal(item.event, _HOME) == made, "the same alert is proposed in two ways"
            validate(made)
    _networks(choices)


def _read(content: bytes, step: int) -> list[Any]:
    parser = Parser()
    items: list[Any] = []
    for start in range(0, len(content), step):
        items += parser.feed(content[start : start + step])
    return [*items, *parser.end()]


def _written(choices: Choices) -> bytes:
    """Return an event or several, made of the keys that are looked at, in one of the forms."""
    events = [{"event_type": "alert", "alert": {}, **_object(choices, 0)} for _ in range(1 + choices.below(3))]
    if choices.chance():
        return json.dumps(events).encode()
    return "\n".join(map(json.dumps, events)).encode()


def _object(choices: Choices, depth: int) -> dict[str, Any]:
    return {choices.pick(_KEYS): _value(choices, depth + 1) for _ in range(1 + choices.below(12))}


def _value(choices: Choices, depth: int) -> Any:
    way = choices.byte() & 7 if depth < 4 else 7
    if way == 0:
        return _object(choices, depth)
    if way == 1:
        return [_value(choices, depth + 1) for _ in range(choices.below(4))]
    if way == 2:
        return choices.text()
    return choices.pick(_SCALARS)


def _networks(choices: Choices) -> None:
    try:
        HomeNetworks([choices.text(20)])
    except NetworkError as error:
        assert_told(error)


def seeds() -> Iterator[bytes]:
    """Give alerts in both forms, events of other kinds, and what is no event."""
    alert = {
        "timestamp": "2026-01-02T03:04:05.678901+0000",
        "event_type": "alert",
        "src_ip": "203.0.113.7",
        "src_port": 4711,
        "dest_ip": "10.0.0.5",
        "dest_port": 22,
        "proto": "TCP",
        "alert": {"signature": "SCAN of a made-up kind", "category": "Misc Attack", "severity": 2, "signature_id": 1},
        "tls": {"sni": "example.org"},
        "http": {"hostname": "example.org", "url": "/?a=[{,]}"},
    }
    one = json.dumps(alert).encode()
    yield b"\x08\1" + one + b"\n" + json.dumps({"event_type": "flow"}).encode() + b"\n"
    yield b"\x03\1[" + one + b",\n " + one + b"]"
    yield b"\x03\1[" + one + b', {"a": "b\n]'
    yield b'\x01\1{}\nnull\n\xff\n[1]\n{"event_type": 1}\n' + b"[" * 50
    yield b"\x01\1 \n\t[[]]x"
    for kind in ("ET TROJAN x", "ET DOS x", "ET PHISHING x", "ET EXPLOIT x", "ET ATTACK_RESPONSE x"):
        yield b"\x40\1" + json.dumps({**alert, "alert": {"signature": kind, "severity": 1}}).encode()
    yield b"\x05\0" + bytes(range(90))
    yield b"\x05\0" + bytes(range(0, 250, 3))
