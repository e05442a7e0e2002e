"""A report's figures about each operator: whether decisions are looked at before they are approved. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_client.audit.report_operators import Borne
from governance_client.audit.report_values import Column, Foreign, Rate, Section, Share, Span, Table
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance_client.audit.report_operators import Operator
    from governance_client.audit.report_tally import Tally
    from governance_client.audit.report_values import Value


def conduct(tally: Tally) -> list[Section]:
    """Return the section about operators."""
    found = sorted(tally.operators.items(), key=lambda each: (-each[1].verdicts, each[0]))
    looking = Table("looking", _looking(), [_looked(name, each) for name, each in found], _nobody())
    outcomes = Table("outcomes", _outcomes(), [_borne(name, each) for name, each in found], _nobody())
    notes = [
        _(
            "An approval rate near 100 %, seconds of reading, many decisions an hour and large batches are what "
            "approving without looking would show; so is an approval rate that differs much from the others'. None of "
            "them proves it."
        ),
        _("Reading times are what the operators' consoles said; the server cannot check them."),
    ]
    return [Section("operators", _("Operators"), [looking, outcomes], notes)]


def approval(operator: Operator) -> Share:
    """Return the share of approvals among an operator's verdicts."""
    return Share(operator.approved, operator.verdicts)


def _nobody() -> str:
    return _("No operator did anything in the period.")


def _looked(name: str, each: Operator) -> Sequence[Value]:
    return [
        Foreign(name),
        each.verdicts,
        approval(each),
        each.modified,
        Span(each.reading.median),
        each.unread,
        Rate(each.verdicts, each.hours),
        each.most_in_hour,
        Share(each.in_batches, each.verdicts),
        each.batches,
    ]


def _borne(name: str, each: Operator) -> Sequence[Value]:
    borne = each.borne
    judged = borne[Borne.EXECUTED] + borne[Borne.FAILED] + borne[Borne.OVERRULED]
    return [
        Foreign(name),
        Share(borne[Borne.EXECUTED], judged),
        borne[Borne.EXECUTED],
        borne[Borne.FAILED],
        borne[Borne.OVERRULED],
        borne[Borne.LAPSED],
        each.escalated,
        each.asked,
    ]


def _looking() -> list[Column]:
    return [
        Column("operator", _("operator"), _("By the name of the credential.")),
        Column("verdicts", _("verdicts"), _("Approvals, rejections and proposals returned; each vote of a quorum.")),
        Column("approval_rate", _("approval rate"), _("Approvals, of the verdicts.")),
        Column("modified", _("with changes"), _("Approvals that made another action of it.")),
        Column(
            "median_reading_s",
            _("median reading time"),
            _("How long the decision was in view before the verdict, of the verdicts whose console said so."),
        ),
        Column("unread", _("without"), _("Verdicts of which no reading time was said.")),
        Column(
            "verdicts_an_hour",
            _("an hour"),
            _("Verdicts, divided by the clock hours (UTC) that had at least one of the operator's."),
        ),
        Column("most_in_hour", _("most in an hour"), _("In one clock hour.")),
        Column("in_batches", _("in batches"), _("Verdicts given on several decisions at once, of the verdicts.")),
        Column("batches", _("batches"), _("Runs of the operator's verdicts with the same batch id.")),
    ]


def _outcomes() -> list[Column]:
    return [
        Column("operator", _("operator")),
        Column(
            "agreement",
            _("agreement with the outcome"),
            _(
                "Of the operator's approvals on decisions that ended in the period, whenever given, and that something "
                "came of: the action that was approved was executed. A rejection always agrees, since one is enough; "
                "so none is counted here. Of several approvals of one decision, the operator's last counts."
            ),
        ),
        Column("executed", _("executed"), _("The action that was approved was executed.")),
        Column("failed", _("failed"), _("It was tried, and failed.")),
        Column(
            "overruled", _("overruled"), _("Somebody else rejected or returned it, or changed the action afterwards.")
        ),
        Column("lapsed", _("lapsed"), _("It expired, or core withdrew it; not part of the agreement.")),
        Column("escalated", _("escalated"), _("Escalations by hand.")),
        Column("asked", _("asked"), _("Questions to core.")),
    ]
