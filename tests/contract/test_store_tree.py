"""The contract of the Store port on the tree and its checkpoints, held by every adapter and by the fake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance_server.domain import tree
from governance_server.engine.ports import Appendage, SignedCheckpoint
from tests.support.entries import START_US, LedgerBuilder, append
from tests.unit.test_tree import naive_root

if TYPE_CHECKING:
    from governance_server.engine.ports import Store
    from tests.contract.conftest import Ground

SECOND_US, HOUR_US = 1_000_000, 3_600_000_000
DAWN_US = START_US - START_US % HOUR_US + 100 * HOUR_US
"""The beginning of an hour."""


async def grow(store: Store, builder: LedgerBuilder, count: int) -> None:
    await append(store, Appendage([builder.entry() for _ in range(count)]))


async def assert_tree(store: Store, builder: LedgerBuilder) -> None:
    """Compare the root and every hash of level 0 and 1 with what the entries make."""
    leaves = [record.hash for record in builder.records]
    assert await tree.root(store, len(leaves)) == naive_root(leaves)
    assert list(await store.hashes(0, 0, len(leaves))) == leaves
    if full := len(leaves) // 256:
        made = [naive_root(leaves[at * 256 : at * 256 + 256]) for at in range(full)]
        assert list(await store.hashes(1, 0, full)) == made


class TestTree:
    @pytest.mark.parametrize("counts", [[1, 254, 1, 1], [600], [255, 2, 255, 1], [256, 256], [1024, 1, 1023]])
    async def test_it_grows_with_the_ledger(self, store: Store, counts: list[int]) -> None:
        """After every transaction the tree is the one over all entries, however they were batched."""
        builder = LedgerBuilder()
        for count in counts:
            await grow(store, builder, count)
            await assert_tree(store, builder)

    async def test_any_range_can_be_read(self, store: Store, builder: LedgerBuilder) -> None:
        """Hashes are read across the edges of tiles, and from the last one that is not full."""
        await grow(store, builder, 700)
        leaves = [record.hash for record in builder.records]
        for start, end in ((0, 1), (255, 257), (300, 699), (512, 700), (511, 512), (699, 700), (0, 700)):
            assert list(await store.hashes(0, start, end)) == leaves[start:end]

    async def test_a_transaction_that_fails_leaves_the_tree(self, store: Store, builder: LedgerBuilder) -> None:
        """Tiles that it had filled are not there, and the next one fills them with its own entries."""
        await grow(store, builder, 200)
        lost = LedgerBuilder.after(await store.head())

        async def failed() -> None:
            async with store.transaction() as transaction:
                await transaction.append(Appendage([lost.entry() for _ in range(400)]))
                raise RuntimeError("boom")

        with pytest.raises(RuntimeError, match="boom"):
            await failed()
        await grow(store, builder, 300)
        await assert_tree(store, builder)

    async def test_two_append_in_turns(self, ground: Ground, builder: LedgerBuilder) -> None:
        """Two stores on one ledger grow one tree: nothing of it is remembered between transactions."""
        ours, theirs = await ground.open(), await ground.open()
        for count in (100, 200, 300, 1):
            await grow(ours, builder, count)
            await grow(theirs, builder, count)
        await assert_tree(ours, builder)
        await assert_tree(theirs, builder)


def checkpoint(size: int, *, witnessed: bool = False) -> SignedCheckpoint:
    return SignedCheckpoint(size, f"note {size}", witnessed)


async def sizes(store: Store, largest: int) -> list[int]:
    return [size for size in range(largest + 1) if await store.checkpoint(size) is not None]


class TestCheckpoints:
    async def test_none_at_first(self, store: Store) -> None:
        """A ledger without checkpoints has no newest one."""
        assert await store.newest_checkpoint() is None
        assert await store.newest_checkpoint(witnessed=True) is None
        assert await store.checkpoint(1) is None

    async def test_the_newest_is_the_largest(self, ground: Ground) -> None:
        """What is kept is there in another store, too."""
        store = await ground.open()
        for size in (1, 5, 9):
            await store.keep_checkpoint(checkpoint(size), DAWN_US + size)
        other = await ground.open()
        assert await other.newest_checkpoint() == checkpoint(9)
        assert await other.checkpoint(5) == checkpoint(5)

    async def test_a_size_is_signed_once(self, store: Store) -> None:
        """The first checkpoint of a size stays, with the cosignatures it may have by now."""
        await store.keep_checkpoint(checkpoint(5), DAWN_US)
        await store.keep_checkpoint(SignedCheckpoint(5, "another"), DAWN_US + 1)
        assert await store.checkpoint(5) == checkpoint(5)

    async def test_cosigning(self, store: Store) -> None:
        """A cosigned checkpoint takes the former's place; of two that come at once, the second has to look again."""
        for size in (1, 5):
            await store.keep_checkpoint(checkpoint(size), DAWN_US)
        assert await store.cosign_checkpoint(1, "note 1", "note 1, cosigned")
        assert not await store.cosign_checkpoint(1, "note 1", "note 1, cosigned otherwise")
        assert not await store.cosign_checkpoint(2, "note 2", "note 2, cosigned")
        assert await store.newest_checkpoint(witnessed=True) == SignedCheckpoint(1, "note 1, cosigned", witnessed=True)
        assert await store.newest_checkpoint() == checkpoint(5)

    async def test_all_of_the_last_hour_and_one_an_hour_before(self, store: Store) -> None:
        """What was signed more than an hour ago is thinned to the first of each hour."""
        minutes = range(200)  # 3 hours and 20 minutes, one a minute
        for minute in minutes:
            await store.keep_checkpoint(checkpoint(minute), DAWN_US + minute * 60 * SECOND_US)
        assert await sizes(store, 200) == [0, 60, 120, *range(139, 200)]

    async def test_thinning_after_a_restart(self, ground: Ground) -> None:
        """What was left unthinned when the server stopped is thinned once it runs again."""
        store = await ground.open()
        for minute in range(90):
            await store.keep_checkpoint(checkpoint(minute), DAWN_US + minute * 60 * SECOND_US)
        store = await ground.open()
        await store.keep_checkpoint(checkpoint(1000), DAWN_US + 10 * HOUR_US)
        assert await sizes(store, 1000) == [0, 60, 1000]

    async def test_the_last_witnessed_one_stays(self, store: Store) -> None:
        """Witnessed checkpoints are thinned apart from the others, and the largest of them is always kept."""
        for minute in range(60):
            await store.keep_checkpoint(checkpoint(minute), DAWN_US + minute * 60 * SECOND_US)
            if minute % 10 == 5:
                assert await store.cosign_checkpoint(minute, f"note {minute}", f"cosigned {minute}")
        await store.keep_checkpoint(checkpoint(500), DAWN_US + 5 * HOUR_US)
        assert await sizes(store, 500) == [0, 5, 55, 500]
        newest = await store.newest_checkpoint(witnessed=True)
        assert newest is not None
        assert newest.note == "cosigned 55"
