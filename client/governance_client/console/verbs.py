"""What a line means: the verb, and what was typed after it; and how a line may go on. Pure."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_client.console import words
from governance_client.console.inert import inert
from governance_client.console.vocabulary import BY_NAME, VERBS, Takes, Verb, usage
from governance_client.operator.scopes import scope_of
from governance_client.operator.spans import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Describe = Callable[[v1.Decision], str]

ALL: Final = "--all"
MINE: Final = "--mine"


_RISKS: Final = {words.risk(risk): risk for risk in words.RISKS}
_STATES: Final = {words.state(state): state for state in words.STATES}
RESULTS: Final = {"executed": v1.OUTCOME_RESULT_EXECUTED, "failed": v1.OUTCOME_RESULT_FAILED}
"""What may be found of an outcome that nobody knew."""
NOBODY: Final = "--nobody"
_SAID: Final = re.compile(r"--(?:reason|comment|evidence)(?:=|\s+|$)")
_ROW_OR_ID: Final = "an ID, or a row number of the last `ls`"
_OFFERED: Final = 50
"""Most completions at a time; a longer list is no help."""
_ID_AT_LEAST: Final = 8
"""Characters of an id that are offered, even where fewer are unique: they stay unique for longer."""


class Request(NamedTuple):
    """A line that was understood.

    Attributes:
        verb: What to do.
        word: The id, its prefix or the row number that was typed; empty where the verb takes none.
        text: The comment or reason, or whatever else is said.
        words: What else was typed: changes, a span, a name, a result.
        risks: Only these risks; empty for all.
        states: Only these states; empty for all.
        all: Ended ones too.
        mine: Only what is assigned to the operator or claimed.
        scope: What to halt.
        for_s: For how many seconds; 0 where it was not said.
    """

    verb: Verb
    word: str = ""
    text: str = ""
    words: tuple[str, ...] = ()
    risks: frozenset[int] = frozenset()
    states: frozenset[int] = frozenset()
    all: bool = False
    mine: bool = False
    scope: v1.HaltScope | None = None
    for_s: int = 0


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
    try:
        return _halt(verb, rest) if verb.takes is Takes.SCOPE_AND_TEXT else _about_one(verb, rest)
    except ValueError as error:
        return Mistake(f"{inert(str(error))}: {usage(verb)}.")


def _about_one(verb: Verb, rest: str) -> Request | Mistake:
    word, _, text = rest.partition(" ")
    if not word:
        named = "the name of a halt; `halts` lists them" if verb.takes is Takes.HALT_AND_TEXT else _ROW_OR_ID
        return Mistake(f"Which one? {usage(verb)}, with {named}.")
    if verb.takes in {Takes.ID_AND_CHANGES, Takes.ID_AND_SPAN, Takes.ID_AND_NAME}:
        return _with_words(verb, word, text)
    if verb.takes is Takes.ID_RESULT_AND_TEXT:
        return _settling(verb, word, text)
    wrong = _wrong(verb, text)
    return Mistake(wrong) if wrong else Request(verb, word, said(text))


def _wrong(verb: Verb, text: str) -> str:
    if verb.takes is Takes.ID and text:
        return f"`{verb.name}` takes one ID and nothing else."
    if verb.takes in {Takes.ID_AND_TEXT, Takes.HALT_AND_TEXT} and not said(text):
        return f"`{verb.name}` needs a reason: {usage(verb)}."
    if verb.takes is Takes.ID_AND_WORDS and not said(text):
        return f"`{verb.name}` needs something to say: {usage(verb)}."
    return ""


def _settling(verb: Verb, word: str, text: str) -> Request | Mistake:
    result, _, found = text.partition(" ")
    if result not in RESULTS or not said(found):
        return Mistake(f"`{verb.name}` needs what was found, and how: {usage(verb)}.")
    return Request(verb, word, said(found), (result,))


def _with_words(verb: Verb, word: str, text: str) -> Request | Mistake:
    typed = tuple(shlex.split(text))  # a value may have spaces, in quotes
    if not typed or (verb.takes is not Takes.ID_AND_CHANGES and len(typed) > 1):
        return Mistake(f"It is typed so: {usage(verb)}.")
    if verb.takes is Takes.ID_AND_SPAN:
        return Request(verb, word, words=typed, for_s=seconds_of(typed[0]))
    return Request(verb, word, words=typed)


def _halt(verb: Verb, rest: str) -> Request | Mistake:
    scope, for_s = v1.HaltScope(all=True), 0
    while (option := rest.partition(" "))[0] in {"--scope", "--for"}:
        value, _, rest = option[2].partition(" ")
        if option[0] == "--scope":
            scope = scope_of(value)
        else:
            for_s = seconds_of(value)
    reason = said(rest)
    if not reason:
        return Mistake(f"`{verb.name}` needs a reason: {usage(verb)}.")
    return Request(verb, text=reason, scope=scope, for_s=for_s)


def said(text: str) -> str:
    """Return what an operator says: the text itself, also where it was typed as the command line has it.

    `--reason`, `--comment` or `--evidence` before it is left out, and then quotes around all of it are too.
    """
    option = _SAID.match(text)
    if option is None:
        return text
    quoted = text[option.end() :].strip()
    if len(quoted) > 1 and quoted[0] == quoted[-1] and quoted[0] in "'\"":
        return quoted[1:-1].strip()
    return quoted


def _filters(verb: Verb, arguments: Sequence[str]) -> Request | Mistake:
    unknown = [each for each in arguments if each not in {ALL, MINE, *_RISKS, *_STATES}]
    if unknown:
        return Mistake(
            f"`{inert(unknown[0], limit=40)}` is no risk and no state. Risks: {', '.join(_RISKS)}. "
            f"States: {', '.join(_STATES)}."
        )
    return Request(
        verb,
        risks=frozenset(_RISKS[each] for each in arguments if each in _RISKS),
        states=frozenset(_STATES[each] for each in arguments if each in _STATES),
        mine=MINE in arguments,
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
    if verb is None or verb.takes in {Takes.NOTHING, Takes.SCOPE_AND_TEXT, Takes.HALT_AND_TEXT}:
        return []
    if verb.takes is Takes.FILTERS:
        return [Offer(each, -len(word), "") for each in (ALL, MINE, *_RISKS, *_STATES) if each.startswith(word)]
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
