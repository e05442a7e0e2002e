"""What was typed to choose entries, as the contract's filter."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.cli.moments import moment_of
from governance_client.console import words
from governance_client.language import _

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

_EVENTS: Final = tuple(field.name for field in v1.Event.DESCRIPTOR.fields)
_MOST: Final = 64
"""Values of one kind, as the contract says."""


class ChoiceError(Exception):
    """What was typed chooses nothing that there is; the text says what, and what to type."""


def entry_filter(arguments: Namespace, now_us: int) -> v1.EntryFilter:
    """Return the filter that was asked for.

    Args:
        arguments: Of `audit ls`, or of whatever takes the same options.
        now_us: What spans count back from.

    Raises:
        ChoiceError: It makes no sense.
    """
    types = {words.action_type(value): value for value in v1.ActionType.values() if value}
    chosen = v1.EntryFilter(
        actors=_few("--actor", arguments.actor),
        events=_few("--event", [_event(word) for word in arguments.event]),
        risks=[v1.RiskLevel.Value(f"RISK_LEVEL_{word.upper()}") for word in dict.fromkeys(arguments.risk)],
        actions=[types[_known("--action", word, types)] for word in _few("--action", arguments.action)],
        states=[v1.DecisionState.Value(f"DECISION_STATE_{word.upper()}") for word in dict.fromkeys(arguments.outcome)],
        tiers=[v1.Role.Value(f"ROLE_{word.upper()}") for word in dict.fromkeys(arguments.tier)],
        request_ids=_few("--request-id", arguments.request_id),
        cores=_few("--core", arguments.core),
    )
    for option, text, field in (("--since", arguments.since, chosen.since), ("--until", arguments.until, chosen.until)):
        if text is not None:
            field.FromMicroseconds(_moment(option, text, now_us))
    if arguments.since is not None and arguments.until is not None:
        _check_order(chosen)
    return chosen


def _check_order(chosen: v1.EntryFilter) -> None:
    if chosen.until.ToNanoseconds() <= chosen.since.ToNanoseconds():
        raise ChoiceError(
            _("Nothing lies between --since {since} and --until {until}. Turn them round?").format(
                since=chosen.since.ToJsonString(), until=chosen.until.ToJsonString()
            )
        )


def _moment(option: str, text: str, now_us: int) -> int:
    try:
        return moment_of(text, now_us)
    except ValueError as error:
        raise ChoiceError(f"{option}: {error}.") from None


def _event(word: str) -> str:
    return _known("--event", word.replace("-", "_"), _EVENTS)


def _known(option: str, word: str, known: Iterable[str]) -> str:
    names = list(known)
    if word in names:
        return word
    near = get_close_matches(word, names, 3, 0.5) or sorted(names)
    text = _("{option}: there is no {word!r}. Say one of: {names}.")
    raise ChoiceError(text.format(option=option, word=word, names=", ".join(near)))


def _few(option: str, values: list[str]) -> list[str]:
    distinct = list(dict.fromkeys(values))
    if len(distinct) > _MOST:
        raise ChoiceError(_("{option} can be given {most} times at most.").format(option=option, most=_MOST))
    return distinct
