"""The sections of a report: which there are, in which order, and what they rest on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_client.audit.report_conduct import conduct
from governance_client.audit.report_events import events
from governance_client.audit.report_figures import figures
from governance_client.audit.report_mapping import mapping
from governance_client.audit.report_values import Figure, Foreign, Instant, Section
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_client.audit.report import Report


def sections(report: Report) -> list[Section]:
    """Return everything that a report says, in the language in use. The same report says the same."""
    tally = report.tally
    return [_basis(report), *figures(tally), *conduct(tally), *events(tally), mapping()]


def rules() -> list[str]:
    """Return the rules that all figures follow."""
    return [
        _(
            "An event counts if the ledger recorded it in the period: at its beginning or later, and before its end. "
            "Times are those of the server's clock, in UTC."
        ),
        _(
            "A decision that straddles an edge counts by event: its proposal in the period that it was proposed in, "
            "its verdicts in the period that they were given in, its end in the period that it ended in. A span, such "
            "as the time to decide, counts whole, in the period that it ended in. Of a halt, only the time within the "
            "period counts."
        ),
        _(
            "Risk and automation level are those of the assessment when it was proposed; the tier is the last that "
            "was asked."
        ),
        _(
            "Medians and 95th percentiles are exact, by nearest rank: the smallest value that half, or 95 of a "
            "hundred, of the values do not exceed. Spans are counted in tenths of a second, rounded down."
        ),
        _("A dash stands where there is nothing to divide by, or nothing was said."),
    ]


def _basis(report: Report) -> Section:
    tally, verified = report.tally, report.verified
    period, checkpoint = tally.period, verified.checkpoint
    parts = [
        Figure("from", _("from"), Instant(period.from_us), _("What was recorded then or later counts.")),
        Figure("to", _("to"), Instant(period.to_us), _("What was recorded before then counts.")),
        Figure(
            "made", _("made"), Instant(period.made_us), _("When the report was made, by the clock of whoever made it.")
        ),
        Figure("entries", _("entries"), tally.entries, _("Recorded in the period, and counted.")),
        Figure("first_offset", _("the first of them"), tally.first_offset or None, _("By its place in the ledger.")),
        Figure("last_offset", _("the last of them"), tally.last_offset or None, _("By its place in the ledger.")),
        Figure("ledger", _("ledger"), Foreign(checkpoint.origin), _("As its checkpoints name it.")),
        Figure("checkpoint_size", _("signed"), checkpoint.size, _("So many entries are in the checkpoint.")),
        Figure("checkpoint_root", _("root"), Foreign(checkpoint.root.hex()), _("Of the tree over them.")),
        Figure(
            "key", _("signed with"), Foreign(str(verified.key)), _("The key that the checkpoint was verified with.")
        ),
    ]
    return Section("basis", _("What it rests on"), parts, list(_notes(report)))


def _notes(report: Report) -> Iterator[str]:
    tally = report.tally
    yield _(
        "Every figure was counted anew from the ledger's entries. All of them were read from the first on and verified "
        "up to the signed checkpoint; no figure is the server's own. No personal data were read, but the names of "
        "credentials."
    )
    if not tally.period.is_over:
        yield _("The period was not over when this report was made.")
    if tally.began_us > tally.period.from_us:
        yield _("The ledger begins later than the period.")
    if report.unsigned:
        yield ngettext(
            "{count} entry of the period came after the checkpoint and is not counted. Make the report again later.",
            "{count} entries of the period came after the checkpoint and are not counted. Make the report again later.",
            report.unsigned,
        ).format(count=report.unsigned)
    if tally.removed_before_us > tally.period.from_us:
        yield _(
            "Entries of this period were removed after their retention, and the ledger says so: decisions that they "
            "were about are not counted."
        )
    unread = report.verified.walk.rules.unread
    if unread:
        yield ngettext(
            "{count} entry of the ledger holds what this version does not know, and is not counted in full.",
            "{count} entries of the ledger hold what this version does not know, and are not counted in full.",
            unread,
        ).format(count=unread)
