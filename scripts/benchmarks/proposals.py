"""Proposals: what the load is made of. Drawn from a seed, no two about the same action, each for a person to decide.

They are as a core would make them, of some 700 bytes: one to three targets and assets, reasoning of some sentences,
indicators, a line or two of a log, what it costs the business; threat score and confidence vary. None is critical and
none certain enough for the policy to approve it by itself, so that each takes one approval.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED: Final = 9170
CONFIDENCE: Final = (0.62, 0.94)
"""Between what the built-in policy calls advisory and what it calls full: a person has to approve."""
_SCORE: Final = (0.2, 0.8)
_COST_USD: Final = (500.0, 60_000.0)
_IMPACT: Final = (0.05, 0.5)


class _Kind(NamedTuple):
    """What proposals of one kind have in common.

    Attributes:
        action: What core would do.
        target: The kind of thing it would do it to.
        pattern: What such things are called; takes a number, in hexadecimal digits.
        threat: What core calls the threat.
        reasoning: Why, in sentences of which some are taken.
        seen: How a log has it.
    """

    action: v1.ActionType.ValueType
    target: v1.TargetKind.ValueType
    pattern: str
    threat: str
    reasoning: tuple[str, ...]
    seen: str


_KINDS: Final = (
    _Kind(
        v1.ACTION_TYPE_BLOCK_IP,
        v1.TARGET_KIND_IP_ADDRESS,
        "2001:db8::{0:x}:{1:x}",
        "port_scan",
        (
            "Connections to 1,024 ports of the mail relay within a minute, none completed.",
            "The address has no history here and is on two public lists since this morning.",
            "Three more addresses of the same network did the same an hour ago.",
            "No customer is known to come from there.",
        ),
        "TCP SYN, 1024 ports in 58 s, 0 established, TTL 241",
    ),
    _Kind(
        v1.ACTION_TYPE_BLOCK_DOMAIN,
        v1.TARGET_KIND_DOMAIN,
        "cdn-{0:x}-{1:x}.example.net",
        "command_and_control",
        (
            "One workstation asks for this name every 60 s, with a jitter of 3 s, since it opened an attachment.",
            "The name was registered nine days ago and resolves to one address alone.",
            "The pattern fits a family of loaders that was seen twice this quarter.",
        ),
        "A? every 60 s from one workstation, first at 14:02:11, NXDOMAIN until 15:30:07",
    ),
    _Kind(
        v1.ACTION_TYPE_DISABLE_USER,
        v1.TARGET_KIND_USER,
        "user-{0:x}-{1:x}",
        "impossible_travel",
        (
            "A login from another continent eleven minutes after one from the office.",
            "The device is new, and the second factor was reset four minutes before.",
            "Nothing was downloaded yet.",
        ),
        "login ok, device new, second factor reset 4 min before, distance 9,300 km in 11 min",
    ),
    _Kind(
        v1.ACTION_TYPE_ISOLATE_HOST,
        v1.TARGET_KIND_HOST,
        "workstation-{0:x}-{1:x}",
        "ransomware",
        (
            "Files on the share of this host are rewritten with high entropy at 40 a second.",
            "Shadow copies were deleted a minute before.",
            "The process that writes was started from a document.",
        ),
        "vssadmin delete shadows /all /quiet; 2,412 files renamed since 17:41:20",
    ),
    _Kind(
        v1.ACTION_TYPE_QUARANTINE_FILE,
        v1.TARGET_KIND_FILE,
        "/srv/share/inbox/{0:x}/{1:x}.docm",
        "malicious_document",
        (
            "The document carries a macro that two engines of nine know.",
            "It came by mail to four people of accounting; one of them opened it.",
        ),
        "sha256 of the attachment seen 4 times since 09:12:31, opened once",
    ),
)
_CRITICALITIES: Final = (v1.CRITICALITY_LOW, v1.CRITICALITY_MEDIUM, v1.CRITICALITY_HIGH)
_CLASSES: Final = (v1.DATA_CLASSIFICATION_PUBLIC, v1.DATA_CLASSIFICATION_INTERNAL, v1.DATA_CLASSIFICATION_CONFIDENTIAL)
_TYPES: Final = ("server", "workstation", "database", "network")
_IMPACTS: Final = (
    "A few customers may not reach the portal until the block is lifted.",
    "One person cannot work until the desk has called back.",
    "Mail of one supplier comes late; nothing is lost.",
)
_WORD: Final = 16


class Drawing:
    """Draws proposals: as many as are wanted, the same for the same seed and core."""

    def __init__(self, core: str, seed: int = SEED) -> None:
        self._chance = random.Random(f"{core} {seed}")  # noqa: S311 - no secret: the same in every run
        self._core = core
        self._drawn = 0
        self._moment_ms = seed // 1_000_000  # a seed is the time in nanoseconds, where there is one for each run

    def name(self) -> str:
        """Draw an id as clients do: a UUID of version 7, whose time goes on by a millisecond with each."""
        self._moment_ms += 1
        return f"{self._moment_ms:012x}7{self._chance.randbytes(10).hex()[1:]}"

    def proposals(self, count: int) -> Iterator[v1.Proposal]:
        """Draw that many more."""
        return (self._proposal() for _ in range(count))

    def _proposal(self) -> v1.Proposal:
        chance = self._chance
        kind = chance.choice(_KINDS)
        targets = [self._target(kind) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        evidence = v1.Evidence(
            reasoning=" ".join(kind.reasoning[: chance.randint(2, len(kind.reasoning))]),
            indicators=[target.value for target in targets],
            exhibits=[v1.Exhibit(name="log", text=kind.seen) for _ in range(chance.choice((1, 1, 2)))],
        )
        return v1.Proposal(
            decision_id=self.name(),
            action=v1.Action(type=kind.action, scope=v1.ACTION_SCOPE_HOST, targets=targets),
            confidence=chance.uniform(*CONFIDENCE),
            threat=v1.Threat(score=chance.uniform(*_SCORE), type=kind.threat, novelty=v1.NOVELTY_KNOWN),
            evidence=evidence,
            assets=[self._asset() for _ in range(chance.randint(1, 3))],
            business_impact=v1.BusinessImpact(
                description=_IMPACTS[chance.randrange(len(_IMPACTS))],
                estimated_cost_usd=chance.uniform(*_COST_USD),
                operational=chance.uniform(*_IMPACT),
                reputational=chance.uniform(*_IMPACT),
            ),
            data_classification=chance.choice(_CLASSES),
            model_version="example-1",
            related_incidents=[f"incident-{chance.randrange(10_000)}"],
            metadata={"sensor": f"ids-{chance.randrange(40)}", "rule": f"rule {chance.randrange(4000)}, revision 3"},
        )

    def _target(self, kind: _Kind) -> v1.Target:
        self._drawn += 1
        value = kind.pattern.format(self._drawn >> _WORD, self._drawn & 0xFFFF)
        return v1.Target(kind=kind.target, value=value)

    def _asset(self) -> v1.Asset:
        chance = self._chance
        type_ = chance.choice(_TYPES)
        return v1.Asset(name=f"{type_}-{chance.randrange(500)}", type=type_, criticality=chance.choice(_CRITICALITIES))
