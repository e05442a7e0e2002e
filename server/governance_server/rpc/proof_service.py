"""AuditService's proofs: checkpoints, what is in the tree of one, and how one follows from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance import v1
from governance_server.domain import tree
from governance_server.domain.house import checkpoint_keys
from governance_server.domain.note import NoteError, read_checkpoint, read_note, with_cosignatures
from governance_server.errors import FailedPrecondition, FieldViolation, InvalidArgument, NotFound
from governance_server.rpc.handlers import Unary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance_server.domain.note import Note
    from governance_server.rpc.edge import Edge
    from governance_server.rpc.handlers import Rpc
    from governance_server.rpc.identity import Principal


class ProofService:
    """The rpcs of AuditService that prove something; the contract has what they promise."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def rpcs(self) -> Mapping[str, Rpc]:
        """Return the rpcs by name."""
        return {
            "GetCheckpoint": Unary(v1.GetCheckpointRequest, self._get_checkpoint),
            "GetInclusionProof": Unary(v1.GetInclusionProofRequest, self._get_inclusion_proof),
            "GetConsistencyProof": Unary(v1.GetConsistencyProofRequest, self._get_consistency_proof),
            "AddCosignature": Unary(v1.AddCosignatureRequest, self._add_cosignature),
        }

    async def _get_checkpoint(self, request: v1.GetCheckpointRequest, _: Principal) -> v1.GetCheckpointResponse:
        store = self._edge.store
        checkpoint = await store.newest_checkpoint(witnessed=request.witnessed)
        if checkpoint is None:
            which = "No witness has cosigned a checkpoint" if request.witnessed else "No checkpoint was signed"
            raise NotFound(v1.ERROR_REASON_CHECKPOINT_NOT_FOUND, f"{which} yet. Ask again later.")
        # after the checkpoint, so that the key that it was signed with is among them
        keys = checkpoint_keys(await store.house())
        head = await store.head()
        return v1.GetCheckpointResponse(note=checkpoint.note, keys=keys, head_offset=head.offset)

    async def _get_inclusion_proof(
        self, request: v1.GetInclusionProofRequest, _: Principal
    ) -> v1.GetInclusionProofResponse:
        await self._assure_reached(request.tree_size)
        if request.offset > request.tree_size:
            raise _unknown(f"The tree of {request.tree_size} entries has none at offset {request.offset}.")
        store, index = self._edge.store, request.offset - 1
        (leaf_hash,) = await store.hashes(0, index, index + 1)
        return v1.GetInclusionProofResponse(
            leaf_hash=leaf_hash, hashes=await tree.inclusion(store, index, request.tree_size)
        )

    async def _get_consistency_proof(
        self, request: v1.GetConsistencyProofRequest, _: Principal
    ) -> v1.GetConsistencyProofResponse:
        await self._assure_reached(max(request.from_size, request.to_size))
        if request.from_size > request.to_size:
            raise _unknown(f"The tree of {request.to_size} entries does not begin with one of {request.from_size}.")
        hashes = await tree.consistency(self._edge.store, request.from_size, request.to_size)
        return v1.GetConsistencyProofResponse(hashes=hashes)

    async def _assure_reached(self, size: int) -> None:
        head = await self._edge.store.head()
        if size > head.offset:
            raise _unknown(f"The ledger ends at offset {head.offset}; there is no tree of {size} entries.")

    async def _add_cosignature(self, request: v1.AddCosignatureRequest, _: Principal) -> v1.AddCosignatureResponse:
        store = self._edge.store
        try:
            offered = read_note(request.note)
            size = read_checkpoint(offered.text).size
        except NoteError as error:
            raise _malformed(error) from error
        while True:
            kept = await store.checkpoint(size)
            ours = None if kept is None else read_note(kept.note)
            if kept is None or ours is None or ours.text != offered.text:
                raise _unknown("The note is about no checkpoint that this server keeps. Cosign its newest one.")
            # again, where another witness was faster
            if await store.cosign_checkpoint(size, kept.note, _cosigned(ours, offered)):
                return v1.AddCosignatureResponse()


def _cosigned(ours: Note, offered: Note) -> str:
    try:
        return with_cosignatures(ours, offered).whole()
    except NoteError as error:
        raise _malformed(error) from error


def _unknown(message: str) -> FailedPrecondition:
    return FailedPrecondition(v1.ERROR_REASON_OFFSET_UNKNOWN, message)


def _malformed(error: NoteError) -> InvalidArgument:
    return InvalidArgument(
        v1.ERROR_REASON_FIELD_INVALID,
        f"The note cannot be taken: {error}.",
        field_violations=[FieldViolation("note", str(error))],
    )
