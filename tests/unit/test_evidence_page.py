"""The page of an evidence pack: what it tells, that nobody's words act in it, and that it needs nothing but itself."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import unicodedata
from typing import Any, Final

import pytest

from governance import v1
from governance_client import language
from governance_client.audit.evidence import Checked, Seen
from governance_client.audit.evidence_story import story_of
from governance_client.audit.pack_facts import decision_json, readme
from governance_client.audit.pack_markup import element, filled, foreign, text
from governance_client.audit.pack_page import page
from tests.support.audited import Shown, lived
from tests.support.evidence import Page, checked_of, decisions_of, with_event
from tests.support.hostile import FORGED, HOSTILE, written

MARKUP: Final = (
    f"<script>{FORGED}</script>",
    f"</style><img src=x onerror={FORGED}>",
    f"</blockquote></section><h2>{FORGED}</h2>",
    f"\"><a href='javascript:{FORGED}'>x</a>",
    f"<!-- {FORGED} -->&lt;b&gt;&#x202e;",
    f"<meta http-equiv=refresh content='0;url=http://{FORGED}'>",
    f"]]><svg onload={FORGED}>",
)
"""Texts that would act in a browser that took them for more than text."""
OURS: Final = frozenset(
    re.findall(
        r"\w+",
        "html head meta title style body header section footer p h1 h2 h3 span bdi dl dt dd div blockquote"
        " table tr th td svg rect ul ol li strong code pre",
    )
)
_ATTRIBUTES: Final = frozenset(
    re.findall(
        r"\S+", "lang charset http-equiv content name class dir width height viewbox preserveaspectratio aria-hidden"
    )
)
_ACTING: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


@pytest.fixture(scope="module")
def ledger() -> Shown:
    return asyncio.run(lived(150))


def shown_of(ledger: Shown, kind: str) -> str:
    return Page(page(story_of(checked_of(ledger, with_event(ledger, kind))))).shown


def with_text(checked: Checked, hostile: str) -> Checked:
    """The same evidence with a text wherever somebody can write one."""
    personal = v1.PersonalData(
        remark=hostile,
        changes=[v1.ActionChange(part="targets", before=hostile, after=hostile)],
        evidence=v1.Evidence(
            reasoning=hostile, indicators=[hostile], exhibits=[v1.Exhibit(name=hostile, text=hostile)]
        ),
        halt_target=hostile,
    )
    proposed = personal.proposal
    proposed.action.targets.add(kind=v1.TARGET_KIND_HOST, value=hostile)
    proposed.action.parameters[hostile] = hostile
    proposed.metadata[hostile] = hostile
    proposed.evidence.CopyFrom(personal.evidence)
    proposed.assets.add(name=hostile, type=hostile)
    proposed.threat.type = proposed.data_type = proposed.model_version = hostile
    proposed.business_impact.description = hostile
    for listed in (proposed.compliance_tags, proposed.related_incidents):
        listed.append(hostile)
    entries = [_renamed(each, hostile)._replace(personal=personal, seen=Seen.WHOLE) for each in checked.entries]
    return checked._replace(entries=entries)


def _renamed(told: Any, hostile: str) -> Any:
    entry = v1.Entry()
    entry.CopyFrom(told.entry)
    entry.actor.name = entry.batch_id = hostile
    return told._replace(entry=entry)


def test_the_page_needs_nothing_but_itself(ledger: Shown) -> None:
    """Nothing in it is fetched or run: no script, no address, and a policy that allows its own style sheet alone."""
    html = page(story_of(checked_of(ledger, with_event(ledger, "decision_proposed"))))
    found = Page(html)
    assert set(found.tags) <= OURS
    assert {name for name, _value in found.attributes} <= _ATTRIBUTES
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert ("content", policy) in found.attributes
    assert not re.search(r"url\(|@import|://", style)


@pytest.mark.parametrize("hostile", [*MARKUP, *HOSTILE], ids=lambda each: repr(each[:12]))
def test_what_others_wrote_is_text_and_nothing_else(ledger: Shown, hostile: str) -> None:
    """Markup, control characters and characters that turn the direction of writing are shown, and do nothing."""
    checked = checked_of(ledger, with_event(ledger, "decision_escalated"))
    html = page(story_of(with_text(checked, written(hostile)[:5000])))
    found = Page(html)
    assert set(found.tags) <= OURS
    assert {name for name, _value in found.attributes} <= _ATTRIBUTES
    assert all(FORGED not in value for _name, value in found.attributes)
    acting = {each for each in html if unicodedata.category(each) in _ACTING} - {"\n", "\t"}
    assert not acting


def test_what_others_wrote_is_seen_to_be_theirs(ledger: Shown) -> None:
    """Outside of quotations and of what is set apart within a line, there is no word of anybody else's."""
    checked = checked_of(ledger, with_event(ledger, "decision_escalated"))
    html = page(story_of(with_text(checked, f"x\n{FORGED} done: approved")))
    assert FORGED in Page(html).quoted
    left = re.sub(r"<blockquote>.*?</blockquote>|<bdi[^>]*>.*?</bdi>", "", html, flags=re.DOTALL)
    assert FORGED not in left


