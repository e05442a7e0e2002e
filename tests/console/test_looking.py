"""Looking: lists and their pages, the next one, the filter, what is watched, and what each tells a program."""

from __future__ import annotations

import json

import pytest

from governance import v1
from governance_client.console.doing import DEEDS
from governance_client.console.script import Outcome
from governance_client.console.verbs import Request, parse
from governance_client.console.vocabulary import VERBS
from tests.console.examples import change, decision
from tests.console.talking import talking

CRITICAL, HIGH, LOW = v1.RISK_LEVEL_CRITICAL, v1.RISK_LEVEL_HIGH, v1.RISK_LEVEL_LOW
THREE = (decision("aaaa0001", risk=LOW), decision("bbbb0001"), decision("cccc0001", risk=CRITICAL))


def _rows(told: str) -> list[str]:
    """Return the ids in a table, in order."""
    return [word for line in told.splitlines() for word in line.split() if word[4:] == "0001" and len(word) == 8]


async def test_ids_that_begin_alike_are_told_apart() -> None:
    """What is shown of an id is enough to type: lists, groups and what was done never name two decisions alike."""
    alike = [decision(f"maximus-core-2026-{number}", f"203.0.113.{number}", v1.RISK_LEVEL_LOW) for number in (1, 2)]
    for each in alike:
        each.group_key = "scanner"
    async with talking(*alike) as room:
        for line in ("queue", "batch scanner"):
            told = (await room.say(line)).replace("\n", " \n")
            assert "maximus-core-2026-1 " in told
            assert "maximus-core-2026-2 " in told
        assert "203.0.113.1 maximus-core-2026-1\n" in await room.say("queue", "reject 1 ours")


async def test_queue() -> None:
    """The list stands most urgent first; a filter in the line narrows it, and a sort orders it otherwise."""
    async with talking(*THREE) as room:
        assert _rows(await room.say("queue")) == ["cccc0001", "bbbb0001", "aaaa0001"]
        assert _rows(await room.say("queue high low")) == ["bbbb0001", "aaaa0001"]
        assert _rows(await room.say("queue sort=-risk")) == ["aaaa0001", "bbbb0001", "cccc0001"]
        assert await room.say("queue medium") == "Nothing to list.\n"


async def test_pages() -> None:
    """A list takes as many rows as there is room for, says how many there are, and `more` goes on, numbering on."""
    many = [decision(f"{number:04x}0001", left_s=600 + number) for number in range(1, 13)]
    async with talking(*many, height=10) as room:
        first = await room.say("queue")
        assert _rows(first) == ["00010001", "00020001", "00030001", "00040001", "00050001"]
        assert "Rows 1 to 5 of 12. `more` goes on." in first
        second = await room.say("more")
        assert _rows(second)[0] == "00060001"
        assert second.splitlines()[1].split()[0] == "6"
        assert "Rows 6 to 10 of 12." in second
        assert _rows(await room.say("more")) == ["000b0001", "000c0001"]
        assert "Nothing more to list." in await room.say("more")
        assert _rows(await room.say("queue page=2")) == _rows(second)
        assert "000c0001" in await room.say("show 12")


async def test_next() -> None:
    """`next` shows the whole page of the most urgent, puts it in focus, and counts as having been read."""
    async with talking(*THREE) as room:
        assert "cccc0001" in await room.say("next")
        assert room.talk.desk.focus == "cccc0001"
        assert room.talk.attention.presentation(THREE[2]) is not None
        assert "bbbb0001" in await room.say("next")
    async with talking() as room:
        assert await room.say("next") == "Nothing waits for a decision.\n"


async def test_show_and_why() -> None:
    """A decision's page and the grounds of its risk are told by row, by the start of an id, or for the one in focus."""
    async with talking(*THREE) as room:
        assert "aaaa0001" in await room.say("queue", "show 3")
        assert room.talk.desk.focus == "aaaa0001"
        assert "203.0.113.7" in await room.say("show bbbb")
        assert await room.say("why") == await room.say("why bbbb")


async def test_a_filter() -> None:
    """A filter holds for the lists that follow, each of which says so, until it is off."""
    async with talking(*THREE) as room:
        assert "The filter is risk=high. It hides 2 that wait" in await room.say("filter high")
        listed = await room.say("queue")
        assert _rows(listed) == ["bbbb0001"]
        assert "The filter risk=high hides 2 of these." in listed
        assert "The filter is risk=high." in await room.say("filter")
        assert await room.say("filter off") == "The filter is off.\n"
        assert len(_rows(await room.say("queue"))) == 3
        assert "No filter is on" in await room.say("filter")


async def test_watching() -> None:
    """A decision is watched until it is named again, or all are let go; alone, the verb lists those that are."""
    async with talking(*THREE) as room:
        await room.say("queue")  # the snapshot is whole
        watch, talk = DEEDS["watch"], room.talk
        request = _request("watch aaaa")
        await watch(talk, request)
        assert talk.desk.watched == {"aaaa0001"}
        await watch(talk, _request("watch"))
        assert "aaaa0001" in room.told.splitlines()[-1]
        await watch(talk, request)
        assert talk.desk.watched == set()
        await watch(talk, request)
        await watch(talk, _request("watch off"))
        assert talk.desk.watched == set()
        await watch(talk, _request("watch"))
        assert room.told.endswith("Nothing is watched. `watch ID` follows a decision.\n")


async def test_what_a_program_gets() -> None:
    """Each verb tells a program its messages: decisions as they stand, and figures of the connection."""
    async with talking(*THREE, json=True) as room:
        listed = [json.loads(line)["decisionId"] for line in (await room.say("queue")).splitlines()]
        assert listed == ["cccc0001", "bbbb0001", "aaaa0001"]
        assert json.loads(await room.say("show 1"))["assessment"]["risk"] == "RISK_LEVEL_CRITICAL"


@pytest.mark.parametrize("line", ["history aaaa", "similar aaaa", "who aaaa", "stats", "stats bob", "health"])
async def test_a_server_that_does_not_answer(line: str) -> None:
    """What the server does not answer is refused with its reason, and the talk goes on."""
    async with talking(*THREE) as room:
        assert await room.run(line, "queue") is Outcome.REFUSED
        assert len(room.complaints) == 1


async def test_help() -> None:
    """The help has every verb, in groups; that of one verb tells how it is typed, with examples and other names."""
    async with talking() as room:
        told = await room.say("help")
        assert [verb.name for verb in VERBS if f"  {verb.name} " not in told] == []
        assert "Looking\n" in told
        for verb in VERBS:
            one = await room.say(f"help {verb.name}")
            assert verb.summary in one
            assert all(example in one for example in verb.examples)
        assert "Also typed: ls" in await room.say("help queue") or "Also typed: queue, ls" in await room.say("help ls")
        assert await room.run("help aprove") is Outcome.REFUSED
        assert "`approve`" in room.complaints[0]


async def test_it_is_read_from_memory() -> None:
    """What arrives later is in the next list, without asking the server."""
    async with talking(*THREE) as room:
        await room.say("queue")
        room.server.send(change(decision("dddd0001", risk=CRITICAL, left_s=1, offset=11)))
        while room.talk.session.replica.get("dddd0001") is None:
            await room.talk.session.news()
        assert _rows(await room.say("queue"))[0] == "dddd0001"


def _request(line: str) -> Request:
    request = parse(line)
    assert isinstance(request, Request)
    return request
