"""The page's sections about people: what each was shown and decided, and everything that happened. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.audit.evidence import Seen
from governance_client.audit.evidence_story import VERDICTS, happened
from governance_client.audit.pack_markup import Markup, element, foreign, joined, quotation
from governance_client.audit.pack_sections import changes, digest, entry_mark, facts, person, section, span
from governance_client.console import words
from governance_client.console.events import event_told
from governance_client.console.events import told as event_and_facts
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_client.audit.evidence import Told
    from governance_client.audit.evidence_story import Story

_SHORT_S: Final = 60
"""Below this many seconds, tenths of them say something about a reading."""


def verdicts(story: Story) -> Markup:
    """Return what each operator was shown, and decided."""
    if not story.verdicts:
        by_policy = any(event.by_policy for _t, _k, event in happened(story.entries, "decision_approved"))
        said = _("No person judged it: the policy approved it at once.") if by_policy else _("No person judged it.")
        return section(_("Who was shown what, and decided"), element("p", said))
    return section(_("Who was shown what, and decided"), *(_verdict(each) for each in story.verdicts))


def _verdict(told: Told) -> Markup:
    entry = told.entry
    kinds = " · ".join(event_told(event.WhichOneof("kind") or "") for event in entry.events)
    judged = b"".join(event.action_digest for _t, _k, event in happened([told], *VERDICTS))
    title = element("h3", person(entry.actor), f" — {kinds}")
    said = [
        title,
        facts(
            [
                (_("when"), joined((words.moment(entry.recorded_at), entry_mark(told)))),
                (_("was shown"), _shown(entry)),
                (_("in view for"), _reading(entry.presentation) if entry.HasField("presentation") else ""),
                (_("digest of what was shown"), digest(entry.presentation.rendering_digest)),
                (_("judged the action"), digest(judged)),
                (_("in batch"), foreign(entry.batch_id) if entry.batch_id else ""),
            ]
        ),
        *remarks(told),
    ]
    return element("div", *said)


def _reading(shown: v1.Presentation) -> str:
    if shown.reading.seconds >= _SHORT_S:
        return span(shown.reading)
    return _("{seconds} s").format(seconds=f"{shown.reading.seconds + shown.reading.nanos / 1e9:.1f}")


def _shown(entry: v1.Entry) -> str:
    if not entry.HasField("presentation"):
        return _("its client did not say")
    text = _("version {version} of the decision; version {stood} stood")
    return text.format(version=entry.presentation.version, stood=max(entry.decision_version, 1) - 1)


def remarks(told: Told) -> Iterator[Markup]:
    """Yield what was written with an entry, but for the proposal: a section of its own has that."""
    personal = told.personal
    if told.seen is Seen.ERASED:
        yield element("p", _("What was written with it was erased, which the ledger records."), class_="by")
    if personal.remark:
        yield quotation(personal.remark)
    if personal.evidence.reasoning:
        yield quotation(personal.evidence.reasoning)
    if personal.evidence.indicators:
        yield element("p", joined(map(foreign, personal.evidence.indicators), ", "))
    for exhibit in personal.evidence.exhibits:
        yield quotation(f"{exhibit.name}: {exhibit.text}")


def timeline(story: Story) -> Markup:
    """Return everything that happened, in order."""
    return section(
        _("What happened, in order"),
        element("ol", *(_moment(each, story) for each in story.entries), class_="timeline"),
    )


def _moment(told: Told, story: Story) -> Markup:
    entry = told.entry
    style = "person" if entry.actor.kind == v1.ACTOR_KIND_OPERATOR else "machine"
    when = element("span", words.moment(entry.recorded_at))
    who = person(entry.actor)
    return element(
        "li",
        element("div", when, who, entry_mark(told), class_="when"),
        *(element("div", event_and_facts(event), class_="what") for event in entry.events),
        changes(told),
        *remarks(told),
        class_="end" if story.ended is told else style,
    )
