"""Entries as events of the Open Cybersecurity Schema Framework, for a SIEM: class API Activity (6003), version 1.3.0.

What the ledger records is what callers had a service do: who, what, on which decision, when; API Activity is the class
that says so, and the one that SIEMs know from the audit trails of other services. Each event of an entry is one OCSF
event, so that a rule can be written about one kind of thing; `docs/audit.md` has the mapping.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import json_format

from governance import v1
from governance_client.audit.csv_export import word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from governance_client.audit.search import Found

VERSION: Final = "1.3.0"
_CATEGORY: Final = (6, "Application Activity")
_CLASS: Final = (6003, "API Activity")
_PRODUCT: Final = "Governance Workspace"
_SERVICE: Final = "governance.v1"

CREATE, UPDATE, DELETE, OTHER = 1, 3, 4, 99
_ACTIVITIES: Final = {CREATE: "Create", UPDATE: "Update", DELETE: "Delete", OTHER: "Other"}
_CREATING: Final = frozenset(
    {"ledger_created", "credential_issued", "halt_declared", "decision_proposed", "order_issued", "note_added"}
)
_DELETING: Final = frozenset(
    {"credential_revoked", "halt_ended", "personal_data_erased", "entries_pruned", "order_withdrawn"}
)

INFORMATIONAL, LOW, MEDIUM, HIGH = 1, 2, 3, 4
_SEVERITIES: Final = {INFORMATIONAL: "Informational", LOW: "Low", MEDIUM: "Medium", HIGH: "High"}
_SEVERE: Final[Mapping[str, int]] = {
    "sla_warned": LOW,
    "sla_breached": MEDIUM,
    "halt_declared": MEDIUM,
    "decision_expired": MEDIUM,
    "personal_data_erased": MEDIUM,
    "entries_pruned": MEDIUM,
    "alarm_raised": HIGH,
}
"""Of the event itself, not of the decision's risk; all others are informational."""

_STATUSES: Final = {0: "Unknown", 1: "Success", 2: "Failure"}
_OUTCOMES: Final = {v1.OUTCOME_RESULT_FAILED: 2, v1.OUTCOME_RESULT_UNKNOWN: 0}
"""What becomes of an order can fail; all else is in the ledger since it was done."""

_USERS: Final = {v1.ACTOR_KIND_OPERATOR: (1, "User"), v1.ACTOR_KIND_ADMINISTRATOR: (2, "Admin")}
_SYSTEM: Final = (3, "System")


def lines(found: Found) -> Iterator[str]:
    """Give an entry's events as OCSF events: JSON, one a line, in ASCII."""
    for number, event in enumerate(found.entry.events):
        yield json.dumps(ocsf_event(found, event, number), separators=(",", ":")) + "\n"


def ocsf_event(found: Found, event: v1.Event, number: int) -> dict[str, Any]:
    """Return one event of an entry as an OCSF event.

    Args:
        found: The entry.
        event: Which of its events.
        number: Its place among them, from 0. The first carries the entry's personal data, as the reader may see them.
    """
    entry = found.entry
    kind = event.WhichOneof("kind") or "unknown"
    activity = _activity(kind)
    severity = _SEVERE.get(kind, INFORMATIONAL)
    status = _status(event, kind)
    return {
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity],
        "category_uid": _CATEGORY[0],
        "category_name": _CATEGORY[1],
        "class_uid": _CLASS[0],
        "class_name": _CLASS[1],
        "type_uid": _CLASS[0] * 100 + activity,
        "type_name": f"{_CLASS[1]}: {_ACTIVITIES[activity]}",
        "severity_id": severity,
        "severity": _SEVERITIES[severity],
        "status_id": status,
        "status": _STATUSES[status],
        "time": entry.recorded_at.ToMilliseconds(),
        "message": " ".join(filter(None, (kind.replace("_", " "), entry.decision_id))),
        "metadata": _metadata(found, kind, number),
        "actor": {"user": _user(entry.actor)},
        "api": _api(entry, kind),
        "src_endpoint": _endpoint(entry.actor),
        **_resources(entry),
        "unmapped": _unmapped(found, event, kind, number),
    }


def _activity(kind: str) -> int:
    if kind in _CREATING:
        return CREATE
    if kind in _DELETING:
        return DELETE
    return OTHER if kind == "unknown" else UPDATE


def _status(event: v1.Event, kind: str) -> int:
    reported = getattr(event, kind) if kind in {"outcome_reported", "outcome_reconciled"} else None
    return 1 if reported is None else _OUTCOMES.get(reported.result, 1)


def _metadata(found: Found, kind: str, number: int) -> dict[str, Any]:
    entry = found.entry
    metadata: dict[str, Any] = {
        "version": VERSION,
        "product": {"name": _PRODUCT, "vendor_name": _PRODUCT},
        "log_name": "ledger",
        "event_code": kind,
        "uid": f"{found.record.hash.hex()}.{number}",
        "sequence": entry.offset,
        "original_time": entry.recorded_at.ToJsonString(),
    }
    if entry.decision_id:
        metadata["correlation_uid"] = entry.decision_id
    return metadata


def _kind(actor: v1.Actor) -> str:
    return word(v1.ActorKind.Name, actor.kind, "ACTOR_KIND_")


def _user(actor: v1.Actor) -> dict[str, Any]:
    type_id, type_name = _USERS.get(actor.kind, _SYSTEM)
    user: dict[str, Any] = {"name": actor.name or _kind(actor), "type_id": type_id, "type": type_name}
    if actor.role:
        user["groups"] = [{"name": word(v1.Role.Name, actor.role, "ROLE_")}]
    return user


def _endpoint(actor: v1.Actor) -> dict[str, str]:
    """Return where it came from: by name, since the ledger holds no network addresses."""
    return {"name": actor.name or _kind(actor), "svc_name": _kind(actor)}


def _api(entry: v1.Entry, kind: str) -> dict[str, Any]:
    api: dict[str, Any] = {"operation": kind, "service": {"name": _SERVICE}}
    if entry.request_id:
        api["request"] = {"uid": entry.request_id}
    return api


def _resources(entry: v1.Entry) -> dict[str, Any]:
    return {"resources": [{"uid": entry.decision_id, "type": "decision"}]} if entry.decision_id else {}


def _unmapped(found: Found, event: v1.Event, kind: str, number: int) -> dict[str, Any]:
    """Return what the schema has no place for, in protobuf's JSON."""
    entry = found.entry
    unmapped: dict[str, Any] = {
        "offset": str(entry.offset),
        "hash": found.record.hash.hex(),
        "previous_hash": entry.previous_hash.hex(),
        "personal_data": found.held.value,
    }
    if kind != "unknown":
        unmapped[kind] = json_format.MessageToDict(getattr(event, kind))
    if entry.decision_version:
        unmapped["decision_version"] = str(entry.decision_version)
    if entry.batch_id:
        unmapped["batch_id"] = entry.batch_id
    if number == 0:
        unmapped.update(_beside(found))
    return unmapped


def _beside(found: Found) -> Iterator[tuple[str, Any]]:
    if found.entry.HasField("presentation"):
        yield "presentation", json_format.MessageToDict(found.entry.presentation)
    personal = json_format.MessageToDict(found.personal)
    if personal:
        yield "personal", personal
