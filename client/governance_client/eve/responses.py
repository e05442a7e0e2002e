"""Responses: what a sensible responder asks leave for, by what was seen, how bad it is, and which way it went.

A table, read from the top; the first row that fits is taken. Each class of alerts ends with a row that fits everything.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final, NamedTuple

from governance import v1

if TYPE_CHECKING:
    from governance_client.eve.fields import Fields


class Kind(enum.StrEnum):
    """What an alert is about. The value is the threat's type in the proposal."""

    MALWARE = "malware"
    TAKEOVER = "host_takeover"
    EXPLOIT = "exploit_attempt"
    WEB_ATTACK = "web_attack"
    CREDENTIALS = "credential_abuse"
    PHISHING = "phishing"
    DENIAL_OF_SERVICE = "denial_of_service"
    RECONNAISSANCE = "reconnaissance"
    BAD_REPUTATION = "bad_reputation"
    POLICY = "policy_violation"
    SUSPICIOUS = "suspicious_traffic"
    PROTOCOL = "protocol_anomaly"
    NOISE = "unremarkable"


class Direction(enum.StrEnum):
    """Which way the traffic went, as seen from the home networks."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    EXTERNAL = "external"


class Whom(enum.Enum):
    """What the action is aimed at."""

    OUTSIDER = enum.auto()
    """The outside address."""
    ATTACKER = enum.auto()
    """The side that the alert puts first, if it is one of ours."""
    INSIDER_ADDRESS = enum.auto()
    """The same side, by its address rather than as a machine."""
    VICTIM = enum.auto()
    """The side of ours that it was done to."""
    CONNECTION = enum.auto()
    """The connection itself."""
    DOMAIN = enum.auto()
    """The domain that was asked for."""
    USER = enum.auto()
    """The account."""
    TEAM = enum.auto()
    """The people on duty."""


class Response(NamedTuple):
    """A row.

    Attributes:
        kind: What was seen.
        directions: Which way; empty for any.
        worst: The mildest severity it is for, 1 being the worst.
        action: What to ask leave for.
        whom: What it is aimed at.
        threat: The threat score at severity 1; milder ones get less.
        confidence: How sure that the action is right.
        hours: How long the action is to last; 0 until it is undone.
        operational: Harm to operations, 0 to 1.
        why: The reasoning, one sentence.
    """

    kind: Kind
    directions: frozenset[Direction]
    worst: int
    action: v1.ActionType.ValueType
    whom: Whom
    threat: float
    confidence: float
    hours: int
    operational: float
    why: str


_IN: Final = frozenset({Direction.INBOUND, Direction.EXTERNAL})
_OUT: Final = frozenset({Direction.OUTBOUND})
_INSIDE: Final = frozenset({Direction.INTERNAL})
_OURS: Final = _OUT | _INSIDE
_ANY: Final[frozenset[Direction]] = frozenset()
_ALL: Final = 3

# fmt: off
TABLE: Final = (
    Response(Kind.TAKEOVER, _ANY, 1, v1.ACTION_TYPE_ISOLATE_HOST, Whom.VICTIM, 0.98, 0.90, 0, 0.7,
             "The host answered as one that has been taken over; cut it off before it is used to go further."),
    Response(Kind.TAKEOVER, _ANY, _ALL, v1.ACTION_TYPE_COLLECT_FORENSICS, Whom.VICTIM, 0.80, 0.85, 0, 0.1,
             "The host may have been taken over; secure the evidence before anything else."),
    Response(Kind.MALWARE, _OURS, 1, v1.ACTION_TYPE_ISOLATE_HOST, Whom.ATTACKER, 0.92, 0.88, 0, 0.5,
             "A host of ours behaves as an infected one does; cut it off so that it can neither spread nor report."),
    Response(Kind.MALWARE, _IN, _ALL, v1.ACTION_TYPE_BLOCK_IP, Whom.OUTSIDER, 0.88, 0.86, 168, 0.1,
             "Malware comes from, or reports to, this address; block it."),
    Response(Kind.MALWARE, _ANY, _ALL, v1.ACTION_TYPE_COLLECT_FORENSICS, Whom.ATTACKER, 0.75, 0.82, 0, 0.1,
             "The host shows signs of malware; secure the evidence to tell whether it is infected."),
    Response(Kind.EXPLOIT, _IN, _ALL, v1.ACTION_TYPE_BLOCK_IP, Whom.OUTSIDER, 0.85, 0.90, 24, 0.1,
             "This address tries to break in; block it."),
    Response(Kind.EXPLOIT, _INSIDE, 1, v1.ACTION_TYPE_ISOLATE_HOST, Whom.ATTACKER, 0.88, 0.78, 0, 0.5,
             "A host of ours attacks another; it is in an intruder's hands or an intruder's own."),
    Response(Kind.EXPLOIT, _OUT, _ALL, v1.ACTION_TYPE_COLLECT_FORENSICS, Whom.ATTACKER, 0.75, 0.75, 0, 0.1,
             "A host of ours met an exploit outside, or sent one; find out which."),
    Response(Kind.EXPLOIT, _ANY, _ALL, v1.ACTION_TYPE_COLLECT_LOGS, Whom.VICTIM, 0.65, 0.82, 0, 0.0,
             "Somebody tried to break in here; find out from the logs how far they came."),
    Response(Kind.WEB_ATTACK, _IN, _ALL, v1.ACTION_TYPE_BLOCK_IP, Whom.OUTSIDER, 0.80, 0.91, 24, 0.1,
             "This address attacks a web application; block it."),
    Response(Kind.WEB_ATTACK, _INSIDE, 1, v1.ACTION_TYPE_BLOCK_IP, Whom.INSIDER_ADDRESS, 0.78, 0.76, 4, 0.3,
             "An address of ours attacks a web application of ours; block it until somebody has looked."),
    Response(Kind.WEB_ATTACK, _ANY, _ALL, v1.ACTION_TYPE_COLLECT_LOGS, Whom.ATTACKER, 0.60, 0.82, 0, 0.0,
             "A host of ours may be attacking somebody's web application; find out from its logs."),
    Response(Kind.CREDENTIALS, _ANY, 1, v1.ACTION_TYPE_RESET_PASSWORD, Whom.USER, 0.85, 0.80, 0, 0.3,
             "The password of this account has been stolen; replace it."),
    Response(Kind.CREDENTIALS, _ANY, _ALL, v1.ACTION_TYPE_LOCK_ACCOUNT, Whom.USER, 0.75, 0.72, 0, 0.3,
             "Somebody is trying to log in as this account; lock it until its owner has been asked."),
    Response(Kind.PHISHING, _ANY, _ALL, v1.ACTION_TYPE_BLOCK_DOMAIN, Whom.DOMAIN, 0.75, 0.85, 168, 0.1,
             "This domain is used to deceive people; nobody here should reach it."),
    Response(Kind.DENIAL_OF_SERVICE, _ANY, _ALL, v1.ACTION_TYPE_THROTTLE_CONNECTION, Whom.CONNECTION,
             0.80, 0.84, 1, 0.2,
             "This connection can wear a service out; slow it down rather than cut off whoever shares its address."),
    Response(Kind.RECONNAISSANCE, _IN, 2, v1.ACTION_TYPE_BLOCK_IP, Whom.OUTSIDER, 0.62, 0.93, 24, 0.1,
             "This address is looking for a way in; block it for a day."),
    Response(Kind.RECONNAISSANCE, _OURS, 2, v1.ACTION_TYPE_CAPTURE_NETWORK, Whom.ATTACKER, 0.60, 0.80, 1, 0.0,
             "A host of ours is looking around; record what it does, it may be an inventory or an intruder."),
    Response(Kind.RECONNAISSANCE, _ANY, _ALL, v1.ACTION_TYPE_THROTTLE_CONNECTION, Whom.CONNECTION, 0.55, 0.90, 1, 0.1,
             "Somebody is looking around without haste; slow them down."),
    Response(Kind.BAD_REPUTATION, _IN, _ALL, v1.ACTION_TYPE_BLOCK_IP, Whom.OUTSIDER, 0.60, 0.93, 168, 0.1,
             "This address is known for attacks on others; there is no business with it."),
    Response(Kind.BAD_REPUTATION, _OUT, _ALL, v1.ACTION_TYPE_BLOCK_IP, Whom.OUTSIDER, 0.65, 0.85, 168, 0.1,
             "A host of ours talks to an address known for attacks; end that, and then look at the host."),
    Response(Kind.BAD_REPUTATION, _ANY, _ALL, v1.ACTION_TYPE_COLLECT_LOGS, Whom.ATTACKER, 0.50, 0.90, 0, 0.0,
             "A host of ours does what attackers do; find out from its logs whether it is one."),
    Response(Kind.POLICY, _ANY, 1, v1.ACTION_TYPE_CREATE_TICKET, Whom.TEAM, 0.35, 0.96, 0, 0.0,
             "Somebody does what the rules of the house forbid; that is for people to talk about."),
    Response(Kind.POLICY, _ANY, _ALL, v1.ACTION_TYPE_SEND_ALERT, Whom.TEAM, 0.30, 0.96, 0, 0.0,
             "This may be against the rules of the house; let somebody know."),
    Response(Kind.SUSPICIOUS, _IN, _ALL, v1.ACTION_TYPE_THROTTLE_CONNECTION, Whom.CONNECTION, 0.55, 0.86, 1, 0.1,
             "This traffic is suspicious and no proof; slow it down while somebody looks."),
    Response(Kind.SUSPICIOUS, _OURS, 2, v1.ACTION_TYPE_COLLECT_LOGS, Whom.ATTACKER, 0.50, 0.95, 0, 0.0,
             "A host of ours does something suspicious; find out from its logs what it was."),
    Response(Kind.SUSPICIOUS, _ANY, _ALL, v1.ACTION_TYPE_SEND_ALERT, Whom.TEAM, 0.35, 0.95, 0, 0.0,
             "This is a little suspicious; let somebody know."),
    Response(Kind.PROTOCOL, _ANY, _ALL, v1.ACTION_TYPE_COLLECT_LOGS, Whom.VICTIM, 0.30, 0.96, 0, 0.0,
             "Something speaks its protocol badly: broken software, or somebody testing it. The logs will tell."),
    Response(Kind.NOISE, _ANY, _ALL, v1.ACTION_TYPE_SEND_ALERT, Whom.TEAM, 0.20, 0.97, 0, 0.0,
             "This is most likely harmless; let somebody know, and do nothing."),
)
"""Measures of last resort are for severity 1. What only reads or tells is proposed with the most confidence."""
# fmt: on

FALLBACK: Final = Response(
    Kind.NOISE, _ANY, _ALL, v1.ACTION_TYPE_CREATE_TICKET, Whom.TEAM, 0.5, 0.7, 0, 0.0,
    "The alert does not name what to act on; a person has to look.",
)  # fmt: skip
"""Taken where the row's target is not in the alert, or nothing that may be acted on."""

