"""Groups of like decisions, and the members that stand out."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_client.console.grouping import FAR, Group, groups_of
from governance_client.console.groups import group_page, groups
from governance_client.console.lines import plain
from tests.console.examples import NOW_S, decision

NOW_US: Final = NOW_S * 1_000_000


def member(number: int, key: str = "ab12cd34ef", confidence: float = 0.8, left_s: int = 300) -> v1.Decision:
    made = decision(f"member-{number:04}", target=f"203.0.113.{number}", left_s=left_s)
    made.group_key = key
    made.proposal.confidence = confidence
    return made


def one(*members: v1.Decision) -> Group:
    (group,) = groups_of(members)
    return group


def differing(group: Group) -> dict[str, tuple[str, ...]]:
    return {each.decision.decision_id: each.differs for each in group.outstanding}


def test_figures_of_a_group() -> None:
    """The ranges of risk and confidence, the sum of the scores, and the nearest deadline."""
    low = member(2, confidence=0.5, left_s=60)
    low.assessment.risk, low.assessment.score = v1.RISK_LEVEL_LOW, 0.1
    group = one(member(1), low, member(3, confidence=0.9))
    assert (group.risk_low, group.risk_high) == (v1.RISK_LEVEL_LOW, v1.RISK_LEVEL_HIGH)
    assert (group.confidence_low, group.confidence_high) == (0.5, 0.9)
    assert round(group.score, 9) == 1.3
    assert group.deadline_us == NOW_US + 60_000_000


def test_groups_are_in_order() -> None:
    """The worst first, then the largest, then by key; without a key, a decision is a group of its own."""
    critical = decision("lonely-critical", risk=v1.RISK_LEVEL_CRITICAL)
    alone = decision("lonely-high")
    found = groups_of([alone, member(1, "b"), member(2, "a"), member(3, "c"), member(4, "c"), critical])
    assert [group.key for group in found] == ["lonely-critical", "c", "a", "b", "lonely-high"]


def test_members_that_differ_stand_out() -> None:
    """By risk, kind of action, scope or number of targets."""
    risky, other, wide, many = (member(number) for number in range(4))
    risky.assessment.risk = v1.RISK_LEVEL_CRITICAL
    other.proposal.action.type = v1.ACTION_TYPE_ISOLATE_HOST
    wide.proposal.action.scope = v1.ACTION_SCOPE_ORGANIZATION
    many.proposal.action.targets.add(kind=v1.TARGET_KIND_HOST, value="b")
    group = one(*(member(number) for number in range(10, 20)), risky, other, wide, many)
    assert differing(group) == {
        "member-0000": ("risk",),
        "member-0001": ("action",),
        "member-0002": ("scope",),
        "member-0003": ("targets",),
    }


def test_of_two_halves_the_worse_stands_out() -> None:
    """Where there is no commonest, the lower one counts as usual, so that nothing bad hides in half a group."""
    worse = member(1)
    worse.assessment.risk = v1.RISK_LEVEL_CRITICAL
    assert differing(one(worse, member(2))) == {"member-0001": ("risk",)}


def test_confidence_far_from_the_rest_stands_out() -> None:
    """Farther than the least that matters, and than three times what the others are off the median."""
    alike = [member(number) for number in range(10)]
    assert differing(one(*alike, member(20, confidence=0.8 - FAR - 0.01))) == {"member-0020": ("confidence",)}
    assert differing(one(*alike, member(20, confidence=0.8 - FAR))) == {}
    spread = [member(number, confidence=0.5 + number / 20) for number in range(10)]
    assert differing(one(*spread)) == {}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), max_size=40))
def test_every_decision_is_in_one_group(drawn: list[tuple[str, float]]) -> None:
    """None is lost, none is doubled, and the same decisions make the same groups."""
    members = [member(number, key, confidence) for number, (key, confidence) in enumerate(drawn)]
    found = groups_of(members)
    assert sorted(each.decision_id for group in found for each in group.members) == [
        each.decision_id for each in members
    ]
    again = groups_of(members)
    assert found == again
    assert [group.outstanding for group in found] == [group.outstanding for group in again]


def test_the_list_of_groups() -> None:
    """Count, ranges, sum, nearest deadline, how many stand out, key, and what they are like."""
    odd = member(3, confidence=0.1, left_s=61)
    lines = [plain(line) for line in groups(groups_of([member(1), member(2), odd]), NOW_US, 100)]
    assert lines == [
        "#  count  risk  sure    score  left  odd  group     like",
        "1      3  high  10-80%    1.8  1:01  ▸1   ab12cd34  block_ip 203.0.113.1",
    ]
    numbered = groups(groups_of([member(1)]), NOW_US, 100, first=12)
    assert plain(numbered[1]).startswith("12  ")


def test_the_page_of_a_group() -> None:
    """Its figures, the members that stand out first and by what, then some of the others."""
    odd = member(99, confidence=0.1)
    text = [plain(line) for line in group_page(one(*(member(n) for n in range(30)), odd), NOW_US, 100)]
    assert text[0] == "31 decisions like block_ip 203.0.113.0"
    assert "group      ab12cd34ef" in text
    assert "risk       high; scores add up to 18.60" in text
    assert "           core is 10-80% sure" in text
    assert "deadline   the nearest in 5:00" in text
    assert "1 member stands out:" in text
    assert text[text.index("1 member stands out:") + 1] == (
        "▸ member-0099  high 0.60 10% block_ip (confidence) 5:00 203.0.113.99"
    )
    assert text[-1] == "  … and 10 more like these"


def test_a_group_whose_time_is_over() -> None:
    """The deadline that has passed is told as that; without the server's clock, nothing is."""
    group = one(member(1, left_s=-61))
    assert "over 1:01" in plain(groups([group], NOW_US, 100)[1])
    assert "  ?  " in plain(groups([group], 0, 100)[1])
    ended = member(1)
    ended.ClearField("schedule")
    assert "  -  " in plain(groups([one(ended)], NOW_US, 100)[1])
