"""Rates: how often a caller may ask, and how much of a batch is decided. Kept in memory alone, for a while.

A restart forgets it all, which only ever allows more.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Tally
from governance_server.domain.moment import SECOND_US

if TYPE_CHECKING:
    from governance_server.domain.command import Command
    from governance_server.domain.policy import Policy

MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
MOST_BATCHES: Final = 64
"""Batches of one operator that are kept in mind, those it used last: far more than anybody has under way."""


@dataclass(slots=True)
class _Progress:
    """How far a batch has come.

    Attributes:
        asked: How many of its verdicts were brought, accepted or refused.
        tally: What the accepted ones decided.
    """

    asked: int = 0
    tally: Tally = field(default_factory=Tally)


class Rates:
    """The moments of what operators asked lately and of the proposals that were accepted, and operators' batches.

    The verdicts of one batch are one request: the first counts, and those after it are free, as many as a batch may
    have. What comes beyond counts each, so that a batch is no way around the rate.
    """

    def __init__(self) -> None:
        self._operators: dict[str, deque[int]] = {}
        self._proposals: deque[int] = deque()
        self._batches: dict[str, OrderedDict[str, _Progress]] = {}

    def wait_us(self, command: Command, policy: Policy, now_us: int) -> int:
        """Return how long the caller has to wait before this would be within its rate; 0 where it is."""
        if isinstance(command.body, v1.OperatorCommand):
            batch = self._batch(command)
            if batch is not None and batch.asked < policy.batch_decisions:
                return 0
            moments = self._operators.get(command.actor.name, deque())
            return _wait_us(moments, policy.operator_requests_per_minute, MINUTE_US, now_us)
        if isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal"):
            return _wait_us(self._proposals, policy.proposals_per_hour, HOUR_US, now_us)
        return 0

    def count(self, command: Command, policy: Policy, now_us: int) -> None:
        """Note that an operator asked, or that a proposal was accepted."""
        if isinstance(command.body, v1.OperatorCommand):
            if not self._rides_along(command, policy):
                self._operators.setdefault(command.actor.name, deque()).append(now_us)
        elif isinstance(command.body, v1.CoreCommand) and command.body.HasField("proposal"):
            self._proposals.append(now_us)

    def decided(self, command: Command, score: float) -> None:
        """Note that a command that was counted was accepted, and the score of the decision that it is about."""
        batch = self._batch(command)
        if batch is not None:
            batch.tally = Tally(batch.tally.decisions + 1, batch.tally.score + score)

    def tally(self, command: Command) -> Tally:
        """Return what the batch that a verdict is of has decided so far; nothing where it is of none."""
        batch = self._batch(command)
        return Tally() if batch is None else batch.tally

    def _batch(self, command: Command) -> _Progress | None:
        batches = self._batches.get(command.actor.name)
        return None if batches is None else batches.get(_batch_id(command))

    def _rides_along(self, command: Command, policy: Policy) -> bool:
        """Note one more verdict of a batch; tell whether it is part of the request that the first one was."""
        name = _batch_id(command)
        if not name:
            return False
        batches = self._batches.setdefault(command.actor.name, OrderedDict())
        batch = batches.setdefault(name, _Progress())
        batches.move_to_end(name)
        if len(batches) > MOST_BATCHES:
            batches.popitem(last=False)
        batch.asked += 1
        return 1 < batch.asked <= policy.batch_decisions


def _batch_id(command: Command) -> str:
    """Return the batch that a verdict is of; empty for one that stands alone and for any other command."""
    return command.body.verdict.batch_id if isinstance(command.body, v1.OperatorCommand) else ""


def _wait_us(moments: deque[int], limit: int, span_us: int, now_us: int) -> int:
    """Return when the oldest of the last `limit` moments leaves the span; a limit of 0 is none."""
    while moments and moments[0] <= now_us - span_us:
        moments.popleft()
    if not limit or len(moments) < limit:
        return 0
    return moments[-limit] + span_us - now_us
