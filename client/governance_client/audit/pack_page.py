"""`report.html`: a decision as one page that fetches nothing, runs nothing, and shows nobody's words as ours. Pure."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.audit.evidence import Seen
from governance_client.audit.evidence_story import OPEN, happened
from governance_client.audit.pack_markup import Markup, element, filled, foreign, joined
from governance_client.audit.pack_people import timeline, verdicts
from governance_client.audit.pack_proof import appendix, checks, orders
from governance_client.audit.pack_sections import assessment, digest, facts, person, proposal
from governance_client.audit.pack_style import STYLE
from governance_client.console import words
from governance_client.language import _, ngettext, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_client.audit.evidence_story import Story

_LOOKS: Final = {
    v1.DECISION_STATE_EXECUTED: "good",
    v1.DECISION_STATE_FAILED: "bad",
    v1.DECISION_STATE_REJECTED: "bad",
    v1.DECISION_STATE_EXPIRED: "warn",
    v1.DECISION_STATE_OUTCOME_UNKNOWN: "warn",
}


def page(story: Story) -> str:
    """Return the page, in the language in use. The same story gives the same page."""
    body = element(
        "body",
        _head(story),
        *(part(story) for part in (orders, proposal, assessment, verdicts, timeline, checks, appendix)),
        _foot(),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_security()),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", _("Evidence: decision {decision}").format(decision=story.decision_id)),
        element("style", Markup(STYLE)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang=spoken().replace('_', '-'))}\n"


def _security() -> str:
    """Return what the page may load and do: apply its own style sheet, and nothing else."""
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"


def _head(story: Story) -> Markup:
    state = element("span", words.state_told(story.state), class_=f"badge {_LOOKS.get(story.state, 'quiet')}")
    checked, last = story.checked, story.entries[-1].entry
    entries = ngettext("{count} entry", "{count} entries", len(story.entries)).format(count=len(story.entries))
    ended = story.ended
    return element(
        "header",
        element("p", _("Evidence of one decision"), class_="over"),
        element("h1", foreign(story.decision_id), state),
        element("p", joined(_summary(story), " "), class_="lead"),
        facts(
            [
                (_("proposed by"), person(story.proposed.entry.actor)),
                (_("proposed"), words.moment(story.proposed.entry.recorded_at)),
                (_("ended"), words.moment(ended.entry.recorded_at) if ended else _("not up to the last entry here")),
                (_("took"), _took(story)),
                (_("ledger"), foreign(checked.checkpoint.ledger_id)),
                (_("entries"), _("{entries}, the last is {offset}").format(entries=entries, offset=last.offset)),
                (_("checkpoint"), _("of {size} entries").format(size=checked.checkpoint.size)),
                (_("root"), digest(checked.checkpoint.root)),
            ]
        ),
        *_cautions(story),
    )


def _took(story: Story) -> str:
    if story.ended is None:
        return ""
    began, ended = (each.entry.recorded_at for each in (story.proposed, story.ended))
    return words.span(words.microseconds(ended) - words.microseconds(began))


def _cautions(story: Story) -> Iterator[Markup]:
    if Seen.REDACTED in story.hidden:
        said = _("Texts that can hold personal data are shown as [redacted]: whoever made this pack may not see them.")
        yield element("p", said, class_="note care")
    if Seen.ERASED in story.hidden:
        yield element(
            "p", _("Personal data of this decision were erased. The ledger records that."), class_="note care"
        )
    if story.state in OPEN:
        said = _("The decision was still open when this pack was made. What came later is not in it.")
        yield element("p", said, class_="note care")


def _summary(story: Story) -> Iterator[Markup]:
    """Yield the decision in a few sentences, from its entries alone."""
    event = story.event
    text = _("Core {core} proposed {action}; the policy found the risk {risk} and the autonomy {automation}.")
    yield filled(
        text,
        core=foreign(story.proposed.entry.actor.name),
        action=element("strong", words.action_type(event.action_type)),
        risk=element("strong", words.risk(event.assessment.risk)),
        automation=words.automation(event.assessment.automation),
    )
    yield from _approved(story)
    if story.without_order:
        assert story.ended is not None
        text = _("It ended {state}, by {who}. None of its entries here gives leave to act.")
        yield filled(text, state=words.state_told(story.state), who=person(story.ended.entry.actor))
        return
    if story.leaves:
        accepted = [each for each in story.leaves if each.accepted is not None]
        said = ngettext("Leave was given {count} time", "Leave was given {count} times", len(story.leaves))
        also = _("core accepted it once") if accepted else _("core never accepted it")
        yield filled("{said}; {also}.", said=said.format(count=len(story.leaves)), also=also)
    yield filled(_("It now stands: {state}."), state=words.state_told(story.state))


def _approved(story: Story) -> Iterator[Markup]:
    for _told, _kind, event in happened(story.entries, "decision_approved"):
        if event.by_policy:
            yield filled(_("The policy approved it at once, without a person."))
        else:
            votes = happened(story.verdicts, "vote_cast", "decision_approved")
            voters = [person(each.entry.actor) for each, _k, vote in votes if vote.action_digest == event.action_digest]
            yield filled(_("Approved by {people}."), people=joined(voters, ", "))


def _foot() -> Markup:
    said = _(
        "Made by Governance Workspace from entries that were verified on the way. Words set apart like {sample} are"
        " those of core, of operators or of others, as they were written; all other words are this program's."
    )
    return element("footer", element("p", filled(said, sample=foreign(_("these")))))
