"""A report's figures counted anew, slowly and plainly: each looks at the whole ledger, by its definition."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from governance import v1
from tests.support.reported import LEVELS, RISKS, TIERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from governance_client.audit.report_period import Period

HOUR_US: Final = 3600 * 1_000_000
SETTLING: Final = (
    "decision_approved",
    "decision_rejected",
    "proposal_returned",
    "decision_expired",
    "decision_cancelled",
)
HOWS: Final = ("approved", "rejected", "returned", "by_policy", "undecided", "withdrawn")
PEOPLES: Final = ("approved", "rejected", "returned")
ASKED: Final = (*PEOPLES, "undecided")
DECIDED: Final = (*ASKED, "by_policy")
ENDS: Final = (
    "executed",
    "failed",
    "rejected",
    "returned",
    "expired_undecided",
    "expired_order_not_accepted",
    "expired_policy_changed",
    "cancelled",
)


class Happened(NamedTuple):
    """One event."""

    us: int
    entry: v1.Entry
    kind: str
    event: Any


class Story(NamedTuple):
    """All of one decision, up to the period's end."""

    events: list[Happened]

    @property
    def proposed(self) -> Happened:
        return self.events[0]

    @property
    def risk(self) -> int:
        return int(self.proposed.event.assessment.risk)

    @property
    def settled(self) -> Happened | None:
        return next((each for each in self.events if each.kind in SETTLING), None)

    @property
    def how(self) -> str:
        settled = self.settled
        assert settled is not None
        return {
            "decision_approved": "by_policy" if getattr(settled.event, "by_policy", False) else "approved",
            "decision_rejected": "rejected",
            "proposal_returned": "returned",
            "decision_expired": "undecided",
            "decision_cancelled": "withdrawn",
        }[settled.kind]

    @property
    def before_settled(self) -> list[Happened]:
        settled = self.settled
        return self.events if settled is None else self.events[: self.events.index(settled)]

    @property
    def end(self) -> tuple[Happened, str] | None:
        for each in self.events:
            match each.kind:
                case "decision_rejected":
                    return each, "rejected"
                case "proposal_returned":
                    return each, "returned"
                case "decision_cancelled":
                    return each, "cancelled"
                case "decision_expired":
                    return each, v1.ExpiryReason.Name(each.event.reason).lower().replace(
                        "expiry_reason", "expired"
                    ).replace("nobody_decided", "undecided")
                case "outcome_reported" | "outcome_reconciled" if each.event.result != v1.OUTCOME_RESULT_UNKNOWN:
                    return each, v1.OutcomeResult.Name(each.event.result).removeprefix("OUTCOME_RESULT_").lower()
        return None

    @property
    def tier(self) -> int:
        tiers = [int(each.event.tier) for each in self.before_settled if each.kind == "decision_escalated"]
        return tiers[-1] if tiers else int(self.proposed.event.tier)

    def had(self, kind: str) -> bool:
        return any(each.kind == kind for each in self.before_settled)


