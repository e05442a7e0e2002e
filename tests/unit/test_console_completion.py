"""How a typed line may go on."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_client.console.completion import LOOKED_AT, OFFERED, Offer, complete
from governance_client.console.verbs import Request, parse
from governance_client.console.vocabulary import VERBS
from tests.console.examples import decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class _Looked(list[v1.Decision]):
    """Decisions, and how many of them were looked at."""

    def __init__(self, decisions: Sequence[v1.Decision]) -> None:
        super().__init__(decisions)
        self.looks = 0

    def __iter__(self) -> Iterator[v1.Decision]:
        for each in super().__iter__():
            self.looks += 1
            yield each


class _World:
    """A few decisions, or very many."""

    def __init__(self, *decisions: v1.Decision, rows: Sequence[str] = ()) -> None:
        self.waiting = _Looked(decisions)
        self.by_id = sorted(decisions, key=lambda each: each.decision_id)
        self.ids = [each.decision_id for each in self.by_id]
        self.rows = rows
        self.asked = 0

    def pending(self) -> Sequence[v1.Decision]:
        return self.waiting

    def starting(self, prefix: str, most: int) -> Sequence[v1.Decision]:
        at = bisect_left(self.ids, prefix)
        found = [each for each in self.by_id[at : at + most] if each.decision_id.startswith(prefix)]
        self.asked += len(found)
        return found

    def find(self, word: str) -> v1.Decision | None:
        self.asked += 1
        if word.isdigit() and int(word) <= len(self.rows):
            word = self.rows[int(word) - 1]
        return next(iter(self.starting(word, 1)), None) if word else None

    def prefix(self, decision: v1.Decision) -> str:
        self.asked += 1
        return decision.decision_id[:8]

    def describe(self, decision: v1.Decision) -> str:
        self.asked += 1
        return f"high block_ip {decision.proposal.action.targets[0].value}, 5:00 left"

    def reasons(self) -> list[str]:
        return ["known scanner", "it's ours", "known host", "bad\x1b[2J"]

    def halts(self) -> list[tuple[str, str]]:
        return [("halt-1", "everything"), ("halt-2", "core maximus")]

    def operators(self) -> list[str]:
        return ["alice", "bob"]

    def groups(self) -> list[tuple[str, str]]:
        return [("1", "scan/203"), ("2", "scan/198")]


A, B = decision("aaaaaaaa1111"), decision("bbbbbbbb2222", target="198.51.100.9")


def _texts(before: str, world: _World | None = None) -> list[str]:
    return [each.text for each in complete(before, world or _World(A, B))]


def test_verbs() -> None:
    """Verbs come with what they do; another name is offered to whoever begins to type it."""
    assert [each.text for each in complete("", _World())] == [verb.name for verb in VERBS]
    assert _texts("re") == ["reject", "revise", "release", "reconcile", "release-halt"]
    assert _texts("l") == ["ls"]
    assert next(iter(complete("appr", _World()))) == Offer(
        "approve", -4, "let core act, once, exactly as shown; asks before it does"
    )


def test_ids_with_what_they_stand_for() -> None:
    """Ids are offered as their unique starts, most urgent first, with risk, action, target and time left."""
    offers = list(complete("approve ", _World(B, A)))
    assert [each.text for each in offers[:2]] == ["bbbbbbbb", "aaaaaaaa"]
    assert offers[0].meaning == "high block_ip 198.51.100.9, 5:00 left"
    assert _texts("approve a") == ["aaaaaaaa"]
    assert _texts("approve zz") == []


def test_rows() -> None:
    """A number is offered as the row that it means, and as those that begin with it."""
    rows = ["aaaaaaaa1111", *["bbbbbbbb2222"] * 11]
    offers = list(complete("show 1", _World(A, B, rows=rows)))
    assert [each.text for each in offers] == ["1", "10", "11", "12"]
    assert "203.0.113.7" in offers[0].meaning
    assert "198.51.100.9" in offers[1].meaning


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ("reject 1 --", ["--reason", "--yes", "--comment", "--evidence"]),
        ("reject 1 --r", ["--reason"]),
        ("reject 1 --reason ", ["'known scanner'", '"it\'s ours"', "'known host'"]),
        ("reject 1 --reason=kn", ["'known scanner'", "'known host'"]),
        ("reject 1 --reason 'known s", ["'known scanner'"]),
        ("reject 1 kn", ["'known scanner'", "'known host'"]),
        ("reject 1 known h", []),
        ("approve 1 it", ['"it\'s ours"']),
        ("escalate 1 --to sec", ["security_manager"]),
        ("assign 1 ", ["alice", "bob", "--nobody"]),
        ("assign 1 b", ["bob"]),
        ("reconcile 1 e", ["executed"]),
        ("defer 1 1", ["10m", "15m", "1h"]),
        ("halt --scope action=block_i", ["action=block_ip"]),
        ("halt --scope co", ["core="]),
        ("halt --for 3", ["30m"]),
        ("release-halt ", ["halt-1", "halt-2", "--reason", "--yes"]),
        ("batch ", ["1", "2", "--comment", "--reason", "--target", "--yes"]),
        ("batch 1 a", ["approve"]),
        ("batch 1 reject kn", ["'known scanner'", "'known host'"]),
        ("stats a", ["alice"]),
        ("help mod", ["modify"]),
        ("queue cri", ["critical"]),
        ("queue risk=", ["risk=critical", "risk=high", "risk=medium", "risk=low"]),
        ("queue risk=high,l", ["risk=high,low"]),
        ("queue low action=block_i", ["action=block_ip"]),
        ("queue sort=-l", ["sort=-left"]),
        ("queue --a", ["--all"]),
        ("filter o", ["outcome_unknown", "off"]),
        ("export today.json risk=lo", ["risk=low"]),
        ("export x --format c", ["csv"]),
        ("modify aaaa scope=h", ["scope=host"]),
        ("modify aaaa targets-=", ["targets-=203.0.113.7", "targets-='a b'"]),
        ("modify aaaa parameters.", ["parameters.port="]),
        ("modify aaaa parameters-", ["parameters-=port"]),
        ("modify aaaa scope=host dur", ["duration=15m", "duration=1h", "duration=none"]),
        ("modify zzzz sc", []),
        ("""reject aaaaaaaa "known "'sc""", ["'known scanner'"]),
        ("queue risk=hig\x13h,crit", []),
        ("note 1 ", []),
        ("away ", []),
        ("xyzzy ", []),
    ],
)
def test_what_follows(before: str, wanted: list[str]) -> None:
    """Options, values, names, reasons and parts of the action are offered where they belong, in quotes if need be."""
    rich = v1.Decision()
    rich.CopyFrom(A)
    rich.proposal.action.targets.add(value="a b")
    rich.proposal.action.targets.add(value="\x1b[2J")
    rich.proposal.action.parameters["port"] = "443"
    assert _texts(before, _World(rich)) == wanted


def test_what_is_offered_can_be_typed() -> None:
    """A line with a completion in it is understood as that word."""
    for before in ("reject aaaaaaaa --reason ", "reject aaaaaaaa 'known"):
        for offer in complete(before, _World(A)):
            line = before[: len(before) + offer.start] + offer.text
            request = parse(line)
            assert isinstance(request, Request)
            assert request.text in {"known scanner", "it's ours", "known host"}


def test_hostile_ids_are_not_offered() -> None:
    """What cannot be typed as it is shown is not offered."""
    assert "\x1b" not in "".join(_texts("show ", _World(decision("aaaa\x1b[2J"), B)))


def test_the_work_is_bounded() -> None:
    """Among 20,000 decisions no key press looks at more than a fixed number of them."""
    many = [decision(f"{number:05}{'0' * 7}") for number in range(20_000)]
    for before in ("show ", "show 0", "show 19999", "show 1", "show zz", "approve 00001", "modify 1 sc", "que"):
        world = _World(*many)
        offers = list(complete(before, world))
        assert len(offers) <= OFFERED
        assert world.waiting.looks <= LOOKED_AT
        assert world.asked <= 4 * OFFERED
    assert "19999000" in _texts("show 19999", _World(*many))
