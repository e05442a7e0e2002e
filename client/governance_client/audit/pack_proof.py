"""The page's sections about leave to act, and about what is proven. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance_client.audit.evidence import Seen
from governance_client.audit.evidence_story import happened
from governance_client.audit.pack_markup import Markup, element, filled, foreign, joined, quotation
from governance_client.audit.pack_sections import digest, entry_mark, facts, person, section
from governance_client.console import words
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance_client.audit.evidence import Told
    from governance_client.audit.evidence_story import Leave, Story


def orders(story: Story) -> Markup:
    """Return what leave was given and what became of it, or what is known of there being none."""
    parts = [_leave(each) for each in story.leaves]
    if story.without_order:
        parts.append(element("div", *(element("p", each) for each in without_order(story)), class_="note strong"))
    elif not parts:
        parts.append(element("p", _("It is still open, and no order was issued up to its last entry here.")))
    return section(_("Leave to act, and the outcome"), *parts, *_after(story))


def without_order(story: Story) -> Iterator[Markup]:
    """Yield what is known of there being no order: exactly as much as the pack proves."""
    assert story.ended is not None
    first, last = story.entries[0].entry, story.entries[-1].entry
    yield element("strong", _("None of its entries here gives core leave to act."))
    if story.checked.numbered:
        text = _(
            "Its {count} entries here are numbered from 1 to {count} without a gap, so that none is left out between"
            " them. Each of them is proven to be in the ledger that was signed. None is an order, and entry {offset} is"
            " an end ({state}) after which the rules of the ledger allow no order."
        )
    else:
        text = _(
            "Its {count} entries here are proven to be in the ledger that was signed. None is an order, and entry"
            " {offset} is an end ({state}) after which the rules of the ledger allow no order. Some of them are from"
            " before entries were numbered, so that this pack does not show that none is left out between them."
        )
    yield filled(
        text,
        count=str(len(story.entries)),
        offset=str(story.ended.entry.offset),
        state=words.state_told(story.state),
    )
    yield filled(
        _(
            "What a pack cannot show is that the ledger holds no other entry about the decision before entry {first} or"
            " after entry {last}. Reading all of it shows that: {command}"
        )
        if not story.checked.numbered
        else _(
            "What a pack cannot show is that the ledger holds nothing more about the decision after entry {last}."
            " Reading all of it shows that: {command}"
        ),
        first=str(first.offset),
        last=str(last.offset),
        command=element("code", "governance audit verify"),
    )


def _leave(leave: Leave) -> Markup:
    order = leave.order
    accepted = withdrawn = report_by = ""
    for told, _kind, event in happened([leave.accepted] if leave.accepted else [], "order_accepted"):
        who = foreign(event.instance)
        text = _("{when} by {who}, instance {instance}")
        moment = words.moment(told.entry.recorded_at)
        accepted = joined((filled(text, when=moment, who=person(told.entry.actor), instance=who), entry_mark(told)))
        report_by = words.moment(event.report_by)
    if leave.withdrawn is not None:
        withdrawn = joined((words.moment(leave.withdrawn.entry.recorded_at), entry_mark(leave.withdrawn)))
    listed = facts(
        [
            (_("order"), foreign(order.order_id)),
            (_("leave given"), joined((words.moment(leave.issued.entry.recorded_at), entry_mark(leave.issued)))),
            (_("for the action"), digest(order.action_digest)),
            (_("to be accepted by"), words.moment(order.accept_by)),
            (_("accepted"), accepted or _("never")),
            (_("withdrawn by a halt"), withdrawn),
            (_("to be reported by"), report_by),
            (_("outcome"), "" if leave.outcomes or not accepted else _("none reported up to the last entry here")),
        ]
    )
    return joined((listed, *(_outcome(each) for each in leave.outcomes)))


def _outcome(told: Told) -> Markup:
    parts: list[Markup] = []
    for _told, kind, event in happened([told], "outcome_reported", "outcome_reconciled"):
        text = _("settled by {who}") if kind == "outcome_reconciled" else _("reported by {who}")
        who = filled(text, who=person(told.entry.actor))
        said = joined((element("strong", words.outcome(event.result)), ", ", who, ", "))
        when = joined((words.moment(told.entry.recorded_at), entry_mark(told)))
        parts.append(facts([(_("outcome"), joined((said, when)))]))
    if told.personal.remark:
        parts.append(quotation(told.personal.remark))
    return joined(parts)


def _after(story: Story) -> Iterator[Markup]:
    """Yield what came of it afterwards."""
    for told, kind, event in happened(story.entries, "undo_requested", "reversal_proposed"):
        moment = words.moment(told.entry.recorded_at)
        if kind == "undo_requested":
            text = _("{who} asked core for the reverse on {when}.")
            yield element("p", filled(text, who=person(told.entry.actor), when=moment))
        else:
            text = _("Core proposed the reverse as decision {decision} on {when}; it has a pack of its own.")
            yield element("p", filled(text, decision=foreign(event.reversed_by), when=moment), class_="note")


def checks(story: Story) -> Markup:
    """Return what was checked, what was not, and how to do it again."""
    done = [element("li", each) for each in _done(story)]
    left = [element("li", each, class_="open") for each in _not_done(story)]
    verify = f"governance audit verify --pack FILE.zip --key {story.checked.key}"
    return section(
        _("What was checked, and how to check it again"),
        element("ul", *done, *left, class_="checks"),
        element("p", _("Anybody can do it again, with nothing but the pack and the key:")),
        element("pre", verify),
        element(
            "p",
            _(
                "Take the key from somebody who has it on a way that the server does not control: the server's"
                " administrator has it in checkpoint.vkey, and a witness may have it. The key printed here proves"
                " nothing by itself. README.txt says how to check the pack without this program."
            ),
        ),
    )


def _done(story: Story) -> Iterator[Markup]:
    checked = story.checked
    yield filled(
        _("The checkpoint of {size} entries is signed with the key that is trusted, or with one that follows from it."),
        size=str(checked.checkpoint.size),
    )
    yield filled(
        ngettext(
            "{count} entry has the bytes that were hashed, and is in the ledger that was signed.",
            "{count} entries have the bytes that were hashed, and are in the ledger that was signed.",
            len(checked.entries) + len(checked.house),
        ),
        count=str(len(checked.entries) + len(checked.house)),
    )
    if checked.numbered:
        yield filled(
            _("The entries about the decision are numbered 1 to {count} without a gap."),
            count=str(len(checked.entries)),
        )
    yield filled(
        _("They follow the rules: no order without an approval of the same action by as many as it took, and one end.")
    )
    if Seen.WHOLE in {each.seen for each in checked.entries}:
        yield filled(_("What people and core wrote, where it is shown, is what the entries committed to."))
    if story.proposed.seen is Seen.WHOLE:
        yield filled(_("The action has the digest that was judged."))


def _not_done(story: Story) -> Iterator[Markup]:
    if not story.checked.numbered:
        yield filled(_("That no entry is left out between those here is not shown: some are not numbered."))
    yield filled(
        _("That nothing about the decision comes after its last entry here takes a reading of the whole ledger.")
    )
    if Seen.REDACTED in story.hidden:
        yield filled(_("What is shown as [redacted] was not checked: the reader's role may not see it."))
    if Seen.ERASED in story.hidden:
        yield filled(_("What was erased cannot be shown any more; that it was erased stands in the ledger."))
    yield filled(_("Reading times, and the digest of what was shown, are what the operators' consoles said."))
    witnesses = [each.name for each in story.checked.checkpoint.note.signatures if not each.is_of(story.checked.key)]
    if witnesses:
        text = _("The cosignatures below the checkpoint were not checked: {names}.")
        yield filled(text, names=joined(map(foreign, witnesses), ", "))


def appendix(story: Story) -> Markup:
    """Return the entries, the keys, the checkpoint, and the policies' documents."""
    checked = story.checked
    heads = (_("entry"), _("no."), _("recorded"), _("hash"))
    rows = [element("tr", *(element("th", each) for each in heads))]
    for each in sorted((*checked.entries, *checked.house), key=lambda told: told.entry.offset):
        entry = each.entry
        number = str(entry.decision_version) if entry.decision_version else "" if entry.decision_id else _("house")
        cells = (str(entry.offset), number, words.moment(entry.recorded_at), digest(each.digest))
        rows.append(element("tr", *(element("td", cell) for cell in cells)))
    documents = [
        joined((element("h3", f"policy-{each.told.entry.offset}.toml"), element("pre", each.event.document)))
        for each in story.policies
    ]
    return section(
        _("Entries, checkpoint and policies"),
        element("div", element("table", *rows), class_="scroll"),
        element("h3", _("Checkpoint")),
        element("pre", str(checked.checkpoint.note)),
        element("h3", _("Keys")),
        element("pre", "\n".join(each.change.verifier_key for each in checked.evidence.keys)),
        *documents,
    )
