"""Which decisions are meant by what is typed, and in which order they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_client.console import typed
from governance_client.console.choosing import EVERYTHING, SORTS, Selection, choose, listing, ordered, values
from governance_client.console.nearest import nearest, slips
from tests.console.examples import decision


def test_risks_states_and_values() -> None:
    """Bare words are risks and states; keys take several values, any of which may hold."""
    chosen = choose(["critical", "risk=high", "state=pending,approved", "action=block_ip", "tier=ciso"])
    assert chosen.risks == {v1.RISK_LEVEL_CRITICAL, v1.RISK_LEVEL_HIGH}
    assert chosen.states == {v1.DECISION_STATE_PENDING, v1.DECISION_STATE_APPROVED}
    assert chosen.actions == {v1.ACTION_TYPE_BLOCK_IP}
    assert chosen.tiers == {v1.ROLE_CISO}
    assert not chosen.all
    assert choose(["rejected"]).all


def test_what_matches() -> None:
    """Every part has to hold: a part of a target, the start of a group, the whole name of a core."""
    found = decision(target="Host-7.example")
    found.group_key, found.assignee = "scan/203", "alice"
    for word in ("target=host-7", "group=scan/", "core=maximus", "mine", "--mine", "high", "action=block_ip"):
        assert choose([word]).matches(found, "alice"), word
    for word in ("target=host-8", "group=can", "core=maxi", "low", "rejected", "tier=ciso"):
        assert not choose([word]).matches(found, "alice"), word
    assert not choose(["mine"]).matches(found, "bob")
    assert not choose(["mine"]).matches(decision(), "")
    assert not choose(["high", "core=other"]).matches(found, "alice")
    assert EVERYTHING.matches(decision(state=v1.DECISION_STATE_REJECTED), "")


_WORDS = st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs"), exclude_characters=","), min_size=1)


@given(
    risks=st.sets(st.sampled_from(values("risk"))),
    states=st.sets(st.sampled_from(values("state"))),
    targets=st.lists(_WORDS.map(str.casefold), max_size=2),
    mine=st.booleans(),
    every=st.booleans(),
)
def test_a_selection_is_told_as_it_is_typed(
    *, risks: set[str], states: set[str], targets: list[str], mine: bool, every: bool
) -> None:
    """What a selection tells of itself means the same selection again."""
    given_words = [*(f"risk={each}" for each in risks), *(f"state={each}" for each in states)]
    given_words += [f"target={each}" for each in targets]
    chosen = choose([*given_words, *(["mine"] * mine), *(["--all"] * every)])
    assert choose([each.text for each in typed.words(chosen.told())]) == chosen


def test_nothing_chosen_is_told_as_nothing() -> None:
    """A selection that narrows nothing has no words."""
    assert EVERYTHING.told() == ""
    assert choose([]) == EVERYTHING
    assert Selection(mine=True).told() == "mine"


def test_order_and_page() -> None:
    """They are no part of the selection."""
    found = listing(["sort=-left", "page=3", "low"])
    assert (found.sort, found.page, found.selection) == ("-left", 3, choose(["low"]))
    assert choose(["sort=left"]) == EVERYTHING


def test_every_order() -> None:
    """Whatever it is sorted by, all of it is there; what is equal stays most urgent first; a minus reverses."""
    waiting = [
        decision("a", risk=v1.RISK_LEVEL_LOW, left_s=10, target="10.0.0.3"),
        decision("b", risk=v1.RISK_LEVEL_CRITICAL, left_s=90, target="10.0.0.2"),
        decision("c", risk=v1.RISK_LEVEL_CRITICAL, left_s=30, target="10.0.0.1"),
    ]
    ids = {sort: "".join(each.decision_id for each in ordered(waiting, sort)) for sort in ("", *SORTS, "-left")}
    assert ids[""] == ids["urgency"] == ids["risk"] == ids["group"] == ids["tier"] == "cba"
    assert (ids["left"], ids["-left"], ids["target"]) == ("acb", "bca", "cba")
    assert all(sorted(each) == ["a", "b", "c"] for each in ids.values())
    untimed = decision("d", target="")
    untimed.ClearField("schedule")
    del untimed.proposal.action.targets[:]
    assert ordered([untimed, *waiting], "left")[-1].decision_id == "d"
    assert ordered([untimed, *waiting], "target")[0].decision_id == "d"


@pytest.mark.parametrize(
    ("word", "near"), [("hihg", "high"), ("crit", "critical"), ("lo", "low"), ("cat", ""), ("", ""), ("x" * 5000, "")]
)
def test_the_nearest_word(word: str, near: str) -> None:
    """A slip in a few letters has a nearest word; something else has none."""
    assert nearest(word, values("risk")) == near


@given(one=st.text(max_size=8), other=st.text(max_size=8))
def test_slips_are_a_distance(one: str, other: str) -> None:
    """Equal words are no slip apart, others at least one, in both directions the same, and never more than is long."""
    count = slips(one, other)
    assert (count == 0) == (one == other)
    assert count == slips(other, one)
    assert abs(len(one) - len(other)) <= count <= max(len(one), len(other))
