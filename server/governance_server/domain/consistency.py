"""Consistency: what must hold within and between the figures of a policy."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from governance_server.domain import figures
from governance_server.domain.rules import SIMILAR

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from governance_server.domain.figures import Hours, Points
    from governance_server.domain.rules import ApprovalRule, EscalationRule

ROUNDING_DIGITS: Final = 9
"""Weighted sums are rounded to these decimals: 0.1 + 0.2 is 0.3 to whoever checks it by hand, and to a threshold."""
LAST_HOUR: Final = 23
MOST_APPROVALS: Final = 10
"""More people than that never decide one thing in minutes."""
LONGEST_S: Final = 366 * 24 * 3600
"""A year, as for every duration of the contract."""
LONGEST_READING_S: Final = 3600
"""An hour: whoever needs longer to read defers it."""
MOST_IN_BATCH: Final = 1000
"""More than that nobody looks through; and of so many, the scores cannot come to more either."""
LONGEST_RETENTION_DAYS: Final = 36_525
"""A hundred years: beyond, nobody is there to prune."""
MOST_RULES: Final = 50
"""Rules of one kind: each may be asked for each proposal."""


class Check(NamedTuple):
    """One thing that must hold.

    Attributes:
        fields: The fields of the policy that it is about; the first is the one to blame.
        holds: Tells whether it does, given their values.
        sentence: What it says of that field, without the full stop.
    """

    fields: tuple[str, ...]
    holds: Callable[..., bool]
    sentence: str


def _are_shares(values: Iterable[float]) -> bool:
    return all(0 <= value <= 1 for value in values)


def _shares_in(table: Mapping[Any, float]) -> bool:
    return _are_shares(table.values())


def _is_share(value: float) -> bool:
    return 0 <= value <= 1


def _is_span(value: int) -> bool:
    return 0 < value <= LONGEST_S


def _spans_in(table: Mapping[Any, int]) -> bool:
    return all(_is_span(value) for value in table.values())


def _readings_in(table: Mapping[Any, int]) -> bool:
    return all(0 <= value <= LONGEST_READING_S for value in table.values())


def _complete(known: Collection[int], table: Mapping[int, Any]) -> bool:
    return set(table) == set(known)


def _is_one(weights: Iterable[float]) -> bool:
    return round(sum(weights), ROUNDING_DIGITS) == 1


def _ascends(values: Iterable[float]) -> bool:
    return all(before < after for before, after in pairwise(values))


def _never_falls(values: Iterable[float]) -> bool:
    return all(before <= after for before, after in pairwise(values))


def _by_level(table: Mapping[int, float]) -> list[float]:
    return [table[level] for level in sorted(table)]


def _points(points: Points) -> bool:
    return bool(points) and _ascends([at for at, _ in points]) and _are_shares(value for _, value in points)


def _hours(hours: Hours) -> bool:
    starts = [hour for hour, _ in hours]
    return (
        starts[:1] == [0] and _ascends(starts) and starts[-1] <= LAST_HOUR and _are_shares(value for _, value in hours)
    )


def _reachable(rules: Iterable[ApprovalRule], chain: Collection[int]) -> bool:
    wanted = {role for rule in rules for role in (*rule.roles, *((rule.tier,) if rule.tier else ()))}
    return wanted <= set(chain)


def _asked_of_chain(rules: Iterable[EscalationRule], chain: Collection[int]) -> bool:
    return {rule.to for rule in rules} <= set(chain)


def _named_once(rules: Iterable[ApprovalRule | EscalationRule]) -> bool:
    names = [rule.name for rule in rules]
    return len(names) == len(set(names))


def _few(rules: Collection[Any]) -> bool:
    return len(rules) <= MOST_RULES


_SHARE: Final = "must lie between 0 and 1"
_COMPLETE: Final[Mapping[str, Collection[int]]] = {
    "category_weights": figures.CATEGORY_WEIGHTS,
    "factor_weights": figures.FACTOR_WEIGHTS,
    "risk_from": figures.RISK_FROM,
    "novelty": figures.NOVELTY,
    "criticality": figures.CRITICALITY,
    "data_sensitivity": figures.DATA_SENSITIVITY,
    "scope": figures.SCOPE,
    "sla_s": figures.SLA_S,
    "required_approvals": figures.REQUIRED_APPROVALS,
    "reading_s": figures.READING_S,
    "hold_back_from": figures.HOLD_BACK_FROM,
}
_SHARES: Final = (
    "key_concern_from",
    "unscored_action",
    "regulatory_strict",
    "regulatory_other",
    "regulatory_none",
    "privacy_other",
    "full_from_confidence",
    "supervised_from_confidence",
    "advisory_from_confidence",
    "warn_share",
)
_SHARE_TABLES: Final = (
    "category_weights",
    "factor_weights",
    "risk_from",
    "novelty",
    "criticality",
    "data_sensitivity",
    "scope",
    "aggressiveness",
    "irreversibility",
    "privacy",
    "hold_back_from",
)
_SPANS: Final = (
    "claim_lease_s",
    "accept_within_s",
    "report_within_s",
    "retry_when_full_s",
    "hold_back_s",
    "notify_reminder_s",
)


def _factors_add_up(table: Mapping[int, float]) -> bool:
    return all(_is_one(table[kind] for kind in kinds) for kinds in figures.FACTORS.values())


CHECKS: Final[tuple[Check, ...]] = (
    *(
        Check((name,), partial(_complete, kinds), "must have a value for each of its kinds")
        for name, kinds in _COMPLETE.items()
    ),
    *(Check((name,), _is_share, _SHARE) for name in _SHARES),
    *(Check((name,), _shares_in, _SHARE) for name in _SHARE_TABLES),
    *(Check((name,), _is_span, "must be greater than 0 s and at most a year") for name in _SPANS),
    Check(("sla_s",), _spans_in, "must be greater than 0 s and at most a year"),
    Check(("open_decisions_limit",), lambda value: value > 0, "must be greater than 0"),
    Check(("operator_requests_per_minute",), lambda value: value >= 0, "must be 0, for no limit, or greater"),
    Check(("proposals_per_hour",), lambda value: value >= 0, "must be 0, for no limit, or greater"),
    Check(("category_weights",), lambda table: _is_one(table.values()), "must add up to 1"),
    Check(("factor_weights",), _factors_add_up, "must add up to 1 within each category"),
    Check(("risk_from",), lambda table: _by_level(table)[0] == 0, "must start at 0 for low risk"),
    Check(
        ("risk_from",),
        lambda table: _ascends(_by_level(table)),
        "must ascend from low over medium and high to critical",
    ),
    Check(
        ("full_from_confidence", "supervised_from_confidence", "advisory_from_confidence"),
        lambda full, supervised, advisory: advisory < supervised < full,
        "must lie above supervised_from_confidence, and that above advisory_from_confidence",
    ),
    Check(("asset_count",), _points, "must name points that ascend, with values between 0 and 1"),
    Check(("financial_usd",), _points, "must name points that ascend, with values between 0 and 1"),
    Check(("time_of_day_utc",), _hours, "must ascend by hours from 0 to 23, with values between 0 and 1"),
    Check(("availability_utc",), _hours, "must ascend by hours from 0 to 23, with values between 0 and 1"),
    Check(("warn_share",), lambda value: value > 0, "must be greater than 0"),
    Check(
        ("chain",),
        lambda chain: bool(chain) and set(chain) <= set(figures.CHAIN),
        "must name roles of operators; the contract has them, a policy cannot invent one",
    ),
    Check(("chain",), _ascends, "must ascend from soc_operator to ciso, each role once"),
    Check(
        ("required_approvals",),
        lambda table: all(1 <= value <= MOST_APPROVALS for value in table.values()),
        f"must lie between 1 and {MOST_APPROVALS}",
    ),
    Check(
        ("required_approvals",),
        lambda table: _never_falls(_by_level(table)),
        "must not ask for fewer people where the risk is higher",
    ),
    Check(("reading_s",), _readings_in, f"must lie between 0 and {LONGEST_READING_S} s"),
    Check(
        ("reading_s",),
        lambda table: _never_falls(_by_level(table)),
        "must not ask for less time where the risk is higher",
    ),
    Check(("retype_target",), lambda risks: set(risks) <= set(figures.RISK_FROM), "must name risks"),
    Check(("similar",), SIMILAR.__contains__, "must be one of " + " and ".join(f'"{one}"' for one in SIMILAR)),
    Check(("batch_decisions",), lambda value: 1 <= value <= MOST_IN_BATCH, f"must lie between 1 and {MOST_IN_BATCH}"),
    Check(
        ("batch_score",),
        lambda value: 0 < value <= MOST_IN_BATCH,
        f"must be greater than 0 and at most {MOST_IN_BATCH}",
    ),
    Check(("approval_rules",), _few, f"must be at most {MOST_RULES}"),
    Check(("approval_rules",), _named_once, "must each have a name of its own"),
    Check(("approval_rules", "chain"), _reachable, "must name roles of the chain"),
    Check(("escalation_rules",), _few, f"must be at most {MOST_RULES}"),
    Check(("escalation_rules",), _named_once, "must each have a name of its own"),
    Check(("escalation_rules", "chain"), _asked_of_chain, "must lead to roles of the chain"),
    Check(("free_modification_from",), figures.CHAIN.__contains__, "must be a role of operators"),
    Check(("halt_from",), figures.CHAIN.__contains__, "must be a role of operators"),
    Check(("see_personal_from",), figures.READERS.__contains__, "must be a role of auditors or operators"),
    Check(
        ("retention_days",),
        lambda value: 1 <= value <= LONGEST_RETENTION_DAYS,
        f"must lie between 1 and {LONGEST_RETENTION_DAYS}",
    ),
    Check(
        ("halt_release_people",),
        lambda value: 1 <= value <= MOST_APPROVALS,
        f"must lie between 1 and {MOST_APPROVALS}",
    ),
    Check(("rate_exempt_from",), figures.RISK_FROM.__contains__, "must be a risk"),
    Check(("on_expiry",), lambda value: value == "deny", 'must be "deny": nothing else is offered'),
    Check(
        ("hold_back_from",), lambda table: _ascends(_by_level(table)), "must ascend from medium over high to critical"
    ),
)
"""All of them, those within one field before those between several."""
