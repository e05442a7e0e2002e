"""Where an entry comes from: a command that its actor sent, and nothing else; or what the server may do by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from tests.simulation.history import BrokenPromiseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.simulation.checkers.ledger import Row
    from tests.simulation.history import Person, Sent

    Command = v1.CoreCommand | v1.OperatorCommand | v1.ApplyPolicyRequest

BY_TIME: Final = {
    "sla_warned", "sla_breached", "decision_escalated", "decision_released", "decision_expired", "decision_assigned",
    "alarm_raised", "order_issued", "order_withdrawn", "outcome_reported", "halt_ended", "reversal_proposed",
}  # fmt: skip
BY_ADMINISTRATORS: Final = {
    "ledger_created", "credential_issued", "credential_revoked", "checkpoint_key_changed", "policy_applied",
}  # fmt: skip
_BROUGHT_ABOUT: Final[dict[str, tuple[str, ...]]] = {
    "cancel": ("decision_cancelled",),
    "accept_order": ("order_accepted",),
    "report_order": ("outcome_reported",),
    "provide_information": ("information_provided",),
    "escalate": ("decision_escalated",),
    "claim": ("decision_claimed",),
    "release": ("decision_released",),
    "add_note": ("note_added",),
    "assign": ("decision_assigned",),
    "set_availability": ("availability_changed",),
    "declare_halt": ("halt_declared",),
    "release_halt": ("halt_release_requested",),
    "reconcile_outcome": ("outcome_reconciled",),
    "request_undo": ("undo_requested",),
    "approve": ("decision_approved", "vote_cast"),
    "modify_and_approve": ("action_modified",),
    "reject": ("decision_rejected",),
    "defer": ("decision_deferred",),
    "request_information": ("information_requested",),
    "return_for_revision": ("proposal_returned",),
}
"""What each command may begin an entry with."""


def id_of(command: Command) -> tuple[bool, str]:
    """Return whether a command is a proposal, and the id that it is known by."""
    if isinstance(command, v1.CoreCommand) and command.HasField("proposal"):
        return True, command.proposal.decision_id
    return False, command.request_id


def identified(row: Row) -> tuple[bool, str]:
    """Return the same of the command that an entry records."""
    proposal = row.kinds[:1] in (("decision_proposed",), ("proposal_repeated",))
    return proposal, row.entry.request_id


class Origin:
    """All commands that were handed to the network, by whom and under which id.

    A command that no one sent cannot be in the ledger: no text decides anything, and nobody speaks for another.
    """

    def __init__(self, people: Callable[[str], Person | None]) -> None:
        self._people = people
        self._sent: dict[tuple[str, bool, str], list[Command]] = {}

    def sent(self, sent: Sent) -> None:
        """Note what somebody sent."""
        person = sent.client.partition("/")[0]
        for command in sent.commands:
            known = self._sent.setdefault((person, *id_of(command)), [])
            if command not in known:
                known.append(command)

    def contents(self, person: str, key: tuple[bool, str]) -> list[Command]:
        """Return all that somebody sent under an id, each content once."""
        return self._sent.get((person, *key), [])

    def entry(self, row: Row) -> list[Command]:
        """Check an entry; return the commands that it can come from, none for the server's own."""
        actor, where = row.entry.actor, f"entry {row.offset} ({', '.join(row.kinds)}) by {row.who}"
        if actor.kind == v1.ACTOR_KIND_TIMEKEEPER:
            _assure(BY_TIME.issuperset(row.kinds) and not row.entry.request_id, f"{where}: time does no such thing")
            return []
        if actor.kind == v1.ACTOR_KIND_ADMINISTRATOR:
            _assure(BY_ADMINISTRATORS.issuperset(row.kinds), f"{where}: no administrator may do that")
            return []
        person = self._people(actor.name)
        _assure(person is not None and person.role == actor.role, f"{where}: there is nobody of that name and role")
        kind = v1.ACTOR_KIND_CORE if actor.role == v1.ROLE_CORE else v1.ACTOR_KIND_OPERATOR
        _assure(actor.kind == kind, f"{where}: of another kind than its role says")
        found = [command for command in self.contents(actor.name, identified(row)) if fits(command, row)]
        _assure(bool(found), f"{where}: nobody of that name sent what it records as {row.entry.request_id!r}")
        return found


def fits(command: Command, row: Row) -> bool:
    """Tell whether an entry can be what came of a command."""
    if isinstance(command, v1.ApplyPolicyRequest):
        applied = row.entry.events[0].policy_applied
        return row.kinds == ("policy_applied",) and applied.document == command.document
    kind = command.WhichOneof("command")
    if kind is None:
        return False
    if kind == "proposal":
        return _proposal_fits(command.proposal if isinstance(command, v1.CoreCommand) else None, row)
    body = getattr(command, kind)
    about = getattr(body, "decision_id", "")
    judged = body.WhichOneof("judgement") if kind == "verdict" else kind
    return about == row.entry.decision_id and row.kinds[0] in _BROUGHT_ABOUT.get(judged or "", ())


def _proposal_fits(proposal: v1.Proposal | None, row: Row) -> bool:
    if proposal is None or row.personal.proposal != proposal:
        return False
    first = row.entry.events[0]
    if first.HasField("proposal_repeated"):
        return first.proposal_repeated.repeated_as == proposal.decision_id
    return row.entry.decision_id == proposal.decision_id


def verdicts(commands: Iterable[Command]) -> list[v1.Verdict]:
    """Return those of some commands that are verdicts."""
    return [one.verdict for one in commands if isinstance(one, v1.OperatorCommand) and one.HasField("verdict")]


def _assure(holds: bool, sentence: str) -> None:
    if not holds:
        raise BrokenPromiseError(7, sentence)
