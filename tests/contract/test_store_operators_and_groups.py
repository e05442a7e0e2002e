"""The contract of the Store port, continued: what operators did, and how like decisions ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance import v1
from governance_server.engine.ports import Appendage
from tests.support.entries import START_US, LedgerBuilder, append
from tests.support.messages import CORE, OPERATOR_1, OPERATOR_2

if TYPE_CHECKING:
    from governance_server.engine.ports import Alike, Deed, Store

PENDING, APPROVED, EXECUTED = v1.DECISION_STATE_PENDING, v1.DECISION_STATE_APPROVED, v1.DECISION_STATE_EXECUTED
REJECTED, EXPIRED = v1.DECISION_STATE_REJECTED, v1.DECISION_STATE_EXPIRED
END = 2**62


def offsets(deeds: list[Deed]) -> list[int]:
    return [deed.offset for deed in deeds]


def named(alike: Alike) -> list[str]:
    return [decision.decision_id for decision in alike.latest]


class TestDeeds:
    async def test_whose_they_are(self, store: Store, builder: LedgerBuilder) -> None:
        """An operator's entries come latest first; a core's or another operator's are none of them."""
        namesake = v1.Actor(kind=v1.ACTOR_KIND_CORE, name=OPERATOR_1.name, role=v1.ROLE_CORE)
        for actor in (CORE, OPERATOR_1, OPERATOR_2, namesake, OPERATOR_1, None):
            await append(store, builder.decided("decision-1", actor=actor))
        found = await store.deeds(OPERATOR_1.name, before=END, limit=9)
        assert offsets(list(found)) == [5, 2]
        assert [deed.entry for deed in found] == [builder.records[4].entry, builder.records[1].entry]
        assert list(await store.deeds("nobody", before=END, limit=9)) == []
        assert list(await store.deeds("", before=END, limit=9)) == []

    async def test_pages(self, store: Store, builder: LedgerBuilder) -> None:
        """Deeds are read page by page, each from before the last of the page before."""
        for number in range(7):
            await append(store, builder.decided(f"decision-{number}", actor=OPERATOR_1))
        first = await store.deeds(OPERATOR_1.name, before=END, limit=3)
        second = await store.deeds(OPERATOR_1.name, before=first[-1].offset, limit=3)
        assert offsets([*first, *second]) == [7, 6, 5, 4, 3, 2]
        assert offsets(list(await store.deeds(OPERATOR_1.name, before=2, limit=3))) == [1]
        assert list(await store.deeds(OPERATOR_1.name, before=1, limit=3)) == []

    async def test_when_it_was_proposed(self, store: Store, builder: LedgerBuilder) -> None:
        """A deed says when its decision was proposed; one about the house says 0."""
        await append(store, builder.decided("decision-1", actor=OPERATOR_1))
        await append(store, Appendage([builder.entry(actor=OPERATOR_1)]))
        found = await store.deeds(OPERATOR_1.name, before=END, limit=9)
        assert [deed.proposed_at_us for deed in found] == [0, START_US]

    async def test_about_one_decision(self, store: Store, builder: LedgerBuilder) -> None:
        """What an operator did about one decision is found among all else."""
        for number, actor in enumerate((OPERATOR_1, OPERATOR_1, OPERATOR_2, OPERATOR_1, OPERATOR_1, OPERATOR_1)):
            await append(store, builder.decided(f"decision-{number % 2}", actor=actor))
        found = await store.deeds(OPERATOR_1.name, before=6, limit=9, decision_id="decision-0")
        assert offsets(list(found)) == [5, 1]
        assert list(await store.deeds(OPERATOR_2.name, before=END, limit=9, decision_id="decision-1")) == []


class TestAlike:
    async def test_nothing_is_alike(self, store: Store, builder: LedgerBuilder) -> None:
        """A group of one has nothing that is alike; nor has a group that there never was."""
        await append(store, builder.decided("decision-1", group="a"))
        assert await store.alike("a", without="decision-1", limit=5, counted=5) == ([], {}, 0, 0)
        assert await store.alike("b", without="decision-1", limit=5, counted=5) == ([], {}, 0, 0)

    async def test_how_they_ended(self, store: Store, builder: LedgerBuilder) -> None:
        """Those that ended come latest first, counted by their state; what is open is counted, what is other is not."""
        await append(
            store,
            builder.decided("a", group="g", state=REJECTED),
            builder.decided("b", group="g", state=EXECUTED, by_policy=True),
            builder.decided("c", group="other", state=EXECUTED),
            builder.decided("d", group="g", state=EXECUTED),
            builder.decided("e", group="g", state=APPROVED),
            builder.decided("f", group="g"),
            builder.decided("g", group="g", state=EXPIRED),
        )
        found = await store.alike("g", without="f", limit=9, counted=9)
        assert named(found) == ["g", "d", "b", "a"]
        assert found.by_state == {REJECTED: 1, EXECUTED: 2, EXPIRED: 1}
        assert (found.approved_by_policy, found.still_open) == (1, 1)

    @pytest.mark.parametrize(("without", "expected"), [("d-9", 8), ("d-0", 9), ("d-4", 9), ("no such", 9)])
    async def test_the_one_asked_about_is_left_out(
        self, store: Store, builder: LedgerBuilder, without: str, expected: int
    ) -> None:
        """The decision that was asked about is not among those that ended, nor among those that are open."""
        states = [REJECTED] * 5 + [PENDING] * 5
        await append(store, *[builder.decided(f"d-{n}", group="g", state=state) for n, state in enumerate(states)])
        found = await store.alike("g", without=without, limit=9, counted=9)
        assert without not in named(found)
        assert len(found.latest) + found.still_open == expected + (without in {"d-9", "no such"})

    async def test_bounds(self, store: Store, builder: LedgerBuilder) -> None:
        """No more are returned, and no more are counted, than was asked for: the latest."""
        await append(store, *[builder.decided(f"old-{n}", group="g", state=REJECTED) for n in range(4)])
        await append(store, *[builder.decided(f"new-{n}", group="g", state=EXPIRED) for n in range(4)])
        found = await store.alike("g", without="", limit=2, counted=5)
        assert named(found) == ["new-3", "new-2"]
        assert found.by_state == {EXPIRED: 4, REJECTED: 1}

    async def test_a_decision_that_ends_changes_sides(self, store: Store, builder: LedgerBuilder) -> None:
        """A decision is among the open ones until it ends, and then among those that ended."""
        await append(store, builder.decided("a", group="g"))
        assert (await store.alike("g", without="", limit=9, counted=9)).still_open == 1
        await append(store, builder.decided("a", group="g", state=REJECTED))
        found = await store.alike("g", without="", limit=9, counted=9)
        assert (named(found), found.still_open) == (["a"], 0)
