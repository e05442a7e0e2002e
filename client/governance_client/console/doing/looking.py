"""The deeds that look: at lists, at one decision, at its past, and at those that are followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console.choosing import EVERYTHING
from governance_client.console.doing.asking import answered
from governance_client.console.halts import who_lines
from governance_client.console.inert import inert
from governance_client.console.lines import clip
from governance_client.console.rendering import summary, table
from governance_client.console.similar import similar as similar_lines
from governance_client.console.trail import trail
from governance_client.console.verbs import OFF
from governance_client.console.why import why as why_lines
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from governance import v1
    from governance_client.console.desk import Listing
    from governance_client.console.lines import Line
    from governance_client.console.talk import Talk
    from governance_client.console.verbs import Request

_AROUND: Final = 5
"""Rows of the terminal that are not the list's: its header, two lines below it, the prompt and the toolbar."""
_LEAST: Final = 5
"""A page has so many rows on the smallest terminal too."""


async def queue(talk: Talk, request: Request) -> str:
    """List what is open, or what was asked for, as much as the terminal has room for."""
    _tell_rows(talk, talk.desk.listed(request, talk.you.name, _room(talk)))
    return ""


async def more(talk: Talk, request: Request) -> str:
    """Go on with the last list."""
    del request
    _tell_rows(talk, talk.desk.more(_room(talk)))
    return ""


async def next_one(talk: Talk, request: Request) -> str:
    """Show the most urgent decision that the operator may decide, and put it in focus."""
    del request
    found = talk.desk.next(talk.you, talk.now_us)
    if found is not None:
        talk.show_page(found)
        return ""
    count = len(talk.desk.pending())
    if not count:
        talk.say("dim", _("Nothing waits for a decision."))
        return ""
    text = ngettext(
        "Nothing waits for you. {count} decision waits for others, or was set aside: `queue` lists it.",
        "Nothing waits for you. {count} decisions wait for others, or were set aside: `queue` lists them.",
        count,
    )
    talk.say("dim", text.format(count=count))
    return ""


async def show(talk: Talk, request: Request) -> str:
    """Show everything about one decision."""
    decision = talk.find(request)
    if decision is not None:
        talk.show_page(decision)
    return ""


async def why(talk: Talk, request: Request) -> str:
    """Show why a decision has the risk that it has, and why it needs a person."""
    decision = talk.find(request)
    if decision is not None:
        talk.tell(why_lines(decision, talk.surface.width), decision)
    return ""


async def history(talk: Talk, request: Request) -> str:
    """Show every entry of the ledger about one decision."""
    decision = talk.find(request)
    if decision is None:
        return ""
    records = await answered(talk, talk.session.entries(decision.decision_id))
    if records is not None:
        talk.tell(trail(records, talk.surface.width), *records)
    return ""


async def similar(talk: Talk, request: Request) -> str:
    """Show how decisions like one ended."""
    decision = talk.find(request)
    if decision is None:
        return ""
    found = await answered(talk, talk.session.similar(decision.decision_id))
    if found is not None:
        talk.tell(similar_lines(found, talk.now_us, talk.surface.width), found)
    return ""


async def who(talk: Talk, request: Request) -> str:
    """Show who could decide one decision, and who of them can be reached."""
    decision = talk.find(request)
    if decision is None:
        return ""
    found = await answered(talk, talk.session.eligible(decision.decision_id))
    if found is not None:
        talk.tell([clip(line, talk.surface.width) for line in who_lines(found)], found)
    return ""


async def watch(talk: Talk, request: Request) -> str:
    """Follow a decision, or no more if it was followed; with `off` none any more; alone, list those that are."""
    if not request.word:
        _tell_watched(talk)
    elif request.word == OFF:
        talk.desk.watched.clear()
        talk.say("dim", _("Nothing is watched any more."))
    elif (decision := talk.find(request)) is not None:
        _turn_watch(talk, decision)
    return ""


