"""Rates: how often a caller may ask. Kept in memory alone: a restart forgets them, which only ever allows more."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.moment import SECOND_US

if TYPE_CHECKING:
    from governance_server.domain.command import Command
    from governance_server.domain.policy import Policy

MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US


class Rates:
    """The moments of what operators asked lately, by operator, and of the proposals that were accepted, together."""

    def __init__(self) -> None:
        self._operators: dict[str, deque[int]] = {}
        self._proposals: deque[int] = deque()

    def wait_us(self, command: Command, policy: Policy, now_us: int) -> int:
        """Return how long the caller has to wait before this would be within its rate; 0 where it is."""
        if isinstance(command.body, v1.OperatorCommand):
            moments = self._operators.get(command.actor.name, deque())
            return _wait_us(moments, policy.operator_requests_per_minute, MINUTE_US, now_us)
        if isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal"):
            return _wait_us(self._proposals, policy.proposals_per_hour, HOUR_US, now_us)
        return 0

    def count(self, command: Command, now_us: int) -> None:
        """Note that an operator asked, or that a proposal was accepted."""
        if isinstance(command.body, v1.OperatorCommand):
            self._operators.setdefault(command.actor.name, deque()).append(now_us)
        elif isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal"):
            self._proposals.append(now_us)


def _wait_us(moments: deque[int], limit: int, span_us: int, now_us: int) -> int:
    """Return when the oldest of the last `limit` moments leaves the span; a limit of 0 is none."""
    while moments and moments[0] <= now_us - span_us:
        moments.popleft()
    if not limit or len(moments) < limit:
        return 0
    return moments[-limit] + span_us - now_us
