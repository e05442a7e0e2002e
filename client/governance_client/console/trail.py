"""A decision's trail: its ledger entries, told. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from governance import v1
from governance_client.console import words
from governance_client.console.events import told
from governance_client.console.history import change_lines
from governance_client.console.inert import name, wrap
from governance_client.console.lines import NARROWEST, Line, clip
from governance_client.console.quoting import quoted
from governance_client.console.telling import actor
from governance_client.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_INDENT = "       "


def trail(records: Sequence[v1.LedgerRecord], width: int) -> list[Line]:
    """Return entries as lines of at most `width` columns, in the order given.

    Args:
        records: As the ledger gave them; that their hashes are right is not checked here.
        width: Columns of the terminal.
    """
    width = max(width, NARROWEST)
    lines = [line for record in records for line in _entry(record, width)]
    entries = ngettext("{count} entry", "{count} entries", len(records)).format(count=len(records))
    return [*lines, [("class:dim", entries)]]


def _entry(record: v1.LedgerRecord, width: int) -> Iterator[Line]:
    try:
        entry, personal = v1.Entry.FromString(record.entry), v1.PersonalData.FromString(record.personal)
    except DecodeError:
        yield from _indented([_("An entry here cannot be read; `governance verify` checks the ledger.")], width)
        return
    yield clip(
        [
            ("class:dim", f"{entry.offset:>6} "),
            ("", f"{words.moment(entry.recorded_at)}  "),
            ("class:title", actor(entry.actor)),
        ],
        width,
    )
    yield from _indented((told(event) for event in entry.events), width)
    yield from _indented(_beside(entry), width, "class:dim")
    yield from _personal(entry, record, personal, width)


def _indented(texts: Iterable[str], width: int, style: str = "") -> Iterator[Line]:
    for text in texts:
        for piece in wrap(text, width - len(_INDENT)):
            yield [("", _INDENT), (style, piece)]


def _beside(entry: v1.Entry) -> Iterator[str]:
    """Yield what the operator was shown, and in which batch the verdict was given."""
    if entry.HasField("presentation"):
        shown = entry.presentation
        read = words.span(shown.reading.seconds * words.SECOND_US)
        text = _("after {span} of version {version} in view, as shown: {digest}")
        yield text.format(span=read, version=shown.version, digest=shown.rendering_digest.hex()[:12])
    if entry.batch_id:
        yield _("in batch {batch}").format(batch=name(entry.batch_id))


def _personal(entry: v1.Entry, record: v1.LedgerRecord, personal: v1.PersonalData, width: int) -> Iterator[Line]:
    if entry.personal_commitment and not record.personal:
        gone = (
            _("what was written with it is not for you to see")
            if record.HasField("redacted")
            else _("what was written with it was erased")
        )
        yield from _indented([gone], width, "class:dim")
        return
    yield from quoted("", personal.remark, width)
    yield from change_lines(personal.changes, width)
    if personal.HasField("evidence"):
        yield from quoted("", personal.evidence.reasoning, width)
        yield from quoted("", ", ".join(personal.evidence.indicators), width)
    yield from quoted("", personal.halt_target, width)
