"""Proposals: an alert becomes what a sensible responder would ask leave for, the same alert always the same."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from governance import v1
from governance_client.eve.exhibits import cut, exhibits, indicators, metadata
from governance_client.eve.fields import Fields, Side
from governance_client.eve.network import HomeNetworks, actionable, service_behind
from governance_client.eve.responses import FALLBACK, Direction, Kind, Response, Whom, kind_of, response_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MODEL_VERSION: Final = "eve-responder/1"
TEAM: Final = "soc"
_ID_DIGITS: Final = 40
"""160 bits: nobody finds two alerts with one id, and the id still fits a line."""
_MAX_QUOTE: Final = 300
_MAX_TARGET: Final = 512
_STABLE: Final = (
    ("timestamp",),
    ("flow_id",),
    ("tx_id",),
    ("alert", "gid"),
    ("alert", "signature_id"),
    ("src_ip",),
    ("src_port",),
    ("dest_ip",),
    ("dest_port",),
    ("proto",),
)
_OF_WORST: Final = {1: 1.0, 2: 0.85, 3: 0.7}
"""What is left of a row's threat score, by severity."""
_OUTAGE_USD: Final = {
    v1.CRITICALITY_LOW: 500.0,
    v1.CRITICALITY_MEDIUM: 5_000.0,
    v1.CRITICALITY_HIGH: 50_000.0,
    v1.CRITICALITY_CRITICAL: 250_000.0,
}
"""What a day without a machine is taken to cost. Orders of magnitude; whoever runs a core of their own knows better."""
_REPUTATION: Final = {Kind.TAKEOVER: 0.8, Kind.MALWARE: 0.6, Kind.CREDENTIALS: 0.6, Kind.PHISHING: 0.5}
"""Harm to the reputation, where what the alert is about would have to be told to others."""
_DATA_TYPES: Final = {Kind.CREDENTIALS: "user_data", Kind.PHISHING: "user_data", Kind.POLICY: "user_data"}


def decision_id(event: Mapping[str, Any]) -> str:
    """Return the id of the decision about an alert: the same for the same alert, whoever reads it and when."""
    alert = Fields(event)
    stable = json.dumps([alert.text(*path) for path in _STABLE])
    return "eve-" + hashlib.sha256(stable.encode()).hexdigest()[:_ID_DIGITS]


def proposal(event: Mapping[str, Any], home: HomeNetworks) -> v1.Proposal:
    """Return what to propose about an alert. Never raises, and never leaves the contract's bounds."""
    alert = Fields(event)
    direction, kind = home.direction(alert), kind_of(alert)
    response = response_to(kind, direction, alert.severity)
    target = _target(response.whom, alert, home)
    if target is None:
        response, target = FALLBACK, _target(FALLBACK.whom, alert, home)
    assets = _assets(alert, home)
    made = v1.Proposal(
        decision_id=decision_id(event),
        action=_action(response, target, direction),
        confidence=response.confidence,
        threat=_threat(kind, response, alert),
        evidence=_evidence(alert, response, direction),
        assets=assets,
        business_impact=_impact(kind, response, assets),
        data_classification=_classification(alert, home),
        data_type=_DATA_TYPES.get(kind, ""),
        model_version=MODEL_VERSION,
        metadata=metadata(alert),
    )
    made.metadata["direction"] = direction.value
    return made


def _target(whom: Whom, alert: Fields, home: HomeNetworks) -> v1.Target | None:
    """Return what the action is aimed at; None where the alert does not name it, or it may not be acted on."""
    kind, value = v1.TARGET_KIND_UNSPECIFIED, ""
    match whom:
        case Whom.OUTSIDER:
            kind, value = v1.TARGET_KIND_IP_ADDRESS, str(home.outsider(alert) or "")
        case Whom.ATTACKER:
            kind, value = v1.TARGET_KIND_HOST, _ours(home, alert.source, alert.destination)
        case Whom.INSIDER_ADDRESS:
            kind, value = v1.TARGET_KIND_IP_ADDRESS, _ours(home, alert.source, alert.destination)
        case Whom.VICTIM:
            kind, value = v1.TARGET_KIND_HOST, _victim(alert, home)
        case Whom.CONNECTION if actionable(alert.source.address) and actionable(alert.destination.address):
            kind = v1.TARGET_KIND_CONNECTION
            value = f"{alert.source}>{alert.destination}/{alert.protocol}"
        case Whom.DOMAIN:
            kind, value = v1.TARGET_KIND_DOMAIN, alert.domain
        case Whom.USER:
            kind, value = v1.TARGET_KIND_USER, alert.user
        case Whom.TEAM:
            kind, value = v1.TARGET_KIND_TEAM, TEAM
        case _:
            pass
    return v1.Target(kind=kind, value=value[:_MAX_TARGET]) if value else None


