"""The proofs that auditors ask for: what is told, what is refused, and what is kept of a witness."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, cast

import pytest

from governance import v1
from governance_server.domain.note import Checkpoint, Note, Signature, origin_of, read_note
from governance_server.domain.tree import root
from governance_server.engine.notary import Notary, change_key
from governance_server.engine.ports import Appendage
from governance_server.errors import FailedPrecondition, InvalidArgument, NotFound
from governance_server.rpc import validation
from governance_server.rpc.handlers import Unary
from governance_server.rpc.identity import Principal
from governance_server.rpc.proof_service import ProofService
from tests.property.test_tree import consistent, recomputed
from tests.support.entries import LedgerBuilder, append
from tests.support.served import Served, serving
from tests.unit.test_notary import HeldSigners

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

AUDITOR = v1.Actor(kind=v1.ACTOR_KIND_OPERATOR, name="auditor-1", role=v1.ROLE_AUDITOR)
LENGTH = 600


class Proving:
    """A served ledger with a notary, asked by an auditor."""

    def __init__(self, served: Served) -> None:
        self.store = served.edge.store
        self.signers = HeldSigners()
        self.notary = Notary(self.store, served.clock, self.signers)
        self.served = served
        self.origin = origin_of(served.edge.ledger_id)

    async def grow(self, length: int) -> None:
        builder = LedgerBuilder.after(await self.store.head())
        builder.recorded_us = max(builder.recorded_us, self.served.clock.now_us())
        await append(self.store, Appendage([builder.entry() for _ in range(length - builder.offset)]))

    async def introduce_key(self) -> None:
        key = self.signers.new(self.served.edge.ledger_id).verifier_key
        edge = self.served.edge
        await change_key(edge.store, edge.clock, edge.entropy, verifier_key=key, former=None)

    async def ask(self, request: Any) -> Any:
        rpc = ProofService(self.served.edge).rpcs()[type(request).__name__.removesuffix("Request")]
        assert isinstance(rpc, Unary)
        message = validation.parse(rpc.request, request.SerializeToString())
        validation.validate(message)
        return await cast("Any", rpc.call)(message, Principal(AUDITOR, "0" * 16, None))


@pytest.fixture
async def proving() -> AsyncIterator[Proving]:
    async with serving() as served:
        made = Proving(served)
        await made.introduce_key()
        await made.grow(LENGTH)
        yield made


async def test_the_newest_checkpoint_and_its_keys(proving: Proving) -> None:
    """What was signed last, every key so far, and where the ledger ends by now."""
    await proving.notary.sign()
    await proving.grow(LENGTH + 5)
    got = await proving.ask(v1.GetCheckpointRequest())
    assert got.note.startswith(f"{proving.origin}\n{LENGTH}\n")
    assert [key.offset for key in got.keys] == [2]
    assert got.keys[0].change.verifier_key in proving.signers.held
    assert got.head_offset == LENGTH + 5


async def test_before_the_first_one(proving: Proving) -> None:
    """There is none yet, and none that a witness has cosigned."""
    with pytest.raises(NotFound, match="No checkpoint"):
        await proving.ask(v1.GetCheckpointRequest())
    await proving.notary.sign()
    with pytest.raises(NotFound, match="No witness"):
        await proving.ask(v1.GetCheckpointRequest(witnessed=True))


@pytest.mark.parametrize(("offset", "size"), [(1, 1), (1, LENGTH), (257, 300), (512, 512), (LENGTH, LENGTH)])
async def test_inclusion(proving: Proving, offset: int, size: int) -> None:
    """A proof leads from the entry's hash to the root of the tree of any size that the ledger has had."""
    got = await proving.ask(v1.GetInclusionProofRequest(offset=offset, tree_size=size))
    (record,) = await proving.store.records(after=offset - 1, limit=1)
    assert got.leaf_hash == record.hash
    assert recomputed(got.leaf_hash, offset - 1, size, got.hashes) == await root(proving.store, size)


