"""Counts what one operator did, out of the operator's entries.

They are read a page at a time, the latest first, until one is older than was asked for. What is kept of them are
counts, and an integer or two of each verdict, so that the medians are exact; `MOST_DEEDS` bounds both.
"""

from __future__ import annotations

from array import array
from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_server.domain.moment import SECOND_US, duration, microseconds, span_us, timestamp
from governance_server.errors import FieldViolation, InvalidArgument, NotFound

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration

    from governance_server.engine.ports import Deed
    from governance_server.rpc.edge import Edge
    from governance_server.rpc.identity import Principal

DAY_US: Final = 24 * 3600 * SECOND_US
EARLIEST_US: Final = 31 * DAY_US
"""How far back may be asked for, as the contract says."""
MOST_DEEDS: Final = 250_000
"""Entries counted in one answer: 8,000 a day for a month, which no person brings about; some seconds of reading."""
PAGE: Final = 256
"""Entries held in memory at a time; short enough that nobody waits for them to be parsed."""

_NOT_OPERATORS: Final = frozenset({v1.ROLE_CORE, v1.ROLE_AUDITOR})
_APPROVALS: Final = frozenset({"decision_approved", "vote_cast"})
_REJECTIONS: Final = frozenset({"decision_rejected", "proposal_returned"})


class Reckoning:
    """What is known of an operator's deeds so far, which come the latest first.

    Attributes:
        deeds: How many there were.
    """

    def __init__(self) -> None:
        self.deeds = 0
        self._events: Counter[str] = Counter()
        self._approved: set[str] = set()
        self._rejected: set[str] = set()
        self._in_batches = 0
        self._to_decide_us = array("q")
        self._reading_us = array("q")
        self._first_us = 0
        self._last_us = 0

    def take(self, entry: v1.Entry, deed: Deed) -> None:
        """Count one entry."""
        self.deeds += 1
        self._first_us = microseconds(entry.recorded_at)
        self._last_us = self._last_us or self._first_us
        kinds = {event.WhichOneof("kind") or "" for event in entry.events}
        self._events.update(event.WhichOneof("kind") or "" for event in entry.events)
        if entry.HasField("presentation"):
            self._reading_us.append(span_us(entry.presentation.reading))
        if kinds & _APPROVALS:
            self._approved.add(entry.decision_id)
        elif kinds & _REJECTIONS:
            self._rejected.add(entry.decision_id)
        else:
            return
        self._to_decide_us.append(self._first_us - deed.proposed_at_us)
        self._in_batches += bool(entry.batch_id)

    def told(self) -> v1.GetOperatorStatisticsResponse:
        """Return all of it, but for who it is about and when it was asked."""
        # the most frequent first, and those that are equally frequent by name, so that the order is always the same
        events = sorted(self._events.items(), key=lambda item: (-item[1], item[0]))
        return v1.GetOperatorStatisticsResponse(
            events=[v1.EventCount(event=event, count=count) for event, count in events],
            approved=len(self._approved),
            rejected=len(self._rejected),
            in_batches=self._in_batches,
            median_to_decide=_median(self._to_decide_us),
            median_reading=_median(self._reading_us),
            first_at=timestamp(self._first_us) if self.deeds else None,
            last_at=timestamp(self._last_us) if self.deeds else None,
        )


async def operator_statistics(
    edge: Edge, request: v1.GetOperatorStatisticsRequest, principal: Principal
) -> v1.GetOperatorStatisticsResponse:
    """Return what one operator did.

    Raises:
        InvalidArgument: `since` lies too far back, or too much was done since then.
        NotFound: OPERATOR_NOT_FOUND: there is and was no operator of that name.
    """
    name = request.operator or principal.actor.name
    now_us = edge.clock.now_us()
    since_us = _since_us(request, now_us)
    role = await _role(edge, name)
    answer = (await _reckoned(edge, name, since_us)).told()
    answer.operator = name
    answer.since.CopyFrom(timestamp(since_us))
    answer.server_time.CopyFrom(timestamp(now_us))
    answer.role = role
    answer.connected = name in edge.connections.names(v1.ACTOR_KIND_OPERATOR)
    return answer


def _since_us(request: v1.GetOperatorStatisticsRequest, now_us: int) -> int:
    if not request.HasField("since"):
        return now_us - DAY_US
    since_us = microseconds(request.since)
    if since_us < now_us - EARLIEST_US:
        raise _since_refused("lies more than 31 days back")
    return since_us


async def _role(edge: Edge, name: str) -> v1.Role.ValueType:
    """Return the role of the operator's credential; UNSPECIFIED where it is revoked."""
    credentials = [stored.credential for stored in await edge.store.credentials()]
    own = [one for one in credentials if one.name == name and one.role not in _NOT_OPERATORS]
    if not own:
        raise NotFound(
            v1.ERROR_REASON_OPERATOR_NOT_FOUND,
            f"There is and was no operator {name}. List who there is with ListOperators.",
        )
    return max((one.role for one in own if not one.revoked), default=v1.ROLE_UNSPECIFIED)


async def _reckoned(edge: Edge, name: str, since_us: int) -> Reckoning:
    reckoning = Reckoning()
    before = (await edge.store.head()).offset + 1
    while deeds := await edge.store.deeds(name, before=before, limit=PAGE):
        for deed in deeds:
            entry = v1.Entry.FromString(deed.entry)
            if microseconds(entry.recorded_at) < since_us:
                return reckoning
            if reckoning.deeds == MOST_DEEDS:
                raise _since_refused(f"lies more than {MOST_DEEDS} of the operator's entries back")
            reckoning.take(entry, deed)
        before = deeds[-1].offset
    return reckoning


def _median(values_us: array[int]) -> Duration | None:
    return duration(int(median(values_us))) if values_us else None


def _since_refused(what: str) -> InvalidArgument:
    return InvalidArgument(
        v1.ERROR_REASON_FIELD_INVALID,
        f"since {what}. Ask for a later moment.",
        field_violations=[FieldViolation("since", what)],
    )
