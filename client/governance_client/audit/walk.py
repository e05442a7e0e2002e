"""The walk: every entry of a ledger in order, each checked in every way that needs no server to be believed.

What a walk finds in order: bytes, hashes, links, commitments and times (`ChainReader`); the tree, root by root; the
keys, each vouched for by the one before; the rules that show in entries (`Rules`); and that what is not there any more
was removed on the record. Whether it is the ledger that was signed shows by comparing `roots` with a checkpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from governance_client.audit.checkpoints import ORIGIN
from governance_client.audit.faults import ProofBrokenError
from governance_client.audit.keys import KeyLine, KnownKey
from governance_client.audit.merkle import CompactRange, is_consistent
from governance_client.audit.rules import Rules
from governance_client.language import N_, _
from governance_client.verify import ChainReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from governance import v1

_NOT_RECORDED: Final = N_("no entry after it says so")


class Start(NamedTuple):
    """Where a walk begins that does not begin with the first entry: after a checkpoint that was verified before.

    Attributes:
        tree: The tree of its size.
        last_hash: The hash of its last entry.
        keys: The keys up to there.
    """

    tree: CompactRange
    last_hash: bytes
    keys: tuple[KnownKey, ...]


class Gap(NamedTuple):
    """Entries that were removed, and the proof that they were there.

    Attributes:
        offset: The last of them.
        last_hash: Its hash.
        path: Its audit path in the tree of that size.
        consistency: The path from the tree before them to that tree.
    """

    offset: int
    last_hash: bytes
    path: Sequence[bytes]
    consistency: Sequence[bytes]


class Walk:
    """One reading of a ledger. Once it has raised it is over, but for EntryMissingError: then it stands where it stood.

    Args:
        sizes: The sizes at which the tree's root is wanted.
        start: Where to begin; None for the first entry.

    Attributes:
        roots: The roots found so far, by size.
        keys: The keys found so far.
        rules: What was found about decisions.
        ledger_id: The ledger's id, as its first entry says; empty where that was not read.
        withheld: How many entries' personal data are not for this reader.
        erased: How many entries' personal data were erased.
        removed: How many entries were removed.
    """

    def __init__(self, sizes: Iterable[int] = (), start: Start | None = None) -> None:
        self.roots: dict[int, bytes] = {}
        self.ledger_id = ""
        self.withheld = 0
        self.erased = 0
        self.removed = 0
        self.keys = KeyLine(() if start is None else start.keys)
        self.rules = Rules(beginning=start is None)
        self._from = 0 if start is None else start.tree.size
        self._tree = CompactRange() if start is None else start.tree
        self._chain = ChainReader(self._from, whole=True, after_hash=b"" if start is None else start.last_hash)
        self._sizes = frozenset(sizes)
        self._unopened: dict[str, int] = {}
        self._gap_end = self._removed_up_to = self._removed_told = 0
        self._note_root()

    @property
    def offset(self) -> int:
        """The last entry that was read or passed over."""
        return self._chain.offset

    @property
    def read_count(self) -> int:
        """How many entries were read."""
        return self._chain.checked

    def read(self, record: v1.LedgerRecord) -> v1.Entry:
        """Check the next record and return its entry.

        Raises:
            ChainBrokenError: It is not what was written, or may not be there.
        """
        entry = self._chain.read(record)
        self._tree.append(self._chain.hash)
        self.rules.take(entry)
        if not entry.decision_id:
            self._take_house(entry)
        self._take_personal(entry, record)
        self._note_root()
        return entry

    def pass_over(self, gap: Gap) -> None:
        """Go on after entries that were removed.

        Raises:
            ProofBrokenError: They are not proven to have been there.
        """
        offset = self.offset
        # the first entry is about the house, and those are never removed
        tree = CompactRange.of_last(gap.offset, gap.last_hash, gap.path) if gap.offset > offset > 0 else None
        if tree is None:
            raise ProofBrokenError(offset + 1, _("it is missing, and what should prove that it was there does not"))
        before, after = self._tree, tree
        if not is_consistent(before.size, before.root(), after.size, after.root(), gap.consistency):
            raise ProofBrokenError(
                offset + 1, _("what should prove the missing entries up to {offset} does not").format(offset=gap.offset)
            )
        self._chain.pass_over(gap.offset, gap.last_hash)
        self._tree = tree
        self.removed += gap.offset - offset
        self._gap_end = gap.offset
        self._note_root()

    def unsettled(self) -> ProofBrokenError | None:
        """Return what is missing and not yet said to have been removed; a later entry may still say so."""
        if self._gap_end > self._removed_up_to:
            return ProofBrokenError(self._gap_end, _("it is missing, and {why}").format(why=_(_NOT_RECORDED)))
        if self._from == 0 and self.removed > self._removed_told:
            what = _("{removed} entries are missing, and {removed_told} were removed on the record").format(
                removed=self.removed, removed_told=self._removed_told
            )
            return ProofBrokenError(self._gap_end, what)
        if self._unopened:
            offset = min(self._unopened.values())
            return ProofBrokenError(offset, _("its personal data are missing, and {why}").format(why=_(_NOT_RECORDED)))
        return None

    def finish(self, head_offset: int) -> None:
        """Check that nothing is missing at the end, and that what is missing was removed on the record.

        Raises:
            ChainBrokenError: Something is not there.
        """
        self._chain.finish(head_offset)
        unsettled = self.unsettled()
        if unsettled is not None:
            raise unsettled

    def _note_root(self) -> None:
        if self._tree.size in self._sizes:
            self.roots[self._tree.size] = self._tree.root()

    def _take_house(self, entry: v1.Entry) -> None:
        for event in entry.events:
            match event.WhichOneof("kind"):
                case "ledger_created":
                    if entry.offset != 1:
                        raise ProofBrokenError(entry.offset, _("it creates the ledger once more"))
                    self.ledger_id = event.ledger_created.ledger_id
                case "checkpoint_key_changed":
                    self.keys.add(entry.offset, event.checkpoint_key_changed)
                    self._check_origin(entry.offset)
                case "personal_data_erased":
                    self._unopened.pop(event.personal_data_erased.decision_id, None)
                case "entries_pruned":
                    pruned = event.entries_pruned
                    if pruned.offset >= entry.offset:
                        raise ProofBrokenError(entry.offset, _("it says that entries after it were removed"))
                    self._removed_up_to = max(self._removed_up_to, pruned.offset)
                    self._removed_told += pruned.entries
        if entry.offset == 1 and not self.ledger_id:
            raise ProofBrokenError(1, _("it does not create the ledger, as the first entry has to"))

    def _check_origin(self, offset: int) -> None:
        if self.ledger_id and self.keys.keys[-1].key.name != f"{ORIGIN}{self.ledger_id}":
            raise ProofBrokenError(offset, _("it names a key for the checkpoints of another ledger"))

    def _take_personal(self, entry: v1.Entry, record: v1.LedgerRecord) -> None:
        if not entry.personal_commitment or record.salt:
            return
        if record.HasField("redacted"):
            self.withheld += 1
            return
        self.erased += 1
        if not entry.decision_id:
            raise ProofBrokenError(entry.offset, _("its personal data are missing, and it is about no decision"))
        self._unopened.setdefault(entry.decision_id, entry.offset)
