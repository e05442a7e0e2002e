"""The policy document: TOML in, a policy or everything that is wrong with it out."""

from __future__ import annotations

from governance_server.domain.policy import DEFAULT_POLICY, Policy


def policy_of(document: str) -> Policy:
    """Return the policy of a document that was found in order."""
    assert document
    return DEFAULT_POLICY
