"""Happenings in words, for whoever has to find out why a run failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from governance import v1
from tests.simulation.history import Closed, Committed, Executed, Opened, Sent, Served, Signed, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.history import Happening

EPOCH_US: Final = 1_767_323_045_000_000
"""When every run begins: moments are told from then on."""


def told(happening: Happening) -> str:
    """Return a line about what happened."""
    seconds = (happening.at_us - EPOCH_US) / 1_000_000
    return f"{seconds:11.6f}  {_WORDS[type(happening)](happening)}"


def _opened(one: Opened) -> str:
    since = f"from {one.hello.offset} on" if one.hello.offset else "from the beginning"
    return f"{one.client} opens stream {one.stream}, {since}"


def _sent(one: Sent) -> str:
    said = "; ".join(map(_command, one.commands)) or "a frame from the future"
    return f"{one.client} says on stream {one.stream}: {said}"


def _told(one: Told) -> str:
    frame: Any = one.frame
    kind = frame.WhichOneof("frame")
    news = frame.news
    parts = [
        *map(_receipt, news.receipts),
        *(_change(change) for change in news.changes),
        *(f"halt {halt.halt_id[:8]} {'ended' if halt.released else 'in force'}" for halt in news.halts),
    ]
    if kind == "hello":
        parts = ["snapshot" if frame.hello.snapshot else "resumed", f"head {frame.hello.head_offset}"]
    return f"{one.client} is told on stream {one.stream}, up to {frame.envelope.offset}: {kind} {'; '.join(parts)}"


def _closed(one: Closed) -> str:
    return f"stream {one.stream} of {one.client} is over"


def _served(one: Served) -> str:
    return f"the server is {one.phase}" if one.phase != "failed" else "the server fails"


def _executed(one: Executed) -> str:
    return f"{one.client} executes order {one.order_id}"


def _committed(one: Committed) -> str:
    entry = v1.Entry.FromString(one.entry)
    events = ", ".join(event.WhichOneof("kind") or "nothing" for event in entry.events)
    who = entry.actor.name or v1.ActorKind.Name(entry.actor.kind).removeprefix("ACTOR_KIND_").lower()
    about = f" of {entry.decision_id}, version {entry.decision_version}" if entry.decision_id else ""
    asked = f" ({entry.request_id})" if entry.request_id else ""
    return f"entry {one.offset} is committed: {events}{about}, by {who}{asked}"


def _signed(one: Signed) -> str:
    return f"a checkpoint of {one.size} entries is kept"


def _command(command: Any) -> str:
    if isinstance(command, v1.ApplyPolicyRequest):
        return f"{command.request_id} apply_policy {command.document.partition(chr(10))[0]}"
    kind = command.WhichOneof("command") or "nothing"
    inner = getattr(command, kind, None)
    about = getattr(inner, "decision_id", "") or getattr(inner, "halt_id", "")
    if kind == "verdict":
        kind = command.verdict.WhichOneof("judgement") or "nothing"
    return " ".join(filter(None, (command.request_id, kind, about)))


def _receipt(receipt: v1.Receipt) -> str:
    if receipt.HasField("accepted"):
        joined = f", joined {receipt.accepted.joined}" if receipt.accepted.joined else ""
        return f"{receipt.request_id} accepted at {receipt.accepted.offset}{joined}"
    return f"{receipt.request_id} refused: {v1.RefusalReason.Name(receipt.refused.reason)[15:]}"


def _change(change: v1.Change) -> str:
    decision = change.decision
    state = v1.DecisionState.Name(decision.state).removeprefix("DECISION_STATE_")
    return f"{decision.decision_id} version {decision.version} at {decision.offset} {state}"


_WORDS: Final[dict[type, Callable[[Any], str]]] = {
    Opened: _opened,
    Sent: _sent,
    Told: _told,
    Closed: _closed,
    Served: _served,
    Executed: _executed,
    Committed: _committed,
    Signed: _signed,
}
