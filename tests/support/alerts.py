"""Proposals as a security AI makes them after alerts: invented, on addresses and names that are kept for examples."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY: Final = """\
[limits]
operator_requests_per_minute = 0
proposals_per_hour = 0

# the same risk at every hour of the day
[risk.scales]
time_of_day_utc = [[0, 0.2]]
availability_utc = [[0, 0.9]]
"""
"""The policy under which alerts have the same risk at any hour: the built-in one, but for the hour and the rates."""

_GRAVE_FROM: Final = 0.5
"""From this weight on, customers' data and more than one host are concerned."""
_ADDRESSES_A_NETWORK: Final = 250
_NETWORKS: Final = ("203.0.113", "198.51.100", "192.0.2")
"""Kept for examples by RFC 5737; the many of a storm are from 198.18.0.0/15, kept for benchmarks by RFC 2544."""
EXAMPLES: Final = len(_NETWORKS) * _ADDRESSES_A_NETWORK
"""So many addresses come before those kept for benchmarks."""


class Kind(NamedTuple):
    """What alerts of one kind have in common.

    Attributes:
        action: What core would do.
        target: The kind of thing it would do it to.
        threat: What core calls the threat.
        reasoning: Why.
        seen: What the alert showed, as some log has it.
        score: How bad core thinks the threat is.
        weight: How much is at stake, from 0 to 1: the criticality of the asset and what it costs follow from it.
    """

    action: v1.ActionType.ValueType
    target: v1.TargetKind.ValueType
    threat: str
    reasoning: str
    seen: str
    score: float
    weight: float


SCAN: Final = Kind(
    v1.ACTION_TYPE_BLOCK_IP,
    v1.TARGET_KIND_IP_ADDRESS,
    "port_scan",
    "Connections to 1,024 ports of the mail relay within a minute, none completed. The address has no history here.",
    "TCP SYN, 1024 ports in 58 s, 0 established, TTL 241",
    0.35,
    0.1,
)
GUESSING: Final = Kind(
    v1.ACTION_TYPE_BLOCK_IP,
    v1.TARGET_KIND_IP_ADDRESS,
    "credential_stuffing",
    "4,310 failed logins to the customer portal in ten minutes, each with another account. Two succeeded.",
    "POST /login 401 x 4310, 200 x 2, agent python-requests/2.31",
    0.6,
    0.45,
)
BEACON: Final = Kind(
    v1.ACTION_TYPE_BLOCK_DOMAIN,
    v1.TARGET_KIND_DOMAIN,
    "command_and_control",
    "One workstation asks for this name every 60 s, with a jitter of 3 s, since it opened an attachment.",
    "A? every 60 s from workstation-114, first at 14:02:11, NXDOMAIN until 15:30:07",
    0.7,
    0.4,
)
MALWARE: Final = Kind(
    v1.ACTION_TYPE_ISOLATE_HOST,
    v1.TARGET_KIND_HOST,
    "ransomware",
    "Files on the share of this host are rewritten with high entropy at 40 a second, and shadow copies were deleted.",
    "vssadmin delete shadows /all /quiet; 2,412 files renamed to *.locked since 17:41:20",
    0.95,
    0.8,
)
ACCOUNT: Final = Kind(
    v1.ACTION_TYPE_DISABLE_USER,
    v1.TARGET_KIND_USER,
    "impossible_travel",
    "A login from another continent eleven minutes after one from the office, with a new device and second factor.",
    "login ok, device new, second factor reset 4 min before, distance 9,300 km in 11 min",
    0.8,
    0.75,
)
WIPING: Final = Kind(
    v1.ACTION_TYPE_DELETE_DATA,
    v1.TARGET_KIND_DATASET,
    "data_exfiltration",
    "The staging folder holds an archive of the customer database; it left for an unknown host at 03:12.",
    "PUT 1.9 GB to 203.0.113.250:443 at 03:12:44, archive of 41 tables",
    1.0,
    1.0,
)


def alert(decision_id: str, kind: Kind, target: str, *, confidence: float = 0.85, asset: str = "web-1") -> v1.Proposal:
    """Return the proposal that follows an alert of a kind."""
    grave = kind.weight > _GRAVE_FROM
    return v1.Proposal(
        decision_id=decision_id,
        action=v1.Action(
            type=kind.action,
            scope=v1.ACTION_SCOPE_ORGANIZATION if grave else v1.ACTION_SCOPE_HOST,
            targets=[v1.Target(kind=kind.target, value=target)],
        ),
        confidence=confidence,
        threat=v1.Threat(score=kind.score, type=kind.threat, novelty=_novelty(kind)),
        evidence=v1.Evidence(
            reasoning=kind.reasoning, indicators=[target], exhibits=[v1.Exhibit(name="log", text=kind.seen)]
        ),
        assets=[v1.Asset(name=asset, type="server", criticality=_criticality(kind))],
        business_impact=v1.BusinessImpact(
            estimated_cost_usd=kind.weight * 1_000_000, operational=kind.weight, reputational=kind.weight
        ),
        data_classification=v1.DATA_CLASSIFICATION_RESTRICTED if grave else v1.DATA_CLASSIFICATION_INTERNAL,
        compliance_tags=["GDPR"] if grave else [],
        data_type="PII" if grave else "",
        model_version="example-1",
    )


def addresses() -> Iterator[str]:
    """Yield addresses that are kept for examples, and, when they are used up, for benchmarks; no two alike."""
    for network in _NETWORKS:
        yield from (f"{network}.{host}" for host in range(1, _ADDRESSES_A_NETWORK + 1))
    for number in range(2 * 256 * _ADDRESSES_A_NETWORK):
        nth, host = divmod(number, _ADDRESSES_A_NETWORK)
        yield f"198.{18 + nth // 256}.{nth % 256}.{host + 1}"


def scans(count: int, prefix: str = "scan", *, skipping: int = 0) -> list[v1.Proposal]:
    """Return as many scans, each of another address: a storm.

    Args:
        count: How many.
        prefix: What their ids begin with.
        skipping: How many addresses are left to others; `EXAMPLES` leaves all that are not a benchmark's.
    """
    taken = islice(addresses(), skipping, skipping + count)
    return [alert(f"{prefix}-{number:06d}", SCAN, address) for number, address in enumerate(taken, 1)]


def _novelty(kind: Kind) -> v1.Novelty.ValueType:
    return v1.NOVELTY_ZERO_DAY if kind.score > 0.9 else v1.NOVELTY_KNOWN


def _criticality(kind: Kind) -> v1.Criticality.ValueType:
    steps = (v1.CRITICALITY_LOW, v1.CRITICALITY_MEDIUM, v1.CRITICALITY_HIGH, v1.CRITICALITY_CRITICAL)
    return steps[min(int(kind.weight * len(steps)), len(steps) - 1)]