def test_without_order_is_said_as_strongly_as_it_is_proven(ledger: Shown) -> None:
    """Of a rejected decision the page says that no entry gives leave, why none is missing, and what it cannot show."""
    shown = shown_of(ledger, "decision_rejected")
    assert "None of its entries here gives core leave to act." in shown
    assert "are numbered from 1 to" in shown
    assert "an end (rejected) after which the rules of the ledger allow no order" in shown
    assert "What a pack cannot show is that the ledger holds nothing more about the decision after entry" in shown
    checked = checked_of(ledger, with_event(ledger, "decision_rejected"))
    weaker = Page(page(story_of(checked._replace(numbered=False)))).shown
    assert "this pack does not show that none is left out between them" in weaker
    assert "numbered from 1 to" not in weaker
    assert "never" not in shown.partition("Who was shown")[0]


def test_nothing_of_the_kind_is_said_of_a_decision_with_an_order(ledger: Shown) -> None:
    """A decision that had an order, or is open, is not said to have had none."""
    for name in decisions_of(ledger):
        story = story_of(checked_of(ledger, name))
        said = "None of its entries here gives core leave" in Page(page(story)).shown
        assert said == story.without_order


def test_the_page_tells_what_happened(ledger: Shown) -> None:
    """Leave, outcome, reverse, votes, changes and timers are on the pages of the decisions that had them."""
    executed = shown_of(ledger, "reversal_proposed")
    for fact in ("executed, reported by maximus (core)", "asked core for the reverse", "Core proposed the reverse as"):
        assert fact in executed
    assert "Personal data of this decision were erased." in executed
    modified = shown_of(ledger, "action_modified")
    assert "Changed by chris (ciso)" in modified
    assert "digest before" in modified
    breached = shown_of(ledger, "sla_breached")
    assert "a deadline passed" in breached
    assert "expired: " in shown_of(ledger, "decision_expired")
    assert "by policy, without a person" in shown_of(ledger, "outcome_reconciled")


def test_every_decision_has_a_page_a_readme_and_facts(ledger: Shown) -> None:
    """Whatever happened to a decision, its pack can be told."""
    for name in decisions_of(ledger):
        story = story_of(checked_of(ledger, name))
        assert name in Page(page(story)).shown
        assert name in readme(story)
        assert f'"decision_id": "{name}"' in decision_json(story)


def test_what_cannot_be_seen_is_said(ledger: Shown) -> None:
    """A reader who may not see personal data is told so, and that what is redacted was not checked."""
    checked = checked_of(ledger, with_event(ledger, "decision_escalated"))
    entries = [each._replace(seen=Seen.REDACTED) if each.seen is Seen.WHOLE else each for each in checked.entries]
    shown = Page(page(story_of(checked._replace(entries=entries)))).shown
    assert "whoever made this pack may not see them" in shown
    assert "What is shown as [redacted] was not checked" in shown
    assert "is what the entries committed to" not in shown


def test_the_page_names_its_language(ledger: Shown) -> None:
    """A reader's program is told which language the page is in: the one in use."""
    html = page(story_of(checked_of(ledger, with_event(ledger, "decision_rejected"))))
    assert f'<html lang="{language.spoken().replace("_", "-")}">' in html


def test_markup_is_made_by_elements_alone() -> None:
    """Text is escaped wherever it stands, once; values in a sentence are not read as sentences."""
    assert element("p", "<b>", foreign("&")) == '<p>&lt;b&gt;<bdi class="foreign" dir="auto">&amp;</bdi></p>'
    assert filled("{a} and {b}", a="{b}", b="<i>") == "{b} and &lt;i&gt;"
    assert text("a\u202eb") == 'a<span class="mark">U+202E</span>b'
    assert text("e\u0301") == "e\u0301"
