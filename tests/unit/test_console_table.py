"""The table of decisions: chosen columns, in the width there is."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import pytest

from governance import v1
from governance_client.console.columns import ALL
from governance_client.console.inert import width_of
from governance_client.console.rendering import counted, counts, plain, short_id, summary, table, targets
from tests.console.examples import NOW_S, decision, operator

NOW_US: Final = NOW_S * 1_000_000


def drawn(*decisions: v1.Decision, width: int = 80, **options: object) -> list[str]:
    return [plain(line) for line in table(decisions, NOW_US, width, **options)]  # type: ignore[arg-type] # passed through


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    """And the header stands over them."""
    lines = drawn(decision(), decision(decision_id="eve-0123456789abcdef", risk=v1.RISK_LEVEL_CRITICAL, left_s=60))
    assert lines == [
        "#  risk      left  state    action    id            target",
        "1  high      5:00  pending  block_ip  0a1b2c3d4e5f  203.0.113.7",
        "2  critical  1:00  pending  block_ip  eve-01234567  203.0.113.7",
    ]


def test_every_column() -> None:
    """In the order that was chosen, each once; what is no column is passed over."""
    each = decision()
    each.group_key = "ab12"
    chosen = ("target", "score", "age", "confidence", "tier", "core", "group", "nonsense", "target")
    assert drawn(each, width=120, columns=chosen, numbered=False) == [
        "target       score  age   sure  tier          core     group",
        "203.0.113.7  0.60   1:00  80%   soc_operator  maximus  ab12",
    ]
    assert set(ALL) == {"risk", "left", "state", "action", "id", "target"} | set(chosen) - {"nonsense"}


def test_rows_are_numbered_from_where_the_page_starts() -> None:
    """With the numbers to the right."""
    lines = drawn(*[decision()] * 3, first=99)
    assert [line[:5] for line in lines] == ["  #  ", " 99  ", "100  ", "101  "]


@pytest.mark.parametrize("width", range(40, 200))
def test_any_width(width: int) -> None:
    """No line is wider than the terminal; an address stays whole, and so does what a decision is named by."""
    lines = drawn(
        decision(target="203.0.113.255"), decision(target="x" * 300, left_s=-5), width=width, columns=tuple(ALL)
    )
    assert all(width_of(line) <= width for line in lines)
    assert "203.0.113.255" in lines[1]
    assert "0a1b2c3d4e5f" in lines[1]


def test_the_target_gets_what_is_left() -> None:
    """On a wide terminal a long target is shown whole, on a narrow one as much as fits."""
    long = "very-long-name." * 8
    assert long in drawn(decision(target=long), width=240)[1]
    narrow = drawn(decision(target=long), width=80)[1]
    assert len(narrow) == 80
    assert narrow.endswith("…")


def test_narrow_terminals_lose_what_matters_least() -> None:
    """The state goes before the action, the action before the time left; risk, id and target stay."""
    heads = [drawn(decision(target="198.51.100.200"), width=width)[0].split() for width in (70, 54, 45, 40)]
    assert heads[0] == ["#", "risk", "left", "state", "action", "id", "target"]
    assert heads[-1] == ["#", "risk", "id", "target"]
    assert all(len(after) <= len(before) for before, after in pairwise(heads))
    assert {"risk", "id", "target"} <= set.intersection(*map(set, heads))


def test_the_state_says_who_has_it() -> None:
    """Who claimed it, how many approved, that it is held; else the state in words."""
    claimed, voted, held, unknown = (decision() for _ in range(4))
    claimed.claim.operator = "bob"
    voted.quorum.required = 2
    voted.votes.add(actor=operator("alice"), approved=True)
    held.state, held.held = v1.DECISION_STATE_APPROVED, True
    unknown.state = v1.DECISION_STATE_OUTCOME_UNKNOWN
    lines = drawn(claimed, voted, held, unknown, width=120)
    for line, told in zip(lines[1:], ("@bob", "1 of 2 yes", "held", "outcome unknown"), strict=True):
        assert f"  {told}  " in line


def test_ids_are_shortened_as_is_asked_for() -> None:
    """By what is unique among those there are, if the caller knows."""
    assert "  0a1b  " in drawn(decision(), short=lambda each: each[:4])[1]
    assert short_id("0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d") == "0a1b2c3d"
    assert short_id("eve-0123456789abcdef") == "eve-01234567"
    assert short_id("0a1b2c3d4e5f") == "0a1b2c3d4e5f"


def test_nothing_to_list_is_a_header() -> None:
    """And no columns at all are a number."""
    assert len(drawn()) == 1
    assert drawn(decision(), columns=())[1].strip() == "1"


def test_summaries_and_counts() -> None:
    """One line says risk, action, target, id and what is left; letters say how many of each risk."""
    each = decision()
    each.proposal.action.targets.add(kind=v1.TARGET_KIND_HOST, value="b")
    assert plain(summary(each, NOW_US, 80)) == "high block_ip 203.0.113.7 +1 more 0a1b2c3d4e5f left 5:00"
    assert plain(summary(each, 0, 80)) == "high block_ip 203.0.113.7 +1 more 0a1b2c3d4e5f"
    assert targets(v1.Action()) == "no target"
    assert plain(counts([each, each])) == "C0 H2 M0 L0"
    assert plain(counted({v1.RISK_LEVEL_CRITICAL: 7})) == "C7 H0 M0 L0"
