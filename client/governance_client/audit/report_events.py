"""A report's figures about what is not the rule: halts, unknown outcomes, alarms, and changes of the house. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_client.audit.report_counts import Surfacing
from governance_client.audit.report_spread import TENTH_US
from governance_client.audit.report_values import Column, Figure, Foreign, Instant, Section, Span, Table, Word
from governance_client.console import words
from governance_client.language import _

if TYPE_CHECKING:
    from governance_client.audit.report_tally import Tally
    from governance_client.audit.report_values import Value


def events(tally: Tally) -> list[Section]:
    """Return the sections about what is not the rule."""
    return [_halts(tally), _unknown(tally), _alarms(tally), _policies(tally), _house(tally)]


def _halts(tally: Tally) -> Section:
    halts, kinds = tally.halts, tally.counts.kinds
    scopes = {
        "all": _("of everything"),
        "core": _("of one core"),
        "action": _("of one type of action"),
        "target_digest": _("of one target"),
    }
    any_meaning = _("The time in the period in which at least one was in force.")
    parts: list[Figure | Table] = [
        Figure("declared", _("halts declared"), halts.declared.total(), _("In the period.")),
        Figure("released", _("released"), halts.released, _("By as many people as it takes.")),
        Figure("expired", _("ended by themselves"), halts.expired, _("Their time ran out.")),
        Figure("in_force", _("in force at the end"), halts.in_force, _("Or when the report was made.")),
        Figure("any_s", _("time with a halt"), Span(halts.any_us // TENTH_US), any_meaning),
        Figure("sum_s", _("added up"), Span(halts.sum_us // TENTH_US), _("Each halt's time in force in the period.")),
        Figure("longest_s", _("the longest"), Span(halts.most_us // TENTH_US), _("Of one halt, in the period.")),
        Figure("orders_withdrawn", _("orders withdrawn"), kinds["order_withdrawn"], _("Not yet accepted by core.")),
        Figure("orders_held", _("orders held back"), kinds["order_held"], _("Approved while a halt covered them.")),
        Table(
            "scopes",
            [Column("scope", _("what they cover")), Column("count", _("halts declared"), _("In the period."))],
            [[Word(key, name), halts.declared[key]] for key, name in scopes.items()],
        ),
    ]
    return Section("halts", _("Halts"), parts)


def _unknown(tally: Tally) -> Section:
    surfacing = tally.counts.surfacing
    reported, silent = surfacing[Surfacing.REPORTED], surfacing[Surfacing.SILENT]
    parts = [
        Figure(
            "unknown",
            _("outcome unknown"),
            reported + silent,
            _("Decisions whose order core accepted, and of which nobody knew what became; some may be known by now."),
        ),
        Figure("reported_by_core", _("core did not know"), reported, _("Core reported that it cannot tell.")),
        Figure("nothing_reported", _("core said nothing"), silent, _("The time to report had passed.")),
        Figure("reconciled", _("reconciled"), surfacing[Surfacing.RECONCILED], _("An operator settled what became.")),
        Figure("reported_late", _("reported late"), surfacing[Surfacing.LATE], _("Core said after all what became.")),
        Figure(
            "still_unknown", _("unknown at the end"), tally.unknown, _("Of the decisions open at the period's end.")
        ),
    ]
    return Section("outcomes", _("Outcomes unknown"), parts)


def _alarms(tally: Tally) -> Section:
    counted = tally.counts.alarms
    kinds = sorted({v1.ALARM_KIND_NOBODY_REACHABLE, v1.ALARM_KIND_OUTCOME_UNKNOWN, *counted})
    rows: list[list[Value]] = [[Word(_alarm(kind), words.alarm(kind)), counted[kind]] for kind in kinds]
    columns = [
        Column("kind", _("alarm")),
        Column("count", _("alarms raised"), _("Somebody has to look at a decision.")),
    ]
    return Section("alarms", _("Alarms"), [Table("kinds", columns, rows)])


def _alarm(kind: int) -> str:
    try:
        return v1.AlarmKind.Name(v1.AlarmKind.ValueType(kind)).removeprefix("ALARM_KIND_").lower()
    except ValueError:
        return str(kind)


def _policies(tally: Tally) -> Section:
    rows: list[list[Value]] = [
        [each.offset, Instant(each.recorded_us), _who(each.actor), Foreign(each.digest.hex())]
        for each in tally.policies
    ]
    columns = [
        Column("offset", _("entry"), _("`governance audit ls` shows it, with the reason; the document is in it.")),
        Column("recorded_at", _("when"), _("When the server took it.")),
        Column(
            "actor",
            _("by whom"),
            _("By the name of the credential; local is the administrator on the server's machine."),
        ),
        Column("policy_digest", _("policy"), _("SHA-256 of the policy's canonical form, as assessments name it.")),
    ]
    return Section("policies", _("Policy changes"), [Table("applied", columns, rows, _("No policy was applied."))])


def _who(actor: v1.Actor) -> Foreign | Word:
    return Foreign(actor.name) if actor.name else Word(words.actor_kind(actor.kind), words.actor_kind(actor.kind))


def _house(tally: Tally) -> Section:
    kinds = tally.counts.kinds
    parts = [
        Figure("credentials_issued", _("credentials issued"), kinds["credential_issued"], _("Somebody was let in.")),
        Figure(
            "credentials_revoked",
            _("credentials revoked"),
            kinds["credential_revoked"],
            _("Somebody is not let in any more."),
        ),
        Figure("keys_changed", _("checkpoint keys"), kinds["checkpoint_key_changed"], _("The first one, or another.")),
        Figure(
            "erasures",
            _("erasures of personal data"),
            kinds["personal_data_erased"],
            _("Each of one decision; the ledger keeps that it was done."),
        ),
        Figure("prunings", _("removals after retention"), kinds["entries_pruned"], _("Their hashes are kept.")),
    ]
    return Section("house", _("Changes of the house"), parts)
