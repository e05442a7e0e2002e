"""The story behind the pictures: an evening's alerts, invented, on names and addresses that are kept for examples."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.support.alerts import ACCOUNT, BEACON, GUESSING, MALWARE, SCAN, WIPING, Kind, alert

if TYPE_CHECKING:
    from governance import v1


def evening() -> list[v1.Proposal]:
    """Return what waits: two groups of addresses, a few domains, and three that are grave."""
    sure = {9: 0.84, 14: 0.88, 22: 0.84, 31: 0.86, 38: 0.85, 40: 0.88, 57: 0.84, 63: 0.83, 77: 0.62, 81: 0.87, 96: 0.88}
    guessing = [
        _of(GUESSING, f"203.0.113.{host}", confidence=confidence, asset="portal-1") for host, confidence in sure.items()
    ]
    scanning = [_of(SCAN, f"198.51.100.{host}", asset="mail-1") for host in (3, 5, 18, 44, 61, 90)]
    names = ("cdn-sync.example.org", "telemetry.example.net", "updates.example.com")
    asking = [_of(BEACON, name, confidence=0.81, asset="workstation-114") for name in names]
    grave = [
        _of(MALWARE, "fs-02.example.org", confidence=0.91, asset="fs-02"),
        _of(ACCOUNT, "svc-backup", confidence=0.84, asset="directory-1"),
        _of(WIPING, "crm-export", confidence=0.8, asset="crm-db"),
    ]
    return [*guessing, *scanning, *asking, *grave]


def name_of(kind: Kind, target: str) -> str:
    """Return the id under which core proposes something: a digest of what it saw, as the reference core does it."""
    return hashlib.sha256(f"{kind.threat} {target}".encode()).hexdigest()[:32]


def _of(kind: Kind, target: str, *, confidence: float = 0.85, asset: str) -> v1.Proposal:
    return alert(name_of(kind, target), kind, target, confidence=confidence, asset=asset)
