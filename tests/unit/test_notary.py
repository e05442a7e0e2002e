"""The notary: when it signs, with which key, and what it never signs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from governance_server.domain.house import checkpoint_keys
from governance_server.domain.note import key_change, origin_of, read_checkpoint, read_note
from governance_server.domain.tree import root
from governance_server.engine.enrolment import create_ledger
from governance_server.engine.notary import INTERVAL_US, KeyChangedError, Notary, NotaryError, change_key
from governance_server.engine.ports import Appendage, SignerError, StoreError
from governance_server.signing import Ed25519Signer
from tests.support.clock import CountedEntropy, ManualClock
from tests.support.entries import LedgerBuilder, append
from tests.support.in_memory_store import InMemoryStore
from tests.unit.test_note import independently_verified

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class HeldSigners:
    """The port's Signers, in memory."""

    def __init__(self) -> None:
        self.held: dict[str, Ed25519Signer] = {}

    def new(self, ledger_id: str) -> Ed25519Signer:
        signer = Ed25519Signer.create(origin_of(ledger_id))
        self.held[signer.verifier_key] = signer
        return signer

    def signer(self, verifier_key: str) -> Ed25519Signer:
        if verifier_key not in self.held:
            raise SignerError("it is not here")
        return self.held[verifier_key]


class House:
    """A ledger with a key, and its notary."""

    def __init__(self) -> None:
        self.store = InMemoryStore()
        self.clock = ManualClock()
        self.entropy = CountedEntropy()
        self.signers = HeldSigners()
        self.notary = Notary(self.store, self.clock, self.signers)
        self.ledger_id = ""

    async def begin(self) -> None:
        self.ledger_id = await create_ledger(
            self.store, self.clock, self.entropy, make_key=lambda name: self.signers.new(name).verifier_key
        )

    async def come(self, count: int = 1) -> None:
        """Have entries come."""
        builder = LedgerBuilder.after(await self.store.head())
        await append(self.store, Appendage([builder.entry() for _ in range(count)]))

    async def rotate(self) -> Ed25519Signer:
        former = self.signers.signer(await self.key())
        following = self.signers.new(self.ledger_id)
        await change_key(self.store, self.clock, self.entropy, verifier_key=following.verifier_key, former=former)
        return following

    async def key(self) -> str:
        return checkpoint_keys(await self.store.house())[-1].change.verifier_key

    async def assert_signed(self, size: int, key: str) -> None:
        """Assert that the newest checkpoint is of that size and the true root, signed with that key."""
        newest = await self.store.newest_checkpoint()
        assert newest is not None
        signed = read_checkpoint(independently_verified(newest.note, key))
        assert signed == (origin_of(self.ledger_id), size, await root(self.store, size))
        assert newest.size == size


@pytest.fixture
async def house() -> House:
    made = House()
    await made.begin()
    return made


@pytest.fixture
async def running(house: House) -> AsyncIterator[House]:
    task = asyncio.create_task(house.notary.run())
    await settle()
    yield house
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def settle() -> None:
    """Let the notary do what it can do now."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_the_first_entry_names_the_first_key(house: House) -> None:
    """A new ledger's key needs no entry of its own, and nobody vouches for it."""
    (key,) = checkpoint_keys(await house.store.house())
    assert (key.offset, key.change.previous, key.change.signature) == (1, "", b"")


async def test_a_second_after_it_came_an_entry_is_under_a_checkpoint(running: House) -> None:
    """At each second at which something has come since, and at no other."""
    await running.come()
    running.clock.advance(INTERVAL_US - 1)
    await settle()
    assert await running.store.newest_checkpoint() is None
    running.clock.advance(1)
    await settle()
    await running.assert_signed(2, await running.key())
    for size in range(3, 8):
        await running.come()
        running.clock.advance(INTERVAL_US)
        await settle()
        await running.assert_signed(size, await running.key())
    running.clock.advance(100 * INTERVAL_US)
    await settle()
    assert len(running.store.contents.checkpoints) == 6


async def test_what_came_last_is_signed_at_the_end(house: House) -> None:
    """A stop does not wait for the second to be over."""
    await house.come(3)
    await house.notary.try_to_sign()
    await house.assert_signed(4, await house.key())


async def test_nothing_new_is_not_signed_again(house: House) -> None:
    """A checkpoint that is there stays as it is, with its cosignatures."""
    await house.notary.sign()
    newest = await house.store.newest_checkpoint()
    assert newest is not None
    assert await house.store.cosign_checkpoint(newest.size, newest.note, "cosigned")
    await house.notary.sign()
    assert (await house.store.newest_checkpoint()) == (1, "cosigned", True)


