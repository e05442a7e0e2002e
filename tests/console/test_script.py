"""Scripts: lines run one after the other, what stops them, and what they end with."""

from __future__ import annotations

import asyncio

import pytest

from governance import v1
from governance_client.console.doing.sending import not_sent
from governance_client.console.script import Outcome
from tests.console.examples import decision
from tests.console.talking import talking

LOW = v1.RISK_LEVEL_LOW
TWO = (decision("aaaa0001", risk=LOW), decision("bbbb0001", risk=LOW, target="198.51.100.9"))


async def test_what_asks_is_done_as_typed() -> None:
    """Nothing is asked: a verdict is sent as it stands, naming the digest of what the snapshot told."""
    async with talking(*TWO) as room:
        assert await room.run("# the scanner", "", "reject aaaa known scanner") is Outcome.DONE
        (command,) = room.server.commands
        assert command.verdict.decision_id == "aaaa0001"
        assert command.verdict.action_digest == TWO[0].action_digest
        assert command.verdict.reject.ByteSize() == 0 or command.verdict.HasField("reject")


async def test_rows_and_focus_hold() -> None:
    """A row of a list means its decision in the lines after it, and a bare verb the one that was named last."""
    async with talking(*TWO) as room:
        assert await room.run("queue", "claim 2", "note . seen", 'reject --reason "ours"') is Outcome.DONE
        assert [command.WhichOneof("command") for command in room.server.commands] == ["claim", "add_note", "verdict"]
        assert room.server.commands[2].verdict.decision_id == room.server.commands[0].claim.decision_id


async def test_it_stops_at_the_first_failure() -> None:
    """After a line that was refused nothing more is run, unless it is to go on; the status is the worst."""
    async with talking(*TWO) as room:
        assert await room.run("show cccc", "claim aaaa") is Outcome.REFUSED
        assert room.server.commands == []
        assert room.complaints[0].startswith("line 1: No decision here starts with `cccc`")
        assert await room.run("show cccc", "claim aaaa", keep_going=True) is Outcome.REFUSED
        await room.server.until_commands(1)


async def test_a_mistake() -> None:
    """A line that is not understood is usage, and the complaint names its number."""
    async with talking(*TWO) as room:
        assert await room.run("queue", "# a comment", "aprove aaaa", "claim aaaa") is Outcome.MISTAKEN
        assert room.complaints[0].startswith("line 3: There is no verb `aprove`.")
        assert room.server.commands == []


@pytest.mark.parametrize("line", ["reject aaaa", "escalate aaaa"])
async def test_a_missing_reason(line: str) -> None:
    """A reason that a person would be asked for is not made up."""
    async with talking(*TWO) as room:
        assert await room.run(line) is Outcome.REFUSED
        assert len(room.complaints) == 1
        assert room.server.commands == []


async def test_a_refusal() -> None:
    """What the server refuses is told with why, and ends the script."""
    async with talking(*TWO) as room:
        room.server.answer = lambda command: v1.Receipt(
            request_id=command.request_id,
            refused=v1.Refusal(reason=v1.REFUSAL_REASON_ROLE_TOO_LOW, message="Not for you."),
        )
        assert await room.run("approve aaaa", "approve bbbb") is Outcome.REFUSED
        assert "Not for you." in room.complaints[0]
        assert len(room.server.commands) == 1


@pytest.mark.parametrize("line", ["board", "watch aaaa"])
async def test_verbs_for_people(line: str) -> None:
    """Verbs that only make sense to somebody who looks on are refused, with what to use instead."""
    async with talking(*TWO) as room:
        assert await room.run(line) is Outcome.REFUSED
        assert "In a script" in room.complaints[0]


async def test_quit() -> None:
    """`quit` ends a script in good order."""
    async with talking(*TWO) as room:
        assert await room.run("quit", "claim aaaa") is Outcome.DONE
        assert room.server.commands == []


async def test_it_waits_for_the_snapshot() -> None:
    """The first line sees all that is open, however many there are."""
    many = [decision(f"{number:08x}", risk=LOW) for number in range(3000)]
    async with talking(*many) as room:
        assert len((await room.say("queue")).splitlines()) == 3001


async def test_what_was_not_sent_is_kept_nowhere() -> None:
    """Where the connection goes while a line is run, a script is not told that its line waits at a prompt."""
    async with talking(*TWO) as room:
        not_sent(room.talk)
    assert "there is no connection." in room.complaints[0]
    assert "kept" not in room.complaints[0]


async def test_a_target_of_several_words() -> None:
    """The target that has to be named is told as it is typed: in quotes where it needs them."""
    async with talking(decision("aaaa0001", target="db-1 --yes it's ours")) as room:
        assert await room.run("approve aaaa0001") is Outcome.REFUSED
        asked = room.complaints[0].partition("--target ")[2].partition(". Nothing")[0]
        assert asked == '"db-1 --yes it\'s ours"'
        assert await room.run(f"approve aaaa0001 --target {asked}") is Outcome.DONE


async def test_a_lost_connection() -> None:
    """Where the connection is lost, a line waits for it to come back, and then sees what is true now."""
    async with talking(*TWO) as room:
        await room.say("queue")
        room.server.cut()
        running = asyncio.create_task(room.run("queue", "claim aaaa"))
        await room.server.until_hellos(2)
        assert await running is Outcome.DONE
