"""What a policy's document says in plain figures, read as docs/policy.md tells it, without the server's reader."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from governance import v1

RISKS: Final = {
    "low": v1.RISK_LEVEL_LOW,
    "medium": v1.RISK_LEVEL_MEDIUM,
    "high": v1.RISK_LEVEL_HIGH,
    "critical": v1.RISK_LEVEL_CRITICAL,
}
ROLES: Final = {
    "soc_operator": v1.ROLE_SOC_OPERATOR,
    "soc_supervisor": v1.ROLE_SOC_SUPERVISOR,
    "security_manager": v1.ROLE_SECURITY_MANAGER,
    "ciso": v1.ROLE_CISO,
}
_SLA_S: Final = {"low": 1800, "medium": 900, "high": 600, "critical": 300}
_REQUIRED: Final = {"low": 1, "medium": 1, "high": 1, "critical": 2}


@dataclass(frozen=True, slots=True)
class Demand:
    """What an approval rule without a condition asks of some risks."""

    risks: frozenset[int]
    required: int
    roles: tuple[int, ...]
    tier: int


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The figures that the checkers hold a run to. Conditions are left out: what is kept is the least that holds.

    Attributes:
        sla_s: How long a tier has, by risk.
        warn_share: After which share of it the warning is due.
        chain: The tiers, upwards.
        required: How many people, by risk.
        demands: What rules without a condition add.
        owners: Who stands behind which core.
    """

    sla_s: dict[int, int]
    warn_share: float
    chain: tuple[int, ...]
    required: dict[int, int]
    demands: tuple[Demand, ...]
    owners: dict[str, frozenset[str]] = field(default_factory=dict)
    claim_s: int = 900
    accept_s: int = 600
    report_s: int = 900
    halt_from: int = v1.ROLE_SOC_SUPERVISOR
    release_people: int = 2
    free_modification_from: int = v1.ROLE_SECURITY_MANAGER
    full_from: float = 0.95

    def stands_behind(self, core: str, name: str) -> bool:
        """Tell whether somebody may not approve what a core proposes."""
        return name == core or name in self.owners.get(core, frozenset())

    def least(self, risk: int) -> int:
        """Return how many people an approval of a risk takes at the least."""
        return max([self.required[risk], 1, *(each.required for each in self.demands if risk in each.risks)])

    def least_roles(self, risk: int) -> list[int]:
        """Return the roles of which one has to be among those people."""
        return sorted({role for each in self.demands if risk in each.risks for role in each.roles})

    def least_tier(self, risk: int) -> int:
        """Return the lowest role that may decide."""
        return max([self.chain[0], *(each.tier for each in self.demands if risk in each.risks)])

    def above(self, tier: int) -> int | None:
        """Return the tier that is asked after one; None at the top."""
        return next((role for role in self.chain if role > tier), None)


@lru_cache(maxsize=64)
def rulebook(document: str) -> Rulebook:
    """Read a document; an empty one is the built-in policy."""
    told = tomllib.loads(document)
    sla, work = told.get("sla", {}), told.get("work", {})
    approvals, execution, halt = told.get("approvals", {}), told.get("execution", {}), told.get("halt", {})
    chain = tuple(ROLES[name] for name in sla.get("chain", ROLES))
    required = _REQUIRED | approvals.get("required_approvals", {})
    return Rulebook(
        sla_s={RISKS[name]: sla.get(f"{name}_s", seconds) for name, seconds in _SLA_S.items()},
        warn_share=sla.get("warn_share", 0.75),
        chain=chain,
        required={RISKS[name]: number for name, number in required.items()},
        demands=tuple(_demand(rule, chain[0]) for rule in told.get("approval", []) if "when" not in rule),
        owners={one["name"]: frozenset(one["owners"]) for one in told.get("core", [])},
        claim_s=work.get("claim_lease_s", 900),
        accept_s=execution.get("accept_within_s", 600),
        report_s=execution.get("report_within_s", 900),
        halt_from=ROLES[halt.get("declared_from", "soc_supervisor")],
        release_people=halt.get("release_people", 2),
        free_modification_from=ROLES[approvals.get("free_modification_from", "security_manager")],
        full_from=told.get("automation", {}).get("full_from_confidence", 0.95),
    )


def _demand(rule: dict[str, Any], first: int) -> Demand:
    return Demand(
        risks=frozenset(RISKS[name] for name in rule.get("risk", RISKS)),
        required=max(rule.get("required", 1), len(rule.get("roles", []))),
        roles=tuple(ROLES[name] for name in rule.get("roles", [])),
        tier=ROLES[rule["tier"]] if "tier" in rule else first,
    )
