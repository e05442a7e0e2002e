"""The schema of a policy document: which key sets which field of a policy, and what it may be set to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from governance import v1
from governance_server.domain import figures
from governance_server.domain.consistency import (
    LAST_HOUR,
    LONGEST_READING_S,
    LONGEST_RETENTION_DAYS,
    LONGEST_S,
    MOST_APPROVALS,
    MOST_IN_BATCH,
)
from governance_server.domain.rules import ASSIGNMENTS, BELOW_TIER, SIMILAR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Keys: TypeAlias = tuple[str, ...]

MOST_COUNT: Final = 2**31 - 1
"""More of anything than a server can hold."""


class Leaf(NamedTuple):
    """A key of the document.

    Attributes:
        field: The policy's field that it sets.
        take: Returns what the field becomes; raises ValueError with a sentence where it cannot.
        at: The field is a table, and this is its key in there; None: the key sets the whole field.
    """

    field: str
    take: Callable[[Any], Any]
    at: Any = None


def share(value: Any) -> float:
    """Take a number from 0 to 1."""
    if not _is_number(value) or not 0 <= value <= 1:
        raise ValueError(f"This is a number from 0 to 1, not {shown(value)}.")
    return float(value)


def seconds(value: Any) -> int:
    """Take a whole number of seconds, at least one and at most a year."""
    return _whole(value, 1, LONGEST_S, "seconds")


def count(value: Any) -> int:
    """Take a whole number of at least one."""
    return _whole(value, 1, MOST_COUNT)


def limit(value: Any) -> int:
    """Take a whole number; 0 for no limit."""
    return _whole(value, 0, MOST_COUNT)


def people(value: Any) -> int:
    """Take a number of people."""
    return _whole(value, 1, MOST_APPROVALS, "people")


def reading(value: Any) -> int:
    """Take a time to read in whole seconds; 0 for none."""
    return _whole(value, 0, LONGEST_READING_S, "seconds")


def retention(value: Any) -> int:
    """Take a number of days."""
    return _whole(value, 1, LONGEST_RETENTION_DAYS, "days")


def batch_size(value: Any) -> int:
    """Take a number of decisions that are decided at once."""
    return _whole(value, 1, MOST_IN_BATCH, "decisions")


def batch_score(value: Any) -> float:
    """Take a sum of the scores of as many decisions."""
    if not _is_number(value) or not 0 < value <= MOST_IN_BATCH:
        raise ValueError(f"This is a number greater than 0 and at most {MOST_IN_BATCH}, not {shown(value)}.")
    return float(value)


def text(value: Any) -> str:
    """Take a string."""
    if not isinstance(value, str):
        raise ValueError(f"This is a string, not {shown(value)}.")  # noqa: TRY004 - a document's fault, not a caller's
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Take a list of strings."""
    return tuple(text(one) for one in _list(value, "strings"))


def one_of(known: Mapping[str, Any], what: str) -> Callable[[Any], Any]:
    """Return what takes one of several names, and returns what it stands for."""

    def take(value: Any) -> Any:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"This is {what}: {', '.join(known)}; not {shown(value)}.")
        return known[value]

    return take


def several_of(known: Mapping[str, Any], what: str) -> Callable[[Any], tuple[Any, ...]]:
    """Return what takes a list of several names, each once."""
    one = one_of(known, what)

    def take(value: Any) -> tuple[Any, ...]:
        taken = tuple(one(item) for item in _list(value, "names"))
        if len(set(taken)) != len(taken):
            raise ValueError("This names the same twice.")
        return taken

    return take


def set_of(known: Mapping[str, Any], what: str) -> Callable[[Any], frozenset[Any]]:
    """Return what takes a list of several names, each once, whose order says nothing."""
    several = several_of(known, what)
    return lambda value: frozenset(several(value))


def names_of(kind: Any, numbers: Iterable[int]) -> dict[str, Any]:
    """Return the values of an enum by the names they are written by outside of the contract."""
    prefix = kind.Name(0).removesuffix("UNSPECIFIED")
    return {kind.Name(number).removeprefix(prefix).lower(): number for number in numbers}


def shown(value: Any) -> str:
    """Return a value as it is shown in a sentence: short, and in one line."""
    written = repr(value)
    return written if len(written) <= _SHOWN else f"{written[:_SHOWN]}…"


def _points(value: Any) -> tuple[tuple[float, float], ...]:
    pairs = [_pair(one) for one in _list(value, "pairs [measure, value]")]
    return tuple((float(at), share(worth)) for at, worth in pairs)


def _hours(value: Any) -> tuple[tuple[int, float], ...]:
    pairs = [_pair(one) for one in _list(value, "pairs [hour, value]")]
    return tuple((_whole(hour, 0, LAST_HOUR, "hours"), share(worth)) for hour, worth in pairs)


def _pair(value: Any) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):  # noqa: PLR2004 - a pair
        raise ValueError(f"This is a list of pairs of numbers; {shown(value)} is none.")
    return value[0], value[1]


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"This is a list of {what}, not {shown(value)}.")  # noqa: TRY004 - a document's fault
    return value