def _ours(home: HomeNetworks, *sides: Side) -> str:
    """Return the first of the addresses that is ours and may be acted on."""
    mine = (side.address for side in sides if home.hold(side.address) and actionable(side.address))
    return str(next(mine, ""))


def _victim(alert: Fields, home: HomeNetworks) -> str:
    """Return the address of ours that it was done to: who answers an intruder, else who was asked."""
    answers = alert.source.port is not None and "response" in f"{alert.signature} {alert.category}".lower()
    if answers or "successful" in alert.category.lower():
        return _ours(home, alert.source, alert.destination)
    return _ours(home, alert.destination, alert.source)


def _action(response: Response, target: v1.Target | None, direction: Direction) -> v1.Action:
    assert target is not None, "a team can always be told"
    action = v1.Action(type=response.action, scope=v1.ACTION_SCOPE_HOST, targets=[target])
    action.parameters["reason"] = response.kind.value
    if response.action == v1.ACTION_TYPE_BLOCK_IP:
        action.parameters["traffic"] = "both" if direction is not Direction.INBOUND else "inbound"
    if response.hours:
        action.duration.seconds = response.hours * 3600
    return action


def _threat(kind: Kind, response: Response, alert: Fields) -> v1.Threat:
    known = kind in (Kind.BAD_REPUTATION, Kind.RECONNAISSANCE, Kind.NOISE, Kind.PROTOCOL)
    return v1.Threat(
        score=round(response.threat * _OF_WORST[alert.severity], 3),
        type=kind.value,
        novelty=v1.NOVELTY_SEEN_BEFORE if known else v1.NOVELTY_KNOWN,
    )


def _evidence(alert: Fields, response: Response, direction: Direction) -> v1.Evidence:
    reasoning = (
        f"{response.why}\n\nSeen: {direction.value} {alert.protocol} traffic from {alert.source} to "
        f"{alert.destination}, severity {alert.severity}, which the sensor calls: {cut(alert.signature, _MAX_QUOTE)}"
    )
    evidence = v1.Evidence(reasoning=reasoning, indicators=indicators(alert), exhibits=exhibits(alert))
    if alert.observed_at is not None:
        evidence.observed_at.FromDatetime(alert.observed_at)
    return evidence


def _assets(alert: Fields, home: HomeNetworks) -> list[v1.Asset]:
    """Return the sides that are ours; where none is known to be, the one that was asked."""
    pairs = ((alert.destination, alert.source), (alert.source, alert.destination))
    mine = [(side, other) for side, other in pairs if home.hold(side.address)]
    if not mine and alert.destination.address is not None:
        mine = [pairs[0]]
    found = ((side, service_behind(side, other)) for side, other in mine)
    return [
        v1.Asset(name=str(side.address), type=service.name, criticality=service.criticality) for side, service in found
    ]


def _impact(kind: Kind, response: Response, assets: Sequence[v1.Asset]) -> v1.BusinessImpact:
    """Return what the action costs where it takes a machine away, and what the threat costs if nothing is done."""
    worst = max((asset.criticality for asset in assets), default=v1.CRITICALITY_UNSPECIFIED)
    outage_usd = _OUTAGE_USD.get(worst, 0.0) if response.action == v1.ACTION_TYPE_ISOLATE_HOST else 0.0
    return v1.BusinessImpact(
        operational=response.operational,
        reputational=_REPUTATION.get(kind, 0.0),
        estimated_cost_usd=outage_usd,
    )


def _classification(alert: Fields, home: HomeNetworks) -> v1.DataClassification.ValueType:
    pairs = ((alert.destination, alert.source), (alert.source, alert.destination))
    return max(
        (service_behind(side, other).data for side, other in pairs if home.hold(side.address)),
        default=v1.DATA_CLASSIFICATION_UNSPECIFIED,
    )
