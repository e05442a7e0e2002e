"""Frames: what the server's bytes say, or that they cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from governance import v1
from governance_client.digest import has_unknown_fields
from governance_client.errors import ProtocolError
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_frame(content: bytes) -> v1.ProposeResponse:
    """Return the frame that the bytes are.

    Raises:
        ProtocolError: They are none, the frame is of a kind this version does not know, or an action in it has a field
            that this version does not know. Any of them may mean "stop", so core does.
    """
    try:
        frame = v1.ProposeResponse.FromString(content)
    except DecodeError:
        raise ProtocolError(_("The server sent a frame that cannot be read. Core has stopped acting.")) from None
    kind = frame.WhichOneof("frame")
    if kind is None:
        raise ProtocolError(
            _(
                "The server sent a frame that this version does not know; it may be an order to stop. Core has stopped "
                "acting. Update the client."
            )
        )
    if kind == "news":
        _check_actions(frame.news.changes)
    return frame


def _check_actions(changes: Sequence[v1.Change]) -> None:
    for change in changes:
        decision = change.decision
        if has_unknown_fields(decision.proposal.action) or (
            decision.HasField("original_action") and has_unknown_fields(decision.original_action)
        ):
            raise ProtocolError(
                _(
                    "The action of decision {id} has a field that this version does not know. Core has stopped acting. "
                    "Update the client."
                ).format(id=decision.decision_id)
            )
