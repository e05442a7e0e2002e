"""The console's verbs: what a line means."""

from __future__ import annotations

import pytest

from governance import v1
from governance_client.console.desk import Desk, Unclear
from governance_client.console.rendering import act
from governance_client.console.verbs import Mistake, Request, complete, parse, unique_prefix
from governance_client.console.vocabulary import VERBS
from governance_client.operator import Replica
from tests.console.examples import change, decision


def _parsed(line: str) -> Request:
    request = parse(line)
    assert isinstance(request, Request), request
    return request


@pytest.mark.parametrize("line", ["", "   ", "\t\n"])
def test_empty_line(line: str) -> None:
    """An empty line asks for nothing."""
    assert parse(line) is None


def test_reason_is_taken_as_it_is() -> None:
    """Quotes and apostrophes in a reason are the operator's own."""
    request = _parsed("reject 0a1b it's \"core's\" own gateway")
    assert (request.verb.name, request.word, request.text) == ("reject", "0a1b", "it's \"core's\" own gateway")


@pytest.mark.parametrize(
    "line", ["app 1", "Approve 1", "approve", "reject 1", "escalate 1", "claim 1 2", "quit now", "ls x"]
)
def test_nothing_is_guessed(line: str) -> None:
    """A verb that is not typed whole, or lacks what it needs, is a mistake that says what to type."""
    mistake = parse(line)
    assert isinstance(mistake, Mistake)
    assert mistake.message


def test_filters() -> None:
    """A list can be narrowed to risks and states."""
    request = _parsed("ls critical rejected")
    assert request.risks == {v1.RISK_LEVEL_CRITICAL}
    assert request.states == {v1.DECISION_STATE_REJECTED}


def test_completion_of_verbs_and_ids() -> None:
    """Verbs are completed first, then ids with what they stand for, and never an operator's own words."""
    waiting = [decision("aaaaaaaa1111"), decision("aaaaaaaa2222")]
    assert [each.text for each in complete("re", lambda: waiting, act)] == [
        "reject",
        "revise",
        "release",
        "reconcile",
        "release-halt",
    ]
    assert len(list(complete("", lambda: waiting, act))) == len(VERBS)
    offers = list(complete("approve aaaa", lambda: waiting, act))
    assert [each.text for each in offers] == ["aaaaaaaa1", "aaaaaaaa2"]
    assert offers[0].meaning == "block_ip 203.0.113.7"
    assert list(complete("reject aaaa be", lambda: waiting, act)) == []
    assert [each.text for each in complete("ls cri", lambda: waiting, act)] == ["critical"]


def test_unique_prefix() -> None:
    """The shortest unique start of an id has at least 8 characters."""
    assert unique_prefix("0123456789", ["0123456789", "abc"]) == "01234567"
    assert unique_prefix("0123456789", ["0123456789", "0123456700"]) == "012345678"
    assert unique_prefix("01234567", ["01234567", "0123456789"]) == "01234567"


def _desk(*decisions: v1.Decision) -> Desk:
    replica = Replica()
    replica.hello(v1.ServerHello(snapshot=True))
    replica.frame(v1.OperateResponse(news=v1.OperatorNews(changes=[change(each) for each in decisions])))
    return Desk(replica)


def test_most_urgent_first() -> None:
    """A list starts with the worst risk, and among equals with the nearest deadline."""
    desk = _desk(
        decision("aaaaaaaa", risk=v1.RISK_LEVEL_LOW, left_s=1),
        decision("bbbbbbbb", risk=v1.RISK_LEVEL_CRITICAL, left_s=90),
        decision("cccccccc", risk=v1.RISK_LEVEL_CRITICAL, left_s=30),
    )
    assert [each.decision_id[0] for each in desk.listed(_parsed("ls"))] == ["c", "b", "a"]
    found = desk.find("1")
    assert isinstance(found, v1.Decision)
    assert found.decision_id == "cccccccc"


def test_ambiguous_and_unknown_ids() -> None:
    """A start that several ids have names them; one that none has says so."""
    desk = _desk(decision("aaaaaaaa1"), decision("aaaaaaaa2"))
    several = desk.find("aaa")
    assert isinstance(several, Unclear)
    assert "aaaaaaaa1" in several.message
    assert "aaaaaaaa2" in several.message
    nothing = desk.find("zz\x1b[2J")
    assert isinstance(nothing, Unclear)
    assert "\x1b" not in nothing.message
