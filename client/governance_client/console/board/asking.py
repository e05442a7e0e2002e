"""Asking: what a key on the board wants to know before anything is sent, and what its answer means. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console import words
from governance_client.console.board.dialogue import asked
from governance_client.console.history import change_lines
from governance_client.console.inert import fit, inert, value
from governance_client.console.naming import called
from governance_client.console.rendering import clip, short_id, targets
from governance_client.console.typed import words as typed_words
from governance_client.console.verbs import Request
from governance_client.language import N_, _, ngettext
from governance_client.operator import differences
from governance_client.operator.modification import GRAMMAR
from governance_client.operator.spans import seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from governance import v1
    from governance_client.console.board.dialogue import Question
    from governance_client.console.care import Care
    from governance_client.console.rendering import Line
    from governance_client.console.vocabulary import Verb

_WHAT: Final[Mapping[str, str]] = {
    "reject": N_("why reject it?"),
    "escalate": N_("why escalate it?"),
    "modify": N_("what to change?"),
    "defer": N_("for how long? 5m, 1h30m:"),
    "ask": N_("what to ask core?"),
}
"""What each verb that takes more than the decision asks for."""
_ACT_COLUMNS: Final = 120
"""So much is told of an action in a question; its page tells the rest."""


def label(verb: Verb) -> str:
    """Return what is asked, beside what is typed."""
    return _(_WHAT[verb.name])


def takes_text(verb: Verb) -> bool:
    """Return whether something has to be typed for a verb besides the confirmation."""
    return verb.name in _WHAT


def about(verb: Verb, decision: v1.Decision, short: Callable[[str], str] = short_id) -> Question:
    """Return the question that names what the typed words will be about; ids are shortened so."""

    def question(width: int) -> Sequence[Line]:
        grammar = asked_softly(_(GRAMMAR), width) if verb.name == "modify" else []
        return [*asked(_told(verb, decision, short), width), *grammar]

    return question


def comment(verb: Verb, decision: v1.Decision, short: Callable[[str], str] = short_id) -> Question:
    """Return the question that names what a comment will be about; ids are shortened so."""

    def question(width: int) -> Sequence[Line]:
        return asked(_told(verb, decision, short), width)

    return question


def _told(verb: Verb, decision: v1.Decision, short: Callable[[str], str]) -> str:
    return _("{verb} {what}").format(verb=called(verb), what=named(decision, decision.proposal.action, short))


def confirmation(
    request: Request, decision: v1.Decision, action: v1.Action, care: Care, short: Callable[[str], str] = short_id
) -> Question:
    """Return the question that names what is decided, and what has to be typed for that; ids are shortened so."""

    def question(width: int) -> Sequence[Line]:
        expect = value(care.expect)  # in quotes if it has several words, so that they do not read as the question's
        text = _("type {answer} to {verb} {what}").format(
            answer=expect, verb=called(request.verb), what=named(decision, action, short)
        )
        reason = [clip([("class:dim", inert(request.text))], width)] if request.text else []
        changes = list(change_lines(differences(decision.proposal.action, action), width))
        return [*asked(text, width), *_every(action, width), *changes, *reason]

    return question


def asked_softly(text: str, width: int) -> list[Line]:
    """Return a remark as lines. It is inert already."""
    return [[("class:dim", plain)] for line in asked(text, width) for _style, plain in line]


def named(decision: v1.Decision, action: v1.Action, short: Callable[[str], str] = short_id) -> str:
    """Return a decision as it is named in questions: action, target, id and risk, bounded and inert."""
    what = fit(f"{words.action_type(action.type)} {targets(action)}", _ACT_COLUMNS)
    return _("{action}, {id}, {risk}").format(
        action=what, id=short(decision.decision_id), risk=words.risk(decision.assessment.risk)
    )


def request_of(verb: Verb, decision: v1.Decision, typed: str) -> Request:
    """Return what is asked for with what was typed.

    Raises:
        ValueError: Nothing was typed, or it makes no sense; the sentence says what to type.
    """
    text = typed.strip()
    if not text:
        raise ValueError(_("nothing was typed: type it, or Escape leaves"))
    if verb.name == "modify":
        return Request(verb, decision.decision_id, words=tuple(each.text for each in typed_words(text)))
    if verb.name == "defer":
        return Request(verb, decision.decision_id, words=(text,), for_s=seconds_of(text))
    return Request(verb, decision.decision_id, text=text)


def _every(action: v1.Action, width: int) -> list[Line]:
    count = len(action.targets)
    if count <= 1:
        return []
    told = ngettext("It acts on all {count} targets.", "It acts on all {count} targets.", count)
    return asked_softly(told.format(count=count), width)
