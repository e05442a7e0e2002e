"""The plan: what happens in a soak, when, and who takes part. Everything scales with how long it is to last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

FULL_SIZE_S: Final = 3600.0
"""From this length on everything has its full size; what is shorter is compressed."""
STOP: Final = "stop"
KILL: Final = "kill"
RESTARTS: Final = ((0.16, STOP), (0.31, STOP), (0.39, KILL), (0.54, STOP))
"""At which share of the run the server is stopped, or killed, and started again: about every ten minutes of an hour.

What is left after the last one is a single life of the server, long enough for a slow leak to show.
"""
SHORT_RESTARTS: Final = ((0.25, STOP), (0.5, KILL))
"""The same of a run that is shorter than `SHORT_S`."""
SHORT_S: Final = 120.0
BACKUP_AT: Final = 0.7
"""At which share of the run a backup is taken."""
DEEDS: Final = (
    "visits",
    "stopped reading",
    "streams ended: CLIENT_TOO_SLOW",
    "streams ended: goodbye",
    "entries audited",
    "proofs checked",
    "policies applied",
    "halts declared",
    "releases asked for",
    "executed",
)
"""What the clients have to have done, as they count it, for the load to have been a mixed one."""


class Caller(NamedTuple):
    """Somebody who is let in.

    Attributes:
        name: The credential's name.
        role: Its role, as the command line writes it.
    """

    name: str
    role: str


CORES: Final = (Caller("alpha", "core"), Caller("beta", "core"), Caller("gamma", "core"))
"""The first has two instances, the last proposes one call at a time."""
DECIDERS: Final = (
    *(Caller(f"operator-{number}", "soc_operator") for number in range(1, 7)),
    *(Caller(f"supervisor-{number}", "soc_supervisor") for number in range(1, 4)),
    *(Caller(f"manager-{number}", "security_manager") for number in range(1, 3)),
    Caller("chief", "ciso"),
)
WATCHERS: Final = tuple(Caller(f"watcher-{number}", "soc_operator") for number in range(1, 4))
"""They read and do nothing; what the first of them is shown is timed."""
SLOW: Final = tuple(Caller(f"slow-{number}", "soc_operator") for number in range(1, 4))
"""They take a frame now and then."""
STUCK: Final = Caller("stuck", "soc_operator")
"""Stops reading now and then, until it is thrown out."""
VISITOR: Final = Caller("visitor", "soc_operator")
"""Comes, takes the snapshot, and leaves."""
AUDITORS: Final = (Caller("auditor-1", "auditor"), Caller("auditor-2", "auditor"))
CAST: Final = (*CORES, *DECIDERS, *WATCHERS, *SLOW, STUCK, VISITOR, *AUDITORS)


class Restart(NamedTuple):
    """One end of the server, and its next beginning.

    Attributes:
        at_s: When, counted from the beginning of the steady load.
        how: `STOP` or `KILL`.
    """

    at_s: float
    how: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens when. All in seconds.

    Attributes:
        steady_s: How long the steady load lasts.
        seed: What chance begins with.
        capacity_s: How long the capacity is measured before.
        sample_s: Between two samples.
        tier_s: How long each tier has to decide.
        accept_s: How long core has to accept an order.
        report_s: How long core has to report.
        write_timeout_s: After which a client that does not read is thrown out.
        policy_s: Between two policy changes.
        halt_s: Between two halts.
        halted_s: How long one lasts.
        visit_s: Between two visits.
        stuck_s: Between two times that a client stops reading.
        call_s: Between two rounds of unary calls, and of an auditor's.
        minute_s: How long latencies are gathered for one figure.
        warm_up_s: The beginning of each life of the server, which is not judged.
    """

    steady_s: float
    seed: int
    capacity_s: float
    sample_s: float
    tier_s: int
    accept_s: int
    report_s: int
    write_timeout_s: float
    policy_s: float
    halt_s: float
    halted_s: float
    visit_s: float
    stuck_s: float
    call_s: float
    minute_s: float
    warm_up_s: float

    @classmethod
    def of(cls, minutes: float, seed: int) -> Self:
        """Return the plan of a soak of that length."""
        steady_s = minutes * 60
        share = min(steady_s / FULL_SIZE_S, 1.0)
        return cls(
            steady_s=steady_s,
            seed=seed,
            capacity_s=_scaled(15, share, 3),
            sample_s=_scaled(5, share, 0.5),
            tier_s=int(_scaled(20, share, 2)),
            accept_s=int(_scaled(30, share, 4)),
            report_s=int(_scaled(20, share, 2)),
            write_timeout_s=_scaled(60, share, 2),
            policy_s=_scaled(150, share, 3),
            halt_s=_scaled(120, share, 3),
            halted_s=_scaled(4, share, 0.5),
            visit_s=_scaled(15, share, 1),
            stuck_s=_scaled(240, share, 4),
            call_s=_scaled(1, share, 0.25),
            minute_s=_scaled(60, share, 2),
            warm_up_s=_scaled(300, share, 1),
        )

    @property
    def restarts(self) -> list[Restart]:
        """When the server ends and begins again."""
        restarts = RESTARTS if self.steady_s >= SHORT_S else SHORT_RESTARTS
        return [Restart(share * self.steady_s, how) for share, how in restarts]

    @property
    def backup_at_s(self) -> float:
        """When a backup is taken."""
        return BACKUP_AT * self.steady_s

    def policies(self) -> tuple[str, str]:
        """Return the documents of the two policies that take turns; the first is in force at the beginning."""
        relaxed = _POLICY.format(tier_s=self.tier_s, accept_s=self.accept_s, report_s=self.report_s, high=1)
        strict = _POLICY.format(tier_s=self.tier_s, accept_s=self.accept_s, report_s=self.report_s, high=2)
        return relaxed, strict + _STRICT


def _scaled(full: float, share: float, least: float) -> float:
    return max(full * share, least)


_POLICY: Final = """\
[limits]
operator_requests_per_minute = 0
proposals_per_hour = 0

[sla]
low_s = {tier_s}
medium_s = {tier_s}
high_s = {tier_s}
critical_s = {tier_s}

[execution]
accept_within_s = {accept_s}
report_within_s = {report_s}

[approvals.required_approvals]
low = 1
medium = 1
high = {high}
critical = 2

[work]
claim_lease_s = {tier_s}

# the same risk at every hour of the day
[risk.scales]
time_of_day_utc = [[0, 0.2]]
availability_utc = [[0, 0.9]]
"""

_STRICT: Final = """
[[approval]]
name = "accounts"
when = 'action.type == "disable_user"'
tier = "soc_supervisor"
"""
