"""The page's sections about what was proposed and how it was assessed, and what sections are made of. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance_client.audit.evidence import Seen
from governance_client.audit.evidence_story import happened
from governance_client.audit.pack_markup import Markup, element, filled, foreign, joined, quotation
from governance_client.console import words
from governance_client.console.telling import actor
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from google.protobuf.duration_pb2 import Duration

    from governance import v1
    from governance_client.audit.evidence import Told
    from governance_client.audit.evidence_story import Story

_HIGH: Final = 0.7
"""From this value on a factor is a key concern, by the built-in policy; a colour hangs on it, and nothing else."""
_BAR: Final = 100


def section(title: str, *content: str) -> Markup:
    """Return a section of the page."""
    return element("section", element("h2", title), *content)


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Return labelled facts; those without a text are left out."""
    return element("dl", *(joined((element("dt", label), element("dd", told))) for label, told in pairs if told))


def digest(value: bytes) -> Markup:
    """Return a digest, whole; nothing where there is none."""
    return element("span", value.hex(), class_="hash") if value else Markup()


def person(who: v1.Actor) -> Markup:
    """Return who did something, with the role it was done in."""
    return element("bdi", actor(who))


def span(duration: Duration) -> str:
    """Return a span of time in words."""
    return words.span(duration.seconds * words.SECOND_US)


def entry_mark(told: Told) -> Markup:
    """Return which entry it is, by the ledger's count and the decision's."""
    entry = told.entry
    text = _("entry {offset}") if not entry.decision_version else _("entry {offset}, no. {number} of the decision")
    said = text.format(offset=entry.offset, number=entry.decision_version)
    return joined((" ", element("span", said, class_="small quiet")))


def changes(told: Told) -> Markup:
    """Return how an entry changed the action; nothing where it did not."""
    rows = [
        element(
            "tr",
            element("td", foreign(each.part)),
            element("td", foreign(each.before)),
            element("td", foreign(each.after)),
        )
        for each in told.personal.changes
    ]
    head = element("tr", *(element("th", each) for each in (_("part"), _("before"), _("after"))))
    return element("div", element("table", head, *rows), class_="scroll") if rows else Markup()


def proposal(story: Story) -> Markup:
    """Return what core proposed, and how people changed it."""
    proposed = story.proposal
    parts: list[Markup] = [_not_seen(story.proposed), _action(proposed.action, story.event)]
    parts += _reasons(proposed)
    for told, _kind, event in happened(story.entries, "action_modified"):
        parts.append(element("h3", filled(_("Changed by {who}"), who=person(told.entry.actor))))
        parts.append(changes(told))
        parts.append(
            facts([(_("digest before"), digest(event.previous_digest)), (_("after"), digest(event.action_digest))])
        )
    return section(_("What was proposed"), *parts)


def _not_seen(told: Told) -> Markup:
    if told.seen is Seen.ERASED:
        return element("p", _("What core wrote was erased, which the ledger records."), class_="note care")
    return Markup()


def _action(action: v1.Action, event: v1.DecisionProposed) -> Markup:
    targets = [joined((foreign(each.value), f" ({words.target_kind(each.kind)})")) for each in action.targets]
    parameters = [
        joined((foreign(name), " = ", foreign(action.parameters[name]))) for name in sorted(action.parameters)
    ]
    count = ngettext("{count} target", "{count} targets", event.target_count).format(count=event.target_count)
    return facts(
        [
            (_("action"), words.action_type(event.action_type)),
            (_("reaches"), words.scope(event.action_scope) if event.action_scope else ""),
            (_("targets"), joined(targets, ", ") or count),
            (_("parameters"), joined(parameters, ", ")),
            (_("for"), span(action.duration) if action.HasField("duration") else ""),
            (_("digest"), digest(event.action_digest)),
            (_("core is sure"), f"{event.confidence:.0%}"),
        ]
    )


