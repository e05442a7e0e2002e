"""The deeds that ask the server how things stand, and the one that explains the verbs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from google.protobuf.struct_pb2 import Struct

from governance_client.console import figures
from governance_client.console.inert import inert
from governance_client.console.lines import clip
from governance_client.console.naming import called, named, names
from governance_client.console.nearest import suggestion
from governance_client.console.surface import Interrupted
from governance_client.console.vocabulary import BY_NAME, VERBS, Verb, usage
from governance_client.errors import ClientError
from governance_client.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from governance_client.console.lines import Line
    from governance_client.console.talk import Talk
    from governance_client.console.verbs import Request

_T = TypeVar("_T")
_SHOWN: Final = 40
"""Characters of a mistyped word that are repeated."""
_CLOCKS_APART_US: Final = 5_000_000
"""More than a journey explains: somebody has to look at a clock."""
_GROUPS: Final = (
    (N_("Looking"), ("queue", "more", "next", "show", "why", "history", "similar", "who", "watch", "filter", "board")),
    (N_("Deciding"), ("approve", "reject", "modify", "escalate", "defer", "ask", "revise", "batch")),
    (N_("In hand"), ("claim", "release", "assign", "note")),
    (N_("Afterwards"), ("undo", "reconcile")),
    (N_("Halts and duty"), ("halt", "release-halt", "halts", "away", "back")),
)
"""The verbs as the help groups them; what is not named stands at the end."""


async def answered(talk: Talk, work: Coroutine[Any, Any, _T]) -> _T | None:
    """Return what the server answers; None where it does not, which is told, or where Ctrl-C ended the waiting."""
    try:
        return await talk.surface.wait(work)
    except Interrupted:
        talk.say("dim", _("You stopped waiting for the answer."))
    except ClientError as error:
        talk.refuse(str(error))
    return None


async def stats(talk: Talk, request: Request) -> str:
    """Tell the figures of the house, or of one operator."""
    if request.word:
        theirs = await answered(talk, talk.session.operator_statistics(request.word))
        if theirs is not None:
            talk.tell(figures.operator_statistics(theirs, talk.surface.width), theirs)
        return ""
    ours = await answered(talk, talk.session.statistics())
    if ours is not None:
        talk.tell(figures.statistics(ours, talk.surface.width), ours)
    return ""


async def health(talk: Talk, request: Request, wall_ns: Callable[[], int] = time.time_ns) -> str:
    """Tell whether the server serves, how fast it answers, how we are connected, and whether the clocks agree.

    Args:
        talk: Where.
        request: Not looked at.
        wall_ns: This machine's clock, which is what the server's is compared with.
    """
    del request
    session = talk.session
    found = await answered(talk, session.health())
    if found is None:
        return ""
    ahead_us = session.clock.now_us() - wall_ns() // 1000
    told = Struct()
    told.update(
        {
            "serving": found.serving,
            "roundTripMs": round(found.took_s * 1000, 3),
            "link": session.link.value,
            "offset": session.replica.offset,
            "clockAheadMs": ahead_us // 1000,
        }
    )
    halts = list(session.replica.halts.values())
    lines = figures.health(found.serving, found.took_s, halts, now_us=talk.now_us, width=talk.surface.width)
    talk.tell([*lines, *(clip(line, talk.surface.width) for line in _connection(talk, ahead_us))], told)
    return ""


def _connection(talk: Talk, ahead_us: int) -> Iterator[Line]:
    """Yield how we are connected, and how far the clocks are apart."""
    up = talk.connected
    yield [
        ("class:link.up" if up else "class:link.down", _("stream connected") if up else _("stream not connected")),
        ("", _(", everything up to entry {offset} is known here").format(offset=talk.session.replica.offset)),
    ]
    apart = f"{abs(ahead_us) / 1_000_000:.1f}"
    text = (
        _("the server's clock is {seconds} s ahead of this machine's")
        if ahead_us > 0
        else _("the server's clock is {seconds} s behind this machine's")
    )
    yield [("class:late" if abs(ahead_us) > _CLOCKS_APART_US else "class:dim", text.format(seconds=apart))]


async def explain(talk: Talk, request: Request) -> str:
    """Tell all verbs, or how one is typed."""
    word = request.word
    if not word:
        talk.tell([clip(line, talk.surface.width) for line in _all_verbs()])
        return ""
    verb = named(word)
    if verb is None:
        shown, near = inert(word, limit=_SHOWN), suggestion(word, names())
        talk.refuse(_("There is no verb `{word}`. {hint}").format(word=shown, hint=near))
        return ""
    talk.tell([clip(line, talk.surface.width) for line in _one_verb(verb)])
    return ""


def _all_verbs() -> Iterator[Line]:
    size = max(len(called(verb)) for verb in VERBS)
    grouped = {name for _title, group in _GROUPS for name in group}
    rest = tuple(verb.name for verb in VERBS if verb.name not in grouped)
    for title, group in (*_GROUPS, (N_("The console"), rest)):
        yield [("class:header", _(title))]
        for name in group:
            verb = BY_NAME[name]
            yield [("class:label", f"  {called(verb).ljust(size)}"), ("", f"  {_(verb.summary)}")]
    yield [("class:dim", _("An ID is a row of the last `queue`, or a unique start of an id; without one, the focus."))]
    yield [("class:dim", _("`help VERB` tells how one is typed, with examples. Tab completes."))]


def _one_verb(verb: Verb) -> Iterator[Line]:
    yield [("class:title", usage(verb))]
    yield [("", f"  {_(verb.summary)}")]
    for option in verb.options:
        typed = f"{option.name} {_(option.value) if option.value else ''}".rstrip()
        yield [("class:label", f"  {typed.ljust(18)}"), ("", f"  {_(option.summary)}")]
    yield [("class:header", _("Examples"))]
    for example in verb.examples:
        yield [("", f"  {example}")]
    others = [each for each in dict.fromkeys((verb.name, *verb.aliases)) if each != called(verb)]
    if others:
        yield [("class:dim", _("Also typed: {names}").format(names=", ".join(others)))]


DEEDS: Final = {"stats": stats, "health": health, "help": explain}
"""By the names of their verbs."""
