"""How a line may go on: verbs, ids with what they stand for, options, values, and words that were said before. Pure.

Runs at every key press, with 20,000 decisions waiting: it looks at a bounded number of them, however many there are.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from governance import v1
from governance_client.console import choosing, naming, typed, words
from governance_client.console.following import FORMS, known_options
from governance_client.console.inert import inert
from governance_client.console.verbs import JUDGEMENTS, OFF, RESULTS
from governance_client.console.vocabulary import OPTIONS, SAYING, Option, Takes, Verb
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

OFFERED: Final = 50
"""Most completions at a time; a longer list is no help."""
LOOKED_AT: Final = 1000
"""So many of the most urgent decisions are looked at for those that begin as typed, before the index is asked."""
_ROW: Final = re.compile(r"[1-9][0-9]{0,4}")
_NEXT_DIGITS: Final = range(10)
_MEANING: Final = 60
"""Characters that stand beside a completion."""


class World(Protocol):
    """What completion asks about what is there. All texts that it returns are inert, but for ids, names and reasons."""

    def pending(self) -> Sequence[v1.Decision]:
        """Return what waits for a person, most urgent first. Must cost nothing: the replica keeps it."""

    def starting(self, prefix: str, most: int) -> Sequence[v1.Decision]:
        """Return at most so many known decisions whose id starts so. Must not look at all there are."""

    def find(self, word: str) -> v1.Decision | None:
        """Return the decision that a row number, an id, a prefix, `.` or an empty word means; None where none does."""

    def prefix(self, decision: v1.Decision) -> str:
        """Return the shortest start of its id, of at least 8 characters, that no other known one has."""

    def describe(self, decision: v1.Decision) -> str:
        """Tell a decision's risk, action, target and time left."""

    def reasons(self) -> Iterable[str]:
        """Return what was said before, newest first."""

    def halts(self) -> Iterable[tuple[str, str]]:
        """Return the halts in force: the id of each, and what it covers."""

    def operators(self) -> Iterable[str]:
        """Return the names of operators that are known here."""

    def groups(self) -> Iterable[tuple[str, str]]:
        """Return the groups of the last `batch`: the number of each, and what it is of."""


class Offer(NamedTuple):
    """One completion.

    Attributes:
        text: What the word becomes.
        start: Where the word starts, counted back from the cursor: 0 or less.
        meaning: What it stands for, inert.
    """

    text: str
    start: int
    meaning: str


class _Place(NamedTuple):
    """Where in a line the cursor stands.

    Attributes:
        verb: The verb of the line.
        words: The words before the one that is typed, without options and their values.
        option: The option whose value is typed; None where it is no such value.
        word: What is typed of the word so far, without quotes.
        size: How many characters that takes in the line.
    """

    verb: Verb
    words: tuple[str, ...]
    option: Option | None
    word: str
    size: int


def complete(before: str, world: World) -> Iterable[Offer]:
    """Return completions for the word before the cursor, at most `OFFERED`.

    Args:
        before: The line up to the cursor.
        world: What is there.
    """
    return list(islice(_offers(before.lstrip(), world), OFFERED))


def _offers(before: str, world: World) -> Iterator[Offer]:
    name, space, rest = before.partition(" ")
    if not space:
        yield from _verbs(name)
        return
    verb = naming.named(name)
    place = _place(verb, rest) if verb else None
    if place is None:
        return
    for text, meaning in _candidates(place, world):
        yield Offer(text, -place.size, meaning)


def _verbs(word: str) -> Iterator[Offer]:
    from governance_client.console.vocabulary import VERBS

    for verb in VERBS:
        # the name in the language in use is offered; English ones where somebody has begun to type one
        names = [naming.called(verb), verb.name, *verb.aliases]
        fitting = next((name for name in (names if word else names[:1]) if name.startswith(word)), None)
        if fitting:
            yield Offer(fitting, -len(word), _(verb.summary))


def _place(verb: Verb, rest: str) -> _Place | None:
    """Return where the cursor stands after a verb."""
    done, last, size = _parted(rest)
    options = {each.name: each for each in known_options(verb)}
    found: list[str] = []
    waiting: Option | None = None
    for each in done:
        if waiting is not None:
            waiting = None
        elif each.quoted or not each.text.startswith("--"):
            found.append(each.text)
        elif "=" not in each.text:
            option = options.get(each.text)
            waiting = option if option and option.value else None
    name, equals, value = last.partition("=")
    if waiting is None and equals and name in options and options[name].value:
        return _Place(verb, tuple(found), options[name], value, size - len(name) - 1)
    return _Place(verb, tuple(found), waiting, last, size)


