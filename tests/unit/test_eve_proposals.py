"""Proposals from alerts: sensible for real ones, within the contract's bounds for any."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_client.eve.network import HomeNetworks, NetworkError
from governance_client.eve.proposals import decision_id, proposal
from governance_client.eve.reader import Alert, Parser
from governance_client.eve.responses import ACTIONS, TABLE, Direction, Kind, response_to
from tests.support.limits import beyond_limits

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME = HomeNetworks()
REAL = Path(__file__).parents[3] / "shared" / "data" / "eve"
INSIDE, OUTSIDE = "10.1.2.3", "203.0.113.7"


def alert(category: str, severity: int = 1, *, source: str = OUTSIDE, to: str = INSIDE, **more: Any) -> dict[str, Any]:
    return {
        "timestamp": "2026-03-01T10:00:00.000001-0600",
        "flow_id": 7,
        "event_type": "alert",
        "src_ip": source,
        "src_port": 40000,
        "dest_ip": to,
        "dest_port": 443,
        "proto": "TCP",
        "alert": {"signature_id": 1, "signature": "TEST thing", "category": category, "severity": severity},
        **more,
    }


@pytest.mark.parametrize(
    ("event", "action", "target"),
    [
        (alert("Web Application Attack"), "BLOCK_IP", OUTSIDE),
        (alert("A Network Trojan was detected", source=INSIDE, to=OUTSIDE), "ISOLATE_HOST", INSIDE),
        (alert("Successful Administrator Privilege Gain", source=INSIDE, to=OUTSIDE), "ISOLATE_HOST", INSIDE),
        (alert("Attempted Administrator Privilege Gain"), "BLOCK_IP", OUTSIDE),
        (alert("Potential Corporate Privacy Violation"), "CREATE_TICKET", "soc"),
        (alert("Attempted Information Leak", 2), "BLOCK_IP", OUTSIDE),
        (alert("Detection of a Network Scan", 3), "THROTTLE_CONNECTION", f"{OUTSIDE}:40000>{INSIDE}:443/tcp"),
        (alert("Attempted Denial of Service", 2), "THROTTLE_CONNECTION", f"{OUTSIDE}:40000>{INSIDE}:443/tcp"),
        (alert("Successful Credential Theft Detected", username="j.doe"), "RESET_PASSWORD", "j.doe"),
        (alert("Successful Credential Theft Detected", 2, username="j.doe"), "LOCK_ACCOUNT", "j.doe"),
        (alert("Successful Credential Theft Detected"), "CREATE_TICKET", "soc"),
        (
            alert("Possible Social Engineering Attempted", tls={"sni": "Bad.Example.COM"}),
            "BLOCK_DOMAIN",
            "bad.example.com",
        ),
        (alert("Generic Protocol Command Decode", 3), "COLLECT_LOGS", INSIDE),
        (alert("Misc activity", 3), "SEND_ALERT", "soc"),
        (alert("Web Application Attack", source="0.0.0.0"), "CREATE_TICKET", "soc"),
        (alert("Web Application Attack", source="255.255.255.255"), "CREATE_TICKET", "soc"),
        (alert("Web Application Attack", source="127.0.0.1"), "CREATE_TICKET", "soc"),
        (alert("Web Application Attack", source="fe80::1%\x1b[2J", to=INSIDE), "CREATE_TICKET", "soc"),
    ],
)
def test_a_sensible_response_is_proposed(event: dict[str, Any], action: str, target: str) -> None:
    """What was seen, how bad it is and which way it went decide what is done to whom; nobody's address is never hit."""
    made = proposal(event, HOME)
    assert v1.ActionType.Name(made.action.type) == f"ACTION_TYPE_{action}"
    assert [each.value for each in made.action.targets] == [target]


def test_nothing_of_ours_is_blocked_as_an_outsider() -> None:
    """With the house's own networks named, the direction follows from them."""
    event = alert("Web Application Attack", source="10.9.9.9", to="198.51.100.1")
    made = proposal(event, HomeNetworks(["198.51.100.0/24"]))
    assert made.metadata["direction"] == "inbound"
    assert made.action.targets[0].value == "10.9.9.9"
    with pytest.raises(NetworkError, match=r"10\.0\.0\.0/99"):
        HomeNetworks(["10.0.0.0/99"])


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("direction", Direction)
def test_there_is_a_row_for_everything(kind: Kind, direction: Direction) -> None:
    """Every class, direction and severity has a row, and a milder alert is not answered with more threat."""
    rows = [response_to(kind, direction, severity) for severity in (1, 2, 3)]
    assert all(row in TABLE for row in rows)
    assert [row.threat for row in rows] == sorted((row.threat for row in rows), reverse=True)