def _whole(value: Any, least: int, most: int, unit: str = "") -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        of = f" of {unit}" if unit else ""
        raise ValueError(f"This is a whole number{of} from {least} to {most}, not {shown(value)}.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _table(place: str, field: str, names: Mapping[str, Any], take: Callable[[Any], Any]) -> dict[Keys, Leaf]:
    return {(*place.split("."), name): Leaf(field, take, number) for name, number in names.items()}


def _actions() -> dict[Keys, Leaf]:
    types = names_of(v1.ActionType, (number for number in v1.ActionType.values() if number))
    return {
        ("risk", "actions", name, field): Leaf(field, share, number)
        for name, number in types.items()
        for field in ("aggressiveness", "irreversibility")
    }


_SHOWN: Final = 40
RISKS: Final = names_of(v1.RiskLevel, figures.RISK_FROM)
ROLES: Final = names_of(v1.Role, figures.CHAIN)
AUTOMATIONS: Final = names_of(v1.AutomationLevel, range(v1.AUTOMATION_LEVEL_MANUAL, v1.AUTOMATION_LEVEL_FULL))
"""What a rule may leave of autonomy: a person decides in all of them."""
a_role = one_of(ROLES, "a role of operators")
a_reader = one_of(names_of(v1.Role, figures.READERS), "a role of auditors or operators")
a_risk = one_of(RISKS, "a risk")

LEAVES: Final[Mapping[Keys, Leaf]] = {
    ("risk", "key_concern_from"): Leaf("key_concern_from", share),
    **_table("risk.from", "risk_from", {name: number for name, number in RISKS.items() if name != "low"}, share),
    **_table("risk.category_weights", "category_weights", names_of(v1.RiskCategory, figures.CATEGORY_WEIGHTS), share),
    **_table("risk.factor_weights", "factor_weights", names_of(v1.RiskFactorKind, figures.FACTOR_WEIGHTS), share),
    **_table("risk.novelty", "novelty", names_of(v1.Novelty, figures.NOVELTY), share),
    **_table("risk.criticality", "criticality", names_of(v1.Criticality, figures.CRITICALITY), share),
    **_table(
        "risk.data_sensitivity", "data_sensitivity", names_of(v1.DataClassification, figures.DATA_SENSITIVITY), share
    ),
    **_table("risk.scope", "scope", names_of(v1.ActionScope, figures.SCOPE), share),
    ("risk", "scales", "asset_count"): Leaf("asset_count", _points),
    ("risk", "scales", "financial_usd"): Leaf("financial_usd", _points),
    ("risk", "scales", "time_of_day_utc"): Leaf("time_of_day_utc", _hours),
    ("risk", "scales", "availability_utc"): Leaf("availability_utc", _hours),
    ("risk", "compliance", "strict_regulations"): Leaf("strict_regulations", texts),
    ("risk", "compliance", "regulatory_strict"): Leaf("regulatory_strict", share),
    ("risk", "compliance", "regulatory_other"): Leaf("regulatory_other", share),
    ("risk", "compliance", "regulatory_none"): Leaf("regulatory_none", share),
    ("risk", "compliance", "privacy_other"): Leaf("privacy_other", share),
    ("risk", "actions", "unscored"): Leaf("unscored_action", share),
    **_actions(),
    ("automation", "full_from_confidence"): Leaf("full_from_confidence", share),
    ("automation", "supervised_from_confidence"): Leaf("supervised_from_confidence", share),
    ("automation", "advisory_from_confidence"): Leaf("advisory_from_confidence", share),
    **{("sla", f"{name}_s"): Leaf("sla_s", seconds, number) for name, number in RISKS.items()},
    ("sla", "warn_share"): Leaf("warn_share", share),
    ("sla", "chain"): Leaf("chain", several_of(ROLES, "a role of operators")),
    ("sla", "on_expiry"): Leaf("on_expiry", one_of({"deny": "deny"}, "what silence means")),
    **_table("approvals.required_approvals", "required_approvals", RISKS, people),
    ("approvals", "free_modification_from"): Leaf("free_modification_from", a_role),
    ("approvals", "below_tier_may"): Leaf(
        "below_tier_may", several_of({name: name for name in BELOW_TIER}, "what an operator below the tier may do")
    ),
    ("work", "assignment"): Leaf(
        "assignment", one_of({name: name for name in ASSIGNMENTS}, "who gives decisions to operators")
    ),
    ("work", "claim_lease_s"): Leaf("claim_lease_s", seconds),
    ("execution", "accept_within_s"): Leaf("accept_within_s", seconds),
    ("execution", "report_within_s"): Leaf("report_within_s", seconds),
    ("halt", "declared_from"): Leaf("halt_from", a_role),
    ("halt", "release_people"): Leaf("halt_release_people", people),
    ("limits", "operator_requests_per_minute"): Leaf("operator_requests_per_minute", limit),
    ("limits", "proposals_per_hour"): Leaf("proposals_per_hour", limit),
    ("limits", "rate_exempt_from"): Leaf("rate_exempt_from", a_risk),
    ("limits", "open_decisions"): Leaf("open_decisions_limit", count),
    ("limits", "retry_when_full_s"): Leaf("retry_when_full_s", seconds),
    ("limits", "hold_back_s"): Leaf("hold_back_s", seconds),
    **_table("limits.hold_back_from", "hold_back_from", names_of(v1.RiskLevel, figures.HOLD_BACK_FROM), share),
    ("notifications", "reminder_s"): Leaf("notify_reminder_s", seconds),
    **_table("console.reading_s", "reading_s", RISKS, reading),
    ("console", "retype_target"): Leaf("retype_target", set_of(RISKS, "a risk")),
    ("console", "similar"): Leaf(
        "similar", one_of({name: name for name in SIMILAR}, "when it is told how like decisions ended")
    ),
    ("batch", "decisions"): Leaf("batch_decisions", batch_size),
    ("batch", "score"): Leaf("batch_score", batch_score),
    ("privacy", "see_personal_from"): Leaf("see_personal_from", a_reader),
    ("privacy", "retention_days"): Leaf("retention_days", retention),
}
"""Every key that sets a figure. Low risk starts at 0, so that no key says so."""

FREE_TABLES: Final[Mapping[Keys, Leaf]] = {("risk", "privacy"): Leaf("privacy", share)}
"""Tables whose keys are the document's own: it sets the whole field, with what each key may be set to."""
