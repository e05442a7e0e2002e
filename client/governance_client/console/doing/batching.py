"""Deciding on a group of like decisions at once: what is listed, what is shown, and one verdict for each member."""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from governance_client.console import refusals
from governance_client.console.batches import LEAST, Plan, Shown, left_out, may_join, plan
from governance_client.console.building import about_decision
from governance_client.console.care import Care, least_reading_s, retyped, yes_word
from governance_client.console.doing.confirming import agreed, reasoned
from governance_client.console.doing.deciding import is_as_named
from governance_client.console.doing.sending import line_of, not_sent, unknown
from governance_client.console.grouping import groups_of
from governance_client.console.groups import group_page
from governance_client.console.groups import groups as groups_told
from governance_client.console.inert import inert
from governance_client.console.surface import Interrupted
from governance_client.console.telling import act
from governance_client.console.vocabulary import BY_NAME
from governance_client.errors import ClientError
from governance_client.language import _, ngettext
from governance_client.operator import DisconnectedError, commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from governance import v1
    from governance_client.console.grouping import Group
    from governance_client.console.talk import Deed, Talk
    from governance_client.console.verbs import Request

_ROW: Final = re.compile(r"[1-9][0-9]{0,6}")
_KEY_SHOWN: Final = 60
"""Characters of a typed key that are repeated."""
_KEY_ASKED: Final = 16
"""Characters of a group's key in a question."""
_AROUND: Final = 5
"""Rows of the terminal that are not the list's."""
_LEAST_ROWS: Final = 5


async def batch(talk: Talk, request: Request) -> str:
    """List the groups, show one, or decide on one."""
    if not request.word:
        _list(talk)
        return ""
    group = _find(talk, request.word)
    if group is None:
        return ""
    if not request.words:
        _show(talk, group)
        return ""
    return await _judge(talk, request._replace(verb=BY_NAME[request.words[0]]), group)


def _groups(talk: Talk, key: str = "") -> list[Group]:
    """Return the groups that the operator may decide on, as they are now and as the filter lets through.

    Args:
        talk: Whose.
        key: How their keys start.
    """
    name, selection = talk.you.name, talk.desk.selection
    alike = (each for each in talk.desk.pending() if each.group_key.startswith(key))
    mine = [each for each in alike if may_join(each, talk.you) and selection.matches(each, name)]
    return [group for group in groups_of(mine) if len(group.members) >= LEAST]


def _list(talk: Talk) -> None:
    found = _groups(talk)
    shown = found[: max(talk.surface.height - _AROUND, _LEAST_ROWS)]
    talk.batches.listed = tuple(group.key for group in shown)
    if not shown:
        talk.say("dim", _("There are no groups: nothing that waits for you has its like."))
        return
    talk.tell(groups_told(shown, talk.now_us, talk.surface.width), *(each for group in shown for each in group.members))
    if more := len(found) - len(shown):
        told = ngettext("{count} more group is not shown.", "{count} more groups are not shown.", more)
        talk.say("dim", told.format(count=more))
    talk.say("dim", _("`batch 1` shows the first, `batch 1 approve` and `batch 1 reject REASON` decide on it."))


def _find(talk: Talk, word: str) -> Group | None:
    """Return the group that a row of the last list, a key or the start of one means. Refuses itself."""
    listed = talk.batches.listed
    if _ROW.fullmatch(word):
        if int(word) > len(listed):  # a slip in the number must not hit a group whose key happens to start so
            talk.refuse(_("The last `batch` listed no group {row}. `batch` lists.").format(row=word))
            return None
        word = listed[int(word) - 1]
    found = _groups(talk, word)
    exact = [group for group in found if group.key == word]
    if len(exact or found) == 1:
        return (exact or found)[0]
    told = inert(word, limit=_KEY_SHOWN)
    if found:
        talk.refuse(_("`{word}` could be {count} groups. Type more of it.").format(word=told, count=len(found)))
    else:
        talk.refuse(
            _("There is no group `{word}`, or nothing in it is left to decide. `batch` lists.").format(word=told)
        )
    return None


