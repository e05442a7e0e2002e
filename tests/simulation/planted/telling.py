"""Bugs in whose word something is, and in what a text may do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from governance import v1
from governance_client.console import inert
from governance_server.engine.batch import Batch
from governance_server.engine.session import Session
from tests.simulation.planted.bug import Bug, replaced

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def under_another_name() -> Iterator[None]:
    """Record every operator's command as that of the first."""
    append = Batch.append

    def appended(self: Batch, actor: v1.Actor, *more: Any) -> v1.Entry:
        if actor.kind == v1.ACTOR_KIND_OPERATOR:
            actor = v1.Actor(kind=actor.kind, name="operator-1", role=actor.role)
        return append(self, actor, *more)

    with replaced((Batch, "append", appended)):
        yield


@contextmanager
def text_acts() -> Iterator[None]:
    """Draw what others wrote as it is, but for line breaks, which every policy has."""
    visible = inert._visible

    def as_it_is(text: str, *, ascii_only: bool) -> str:
        return visible(text, ascii_only=ascii_only) if "\n" in text else text

    with replaced((inert, "_visible", as_it_is)):
        yield


@contextmanager
def halts_not_told() -> Iterator[None]:
    """Tell nobody of halts but in a hello."""
    with replaced((Session, "_halt_news", lambda _self, _before: [])):
        yield


@contextmanager
def future_frame_passed_over() -> Iterator[None]:
    """Leave a frame that nobody understands without an answer."""

    async def refuse(_self: Session, _receipt: v1.Receipt) -> None:
        """Say nothing."""

    with replaced((Session, "refuse", refuse)):
        yield


BUGS = (
    Bug(
        "under another name",
        "A command is recorded as another operator's.",
        (7,),
        5,
        under_another_name,
    ),
    Bug("text acts", "A control character reaches the terminal.", (7,), 10, text_acts),
    Bug(
        "halts not told", "A client does not hear of a halt.", (4,), 10, halts_not_told, tempers=frozenset({"halting"})
    ),
    Bug(
        "future frame passed over",
        "A frame from the future gets no answer.",
        (1,),
        10,
        future_frame_passed_over,
        tempers=frozenset({"malicious"}),
    ),
)