async def narrow(talk: Talk, request: Request) -> str:
    """Put a filter on lists and announcements, take it off, or tell which is on."""
    if request.words == (OFF,):
        talk.desk.choose(EVERYTHING)
        talk.say("done", _("The filter is off."))
        return ""
    if request.selection != EVERYTHING:
        talk.desk.choose(request.selection, talk.you.name)
    if talk.desk.selection == EVERYTHING:
        talk.say("dim", _("No filter is on. `filter high` puts one on."))
        return ""
    text = ngettext(
        "The filter is {filter}. It hides {count} that waits; `filter off` takes it off.",
        "The filter is {filter}. It hides {count} that wait; `filter off` takes it off.",
        talk.desk.hidden,
    )
    talk.say("done", text.format(filter=talk.desk.selection.told(), count=talk.desk.hidden))
    talk.say(
        "dim", _("Critical arrivals, alarms, halts, and what is watched or assigned to you are told all the same.")
    )
    return ""


def _room(talk: Talk) -> int:
    return max(talk.surface.height - _AROUND, _LEAST)


def _tell_rows(talk: Talk, listing: Listing) -> None:
    """Tell rows of a list, and what there is besides them."""
    if not listing.decisions:
        talk.tell([[("class:dim", _("Nothing more to list.") if listing.total else _("Nothing to list."))]])
        talk.tell(_besides(talk, listing))
        return
    rows = table(
        listing.decisions,
        talk.now_us,
        talk.surface.width,
        first=listing.first,
        columns=talk.settings.columns,
        short=talk.short,
    )
    talk.tell([*rows, *_besides(talk, listing)], *listing.decisions)


def _besides(talk: Talk, listing: Listing) -> list[Line]:
    """Return the lines below a list: what follows, and what the filter hides."""
    lines: list[Line] = []
    if listing.after:
        last = listing.first + len(listing.decisions) - 1
        text = _("Rows {first} to {last} of {total}. `more` goes on.")
        lines.append([("class:dim", text.format(first=listing.first, last=last, total=listing.total))])
    if talk.desk.selection != EVERYTHING:
        text = ngettext(
            "The filter {filter} hides {count} of these. `filter off` takes it off.",
            "The filter {filter} hides {count} of these. `filter off` takes it off.",
            listing.hidden,
        )
        shown = inert(talk.desk.selection.told())
        lines.append([("class:news", text.format(filter=shown, count=listing.hidden))])
    return [clip(line, talk.surface.width) for line in lines]


def _turn_watch(talk: Talk, decision: v1.Decision) -> None:
    off = decision.decision_id in talk.desk.watched
    talk.desk.watched ^= {decision.decision_id}
    text = _("Not watched any more: ") if off else _("Watched, each change of it is told: ")
    line: Line = [
        ("class:dim" if off else "class:done", text),
        *summary(decision, 0, talk.surface.width, short=talk.short),
    ]
    talk.tell([clip(line, talk.surface.width)], decision)


def _tell_watched(talk: Talk) -> None:
    """List what is watched; what ended too long ago to be known here is watched no more."""
    known = {each: talk.session.replica.get(each) for each in sorted(talk.desk.watched)}
    talk.desk.watched -= {each for each, decision in known.items() if decision is None}
    found = [decision for decision in known.values() if decision is not None]
    if not found:
        talk.say("dim", _("Nothing is watched. `watch ID` follows a decision."))
        return
    rows = table(
        found, talk.now_us, talk.surface.width, numbered=False, columns=talk.settings.columns, short=talk.short
    )
    talk.tell(rows, *found)


DEEDS: Final = {
    "queue": queue,
    "more": more,
    "next": next_one,
    "show": show,
    "why": why,
    "history": history,
    "similar": similar,
    "who": who,
    "watch": watch,
    "filter": narrow,
}
"""By the names of their verbs."""
