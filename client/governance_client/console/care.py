"""Care: what has to be typed, and how long to be read, before a verb is done. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from governance import v1
from governance_client.digest import action_digest
from governance_client.language import pgettext

if TYPE_CHECKING:
    from governance_client.console.vocabulary import Verb

YES: Final = "yes"
"""Answers a question in every language; the language's own word does too."""
APPROVING: Final = frozenset({"approve", "modify"})
"""The verbs that let core act."""
RETYPED: Final = (v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_CRITICAL)
"""Where the server does not say which risks ask for the target to be typed back."""
TYPED_LEAST: Final = 3
"""Characters that nobody types by habit; in the place of what is shorter the digest's start is asked for."""
TYPED_MOST: Final = 64
"""Characters that people can be asked to copy; of what is longer the digest's start is asked for."""
DIGEST_TYPED: Final = 8
"""Characters of a digest that are asked for: enough that it is looked at, few enough to type."""


@dataclass(frozen=True, slots=True)
class Care:
    """What is asked before a verb is done.

    Attributes:
        kind: Whether `yes`, the target or the start of the digest has to be typed.
        expect: What has to be typed; for `yes` the language's own word.
        least_s: How long the decision has to have been in view, in seconds; 0 where it need not.
    """

    kind: Literal["yes", "target", "digest"]
    expect: str
    least_s: float


def care(verb: Verb, decision: v1.Decision, rules: v1.ConsoleRules, action: v1.Action | None = None) -> Care:
    """Return what is asked before a verb is done to a decision.

    Args:
        verb: What is to be done.
        decision: To what.
        rules: What the policy asks of consoles; empty where the server did not say.
        action: What core would do, where that is another action than the decision's.

    Raises:
        ProtocolError: The action has no digest, since this version does not know all of it.
    """
    if verb.name not in APPROVING:
        return Care("yes", yes_word(), 0.0)
    least_s = least_reading_s(decision, rules)
    if decision.assessment.risk not in retyped(rules):
        return Care("yes", yes_word(), least_s)
    target = _typable_target(action or decision.proposal.action)
    if target:
        return Care("target", target, least_s)
    digest = action_digest(action) if action else decision.action_digest
    return Care("digest", digest.hex()[:DIGEST_TYPED], least_s)


def answers(asked: Care, typed: str) -> bool:
    """Return whether what was typed is what was asked for. An empty line never is."""
    word = typed.strip()
    if asked.kind == "yes":
        return says_yes(word)
    return bool(word) and word == asked.expect


def yes_word() -> str:
    """Return the word that means yes in the language in use."""
    return pgettext("answer", "yes")


def says_yes(typed: str) -> bool:
    """Return whether somebody typed yes, whole, in English or in the language in use."""
    return typed.strip().casefold() in {YES, yes_word().casefold()}


def least_reading_s(decision: v1.Decision, rules: v1.ConsoleRules) -> float:
    """Return how long the policy wants a decision to be read before it is approved, in seconds."""
    spans = (each.least for each in rules.reading if each.risk == decision.assessment.risk)
    return max((each.seconds + each.nanos / 1e9 for each in spans), default=0.0)


def retyped(rules: v1.ConsoleRules) -> frozenset[int]:
    """Return the risks whose approval asks for the target to be typed back."""
    silent = not rules.ByteSize()
    return frozenset(RETYPED if silent else rules.retype)


def _typable_target(action: v1.Action) -> str:
    """Return the first target, where people can type it and have looked at it then; else nothing."""
    value = action.targets[0].value if action.targets else ""
    typable = value == value.strip() and value.isascii() and value.isprintable()
    # a target that is called y or yes would be typed by habit
    looked_at = TYPED_LEAST <= len(value) <= TYPED_MOST and not says_yes(value)
    return value if typable and looked_at else ""
