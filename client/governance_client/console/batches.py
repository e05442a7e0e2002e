"""Batches: which decisions may be decided together, which of a group are, and which are left out. Pure."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1
from governance_client.console.attention import Attention
from governance_client.console.desk import is_for
from governance_client.console.rendering import urgency
from governance_client.language import N_, _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from governance_client.console.lines import Line

LEAST: Final = 2
"""Members that make a group: one alone is decided alone."""
_REMEMBERED: Final = 64
"""So many groups that were shown are remembered, the last ones."""
_ROUNDING: Final = 4
"""Digits of a sum of scores that count; the rest is the sum's own error."""
GONE: Final = N_("{count} decided or gone meanwhile")
CHANGED: Final = N_("{count} changed since they were shown")
NOT_YOURS: Final = N_("{count} not yours to decide now")
CRITICAL: Final = N_("{count} critical, which are decided one by one")
CAP: Final = N_("{count} beyond the {decisions} decisions that the policy lets be decided at once")
SCORE: Final = N_("{count} beyond the total risk of {score} that the policy lets be decided at once")


class Plan(NamedTuple):
    """What a verdict on a group would decide.

    Attributes:
        taken: The decisions, as they were shown.
        left: How many are left out, by why: one of the texts above.
    """

    taken: tuple[v1.Decision, ...]
    left: Mapping[str, int]


class Shown(NamedTuple):
    """A group as it was shown.

    Attributes:
        key: What its members share.
        members: As they were then.
    """

    key: str
    members: tuple[v1.Decision, ...]


class Batches:
    """What `batch` has listed and shown: rows keep their numbers, and groups their members, whatever arrives.

    Attributes:
        listed: The keys of the groups, by row.
        attention: What was shown of each member, and since when.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.listed: tuple[str, ...] = ()
        self.attention = Attention(now)
        self._shown: OrderedDict[str, Shown] = OrderedDict()

    def show(self, key: str, members: Iterable[v1.Decision], lines: Sequence[Line]) -> Shown:
        """Note that a group was shown as these lines, and return it as it was."""
        shown = Shown(key, tuple(members))
        # the most urgent last, since those are what a verdict takes and what is remembered
        self.attention.shown_together(sorted(shown.members, key=urgency, reverse=True), lines)
        self._shown.pop(key, None)
        self._shown[key] = shown
        if len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)
        return shown

    def shown(self, key: str) -> Shown | None:
        """Return a group as it was shown last; None where it was not."""
        return self._shown.get(key)

    def forget(self, key: str) -> None:
        """Forget how a group was shown: the next verdict on it shows it anew."""
        self._shown.pop(key, None)


def may_join(decision: v1.Decision, you: v1.Actor) -> bool:
    """Say whether a decision may be decided along with others by this operator now."""
    return (
        bool(decision.group_key)
        and decision.state == v1.DECISION_STATE_PENDING
        and decision.assessment.risk != v1.RISK_LEVEL_CRITICAL
        and is_for(decision, you)
    )


def plan(
    members: Iterable[v1.Decision],
    known: Callable[[str], v1.Decision | None],
    rules: v1.ConsoleRules,
    you: v1.Actor,
) -> Plan:
    """Return what a verdict on a group would decide now, the most urgent first, and what it leaves out.

    Args:
        members: The group, as it was shown.
        known: Returns a decision as it is known now.
        rules: The caps. A server that names none lets nothing be decided at once.
        you: Who would decide.
    """
    taken: list[v1.Decision] = []
    left: Counter[str] = Counter()
    score = 0.0
    for each in sorted(members, key=urgency):
        together = round(score + each.assessment.score, _ROUNDING)
        why = _unfit(each, known(each.decision_id), you)
        if not why and len(taken) >= rules.batch_decisions:
            why = CAP
        if not why and together > rules.batch_score:
            why = SCORE
        if why:
            left[why] += 1
        else:
            taken.append(each)
            score = together
    return Plan(tuple(taken), left)


def left_out(left: Mapping[str, int], rules: v1.ConsoleRules) -> Iterator[str]:
    """Yield why decisions are left out of a batch, and how many, in words."""
    for why, count in left.items():
        yield _(why).format(count=count, decisions=rules.batch_decisions, score=f"{rules.batch_score:g}")


def _unfit(shown: v1.Decision, now: v1.Decision | None, you: v1.Actor) -> str:
    """Return why a decision cannot be decided along with others; empty where it can."""
    if now is None or now.state != v1.DECISION_STATE_PENDING:
        return GONE
    if now.action_digest != shown.action_digest:
        return CHANGED
    if v1.RISK_LEVEL_CRITICAL in {now.assessment.risk, shown.assessment.risk}:
        return CRITICAL
    return "" if is_for(now, you) else NOT_YOURS
