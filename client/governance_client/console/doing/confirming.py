"""Confirming: the operator is asked before something is done, and only the very answer does it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import refusals, words
from governance_client.console.care import APPROVING, Care, answers, care, yes_word
from governance_client.console.doing.paging import BELOW, shown_whole
from governance_client.console.history import change_lines
from governance_client.console.inert import value, width_of, wrap
from governance_client.console.lines import Line, clip
from governance_client.console.naming import called
from governance_client.console.rendering import summary, targets
from governance_client.console.surface import Interrupted
from governance_client.console.typed import quoted
from governance_client.language import N_, _, ngettext
from governance_client.operator import differences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance_client.console.talk import Talk
    from governance_client.console.verbs import Request
    from governance_client.console.vocabulary import Verb

_SHOWN_FIRST: Final = frozenset({int(v1.RISK_LEVEL_HIGH), int(v1.RISK_LEVEL_CRITICAL)})
"""Approvals of these risks show the page first, whatever the policy says."""
_WHY: Final[Mapping[str, str]] = {
    "reject": N_("why reject it?"),
    "escalate": N_("why escalate it?"),
    "undo": N_("why undo it?"),
    "halt": N_("why halt?"),
    "release-halt": N_("why release it?"),
    "ask": N_("what to ask core?"),
    "revise": N_("what should core do otherwise?"),
    "note": N_("what to note?"),
    "reconcile": N_("what was found, and how?"),
}
"""The verbs that have to say something, and what they are asked where they did not."""
_ROOM: Final = 2
"""Columns between a question and its answer."""


async def reasoned(talk: Talk, request: Request) -> Request | None:
    """Return the request with its reason, asking for it where there is none; None where none was given."""
    name = request.verb.name
    if request.text or name not in _WHY:
        return request
    if not talk.surface.interactive:
        talk.refuse(
            _("`{verb}` needs a reason: add --reason TEXT. Nothing was done.").format(verb=called(request.verb))
        )
        return None
    try:
        question: Line = [("class:prompt", _(_WHY[name])), ("", " ")]
        said = (await talk.surface.answer(question, several_lines=True)).strip()
    except Interrupted:
        said = ""
    if not said:
        talk.say("dim", _("Nothing was said, so nothing was done."))
        return None
    return request._replace(text=said)


async def confirmed(talk: Talk, request: Request, decision: v1.Decision, action: v1.Action) -> bool:
    """Show what would be done to a decision, and return whether the answer to that is what was asked for.

    Where nobody can be asked, the request itself has to say the target where that is asked for.

    Args:
        talk: Where.
        request: What is to be done.
        decision: To what.
        action: What core would do.
    """
    asked = care(request.verb, decision, talk.rules, action)
    if not talk.surface.interactive:
        return _said_beforehand(talk, request, decision, asked)
    before = _forewarned(talk, request.verb, decision)
    if _wants_page(talk, request.verb, decision, asked):
        if not await _read(talk, decision, before, len(_about(talk, decision, action))):
            talk.say("dim", _("Nothing was decided."))
            return False
    else:
        talk.tell(before)
    talk.tell(_about(talk, decision, action))
    told = f"{talk.short(decision.decision_id)} {words.action_type(action.type)} {targets(action)}"
    while await agreed(talk, asked, request.verb, told):
        if not (left_s := _left_s(talk, decision, asked)):
            return True
        talk.say("late", _too_soon(left_s, asked))
    talk.say("dim", _("Nothing was decided."))
    return False


async def agreed(talk: Talk, asked: Care, verb: Verb, told: str) -> bool:
    """Return whether what was asked for was typed, whole, after the question was shown.

    Args:
        talk: Where.
        asked: What has to be typed.
        verb: What would be done.
        told: To what, inert.
    """
    expect = value(asked.expect)  # in quotes if it has several words, so that they do not read as the question's
    question = _("type {answer} to {verb} {what}").format(answer=expect, verb=called(verb), what=told)
    room = max(talk.surface.width - _ROOM - width_of(expect), width_of(question) - width_of(told))
    try:
        return answers(asked, await talk.surface.answer([*clip([("class:prompt", question)], room), ("", ": ")]))
    except Interrupted:
        return False


async def yes(talk: Talk, verb: Verb, told: str) -> bool:
    """Return whether `yes` was typed to something that is about no decision; where nobody can be asked, it was."""
    return not talk.surface.interactive or await agreed(talk, Care("yes", yes_word(), 0.0), verb, told)


def _wants_page(talk: Talk, verb: Verb, decision: v1.Decision, asked: Care) -> bool:
    looked_at = decision.assessment.risk in _SHOWN_FIRST or asked.least_s > 0
    return verb.name in APPROVING and looked_at and talk.attention.presentation(decision) is None


async def _read(talk: Talk, decision: v1.Decision, before: Sequence[Line], after: int) -> bool:
    """Show the page, and return whether all of it was shown: what is grave may not scroll off before it was seen."""
    if decision.assessment.risk in _SHOWN_FIRST:
        return await shown_whole(talk, decision, before, after + BELOW)
    talk.tell(before)
    talk.show_page(decision)
    return True


def _forewarned(talk: Talk, verb: Verb, decision: v1.Decision) -> list[Line]:
    """Return why the server would refuse what is about to be asked, as lines; none where it would not."""
    told = refusals.foreseen(verb.name, decision, talk.you, talk.now_us)
    return [[("class:late", piece)] for piece in wrap(told, talk.surface.width) if piece]


def _about(talk: Talk, decision: v1.Decision, action: v1.Action) -> list[Line]:
    """Return what stands right before the question: what it is about, and what would be changed."""
    width = talk.surface.width
    lines = [summary(decision, talk.now_us, width, short=talk.short)]
    if len(action.targets) > 1:
        count = len(action.targets)
        every = ngettext(
            "It acts on all {count} targets; `show` lists them.",
            "It acts on all {count} targets; `show` lists them.",
            count,
        )
        lines.append(clip([("class:dim", every.format(count=count))], width))
    return [*lines, *change_lines(differences(decision.proposal.action, action), width)]


def _said_beforehand(talk: Talk, request: Request, decision: v1.Decision, asked: Care) -> bool:
    """Say whether a request from a program has what a person would be asked for. Refuses itself."""
    if asked.kind != "yes" and request.target != asked.expect:
        wanted = _("`{verb}` of a {risk} decision wants its target named: --target {expect}. Nothing was decided.")
        risk = words.risk(decision.assessment.risk)
        talk.refuse(wanted.format(verb=called(request.verb), risk=risk, expect=quoted(asked.expect)))
        return False
    if left_s := _left_s(talk, decision, asked):
        talk.refuse(_too_soon(left_s, asked))
        return False
    return True


def _left_s(talk: Talk, decision: v1.Decision, asked: Care) -> int:
    """Return for how many whole seconds a decision has to be read still; 0 where it was read for long enough."""
    return max(math.ceil(asked.least_s - talk.attention.read_s(decision)), 0)


def _too_soon(left_s: int, asked: Care) -> str:
    return ngettext(
        "The policy wants this read for {least} s before it is approved: {count} s are left. Nothing was decided yet.",
        "The policy wants this read for {least} s before it is approved: {count} s are left. Nothing was decided yet.",
        left_s,
    ).format(least=f"{asked.least_s:g}", count=left_s)
