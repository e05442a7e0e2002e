"""The account at the end: what became of every decision."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

WIDTHS: Final = (10, 21, 28, 9, 10)
HEAD: Final = ("decision", "action", "target", "risk", "state", "who decided, and why")
CLOSED_TEXT: Final = 60
"""How much of a reason is shown."""


def lines(decisions: list[dict[str, Any]]) -> list[str]:
    """Return the account: a line for each decision in the order of what was seen, and the counts."""
    ordered = sorted(decisions, key=_seen)
    rows = [_row(HEAD), *(_row(_cells(decision)) for decision in ordered)]
    counts = Counter(word(decision["state"]) for decision in ordered)
    return [*rows, "", ", ".join(f"{count} {state}" for state, count in counts.most_common())]


def count(decisions: list[dict[str, Any]], *states: str) -> int:
    """Return how many decisions are in one of some states."""
    return sum(word(decision["state"]) in states for decision in decisions)


def _seen(decision: dict[str, Any]) -> tuple[str, str]:
    return decision["proposal"].get("evidence", {}).get("observedAt", ""), decision["decisionId"]


def word(name: str) -> str:
    """Return an enum's name as people write it, such as `expired` for DECISION_STATE_EXPIRED."""
    for prefix in ("DECISION_STATE_", "RISK_LEVEL_", "ACTION_TYPE_", "AUTOMATION_LEVEL_"):
        name = name.removeprefix(prefix)
    return name.lower()


def printable(text: str) -> str:
    """Return text with everything that could move the terminal made visible."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def _cells(decision: dict[str, Any]) -> tuple[str, ...]:
    action = decision["proposal"]["action"]
    targets = [target["value"] for target in action.get("targets", [])]
    more = f" +{len(targets) - 1}" if len(targets) > 1 else ""
    return (
        decision["decisionId"][: WIDTHS[0]],
        word(action["type"]),
        (targets[0] if targets else "-") + more,
        word(decision["assessment"]["risk"]),
        word(decision["state"]),
        _who(decision),
    )


def _who(decision: dict[str, Any]) -> str:
    resolution = decision.get("ending") or decision.get("approval") or {}
    actor = resolution.get("actor", {})
    name = actor.get("name") or word(actor.get("kind", "nobody")).removeprefix("actor_kind_")
    reason = resolution.get("reason", "")
    return f"{name}: {reason[:CLOSED_TEXT]}" if reason else str(name)


def _row(cells: tuple[str, ...]) -> str:
    safe = [printable(cell) for cell in cells]
    columns = [cell[:width].ljust(width) for cell, width in zip(safe, WIDTHS, strict=False)]
    return "  ".join([*columns, safe[-1]]).rstrip()
