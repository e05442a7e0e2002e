"""The reader: bytes of an EVE file become alerts, one by one, whatever the bytes are.

Suricata writes one object a line; an array of objects is taken too. The first byte says which. Nothing in
a file makes the reader fail: what is no event is reported with its line, and what follows it is read.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_EVENT_BYTES: Final = 4 << 20
"""Of one event. Suricata cuts a packet's payload far below; what is larger is not buffered."""
_BLANK: Final = b" \t\r\n"
_OUTSIDE: Final = re.compile(rb'["{}\[\],\n]')
_IN_STRING: Final = re.compile(rb'["\\\n]')
_NEWLINE: Final = ord("\n")
_MAX_REASON: Final = 120


class Alert(NamedTuple):
    """An alert.

    Attributes:
        line: Where it begins, from 1.
        event: What was written; the sender's, so none of it is to be believed.
    """

    line: int
    event: Mapping[str, Any]


class OtherEvent(NamedTuple):
    """An event that is no alert, such as a flow or Suricata's statistics."""

    line: int


class Malformed(NamedTuple):
    """Something that is no event. It was skipped.

    Attributes:
        line: Where it begins, from 1.
        reason: Why, for people.
    """

    line: int
    reason: str


Item: TypeAlias = Alert | OtherEvent | Malformed


class Parser:
    """Takes a file's bytes in pieces of any size, and gives its events as soon as they are whole."""

    def __init__(self) -> None:
        self._form: _Lines | _Array | None = None
        self._line = 1

    def feed(self, chunk: bytes) -> Iterator[Item]:
        """Give what these bytes complete."""
        if self._form is None:
            rest = chunk.lstrip(_BLANK)
            self._line += chunk[: len(chunk) - len(rest)].count(b"\n")
            if not rest:
                return
            self._form = _Array(self._line) if rest.startswith(b"[") else _Lines(self._line)
            chunk = rest
        yield from self._form.feed(chunk)

    def end(self) -> Iterator[Item]:
        """Give what the end of the file completes."""
        if self._form is not None:
            yield from self._form.end()


def item(line: int, raw: bytes) -> Item:
    """Return what one event's bytes are. Never raises."""
    reason = ""
    event: Any = None
    try:
        event = json.loads(raw.decode(), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        reason = _("not UTF-8 (byte {number})").format(number=error.start + 1)
    except RecursionError:
        reason = _("nested too deeply")
    except ValueError as error:
        reason = _("not JSON: {why}").format(why=error)[:_MAX_REASON]
    return Malformed(line, reason) if reason else _event(line, event)


def _event(line: int, event: Any) -> Item:
    if not isinstance(event, dict):
        return Malformed(line, _("not an object"))
    kind = event.get("event_type", "alert" if "alert" in event else None)
    if not isinstance(kind, str):
        return Malformed(line, _("no event_type"))
    if kind != "alert":
        return OtherEvent(line)
    if not isinstance(event.get("alert"), dict):
        return Malformed(line, _("an alert without its alert object"))
    return Alert(line, event)


def _refuse(constant: str) -> None:
    raise ValueError(_("{constant} is no number").format(constant=constant))


class _Event:
    """The bytes of the event being read, up to MAX_EVENT_BYTES of them."""

    def __init__(self) -> None:
        self._raw = bytearray()
        self._too_long = False

    def gather(self, piece: bytes) -> None:
        """Add to it."""
        if len(self._raw) + len(piece) > MAX_EVENT_BYTES:
            self._too_long = True
            self._raw.clear()
        elif not self._too_long:
            self._raw += piece

    def finish(self, line: int) -> Iterator[Item]:
        """Give what was gathered since `line`, unless it is blank, and start anew."""
        raw, too_long = bytes(self._raw), self._too_long
        self._raw.clear()
        self._too_long = False
        if too_long:
            yield Malformed(line, _("longer than {bytes} bytes").format(bytes=MAX_EVENT_BYTES))
            return
        content = raw.lstrip(_BLANK)
        if content:
            yield item(line + raw[: len(raw) - len(content)].count(b"\n"), content)


class _Lines:
    """One event a line."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._event = _Event()

    def feed(self, chunk: bytes) -> Iterator[Item]:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            self._event.gather(chunk[start:end])
            yield from self._event.finish(self._line)
            self._line += 1
            start = end + 1
        self._event.gather(chunk[start:])

    def end(self) -> Iterator[Item]:
        yield from self._event.finish(self._line)


class _Array:
    """Events as the elements of one array.

    Only brackets outside of strings are followed here. The end of a line ends a string too, since none may hold one, so
    that one broken string does not swallow the rest of the file.
    """

    def __init__(self, line: int) -> None:
        self._line = line
        self._event = _Event()
        self._event_line = line
        self._depth = 0
        self._in_string = False
        self._escaped = False
        self._closed = False

    def feed(self, chunk: bytes) -> Iterator[Item]:
        start = position = 0
        while match := self._next_mark(chunk, position):
            mark, position = match[0], match.end()
            if self._bounds(mark):
                self._event.gather(chunk[start : position - 1])
                start = position
                yield from self._event.finish(self._event_line)
                self._event_line = self._line
            self._follow(mark)
        self._event.gather(chunk[start:])

    def end(self) -> Iterator[Item]:
        if self._closed:
            for left_over in self._event.finish(self._event_line):
                yield Malformed(left_over.line, _("it follows the end of the array"))
        else:
            unfinished = [*self._event.finish(self._event_line)]
            line = unfinished[0].line if unfinished else self._line
            yield Malformed(line, _("the file ends within the array"))

    def _next_mark(self, chunk: bytes, position: int) -> re.Match[bytes] | None:
        if self._escaped and position < len(chunk):
            self._escaped = False
            position += chunk[position] != _NEWLINE
        return (_IN_STRING if self._in_string else _OUTSIDE).search(chunk, position)

    def _bounds(self, mark: bytes) -> bool:
        """Tell whether the mark bounds an element of the outermost array."""
        if self._in_string or self._closed:
            return False
        return (mark == b"[" and self._depth == 0) or (mark in (b",", b"]") and self._depth == 1)

    def _follow(self, mark: bytes) -> None:
        if mark == b"\n":
            self._line += 1
            self._in_string = False
        elif mark == b'"':
            self._in_string = not self._in_string
        elif mark == b"\\":
            self._escaped = True
        elif mark in (b"[", b"{"):
            self._depth += 1
        elif mark == b"]" or (mark == b"}" and self._depth > 1):
            self._depth = max(0, self._depth - 1)
            self._closed = self._closed or self._depth == 0
