"""Checking an evidence pack with one key and nothing else. What is in a pack, and what is checked: `docs/audit.md`."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, NamedTuple

from governance_client.audit import pack as packs
from governance_client.audit.evidence import Checked, check
from governance_client.audit.evidence_story import story_of
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance_client.audit.notes import VerifierKey


class CheckedPack(NamedTuple):
    """A pack that holds.

    Attributes:
        checked: Its evidence.
        compared: Its page and what else it tells in words were compared with the evidence, and are what that gives.
        without_order: The decision has ended, and no order is among its entries.
    """

    checked: Checked
    compared: bool
    without_order: bool

    def facts(self) -> dict[str, object]:
        """Return what holds, for programs."""
        checkpoint = self.checked.checkpoint
        return {
            "verified": True,
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "key": str(self.checked.key),
            "decision_id": self.checked.evidence.decision_id,
            "entries": [each.entry.offset for each in self.checked.entries],
            "house": [each.entry.offset for each in self.checked.house],
            "numbered": self.checked.numbered,
            "without_order": self.without_order,
            "page_compared": self.compared,
        }

    def told(self) -> Iterator[str]:
        """Yield what holds, for people: no more than was checked."""
        checked, checkpoint = self.checked, self.checked.checkpoint
        yield _("{decision}: {count} entries are in the ledger {origin} as it was signed at {size} entries.").format(
            decision=checked.evidence.decision_id,
            count=len(checked.entries),
            origin=checkpoint.origin,
            size=checkpoint.size,
        )
        yield _("It was signed with {key}.").format(key=checked.key)
        if checked.numbered:
            yield _("They are numbered without a gap, and each follows the rules.")
        else:
            yield _(
                "Each follows the rules. Some are from before entries were numbered: one may be missing between them."
            )
        ended = story_of(checked).ended
        if self.without_order and ended is not None:
            text = _(
                "No order is among them, and entry {offset} is an end after which the rules allow none. That nothing "
                "about it follows is shown by `governance audit verify`, which reads all of the ledger."
            )
            yield text.format(offset=ended.entry.offset)
        if self.compared:
            yield _("Its page says what the entries give, to the letter.")
        else:
            yield _("Its page was made by another version, and was not compared: believe the entries, not the page.")


def check_pack(archive: Path | IO[bytes], key: VerifierKey) -> CheckedPack:
    """Check a pack.

    Args:
        archive: Where it is, or the archive itself, open.
        key: The key to trust, which comes from elsewhere than the pack.

    Raises:
        UnusableFileError: It cannot be read, or is no pack.
        ChainBrokenError: Something in it is not what was signed, or is not what the rest of it gives.
        ProtocolError: It says what this version does not know.
    """
    pack = packs.read(archive)
    checked = check(pack.evidence, key)
    compared = packs.compare(pack, checked)
    return CheckedPack(checked, compared, story_of(checked).without_order)