@pytest.mark.parametrize(("former", "size"), [(1, 1), (1, LENGTH), (256, 300), (257, 512), (LENGTH, LENGTH)])
async def test_consistency(proving: Proving, former: int, size: int) -> None:
    """A proof leads from one root to the other."""
    got = await proving.ask(v1.GetConsistencyProofRequest(from_size=former, to_size=size))
    former_root = await root(proving.store, former)
    assert consistent(former, size, got.hashes, former_root) == await root(proving.store, size)


@pytest.mark.parametrize(
    "request_",
    [
        v1.GetInclusionProofRequest(offset=1, tree_size=LENGTH + 1),
        v1.GetInclusionProofRequest(offset=6, tree_size=5),
        v1.GetConsistencyProofRequest(from_size=1, to_size=LENGTH + 1),
        v1.GetConsistencyProofRequest(from_size=6, to_size=5),
    ],
)
async def test_what_is_not_there_is_not_proven(proving: Proving, request_: Any) -> None:
    """A tree that the ledger has not come to, an entry beyond its tree, a tree that begins with a larger one."""
    with pytest.raises(FailedPrecondition) as refused:
        await proving.ask(request_)
    assert refused.value.reason == v1.ERROR_REASON_OFFSET_UNKNOWN


@pytest.mark.parametrize(
    "request_",
    [
        v1.GetInclusionProofRequest(offset=0, tree_size=5),
        v1.GetInclusionProofRequest(offset=5, tree_size=0),
        v1.GetInclusionProofRequest(offset=1, tree_size=2**64 - 1),
        v1.GetConsistencyProofRequest(from_size=0, to_size=5),
        v1.AddCosignatureRequest(),
        v1.AddCosignatureRequest(note="x" * 5000),
        v1.AddCosignatureRequest(note="no note"),
    ],
)
async def test_what_is_out_of_bounds_is_told(proving: Proving, request_: Any) -> None:
    """Nothing is proven of an empty tree, and what is no note is no cosignature."""
    with pytest.raises(InvalidArgument) as refused:
        await proving.ask(request_)
    assert refused.value.field_violations


def cosigned(note: str, name: str = "witness.example/1") -> str:
    """Return a note with a line that has the form of a cosignature."""
    return note + Signature(name, b"key1", bytes(72)).line()


async def test_a_cosignature_is_kept_for_others(proving: Proving) -> None:
    """It is told with the checkpoint from then on, also once there are newer ones."""
    await proving.notary.sign()
    note = (await proving.ask(v1.GetCheckpointRequest())).note
    await proving.ask(v1.AddCosignatureRequest(note=cosigned(note)))
    await proving.ask(v1.AddCosignatureRequest(note=cosigned(note)))
    await proving.ask(v1.AddCosignatureRequest(note=cosigned(note, "witness.example/2")))
    await proving.grow(LENGTH + 1)
    await proving.notary.sign()
    got = await proving.ask(v1.GetCheckpointRequest(witnessed=True))
    names = [one.name for one in read_note(got.note).signatures]
    assert names == [proving.origin, "witness.example/1", "witness.example/2"]
    assert "witness" not in (await proving.ask(v1.GetCheckpointRequest())).note


async def test_a_cosignature_of_something_else_is_not(proving: Proving) -> None:
    """Another root, another size or another ledger is about none of ours; another line is nothing to keep."""
    await proving.notary.sign()
    note = read_note((await proving.ask(v1.GetCheckpointRequest())).note)
    true_root = base64.b64decode(note.text.split("\n")[2])
    others = [
        Checkpoint(proving.origin, LENGTH, bytes(32)),
        Checkpoint(proving.origin, LENGTH - 1, true_root),
        Checkpoint("another.example", LENGTH, true_root),
    ]
    for other in others:
        with pytest.raises(FailedPrecondition, match="no checkpoint"):
            await proving.ask(v1.AddCosignatureRequest(note=cosigned(Note(other.text(), note.signatures).whole())))
    with pytest.raises(InvalidArgument, match="no cosignature"):
        await proving.ask(v1.AddCosignatureRequest(note=note.whole()))
    with pytest.raises(NotFound):
        await proving.ask(v1.GetCheckpointRequest(witnessed=True))
