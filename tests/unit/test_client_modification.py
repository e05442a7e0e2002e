"""Modifying an action as an operator types it; spans of time and scopes of halts as they are typed."""

from __future__ import annotations

import pytest

from governance import v1
from governance_client.operator import differences, modified, scope_of, seconds_of

ACTION = v1.Action(
    type=v1.ACTION_TYPE_BLOCK_IP,
    scope=v1.ACTION_SCOPE_DEPARTMENT,
    targets=[
        v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value="203.0.113.7"),
        v1.Target(kind=v1.TARGET_KIND_IP_ADDRESS, value="198.51.100.9"),
    ],
    parameters={"traffic": "both"},
)


def told(*typed: str) -> list[tuple[str, str, str]]:
    return [(each.part, each.before, each.after) for each in differences(ACTION, modified(ACTION, typed))]


@pytest.mark.parametrize(
    ("typed", "part", "before", "after"),
    [
        ("scope=host", "scope", "department", "host"),
        ("duration=30m", "duration", "until it is undone", "1800 s"),
        (
            "targets-=198.51.100.9",
            "targets",
            "ip_address 203.0.113.7, ip_address 198.51.100.9",
            "ip_address 203.0.113.7",
        ),
        ("parameters.traffic=inbound", "parameters.traffic", "both", "inbound"),
        ("parameters.why=a=b", "parameters.why", "", "a=b"),
        ("parameters-=traffic", "parameters.traffic", "both", ""),
        ("type=throttle_connection", "type", "block_ip", "throttle_connection"),
    ],
)
def test_each_part_can_be_changed(typed: str, part: str, before: str, after: str) -> None:
    """What is typed changes one part, and the difference says which, from what and to what."""
    assert told(typed) == [(part, before, after)]


def test_targets_can_be_added() -> None:
    """A new target needs its kind."""
    after = modified(ACTION, ["targets+=network:10.0.0.0/8"])
    assert after.targets[-1] == v1.Target(kind=v1.TARGET_KIND_NETWORK, value="10.0.0.0/8")


def test_the_action_that_was_read_stays_as_it_is() -> None:
    """Modifying makes another action."""
    before = ACTION.SerializeToString(deterministic=True)
    modified(ACTION, ["scope=host", "targets-=203.0.113.7", "duration=1h", "duration=none", "parameters-=traffic"])
    assert ACTION.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize(
    "typed",
    [
        "scope",
        "scope=everywhere",
        "duration=soon",
        "targets-=192.0.2.1",
        "targets+=192.0.2.1",
        "targets+=planet:earth",
        "parameters-=none",
        "parameters.=x",
        "colour=red",
        "type=make_tea",
        "type=unspecified",
        "scope=department",
    ],
)
def test_what_makes_no_sense_is_a_sentence(typed: str) -> None:
    """A part that is not there, a value that is none, or no change at all."""
    with pytest.raises(ValueError, match=r".+"):
        modified(ACTION, [typed])


@pytest.mark.parametrize(
    ("text", "span_s"), [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("2d", 172_800), ("1d2h3m4s", 93_784)]
)
def test_spans(text: str, span_s: int) -> None:
    """Spans are typed with their units."""
    assert seconds_of(text) == span_s


@pytest.mark.parametrize("text", ["", "5", "m", "0m", "-5m", "5m3h", "5 m", "1.5h", "٣m"])
def test_what_is_no_span(text: str) -> None:
    """A span without a unit, of nothing, or out of order is refused."""
    with pytest.raises(ValueError, match="is no span of time"):
        seconds_of(text)


def test_scopes() -> None:
    """Everything, one core, one type of action, one target."""
    assert scope_of("all") == v1.HaltScope(all=True)
    assert scope_of("core=maximus") == v1.HaltScope(core="maximus")
    assert scope_of("action=block_ip") == v1.HaltScope(action=v1.ACTION_TYPE_BLOCK_IP)
    assert scope_of("target=a=b") == v1.HaltScope(target="a=b")


@pytest.mark.parametrize("text", ["", "everything", "core=", "action=make_tea", "action=unspecified", "all=true"])
def test_what_is_no_scope(text: str) -> None:
    """A scope that is not understood halts nothing, and says how to write one."""
    with pytest.raises(ValueError, match=r".+"):
        scope_of(text)


def test_whatever_differs_is_told() -> None:
    """A parameter that says nothing is not one that is not there, and one target with a comma is not two."""
    empty = modified(ACTION, ["parameters.note="])
    assert [each.part for each in differences(ACTION, empty)] == ["parameters.note"]
    one, two = v1.Action(), v1.Action()
    one.targets.add(kind=v1.TARGET_KIND_HOST, value="a, host b")
    two.targets.add(kind=v1.TARGET_KIND_HOST, value="a")
    two.targets.add(kind=v1.TARGET_KIND_HOST, value="b")
    assert [each.part for each in differences(one, two)] == ["targets"]
