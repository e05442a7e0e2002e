"""What a line means: the verb, and what was typed after it. Pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_client.console import naming, typed
from governance_client.console.choosing import EVERYTHING, Selection, listing
from governance_client.console.following import Following, after
from governance_client.console.inert import inert, sentence
from governance_client.console.nearest import nearest
from governance_client.console.vocabulary import NOBODY as NOBODY_OPTION
from governance_client.console.vocabulary import Takes, Verb, usage
from governance_client.language import _, pgettext
from governance_client.operator.spans import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

NOBODY: Final = NOBODY_OPTION.name
"""Stands for a name in `Request.words`, where a decision is to be nobody's."""
FOCUS: Final = "."
"""Means the decision in focus; so does an id that is left out."""
OFF: Final = "off"
"""Stands in `Request.words` of `filter`, where nothing is to be narrowed any more."""
RESULTS: Final = {"executed": v1.OUTCOME_RESULT_EXECUTED, "failed": v1.OUTCOME_RESULT_FAILED}
"""What may be found of an outcome that nobody knew."""
JUDGEMENTS: Final = ("approve", "reject")
"""What may be done with a group."""
_SHOWN: Final = 40
"""Characters of a mistyped word that are repeated."""


class Request(NamedTuple):
    """A line that was understood.

    Attributes:
        verb: What to do.
        word: What it is about: an id, its prefix, a row number or `.`; empty or `.` means the decision in focus. For
            other verbs the halt, the group, the operator or the verb that was named; empty where none was.
        text: The comment or reason, or whatever else is said. Empty where nothing was: a person is then asked.
        words: What else was typed: changes; the name or `NOBODY`; a key of `RESULTS`; one of `JUDGEMENTS`; `OFF`.
        scope: What to halt.
        for_s: For how many seconds; 0 where it was not said.
        selection: Which decisions to list.
        sort: By what; empty where it was not said.
        page: Which page of the list, from 1.
        target: What a script types back where a person is asked for the target.
        yes: A script's `yes`.
        role: Which role to escalate to; 0 where it was not said.
        file: Where to write.
        form: How to write it: "json" or "csv".
        force: Write over what is there.
    """

    verb: Verb
    word: str = ""
    text: str = ""
    words: tuple[str, ...] = ()
    scope: v1.HaltScope | None = None
    for_s: int = 0
    selection: Selection = EVERYTHING
    sort: str = ""
    page: int = 1
    target: str = ""
    yes: bool = False
    role: int = 0
    file: str = ""
    form: str = "json"
    force: bool = False


class Mistake(NamedTuple):
    """A line that was not understood.

    Attributes:
        message: What is wrong and what to type, inert.
    """

    message: str


def parse(line: str) -> Request | Mistake | None:
    """Return what a line asks for; None for an empty one. Nothing is guessed: verbs are typed whole."""
    name, *_more = line.split(maxsplit=1) or [""]
    if not name:
        return None
    verb = naming.named(name)
    if verb is None:
        return Mistake(_unknown(name))
    rest = line.lstrip()[len(name) :]
    try:
        following = after(verb, rest)
        return _understood(verb, following)
    except ValueError as error:
        text = _("{problem} It is typed so: {usage}")
        return Mistake(text.format(problem=_sentence(sentence(str(error))), usage=usage(verb)))


def _unknown(name: str) -> str:
    shown, near = inert(name, limit=_SHOWN), nearest(name, naming.names())
    if near:
        return _("There is no verb `{name}`. Did you mean `{near}`? `help` lists them.").format(name=shown, near=near)
    return _("There is no verb `{name}`. `help` lists them.").format(name=shown)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _understood(verb: Verb, following: Following) -> Request:
    """Return the request. Raises ValueError, with a sentence, where something does not fit."""
    return _SHAPES[verb.takes](_with_options(Request(verb), following), following)


def _with_options(request: Request, following: Following) -> Request:
    """Return the request with what its options say."""
    said = following.options
    return request._replace(
        text=said.text,
        scope=said.scope or (v1.HaltScope(all=True) if request.verb.takes is Takes.MAYBE_TEXT else None),
        for_s=said.for_s,
        target=said.target,
        yes=said.yes,
        role=said.role,
        form=said.form or "json",
        force=said.force,
    )


def _text(request: Request, following: Following, skipped: int) -> str:
    """Return what is said: after an option, or in the words after the first so many; not in both."""
    said = following.raw(skipped)
    if said and request.text:
        text = _("`{words}` is too much after the option that says the text. Several words go in quotes")
        raise ValueError(text.format(words=inert(said, limit=_SHOWN)))
    return request.text or said


def _alone(request: Request, following: Following) -> Request:
    _refuse_more(following.words)
    return request


def _one(request: Request, following: Following) -> Request:
    _refuse_more(following.words[1:])
    return request._replace(word=following.word(0))


def _said(request: Request, following: Following) -> Request:
    return request._replace(text=_text(request, following, 0))


