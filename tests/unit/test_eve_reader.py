"""The reader of EVE files: whatever the bytes are, and however they arrive."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance_client.eve.reader import MAX_EVENT_BYTES, Alert, Item, Malformed, OtherEvent, Parser
from governance_client.eve.source import read_eve

if TYPE_CHECKING:
    from pathlib import Path

ALERT = {"event_type": "alert", "alert": {"signature": 'a "quoted\\" [{,]} one'}, "src_ip": "192.0.2.1"}
FLOW = {"event_type": "flow"}


def parsed(content: bytes, step: int = 1 << 20) -> list[Item]:
    parser = Parser()
    items: list[Item] = []
    for start in range(0, len(content), step):
        items += parser.feed(content[start : start + step])
    return [*items, *parser.end()]


def kinds(items: list[Item]) -> list[tuple[type, int]]:
    return [(type(item), item.line) for item in items]


@pytest.mark.parametrize("step", [1, 2, 7, 1 << 20])
def test_lines_and_arrays_say_the_same(step: int) -> None:
    """One object a line, or an array laid out in any way, in pieces of any size: the same alerts, with their lines."""
    lines = "\n".join(json.dumps(event) for event in (ALERT, FLOW, ALERT)).encode()
    assert kinds(parsed(lines, step)) == [(Alert, 1), (OtherEvent, 2), (Alert, 3)]
    for indent in (None, 2):
        array = json.dumps([ALERT, FLOW, ALERT], indent=indent).encode()
        items = parsed(b"\n\n" + array + b"\n", step)
        assert [item.event for item in items if isinstance(item, Alert)] == [ALERT, ALERT]
        assert items[0].line == (3 if indent is None else 4)
    assert parsed(b"[]", step) == parsed(b" \n ", step) == parsed(b"", step) == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"nonsense", "not JSON"),
        (b'{"event_type": "alert", "alert": {}, "x": NaN}', "NaN is no number"),
        (b'{"x": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"1", "not an object"),
        (b'"text"', "not an object"),
        (b"null", "not an object"),
        (b"{}", "no event_type"),
        (b'{"event_type": 7}', "no event_type"),
        (b'{"event_type": "alert"}', "without its alert object"),
        (b'{"event_type": "alert", "alert": "x"}', "without its alert object"),
        (b'{"event_type": "alert", "alert": {"signature": "\xff"}}', "not UTF-8"),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"x": "' + b"x" * MAX_EVENT_BYTES + b'"}', "longer than"),
    ],
)
def test_a_malformed_line_is_told_and_the_rest_goes_through(line: bytes, reason: str) -> None:
    """Neither the line before nor the one after is lost, and the bad one is named."""
    good = json.dumps(ALERT).encode()
    items = parsed(good + b"\n" + line + b"\r\n\n" + good)
    assert kinds(items) == [(Alert, 1), (Malformed, 2), (Alert, 4)]
    assert isinstance(items[1], Malformed)
    assert reason in items[1].reason


def test_a_broken_element_does_not_swallow_the_array() -> None:
    """A string that does not end, a missing comma and what follows the array are each told, with their lines."""
    good = json.dumps(ALERT)
    items = parsed(f'[\n{good},\n{{"signature": "open\n}},\n{good}\n] x'.encode())
    assert kinds(items) == [(Alert, 2), (Malformed, 3), (Alert, 5), (Malformed, 6)]
    assert kinds(parsed(f"[{good} {good}]".encode())) == [(Malformed, 1)]
    assert kinds(parsed(f"[{good},\n{good}".encode())) == [(Alert, 1), (Malformed, 2)]


@given(st.binary(max_size=300), st.integers(1, 50))
def test_no_bytes_make_the_reader_fail(content: bytes, step: int) -> None:
    """Any bytes, in any pieces, give the same items, and never an exception."""
    assert parsed(content, step) == parsed(content)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5), st.integers(1, 9))
def test_whatever_json_holds_is_read(value: object, step: int) -> None:
    """An alert's contents do not matter to finding where it ends."""
    events = [{**ALERT, "payload": json.loads(json.dumps(value).replace("NaN", "0").replace("Infinity", "0"))}] * 2
    assert [type(item) for item in parsed(json.dumps(events, indent=1).encode(), step)] == [Alert, Alert]


async def test_a_growing_file_is_followed_through_rotation_and_truncation(tmp_path: Path) -> None:
    """What is appended is read; a file put in its place is read from its start; so is one that was cut."""
    path, line = tmp_path / "eve.json", json.dumps(ALERT) + "\n"
    path.write_text(line)

    def append() -> None:
        with path.open("a") as file:
            file.write(line[:10])

    def complete() -> None:
        with path.open("a") as file:
            file.write(line[10:])

    def rotate() -> None:
        path.rename(tmp_path / "eve.json.1")
        path.write_text(line * 2)

    def cut() -> None:
        path.write_text("")

    def refill() -> None:
        path.write_text(line)

    steps = iter([append, complete, rotate, cut, refill])

    async def pause() -> None:
        step = next(steps, None)
        if step is None:
            raise EOFError
        step()

    seen: list[Item] = []

    async def follow() -> None:
        async for items in read_eve(str(path), follow=True, pause=pause):
            seen.extend(items)

    with pytest.raises(EOFError):
        await follow()
    assert kinds(seen) == [(Alert, 1), (Alert, 2), (Alert, 1), (Alert, 2), (Alert, 1)]


async def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Whoever misspells the name is told, also when following."""
    for follow in (False, True):
        with pytest.raises(FileNotFoundError):
            _ = [items async for items in read_eve(str(tmp_path / "none"), follow=follow)]
