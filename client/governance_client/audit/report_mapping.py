"""What a report's figures support: which article or function asks for what they show. Pure."""

from __future__ import annotations

from governance_client.audit.report_values import Column, Section, Table, Word
from governance_client.language import _


def mapping() -> Section:
    """Return the section that maps the figures to the EU AI Act and the NIST AI RMF."""
    rows = [[Word(key, name), Word(asks, asks), Word(supports, supports)] for key, name, asks, supports in _rows()]
    columns = [
        Column("provision", _("provision")),
        Column("about", _("what it is about"), _("In our words; the provision itself is what counts.")),
        Column("supported_by", _("what supports it here"), _("Sections of this report.")),
    ]
    notes = [
        _(
            "These figures can support whoever has to show how an AI system is overseen. Whether an obligation "
            "applies, and whether it is met, is for whom it binds to judge; neither this report nor the product says "
            "so. docs/compliance.md names the commands and pages that show the rest."
        )
    ]
    return Section("supports", _("What these figures support"), [Table("provisions", columns, rows)], notes)


def _rows() -> list[tuple[str, str, str, str]]:
    act, framework = _("EU AI Act, Article {number}"), _("NIST AI RMF, {function}")
    return [
        (
            "eu_ai_act_12",
            act.format(number=12),
            _("records of events, kept automatically over a system's lifetime"),
            _("What it rests on: the period's entries, verified to be those that were signed; policy changes."),
        ),
        (
            "eu_ai_act_14",
            act.format(number=14),
            _("oversight by people who can understand, disregard, override, reverse and stop"),
            _("Oversight, Overrides, Quorum, Halts; Operators, for the tendency to rely on the machine too much."),
        ),
        (
            "eu_ai_act_26",
            act.format(number=26),
            _("deployers: people assigned to oversee, operation monitored, logs kept"),
            _("Operators, Time to decide, Escalations, Alarms, Outcomes unknown; removals after retention."),
        ),
        (
            "nist_ai_rmf_govern",
            framework.format(function="GOVERN"),
            _("policies, roles and accountability"),
            _("Policy changes, with who made them; Operators; Changes of the house."),
        ),
        (
            "nist_ai_rmf_map",
            framework.format(function="MAP"),
            _("context and risks known, oversight defined"),
            _("Decisions by risk and automation level; tiers that were asked."),
        ),
        (
            "nist_ai_rmf_measure",
            framework.format(function="MEASURE"),
            _("behaviour in operation measured and followed"),
            _("Every rate and time here, each with what it means, to be compared with other periods."),
        ),
        (
            "nist_ai_rmf_manage",
            framework.format(function="MANAGE"),
            _("risks answered: override, disengage, recover"),
            _("Overrides, Halts, Alarms, Outcomes unknown and reconciled, reversals."),
        ),
    ]