def _parted(rest: str) -> tuple[list[typed.Word], str, int]:
    """Return the finished words, what the unfinished one says so far, and how many characters that takes."""
    try:
        found = typed.words(rest)
    except typed.UnclosedError as error:
        before = "".join(each.text for each in typed.words(rest[error.word : error.start]))
        return typed.words(rest[: error.word]), before + rest[error.start + 1 :], len(rest) - error.word
    if not found or found[-1].end < len(rest):
        return found, "", 0
    return found[:-1], found[-1].text, found[-1].end - found[-1].start


def _candidates(place: _Place, world: World) -> Iterator[tuple[str, str]]:
    """Yield what the word may become, and what that stands for."""
    if place.option is not None:
        yield from _values(place, world)
        return
    if place.word.startswith("--"):
        yield from ((each.name, _(each.summary)) for each in _fitting_options(place))
        return
    yield from _positional(place, world)
    if not place.word:
        yield from ((each.name, _(each.summary)) for each in place.verb.options)


def _fitting_options(place: _Place) -> Iterator[Option]:
    return (each for each in known_options(place.verb) if each.name.startswith(place.word))


def _values(place: _Place, world: World) -> Iterator[tuple[str, str]]:
    """Yield what the value of an option may become."""
    option, word = place.option, place.word
    assert option is not None, "asked only where there is one"
    if option.name in SAYING:
        yield from _reasons(word, world)
    elif option is OPTIONS["--to"]:
        yield from _starting(word, choosing.values("tier"))
    elif option is OPTIONS["--format"]:
        yield from _starting(word, FORMS)
    elif option is OPTIONS["--scope"]:
        yield from _scopes(word)
    elif option is OPTIONS["--for"]:
        yield from _starting(word, _SPANS)


_SPANS: Final = ("5m", "10m", "15m", "30m", "1h", "4h")


def _positional(place: _Place, world: World) -> Iterator[tuple[str, str]]:
    """Yield what a word that is no option may become."""
    takes, at, word = place.verb.takes, len(place.words), place.word
    if takes in {Takes.FILTERS, Takes.FILTERS_OR_OFF} or (takes is Takes.FILE_AND_FILTERS and at):
        yield from _filters(word)
        if takes is Takes.FILTERS_OR_OFF and not at:
            yield from _starting(word, (OFF,))
    elif place.verb.about_one and at == 0:
        yield from _ids(word, world)
    elif place.verb.about_one:
        yield from _after_id(place, world)
    elif takes is Takes.MAYBE_TEXT and at == 0:
        yield from _reasons(word, world)
    elif takes is Takes.HALT_AND_TEXT:
        yield from _pairs(word, world.halts()) if at == 0 else _reasons(word, world, first=at == 1)
    elif takes is Takes.GROUP_AND_JUDGEMENT:
        yield from _of_group(place, world)
    elif takes is Takes.MAYBE_NAME and at == 0:
        yield from _starting(word, world.operators())
    elif takes is Takes.MAYBE_VERB and at == 0:
        yield from ((offer.text, offer.meaning) for offer in _verbs(word))


def _after_id(place: _Place, world: World) -> Iterator[tuple[str, str]]:
    """Yield what may stand after an id."""
    takes, at, word = place.verb.takes, len(place.words), place.word
    if takes is Takes.ID_AND_CHANGES:
        decision = world.find(place.words[0])
        yield from _changes(word, decision) if decision is not None else ()
    elif takes is Takes.ID_AND_SPAN and at == 1:
        yield from _starting(word, _SPANS)
    elif takes is Takes.ID_AND_NAME and at == 1:
        yield from _starting(word, world.operators())
    elif takes is Takes.ID_RESULT_AND_TEXT and at == 1:
        yield from _starting(word, RESULTS)
    elif takes in {Takes.ID_AND_TEXT, Takes.ID_AND_MAYBE_TEXT}:
        yield from _reasons(word, world, first=at == 1)


