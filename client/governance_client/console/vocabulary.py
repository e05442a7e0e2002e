"""The console's vocabulary: one table of verbs, which feeds parsing, help and completion."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from governance import v1


class Takes(enum.Enum):
    """What a verb is followed by."""

    NOTHING = ""
    FILTERS = "[--all] [--mine] [RISK…] [STATE…]"
    ID = "ID"
    ID_AND_MAYBE_TEXT = "ID [COMMENT…]"
    ID_AND_TEXT = "ID REASON…"
    ID_AND_WORDS = "ID WORDS…"
    ID_AND_CHANGES = "ID scope=… duration=… targets-=VALUE parameters.NAME=…"
    ID_AND_SPAN = "ID SPAN"
    ID_AND_NAME = "ID NAME|--nobody"
    ID_RESULT_AND_TEXT = "ID executed|failed EVIDENCE…"
    SCOPE_AND_TEXT = "[--scope SCOPE] [--for SPAN] REASON…"
    HALT_AND_TEXT = "HALT REASON…"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb.

    Attributes:
        name: What is typed.
        takes: What follows it.
        summary: What it does, for the help.
        done: What is told once the server has taken it; empty where there is nothing to send.
        asks: It asks before it is sent.
        in_states: The states of a decision in which it makes sense; empty for all.
    """

    name: str
    takes: Takes
    summary: str
    done: str = ""
    asks: bool = False
    in_states: frozenset[int] = frozenset()


_PENDING: Final = frozenset({int(v1.DECISION_STATE_PENDING)})
_UNKNOWN: Final = frozenset({int(v1.DECISION_STATE_OUTCOME_UNKNOWN)})
_EXECUTED: Final = frozenset({int(v1.DECISION_STATE_EXECUTED)})
VERBS: Final = (
    Verb("ls", Takes.FILTERS, "list what is open, most urgent first; --all adds what ended lately"),
    Verb("show", Takes.ID, "everything about one decision"),
    Verb("who", Takes.ID, "who could decide it now, and who of them can be reached"),
    Verb(
        "approve",
        Takes.ID_AND_MAYBE_TEXT,
        "let core act, once, exactly as shown; asks before it does",
        "Approved",
        asks=True,
        in_states=_PENDING,
    ),
    Verb(
        "reject", Takes.ID_AND_TEXT, "end it: core may not act; asks first", "Rejected", asks=True, in_states=_PENDING
    ),
    Verb(
        "modify",
        Takes.ID_AND_CHANGES,
        "approve another action in its place; shows the difference and asks",
        "Modified and approved",
        asks=True,
        in_states=_PENDING,
    ),
    Verb("escalate", Takes.ID_AND_TEXT, "send it up the chain; asks first", "Escalated", asks=True, in_states=_PENDING),
    Verb(
        "defer",
        Takes.ID_AND_SPAN,
        "set it aside, as in `defer 1 5m`; the deadline stays",
        "Deferred",
        in_states=_PENDING,
    ),
    Verb("ask", Takes.ID_AND_WORDS, "ask core something; the clock keeps running", "Asked", in_states=_PENDING),
    Verb(
        "revise",
        Takes.ID_AND_WORDS,
        "return it to core, with what to do otherwise; asks first",
        "Returned for revision",
        asks=True,
        in_states=_PENDING,
    ),
    Verb("note", Takes.ID_AND_WORDS, "note something about it", "Noted"),
    Verb("claim", Takes.ID, "take it in hand, so that others leave it to you", "Claimed", in_states=_PENDING),
    Verb("release", Takes.ID, "let it go again", "Released", in_states=_PENDING),
    Verb("assign", Takes.ID_AND_NAME, "give it to somebody, or to nobody", "Assigned", in_states=_PENDING),
    Verb(
        "reconcile",
        Takes.ID_RESULT_AND_TEXT,
        "settle an outcome that nobody knew; asks first",
        "Settled",
        asks=True,
        in_states=_UNKNOWN,
    ),
    Verb(
        "undo",
        Takes.ID_AND_TEXT,
        "ask core for the reverse of what it executed; asks first",
        "Asked to undo",
        asks=True,
        in_states=_EXECUTED,
    ),
    Verb("halt", Takes.SCOPE_AND_TEXT, "stop: no order from here on; asks first", "Halted", asks=True),
    Verb("release-halt", Takes.HALT_AND_TEXT, "ask to end a halt; asks first", "Asked to release the halt", asks=True),
    Verb("halts", Takes.NOTHING, "list the halts in force"),
    Verb("away", Takes.NOTHING, "say that you are not there to decide", "You are away"),
    Verb("back", Takes.NOTHING, "say that you are there again", "You are back"),
    Verb("help", Takes.NOTHING, "this list"),
    Verb("quit", Takes.NOTHING, "leave; so does Ctrl-D on an empty line"),
)
BY_NAME: Final = {verb.name: verb for verb in VERBS}


def usage(verb: Verb) -> str:
    """Return how a verb is typed."""
    return f"{verb.name} {verb.takes.value}".rstrip()
