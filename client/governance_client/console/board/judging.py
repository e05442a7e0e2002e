"""Judging: from a key to a command, with the same care as at the prompt; and what became of it."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import refusals
from governance_client.console.board import asking
from governance_client.console.board.dialogue import Dialogue
from governance_client.console.building import about_decision, action_of
from governance_client.console.care import APPROVING, answers, care
from governance_client.console.history import approval_told
from governance_client.console.inert import inert, sentence, wrap
from governance_client.console.naming import called
from governance_client.console.pace import Pace
from governance_client.console.verbs import Request
from governance_client.console.vocabulary import BY_NAME
from governance_client.digest import action_digest
from governance_client.errors import ClientError, ProtocolError
from governance_client.language import _, ngettext
from governance_client.operator import DisconnectedError, OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_client.console.board.dialogue import Question
    from governance_client.console.board.foot import Foot
    from governance_client.console.board.reading import Reading
    from governance_client.console.care import Care
    from governance_client.console.lines import Line
    from governance_client.console.talk import Talk
    from governance_client.console.vocabulary import Verb

_READ_WHOLE: Final = frozenset({int(v1.RISK_LEVEL_HIGH), int(v1.RISK_LEVEL_CRITICAL)})
"""Approvals of these risks want every line of the page to have been in view."""


class Judging:
    """What is decided on the board: by an answer to what was on the screen, or by a key that needs none."""

    def __init__(self, talk: Talk, foot: Foot, reading: Reading) -> None:
        self._talk = talk
        self._foot = foot
        self._reading = reading

    def unread(self, name: str, decision: v1.Decision) -> bool:
        """Return whether a decision has to be read before what a verb of this name does is asked about at all."""
        if name not in APPROVING:
            return False
        if decision.assessment.risk in _READ_WHOLE:
            return not self._reading.whole(decision)
        timed = any(each.risk == decision.assessment.risk for each in self._talk.rules.reading)
        return timed and self._talk.attention.presentation(decision) is None

    def gone(self, seen: v1.Decision) -> str:
        """Return what happened to a decision that something is asked about; empty while it is as it was drawn."""
        now = self._talk.session.replica.get(seen.decision_id)
        if now is None:
            return _("It is no longer known here, so nothing was decided. `queue` lists what is.")
        if now.state != seen.state:
            told = refusals.standing(now, self._talk.now_us)
            return _("{now} Nothing was decided by you.").format(now=told)
        if now.action_digest != seen.action_digest:
            return _("Its action changed while you were asked, so nothing was decided. {now} Look at it again.").format(
                now=refusals.standing(now, self._talk.now_us, v1.REFUSAL_REASON_ACTION_CHANGED)
            )
        return ""

    async def begin(self, name: str, decision: v1.Decision) -> None:
        """Begin what a key is for: ask, or send what needs no asking."""
        verb = BY_NAME[self._claiming(decision) if name == "claim" else name]
        if not self._can(verb, decision):
            return
        if asking.takes_text(verb):
            self._ask_for_text(verb, decision)
        elif verb.asks:
            self._confirm(Request(verb, decision.decision_id), decision)
        else:
            await self._send(Request(verb, decision.decision_id), decision)

    def _claiming(self, decision: v1.Decision) -> str:
        return "release" if decision.claim.operator == self._talk.you.name else "claim"

    def _can(self, verb: Verb, decision: v1.Decision) -> bool:
        """Say why not, where a verb cannot be done now."""
        if not self._talk.connected:
            self._foot.say("refused", self._no_connection())
            return False
        if verb.in_states and decision.state not in verb.in_states:
            now = refusals.standing(decision, self._talk.now_us)
            self._foot.say("refused", _("There is nothing to {verb}: {now}").format(verb=called(verb), now=now))
            return False
        try:
            if action_digest(decision.proposal.action) == decision.action_digest:
                return True
            told = _("The server names another digest for this action than it has. Nothing was decided.")
        except ProtocolError as error:
            told = str(error)
        self._foot.say("refused", told)
        return False

    def _ask_for_text(self, verb: Verb, decision: v1.Decision) -> None:
        async def answered(typed: str) -> None:
            await self._said(verb, decision, typed)

        question = self._forewarned(verb, decision, asking.about(verb, decision, self._talk.short))
        self._foot.dialogue = Dialogue(question, asking.label(verb), answered, decision)

    async def _said(self, verb: Verb, decision: v1.Decision, typed: str) -> None:
        try:
            request = asking.request_of(verb, decision, typed)
            about_decision(request, decision)
        except ValueError as error:
            self._notice(_("{why}. Nothing was decided.").format(why=sentence(str(error))))
            return
        if verb.asks:
            self._confirm(request, decision)
        else:
            await self._send(request, decision)

    def _confirm(self, request: Request, decision: v1.Decision) -> None:
        action = action_of(about_decision(request, decision), decision)
        asked = care(request.verb, decision, self._talk.rules, action)
        self._foot.dialogue = self._confirmation(request, decision, asked)

    def _confirmation(self, request: Request, decision: v1.Decision, asked: Care) -> Dialogue:
        action = action_of(about_decision(request, decision), decision)

        async def answered(typed: str) -> None:
            await self._answered(request, decision, asked, typed)

        question = asking.confirmation(request, decision, action, asked, self._talk.short)
        question, pace = self._forewarned(request.verb, decision, question), Pace(self._talk.attention.now)
        if request.verb.name not in APPROVING:
            return Dialogue(question, _("answer:"), answered, decision, pace=pace)

        def comment() -> None:
            self._ask_for_comment(request, decision)

        # in the label, so that it takes no row from what is asked
        return Dialogue(question, _("answer (Tab: comment):"), answered, decision, pace=pace, beside=comment)

    def _forewarned(self, verb: Verb, decision: v1.Decision, question: Question) -> Question:
        """Return a question that says first why the server would refuse what it is about, as things stand."""

        def forewarned(width: int) -> Sequence[Line]:
            now = self._talk.desk.standing(decision)
            told = refusals.foreseen(verb.name, now, self._talk.you, self._talk.now_us)
            return [*([("class:late", piece)] for piece in wrap(told, width) if piece), *question(width)]

        return forewarned

    def _ask_for_comment(self, request: Request, decision: v1.Decision) -> None:
        """Ask what is to be said with an approval, and then for the approval again; Enter alone says nothing."""

        async def answered(typed: str) -> None:
            self._confirm(request._replace(text=typed.strip()), decision)

        question = asking.comment(request.verb, decision, self._talk.short)
        self._foot.dialogue = Dialogue(question, _("comment:"), answered, decision, typed=request.text)

    async def _answered(self, request: Request, decision: v1.Decision, asked: Care, typed: str) -> None:
        pace = self._foot.dialogue.pace if isinstance(self._foot.dialogue, Dialogue) else None
        if not typed.strip():
            self.leave()
        elif pace is not None and not pace.is_human:
            self._foot.dialogue = self._confirmation(request, decision, asked)
            self._notice(_("That came faster than anyone types, so it answers nothing. Type the answer."))
        elif not answers(asked, typed):
            told = _("That is not `{answer}`. Nothing was decided; type it whole, or Escape leaves.")
            self._notice(told.format(answer=inert(asked.expect)))
        elif left_s := max(math.ceil(asked.least_s - self._talk.attention.read_s(decision)), 0):
            self._notice(_too_soon(left_s, asked))
        else:
            await self._send(request, decision)

    def leave(self) -> None:
        """Close what is asked without deciding anything."""
        confirming = isinstance(self._foot.dialogue, Dialogue) and self._foot.dialogue.about is not None
        self._foot.dialogue = None
        self._foot.say("dim", _("Nothing was decided.") if confirming else "")

    async def _send(self, request: Request, decision: v1.Decision) -> None:
        """Send what was asked for, about the decision as it was drawn, and tell what became of it."""
        if not self._talk.connected:
            self._notice(self._no_connection())
            return
        command = about_decision(request, decision, self._talk.attention.presentation(decision))
        self._sending(busy=True)
        try:
            receipt = await self._talk.session.command(command)
        except DisconnectedError:
            self._notice(self._no_connection())
            return
        except OutcomeUnknownError:
            self._close("refused", _unknown(_("no receipt came")))
        except asyncio.CancelledError:
            self._close("refused", _unknown(_("you stopped waiting")))
            raise
        except ClientError as error:
            self._close("refused", str(error))
        else:
            self._close(*self._told(request, decision, receipt))
        finally:
            self._sending(busy=False)

    def _sending(self, *, busy: bool) -> None:
        if isinstance(self._foot.dialogue, Dialogue):
            self._foot.dialogue.busy = busy
            self._foot.dialogue.notice = _("Sending…") if busy else self._foot.dialogue.notice
            self._talk.surface.refresh()

    def _told(self, request: Request, decision: v1.Decision, receipt: v1.Receipt) -> tuple[str, str]:
        """Return what a receipt says: its style and its sentence."""
        match receipt.WhichOneof("result"):
            case "accepted":
                done = _(request.verb.done)
                if request.verb.name in APPROVING:
                    now = self._talk.session.replica.get(decision.decision_id)
                    done = approval_told(done, decision, now, receipt.accepted.offset)
                told = _("{done}, entry {offset}: ").format(done=done, offset=receipt.accepted.offset)
                return "done", told + asking.named(decision, decision.proposal.action, self._talk.short)
            case "refused":
                return "refused", refusals.told(receipt.refused, self._talk.now_us)
            case _other:
                told = _("The server's answer is one that this version does not know. Compare their versions.")
                return "refused", told

    def _no_connection(self) -> str:
        told = _("Not sent, nothing changed: there is no connection. {why}").format(why=self._talk.session.why)
        return f"{told} {_('What you typed is kept.')}" if self._foot.dialogue is not None else told

    def _notice(self, text: str) -> None:
        """Tell something in the dialogue, where there is one, so that what was typed stays."""
        if isinstance(self._foot.dialogue, Dialogue):
            self._foot.dialogue.notice = sentence(text)
        else:
            self._foot.say("refused", text)

    def _close(self, style: str, text: str) -> None:
        self._foot.dialogue = None
        self._foot.say(style, text)


def _unknown(why: str) -> str:
    return _("It is unknown whether that counted: {why}. Look at it once connected, then decide.").format(why=why)


def _too_soon(left_s: int, asked: Care) -> str:
    return ngettext(
        "The policy wants this read for {least} s before it is approved: {count} s are left. Nothing was decided yet.",
        "The policy wants this read for {least} s before it is approved: {count} s are left. Nothing was decided yet.",
        left_s,
    ).format(least=f"{asked.least_s:g}", count=left_s)