def _show(talk: Talk, group: Group) -> Shown:
    lines = list(group_page(group, talk.now_us, talk.surface.width, short=talk.short))
    talk.tell(lines, *group.members)
    return talk.batches.show(group.key, group.members, lines)


async def _judge(talk: Talk, request: Request, group: Group) -> str:
    """Give one verdict on every member of a group, after it was shown and asked about."""
    if not talk.connected:
        not_sent(talk)
        return talk.line
    if not talk.rules.batch_decisions:
        talk.refuse(_("The server does not say how many may be decided at once, so none are. Decide them one by one."))
        return ""
    shown = _as_shown(talk, group)
    first = _planned(talk, shown.members)
    if not first.taken:
        talk.refuse(_("Nothing of it can be decided now."))
        return ""
    whole = await reasoned(talk, request)
    if whole is None:
        return ""
    if not await _confirmed(talk, whole, shown, first):
        talk.say("dim", _("Nothing was decided."))
        return ""
    talk.batches.forget(group.key)
    return await _send(talk, whole, _planned(talk, first.taken).taken, line_of(talk, request, whole))


def _as_shown(talk: Talk, group: Group) -> Shown:
    """Return the group as it was shown, showing it where it was not and somebody is there to see it."""
    shown = talk.batches.shown(group.key)
    if shown is not None:
        came = len({each.decision_id for each in group.members} - {each.decision_id for each in shown.members})
        if came:
            told = ngettext(
                "{count} came since it was shown and is not among them.",
                "{count} came since it was shown and are not among them.",
                came,
            )
            talk.say("dim", told.format(count=came))
        return shown
    if talk.surface.interactive:
        return _show(talk, group)
    return Shown(group.key, tuple(group.members))


async def _confirmed(talk: Talk, request: Request, shown: Shown, first: Plan) -> bool:
    """Return whether a verdict on what is planned was asked for, and answered as it has to be."""
    asked, count = _care(talk, request, first), len(first.taken)
    told = ngettext(
        "{count} decision like {act}, group {key}", "{count} decisions like {act}, group {key}", count
    ).format(count=count, act=act(first.taken[0]), key=inert(shown.key, limit=_KEY_ASKED))
    return await _agreed(talk, request, asked, told, first.taken)


def _planned(talk: Talk, members: Sequence[v1.Decision]) -> Plan:
    """Return what can be decided of these now, and tell what is left out."""
    found = plan(members, talk.session.replica.get, talk.rules, talk.you)
    if found.left:
        why = "; ".join(left_out(found.left, talk.rules))
        talk.say("late", _("Left out: {why}.").format(why=why))
    return found._replace(taken=tuple(each for each in found.taken if is_as_named(talk, each)))


def _care(talk: Talk, request: Request, first: Plan) -> Care:
    """Return what is asked: the count where a member would ask for its target, `yes` else."""
    rules = talk.rules
    approves = request.verb.name == "approve"
    least_s = max(least_reading_s(each, rules) for each in first.taken) if approves else 0.0
    if any(each.assessment.risk in retyped(rules) for each in first.taken):
        return Care("target", str(len(first.taken)), least_s)
    return Care("yes", yes_word(), least_s)


async def _agreed(talk: Talk, request: Request, asked: Care, told: str, taken: Sequence[v1.Decision]) -> bool:
    if not talk.surface.interactive:
        if asked.kind != "yes" and request.target != asked.expect:
            wanted = _("That decides {what}, high ones among them: confirm their number with --target {count}.")
            talk.refuse(wanted.format(what=told, count=asked.expect))
            return False
        left_s = _left_s(talk, asked, taken)
        if left_s:
            talk.refuse(_too_soon(left_s))
        return not left_s
    while await agreed(talk, asked, request.verb, told):
        left_s = _left_s(talk, asked, taken)
        if not left_s:
            return True
        talk.say("late", _too_soon(left_s))
    return False


