"""Evidence about decisions of a ledger that was lived, and pages read as a browser's parser reads them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from governance import v1
from governance_client.audit.evidence import Checked, Evidence, check
from tests.support import naive_tree
from tests.support.audited import Shown, signer

if TYPE_CHECKING:
    from governance_client.audit.notes import VerifierKey


def key_of(shown: Shown) -> VerifierKey:
    """The first key of a ledger's checkpoints."""
    return signer(shown.ledger_id).verifier


def evidence_of(shown: Shown, decision_id: str, *, size: int = 0) -> Evidence:
    """Collect what belongs to a decision, out of a whole ledger, by looking at all of it."""
    size = size or len(shown.leaves)
    entries = [v1.Entry.FromString(record.entry) for record in shown.records]
    numbers = [place for place, entry in enumerate(entries) if entry.decision_id == decision_id]
    policies = [place for place, entry in enumerate(entries) if entry.events[0].HasField("policy_applied")]
    before = [place for place in policies if place < numbers[0]][-1:]
    during = [place for place in policies if numbers[0] < place < numbers[-1]]
    erased = [
        place
        for place, entry in enumerate(entries)
        if entry.events[0].personal_data_erased.decision_id == decision_id and place < size
    ]
    keys = [each for each in shown.keys if each.offset <= size]
    house = sorted({0, *(each.offset - 1 for each in keys), *before, *during, *erased})
    return Evidence(
        decision_id,
        shown.note(size),
        keys,
        [shown.records[place] for place in numbers],
        [shown.records[place] for place in house],
        {place + 1: proof(shown, place, size) for place in sorted({*house, *numbers})},
    )


def proof(shown: Shown, place: int, size: int) -> v1.GetInclusionProofResponse:
    """The proof of an entry, by its place."""
    hashes = naive_tree.inclusion(place, shown.leaves[:size])
    return v1.GetInclusionProofResponse(leaf_hash=shown.leaves[place], hashes=hashes)


def checked_of(shown: Shown, decision_id: str) -> Checked:
    """The evidence about a decision, checked."""
    return check(evidence_of(shown, decision_id), key_of(shown))


def decisions_of(shown: Shown) -> dict[str, list[v1.Entry]]:
    """Every decision's entries, by its id."""
    found: dict[str, list[v1.Entry]] = {}
    for record in shown.records:
        entry = v1.Entry.FromString(record.entry)
        if entry.decision_id:
            found.setdefault(entry.decision_id, []).append(entry)
    return found


def with_event(shown: Shown, kind: str) -> str:
    """The first decision to which something happened."""
    return next(
        name
        for name, entries in decisions_of(shown).items()
        if any(event.WhichOneof("kind") == kind for entry in entries for event in entry.events)
    )


class Page(HTMLParser):
    """What a page is made of.

    Attributes:
        tags: Every element's name, in order.
        attributes: Every attribute's name and value.
        shown: The text that is shown.
        quoted: The text within blockquotes.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._shown: list[str] = []
        self._quoted: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, self._open

    @property
    def shown(self) -> str:
        """The text that is shown."""
        return "".join(self._shown)

    @property
    def quoted(self) -> str:
        """The text within blockquotes."""
        return "".join(self._quoted)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self._open):
            self._shown.append(data)
        if "blockquote" in self._open:
            self._quoted.append(data)
