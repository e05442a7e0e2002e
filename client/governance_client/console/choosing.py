"""Choosing: which decisions words such as `risk=high,critical target=10.0. mine` mean, and in which order. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from governance import v1
from governance_client.console import typed, words
from governance_client.console.inert import inert
from governance_client.console.nearest import nearest, suggestion
from governance_client.console.rendering import urgency
from governance_client.language import _
from governance_client.operator.indexes import OPEN_STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

MINE: Final = "mine"
ALL: Final = "all"
URGENCY: Final = "urgency"
_FIRST_PAGE: Final = 1
_MOST_PAGES_DIGITS: Final = 6
_SHOWN: Final = 40
"""Characters of a mistyped word that are repeated."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which decisions are meant. An empty part narrows nothing; of several words in one part any may hold.

    Attributes:
        risks: Risk levels.
        states: Decision states.
        actions: Types of action.
        tiers: The roles that decide now.
        groups: Starts of a group key.
        targets: Parts of any target's value, in any case of letters.
        cores: Whole names of cores.
        mine: Only what is assigned to the operator, or claimed by the same.
        all: Ended ones too. That is for whoever collects them: `matches` heeds it not.
    """

    risks: frozenset[int] = frozenset()
    states: frozenset[int] = frozenset()
    actions: frozenset[int] = frozenset()
    tiers: frozenset[int] = frozenset()
    groups: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    cores: tuple[str, ...] = ()
    mine: bool = False
    all: bool = False

    def matches(self, decision: v1.Decision, me: str) -> bool:
        """Say whether a decision is meant; `me` is the operator's name."""
        return (
            (not self.risks or decision.assessment.risk in self.risks)
            and (not self.states or decision.state in self.states)
            and (not self.actions or decision.proposal.action.type in self.actions)
            and (not self.tiers or decision.tier in self.tiers)
            and (not self.groups or decision.group_key.startswith(self.groups))
            and (not self.cores or decision.core in self.cores)
            and (not self.mine or (bool(me) and me in {decision.assignee, decision.claim.operator}))
            and (not self.targets or self._has_target(decision))
        )

    def told(self) -> str:
        """Return the selection as it is typed, always in the same way; empty where nothing is narrowed."""
        parts = [
            *(f"{key}={_joined(names, getattr(self, field))}" for key, (field, names) in _names().items()),
            *(f"{key}={_text(getattr(self, field))}" for key, field in _TEXTS.items()),
        ]
        told = [part for part in parts if not part.endswith("=")]
        told += [MINE] if self.mine else []
        told += ["--all"] if self.all and self.states <= OPEN_STATES else []
        return " ".join(told)

    def _has_target(self, decision: v1.Decision) -> bool:
        values = [each.value.casefold() for each in decision.proposal.action.targets]
        return any(part in value for part in self.targets for value in values)


EVERYTHING: Final = Selection()
"""Narrows nothing."""


def matching(
    selection: Selection, decisions: Sequence[v1.Decision], me: str, searched: Mapping[str, str]
) -> Sequence[v1.Decision]:
    """Return the decisions that are meant, in their order.

    Args:
        selection: Which are meant.
        decisions: Of which ones, very many perhaps.
        me: The operator's name.
        searched: The targets of each by its id, in one case of letters, a line each: quicker to look at than it is.
    """
    if selection.targets:
        parts, selection = selection.targets, replace(selection, targets=())
        texts = ((each, searched.get(each.decision_id, "")) for each in decisions)
        decisions = [each for each, text in texts if any(part in text for part in parts)]
    return decisions if selection == EVERYTHING else [each for each in decisions if selection.matches(each, me)]


class Listing(NamedTuple):
    """A selection, with how it is listed.

    Attributes:
        selection: Which.
        sort: By what: one of `SORTS`, reversed by a minus before it; empty where it was not said.
        page: Which page, from 1.
    """

    selection: Selection
    sort: str
    page: int