def _one_and_said(request: Request, following: Following) -> Request:
    return request._replace(word=following.word(0), text=_text(request, following, 1))


def _halt_and_said(request: Request, following: Following) -> Request:
    if not following.words:
        raise ValueError(_("Which halt? `halts` lists them"))
    return _one_and_said(request, following)


def _refuse_more(more: list[typed.Word]) -> None:
    if more:
        raise ValueError(_("`{word}` is too much here").format(word=inert(more[0].text, limit=_SHOWN)))


def _changes(request: Request, following: Following) -> Request:
    word = following.word(0)
    if "=" in word:
        text = _("`{word}` stands where the ID is typed. For the decision in focus type `.` before it")
        raise ValueError(text.format(word=inert(word, limit=_SHOWN)))
    changes = tuple(each.text for each in following.words[1:])
    if not changes:
        raise ValueError(_("What is to be changed? For example scope=host"))
    return request._replace(word=word, words=changes)


def _span(request: Request, following: Following) -> Request:
    span = following.word(1)
    _refuse_more(following.words[1 if request.for_s else 2 :])
    if span:
        return request._replace(word=following.word(0), for_s=seconds_of(span), words=(span,))
    if not request.for_s:
        raise ValueError(_("For how long? Type the ID, or `.` for the decision in focus, and then as in 5m"))
    return request._replace(word=following.word(0))


def _name(request: Request, following: Following) -> Request:
    nobody = following.options.nobody
    _refuse_more(following.words[1 if nobody else 2 :])
    if not nobody and len(following.words) < 2:  # noqa: PLR2004 - the id and the name
        raise ValueError(_("To whom? Type the ID, or `.` for the decision in focus, and then a name or --nobody"))
    return request._replace(word=following.word(0), words=(NOBODY if nobody else following.word(1),))


def _result(request: Request, following: Following) -> Request:
    result = _english(following.word(1))
    if result not in RESULTS:
        raise ValueError(_("What was found? After the ID, or `.` for the decision in focus, type executed or failed"))
    return request._replace(word=following.word(0), words=(result,), text=_text(request, following, 2))


def _group(request: Request, following: Following) -> Request:
    word, judgement = following.word(0), _english(following.word(1))
    if judgement and judgement not in JUDGEMENTS:
        text = _("`{word}` cannot be done with a group; approve and reject can")
        raise ValueError(text.format(word=inert(judgement, limit=_SHOWN)))
    if (request.text or request.yes or request.target) and not judgement:
        raise ValueError(_("What is to be done with the group, approve or reject?"))
    words = (judgement,) if judgement else ()
    return request._replace(word=word, words=words, text=_text(request, following, 2))


def _english(word: str) -> str:
    """Return the English word for one in the language in use; any other as it is."""
    spoken = {
        pgettext("outcome", "executed"): "executed",
        pgettext("outcome", "failed"): "failed",
        naming.called_by("approve"): "approve",
        naming.called_by("reject"): "reject",
    }
    return spoken.get(word, word)


def _listing(request: Request, following: Following) -> Request:
    words = [each.text for each in following.words]
    if request.verb.takes is Takes.FILE_AND_FILTERS:
        if not words:
            raise ValueError(_("To which file?"))
        request = request._replace(file=words.pop(0))
        if not following.options.form and request.file.casefold().endswith(".csv"):
            request = request._replace(form="csv")
    if request.verb.takes is Takes.FILTERS_OR_OFF and words == [OFF]:
        return request._replace(words=(OFF,))
    found = listing([*words, *following.options.filters])
    return request._replace(selection=found.selection, sort=found.sort, page=found.page, words=tuple(words))


_SHAPES: Final[Mapping[Takes, Callable[[Request, Following], Request]]] = MappingProxyType(
    {
        Takes.NOTHING: _alone,
        Takes.FILTERS: _listing,
        Takes.FILTERS_OR_OFF: _listing,
        Takes.FILE_AND_FILTERS: _listing,
        Takes.ID: _one,
        Takes.ID_AND_MAYBE_TEXT: _one_and_said,
        Takes.ID_AND_TEXT: _one_and_said,
        Takes.ID_AND_WORDS: _one_and_said,
        Takes.ID_AND_CHANGES: _changes,
        Takes.ID_AND_SPAN: _span,
        Takes.ID_AND_NAME: _name,
        Takes.ID_RESULT_AND_TEXT: _result,
        Takes.MAYBE_TEXT: _said,
        Takes.HALT_AND_TEXT: _halt_and_said,
        Takes.MAYBE_NAME: _one,
        Takes.MAYBE_VERB: _one,
        Takes.GROUP_AND_JUDGEMENT: _group,
    }
)


def said_before(lines: Iterable[str]) -> Iterator[str]:
    """Yield the comments and reasons in lines that were typed, in their order, each once."""
    seen: set[str] = set()
    for line in lines:
        request = parse(line)
        if isinstance(request, Request) and request.text and request.text not in seen:
            seen.add(request.text)
            yield request.text
