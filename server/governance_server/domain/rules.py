"""Rules: what a policy asks for beyond its figures, each under a condition of its own."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from governance import v1

Occasion: TypeAlias = Literal["hand", "proposal"]
"""When an escalation rule is asked: when an operator escalates without saying to whom, or when core proposes."""
Assignment: TypeAlias = Literal["by_hand", "by_turns"]
"""Who gives a decision to an operator: an operator, or the server, in alphabetical order."""
OCCASIONS: Final[tuple[Occasion, ...]] = ("hand", "proposal")
BelowTier: TypeAlias = Literal["comment", "escalate"]
"""What an operator may do with a decision that is above its role; everybody who is let in may see it."""
BELOW_TIER: Final[tuple[BelowTier, ...]] = ("comment", "escalate")
ASSIGNMENTS: Final[tuple[Assignment, ...]] = ("by_hand", "by_turns")
Similar: TypeAlias = Literal["always", "after_judgement"]
"""When an operator is told how like decisions ended: always, or once it has judged by itself."""
SIMILAR: Final[tuple[Similar, ...]] = ("always", "after_judgement")


class ApprovalRule(NamedTuple):
    """What an approval takes where the rule holds: the sum of all rules that hold is asked for.

    A rule that holds, or whose condition fails, needs a person: automation is at most `automation`.

    Attributes:
        name: Its name, as assessments tell it.
        when: Its condition in CEL; empty: always.
        risk: The risks it is for; empty: all. Asked before the condition.
        required: How many must approve.
        roles: One of them of each of these roles or above.
        tier: The lowest role that may decide; UNSPECIFIED where the rule has no say about it.
        automation: The most autonomy left.
    """

    name: str
    when: str = ""
    risk: tuple[v1.RiskLevel.ValueType, ...] = ()
    required: int = 1
    roles: tuple[v1.Role.ValueType, ...] = ()
    tier: v1.Role.ValueType = v1.ROLE_UNSPECIFIED
    automation: v1.AutomationLevel.ValueType = v1.AUTOMATION_LEVEL_SUPERVISED


class EscalationRule(NamedTuple):
    """Whom a decision goes to where the rule holds: of those that hold, the one of the highest priority counts.

    Attributes:
        name: Its name, as assessments tell it.
        priority: Rules are asked from the highest priority down.
        on: When it is asked.
        to: The tier it goes to.
        when: Its condition in CEL; empty: always.
        risk: The risks it is for; empty: all. Asked before the condition.
        rejections: For proposals whose like was rejected at least this often. Asked before the condition.
    """

    name: str
    priority: int
    on: Occasion
    to: v1.Role.ValueType
    when: str = ""
    risk: tuple[v1.RiskLevel.ValueType, ...] = ()
    rejections: int = 0
