"""The sieve and the rules say the same of any message: what passes the one is in order by the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from governance import v1
from governance_server.rpc.sieve import check_of
from governance_server.rpc.validation import compiled
from tests.property.test_frames import KINDS, QUICK, messages
from tests.support.messages import core_frame, operator_frame
from tests.unit.rpc_sites import minimal

if TYPE_CHECKING:
    from google.protobuf.message import Message

PARTS = st.sampled_from(
    [
        v1.Proposal,
        v1.Action,
        v1.Evidence,
        v1.Verdict,
        v1.CoreCommand,
        v1.OperatorCommand,
        v1.ReportOrder,
        v1.DeclareHalt,
    ]
)


def agree(message: Any) -> bool:
    """Return what both say of a message in which every field is known."""
    message.DiscardUnknownFields()
    passed = check_of(message.DESCRIPTOR)(message, message.ByteSize())
    assert passed is not bool(compiled(message.DESCRIPTOR)(message)), message
    return passed


@QUICK
@given(data=st.data(), kind=KINDS | PARTS)
def test_sieve_and_rules_agree_on_any_message(data: st.DataObject, kind: type[Message]) -> None:
    """Whatever a request or a part of one holds, both let it in or both do not."""
    agree(data.draw(messages(kind.DESCRIPTOR)))


@QUICK
@given(data=st.data(), kind=KINDS | PARTS)
def test_sieve_and_rules_agree_on_any_bytes(data: st.DataObject, kind: type[Message]) -> None:
    """So they do where fields come twice, as none of ours writes them."""
    one, other = (data.draw(messages(kind.DESCRIPTOR)).SerializeToString() for _ in range(2))
    agree(kind.FromString(one + other))


@QUICK
@given(data=st.data())
def test_sieve_and_rules_agree_on_a_storm(data: st.DataObject) -> None:
    """One command in a frame that is not in order keeps the frame from passing, wherever it stands."""
    command = data.draw(st.sampled_from([v1.CoreCommand.DESCRIPTOR, v1.OperatorCommand.DESCRIPTOR]))
    commands: list[Any] = [minimal(command) for _ in range(data.draw(st.integers(0, 3)))]
    commands.insert(data.draw(st.integers(0, len(commands))), data.draw(messages(command)))
    agree(core_frame(commands) if command is v1.CoreCommand.DESCRIPTOR else operator_frame(commands))