_TEXTS: Final[Mapping[str, str]] = MappingProxyType({"group": "groups", "target": "targets", "core": "cores"})
"""Keys whose values are somebody's own words, and the selection's part for each."""
KEYS: Final = ("risk", "state", "action", "tier", *_TEXTS, "sort", "page")
"""What may stand before a `=`."""


def choose(given: Sequence[str]) -> Selection:
    """Return the decisions that words mean. What they say of order and page is checked, and left to `listing`.

    Raises:
        ValueError: A word means nothing here; the sentence says which, and what is near.
    """
    return listing(given).selection


def listing(given: Sequence[str]) -> Listing:
    """Return which decisions words mean, and how they are listed. Raises ValueError, with a sentence, as `choose`."""
    found = Listing(EVERYTHING, "", _FIRST_PAGE)
    for word in given:
        key, equals, value = word.partition("=")
        found = _with(found, key, value) if equals else _bare(found, word)
    return found


def values(key: str) -> tuple[str, ...]:
    """Return the words that may follow a key such as `risk`; nothing where any word may."""
    if key == "sort":
        return tuple(SORTS)
    return tuple(_names()[key][1]) if key in _names() else ()


def _bare(found: Listing, word: str) -> Listing:
    """Return a listing narrowed by a word without a key: a risk, a state, `mine` or `--all`."""
    chosen = found.selection
    plain = word.removeprefix("--")
    if plain == MINE:
        return found._replace(selection=replace(chosen, mine=True))
    if plain == ALL:
        return found._replace(selection=replace(chosen, all=True))
    for key in ("risk", "state"):
        if word in _accepted(key):
            return _with(found, key, word)
    raise ValueError(_unknown_word(word))


def _unknown_word(word: str) -> str:
    near = nearest(word, [*values("risk"), *values("state"), MINE, "--all", *(f"{key}=" for key in KEYS)])
    shown = inert(word, limit=_SHOWN)
    if near:
        return _("`{word}` narrows nothing. Did you mean `{near}`?").format(word=shown, near=near)
    text = _("`{word}` narrows nothing. Type a risk, a state, mine, --all, or {keys}.")
    return text.format(word=shown, keys=", ".join(f"{key}=…" for key in KEYS))


def _with(found: Listing, key: str, value: str) -> Listing:
    """Return a listing narrowed by a key and its values."""
    if key not in KEYS:
        text = _("Nothing can be chosen by `{key}`. {hint}")
        raise ValueError(text.format(key=inert(key, limit=_SHOWN), hint=_hint(key, KEYS)))
    if not value:
        raise ValueError(_("`{key}=` needs a value after it.").format(key=key))
    if key == "sort":
        return found._replace(sort=_sort(value))
    if key == "page":
        return found._replace(page=_page(value))
    return found._replace(selection=_narrowed(found.selection, key, value))


def _narrowed(chosen: Selection, key: str, value: str) -> Selection:
    given = [each for each in value.split(",") if each]
    if key in _TEXTS:
        field = _TEXTS[key]
        texts = [each.casefold() if key == "target" else each for each in given]
        merged: dict[str, Any] = {field: tuple(dict.fromkeys([*getattr(chosen, field), *texts]))}
        return replace(chosen, **merged)
    field, _known = _names()[key]
    numbers = {number(key, each) for each in given}
    narrowed = replace(chosen, **{field: getattr(chosen, field) | numbers})
    # whoever asks for what has ended wants to see what has ended
    return replace(narrowed, all=chosen.all or bool(narrowed.states - OPEN_STATES))


def number(key: str, word: str) -> int:
    """Return the risk, state, type of action or role that a word names. Raises ValueError, with a sentence."""
    accepted = _accepted(key)
    if word in accepted:
        return accepted[word]
    text = _("`{word}` is no {key}. {hint}")
    raise ValueError(text.format(word=inert(word, limit=_SHOWN), key=key, hint=_hint(word, values(key))))


