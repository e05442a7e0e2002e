"""Verifying a ledger from outside, trusting one key: against a server, or from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from google.protobuf import json_format

from governance import v1
from governance_client.audit.checkpoints import Checkpoint
from governance_client.audit.faults import ForkedError, NotOursError, ProofBrokenError, RewoundError, UntrustedError
from governance_client.audit.keys import KeyLine
from governance_client.audit.locating import first_difference
from governance_client.audit.merkle import CompactRange, is_consistent
from governance_client.audit.notes import NoteError
from governance_client.audit.walk import Gap, Start, Walk
from governance_client.errors import NotFoundError
from governance_client.language import _
from governance_client.verify import EntryMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from governance_client.audit.memory import Memory, Remembered
    from governance_client.audit.notes import VerifierKey
    from governance_client.audit.source import Source

    Progress: TypeAlias = Callable[[int, int], None]
    """Told now and then: the offset that was reached, and the one where the ledger ends."""


class Witnessed(NamedTuple):
    """What a witness has seen.

    Attributes:
        size: So many entries.
        moment_s: When it said so, in seconds since 1970.
        name: Who.
    """

    size: int
    moment_s: int
    name: str


class Verified(NamedTuple):
    """What holds.

    Attributes:
        checkpoint: The ledger up to its size is the one that was signed.
        key: The key that it was signed with.
        since: Entries up to this one were verified before, and were not read again; 0 where all were.
        remembered: The size of the checkpoint that was remembered, and that this one continues; 0 where none was.
        walk: What was found on the way.
        witnessed: What a witness cosigned, and that this one continues; None where no witness was asked for.
    """

    checkpoint: Checkpoint
    key: VerifierKey
    since: int
    remembered: int
    walk: Walk
    witnessed: Witnessed | None = None


async def verify_source(
    source: Source,
    memory: Memory,
    *,
    key: VerifierKey | None,
    since_last: bool = False,
    witness: VerifierKey | None = None,
    progress: Progress = lambda _reached, _end: None,
) -> Verified:
    """Verify the ledger that a server shows, and remember how far.

    Args:
        source: The server.
        memory: What was verified before.
        key: The key to trust; None for the one that is remembered.
        since_last: Read only what came after the checkpoint that is remembered; all where none is.
        witness: Somebody whose cosignature has to be there, on a checkpoint that this one continues; None for nobody.
        progress: Told after each frame.

    Raises:
        ChainBrokenError: The ledger is not what was signed, or not what it was.
        UntrustedError: There is no key to trust.
        ClientError: The server could not be asked.
    """
    seen = await _cosigned(source, witness) if witness is not None else None  # first, so that the newest is no older
    response = await source.checkpoint()
    checkpoint = parsed(response.note)
    remembered = memory.recall(checkpoint.origin)
    trusted = trusted_key(key, remembered)
    line = key_line(response.keys)
    line.check(checkpoint, trusted)
    witnessed = await _prove_witnessed(source, witness, seen, checkpoint) if witness and seen else None
    if remembered is not None:
        await prove_continued(source, remembered.checkpoint, checkpoint)
    start = await _start(source, remembered, line) if since_last and remembered is not None else None
    walk = Walk(_sizes(checkpoint, remembered), start)
    head = await _read_on(source, walk, progress)
    if walk.unsettled() is not None:  # it may have been removed while we read, which an entry since then says
        head = await _read_on(source, walk, progress)
    _check_reached(walk, checkpoint)
    walk.finish(head)
    await _check_roots(source, walk, checkpoint, remembered)
    signing = walk.keys.check(checkpoint, trusted)
    memory.keep(checkpoint, signing)
    since = 0 if start is None or remembered is None else remembered.checkpoint.size
    return Verified(checkpoint, signing, since, remembered.checkpoint.size if remembered else 0, walk, witnessed)


def verify_records(
    lines: Iterable[str],
    note: str,
    memory: Memory,
    *,
    key: VerifierKey | None,
    progress: Progress = lambda _reached, _end: None,
) -> Verified:
    """Verify an export, without any server, and remember how far.

    Args:
        lines: Every record from the first on, each a LedgerRecord in protobuf's JSON.
        note: The checkpoint.
        memory: What was verified before.
        key: The key to trust; None for the one that is remembered.
        progress: Told now and then.

    Raises:
        ChainBrokenError: It is not what was signed, or not what it was.
        UntrustedError: There is no key to trust.
    """
    checkpoint = parsed(note)
    remembered = memory.recall(checkpoint.origin)
    trusted = trusted_key(key, remembered)
    walk = Walk(_sizes(checkpoint, remembered))
    for number, line in enumerate(lines, 1):
        if line.strip():
            walk.read(_record(line, number, walk.offset))
            progress(walk.offset, checkpoint.size)
    _check_reached(walk, checkpoint)
    walk.finish(walk.offset)
    _compare(walk, checkpoint, remembered)
    signing = walk.keys.check(checkpoint, trusted)
    memory.keep(checkpoint, signing)
    met = remembered is not None and remembered.checkpoint.size in walk.roots
    return Verified(checkpoint, signing, 0, remembered.checkpoint.size if remembered and met else 0, walk)


def parsed(note: str) -> Checkpoint:
    """Read a checkpoint. Raises NotOursError where it is none of ours."""
    try:
        checkpoint = Checkpoint.parse(note)
    except NoteError as error:
        raise NotOursError(0, _("its checkpoint is none: {why}").format(why=error)) from None
    if not checkpoint.ledger_id or not checkpoint.size:
        raise NotOursError(0, _("its checkpoint is none of a ledger of Governance Workspace"))
    return checkpoint


def trusted_key(key: VerifierKey | None, remembered: Remembered | None) -> VerifierKey:
    """Return the key to trust: the one that was given, else the one that is remembered. Raises UntrustedError."""
    trusted = key or (remembered.key if remembered else None)
    if trusted is None:
        raise UntrustedError(
            _(
                "Nobody said which key to trust, and none is remembered of this ledger. Say --key KEY or --key FILE: "
                "the server's administrator finds it in checkpoint.vkey, in the server's directory. Get it on a way "
                "that the server does not control; the first verification is as good as that way."
            )
        )
    return trusted


def key_line(keys: Iterable[v1.CheckpointKey]) -> KeyLine:
    """Return the keys as a server tells them, each checked. Raises ProofBrokenError."""
    line = KeyLine()
    for each in keys:
        line.add(each.offset, each.change)
    return line


async def prove_continued(source: Source, before: Checkpoint, now: Checkpoint) -> None:
    """Have a server prove that a ledger begins with what it was.

    Raises:
        RewoundError: It is shorter than it was.
        ForkedError: It does not begin with it.
    """
    if now.size < before.size:
        raise RewoundError(
            now.size + 1,
            _(
                "it is missing: the newest checkpoint has {size} entries, and {before} were seen before. The ledger "
                "was rewound, or an old copy of it is shown"
            ).format(size=now.size, before=before.size),
        )
    path = (await source.consistency(before.size, now.size)).hashes
    if not is_consistent(before.size, before.root, now.size, now.root, path):
        raise _forked(before)


async def _cosigned(source: Source, witness: VerifierKey) -> tuple[Checkpoint, int]:
    """Return the newest checkpoint that a witness cosigned, and when it did; who else signed it does not matter."""
    try:
        response = await source.checkpoint(witnessed=True)
    except NotFoundError:
        raise NotOursError(
            0, _("no checkpoint that it shows is cosigned by {name}").format(name=witness.name)
        ) from None
    seen = parsed(response.note)
    try:
        moment_s = seen.note.signed_at(witness)
    except NoteError as error:
        raise NotOursError(0, _("its cosigned checkpoint is forged or damaged: {why}").format(why=error)) from None
    if moment_s is None:
        raise NotOursError(
            0, _("the newest checkpoint that it shows as cosigned is not by {name}").format(name=witness.name)
        )
    return seen, moment_s


async def _prove_witnessed(
    source: Source, witness: VerifierKey, seen: tuple[Checkpoint, int], now: Checkpoint
) -> Witnessed:
    """Have a server prove that a ledger begins with what a witness has seen."""
    before, moment_s = seen
    if before.origin != now.origin:
        raise NotOursError(0, _("the checkpoint that it shows as cosigned is of another ledger"))
    await prove_continued(source, before, now)
    return Witnessed(before.size, moment_s, witness.name)


async def _start(source: Source, remembered: Remembered, line: KeyLine) -> Start:
    """Return where to go on after a remembered checkpoint, which the server proves the tree of."""
    before = remembered.checkpoint
    proof = await source.inclusion(before.size, before.size)
    tree = CompactRange.of_last(before.size, proof.leaf_hash, proof.hashes)
    if tree is None or tree.root() != before.root:
        raise _forked(before)
    keys = tuple(known for known in line.keys if known.offset <= before.size)
    if not keys or keys[-1].key != remembered.key:
        raise ForkedError(before.size, _("up to there it names other keys for its checkpoints than it did"))
    return Start(tree, proof.leaf_hash, keys)


async def _read_on(source: Source, walk: Walk, progress: Progress) -> int:
    """Read on to the end; return the ledger's last offset."""
    head = removed_up_to = 0
    async for frame in source.frames(walk.offset):
        head = frame.head_offset
        for record in frame.records:
            try:
                walk.read(record)
            except EntryMissingError as missing:
                if missing.came > removed_up_to + 1:
                    removed_up_to = await source.removed_up_to()
                if missing.came > removed_up_to + 1:
                    raise  # nobody says that it was removed; who says so has still to show the entry
                await _pass_over(source, walk, missing)
                walk.read(record)
        progress(walk.offset, head)
    return head


