"""Policing: which rules are in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain.command import Consequence
from governance_server.domain.policy_document import policy_of
from governance_server.domain.refusal import refuse, wrong_caller

if TYPE_CHECKING:
    from governance_server.domain.command import Ruling, State


def apply_policy(state: State, actor: v1.Actor, command: v1.ApplyPolicyRequest, _now_us: int) -> Ruling:
    """Rule on putting a policy in force. Its document was found in order before it came here."""
    if actor.kind != v1.ACTOR_KIND_OPERATOR or actor.role < v1.ROLE_SECURITY_MANAGER:
        return wrong_caller("a security_manager or above", actor)
    if not command.reason.strip():
        return refuse(
            v1.REFUSAL_REASON_REASON_REQUIRED,
            "A policy is applied for a reason, and none was given. Nothing was changed; say why.",
        )
    policy = policy_of(command.document)
    if policy.digest == state.house.policy.digest:
        return refuse(
            v1.REFUSAL_REASON_NOTHING_CHANGED,
            "This policy is in force already, to the digest. Nothing was changed; there is nothing to do.",
        )
    applied = v1.PolicyApplied(policy_digest=policy.digest, document=command.document)
    return Consequence((v1.Event(policy_applied=applied),), v1.PersonalData(remark=command.reason))
