"""How two policies differ in meaning, and moments as they are typed."""

from __future__ import annotations

import tomllib

import pytest

from governance_client.cli.moments import moment_of
from governance_client.cli.tables import differences

NOW_US = 1_800_000_000_000_000


def test_only_the_meaning_counts() -> None:
    """Order, comments and spelling of the same value are no difference."""
    assert differences("a = 1\n[b]\nc = 0x10", "a = 1\n[d]\n[b]\nc = 16 # the same\n") == [("d", None, "{}")]
    assert differences("a = 1\nb.c = 'x'", 'b = {c = "x"}\na = 1') == []


def test_every_key_that_differs_is_named() -> None:
    """What changed, what came and what went, by the keys from the top."""
    before, after = "[sla]\nlow_s = 1\nhigh_s = 2", "[sla]\nlow_s = 3\n[chain]\ntop = 'ciso'"
    assert differences(before, after) == [
        ("chain.top", None, '"ciso"'),
        ("sla.high_s", "2", None),
        ("sla.low_s", "1", "3"),
    ]


def test_another_type_is_a_difference() -> None:
    """A number, a truth and a text that look alike are not the same."""
    assert differences("a = 1", "a = true") == [("a", "1", "true")]
    assert differences("a = 1", "a = 1.0") == [("a", "1", "1.0")]


def test_rules_are_matched_by_name() -> None:
    """A rule that moved is not a difference; without names rules are matched by their place."""
    one, two = "[[rule]]\nname = 'one'\nn = 1\n", "[[rule]]\nname = 'two'\nn = 2\n"
    assert differences(one + two, two + one) == []
    assert differences(one, one + two) == [("rule[two].n", None, "2"), ("rule[two].name", None, '"two"')]
    assert differences("[[r]]\nn = 1", "[[r]]\nn = 2") == [("r[0].n", "1", "2")]


def test_what_is_no_toml() -> None:
    """It says where."""
    with pytest.raises(tomllib.TOMLDecodeError, match="line 3"):
        differences("a = 1", "a = 1\n\nb = c\n")


@pytest.mark.parametrize(
    ("text", "moment_us"),
    [
        ("2027-01-15T08:00:00Z", NOW_US),
        ("2027-01-15T08:00:00", NOW_US),
        ("2027-01-15T09:00:00+01:00", NOW_US),
        ("2027-01-15", NOW_US - 28_800_000_000),
        ("1h", NOW_US - 3_600_000_000),
    ],
)
def test_moments(text: str, moment_us: int) -> None:
    """A date, a date with a time, or how long ago; in UTC where nothing else is said."""
    assert moment_of(text, NOW_US) == moment_us


def test_what_is_no_moment() -> None:
    """It says how to write one."""
    with pytest.raises(ValueError, match="is no moment"):
        moment_of("yesterday", NOW_US)
