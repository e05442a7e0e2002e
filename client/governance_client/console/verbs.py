"""The verbs of the console: one table that feeds parsing, help and completion. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.console import words
from governance_client.console.inert import inert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from governance import v1

    Describe = Callable[[v1.Decision], str]

ALL: Final = "--all"


class Takes(enum.Enum):
    """What a verb is followed by."""

    NOTHING = ""
    FILTERS = "[--all] [RISK…] [STATE…]"
    ID = "ID"
    ID_AND_MAYBE_TEXT = "ID [COMMENT…]"
    ID_AND_TEXT = "ID REASON…"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb.

    Attributes:
        name: What is typed.
        takes: What follows it.
        summary: What it does, for the help.
    """

    name: str
    takes: Takes
    summary: str


VERBS: Final = (
    Verb("ls", Takes.FILTERS, "list what is open, most urgent first; --all adds what ended lately"),
    Verb("show", Takes.ID, "everything about one decision"),
    Verb("approve", Takes.ID_AND_MAYBE_TEXT, "let core act, once, exactly as shown; asks before it does"),
    Verb("reject", Takes.ID_AND_TEXT, "end it: core may not act; asks before it does"),
    Verb("escalate", Takes.ID_AND_TEXT, "send it up the chain; asks before it does"),
    Verb("claim", Takes.ID, "take it in hand, so that others leave it to you"),
    Verb("release", Takes.ID, "let it go again"),
    Verb("help", Takes.NOTHING, "this list"),
    Verb("quit", Takes.NOTHING, "leave; so does Ctrl-D on an empty line"),
)
BY_NAME: Final = {verb.name: verb for verb in VERBS}
_RISKS: Final = {words.risk(risk): risk for risk in words.RISKS}
_STATES: Final = {words.state(state): state for state in words.STATES}
_OFFERED: Final = 50
"""Most completions at a time; a longer list is no help."""
_ID_AT_LEAST: Final = 8
"""Characters of an id that are offered, even where fewer are unique: they stay unique for longer."""


class Request(NamedTuple):
    """A line that was understood.

    Attributes:
        verb: What to do.
        word: The id, its prefix or the row number that was typed; empty where the verb takes none.
        text: The comment or reason.
        risks: Only these risks; empty for all.
        states: Only these states; empty for all.
        all: Ended ones too.
    """

    verb: Verb
    word: str = ""
    text: str = ""
    risks: frozenset[int] = frozenset()
    states: frozenset[int] = frozenset()
    all: bool = False


class Mistake(NamedTuple):
    """A line that was not understood.

    Attributes:
        message: What is wrong and what to type.
    """

    message: str


def parse(line: str) -> Request | Mistake | None:
    """Return what a line asks for; None for an empty one. Nothing is guessed: verbs are typed whole."""
    name, _, rest = " ".join(line.split()).partition(" ")
    if not name:
        return None
    verb = BY_NAME.get(name)
    if verb is None:
        return Mistake(f"There is no verb `{inert(name, limit=40)}`. `help` lists them.")
    if verb.takes is Takes.FILTERS:
        return _filters(verb, rest.split())
    if verb.takes is Takes.NOTHING:
        return Request(verb) if not rest else Mistake(f"`{verb.name}` takes nothing after it.")
    word, _, text = rest.partition(" ")
    wrong = _wrong(verb, word, text)
    return Mistake(wrong) if wrong else Request(verb, word, text)


def _wrong(verb: Verb, word: str, text: str) -> str:
    if not word:
        return f"Which one? {usage(verb)}; the ID may be a row number of the last `ls`."
    if verb.takes is Takes.ID and text:
        return f"`{verb.name}` takes one ID and nothing else."
    if verb.takes is Takes.ID_AND_TEXT and not text:
        return f"`{verb.name}` needs a reason: {usage(verb)}."
    return ""


def usage(verb: Verb) -> str:
    """Return how a verb is typed."""
    return f"{verb.name} {verb.takes.value}".rstrip()


def _filters(verb: Verb, arguments: Sequence[str]) -> Request | Mistake:
    unknown = [each for each in arguments if each not in {ALL, *_RISKS, *_STATES}]
    if unknown:
        return Mistake(
            f"`{inert(unknown[0], limit=40)}` is no risk and no state. Risks: {', '.join(_RISKS)}. "
            f"States: {', '.join(_STATES)}."
        )
    return Request(
        verb,
        risks=frozenset(_RISKS[each] for each in arguments if each in _RISKS),
        states=frozenset(_STATES[each] for each in arguments if each in _STATES),
        all=ALL in arguments or any(each in _STATES for each in arguments),
    )


class Offer(NamedTuple):
    """One completion.

    Attributes:
        text: What the word becomes.
        start: Where the word starts, counted back from the cursor: 0 or less.
        meaning: What it stands for.
    """

    text: str
    start: int
    meaning: str


def complete(before: str, pending: Callable[[], Sequence[v1.Decision]], describe: Describe) -> Iterable[Offer]:
    """Return completions for the word before the cursor: verbs first, then what the verb takes.

    Args:
        before: The line up to the cursor.
        pending: Returns what waits for a person, most urgent first; called only if an id is asked for.
        describe: Tells a decision in a few inert words.
    """
    parts = before.lstrip().split(" ")
    word = parts[-1]
    if len(parts) == 1:
        return [Offer(verb.name, -len(word), verb.summary) for verb in VERBS if verb.name.startswith(word)]
    verb = BY_NAME.get(parts[0])
    if verb is None or verb.takes is Takes.NOTHING:
        return []
    if verb.takes is Takes.FILTERS:
        return [Offer(each, -len(word), "") for each in (ALL, *_RISKS, *_STATES) if each.startswith(word)]
    if len(parts) > 2:  # noqa: PLR2004 - verb and id; what follows is the operator's own text
        return []
    return _ids(word, pending(), describe)


def _ids(word: str, pending: Sequence[v1.Decision], describe: Describe) -> Iterable[Offer]:
    known = [each.decision_id for each in pending]
    fitting = [each for each in pending if each.decision_id.startswith(word)][:_OFFERED]
    for decision in fitting:
        prefix = unique_prefix(decision.decision_id, known)
        yield Offer(max(prefix, word, key=len), -len(word), describe(decision))


def unique_prefix(decision_id: str, known: Iterable[str]) -> str:
    """Return the shortest start of an id, of at least 8 characters, that no other known id has."""
    rivals = [each for each in known if each != decision_id and each.startswith(decision_id[:_ID_AT_LEAST])]
    for length in range(_ID_AT_LEAST, len(decision_id)):
        rivals = [each for each in rivals if each.startswith(decision_id[:length])]
        if not rivals:
            return decision_id[:length]
    return decision_id
