"""Rule tables: the lists of a policy document, `[[approval]]`, `[[escalation]]` and `[[core]]`, element by element."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from governance_server.domain.conditions import problems_of
from governance_server.domain.consistency import MOST_RULES
from governance_server.domain.policy_schema import (
    AUTOMATIONS,
    RISKS,
    ROLES,
    a_role,
    limit,
    one_of,
    people,
    several_of,
    shown,
    text,
)
from governance_server.domain.rules import OCCASIONS, ApprovalRule, EscalationRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Taker: TypeAlias = Callable[[Any], Any]

IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class RuleTable(NamedTuple):
    """A list of tables in the document.

    Attributes:
        field: The policy's field that it sets, whole.
        keys: What each element may have.
        required: What each has to have.
        gather: Returns what the field becomes of elements that are in order.
        most: How many there may be; 0 for any number. Beyond, none is read: to read a condition takes milliseconds.
    """

    field: str
    keys: Mapping[str, Taker]
    required: Sequence[str]
    gather: Callable[[Sequence[Mapping[str, Any]]], Any]
    most: int = 0


def _name(value: Any) -> str:
    name = text(value)
    if IDENTIFIER.fullmatch(name) is None:
        raise ValueError(
            "A name has letters, digits, . _ and -, begins with a letter or digit, and has at most 64; "
            f"not {shown(name)}."
        )
    return name


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(f"This is a list of at least one name, not {shown(value)}.")
    return tuple(_name(one) for one in value)


def _condition(value: Any) -> str:
    condition = text(value)
    problems = list(problems_of(condition))
    if problems:
        raise ValueError(*problems)
    return condition


def _approvals(elements: Sequence[Mapping[str, Any]]) -> tuple[ApprovalRule, ...]:
    return tuple(ApprovalRule(**element) for element in elements)


def _escalations(elements: Sequence[Mapping[str, Any]]) -> tuple[EscalationRule, ...]:
    return tuple(EscalationRule(**element) for element in elements)


def _owners(elements: Sequence[Mapping[str, Any]]) -> Mapping[str, frozenset[str]]:
    return {element["name"]: frozenset(element["owners"]) for element in elements}


RULE_TABLES: Final[Mapping[str, RuleTable]] = {
    "approval": RuleTable(
        "approval_rules",
        {
            "name": _name,
            "when": _condition,
            "risk": several_of(RISKS, "a risk"),
            "required": people,
            "roles": several_of(ROLES, "a role of operators"),
            "tier": a_role,
            "automation": one_of(AUTOMATIONS, "the most autonomy that is left"),
        },
        ("name",),
        _approvals,
        MOST_RULES,
    ),
    "escalation": RuleTable(
        "escalation_rules",
        {
            "name": _name,
            "priority": limit,
            "on": one_of({name: name for name in OCCASIONS}, "when the rule is asked"),
            "to": a_role,
            "when": _condition,
            "risk": several_of(RISKS, "a risk"),
            "rejections": limit,
        },
        ("name", "priority", "on", "to"),
        _escalations,
        MOST_RULES,
    ),
    "core": RuleTable("core_owners", {"name": _name, "owners": _names}, ("name", "owners"), _owners),
}
