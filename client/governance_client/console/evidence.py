"""What a decision is about and what was found: the part of its page that comes before anybody's opinion. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.console import words
from governance_client.console.inert import inert, name
from governance_client.console.quoting import facts, quoted
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance import v1
    from governance_client.console.lines import Line

_ITEMS: Final = 20
"""Of each list but the targets: what is approved is shown whole."""
_EXHIBIT_LINES: Final = 8
"""Of each exhibit, so that several still fit a screen; `show ID --json` has all of it."""
_TARGET_LINES: Final = 100
"""Of each target: as long as the contract allows, on the narrowest screen."""


def about(decision: v1.Decision, width: int) -> Iterator[Line]:
    """Yield what it acts on and what is affected."""
    label = "target"
    for target in decision.proposal.action.targets:
        kind = words.target_kind(target.kind)
        yield from quoted(label, inert(target.value), width, most=_TARGET_LINES, title=kind)
        label = ""
    if not decision.proposal.action.targets:
        yield from facts([("target", _("no target"))], width)
    yield from _assets(decision.proposal, width)
    data = ", ".join(_data(decision.proposal))
    if data:
        yield from facts([("data", data)], width)
    if decision.proposal.reverses:
        told = _("decision {decision}").format(decision=name(decision.proposal.reverses))
        yield from facts([("reverses", told)], width)


def evidence(found: v1.Evidence, width: int) -> Iterator[Line]:
    """Yield what was found, as it was found."""
    if found.HasField("observed_at"):
        yield from facts([("observed", words.moment(found.observed_at))], width)
    label = "evidence"
    for exhibit in found.exhibits[:_ITEMS]:
        yield from quoted(label, exhibit.text, width, most=_EXHIBIT_LINES, title=exhibit.name)
        label = ""
    more = len(found.exhibits) - _ITEMS
    if more > 0:
        told = ngettext("and {count} more exhibit", "and {count} more exhibits", more)
        yield from facts([("", told.format(count=more))], width)
    yield from quoted("indicators", ", ".join(found.indicators), width)
    if not (found.exhibits or found.indicators):
        yield from facts([("evidence", _("none: core names nothing that was found"))], width)


def _assets(proposal: v1.Proposal, width: int) -> Iterator[Line]:
    label = "asset"
    for asset in proposal.assets[:_ITEMS]:
        kind = f" ({asset.type})" if asset.type else ""
        matters = _("criticality {criticality}").format(criticality=words.criticality(asset.criticality))
        yield from quoted(label, f"{asset.name}{kind}", width, title=matters)
        label = ""
    more = len(proposal.assets) - _ITEMS
    if more > 0:
        told = ngettext("and {count} more asset", "and {count} more assets", more)
        yield from facts([("", told.format(count=more))], width)


def _data(proposal: v1.Proposal) -> Iterator[str]:
    if proposal.data_classification:
        yield words.classification(proposal.data_classification)
    if proposal.data_type:
        yield name(proposal.data_type)
    yield from (name(tag) for tag in proposal.compliance_tags)
