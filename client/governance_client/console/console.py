"""The console's conversation: a line is read, understood and obeyed; what changes meanwhile is told above it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import announcing, words
from governance_client.console.building import about_decision, about_house, house_told
from governance_client.console.desk import Desk, Unclear
from governance_client.console.halts import halt_line, halt_news, who_lines
from governance_client.console.history import approval_told, change_lines
from governance_client.console.inert import inert
from governance_client.console.page import page
from governance_client.console.rendering import Line, act, actor, clip, summary, table
from governance_client.console.terminal import Interrupted, Terminal
from governance_client.console.toolbar import View, toolbar
from governance_client.console.verbs import Mistake, Request, complete, parse
from governance_client.console.vocabulary import VERBS, usage
from governance_client.digest import action_digest
from governance_client.errors import ClientError, ProtocolError
from governance_client.operator import (
    DisconnectedError,
    Link,
    OperatorSession,
    OutcomeUnknownError,
    commands,
    differences,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance_client.console.verbs import Offer

GATHER_S: Final = 1.0
"""What changes within this long after an announcement is announced together."""
PROMPT: Final[Line] = [("class:prompt", "governance> ")]
_YES: Final = "yes"


class Console:
    """One operator at one terminal. Nothing is decided but by a verb typed whole and `yes` typed after it was shown."""

    def __init__(self, session: OperatorSession, terminal: Terminal, gather_s: float = GATHER_S) -> None:
        self._session = session
        self._terminal = terminal
        self._gather_s = gather_s
        self._desk = Desk(session.replica)
        self._reading = True

    async def run(self) -> None:
        """Converse until the operator quits."""
        with self._terminal.attend(self):
            async with asyncio.TaskGroup() as tasks:
                announcer = tasks.create_task(self._announce())
                await self._converse()
                announcer.cancel()

    def toolbar(self, width: int) -> Line:
        """Return the toolbar's line."""
        session = self._session
        pending, halts = self._desk.pending(), tuple(session.replica.halts.values())
        alarms = sum(bool(each.alarms) for each in session.replica.open())
        return toolbar(View(session.link, session.you, pending, halts, alarms, session.clock.now_us()), width)

    def complete(self, before: str) -> Iterable[Offer]:
        """Return completions for the line up to the cursor."""
        return complete(before, self._desk.pending, act)

    async def _converse(self) -> None:
        kept = ""
        while self._reading:
            try:
                line = await self._terminal.ask(PROMPT, kept)
            except EOFError:
                return
            kept = await self._obey(line)

    async def _obey(self, line: str) -> str:
        """Do what a line asks for, and return what the next prompt starts with."""
        request = parse(line)
        if isinstance(request, Mistake):
            self._say("refused", request.message)
        if not isinstance(request, Request):
            return ""
        match request.verb.name:
            case "ls":
                self._list(request)
            case "show":
                self._show(request)
            case "who":
                await self._who(request)
            case "halts":
                self._halts()
            case "help":
                self._help()
            case "quit":
                self._reading = False
            case _:
                command = about_house(request)
                return await (self._command(request, line) if command is None else self._house(request, command, line))
        return ""

    def _list(self, request: Request) -> None:
        found = self._desk.listed(request, self._session.you.name)
        if not found:
            self._say("dim", "Nothing to list.")
            return
        self._terminal.show(table(found, self._session.clock.now_us(), self._terminal.width))

    def _show(self, request: Request) -> None:
        decision = self._find(request)
        if decision is not None:
            self._terminal.show(page(decision, self._session.clock.now_us(), self._terminal.width))

    async def _who(self, request: Request) -> None:
        decision = self._find(request)
        if decision is None:
            return
        try:
            found = await self._terminal.wait(self._session.eligible(decision.decision_id))
        except Interrupted:
            return
        except ClientError as error:
            self._say("refused", str(error))
        else:
            self._terminal.show(clip(line, self._terminal.width) for line in who_lines(found))

    def _halts(self) -> None:
        now_us, width = self._session.clock.now_us(), self._terminal.width
        found = [halt_line(halt, now_us, width) for halt in self._session.replica.halts.values()]
        self._terminal.show(found or [[("class:dim", "No halt is in force.")]])

    def _help(self) -> None:
        size = max(len(usage(verb)) for verb in VERBS)
        self._terminal.show(
            clip([("class:label", usage(verb).ljust(size)), ("", f"  {verb.summary}")], self._terminal.width)
            for verb in VERBS
        )
        self._say("dim", "An ID may be a unique start of it, or a row number of the last `ls`. Tab completes.")

    def _find(self, request: Request) -> v1.Decision | None:
        found = self._desk.find(request.word)
        if isinstance(found, Unclear):
            self._say("refused", found.message)
            return None
        return found

    async def _command(self, request: Request, line: str) -> str:
        if self._session.link is not Link.UP:
            self._not_connected(self._session.why)
            return line
        decision = self._find(request)
        if decision is None or not self._may_still(request, decision) or not self._is_as_named(decision):
            return ""
        try:
            command = about_decision(request, decision)
        except ValueError as error:
            self._say("refused", f"{error}. Nothing was decided.")
            return ""
        if request.verb.asks and not await self._confirmed(request, decision, command):
            self._say("dim", "Nothing was decided.")
            return ""
        return await self._send(request, command, decision, line)

    async def _house(self, request: Request, command: v1.OperatorCommand, line: str) -> str:
        """Send a command that is about no decision; a halt is asked about first."""
        if self._session.link is not Link.UP:
            self._not_connected(self._session.why)
            return line
        told = f"{request.verb.name} {house_told(request)}".strip()
        if request.verb.asks and not await self._yes(told):
            self._say("dim", "Nothing was changed.")
            return ""
        return await self._send(request, command, None, line)

    def _may_still(self, request: Request, decision: v1.Decision) -> bool:
        if not request.verb.in_states or decision.state in request.verb.in_states:
            return True
        self._say("refused", f"There is nothing to {request.verb.name}: {_standing(decision)}")
        return False

    def _is_as_named(self, decision: v1.Decision) -> bool:
        """Say whether the digest is that of the action that is shown; a verdict names the one and means the other."""
        try:
            if action_digest(decision.proposal.action) == decision.action_digest:
                return True
        except ProtocolError as error:
            self._say("refused", str(error))
            return False
        self._say("refused", "The server names another digest for this action than it has. Nothing was decided.")
        return False

    async def _confirmed(self, request: Request, decision: v1.Decision, command: v1.OperatorCommand) -> bool:
        """Show what would be decided, and return whether `yes` was typed after that. Nothing else is a yes."""
        width = self._terminal.width
        self._terminal.show([summary(decision, self._session.clock.now_us(), width)])
        if len(decision.proposal.action.targets) > 1:
            self._say("dim", f"It acts on all {len(decision.proposal.action.targets)} targets; `show` lists them.")
        if command.verdict.HasField("modify_and_approve"):
            after = command.verdict.modify_and_approve.action
            self._terminal.show(change_lines(differences(decision.proposal.action, after), width))
        return await self._yes(f"{request.verb.name} {inert(decision.decision_id, limit=12)} {act(decision)}")

    async def _yes(self, told: str) -> bool:
        """Return whether `yes` was typed, whole, after the question was shown."""
        question = f"type {_YES} to {told}"
        room = max(self._terminal.width - len(_YES) - 2, 1)
        try:
            answer = await self._terminal.ask_afresh([*clip([("class:prompt", question)], room), ("", ": ")])
        except Interrupted:
            return False
        return answer.strip().lower() == _YES

    async def _send(
        self, request: Request, command: v1.OperatorCommand, decision: v1.Decision | None, line: str
    ) -> str:
        try:
            receipt = await self._terminal.wait(self._session.command(command))
        except Interrupted:
            self._say("refused", str(OutcomeUnknownError(commands.decision_of(command), "you stopped waiting")))
        except DisconnectedError:
            self._not_connected(self._session.why)
            return line
        except ClientError as error:
            self._say("refused", str(error))
        else:
            self._receipt(request, decision, receipt)
        return ""

    def _receipt(self, request: Request, decision: v1.Decision | None, receipt: v1.Receipt) -> None:
        if receipt.WhichOneof("result") == "accepted":
            done = request.verb.done
            if decision is not None and "pproved" in done:
                now = self._session.replica.get(decision.decision_id)
                done = approval_told(done, decision, now, receipt.accepted.offset)
            told = f"{done}, entry {receipt.accepted.offset}: "
            about = [("", house_told(request))] if decision is None else summary(decision, 0, 1000)
            self._terminal.show([clip([("class:done", told), *about], self._terminal.width)])
            return
        refusal = receipt.refused
        self._say("refused", f"Refused: {refusal.message}")
        if refusal.HasField("current"):
            self._say("dim", _standing(refusal.current))

    def _not_connected(self, why: str) -> None:
        self._say("refused", f"Not sent, nothing changed: there is no connection. {why} Your line is kept.")

    def _say(self, style: str, text: str) -> None:
        self._terminal.show([[(f"class:{style}", inert(text))]])

    async def _announce(self) -> None:
        link, halts = Link.CONNECTING, dict[str, v1.Halt]()
        while True:
            news = await self._session.news()
            if news.link is not link:
                self._tell_link(news.link, news.why, first=link is Link.CONNECTING)
                link = news.link
            now_us, width = self._session.clock.now_us(), self._terminal.width
            self._terminal.show(halt_news(halts, self._session.replica.halts, now_us, width))
            halts = dict(self._session.replica.halts)
            if news.snapshot:
                self._terminal.show([announcing.snapshot([each.after for each in news.updates])])
            else:
                others = [each for each in news.updates if not self._is_mine(each.cause.actor)]
                self._terminal.show(announcing.announce(others, now_us, width))
            self._terminal.refresh()
            await asyncio.sleep(self._gather_s)

    def _is_mine(self, who: v1.Actor) -> bool:
        """Say whether it was us: then the receipt has told it."""
        return who.kind == v1.ACTOR_KIND_OPERATOR and who.name == self._session.you.name

    def _tell_link(self, link: Link, why: str, *, first: bool) -> None:
        if link is Link.UP:
            you = actor(self._session.you)
            self._say("done", f"Connected as {you}. `help` lists the verbs." if first else "Connected again.")
        elif link is Link.DOWN:
            self._say("refused", f"The connection is lost; trying again. {why}")
        elif link is Link.ENDED:
            self._say("refused", f"The session has ended. {why} `quit`, and start anew once that is mended.")


def _standing(decision: v1.Decision) -> str:
    """Return how a decision stands, with who brought it there and when."""
    told = f"{inert(decision.decision_id, limit=64)} is {words.state(decision.state)}"
    for resolution in (decision.ending, decision.approval):
        if resolution.HasField("actor"):
            return f"{told}, by {actor(resolution.actor)} at {words.moment(resolution.resolved_at)}."
    return f"{told}."