def _reasons(proposed: v1.Proposal) -> Iterator[Markup]:
    found, threat, impact = proposed.evidence, proposed.threat, proposed.business_impact
    if found.reasoning:
        yield element("p", _("Core's reasoning, in its own words:"), class_="by")
        yield quotation(found.reasoning)
    for exhibit in found.exhibits:
        yield element("p", filled(_("What was found: {name}"), name=foreign(exhibit.name)), class_="by")
        yield quotation(exhibit.text)
    assets = [joined((foreign(each.name), f" ({words.criticality(each.criticality)})")) for each in proposed.assets]
    metadata = [joined((foreign(name), " = ", foreign(proposed.metadata[name]))) for name in sorted(proposed.metadata)]
    yield facts(
        [
            (_("threat"), joined((foreign(threat.type), f" {threat.score:.2f}")) if threat.type else ""),
            (_("observed"), words.moment(found.observed_at) if found.HasField("observed_at") else ""),
            (_("indicators"), joined(map(foreign, found.indicators), ", ")),
            (_("assets"), joined(assets, ", ")),
            (_("business impact"), foreign(impact.description) if impact.description else ""),
            (_("data"), joined(map(foreign, (*filter(None, [proposed.data_type]), *proposed.compliance_tags)), ", ")),
            (_("incidents"), joined(map(foreign, proposed.related_incidents), ", ")),
            (_("model"), foreign(proposed.model_version) if proposed.model_version else ""),
            (_("reverses decision"), foreign(proposed.reverses) if proposed.reverses else ""),
            (_("core adds"), joined(metadata, ", ")),
        ]
    )


def assessment(story: Story) -> Markup:
    """Return the risk, the autonomy, and the policy that both came from."""
    event, assessed = story.event, story.event.assessment
    roles = ", ".join(words.role(role) for role in event.quorum.roles)
    people = ngettext("{count} person", "{count} people", max(event.quorum.required, 1))
    quorum = people.format(count=max(event.quorum.required, 1)) + (f" ({roles})" if roles else "")
    concerns = ", ".join(words.factor(each) for each in assessed.key_concerns)
    return section(
        _("What the policy made of it"),
        facts(
            [
                (_("risk"), joined((element("strong", words.risk(assessed.risk)), f" {assessed.score:.3f}"))),
                (_("autonomy"), words.automation(assessed.automation)),
                (_("who may decide"), _("{role} or above").format(role=words.role(event.tier))),
                (_("approvals needed"), quorum),
                (_("first deadline"), words.moment(event.deadline) if event.HasField("deadline") else ""),
                (_("key concerns"), concerns),
                (_("because"), assessed.justification),
                (
                    _("rules that had a say"),
                    joined(map(foreign, assessed.policy_rules), ", ") or _("none but the figures"),
                ),
                (_("policy"), digest(assessed.policy_digest)),
            ]
        ),
        _scores(assessed),
        element("h3", _("The policy's versions")),
        element("ul", *(element("li", each) for each in _policies(story))),
    )


def _scores(assessed: v1.Assessment) -> Markup:
    heads = (_("category"), _("value"), "", _("weight"), _("made of"))
    rows = [element("tr", *(element("th", each) for each in heads))]
    for each in assessed.categories:
        made_of = ", ".join(map(_factor, each.factors))
        cells = (words.category(each.category), f"{each.value:.2f}", _bar(each.value), f"{each.weight:.2f}", made_of)
        rows.append(element("tr", *(element("td", cell) for cell in cells)))
    return element("div", element("table", *rows), class_="scroll") if assessed.categories else Markup()


def _factor(part: v1.RiskFactor) -> str:
    text = _("{factor} {value} (weighs {weight})")
    return text.format(factor=words.factor(part.kind), value=f"{part.value:.2f}", weight=f"{part.weight:.2f}")


def _bar(value: float) -> Markup:
    width = f"{min(max(value, 0.0), 1.0) * _BAR:.0f}"
    return element(
        "svg",
        element("rect", class_="rest", width=str(_BAR), height="6"),
        element("rect", class_="part", width=width, height="6"),
        class_="bar high" if value >= _HIGH else "bar",
        viewBox=f"0 0 {_BAR} 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _policies(story: Story) -> Iterator[Markup]:
    if not any(each.first for each in story.policies):
        yield filled(
            _("When it was proposed, the policy built into the server was in force. No entry holds that document.")
        )
    for each in story.policies:
        entry = each.told.entry
        text = _("In force when it was proposed: applied {when} by {who}, entry {offset}, digest {digest}")
        later = _("Applied while it ran: {when} by {who}, entry {offset}, digest {digest}")
        said = filled(
            text if each.first else later,
            when=words.moment(entry.recorded_at),
            who=person(entry.actor),
            offset=str(entry.offset),
            digest=digest(each.event.policy_digest),
        )
        yield joined((said, quotation(each.told.personal.remark) if each.told.personal.remark else ""))
        if each.first and each.event.policy_digest != story.event.assessment.policy_digest:
            yield filled(_("The assessment names another digest: a newer version of the server computed it."))