ACTIONS: Final = frozenset(row.action for row in (*TABLE, FALLBACK))
"""Every type of action that may be proposed."""

_BY_SIGNATURE: Final = (
    (("ATTACK_RESPONSE",), Kind.TAKEOVER),
    (("TROJAN", "MALWARE", "CNC", "COINMINER", "WORM", "MOBILE_MALWARE"), Kind.MALWARE),
    (("SCAN",), Kind.RECONNAISSANCE),
    (("DOS",), Kind.DENIAL_OF_SERVICE),
    (("PHISHING",), Kind.PHISHING),
    (("DROP", "CINS", "COMPROMISED", "TOR", "DSHIELD"), Kind.BAD_REPUTATION),
    (("WEB_SERVER", "WEB_SPECIFIC_APPS"), Kind.WEB_ATTACK),
    (("EXPLOIT", "SHELLCODE"), Kind.EXPLOIT),
)
"""The class a signature is filed under, its second word, says more than its category."""

_BY_CATEGORY: Final = (
    (("successful administrator", "successful user"), Kind.TAKEOVER),
    (("trojan", "malware", "command and control", "mining", "exploit kit", "targeted malicious"), Kind.MALWARE),
    (("credential", "login", "username", "password"), Kind.CREDENTIALS),
    (("social engineering", "phishing"), Kind.PHISHING),
    (("web application",), Kind.WEB_ATTACK),
    (("privilege gain", "executable code", "shellcode"), Kind.EXPLOIT),
    (("denial of service",), Kind.DENIAL_OF_SERVICE),
    (("network scan", "information leak"), Kind.RECONNAISSANCE),
    (("privacy violation", "inappropriate", "policy"), Kind.POLICY),
    (("misc attack",), Kind.BAD_REPUTATION),
    (("protocol command decode", "non-standard protocol"), Kind.PROTOCOL),
    (("not suspicious",), Kind.NOISE),
    (("bad traffic", "suspicious", "unusual"), Kind.SUSPICIOUS),
)


def kind_of(alert: Fields) -> Kind:
    """Return what an alert is about: by its category where that is plain, else by the class of its signature."""
    category = alert.category.lower()
    if "successful" in category or "privacy violation" in category or "not suspicious" in category:
        return _by_category(category)
    words = alert.signature.upper().split()[1:2]
    for names, kind in _BY_SIGNATURE:
        if words and words[0] in names:
            return kind
    return _by_category(category)


def response_to(kind: Kind, direction: Direction, severity: int) -> Response:
    """Return the first row that fits."""
    for row in TABLE:
        if row.kind is kind and severity <= row.worst and (not row.directions or direction in row.directions):
            return row
    return FALLBACK


def _by_category(category: str) -> Kind:
    for names, kind in _BY_CATEGORY:
        if any(name in category for name in names):
            return kind
    return Kind.NOISE
