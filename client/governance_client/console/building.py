"""From a line that was understood to the command that is sent. Pure but for the request id that is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console.halts import scope_told
from governance_client.console.inert import inert
from governance_client.console.verbs import NOBODY, RESULTS
from governance_client.language import _, ngettext
from governance_client.operator import commands, modified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from governance_client.console.verbs import Request


def about_decision(
    request: Request, decision: v1.Decision, shown: v1.Presentation | None = None, batch_id: str = ""
) -> v1.OperatorCommand:
    """Return the command about a decision; a verdict names the digest of what was shown.

    Args:
        request: What is to be done.
        decision: To what, as it was shown.
        shown: What was shown of it, which a verdict says; None where nothing was.
        batch_id: Names the verdicts that are given at once; empty for one alone.

    Raises:
        ValueError: What was typed makes no sense for this decision; the sentence says what.
    """
    return stamped(_BUILDERS[request.verb.name](request, decision), shown, batch_id)


def stamped(command: v1.OperatorCommand, shown: v1.Presentation | None, batch_id: str = "") -> v1.OperatorCommand:
    """Return a command that says, if it is a verdict, what was shown before, and which batch it is of."""
    if not command.HasField("verdict"):
        return command
    complete = v1.OperatorCommand()
    complete.CopyFrom(command)
    complete.verdict.batch_id = batch_id
    if shown is not None:
        complete.verdict.presentation.CopyFrom(shown)
    return complete


def action_of(command: v1.OperatorCommand, decision: v1.Decision) -> v1.Action:
    """Return the action that core would do if the command were taken."""
    if command.verdict.HasField("modify_and_approve"):
        return command.verdict.modify_and_approve.action
    return decision.proposal.action


def _modify(request: Request, decision: v1.Decision) -> v1.OperatorCommand:
    after = modified(decision.proposal.action, request.words)
    return commands.modify(decision.decision_id, decision.action_digest, after, request.text)


def _assign(request: Request, decision: v1.Decision) -> v1.OperatorCommand:
    return commands.assign(decision.decision_id, "" if request.words[0] == NOBODY else request.words[0])


def _escalate(request: Request, decision: v1.Decision) -> v1.OperatorCommand:
    return commands.escalate(decision.decision_id, request.text, v1.Role.ValueType(request.role))


def _reconcile(request: Request, decision: v1.Decision) -> v1.OperatorCommand:
    return commands.reconcile(decision.decision_id, RESULTS[request.words[0]], request.text)


_BUILDERS: Final[Mapping[str, Callable[[Request, v1.Decision], v1.OperatorCommand]]] = {
    "approve": lambda request, seen: commands.approve(seen.decision_id, seen.action_digest, request.text),
    "reject": lambda request, seen: commands.reject(seen.decision_id, seen.action_digest, request.text),
    "modify": _modify,
    "defer": lambda request, seen: commands.defer(seen.decision_id, seen.action_digest, request.for_s),
    "ask": lambda request, seen: commands.ask(seen.decision_id, seen.action_digest, request.text),
    "revise": lambda request, seen: commands.revise(seen.decision_id, seen.action_digest, request.text),
    "escalate": _escalate,
    "note": lambda request, seen: commands.note(seen.decision_id, request.text),
    "claim": lambda _request, seen: commands.claim(seen.decision_id),
    "release": lambda _request, seen: commands.release(seen.decision_id),
    "assign": _assign,
    "reconcile": _reconcile,
    "undo": lambda request, seen: commands.undo(seen.decision_id, request.text),
}


def about_house(request: Request) -> v1.OperatorCommand:
    """Return the command that is about no decision: a halt, or whether one is there."""
    match request.verb.name:
        case "halt":
            return commands.halt(request.scope or v1.HaltScope(all=True), request.text, request.for_s)
        case "release-halt":
            return commands.release_halt(request.word, request.text)
        case name:
            assert name in {"away", "back"}, "every other verb is about a decision, or sends nothing"
            return commands.availability(away=name == "away")


def house_told(request: Request) -> str:
    """Return in inert words what a command about the house is about; empty where there is nothing more to say."""
    match request.verb.name:
        case "halt":
            covered = scope_told(request.scope or v1.HaltScope(all=True))
            if not request.for_s:
                return _("{scope} until it is released").format(scope=covered)
            lasting = ngettext("{scope} for {count} s", "{scope} for {count} s", request.for_s)
            return lasting.format(scope=covered, count=request.for_s)
        case "release-halt":
            return inert(request.word)
        case _name:
            return ""
