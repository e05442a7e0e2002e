"""Rates: how often a caller may ask, and how much of a batch is decided. Kept in memory alone, for a while.

A restart forgets it all, and a policy that raises a limit counts what the lower one kept, which only ever allows more.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.command import Tally
from governance_server.domain.moment import SECOND_US

if TYPE_CHECKING:
    from governance_server.domain.policy import Policy
    from governance_server.engine.requests import Request

MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
MOST_BATCHES: Final = 64
"""Batches of one operator that are kept in mind, those it used last: far more than anybody has under way."""
NO_TALLY: Final = Tally()
"""Of a batch that has decided nothing yet, and of what is of no batch."""


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

    def wait_us(self, request: Request, policy: Policy, now_us: int) -> int:
        """Return how long the caller has to wait before this would be within its rate; 0 where it is."""
        if request.kind == "proposal":
            return _wait_us(self._proposals, policy.proposals_per_hour, HOUR_US, now_us)
        limit, command = policy.operator_requests_per_minute, request.command
        if not limit or not isinstance(command.body, v1.OperatorCommand):
            return 0
        batch = self._batch(request)
        if batch is not None and batch.asked < policy.batch_decisions:
            return 0
        moments = self._operators.get(command.actor.name)
        return _wait_us(moments, limit, MINUTE_US, now_us) if moments else 0

    def count(self, request: Request, policy: Policy, now_us: int) -> None:
        """Note that an operator asked, or that a proposal was accepted."""
        command = request.command
        if request.kind == "proposal":
            _note(self._proposals, policy.proposals_per_hour, now_us)
        elif isinstance(command.body, v1.OperatorCommand):
            if request.batch_id and self._rides_along(request, policy):
                return
            name, limit = command.actor.name, policy.operator_requests_per_minute
            if limit:
                _note(self._operators.setdefault(name, deque()), limit, now_us)
            else:
                self._operators.pop(name, None)

    def decided(self, request: Request, score: float) -> None:
        """Note that a command that was counted was accepted, and the score of the decision that it is about."""
        batch = self._batch(request)
        if batch is not None:
            batch.tally = Tally(batch.tally.decisions + 1, batch.tally.score + score)

    def tally(self, request: Request) -> Tally:
        """Return what the batch that a verdict is of has decided so far; nothing where it is of none."""
        batch = self._batch(request) if request.batch_id else None
        return NO_TALLY if batch is None else batch.tally

    def _batch(self, request: Request) -> _Progress | None:
        if not request.batch_id:
            return None
        batches = self._batches.get(request.command.actor.name)
        return None if batches is None else batches.get(request.batch_id)

    def _rides_along(self, request: Request, policy: Policy) -> bool:
        """Note one more verdict of a batch; tell whether it is part of the request that the first one was."""
        name = request.batch_id
        batches = self._batches.setdefault(request.command.actor.name, OrderedDict())
        batch = batches.setdefault(name, _Progress())
        batches.move_to_end(name)
        if len(batches) > MOST_BATCHES:
            batches.popitem(last=False)
        batch.asked += 1
        return 1 < batch.asked <= policy.batch_decisions


def _note(moments: deque[int], limit: int, now_us: int) -> None:
    """Note a moment, and keep as many as the limit counts: those before them decide nothing. Without a limit, none."""
    if not limit:
        moments.clear()
        return
    moments.append(now_us)
    while len(moments) > limit:
        moments.popleft()


def _wait_us(moments: deque[int], limit: int, span_us: int, now_us: int) -> int:
    """Return when the oldest of the last `limit` moments leaves the span; a limit of 0 is none."""
    if not limit:
        return 0
    while moments and moments[0] <= now_us - span_us:
        moments.popleft()
    return 0 if len(moments) < limit else moments[-limit] + span_us - now_us
