"""The console's vocabulary: one table of verbs, which feeds parsing, help, completion and both languages."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Mapping


class Takes(enum.Enum):
    """What a verb is followed by, besides its options. The values are how it is written in the help."""

    NOTHING = ""
    FILTERS = N_("[RISK…] [STATE…] [KEY=VALUE…]")
    FILTERS_OR_OFF = N_("[RISK…] [STATE…] [KEY=VALUE…] | off")
    FILE_AND_FILTERS = N_("FILE [RISK…] [STATE…] [KEY=VALUE…]")
    ID = N_("[ID]")
    ID_AND_MAYBE_TEXT = N_("[ID] [COMMENT…]")
    ID_AND_TEXT = N_("[ID] [REASON…]")
    ID_AND_WORDS = N_("[ID] [WORDS…]")
    ID_AND_CHANGES = N_("ID scope=… duration=… targets-=VALUE parameters.NAME=…")
    ID_AND_SPAN = N_("[ID] SPAN")
    ID_AND_NAME = N_("[ID] NAME")
    ID_RESULT_AND_TEXT = N_("ID executed|failed [EVIDENCE…]")
    MAYBE_TEXT = N_("[REASON…]")
    HALT_AND_TEXT = N_("HALT [REASON…]")
    MAYBE_NAME = N_("[OPERATOR]")
    MAYBE_VERB = N_("[VERB]")
    GROUP_AND_JUDGEMENT = N_("[GROUP [approve|reject [TEXT…]]]")


OF_A_DECISION: Final = frozenset(
    {
        Takes.ID,
        Takes.ID_AND_MAYBE_TEXT,
        Takes.ID_AND_TEXT,
        Takes.ID_AND_WORDS,
        Takes.ID_AND_CHANGES,
        Takes.ID_AND_SPAN,
        Takes.ID_AND_NAME,
        Takes.ID_RESULT_AND_TEXT,
    }
)
"""What is followed by the id of a decision: the first word that is no option, and no other."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that is typed with two dashes before it, after any verb that knows it.

    Attributes:
        name: With its dashes.
        value: How its value is written in the help; empty where it has none.
        summary: What it says.
    """

    name: str
    value: str
    summary: str


REASON: Final = Option("--reason", N_("TEXT"), N_("why; the same as the words after the ID"))
COMMENT: Final = Option("--comment", N_("TEXT"), N_("a comment; the same as the words after the ID"))
EVIDENCE: Final = Option("--evidence", N_("TEXT"), N_("how it was found out; the same as the words after the result"))
TO_ROLE: Final = Option("--to", N_("ROLE"), N_("which role has to decide; without it the one that the risk asks for"))
FOR: Final = Option("--for", N_("SPAN"), N_("for how long, as in 30m or 1h30m"))
SCOPE: Final = Option("--scope", N_("SCOPE"), N_("what it covers: all, core=NAME, action=TYPE or target=VALUE"))
NOBODY: Final = Option("--nobody", "", N_("take it from whoever has it"))
YES: Final = Option("--yes", "", N_("what a script answers; a person at the prompt is asked all the same"))
TARGET: Final = Option("--target", N_("VALUE"), N_("what a script types back where the console asks for the target"))
FORMAT: Final = Option("--format", "json|csv", N_("how it is written; else as the file's name ends"))
FORCE: Final = Option("--force", "", N_("write over a file that is there"))
MINE: Final = Option("--mine", "", N_("only what is assigned to you or claimed by you"))
ALL: Final = Option("--all", "", N_("also what ended lately"))
OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {
        each.name: each
        for each in (
            *(REASON, COMMENT, EVIDENCE, TO_ROLE, FOR, SCOPE, NOBODY),
            *(YES, TARGET, FORMAT, FORCE, MINE, ALL),
        )
    }
)
SAYING: Final = frozenset({REASON.name, COMMENT.name, EVIDENCE.name})
"""The options whose value is what an operator says; each verb that takes text understands any of them."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. Its texts are English; `_` looks them up where they are shown.

    Attributes:
        name: What is typed.
        takes: What follows it.
        summary: What it does, for the help.
        examples: Lines that can be typed.
        done: What is told once the server has taken it; empty where there is nothing to send.
        asks: It asks before it is sent.
        in_states: The states of a decision in which it makes sense; empty for all.
        aliases: Other names in every language.
        options: What may be typed besides.
    """

    name: str
    takes: Takes
    summary: str
    examples: tuple[str, ...]
    done: str = ""
    asks: bool = False
    in_states: frozenset[int] = frozenset()
    aliases: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()

    @property
    def about_one(self) -> bool:
        """It is about one decision; without an id about the one in focus."""
        return self.takes in OF_A_DECISION


_PENDING: Final = frozenset({int(v1.DECISION_STATE_PENDING)})
_UNKNOWN: Final = frozenset({int(v1.DECISION_STATE_OUTCOME_UNKNOWN)})
_EXECUTED: Final = frozenset({int(v1.DECISION_STATE_EXECUTED)})
_LOOKING: Final = (
    Verb(
        "queue",
        Takes.FILTERS,
        N_("list what is open, most urgent first, and number the rows"),
        ("queue", "queue critical high", "queue risk=high action=block_ip sort=left page=2", "queue mine", "ls --all"),
        aliases=("ls",),
        options=(MINE, ALL),
    ),
    Verb("more", Takes.NOTHING, N_("the next page of the last list"), ("more",)),
    Verb("next", Takes.NOTHING, N_("show the most urgent that you may decide, and take it in focus"), ("next",)),
    Verb("show", Takes.ID, N_("everything about one decision"), ("show 1", "show 3f2a9c01", "show")),
    Verb("why", Takes.ID, N_("why it is this risky, and which rule of the policy put it here"), ("why 1",)),
    Verb("history", Takes.ID, N_("what happened to it, entry by entry"), ("history 3f2a9c01",)),
    Verb("similar", Takes.ID, N_("how decisions like it ended"), ("similar 1",)),
    Verb("who", Takes.ID, N_("who could decide it now, and who of them can be reached"), ("who 1",)),
)
_DECIDING: Final = (
    Verb(
        "approve",
        Takes.ID_AND_MAYBE_TEXT,
        N_("let core act, once, exactly as shown; asks before it does"),
        ("approve 1", "approve . known scanner", 'approve 3f2a9c01 --comment "seen in the proxy log"'),
        N_("Approved"),
        asks=True,
        in_states=_PENDING,
        options=(COMMENT, TARGET, YES),
    ),
    Verb(
        "reject",
        Takes.ID_AND_TEXT,
        N_("end it: core may not act; asks first"),
        ("reject 1 our own gateway", 'reject --reason "a test"', "reject ."),
        N_("Rejected"),
        asks=True,
        in_states=_PENDING,
        options=(REASON, YES),
    ),
    Verb(
        "modify",
        Takes.ID_AND_CHANGES,
        N_("approve another action in its place; shows the difference and asks"),
        ("modify 1 scope=host", "modify . duration=30m targets-=198.51.100.9", "modify 1 parameters.port=443"),
        N_("Modified and approved"),
        asks=True,
        in_states=_PENDING,
        options=(COMMENT, TARGET, YES),
    ),
    Verb(
        "escalate",
        Takes.ID_AND_TEXT,
        N_("send it up the chain; asks first"),
        ("escalate 1 beyond what I may judge", "escalate . --to ciso"),
        N_("Escalated"),
        asks=True,
        in_states=_PENDING,
        options=(TO_ROLE, REASON, YES),
    ),
    Verb(
        "defer",
        Takes.ID_AND_SPAN,
        N_("set it aside for a while; the deadline stays"),
        ("defer 1 5m", "defer . 1h30m", "defer --for 10m"),
        N_("Deferred"),
        in_states=_PENDING,
        options=(FOR,),
    ),
    Verb(
        "ask",
        Takes.ID_AND_WORDS,
        N_("ask core something; the clock keeps running"),
        ("ask 1 since when?",),
        N_("Asked"),
        in_states=_PENDING,
    ),
    Verb(
        "revise",
        Takes.ID_AND_WORDS,
        N_("return it to core, with what to do otherwise; asks first"),
        ("revise 1 only the one host",),
        N_("Returned for revision"),
        asks=True,
        in_states=_PENDING,
        options=(YES,),
    ),
    Verb("note", Takes.ID_AND_WORDS, N_("note something about it"), ("note 1 ticket 4711",), N_("Noted")),
    Verb(
        "claim",
        Takes.ID,
        N_("take it in hand, so that others leave it to you"),
        ("claim 1", "claim"),
        N_("Claimed"),
        in_states=_PENDING,
    ),
    Verb("release", Takes.ID, N_("let it go again"), ("release 1",), N_("Released"), in_states=_PENDING),
    Verb(
        "assign",
        Takes.ID_AND_NAME,
        N_("give it to somebody, or to nobody"),
        ("assign 1 operator-2", "assign 1 --nobody"),
        N_("Assigned"),
        in_states=_PENDING,
        options=(NOBODY,),
    ),
    Verb(
        "reconcile",
        Takes.ID_RESULT_AND_TEXT,
        N_("settle an outcome that nobody knew; asks first"),
        ("reconcile 1 executed the rule is in the firewall",),
        N_("Settled"),
        asks=True,
        in_states=_UNKNOWN,
        options=(EVIDENCE, YES),
    ),
    Verb(
        "undo",
        Takes.ID_AND_TEXT,
        N_("ask core for the reverse of what it executed; asks first"),
        ("undo 3f2a9c01 it hit a customer",),
        N_("Asked to undo"),
        asks=True,
        in_states=_EXECUTED,
        options=(REASON, YES),
    ),
    Verb(
        "batch",
        Takes.GROUP_AND_JUDGEMENT,
        N_("decide a group of like decisions at once; critical ones never ride along"),
        ("batch", "batch 2", "batch 2 approve", "batch 2 reject known scanner"),
        N_("Decided"),
        asks=True,
        options=(COMMENT, REASON, TARGET, YES),
    ),
)
_GOVERNING: Final = (
    Verb(
        "halt",
        Takes.MAYBE_TEXT,
        N_("stop: no order from here on; asks first"),
        ("halt breach under way", "halt --scope core=maximus --for 30m it loops"),
        N_("Halted"),
        asks=True,
        options=(SCOPE, FOR, REASON, YES),
    ),
    Verb(
        "release-halt",
        Takes.HALT_AND_TEXT,
        N_("ask to end a halt; asks first"),
        ("release-halt halt-1 it is over",),
        N_("Asked to release the halt"),
        asks=True,
        options=(REASON, YES),
    ),
    Verb("halts", Takes.NOTHING, N_("list the halts in force"), ("halts",)),
    Verb("away", Takes.NOTHING, N_("say that you are not there to decide"), ("away",), N_("You are away")),
    Verb("back", Takes.NOTHING, N_("say that you are there again"), ("back",), N_("You are back")),
)
_REST: Final = (
    Verb("stats", Takes.MAYBE_NAME, N_("figures of the house, or of one operator"), ("stats", "stats operator-2")),
    Verb("health", Takes.NOTHING, N_("whether the server serves, and how fast it answers"), ("health",)),
    Verb(
        "watch",
        Takes.ID,
        N_("tell each change of it, until `watch` is typed for it again; alone, list those that are watched"),
        ("watch 1", "watch", "watch off"),
    ),
    Verb(
        "filter",
        Takes.FILTERS_OR_OFF,
        N_("list and announce only these from here on"),
        ("filter risk=critical,high", "filter target=10.0. mine", "filter", "filter off"),
        options=(MINE, ALL),
    ),
    Verb("board", Takes.NOTHING, N_("the whole screen, live; q comes back"), ("board",)),
    Verb(
        "export",
        Takes.FILE_AND_FILTERS,
        N_("write decisions to a file, as JSON or CSV"),
        ("export today.json --all", "export high.csv risk=high --force"),
        options=(FORMAT, FORCE, MINE, ALL),
    ),
    Verb("help", Takes.MAYBE_VERB, N_("what can be typed; with a verb, how"), ("help", "help modify")),
    Verb("quit", Takes.NOTHING, N_("leave; so does Ctrl-D on an empty line"), ("quit",), aliases=("exit",)),
)
VERBS: Final = (*_LOOKING, *_DECIDING, *_GOVERNING, *_REST)
"""All of them, in the order of the help."""
BY_NAME: Final[Mapping[str, Verb]] = MappingProxyType(
    {name: verb for verb in VERBS for name in (verb.name, *verb.aliases)}
)
"""Every verb by its English name, and by its other names."""


def usage(verb: Verb) -> str:
    """Return how a verb is typed, by its name in the language in use."""
    from governance_client.console.naming import called

    options = [f"[{' '.join(filter(None, (each.name, _value(each))))}]" for each in verb.options]
    takes = _(verb.takes.value) if verb.takes.value else ""
    return " ".join([called(verb), *filter(None, [takes]), *options])


def _value(option: Option) -> str:
    return _(option.value) if option.value else ""
