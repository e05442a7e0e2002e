"""Verifying the ledger from outside: hashes and links computed anew from the bytes, apart from the server's own code.

What holds for a ledger that nobody changed, entry by entry: its hash is SHA-256(0x00 || bytes) (RFC 9162 section
2.1.1); it names the hash of the entry before, the first one 32 zero bytes; offsets count from 1 without a gap; it was
not recorded before the one before; and what is stored apart from it, where it was not erased, is what it committed to:
SHA-256(0x02 || salt || personal), with 32 bytes of salt.

That alone a server can make of any ledger it likes. What holds it to one ledger is its signed checkpoints, for which
see `governance_client.audit`, which reads every entry through here.
"""

from __future__ import annotations

import hashlib
from typing import Final

from google.protobuf.message import DecodeError

from governance import v1
from governance_client.errors import ClientError
from governance_client.language import _, pgettext

_LEAF: Final = b"\x00"
_PERSONAL: Final = b"\x02"
_BEFORE_THE_FIRST: Final = bytes(32)
_HASH_BYTES: Final = 32
_SALT_BYTES: Final = 32


class ChainBrokenError(ClientError):
    """The ledger is not what it was.

    Attributes:
        offset: The entry at which it shows.
    """

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(
            _(
                "The ledger is broken at entry {offset}: {what}. Do not trust what follows; keep a copy of it, and "
                "have `governance-server check` look at the server's own."
            ).format(offset=offset, what=what)
        )
        self.offset = offset


class EntryMissingError(ChainBrokenError):
    """An entry is not there, and a later one came in its place. The reader stands where it stood.

    Attributes:
        came: The entry that came.
    """

    def __init__(self, offset: int, came: int) -> None:
        super().__init__(offset, _("it is missing; entry {came} came in its place").format(came=came))
        self.came = came


class ChainReader:
    """Reads records in order and checks each; of a ledger read from the middle, the first link is taken as given.

    Args:
        after: The offset that reading starts after; 0 for a ledger read from its first entry.
        whole: Every entry after that was asked for, so that one which is not there is missing. Otherwise, as where only
            one decision's were asked for, entries may be left out.
        after_hash: The hash of the entry at `after`, where it is known; the first link is then checked too.

    Attributes:
        checked: How many entries were checked.
        linked: How many of them are linked to the one read before, or are the ledger's first.
        offset: The entry that was read last; where none was, that which reading started after.
        hash: Its hash; empty where that is not known.
    """

    def __init__(self, after: int = 0, *, whole: bool = False, after_hash: bytes = b"") -> None:
        self.checked = 0
        self.linked = 0
        self.offset = after
        self.hash = after_hash if after else _BEFORE_THE_FIRST
        self._whole = whole
        self._recorded = (0, 0)

    def read(self, record: v1.LedgerRecord) -> v1.Entry:
        """Check a record and return its entry.

        Raises:
            ChainBrokenError: It is not the entry that was hashed, or does not follow the one before.
        """
        digest = hashlib.sha256(_LEAF + record.entry).digest()
        try:
            entry = v1.Entry.FromString(record.entry)
        except DecodeError:
            raise ChainBrokenError(self.offset + 1, _("its bytes are no entry")) from None
        if digest != record.hash:
            # what such bytes say of their own place is not to be believed where the place is known
            place = self.offset + 1 if self._whole else entry.offset
            raise ChainBrokenError(place, _("its bytes do not have the hash that is stored with them"))
        self._check_place(entry)
        self._check_link(entry)
        self._check_time(entry)
        _check_personal(entry, record)
        self.offset, self.hash = entry.offset, digest
        self.checked += 1
        return entry

    def pass_over(self, offset: int, digest: bytes) -> None:
        """Go on after an entry that is proven to have been there, without the entries up to it.

        Args:
            offset: The last entry that is passed over.
            digest: Its hash, which the next entry has to name.
        """
        assert offset > self.offset
        assert len(digest) == _HASH_BYTES
        self.offset, self.hash = offset, digest

    def finish(self, head_offset: int) -> None:
        """Check, once all was read, that nothing is missing at the end.

        Args:
            head_offset: The ledger's last offset, as the server named it when reading began.

        Raises:
            ChainBrokenError: Every entry was asked for, and the last that came is not the ledger's last.
        """
        if not self._whole or self.offset == head_offset != 0:  # no ledger is without its first entry
            return
        came = _("entry {offset}").format(offset=self.offset) if self.checked else pgettext("no entry", "none")
        raise ChainBrokenError(
            self.offset + 1,
            _("it is missing; the server counts {head_offset} entries, and the last that came is {came}").format(
                head_offset=head_offset, came=came
            ),
        )

    def _check_place(self, entry: v1.Entry) -> None:
        if entry.offset <= self.offset:
            raise ChainBrokenError(
                self.offset + 1 if self._whole else entry.offset,
                _("entry {offset} comes after entry {last}").format(offset=entry.offset, last=self.offset),
            )
        if self._whole and entry.offset != self.offset + 1:
            raise EntryMissingError(self.offset + 1, entry.offset)

    def _check_link(self, entry: v1.Entry) -> None:
        if entry.offset != self.offset + 1 or not self.hash:
            return  # what lies between, or before, was not read
        if entry.previous_hash != self.hash:
            raise ChainBrokenError(
                entry.offset, _("it does not follow from entry {last} as that stands").format(last=self.offset)
            )
        self.linked += 1

    def _check_time(self, entry: v1.Entry) -> None:
        recorded = (entry.recorded_at.seconds, entry.recorded_at.nanos)
        if recorded < self._recorded:
            raise ChainBrokenError(entry.offset, _("it was recorded before an entry that it follows"))
        self._recorded = recorded


def _check_personal(entry: v1.Entry, record: v1.LedgerRecord) -> None:
    if not record.salt and not record.personal:
        return  # there is nothing apart from it, or it was erased, or it is not for this reader
    # a salt of another length could take bytes of what follows it, and the hash over both would be the same
    opened = hashlib.sha256(_PERSONAL + record.salt + record.personal).digest()
    if len(record.salt) != _SALT_BYTES or opened != entry.personal_commitment:
        raise ChainBrokenError(entry.offset, _("what is stored apart from it is not what it committed to"))
