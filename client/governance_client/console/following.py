"""What follows a verb: the words, and the options among them with their values. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.console import typed
from governance_client.console.choosing import number
from governance_client.console.inert import inert
from governance_client.console.nearest import suggestion
from governance_client.console.vocabulary import (
    ALL,
    FORCE,
    FORMAT,
    MINE,
    NOBODY,
    OPTIONS,
    REASON,
    SAYING,
    SCOPE,
    TARGET,
    TO_ROLE,
    YES,
    Option,
    Takes,
    Verb,
)
from governance_client.console.vocabulary import FOR as FOR_SPAN
from governance_client.language import _
from governance_client.operator.scopes import scope_of
from governance_client.operator.spans import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance import v1

FORMS: Final = ("json", "csv")
"""How decisions can be written to a file."""
_ENDS: Final = "--"
"""Whatever comes after it is no option, as for every program."""
_SHOWN: Final = 40
_WITH_TEXT: Final = frozenset(
    {
        Takes.ID_AND_MAYBE_TEXT,
        Takes.ID_AND_TEXT,
        Takes.ID_AND_WORDS,
        Takes.ID_AND_CHANGES,
        Takes.ID_RESULT_AND_TEXT,
        Takes.MAYBE_TEXT,
        Takes.HALT_AND_TEXT,
        Takes.GROUP_AND_JUDGEMENT,
    }
)


class Said(NamedTuple):
    """What the options say; empty, 0 and False for those that were not typed."""

    text: str = ""
    scope: v1.HaltScope | None = None
    for_s: int = 0
    target: str = ""
    yes: bool = False
    role: int = 0
    form: str = ""
    force: bool = False
    nobody: bool = False
    filters: tuple[str, ...] = ()


class Following(NamedTuple):
    """What follows a verb.

    Attributes:
        line: All of it, as it was typed.
        words: Those that are no option and no option's value.
        options: What the options say.
    """

    line: str
    words: list[typed.Word]
    options: Said

    def word(self, index: int) -> str:
        """Return what a word says; nothing where there are not so many."""
        return self.words[index].text if index < len(self.words) else ""

    def raw(self, skipped: int) -> str:
        """Return what the words after the first so many say, as it was typed; options that part them are left out."""
        groups: list[list[typed.Word]] = []
        for each in self.words[skipped:]:
            if groups and not self.line[groups[-1][-1].end : each.start].strip():
                groups[-1].append(each)
            else:
                groups.append([each])
        return " ".join(typed.raw(self.line, group) for group in groups).strip()


def known_options(verb: Verb) -> list[Option]:
    """Return the options that a verb understands: its own, and every name for what it is told."""
    saying = [OPTIONS[name] for name in sorted(SAYING)] if verb.takes in _WITH_TEXT else []
    return list(dict.fromkeys([*verb.options, *saying]))


def after(verb: Verb, line: str) -> Following:
    """Return what follows a verb. Raises ValueError, with a sentence, where an option is none or has no good value."""
    words, said = list[typed.Word](), Said()
    rest = iter(typed.words(line))
    for word in rest:
        if not _is_option(word):
            words.append(word)
        elif word.text == _ENDS:
            words += rest
        else:
            said = _take(verb, said, word.text, rest)
    return Following(line, words, said)


def _is_option(word: typed.Word) -> bool:
    return word.text.startswith("--") and not word.quoted


def _take(verb: Verb, said: Said, text: str, rest: Iterator[typed.Word]) -> Said:
    """Return what the options say, with one more."""
    name, equals, value = text.partition("=")
    option = next((each for each in known_options(verb) if each.name == name), None)
    if option is None:
        raise ValueError(_unknown(verb, name))
    if not option.value:
        if equals:
            raise ValueError(_("`{option}` takes no value").format(option=name))
        return _switched(said, option)
    if not equals:
        following = next(rest, None)
        value = "" if following is None or _is_option(following) else following.text
    if not value.strip():
        raise ValueError(_("`{option}` needs a value after it").format(option=name))
    return _valued(said, option, value.strip())


def _unknown(verb: Verb, name: str) -> str:
    known = [each.name for each in known_options(verb)]
    shown = inert(name, limit=_SHOWN)
    if not known:
        return _("There is no option `{option}` here; a text that has it in it goes in quotes").format(option=shown)
    text = _("There is no option `{option}` here. {hint} A text that has it in it goes in quotes")
    return text.format(option=shown, hint=suggestion(name, known))


def _switched(said: Said, option: Option) -> Said:
    if option in {MINE, ALL}:
        return said._replace(filters=(*said.filters, option.name))
    if option is YES:
        return said._replace(yes=True)
    if option is FORCE:
        return said._replace(force=True)
    assert option is NOBODY, "every option without a value is taken"
    return said._replace(nobody=True)


def _valued(said: Said, option: Option, value: str) -> Said:
    if option.name in SAYING:
        if said.text:
            text = _("The text stands there twice; say it once, after {option} or another")
            raise ValueError(text.format(option=REASON.name))
        return said._replace(text=value)
    if option is SCOPE:
        return said._replace(scope=scope_of(value))
    if option is FOR_SPAN:
        return said._replace(for_s=seconds_of(value))
    if option is TO_ROLE:
        return said._replace(role=number("tier", value))
    if option is TARGET:
        return said._replace(target=value)
    assert option is FORMAT, "every option with a value is taken"
    if value not in FORMS:
        text = _("Nothing can be written as `{word}`; write json or csv")
        raise ValueError(text.format(word=inert(value, limit=_SHOWN)))
    return said._replace(form=value)