def _left_s(talk: Talk, asked: Care, taken: Sequence[v1.Decision]) -> int:
    """Return for how many whole seconds the group has to be read still."""
    read_s = min(max(talk.attention.read_s(each), talk.batches.attention.read_s(each)) for each in taken)
    return max(math.ceil(asked.least_s - read_s), 0)


def _too_soon(left_s: int) -> str:
    return ngettext(
        "The policy wants them read for longer before they are approved: {count} s are left. Nothing was decided yet.",
        "The policy wants them read for longer before they are approved: {count} s are left. Nothing was decided yet.",
        left_s,
    ).format(count=left_s)


def _presentation(talk: Talk, decision: v1.Decision) -> v1.Presentation | None:
    """Return what was shown of a member: its own page, or the group's, whichever was in view for longer."""
    longest = max(talk.attention, talk.batches.attention, key=lambda each: each.read_s(decision))
    return longest.presentation(decision) or talk.batches.attention.presentation(decision)


async def _send(talk: Talk, request: Request, taken: Sequence[v1.Decision], line: str) -> str:
    """Send one verdict for each, all under one batch id, tell what became of them, and return what to keep."""
    talk.heard.said(request.text)
    batch_id = commands.new_request_id()
    verdicts = [about_decision(request, each, _presentation(talk, each), batch_id) for each in taken]
    results: list[v1.Receipt | ClientError] = []
    try:
        await talk.surface.wait(_send_all(talk, verdicts, results))
    except Interrupted:
        talk.say("dim", _("You stopped waiting."))
    _tell(talk, request, results, len(verdicts))
    if verdicts and len(results) == len(verdicts) and all(isinstance(each, DisconnectedError) for each in results):
        not_sent(talk)
        return line
    return ""


async def _send_all(
    talk: Talk, verdicts: Sequence[v1.OperatorCommand], results: list[v1.Receipt | ClientError]
) -> None:
    async def send(command: v1.OperatorCommand) -> None:
        try:
            results.append(await talk.session.command(command))
        except ClientError as error:
            results.append(error)

    await asyncio.gather(*map(send, verdicts))


def _tell(talk: Talk, request: Request, results: Sequence[v1.Receipt | ClientError], sent: int) -> None:
    """Tell how many were taken, how many refused and why, and of how many nothing is known."""
    receipts = [each for each in results if not isinstance(each, ClientError)]
    accepted = [each for each in receipts if each.HasField("accepted")]
    if accepted:
        talk.tell([[("class:done", _taken(request.verb.name, len(accepted)))]], *accepted)
    refused = [each for each in receipts if not each.HasField("accepted")]
    talk.tell((), *refused)
    whys = Counter(refusals.sentence(each.refused) or inert(each.refused.message) for each in refused)
    for why, count in whys.items():
        told = ngettext("{count} refused: {why}", "{count} refused: {why}", count)
        talk.refuse(told.format(count=count, why=why))
    unsent = sum(isinstance(each, DisconnectedError) for each in results)
    if 0 < unsent < sent:
        told = ngettext("{count} not sent: no connection.", "{count} not sent: no connection.", unsent)
        talk.refuse(told.format(count=unsent))
    lost = sent - len(receipts) - unsent
    if lost:
        told = ngettext("no receipt came for {count} of them", "no receipt came for {count} of them", lost)
        talk.refuse(unknown(told.format(count=lost)))


def _taken(verb: str, count: int) -> str:
    if verb == "approve":
        return ngettext("{count} approval taken.", "{count} approvals taken.", count).format(count=count)
    return ngettext("{count} rejection taken.", "{count} rejections taken.", count).format(count=count)


DEEDS: Final[Mapping[str, Deed]] = {"batch": batch}
"""By the names of their verbs."""
