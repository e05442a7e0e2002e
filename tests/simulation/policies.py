"""The policies of a run: valid documents, with times short enough for a run to live through them."""

from __future__ import annotations

import random
from typing import Final

MANY: Final = 100
"""How many documents there are to draw from."""

_SLAS: Final = ("30, 24, 20, 16", "12, 10, 8, 6", "4, 3, 3, 2", "120, 90, 60, 45")
_REQUIRED: Final = ("1, 1, 1, 2", "1, 1, 2, 2", "2, 2, 2, 3", "1, 2, 2, 3")
_CHAINS: Final = (
    '["soc_operator", "soc_supervisor", "security_manager", "ciso"]',
    '["soc_operator", "ciso"]',
    '["soc_supervisor", "security_manager"]',
)
_RULES: Final = (
    """\
[[approval]]
name = "four-eyes"
when = 'action.type == "isolate_host"'
required = 2
roles = ["soc_supervisor"]
""",
    """\
[[approval]]
name = "data"
when = 'asset.data_classification == "restricted"'
required = 2
tier = "soc_supervisor"
automation = "manual"
""",
    """\
[[escalation]]
name = "by-hand"
priority = 10
on = "hand"
to = "security_manager"
""",
    """\
[[escalation]]
name = "at-once"
priority = 20
on = "proposal"
risk = ["critical"]
to = "security_manager"
""",
    """\
[[escalation]]
name = "rejected"
priority = 30
on = "proposal"
rejections = 1
to = "soc_supervisor"
""",
    """\
[[core]]
name = "core-1"
owners = ["operator-1", "operator-2"]
""",
)
_UPWARDS: Final = '[[escalation]]\nname = "upwards"\npriority = 1\non = "hand"\nto = "{to}"\n'


def policy(number: int) -> str:
    """Return one of the documents; the same for the same number."""
    chance = random.Random(f"policy {number}")
    slas = chance.choice(_SLAS).split(", ")
    required = chance.choice(_REQUIRED).split(", ")
    chain = chance.choices(_CHAINS, (6, 2, 1))[0]
    levels = ("low", "medium", "high", "critical")
    lines = [
        f"# {number}",
        "[limits]",
        f"operator_requests_per_minute = {chance.choice((0, 0, 0, 40))}",
        f"proposals_per_hour = {chance.choice((0, 0, 0, 60))}",
        f"open_decisions = {chance.choice((100_000, 100_000, 12))}",
        "[sla]",
        *(f"{level}_s = {span}" for level, span in zip(levels, slas, strict=True)),
        f"warn_share = {chance.choice((0.5, 0.75))}",
        f"chain = {chain}",
        "[approvals.required_approvals]",
        *(f"{level} = {count}" for level, count in zip(levels, required, strict=True)),
        "[approvals]",
        f'free_modification_from = "{chance.choice(("soc_operator", "security_manager"))}"',
        "[work]",
        f'assignment = "{chance.choice(("by_hand", "by_turns"))}"',
        f"claim_lease_s = {chance.choice((2, 5, 900))}",
        "[execution]",
        f"accept_within_s = {chance.choice((3, 10, 30))}",
        f"report_within_s = {chance.choice((3, 10, 30))}",
        "[halt]",
        f"release_people = {chance.choice((1, 2, 2))}",
        "[automation]",
        f"full_from_confidence = {chance.choice((0.95, 0.9, 1.0))}",
        "[risk.scales]",
        "time_of_day_utc = [[0, 0.2]]",
        "availability_utc = [[0, 0.9]]",
    ]
    rules = [rule for rule in _RULES if chance.random() < 0.25 and _fits(rule, chain)]
    if chain != _CHAINS[0]:  # the built-in rules lead to roles that it does not have
        rules.append(_UPWARDS.format(to=chain.split('"')[-2]))
    return "\n".join([*lines, "", *rules])


def _fits(rule: str, chain: str) -> bool:
    """Tell whether the roles that a rule names are of the chain."""
    named = [line.split('"')[1] for line in rule.splitlines() if line.startswith(("to =", "tier =", "roles ="))]
    return all(f'"{name}"' in chain for name in named)