async def test_another_key_counts_from_its_entry_on(running: House) -> None:
    """The entry that names it is the first one under a checkpoint with its signature; the one before vouches for it."""
    former = await running.key()
    await running.come()
    running.clock.advance(INTERVAL_US)
    await settle()
    await running.assert_signed(2, former)
    following = await running.rotate()
    del running.signers.held[former]
    running.clock.advance(INTERVAL_US)
    await settle()
    await running.assert_signed(3, following.verifier_key)
    change = checkpoint_keys(await running.store.house())[-1].change
    assert change.previous == former
    public = Ed25519Signer.create("x")  # any key refuses what it has not signed
    assert public.sign(key_change(former, following.verifier_key)) != change.signature


async def test_a_key_is_replaced_by_the_one_who_knows_it(house: House) -> None:
    """Of two that change the key at once, the second is told that another one is in use by now."""
    former = house.signers.signer(await house.key())
    await house.rotate()
    with pytest.raises(KeyChangedError):
        await change_key(house.store, house.clock, house.entropy, verifier_key="x+0+y", former=former)
    with pytest.raises(KeyChangedError):
        await change_key(house.store, house.clock, house.entropy, verifier_key="x+0+y", former=None)
    assert (await house.store.head()).offset == 2


async def test_a_tree_that_was_changed_is_not_signed(house: House) -> None:
    """What no longer begins with what was signed gets no signature, and neither does what has become shorter."""
    await house.come(5)
    await house.notary.sign()
    records = house.store.contents.records
    records[2] = records[2]._replace(hash=bytes(32))
    await house.come()
    with pytest.raises(NotaryError, match="first 6 entries"):
        await house.notary.sign()
    house.store.contents.head = house.store.contents.head._replace(offset=3)
    with pytest.raises(NotaryError, match="ends with entry 3"):
        await house.notary.sign()
    assert len(house.store.contents.checkpoints) == 1


async def test_at_the_start_what_was_signed_is_looked_at(house: House) -> None:
    """A notary that begins looks whether the tree is still the one that was signed, though nothing has come since."""
    await house.come(5)
    await house.notary.sign()
    await Notary(house.store, house.clock, house.signers).sign()
    records = house.store.contents.records
    records[2] = records[2]._replace(hash=bytes(32))
    with pytest.raises(NotaryError, match="first 6 entries"):
        await Notary(house.store, house.clock, house.signers).sign()


async def test_a_checkpoint_of_another_ledger(house: House) -> None:
    """One that names another ledger was put in, whatever its root; nothing is signed after it."""
    await house.notary.sign()
    ((kept, signed_us),) = house.store.contents.checkpoints.values()
    other = kept.note.replace(house.ledger_id, "f" * 32)
    house.store.contents.checkpoints[1] = (kept._replace(note=other), signed_us)
    await house.come()
    with pytest.raises(NotaryError, match="first 1 entries"):
        await house.notary.sign()


async def test_a_checkpoint_that_is_none(house: House) -> None:
    """A note that somebody has changed beyond reading is told, and nothing is signed after it."""
    await house.notary.sign()
    ((kept, signed_us),) = house.store.contents.checkpoints.values()
    house.store.contents.checkpoints[1] = (kept._replace(note="nonsense"), signed_us)
    await house.come()
    with pytest.raises(NotaryError, match="of size 1"):
        await house.notary.sign()


async def test_failures_are_survived(running: House) -> None:
    """A key or a ledger that is away for a while costs checkpoints of that while, and nothing else."""
    key = await running.key()
    held = running.signers.held.pop(key)
    await running.come()
    running.clock.advance(INTERVAL_US)
    await settle()
    assert await running.store.newest_checkpoint() is None
    running.signers.held[key] = held
    running.clock.advance(INTERVAL_US)
    await settle()
    await running.assert_signed(2, key)


async def test_at_the_start_a_failure_is_told() -> None:
    """A ledger without a key, a key that is not there and a store that is closed are faults, each its own."""
    house = House()
    await create_ledger(house.store, house.clock, house.entropy)
    with pytest.raises(NotaryError, match="names no key"):
        await house.notary.sign()
    house = House()
    await house.begin()
    house.signers.held.clear()
    with pytest.raises(SignerError):
        await house.notary.sign()
    await house.store.close()
    with pytest.raises(StoreError):
        await house.notary.sign()


async def test_a_note_holds_our_signature_alone(house: House) -> None:
    """Until a witness comes."""
    await house.notary.sign()
    newest = await house.store.newest_checkpoint()
    assert newest is not None
    assert len(read_note(newest.note).signatures) == 1
