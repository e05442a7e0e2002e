"""From a line that was understood to the command that is sent. Pure but for the request id that is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console.halts import scope_told
from governance_client.console.inert import inert
from governance_client.console.verbs import NOBODY, RESULTS
from governance_client.operator import commands, modified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance_client.console.verbs import Request


def about_decision(request: Request, decision: v1.Decision) -> v1.OperatorCommand:
    """Return the command about a decision; a verdict names the digest of what was shown.

    Raises:
        ValueError: What was typed makes no sense for this decision; the sentence says what.
    """
    return _BUILDERS[request.verb.name](request, decision)


def _modify(request: Request, decision: v1.Decision) -> v1.OperatorCommand:
    after = modified(decision.proposal.action, request.words)
    return commands.modify(decision.decision_id, decision.action_digest, after)


def _assign(request: Request, decision: v1.Decision) -> v1.OperatorCommand:
    return commands.assign(decision.decision_id, "" if request.words[0] == NOBODY else request.words[0])


def _reconcile(request: Request, decision: v1.Decision) -> v1.OperatorCommand:
    return commands.reconcile(decision.decision_id, RESULTS[request.words[0]], request.text)


_BUILDERS: Final[Mapping[str, Callable[[Request, v1.Decision], v1.OperatorCommand]]] = {
    "approve": lambda request, seen: commands.approve(seen.decision_id, seen.action_digest, request.text),
    "reject": lambda request, seen: commands.reject(seen.decision_id, seen.action_digest, request.text),
    "modify": _modify,
    "defer": lambda request, seen: commands.defer(seen.decision_id, seen.action_digest, request.for_s),
    "ask": lambda request, seen: commands.ask(seen.decision_id, seen.action_digest, request.text),
    "revise": lambda request, seen: commands.revise(seen.decision_id, seen.action_digest, request.text),
    "escalate": lambda request, seen: commands.escalate(seen.decision_id, request.text),
    "note": lambda request, seen: commands.note(seen.decision_id, request.text),
    "claim": lambda _, seen: commands.claim(seen.decision_id),
    "release": lambda _, seen: commands.release(seen.decision_id),
    "assign": _assign,
    "reconcile": _reconcile,
    "undo": lambda request, seen: commands.undo(seen.decision_id, request.text),
}


def about_house(request: Request) -> v1.OperatorCommand | None:
    """Return the command that is about no decision; None where the verb is about one."""
    match request.verb.name:
        case "halt":
            return commands.halt(request.scope or v1.HaltScope(all=True), request.text, request.for_s)
        case "release-halt":
            return commands.release_halt(request.word, request.text)
        case "away" | "back":
            return commands.availability(away=request.verb.name == "away")
        case _:
            return None


def house_told(request: Request) -> str:
    """Return in words what a command about the house would do; empty where there is nothing more to say."""
    match request.verb.name:
        case "halt":
            lasting = f" for {request.for_s} s" if request.for_s else " until it is released"
            return scope_told(request.scope or v1.HaltScope(all=True)) + lasting
        case "release-halt":
            return inert(request.word)
        case _:
            return ""
