"""Settings: what `server.toml` says about notifications."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from governance import v1
from governance_server.engine.notices import NoticeKind

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
RISKS: Final = ("low", "medium", "high", "critical")
KNOWN: Final = frozenset({"name", "url", "on", "min_risk"})


@dataclass(frozen=True, slots=True)
class NotifySetting:
    """One `[[notify]]`.

    Attributes:
        name: What the destination is called in the log, and what its bookmark is kept under.
        url: Where to send to, as apprise writes it. It holds secrets, and is in no log, no error and no repr.
        kinds: What it wants to hear of.
        min_risk: Decisions of lower risk are left out.
    """

    name: str
    url: str = field(repr=False)
    kinds: frozenset[NoticeKind]
    min_risk: v1.RiskLevel.ValueType


def read_settings(content: object) -> tuple[NotifySetting, ...]:
    """Return the destinations of a `notify` setting.

    Raises:
        ValueError: One is not as it has to be; the sentence says which, and never what its URL is.
    """
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise ValueError("notify has to be written as [[notify]], once for each destination.")
    settings = tuple(_read(item, number) for number, item in enumerate(content, start=1))
    names = [setting.name for setting in settings]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two [[notify]] have the name {twice[0]}; give each its own.")
    return settings


def _read(item: dict[str, Any], number: int) -> NotifySetting:
    place = f"[[notify]] number {number}"
    unknown = sorted(item.keys() - KNOWN)
    if unknown:
        raise ValueError(f"{place} has a setting that is not known: {unknown[0]}.")
    name, url = item.get("name"), item.get("url")
    if not isinstance(name, str) or NAME.fullmatch(name) is None:
        raise ValueError(f"{place}: name has to be letters, digits, _ and -, at most 64, such as night-shift.")
    if not isinstance(url, str) or "://" not in url:
        raise ValueError(f"{place} ({name}): url has to be one that apprise understands, such as mailtos://….")
    return NotifySetting(name, url, _kinds(item, f"{place} ({name})"), _min_risk(item, f"{place} ({name})"))


def _kinds(item: dict[str, Any], place: str) -> frozenset[NoticeKind]:
    offered = [kind.value for kind in NoticeKind]
    wanted = item.get("on", offered)
    if not isinstance(wanted, list) or not wanted or not all(word in offered for word in wanted):
        raise ValueError(f"{place}: on has to be a list of some of {', '.join(offered)}.")
    return frozenset(NoticeKind(word) for word in wanted)


def _min_risk(item: dict[str, Any], place: str) -> v1.RiskLevel.ValueType:
    word = item.get("min_risk", RISKS[0])
    if word not in RISKS:
        raise ValueError(f"{place}: min_risk has to be one of {', '.join(RISKS)}.")
    return v1.RiskLevel.Value(f"RISK_LEVEL_{word.upper()}")
