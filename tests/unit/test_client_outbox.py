"""The outbox: commands across connections."""

from __future__ import annotations

import asyncio

import pytest

from governance import v1
from governance_client.core.outbox import MAX_COMMANDS_PER_FRAME, Outbox, request_key
from governance_client.errors import InvalidRequestError, UnreachableError


def proposal(number: int, text: str = "") -> v1.CoreCommand:
    return v1.CoreCommand(proposal=v1.Proposal(decision_id=f"decision-{number}", evidence=v1.Evidence(reasoning=text)))


def accepted(number: int, offset: int = 1) -> v1.Receipt:
    return v1.Receipt(request_id=f"decision-{number}", accepted=v1.Accepted(offset=offset))


def sent(outbox: Outbox) -> list[list[str]]:
    frames = []
    while commands := outbox.next_frame():
        frames.append([request_key(command) for command in commands])
    return frames


async def test_commands_are_gathered_into_frames_in_order() -> None:
    """As many as fit go into one frame, by number and by bytes, and none twice."""
    outbox = Outbox()
    for number in range(MAX_COMMANDS_PER_FRAME + 2):
        outbox.put(proposal(number))
    frames = sent(outbox)
    assert [len(frame) for frame in frames] == [MAX_COMMANDS_PER_FRAME, 2]
    assert frames[1][-1] == f"decision-{MAX_COMMANDS_PER_FRAME + 1}"
    assert not outbox.ready.is_set()


async def test_a_frame_stays_within_the_bytes_the_server_takes() -> None:
    """The server's hello sets the bounds, and every frame keeps to them."""
    outbox = Outbox()
    for number in range(10):
        outbox.put(proposal(number, "x" * 300))
    outbox.rewind(v1.SessionLimits(max_frame_bytes=1000, max_commands_per_frame=64))
    sizes = []
    while commands := outbox.next_frame():
        sizes.append(v1.ProposeRequest(sequence=1, commands=v1.CoreCommands(commands=commands)).ByteSize())
    assert len(sizes) > 3
    assert max(sizes) <= 1000


async def test_a_command_larger_than_a_frame_fails_alone() -> None:
    """It is told so, whether it is put before or after the bounds are known; the others go on."""
    outbox = Outbox()
    large = outbox.put(proposal(1, "x" * 2000))
    outbox.put(proposal(2))
    outbox.rewind(v1.SessionLimits(max_frame_bytes=1000))
    with pytest.raises(InvalidRequestError, match="larger than a frame"):
        await large
    with pytest.raises(InvalidRequestError, match="larger than a frame"):
        outbox.put(proposal(3, "x" * 2000))
    assert sent(outbox) == [["decision-2"]]


async def test_what_has_no_receipt_is_sent_again_in_order() -> None:
    """A new stream gets everything that was not acknowledged, in the order it was given."""
    outbox = Outbox()
    for number in (1, 2, 3):
        outbox.put(proposal(number))
    sent(outbox)
    outbox.settle([accepted(2)])
    outbox.put(proposal(4))
    outbox.rewind(v1.SessionLimits())
    assert sent(outbox) == [["decision-1", "decision-3", "decision-4"]]
    assert len(outbox) == 3


async def test_receipts_find_their_commands() -> None:
    """Each caller gets its own receipt; one that nobody waits for is passed over."""
    outbox = Outbox()
    one, two = outbox.put(proposal(1)), outbox.put(proposal(2))
    outbox.settle([accepted(9), accepted(2, 20), accepted(1, 10), accepted(1, 11)])
    assert (await one).accepted.offset == 10
    assert (await two).accepted.offset == 20


async def test_the_same_command_again_shares_its_receipt() -> None:
    """While a command waits, the same again is the same; another under its id is refused."""
    outbox = Outbox()
    assert outbox.put(proposal(1)) is outbox.put(proposal(1))
    with pytest.raises(InvalidRequestError, match="waits for its receipt"):
        outbox.put(proposal(1, "another"))
    with pytest.raises(InvalidRequestError, match="decision_id"):
        outbox.put(v1.CoreCommand(proposal=v1.Proposal()))
    assert sent(outbox) == [["decision-1"]]


async def test_one_command_fails_and_the_others_stay() -> None:
    """A command that the server found out of bounds is taken out; it is told whether it was ours."""
    outbox = Outbox()
    bad = outbox.put(proposal(1))
    outbox.put(proposal(2))
    assert outbox.fail("decision-1", InvalidRequestError("out of bounds"))
    assert not outbox.fail("decision-1", InvalidRequestError("out of bounds"))
    with pytest.raises(InvalidRequestError):
        await bad
    outbox.rewind(v1.SessionLimits())
    assert sent(outbox) == [["decision-2"]]


async def test_an_outbox_that_has_ended_takes_nothing() -> None:
    """Whoever waits is told why; whoever comes later as well; the writer wakes up."""
    outbox = Outbox()
    waiting = outbox.put(proposal(1))
    gone = outbox.put(proposal(2))
    gone.cancel()
    writer = asyncio.ensure_future(outbox.ready.wait())
    outbox.end(UnreachableError("closed"))
    with pytest.raises(UnreachableError):
        await waiting
    with pytest.raises(UnreachableError):
        outbox.put(proposal(3))
    assert await writer
    assert outbox.next_frame() == []