async def _pass_over(source: Source, walk: Walk, missing: EntryMissingError) -> None:
    """Have the server prove the entries that are not there; that they were removed on the record is still to show."""
    last = missing.came - 1
    try:
        proof = await source.inclusion(last, last)
        path = (await source.consistency(walk.offset, last)).hashes
    except ProofBrokenError:
        raise missing from None
    walk.pass_over(Gap(last, proof.leaf_hash, proof.hashes, path))


def _sizes(checkpoint: Checkpoint, remembered: Remembered | None) -> list[int]:
    return [checkpoint.size] if remembered is None else [checkpoint.size, remembered.checkpoint.size]


def _check_reached(walk: Walk, checkpoint: Checkpoint) -> None:
    """Check that there are as many entries as were signed, before it is asked what those that are there do not say."""
    if walk.offset < checkpoint.size:
        raise RewoundError(
            walk.offset + 1, _("it is missing, and its checkpoint is about {size} entries").format(size=checkpoint.size)
        )


async def _check_roots(source: Source, walk: Walk, checkpoint: Checkpoint, remembered: Remembered | None) -> None:
    try:
        _compare(walk, checkpoint, remembered)
    except ForkedError as error:
        known = 0 if remembered is None or error.offset <= remembered.checkpoint.size else remembered.checkpoint.size
        place = await first_difference(source, checkpoint, known)
        if place is None:
            raise
        raise ForkedError(place, _("it is not the entry that was signed, and so are none of those after it")) from None


def _compare(walk: Walk, checkpoint: Checkpoint, remembered: Remembered | None) -> None:
    """Compare the roots that were found with those that were signed, the older one first."""
    if remembered is not None and remembered.checkpoint.size in walk.roots:
        before = remembered.checkpoint
        if walk.roots[before.size] != before.root:
            raise _forked(before)
    found = walk.roots.get(checkpoint.size)
    if found is None:
        raise ProofBrokenError(checkpoint.size, _("the checkpoint ends there, and within entries that were removed"))
    if found != checkpoint.root:
        raise ForkedError(checkpoint.size, _("up to there it does not have the entries that its checkpoint is about"))


def _forked(before: Checkpoint) -> ForkedError:
    return ForkedError(
        before.size,
        _("its first {size} entries are not those that were verified before: it has another past than it had").format(
            size=before.size
        ),
    )


def _record(line: str, number: int, offset: int) -> v1.LedgerRecord:
    try:
        return json_format.Parse(line, v1.LedgerRecord())
    except (json_format.ParseError, SystemError):  # the latter is protobuf's for half a character in a field's name
        raise ProofBrokenError(
            offset + 1, _("line {number} of the file is no record of a ledger").format(number=number)
        ) from None
