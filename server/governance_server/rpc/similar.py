"""Tells how decisions like one ended, to whoever may know by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.lifecycle import is_open
from governance_server.errors import FailedPrecondition
from governance_server.rpc.limits import MAX_PAGE_BYTES
from governance_server.rpc.redacting import shown_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from governance_server.rpc.edge import Edge
    from governance_server.rpc.identity import Principal

DEFAULT_PAGE: Final = 20
"""Decisions told where the caller does not say."""
COUNTED: Final = 1000
"""Ended decisions that are counted, as the contract says."""
PAGE: Final = 64
"""Entries read at a time in search of a judgement."""
_JUDGEMENTS: Final = frozenset(
    (
        "vote_cast",
        "decision_approved",
        "decision_rejected",
        "proposal_returned",
        "action_modified",
        "information_requested",
        "note_added",
        "decision_deferred",
    )
)
"""Events that show an operator's own judgement, when they are of the operator's making."""


async def similar_decisions(
    edge: Edge, request: v1.ListSimilarDecisionsRequest, principal: Principal
) -> v1.ListSimilarDecisionsResponse:
    """Return how decisions like one ended.

    Raises:
        NotFound: There is no such decision.
        FailedPrecondition: JUDGEMENT_REQUIRED, where the policy first wants the caller's own judgement.
    """
    decision = await edge.decision(request.decision_id)
    if await _is_held_back(edge, decision, principal.actor):
        raise FailedPrecondition(
            v1.ERROR_REASON_JUDGEMENT_REQUIRED,
            "The policy tells how like decisions ended only to whoever has judged this one. Vote on it, ask about it,"
            " note something or defer it, then ask again.",
        )
    alike = await edge.store.alike(
        decision.group_key, without=decision.decision_id, limit=request.page_size or DEFAULT_PAGE, counted=COUNTED
    )
    response = v1.ListSimilarDecisionsResponse(
        decisions=_fitting(alike.latest),
        states=_state_counts(alike.by_state),
        approved_by_policy=alike.approved_by_policy,
        open=alike.still_open,
    )
    return shown_to(principal, edge.policy, response)


def has_judged(decision: v1.Decision, operator: str) -> bool:
    """Return whether a decision itself shows that an operator has judged it: by a vote, a note, a question, a change.

    What it does not show is a deferral, and a vote on an action that was modified since.
    """
    judges: Iterable[v1.Actor] = (
        *(vote.actor for vote in decision.votes),
        *(note.actor for note in decision.notes),
        *(inquiry.asked_by for inquiry in decision.inquiries),
        *(modification.actor for modification in decision.modifications),
    )
    return any(actor.kind == v1.ACTOR_KIND_OPERATOR and actor.name == operator for actor in judges)


def is_judgement(entry: v1.Entry) -> bool:
    """Return whether an entry, which records an operator's command, shows that the operator has judged."""
    return any(event.WhichOneof("kind") in _JUDGEMENTS for event in entry.events)


async def _is_held_back(edge: Edge, decision: v1.Decision, caller: v1.Actor) -> bool:
    policy = edge.governor.house.policy
    if policy.similar != "after_judgement" or caller.role == v1.ROLE_AUDITOR or not is_open(decision.state):
        return False
    return not (has_judged(decision, caller.name) or await _entries_show_it(edge, decision, caller.name))


async def _entries_show_it(edge: Edge, decision: v1.Decision, operator: str) -> bool:
    """Return whether one of the operator's entries about a decision is a judgement, the latest looked at first."""
    before = (await edge.store.head()).offset + 1
    while deeds := await edge.store.deeds(operator, before=before, limit=PAGE, decision_id=decision.decision_id):
        if any(is_judgement(v1.Entry.FromString(deed.entry)) for deed in deeds):
            return True
        before = deeds[-1].offset
    return False


def _fitting(decisions: Sequence[v1.Decision]) -> Sequence[v1.Decision]:
    """Return as many of the decisions as fit a message, at least the first."""
    size = 0
    for place, decision in enumerate(decisions):
        size += decision.ByteSize()
        if size > MAX_PAGE_BYTES and place:
            return decisions[:place]
    return decisions


def _state_counts(by_state: Mapping[int, int]) -> list[v1.StateCount]:
    return [
        v1.StateCount(state=state, count=by_state[state])
        for state in sorted(v1.DecisionState.values())
        if by_state.get(state)
    ]