def test_the_same_alert_is_the_same_proposal() -> None:
    """Read again it is equal to the byte; another flow, signature or moment is another decision."""
    event = alert("Web Application Attack")
    again = json.loads(json.dumps(dict(reversed(event.items()))))
    assert proposal(event, HOME) == proposal(again, HOME)
    others = [event | {"flow_id": 8}, event | {"timestamp": "x"}, event | {"tx_id": 1}, event | {"src_port": 1}]
    assert len({decision_id(each) for each in [event, *others]}) == 5
    assert beyond_limits(proposal(event, HOME)) == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-03-01T10:00:00.000000-0600", 1772380800),
        ("2026-03-01T10:00:00+00:00", 1772359200),
        ("2026-03-01T10:00:00.5", 1772359200),
        ("2026-03-01T10:00:00Z", 1772359200),
    ],
)
def test_timestamps_of_every_make_are_understood(text: str, seconds: int) -> None:
    """With an offset, with a colon in it, with neither: then it is taken as UTC."""
    assert proposal(alert("x", timestamp=text), HOME).evidence.observed_at.seconds == seconds
    for wrong in ("", "yesterday", "0001-01-01T00:00:00+0900", 7, None):
        assert not proposal(alert("x", timestamp=wrong), HOME).evidence.HasField("observed_at")


def test_what_is_too_long_is_cut_with_a_mark() -> None:
    """The evidence shows that something is missing, and how much there was."""
    made = proposal(alert("x", payload_printable="\x1b[2J" * 50_000), HOME)
    payload = next(each.text for each in made.evidence.exhibits if each.name == "payload")
    assert payload.endswith("(cut; 200000 characters in all)")


HOSTILE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(
        [
            "",
            "\ud800",
            "\x00",
            "\x1b[2J",
            INSIDE,
            OUTSIDE,
            "::1",
            "ff02::1",
            "0.0.0.0",
            "x" * 70_000,
            "\U0001f40d" * 9_000,
        ]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
FIELDS = ["timestamp", "flow_id", "tx_id", "src_ip", "src_port", "dest_ip", "dest_port", "proto", "payload_printable"]
PARTS = [
    "signature",
    "category",
    "severity",
    "gid",
    "signature_id",
    "http_method",
    "hostname",
    "url",
    "sni",
    "rrname",
    "user",
]
EVENTS = st.fixed_dictionaries(
    {"alert": st.dictionaries(st.sampled_from(PARTS), HOSTILE)},
    optional={
        **dict.fromkeys(FIELDS, HOSTILE),
        **{name: HOSTILE | st.dictionaries(st.sampled_from(PARTS), HOSTILE) for name in ("http", "tls", "smtp", "dns")},
    },
)


def test_the_limits_are_really_walked() -> None:
    """A proposal beyond a limit is found out, wherever in it that is."""
    made = proposal(alert("x"), HOME)
    made.confidence = 1.5
    made.evidence.exhibits.add(text="x")
    made.metadata["k" * 65] = "v"
    assert beyond_limits(made) == ["confidence", "evidence.exhibits.name", "metadata (key)"]


@given(EVENTS)
def test_no_alert_makes_a_proposal_that_breaks_the_contract(event: Mapping[str, Any]) -> None:
    """Whatever an attacker writes, the proposal is within every limit, and fits a frame."""
    made = proposal(event, HOME)
    assert beyond_limits(made) == []
    assert made.ByteSize() < 1 << 20
    assert made.action.type in ACTIONS
    for target in made.action.targets:
        if target.kind in (v1.TARGET_KIND_IP_ADDRESS, v1.TARGET_KIND_HOST):
            ipaddress.ip_address(target.value)
        assert target.value.isprintable()


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real alerts are not at {REAL.name}")
def test_real_alerts_become_distinct_decisions_within_the_contract() -> None:
    """All 207 and 44 alerts of two captures become proposals, no two alike."""
    ids = []
    for name in ("wrccdc-2018.json", "honeypot-2018.json"):
        parser = Parser()
        items = [*parser.feed((REAL / name).read_bytes()), *parser.end()]
        for item in items:
            assert isinstance(item, Alert)
            made = proposal(item.event, HOME)
            assert beyond_limits(made) == []
            ids.append(made.decision_id)
    assert (len(ids), len(set(ids))) == (251, 251)