class Naive:
    """The figures of a period."""

    def __init__(self, entries: Sequence[v1.Entry], period: Period) -> None:
        self.period = period
        happened = []
        for entry in entries:
            for event in entry.events:
                kind = event.WhichOneof("kind") or ""
                one = Happened(entry.recorded_at.ToMicroseconds(), entry, kind, getattr(event, kind))
                happened.append(one)
        self.all = [one for one in happened if one.us < period.to_us]
        self.inside = [one for one in self.all if one.us >= period.from_us]
        names = dict.fromkeys(one.entry.decision_id for one in self.all if one.entry.decision_id)
        self.stories = [Story([one for one in self.all if one.entry.decision_id == name]) for name in names]
        self.settled = [one for one in self.stories if one.settled and one.settled.us >= period.from_us]
        self.ended = [one for one in self.stories if one.end and one.end[0].us >= period.from_us]

    def kinds(self, kind: str) -> int:
        return sum(one.kind == kind for one in self.inside)

    def hows(self, *hows: str, among: Iterable[Story] | None = None) -> int:
        return sum(one.how in hows for one in (self.settled if among is None else among))

    def figures(self) -> dict[str, Any]:
        """Return all of them, in the form of the report's JSON."""
        return {
            "decisions": self._decisions(),
            "oversight": self._oversight(),
            "times": self._times(),
            "escalations": self._escalations(),
            "overrides": self._overrides(),
            "quorum": self._quorum(),
            "operators": {
                "looking": [self._looking(name) for name in self._names()],
                "outcomes": [self._outcomes(name) for name in self._names()],
            },
            "halts": self._halts(),
            "outcomes": self._unknown(),
            "alarms": {
                "kinds": [
                    {"kind": kind, "count": self._alarms(kind)} for kind in ("nobody_reachable", "outcome_unknown")
                ]
            },
            "policies": {
                "applied": [
                    {
                        "offset": one.entry.offset,
                        "recorded_at": moment(one.us),
                        "actor": one.entry.actor.name,
                        "policy_digest": one.event.policy_digest.hex(),
                    }
                    for one in self.inside
                    if one.kind == "policy_applied"
                ]
            },
            "house": {
                "credentials_issued": self.kinds("credential_issued"),
                "credentials_revoked": self.kinds("credential_revoked"),
                "keys_changed": self.kinds("checkpoint_key_changed"),
                "erasures": self.kinds("personal_data_erased"),
                "prunings": self.kinds("entries_pruned"),
            },
        }

    def _decisions(self) -> dict[str, Any]:
        began = self.period.from_us
        proposed = [one for one in self.stories if one.proposed.us >= began]
        opened = [one for one in self.stories if one.proposed.us < began and (not one.end or one.end[0].us >= began)]
        rows = []
        for risk in reversed(RISKS):
            row: dict[str, Any] = {"risk": risk_name(risk), "proposed": sum(one.risk == risk for one in proposed)}
            of_risk = [one for one in self.settled if one.risk == risk]
            rows.append(row | {how: self.hows(how, among=of_risk) for how in HOWS})
        shares = []
        for level in LEVELS:
            name = v1.AutomationLevel.Name(level).removeprefix("AUTOMATION_LEVEL_").lower()
            part = sum(one.proposed.event.assessment.automation == level for one in proposed)
            shares.append({"level": name, "share": share(part, len(proposed))})
        found = [one.end[1] for one in self.ended if one.end]
        return {
            "proposed": len(proposed),
            "open_before": len(opened),
            "ended": len(found),
            "open_after": sum(one.end is None for one in self.stories),
            "waiting": sum(one.settled is None for one in self.stories),
            "by_risk": rows,
            "automation": shares,
            "ends": [{"end": end, "count": found.count(end)} for end in ENDS],
        }

    def _oversight(self) -> dict[str, Any]:
        decided, people = self.hows(*DECIDED), self.hows(*PEOPLES)
        return {
            "decided": decided,
            "human_oversight_rate": share(people, decided),
            "automation_rate": share(self.hows("by_policy"), decided),
            "undecided_rate": share(self.hows("undecided"), decided),
            "approval_rate": share(self.hows("approved"), people),
            "rejection_rate": share(self.hows("rejected", "returned"), people),
            "operators": len({one.entry.actor.name for one in self.inside if is_verdict(one)}),
        }

    def _times(self) -> dict[str, Any]:
        asked = [one for one in self.settled if one.how in ASKED]
        rows, every = [], []
        for risk in reversed(RISKS):
            of_risk = [one for one in asked if one.risk == risk]
            spans = [one.settled.us - one.proposed.us for one in of_risk if one.how in PEOPLES and one.settled]
            every += spans
            rows.append(
                {
                    "risk": risk_name(risk),
                    "decided": len(spans),
                    "median_s": percentile(spans, 0.5),
                    "p95_s": percentile(spans, 0.95),
                    "mean_s": mean(spans),
                    "sla_kept": share(sum(not one.had("sla_breached") for one in of_risk), len(of_risk)),
                }
            )
        return {
            "sla_kept": share(sum(not one.had("sla_breached") for one in asked), len(asked)),
            "warnings": self.kinds("sla_warned"),
            "breaches": self.kinds("sla_breached"),
            "mean_review_time": mean(every),
            "by_risk": rows,
        }

    def _escalations(self) -> dict[str, Any]:
        events = [one for one in self.inside if one.kind == "decision_escalated"]
        escalated = [one for one in self.settled if one.had("decision_escalated")]
        asked, ended = [], []
        for tier in TIERS:
            of_tier = [one.entry.actor.kind == v1.ACTOR_KIND_OPERATOR for one in events if one.event.tier == tier]
            name = v1.Role.Name(tier).removeprefix("ROLE_").lower()
            asked.append({"tier": name, "by_hand": of_tier.count(True), "by_time": of_tier.count(False)})
            there = [one for one in escalated if one.tier == tier]
            ended.append({"tier": name} | {how: self.hows(how, among=there) for how in HOWS if how != "by_policy"})
        return {
            "count": len(events),
            "rate": share(len(escalated), len(self.settled)),
            "asked": asked,
            "ended": ended,
        }

    def _overrides(self) -> dict[str, Any]:
        rejected, returned = self.hows("rejected"), self.hows("returned")
        modified = sum(one.how == "approved" and one.had("action_modified") for one in self.settled)
        return {
            "overrides": share(rejected + returned + modified, self.hows(*PEOPLES)),
            "rejected": rejected,
            "returned": returned,
            "modified": modified,
            "modifications": self.kinds("action_modified"),
            "narrowing": sum(one.kind == "action_modified" and one.event.narrowing for one in self.inside),
            "questions": self.kinds("information_requested"),
            "undo_requests": self.kinds("undo_requested"),
            "reversals": self.kinds("reversal_proposed"),
        }

    def _quorum(self) -> dict[str, Any]:
        asked = [one for one in self.settled if one.how in ASKED and one.proposed.event.quorum.required > 1]
        return {
            "decisions": len(asked),
            "approved": share(self.hows("approved", among=asked), len(asked)),
            "rejected": share(self.hows("rejected", "returned", among=asked), len(asked)),
            "undecided": share(self.hows("undecided", among=asked), len(asked)),
            "votes": self.kinds("vote_cast"),
        }

    def _names(self) -> list[str]:
        """Return who did something, or approved something that ended; who gave most verdicts first."""
        names = {
            one.entry.actor.name
            for one in self.inside
            if is_verdict(one)
            or one.kind == "information_requested"
            or (one.kind == "decision_escalated" and one.entry.actor.kind == v1.ACTOR_KIND_OPERATOR)
        }
        names |= {name for story in self.ended for name in approvals(story)}
        return sorted(names, key=lambda name: (-len(self._verdicts(name)), name))

    def _verdicts(self, name: str) -> list[Happened]:
        return [one for one in self.inside if is_verdict(one) and one.entry.actor.name == name]

    def _looking(self, name: str) -> dict[str, Any]:
        verdicts = self._verdicts(name)
        entries = [one.entry for one in verdicts]
        read = [each.presentation.reading.ToMicroseconds() for each in entries if each.HasField("presentation")]
        hours = [one.us // HOUR_US for one in verdicts]
        batches = [key for key, _ in groupby(entry.batch_id for entry in entries) if key]
        return {
            "operator": name,
            "verdicts": len(verdicts),
            "approval_rate": share(
                sum(one.kind in {"vote_cast", "decision_approved"} for one in verdicts), len(verdicts)
            ),
            "modified": sum(any(each.HasField("action_modified") for each in entry.events) for entry in entries),
            "median_reading_s": percentile(read, 0.5),
            "unread": len(entries) - len(read),
            "verdicts_an_hour": len(verdicts) / len(set(hours)) if hours else None,
            "most_in_hour": max((hours.count(hour) for hour in hours), default=0),
            "in_batches": share(sum(bool(entry.batch_id) for entry in entries), len(entries)),
            "batches": len(batches),
        }

    def _outcomes(self, name: str) -> dict[str, Any]:
        became = []
        for story in self.ended:
            given = approvals(story).get(name)
            if given is None or story.end is None:
                continue
            end = story.end[1]
            approved = [one.event.action_digest for one in story.events if one.kind == "decision_approved"]
            if end in {"rejected", "returned"} or (end in {"executed", "failed"} and approved != [given]):
                became.append("overruled")
            else:
                became.append(end if end in {"executed", "failed"} else "lapsed")
        judged = [each for each in became if each != "lapsed"]
        mine = [
            one
            for one in self.inside
            if one.entry.actor.name == name and one.entry.actor.kind == v1.ACTOR_KIND_OPERATOR
        ]
        return {
            "operator": name,
            "agreement": share(judged.count("executed"), len(judged)),
            **{each: became.count(each) for each in ("executed", "failed", "overruled", "lapsed")},
            "escalated": sum(one.kind == "decision_escalated" for one in mine),
            "asked": sum(one.kind == "information_requested" for one in mine),
        }

    def _halts(self) -> dict[str, Any]:
        end = max(self.period.from_us, min(self.period.to_us, self.period.made_us))
        declared = [one for one in self.all if one.kind == "halt_declared"]
        ended = {one.event.halt_id: one for one in self.all if one.kind == "halt_ended"}
        spans = []
        for one in declared:
            over = ended[one.event.halt_id].us if one.event.halt_id in ended else end
            spans.append((max(one.us, self.period.from_us), min(over, end)))
        lengths = [max(0, over - since) for since, over in spans]
        within = [one for one in declared if one.us >= self.period.from_us]
        scopes = [one.event.WhichOneof("scope") for one in within]
        over_within = [one.event.expired for one in ended.values() if one.us >= self.period.from_us]
        return {
            "declared": len(within),
            "released": over_within.count(False),
            "expired": over_within.count(True),
            "in_force": sum(one.event.halt_id not in ended for one in declared),
            "any_s": union(spans) // 100_000 / 10,
            "sum_s": sum(lengths) // 100_000 / 10,
            "longest_s": max(lengths, default=0) // 100_000 / 10,
            "orders_withdrawn": self.kinds("order_withdrawn"),
            "orders_held": self.kinds("order_held"),
            "scopes": [
                {"scope": scope, "count": scopes.count(scope)} for scope in ("all", "core", "action", "target_digest")
            ],
        }

    def _unknown(self) -> dict[str, Any]:
        became: list[str] = []
        known: list[str] = []
        still = 0
        for story in self.stories:
            first = next((one for one in story.events if unknown(one)), None)
            if first is None:
                continue
            by_core = first.entry.actor.kind == v1.ACTOR_KIND_CORE
            became += [("core" if by_core else "time")] if first.us >= self.period.from_us else []
            if story.end is None:
                still += 1
            elif story.end[0].us >= self.period.from_us:
                known.append(story.end[0].kind)
        return {
            "unknown": len(became),
            "reported_by_core": became.count("core"),
            "nothing_reported": became.count("time"),
            "reconciled": known.count("outcome_reconciled"),
            "reported_late": known.count("outcome_reported"),
            "still_unknown": still,
        }

    def _alarms(self, kind: str) -> int:
        number = v1.AlarmKind.Value(f"ALARM_KIND_{kind.upper()}")
        return sum(one.kind == "alarm_raised" and one.event.kind == number for one in self.inside)


def approvals(story: Story) -> dict[str, bytes]:
    """Return for which action each operator approved last."""
    given = [one for one in story.events if is_verdict(one) and one.kind in {"vote_cast", "decision_approved"}]
    return {one.entry.actor.name: one.event.action_digest for one in given}


def is_verdict(one: Happened) -> bool:
    """Tell whether an operator judged."""
    kinds = ("vote_cast", "decision_approved", "decision_rejected", "proposal_returned")
    return one.kind in kinds and one.entry.actor.kind == v1.ACTOR_KIND_OPERATOR


def unknown(one: Happened) -> bool:
    """Tell whether core, or nobody, said that nobody knows."""
    return one.kind == "outcome_reported" and one.event.result == v1.OUTCOME_RESULT_UNKNOWN


def share(part: int, whole: int) -> dict[str, Any]:
    """So many of so many, as the report writes it."""
    return {"part": part, "whole": whole, "share": part / whole if whole else None}


def percentile(spans: Sequence[int], part: float) -> float | None:
    """The nearest-rank percentile in seconds, of whole tenths."""
    ordered = sorted(span // 100_000 for span in spans)
    return ordered[math.ceil(round(part * len(ordered), 6)) - 1] / 10 if ordered else None


def mean(spans: Sequence[int]) -> float | None:
    """The mean in seconds, of whole tenths."""
    return sum(spans) // len(spans) // 100_000 / 10 if spans else None


def union(spans: Iterable[tuple[int, int]]) -> int:
    """How long at least one of several spans lasted."""
    covered = 0
    reached = 0
    for since, over in sorted(spans):
        covered += max(0, over - max(since, reached))
        reached = max(reached, over)
    return covered


def risk_name(risk: int) -> str:
    """A risk's name."""
    return v1.RiskLevel.Name(v1.RiskLevel.ValueType(risk)).removeprefix("RISK_LEVEL_").lower()


def moment(us: int) -> str:
    """A moment as the report writes it."""
    from datetime import UTC, datetime, timedelta

    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
