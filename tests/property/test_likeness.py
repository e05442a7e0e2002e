"""What is remembered of like proposals never shows: each is told what it would have been told as the only one."""

from __future__ import annotations

import hashlib
from ipaddress import ip_address
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from governance import v1
from governance_server.domain import proposing, reasoning, requirements, risk
from governance_server.domain.command import Command, Consequence, State, Surroundings
from governance_server.domain.decide import decide
from governance_server.domain.digest import action_digest
from governance_server.domain.house import House
from governance_server.domain.moment import SECOND_US
from governance_server.domain.proposing import group_key
from tests.support.messages import CORE

Asking: TypeAlias = tuple[v1.Proposal, int, int]
"""A proposal, when it is made, and how often its like was rejected."""

NOON_US = 1_767_355_200_000_000
shares = st.sampled_from([-0.0, 0.0, 0.5, 0.97, 1.0])  # few values, so that many are alike in some or all of them
texts = st.sampled_from(["", "gdpr", "PCI-DSS", "health"])
octets = st.integers(0, 300).map(str) | st.sampled_from(["", "01", "x", "9%eth0"])
addresses = st.one_of(
    st.ip_addresses().map(str),
    st.lists(octets, min_size=1, max_size=5).map(".".join),
    st.tuples(st.sampled_from(["::ffff:", "fe80::1%", "::"]), st.ip_addresses(v=4).map(str)).map("".join),
    st.text(max_size=8),
)
targets = st.builds(
    v1.Target,
    kind=st.sampled_from([v1.TARGET_KIND_IP_ADDRESS, v1.TARGET_KIND_HOST]),
    value=st.sampled_from(["192.0.2.1", "192.0.2.9", "web-1"]),
)
proposals = st.builds(
    v1.Proposal,
    decision_id=st.just("decision-1"),
    action=st.builds(
        v1.Action,
        type=st.sampled_from([v1.ACTION_TYPE_BLOCK_IP, v1.ACTION_TYPE_DELETE_DATA]),
        scope=st.sampled_from(v1.ActionScope.values()),
        targets=st.lists(targets, max_size=3),
    ),
    confidence=shares,
    threat=st.none() | st.builds(v1.Threat, score=shares, type=texts, novelty=st.sampled_from(v1.Novelty.values())),
    assets=st.lists(st.builds(v1.Asset, criticality=st.sampled_from(v1.Criticality.values())), max_size=2),
    business_impact=st.none()
    | st.builds(v1.BusinessImpact, estimated_cost_usd=shares, operational=shares, reputational=shares),
    data_classification=st.sampled_from(v1.DataClassification.values()),
    compliance_tags=st.lists(texts, max_size=2),
    data_type=texts,
    similar_decisions=st.lists(st.just("decision-0"), max_size=1),
)
variations = st.tuples(shares, shares, st.sampled_from([NOON_US, NOON_US + SECOND_US]), st.integers(0, 2))


def asked(made: v1.Proposal, confidence: float, threat: float, now_us: int, rejections: int) -> Asking:
    """Return what is asked: a proposal that is like another in all but two numbers."""
    proposal = v1.Proposal()
    proposal.CopyFrom(made)
    proposal.confidence = confidence
    if proposal.HasField("threat"):
        proposal.threat.score = threat
    return proposal, now_us, rejections


def told(asking: Asking, *, known_digest: bool) -> list[bytes]:
    """Propose something, to a house where nothing is open; return the events as they would be written."""
    proposal, now_us, rejections = asking
    digest = action_digest(proposal.action) if known_digest else b""
    around = Surroundings(rejections=rejections, action_digest=digest)
    ruling = decide(State(None, House(), around), Command(CORE, v1.CoreCommand(proposal=proposal)), now_us)
    assert isinstance(ruling, Consequence)
    assert ruling.personal == v1.PersonalData(proposal=proposal)
    return [event.SerializeToString(deterministic=True) for event in ruling.events]


def forget() -> None:
    """Forget what is remembered of earlier proposals."""
    for remembered in (
        risk._weighed,
        risk._settled,
        risk._concluded,
        reasoning._words_of,
        requirements._alike,
        proposing._template,
        proposing._key_of_network,
    ):
        remembered.cache_clear()


@settings(deadline=None)
@given(st.lists(proposals, min_size=1, max_size=2), st.lists(variations, min_size=1, max_size=4))
def test_none_is_told_of_another(made: list[v1.Proposal], varied: list[tuple[float, float, int, int]]) -> None:
    """Whatever was proposed before, each makes the same bytes as the only one, and as one with no known digest."""
    all_asked = [asked(proposal, *variation) for proposal in made for variation in varied]
    together = [told(asking, known_digest=True) for asking in all_asked]
    for asking, events in zip(all_asked, together, strict=True):
        forget()
        assert told(asking, known_digest=False) == events


def network(value: str) -> str:
    """Return the network of an address, as the contract describes it; a value that is none is its own."""
    try:
        address = ip_address(value)
    except ValueError:
        return value
    return f"4/{int(address) >> 8}" if address.version == 4 else f"6/{int(address) >> 64}"


@given(st.lists(addresses, min_size=1, max_size=4))
def test_group_of_any_address(values: list[str]) -> None:
    """An address is in the group of its network, however it is written; what is none, of what is written alike."""
    for value in values:
        action = v1.Action(
            type=v1.ACTION_TYPE_BLOCK_IP, targets=[v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value=value)]
        )
        parts = (str(v1.ACTION_TYPE_BLOCK_IP), "scan", network(value))
        expected = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
        assert group_key(v1.Proposal(action=action, threat=v1.Threat(type="scan"))) == expected
