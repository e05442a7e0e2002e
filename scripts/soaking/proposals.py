"""Proposals, each of another action, and what becomes of each: a function of its number alone.

So any client knows what to do about a decision without being told, and the same number means the same in every run.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

from tests.support.alerts import ACCOUNT, BEACON, GUESSING, MALWARE, SCAN, WIPING, Kind, alert

if TYPE_CHECKING:
    from governance import v1

_T = TypeVar("_T")
_LIKE: Final = 32
"""So many scans and guesses in a row are of one network, and so are like each other."""


class Fate(Enum):
    """What people make of a decision that waits for them."""

    APPROVE = "approve"
    REJECT = "reject"
    RETURN = "return"
    MODIFY = "modify"
    ESCALATE = "escalate"
    CLAIM = "claim"
    ASK = "ask"
    DEFER = "defer"
    TWICE = "twice"
    """Two decide it at once, and one of them comes second."""
    WITHDRAW = "withdraw"
    """Core withdraws it."""
    IGNORE = "ignore"
    """Nobody decides: it is warned about, breaches, goes up the chain and expires."""


class Doing(Enum):
    """What core makes of an order."""

    EXECUTE = "execute"
    FAIL = "fail"
    UNDO = "undo"
    """It is executed, and then an operator wants the reverse."""
    RACE = "race"
    """Both instances want it."""
    FORGET = "forget"
    """Nobody accepts it, so that it lapses."""
    KEEP_SILENT = "keep silent"
    """It is accepted and not reported on, so that its outcome is unknown until somebody settles it."""


_KINDS: Final = ((SCAN, 50), (GUESSING, 15), (BEACON, 12), (MALWARE, 9), (ACCOUNT, 9), (WIPING, 5))
_FATES: Final = (
    (Fate.APPROVE, 610),
    (Fate.REJECT, 90),
    (Fate.MODIFY, 50),
    (Fate.CLAIM, 50),
    (Fate.ESCALATE, 40),
    (Fate.ASK, 40),
    (Fate.TWICE, 40),
    (Fate.RETURN, 30),
    (Fate.DEFER, 20),
    (Fate.WITHDRAW, 20),
    (Fate.IGNORE, 10),
)
_DOINGS: Final = (
    (Doing.EXECUTE, 890),
    (Doing.RACE, 50),
    (Doing.FAIL, 30),
    (Doing.UNDO, 10),
    (Doing.FORGET, 10),
    (Doing.KEEP_SILENT, 10),
)
_SURE_SHARE: Final = 40
"""So many of a hundred proposals are so sure that policy approves them, where the risk is low or medium."""
_LEFT_OPEN: Final = frozenset({Doing.FORGET, Doing.KEEP_SILENT})


def fate_of(number: int) -> Fate:
    """Return what people make of the decision of a number."""
    return _drawn(_FATES, number, 1)


def doing_of(number: int) -> Doing:
    """Return what core makes of its order."""
    return _drawn(_DOINGS, number, 2)


def is_left_open(number: int) -> bool:
    """Tell whether a decision stays open for a while on purpose, so that it says nothing of how fast the server is."""
    return fate_of(number) is Fate.IGNORE or doing_of(number) in _LEFT_OPEN


def chance_of(number: int, salt: int) -> int:
    """Return 32 bits that look drawn, the same for the same number and salt."""
    mixed = (number * 0x9E3779B1 + salt * 0x85EBCA6B) & 0xFFFFFFFF
    mixed = ((mixed ^ mixed >> 16) * 0x7FEB352D) & 0xFFFFFFFF
    return ((mixed ^ mixed >> 15) * 0x846CA68B & 0xFFFFFFFF) ^ mixed >> 16


def decision_id(core: str, number: int) -> str:
    """Return the id of a core's decision of a number."""
    return f"{core}-{number:08d}"


def number_of(name: str) -> tuple[str, int]:
    """Return whose decision it is, and its number."""
    core, _, number = name.rpartition("-")
    return core, int(number)


def proposal(core: str, number: int, reverses: str = "") -> v1.Proposal:
    """Return the proposal of a number: of an action that no other number has."""
    kind = _drawn(_KINDS, number, 3)
    sure = chance_of(number, 4) % 100 < _SURE_SHARE
    made = alert(decision_id(core, number), kind, _target(core, number, kind), confidence=0.97 if sure else 0.85)
    made.reverses = reverses
    return made


def _target(core: str, number: int, kind: Kind) -> str:
    if kind in (SCAN, GUESSING):
        network, host = divmod(number, _LIKE)
        return f"2001:db8:{network >> 16:x}:{network & 0xFFFF:x}::{ord(core[0]):x}:{host + 1:x}"
    return f"{kind.threat.replace('_', '-')}-{number}.{core}.example"


def _drawn(shares: tuple[tuple[_T, int], ...], number: int, salt: int) -> _T:
    place = chance_of(number, salt) % sum(share for _, share in shares)
    for value, share in shares:
        place -= share
        if place < 0:
            return value
    raise AssertionError
