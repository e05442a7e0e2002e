"""The verb that follows decisions as they change, through cuts, until Ctrl-C."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

import grpc
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from governance import v1
from governance.v1.decision_service_pb2_grpc import DecisionServiceStub
from governance_client.cli import status
from governance_client.cli.output import complain, print_json, print_lines, width
from governance_client.console import words
from governance_client.console.inert import pad
from governance_client.console.rendering import Line, actor, clip, summary
from governance_client.errors import LimitError, ServerError, UnreachableError, from_rpc_error
from governance_client.language import _

if TYPE_CHECKING:
    from argparse import Namespace

    from governance.v1.decision_service_pb2_grpc import DecisionServiceAsyncStub
    from governance_client.cli.context import Context

_PASSING: Final = (UnreachableError, LimitError, ServerError)
_BACKOFF_FIRST_S: Final = 0.5
_BACKOFF_MOST_S: Final = 15.0
_STATE: Final = 11
"""Columns of a state, which is clipped to them."""


class _Follower:
    """Where we are in the ledger, and what is done with each change."""

    def __init__(self, stub: DecisionServiceAsyncStub, offset: int, *, as_json: bool) -> None:
        self._stub = stub
        self._offset = offset
        self._ledger_id = ""
        self._as_json = as_json
        self._connected_once = False

    async def follow(self) -> None:
        """Print changes until the stream ends. Raises the ClientError of its end."""
        request = v1.WatchDecisionsRequest(offset=self._offset, ledger_id=self._ledger_id)
        try:
            async for response in self._stub.WatchDecisions(request):
                self._connected_once = True
                self._ledger_id = response.ledger_id or self._ledger_id
                for change in response.changes:
                    self._print(change)
                self._offset = max(self._offset, response.envelope.offset)
                sys.stdout.flush()
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from None
        raise UnreachableError(_("The server ended the stream."))

    async def until_stopped(self) -> None:
        """Follow for ever, resuming after each cut. Raises what does not pass, or prevents the first connection."""
        retrying = AsyncRetrying(retry=retry_if_exception_type(_PASSING), wait=self._wait_s, reraise=True)
        await retrying(self._follow_again)

    async def _follow_again(self) -> None:
        try:
            await self.follow()
        except _PASSING as error:
            if not self._connected_once:
                raise _NeverReachedError(error) from None
            complain(_("{why} Trying again from entry {offset}.").format(why=error, offset=self._offset))
            raise

    def _wait_s(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome is not None else None
        asked = getattr(failure, "retry_after_s", None) or 0.0
        return float(asked) + wait_random_exponential(_BACKOFF_FIRST_S, _BACKOFF_MOST_S)(state)

    def _print(self, change: v1.Change) -> None:
        if self._as_json:
            print_json(change)
        else:
            print_lines([_told(change, width())])


class _NeverReachedError(Exception):
    """The first connection failed; that is told, not retried."""

    def __init__(self, error: UnreachableError | LimitError | ServerError) -> None:
        super().__init__(str(error))
        self.error = error


async def watch(context: Context, arguments: Namespace) -> int:
    """Follow decisions. Ctrl-C is how it ends."""
    async with context.channel() as channel:
        follower = _Follower(DecisionServiceStub(channel), arguments.offset, as_json=context.json)
        try:
            await follower.until_stopped()
        except asyncio.CancelledError:
            return status.DONE
        except _NeverReachedError as never:
            raise never.error from None
    return status.DONE


def _told(change: v1.Change, columns: int) -> Line:
    decision = change.decision
    line: Line = [
        ("class:dim", f"{change.offset:>6} "),
        ("", f"{pad(words.state_told(decision.state), _STATE)} "),
        *summary(decision, 0, columns),
    ]
    if change.cause.events:
        # the events' names are the contract's own; who did it is not
        told = _("{events} by {who}").format(events=", ".join(change.cause.events), who=actor(change.cause.actor))
        line.append(("class:dim", f"  {told}"))
    return clip(line, columns)
