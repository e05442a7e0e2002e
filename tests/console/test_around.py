"""What is around a line that is typed: ids, halts, groups, names and reasons for its completion."""

from __future__ import annotations

from governance import v1
from governance_client.console.around import REASONS, Around, Heard
from governance_client.console.completion import complete
from governance_client.operator import Update
from tests.console.examples import decision, operator
from tests.console.talking import talking

MEDIUM = v1.RISK_LEVEL_MEDIUM


async def test_a_line_is_completed_from_what_is_known() -> None:
    """Ids stand with risk, action, target and time left; groups with their number; halts with what they cover."""
    members = [decision("aaaaaaaa1111", risk=MEDIUM), decision("bbbbbbbb2222", "198.51.100.9", MEDIUM)]
    for each in members:
        each.group_key = "scanner"
    async with talking(*members) as room:
        await room.say("batch", "show aaaa")
        around = Around(room.talk)
        (offer,) = complete("approve aa", around)
        assert offer.text == "aaaaaaaa"
        assert offer.meaning.startswith("medium block_ip 203.0.113.7, ")
        assert offer.meaning.endswith(" left")
        assert next(iter(complete("batch ", around))).text == "1"
        assert around.find(".") == members[0]
        assert around.find("nothing") is None
        room.talk.session.replica.halts["halt-1"] = v1.Halt(halt_id="halt-1", scope=v1.HaltScope(all=True))
        assert [(each.text, each.meaning) for each in complete("release-halt h", around)] == [("halt-1", "everything")]


async def test_reasons_are_offered_again() -> None:
    """What was said as a reason is offered the next time, the newest first."""
    async with talking(decision("aaaaaaaa1111", risk=MEDIUM), decision("bbbbbbbb2222", risk=MEDIUM)) as room:
        await room.say("reject aaaa our scanner", "reject bbbb a test")
        assert [each.text for each in complete("reject aaaa ", Around(room.talk))][:2] == ["'a test'", "'our scanner'"]


def test_reasons_of_earlier_come_after_those_of_now() -> None:
    """What was said in earlier sessions is offered too, the newest first, behind what was said since."""
    heard = Heard()
    heard.said("of now")
    heard.recall(["yesterday's", "of now", "a week\nold", " ", *(f"older {number}" for number in range(REASONS))])
    assert list(heard.reasons)[:4] == ["of now", "yesterday's", "a week old", "older 0"]
    assert len(list(heard.reasons)) == REASONS


def test_what_was_heard_is_bounded() -> None:
    """Reasons are one line each, once each, and a bounded number of them; operators are named once."""
    heard = Heard()
    for number in range(REASONS + 5):
        heard.said(f"reason {number}")
    heard.said("reason 50\n")
    heard.said("  ")
    assert len(list(heard.reasons)) == REASONS
    assert next(iter(heard.reasons)) == "reason 50"
    by_operator = Update(None, decision(), v1.Cause(actor=operator("operator-2")))
    by_policy = Update(None, decision(), v1.Cause(actor=v1.Actor(kind=v1.ACTOR_KIND_POLICY)))
    heard.saw([by_operator, by_operator, by_policy])
    assert list(heard.names) == ["operator-2"]
