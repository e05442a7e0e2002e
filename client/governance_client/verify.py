"""Verifying the ledger from outside: hashes and links computed anew from the bytes, apart from the server's own code.

What holds for a ledger that nobody changed, entry by entry: its hash is SHA-256(0x00 || bytes) (RFC 9162 section
2.1.1); it names the hash of the entry before, the first one 32 zero bytes; offsets count from 1 without a gap; and
what is stored apart from it, where it was not erased, is what it committed to: SHA-256(0x02 || salt || personal).
"""

from __future__ import annotations

import hashlib
from typing import Final

from google.protobuf.message import DecodeError

from governance import v1
from governance_client.errors import ClientError

_LEAF: Final = b"\x00"
_PERSONAL: Final = b"\x02"
_BEFORE_THE_FIRST: Final = bytes(32)


class ChainBrokenError(ClientError):
    """The ledger is not what it was.

    Attributes:
        offset: The entry at which it shows.
    """

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(
            f"The ledger is broken at entry {offset}: {what}. Do not trust what follows; keep a copy of it, and have "
            "`governance-server check` look at the server's own."
        )
        self.offset = offset


class ChainReader:
    """Reads records in order and checks each; of a ledger read from the middle, the first link is taken as given.

    Args:
        after: The offset that reading starts after; 0 for a ledger read from its first entry.
        whole: Every entry after that was asked for, so that one which is not there is missing. Otherwise, as where only
            one decision's were asked for, entries may be left out.

    Attributes:
        checked: How many entries were checked.
        linked: How many of them are linked to the one read before, or are the ledger's first.
    """

    def __init__(self, after: int = 0, *, whole: bool = False) -> None:
        self.checked = 0
        self.linked = 0
        self._whole = whole
        self._offset = after
        self._hash = b"" if after else _BEFORE_THE_FIRST

    def read(self, record: v1.LedgerRecord) -> v1.Entry:
        """Check a record and return its entry.

        Raises:
            ChainBrokenError: It is not the entry that was hashed, or does not follow the one before.
        """
        digest = hashlib.sha256(_LEAF + record.entry).digest()
        try:
            entry = v1.Entry.FromString(record.entry)
        except DecodeError:
            raise ChainBrokenError(self._offset + 1, "its bytes are no entry") from None
        if digest != record.hash:
            raise ChainBrokenError(entry.offset, "its bytes do not have the hash that is stored with them")
        if entry.offset <= self._offset:
            raise ChainBrokenError(entry.offset, f"it comes after entry {self._offset}")
        if self._whole and entry.offset != self._offset + 1:
            raise ChainBrokenError(self._offset + 1, f"it is missing; entry {entry.offset} came in its place")
        self._check_link(entry)
        _check_personal(entry, record)
        self._offset, self._hash = entry.offset, digest
        self.checked += 1
        return entry

    def finish(self, head_offset: int) -> None:
        """Check, once all was read, that nothing is missing at the end.

        Args:
            head_offset: The ledger's last offset, as the server named it when reading began.

        Raises:
            ChainBrokenError: Every entry was asked for, and the last that came is not the ledger's last.
        """
        if not self._whole or self._offset == head_offset != 0:  # no ledger is without its first entry
            return
        came = f"entry {self._offset}" if self.checked else "none"
        raise ChainBrokenError(
            self._offset + 1,
            f"it is missing; the server counts {head_offset} entries, and the last that came is {came}",
        )

    def _check_link(self, entry: v1.Entry) -> None:
        if entry.offset != self._offset + 1 or not self._hash:
            return  # what lies between, or before, was not read
        if entry.previous_hash != self._hash:
            raise ChainBrokenError(entry.offset, f"it does not follow from entry {self._offset} as that stands")
        self.linked += 1


def _check_personal(entry: v1.Entry, record: v1.LedgerRecord) -> None:
    if not record.salt:
        return  # there is nothing apart from it, or it was erased, or it is not for this reader
    if hashlib.sha256(_PERSONAL + record.salt + record.personal).digest() != entry.personal_commitment:
        raise ChainBrokenError(entry.offset, "what is stored apart from it is not what it committed to")
