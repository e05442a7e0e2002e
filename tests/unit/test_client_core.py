"""The parts of the SDK that need no server: frames, executors, decisions, the connection's rhythm."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_client.core import Backoff, Core, Order, OutcomeUnknownError
from governance_client.core.connection import Connection
from governance_client.core.decisions import Decisions
from governance_client.core.executors import MAX_DETAIL, Executor, action_name, action_type
from governance_client.core.frames import read_frame
from governance_client.credentials import Credentials
from governance_client.errors import (
    ClientError,
    InvalidRequestError,
    NotLetInError,
    ProtocolError,
    ServerError,
    UnreachableError,
)
from tests.support.client import credentials_file

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN_FIELD = b"\xa0\x3e\x01"


def change(number: int, state: v1.DecisionState.ValueType, version: int = 1) -> v1.Change:
    decision = v1.Decision(decision_id=f"decision-{number}", version=version, offset=version, state=state)
    return v1.Change(offset=version, decision=decision)


def order() -> Order:
    return Order("decision-1/1", v1.Action(type=v1.ACTION_TYPE_BLOCK_IP), v1.Decision())


def test_an_empty_frame_may_be_an_order_to_stop() -> None:
    """A frame of a kind that is not known is never passed over."""
    with pytest.raises(ProtocolError, match="may be an order to stop"):
        read_frame(v1.ProposeResponse(envelope=v1.Envelope(offset=1)).SerializeToString())
    with pytest.raises(ProtocolError, match="cannot be read"):
        read_frame(b"\xff")


@pytest.mark.parametrize("field", ["proposal", "original_action"])
def test_an_action_from_the_future_is_not_read_over(field: str) -> None:
    """An action with a field that is not known stops core, before anybody approves it."""
    action = v1.Action.FromString(v1.Action(type=v1.ACTION_TYPE_BLOCK_IP).SerializeToString() + UNKNOWN_FIELD)
    decision = v1.Decision(decision_id="decision-1")
    if field == "proposal":
        decision.proposal.action.CopyFrom(action)
    else:
        decision.original_action.CopyFrom(action)
    news = v1.ProposeResponse(news=v1.CoreNews(changes=[v1.Change(decision=decision)]))
    with pytest.raises(ProtocolError, match="decision-1 has a field"):
        read_frame(news.SerializeToString())


@given(st.binary(max_size=200))
def test_no_bytes_do_anything_but_read_or_stop(content: bytes) -> None:
    """Whatever comes down is a frame or a ProtocolError."""
    with contextlib.suppress(ProtocolError):
        assert read_frame(content).WhichOneof("frame") is not None


async def test_what_an_executor_returns_is_the_outcome() -> None:
    """A text is the detail of what was executed; nothing will do; an outcome is taken as it is."""

    async def text(_: Order) -> str:
        return "blocked"

    async def nothing(_: Order) -> None:
        return None

    async def failed(_: Order) -> v1.Outcome:
        return v1.Outcome(result=v1.OUTCOME_RESULT_FAILED, detail="no")

    async def unsaid(_: Order) -> v1.Outcome:
        return v1.Outcome()

    assert await Executor(text).run(order()) == v1.Outcome(result=v1.OUTCOME_RESULT_EXECUTED, detail="blocked")
    assert (await Executor(nothing).run(order())).result == v1.OUTCOME_RESULT_EXECUTED
    assert (await Executor(failed).run(order())).result == v1.OUTCOME_RESULT_FAILED
    assert (await Executor(unsaid).run(order())).result == v1.OUTCOME_RESULT_UNKNOWN


async def test_what_an_executor_raises_is_the_outcome_too() -> None:
    """An exception is a failure, with its type and text; one that cannot tell is unknown; a long one is cut."""

    async def broken(_: Order) -> str:
        raise ZeroDivisionError("by \ud800" + "x" * 9000)

    async def unsure(_: Order) -> str:
        raise OutcomeUnknownError("the line went dead")

    async def cancelled(_: Order) -> str:
        raise asyncio.CancelledError

    outcome = await Executor(broken).run(order())
    assert outcome.result == v1.OUTCOME_RESULT_FAILED
    assert outcome.detail.startswith("ZeroDivisionError: by ?")
    assert outcome.detail.endswith("(cut)")
    assert len(outcome.detail) == MAX_DETAIL
    assert (await Executor(unsure).run(order())).result == v1.OUTCOME_RESULT_UNKNOWN
    assert (await Executor(cancelled).run(order())).result == v1.OUTCOME_RESULT_UNKNOWN


def test_types_of_action_have_names() -> None:
    """An executor is registered by name or number; what is none is refused."""
    assert action_type("block_ip") == action_type(v1.ACTION_TYPE_BLOCK_IP) == v1.ACTION_TYPE_BLOCK_IP
    assert action_name(v1.ACTION_TYPE_BLOCK_IP) == "block_ip"
    assert action_name(999) == "type 999"
    for wrong in ("make_tea", "unspecified"):
        with pytest.raises(ValueError, match=r".+"):
            action_type(wrong)


async def test_core_is_prepared_with_care(tmp_path: Path) -> None:
    """An instance has a sound name; nothing is executed without a journal; each type has one executor."""
    credentials = Credentials.load(credentials_file(tmp_path))
    with pytest.raises(ValueError, match="cannot name an instance"):
        Core(credentials, instance="a b")
    with pytest.raises(ValueError, match="without a journal"):
        Core(credentials, instance="core-1").executor("block_ip")
    core = Core(credentials, instance="core-1", journal=tmp_path / "journal")

    @core.executor("block_ip")
    async def block(_: Order) -> str:
        return ""

    with pytest.raises(ValueError, match="already"):
        core.executor(v1.ACTION_TYPE_BLOCK_IP)(block)


async def test_an_older_state_is_not_taken_for_news() -> None:
    """Only a higher version is news; what has ended is forgotten."""
    decisions = Decisions()
    assert decisions.apply(change(1, v1.DECISION_STATE_APPROVED, 2))
    assert not decisions.apply(change(1, v1.DECISION_STATE_PENDING, 1))
    assert decisions.open["decision-1"].version == 2
    assert decisions.apply(change(1, v1.DECISION_STATE_EXECUTED, 4))
    assert decisions.open == {}


async def test_a_follower_that_is_slow_gets_the_newest_state_of_each() -> None:
    """Memory is bounded by the number of decisions, not by how often they change."""
    decisions = Decisions()
    follower = decisions.changes()
    first = asyncio.ensure_future(anext(follower))
    await asyncio.sleep(0)
    for version in range(1, 50):
        decisions.apply(change(1, v1.DECISION_STATE_PENDING, version))
    decisions.apply(change(2, v1.DECISION_STATE_PENDING))
    assert (await first).decision.version == 49
    assert (await anext(follower)).decision.decision_id == "decision-2"
    decisions.end(UnreachableError("closed"))
    with pytest.raises(UnreachableError):
        await anext(follower)


async def test_waits_end_with_core() -> None:
    """Nobody waits for ever for a core that has stopped."""
    decisions = Decisions()
    wait = decisions.begin("decision-1", lambda _: True)
    decisions.end(ProtocolError("stopped"))
    with pytest.raises(ProtocolError):
        await wait.decision
    decisions.finish("decision-1", wait)
    with pytest.raises(ProtocolError):
        decisions.begin("decision-1", lambda _: True)


AT_ONCE = Backoff(first_s=0.0, most_s=0.0, healthy_s=0.0)


async def kept(*errors: ClientError, forgive: bool = False, patience_s: float | None = None) -> tuple[int, ClientError]:
    """Keep a connection whose sessions end with these errors, the last of them again and again."""
    count = 0

    async def session() -> None:
        nonlocal count
        count += 1
        raise errors[min(count, len(errors)) - 1]

    connection = Connection(session, lambda _: forgive, backoff=AT_ONCE, patience_s=patience_s)
    with pytest.raises(ClientError) as caught:
        await connection.keep()
    return count, caught.value


async def test_only_what_may_pass_is_tried_again() -> None:
    """A server that is away or failing is asked again; being turned away, or not understanding it, is the end."""
    count, error = await kept(UnreachableError("away"), ServerError("bug"), NotLetInError("no"))
    assert (count, type(error)) == (3, NotLetInError)
    count, error = await kept(ProtocolError("what?"))
    assert (count, type(error)) == (1, ProtocolError)


async def test_a_command_out_of_bounds_does_not_end_the_others() -> None:
    """One that is ours is taken out and the next session follows; one that nobody knows ends it."""
    count, error = await kept(InvalidRequestError("bad"), NotLetInError("no"), forgive=True)
    assert (count, type(error)) == (2, NotLetInError)
    count, error = await kept(InvalidRequestError("bad"), NotLetInError("no"))
    assert (count, type(error)) == (1, InvalidRequestError)


async def test_patience_ends() -> None:
    """Core gives up with the last reason when it was to wait no longer."""
    count, error = await kept(UnreachableError("away"), patience_s=0.0)
    assert (count, type(error)) == (1, UnreachableError)