def _sort(word: str) -> str:
    if word.removeprefix("-") in SORTS:
        return word
    text = _("Nothing is sorted by `{word}`. {hint}")
    raise ValueError(text.format(word=inert(word, limit=_SHOWN), hint=_hint(word.removeprefix("-"), SORTS)))


def _page(word: str) -> int:
    if word.isascii() and word.isdigit() and len(word) <= _MOST_PAGES_DIGITS and int(word) >= _FIRST_PAGE:
        return int(word)
    raise ValueError(_("`{word}` is no page; pages are counted from 1.").format(word=inert(word, limit=_SHOWN)))


def _hint(word: str, known: Iterable[str]) -> str:
    return suggestion(word, known)


def _english(items: Iterable[tuple[str, int]], prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix).lower(): number for name, number in items if number}


_ENGLISH: Final[Mapping[str, dict[str, int]]] = MappingProxyType(
    {
        "risk": dict(reversed(_english(v1.RiskLevel.items(), "RISK_LEVEL_").items())),
        "state": _english(v1.DecisionState.items(), "DECISION_STATE_"),
        "action": _english(v1.ActionType.items(), "ACTION_TYPE_"),
        "tier": _english(v1.Role.items(), "ROLE_"),
    }
)
"""The words of each key in English, which always work."""
_SPOKEN: Final[Mapping[str, Callable[[int], str]]] = MappingProxyType(
    {"risk": words.risk, "state": words.state, "action": words.action_type, "tier": words.role}
)
"""How they are called in the language in use."""
_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {"risk": "risks", "state": "states", "action": "actions", "tier": "tiers"}
)


def _accepted(key: str) -> dict[str, int]:
    """Return the words that are understood after a key: those of the language in use, and English ones."""
    english = _ENGLISH[key]
    return {**{_typed(_SPOKEN[key](number)): number for number in english.values()}, **english}


def _names() -> dict[str, tuple[str, dict[str, int]]]:
    """Return the selection's part for each key, and its words in the language in use."""
    return {
        key: (field, {_typed(_SPOKEN[key](number)): number for number in _ENGLISH[key].values()})
        for key, field in _FIELDS.items()
    }


def _typed(name: str) -> str:
    """Return a name as one word, however many it has where it is only read."""
    return name.replace(" ", "_")


def _text(parts: tuple[str, ...]) -> str:
    return typed.quoted(",".join(parts)) if parts else ""


def _joined(names: Mapping[str, int], chosen: frozenset[int]) -> str:
    return ",".join(name for name, number in names.items() if number in chosen)


SORTS: Final[Mapping[str, Callable[[v1.Decision], Any]]] = MappingProxyType(
    {
        URGENCY: urgency,
        "risk": lambda each: (-each.assessment.risk, -each.assessment.score),
        "left": lambda each: (not each.schedule.HasField("deadline"), words.microseconds(each.schedule.deadline)),
        "age": lambda each: words.microseconds(each.proposed_at),
        "target": lambda each: each.proposal.action.targets[0].value if each.proposal.action.targets else "",
        "action": lambda each: words.action_type(each.proposal.action.type),
        "confidence": lambda each: -each.proposal.confidence,
        "group": lambda each: each.group_key,
        "tier": lambda each: -each.tier,
    }
)
"""What decisions can be sorted by: worst risk, least time left, oldest, most confident and highest tier first."""


def ordered(decisions: Iterable[v1.Decision], sort: str) -> list[v1.Decision]:
    """Return decisions in an order; what is equal in it stays most urgent first.

    Args:
        decisions: In any order.
        sort: One of `SORTS`; a minus before it reverses it. Empty for urgency.
    """
    urgent = sorted(decisions, key=urgency)
    name = sort.removeprefix("-") or URGENCY
    if name == URGENCY:
        return urgent[::-1] if sort.startswith("-") else urgent
    return sorted(urgent, key=SORTS[name], reverse=sort.startswith("-"))
