"""`scripts/demo`: the rule of its operators, its account, and the sample it is fed."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from demonstration import account, rule

SAMPLE = Path(__file__).parents[2] / "examples" / "intrusion.eve.json"
OUTSIDE = [ip_network(text) for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
INSIDE = ip_network("10.20.0.0/16")


def decision(
    target: str = "198.51.100.23",
    *,
    action: str = "BLOCK_IP",
    risk: str = "LOW",
    tier: str = "SOC_OPERATOR",
    **more: Any,
) -> dict[str, Any]:
    """A decision in protobuf's JSON mapping."""
    return {
        "decisionId": "eve-0001-of-many",
        "state": "DECISION_STATE_PENDING",
        "tier": f"ROLE_{tier}",
        "assessment": {"risk": f"RISK_LEVEL_{risk}"},
        "proposal": {"action": {"type": f"ACTION_TYPE_{action}", "targets": [{"value": target}]}},
        **more,
    }


@pytest.mark.parametrize("target", ["10.20.0.10", "10.20.1.40", "2001:db8:20::10"])
def test_own_server(target: str) -> None:
    """Rule 1: what would act on a server of the organisation is rejected, whatever its risk."""
    for risk in ("LOW", "CRITICAL"):
        assert rule.judge(decision(target, action="ISOLATE_HOST", risk=risk)).verb == "reject"


def test_looking_at_a_server() -> None:
    """Collecting evidence from a server takes nothing out of service, and is approved."""
    assert rule.judge(decision("10.20.0.10", action="COLLECT_FORENSICS")).verb == "approve"


@pytest.mark.parametrize("risk", ["HIGH", "CRITICAL"])
def test_grave(risk: str) -> None:
    """Rule 2: the operator sends what is grave up the chain, and the chief approves it."""
    assert rule.judge(decision(risk=risk))[:2] == ("operator", "escalate")
    assert rule.judge(decision(risk=risk, tier="CISO"))[:2] == ("chief", "approve")


def test_own_machine() -> None:
    """Rule 2: acting on a workstation of the organisation is for the chief, too."""
    assert rule.judge(decision("10.20.4.51", action="ISOLATE_HOST"))[:2] == ("operator", "escalate")
    assert rule.judge(decision("10.20.4.51", action="ISOLATE_HOST", tier="SOC_SUPERVISOR"))[:2] == ("chief", "approve")


@pytest.mark.parametrize("target", ["198.51.100.23", "drop.example.net", "198.51.100.23:51022>10.20.0.10:22/tcp"])
def test_anything_else(target: str) -> None:
    """Rule 3: an address outside, a domain or a connection at a low risk is approved by the operator."""
    assert rule.judge(decision(target))[:2] == ("operator", "approve")


def test_account() -> None:
    """The account has a line for each decision, with who decided and why, and counts them."""
    rejected = decision(
        "10.20.0.10",
        state="DECISION_STATE_REJECTED",
        ending={"actor": {"name": "operator"}, "reason": "Rule 1: ours."},
    )
    executed = decision(state="DECISION_STATE_EXECUTED", approval={"actor": {"kind": "ACTOR_KIND_POLICY"}})
    head, first, second, _, counts = account.lines([rejected, executed])
    assert head.split()[:3] == ["decision", "action", "target"]
    assert first.split() == [
        "eve-0001-o",
        "block_ip",
        "10.20.0.10",
        "low",
        "rejected",
        "operator:",
        "Rule",
        "1:",
        "ours.",
    ]
    assert second.split()[-2:] == ["executed", "policy"]
    assert counts == "1 rejected, 1 executed"


def test_hostile_text() -> None:
    """What an attacker wrote cannot move the terminal."""
    line = account.lines([decision("\x1b[2Jevil\r\n")])[1]
    assert line.isprintable()
    assert "\\x1b[2Jevil" in line


def test_sample_addresses() -> None:
    """The bundled sample names only addresses kept for documentation, and those of a network of its own."""
    alerts = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    assert 30 <= len(alerts) <= 60
    for address in {ip_address(alert[end]) for alert in alerts for end in ("src_ip", "dest_ip")}:
        assert any(address in network for network in [*OUTSIDE, INSIDE])


def test_sample_signatures() -> None:
    """Its signatures are from the local range, and one number has one text."""
    alerts = [json.loads(line)["alert"] for line in SAMPLE.read_text(encoding="utf-8").splitlines()]
    texts: dict[int, str] = {}
    for alert in alerts:
        assert 1_000_000 <= alert["signature_id"] < 2_000_000
        assert texts.setdefault(alert["signature_id"], alert["signature"]) == alert["signature"]
