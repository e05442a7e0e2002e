"""Whatever random people do at random moments, the verifier's rules, which are written apart, find nothing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

from governance import v1
from governance_client.audit.rules import Rules
from governance_server.domain.lifecycle import is_open
from governance_server.domain.moment import timestamp
from tests.property.test_decisions import Decisions

if TYPE_CHECKING:
    from governance_server.domain.command import Consequence


class Verified(Decisions):
    """The machine that holds the server to its promises, with a verifier that reads what it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.verifier = Rules()

    def apply(self, decision_id: str, actor: v1.Actor, consequence: Consequence) -> None:
        """Let the verifier read the entry too, and come to the same."""
        super().apply(decision_id, actor, consequence)
        self.verifier.take(
            v1.Entry(
                offset=self.offset,
                recorded_at=timestamp(self.now_us),
                actor=actor,
                decision_id=decision_id,
                decision_version=self.decisions[decision_id].version,
                events=consequence.events,
            )
        )
        assert self.verifier.open == sum(is_open(decision.state) for decision in self.decisions.values())
        assert self.verifier.decisions == len(self.decisions)
        assert self.verifier.unread == 0


Verified.TestCase.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestVerified = Verified.TestCase