def _of_group(place: _Place, world: World) -> Iterator[tuple[str, str]]:
    match len(place.words):
        case 0:
            yield from _pairs(place.word, world.groups())
        case 1:
            yield from _starting(place.word, JUDGEMENTS)
        case at:
            yield from _reasons(place.word, world, first=at == 2)  # noqa: PLR2004 - after the group and the judgement


def _ids(word: str, world: World) -> Iterator[tuple[str, str]]:
    """Yield rows and ids that begin as typed, most urgent first as far as one can look."""
    if _ROW.fullmatch(word):
        for number in (word, *(f"{word}{digit}" for digit in _NEXT_DIGITS)):
            found = world.find(number)
            if found is not None and not found.decision_id.startswith(number):
                yield number, world.describe(found)
    seen: set[str] = set()
    urgent = (each for each in islice(world.pending(), LOOKED_AT) if each.decision_id.startswith(word))
    others = world.starting(word, OFFERED) if word else ()
    for decision in (*islice(urgent, OFFERED), *others):
        name = decision.decision_id
        if name not in seen and inert(name) == name:
            seen.add(name)
            yield max(world.prefix(decision), word, key=len), world.describe(decision)


def _filters(word: str) -> Iterator[tuple[str, str]]:
    key, equals, value = word.partition("=")
    if not equals:
        bare = (*choosing.values("risk"), choosing.MINE, *choosing.values("state"))
        yield from _starting(word, [*bare, *(f"{each}=" for each in choosing.KEYS)])
        return
    done, comma, last = value.rpartition(",")
    if inert(done) != done:
        return  # what was typed so far cannot be offered again as it is
    minus = "-" if key == "sort" and value.startswith("-") else ""
    for each in choosing.values(key):
        if f"{minus}{each}".startswith(last):
            yield f"{key}={done}{comma}{minus}{each}", ""


def _scopes(word: str) -> Iterator[tuple[str, str]]:
    yield from _starting(word, ("all", "core=", "target="))
    yield from _starting(word, [f"action={each}" for each in _english(v1.ActionType.items(), "ACTION_TYPE_")])


def _changes(word: str, decision: v1.Decision) -> Iterator[tuple[str, str]]:
    """Yield what can be changed of a decision's action; its own targets and parameters among it."""
    action = decision.proposal.action
    scopes = [f"scope={each}" for each in _english(v1.ActionScope.items(), "ACTION_SCOPE_")]
    now = words.scope(action.scope)
    yield from ((each, _("now {scope}").format(scope=now)) for each in scopes if each.startswith(word))
    yield from _starting(word, ("duration=15m", "duration=1h", "duration=none"))
    if len(action.targets) > 1:
        yield from _starting(word, [f"targets-={each.value}" for each in islice(action.targets, OFFERED)])
    yield from _starting(word, [f"targets+={each}:" for each in _english(v1.TargetKind.items(), "TARGET_KIND_")])
    for name in islice(sorted(action.parameters), OFFERED):
        meaning = _("now {value}").format(value=inert(action.parameters[name], limit=_MEANING))
        yield from ((text, meaning) for text, _none in _starting(word, [f"parameters.{name}="]))
    yield from _starting(word, [f"parameters-={name}" for name in islice(sorted(action.parameters), OFFERED)])
    if word:
        yield from _starting(word, [f"type={each}" for each in _english(v1.ActionType.items(), "ACTION_TYPE_")])


def _english(items: Iterable[tuple[str, int]], prefix: str) -> list[str]:
    return [name.removeprefix(prefix).lower() for name, number in items if number]


def _reasons(word: str, world: World, *, first: bool = True) -> Iterator[tuple[str, str]]:
    """Yield what was said before that begins as typed; only for the first word, since it stands for all of them."""
    if first:
        yield from _starting(word, world.reasons())


def _pairs(word: str, pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((typed.quoted(name), meaning) for name, meaning in pairs if name.startswith(word) and inert(name) == name)


def _starting(word: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the texts that begin as typed, in quotes where they need them. What is not inert cannot be typed."""
    for text in texts:
        if text.startswith(word) and inert(text) == text:
            key, equals, value = text.partition("=")
            parted = equals and " " in value and " " not in key
            yield f"{key}={typed.quoted(value)}" if parted else typed.quoted(text), ""
