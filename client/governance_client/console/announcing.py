"""Announcements: what is worth a line above the prompt, what rings, and how a storm becomes one line. Pure.

What changed between two announcements is told together. Three of a kind get a line each; more are counted in one line,
which names the most urgent. What an operator asked to hear is never counted away: the decision in focus and the watched
ones. And a filter never hides a critical arrival, an alarm, or what was assigned to the operator.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_client.console import words
from governance_client.console.choosing import EVERYTHING
from governance_client.console.happening import has_alarmed, is_arrival, is_assigned, is_done_by, told
from governance_client.console.rendering import Line, act, clip, short_id, summary, urgency
from governance_client.language import _, ngettext, pgettext

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from governance_client.console.choosing import Selection
    from governance_client.console.desk import Desk
    from governance_client.console.settings import Settings
    from governance_client.operator import Update

LINES_AT_ONCE: Final = 3
"""So many of a kind (arrivals, alarms, assignments, other changes) get a line each; more become one line."""
_FIRST_COLUMNS: Final = 60
"""So much of a line that counts may name the most urgent one; the hint behind it is the first thing to be cut."""


class Ears(NamedTuple):
    """What an operator listens for.

    Attributes:
        me: The operator's name; what they did themselves is told by its receipt.
        focus: The id of the decision in focus; empty for none.
        watched: The ids of those that are followed.
        selection: The filter that is on.
        short: How ids are shortened.
    """

    me: str = ""
    focus: str = ""
    watched: Container[str] = frozenset()
    selection: Selection = EVERYTHING
    short: Callable[[str], str] = short_id


class _Heard(NamedTuple):
    """Updates by how they are told."""

    followed: list[Update]
    assigned: list[Update]
    alarms: list[Update]
    arrived: list[v1.Decision]
    moved: list[Update]


def ears_of(desk: Desk, you: v1.Actor, short: Callable[[str], str] = short_id) -> Ears:
    """Return what an operator listens for, as the desk stands."""
    return Ears(you.name, desk.focus, desk.watched, desk.selection, short)


def snapshot(decisions: Iterable[v1.Decision]) -> Line:
    """Return the line that tells what is open when a stream starts."""
    pending = Counter[int](each.assessment.risk for each in decisions if each.state == v1.DECISION_STATE_PENDING)
    if not pending:
        return [("class:dim", _("Nothing waits for a decision."))]
    text = ngettext(
        "{count} waits for a decision: {risks}. `queue` lists it.",
        "{count} wait for a decision: {risks}. `queue` lists them.",
        pending.total(),
    )
    return [("class:news", text.format(count=pending.total(), risks=spelled(pending)))]


def spelled(counts: Mapping[int, int]) -> str:
    """Return how many decisions there are of each risk that there is any of, worst first, in words."""
    pair = _("{count} {risk}")
    return ", ".join(pair.format(count=counts[each], risk=words.risk(each)) for each in words.RISKS if counts.get(each))


def announce(updates: Sequence[Update], now_us: int, width: int, ears: Ears | None = None) -> list[Line]:
    """Return the lines that tell of changes, bounded in number whatever the storm.

    Args:
        updates: What changed, each decision once.
        now_us: The server's time.
        width: Columns of a line.
        ears: What the operator listens for.
    """
    ears = ears or Ears()
    heard = _sorted(updates, ears)
    lines = _arrivals(heard.arrived, now_us, width, ears.short)
    lines += _changes(heard.moved, width, ears.short)
    lines += _counted(heard.alarms, [("class:late", _alarm_count(len(heard.alarms)))], width, ears.short)
    lines += _counted(heard.assigned, [("class:news", _assigned_count(len(heard.assigned)))], width, ears.short)
    # last, so that they stand right above the prompt
    return lines + [_followed(each, ears, now_us, width) for each in heard.followed]


class Ring(NamedTuple):
    """What rings.

    Attributes:
        sentence: What for; inert.
        critical: Something critical is among it.
    """

    sentence: str
    critical: bool


def ringing(updates: Sequence[Update], settings: Settings, me: str = "") -> Ring | None:
    """Return what rings for these changes; None where nothing that a person chose to hear came."""
    arrived = [each.after for each in updates if is_arrival(each) and not is_done_by(each, me)]
    if "all" not in {settings.bell, settings.notify}:
        arrived = [each for each in arrived if each.assessment.risk == v1.RISK_LEVEL_CRITICAL]
    if not arrived:
        return None
    first = min(arrived, key=urgency)
    critical = first.assessment.risk == v1.RISK_LEVEL_CRITICAL
    if len(arrived) == 1:
        told = _("New: {risk} {act}").format(risk=words.risk(first.assessment.risk), act=act(first))
        return Ring(told, critical)
    risks = spelled(Counter[int](each.assessment.risk for each in arrived))
    return Ring(_("New: {risks}, first {act}").format(risks=risks, act=act(first)), critical)


def _sorted(updates: Sequence[Update], ears: Ears) -> _Heard:
    heard = _Heard([], [], [], [], [])
    for each in updates:
        if is_done_by(each, ears.me):
            continue
        name = each.after.decision_id
        if name == ears.focus or name in ears.watched:
            if is_arrival(each) or told(each):
                heard.followed.append(each)
        elif is_assigned(each, ears.me):
            heard.assigned.append(each)
        elif has_alarmed(each):
            heard.alarms.append(each)
        elif is_arrival(each):
            if each.after.assessment.risk == v1.RISK_LEVEL_CRITICAL or ears.selection.matches(each.after, ears.me):
                heard.arrived.append(each.after)
        elif _is_chosen(each, ears) and told(each):
            heard.moved.append(each)
    return heard


def _is_chosen(update: Update, ears: Ears) -> bool:
    """Say whether the filter lets a change through: what has just left the chosen ones still belongs to them."""
    if ears.selection == EVERYTHING or ears.selection.matches(update.after, ears.me):
        return True
    return update.before is not None and ears.selection.matches(update.before, ears.me)


def _arrivals(arrived: list[v1.Decision], now_us: int, width: int, short: Callable[[str], str]) -> list[Line]:
    new = pgettext("news", "new")
    if len(arrived) <= LINES_AT_ONCE:
        told = [("class:news", f"{new} ")]
        return [clip([*told, *summary(each, now_us, width, short=short)], width) for each in arrived]
    counts = Counter[int](each.assessment.risk for each in arrived)
    text = ngettext("{count} new: {risks}.", "{count} new: {risks}.", len(arrived))
    line: Line = [
        ("class:news", text.format(count=len(arrived), risks=spelled(counts))),
        ("class:dim", _(" Most urgent: ")),
        *summary(min(arrived, key=urgency), now_us, _FIRST_COLUMNS, short=short),
        ("class:dim", _(" `queue` lists what waits.")),
    ]
    return [clip(line, width)]


def _changes(moved: list[Update], width: int, short: Callable[[str], str]) -> list[Line]:
    states = Counter(each.after.state for each in moved if each.before is None or each.before.state != each.after.state)
    parts = [_("{count} {state}").format(count=count, state=words.state_told(state)) for state, count in states.items()]
    count = _("{count} decisions changed").format(count=len(moved))
    told_so = _("{changed}: {parts}.").format(changed=count, parts=", ".join(parts)) if parts else f"{count}."
    return _counted(moved, [("class:dim", f"{told_so} {_('`queue --all` lists them.')}")], width, short)


def _counted(updates: list[Update], count: Line, width: int, short: Callable[[str], str]) -> list[Line]:
    """Return a line for each of a few, and the one that counts them for many."""
    if len(updates) > LINES_AT_ONCE:
        return [clip(count, width)]
    return [_moved_line(each, width, short) for each in updates]


def _alarm_count(count: int) -> str:
    text = ngettext(
        "{count} ALARM: somebody has to look. `show` tells why.",
        "{count} ALARMS: somebody has to look. `queue` marks them.",
        count,
    )
    return text.format(count=count)


def _assigned_count(count: int) -> str:
    text = ngettext(
        "{count} decision was assigned to you. `queue mine` lists it.",
        "{count} decisions were assigned to you. `queue mine` lists them.",
        count,
    )
    return text.format(count=count)


def _moved_line(update: Update, width: int, short: Callable[[str], str]) -> Line:
    # what happened stands first, where no long target can push it off the screen
    what: Line = [("class:moved", told(update)), ("class:dim", ": ")]
    return clip([*what, *summary(update.after, 0, width, short=short)], width)


def _followed(update: Update, ears: Ears, now_us: int, width: int) -> Line:
    """Return the line about a decision that the operator asked to hear of."""
    mark = _("in focus") if update.after.decision_id == ears.focus else _("watched")
    what = pgettext("news", "new") if is_arrival(update) else told(update)
    line: Line = [("class:news", f"{mark}: "), ("class:moved", what), ("class:dim", ": ")]
    return clip([*line, *summary(update.after, now_us, width, short=ears.short)], width)
