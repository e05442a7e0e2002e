"""Redaction: a message without its personal data, by what the contract says of its fields (`personal_data`).

Two forms. `redacted` is for readers who may not see: the same shape, with `[redacted]` for every text that is personal.
`without_personal_data` is for what was erased: what only personal data says is not there at all.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from google.protobuf.descriptor import FieldDescriptor

from governance import v1

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor
    from google.protobuf.message import Message

M = TypeVar("M", bound="Message")

REDACTED: Final = "[redacted]"
"""What stands for a text that the reader may not see."""


class _Fields(NamedTuple):
    """The fields of a message type that matter here.

    Attributes:
        marked: Those that the contract marks.
        holding: Those whose messages hold marked fields, however deep.
    """

    marked: tuple[FieldDescriptor, ...]
    holding: tuple[FieldDescriptor, ...]


def redacted(message: M) -> M:
    """Return a message in which `[redacted]` stands for every text that is personal. Changes nothing of its argument.

    Its shape stays: what is empty stays empty, lists keep their length and maps their keys. Done twice, it is the same.
    """
    result = _copy(message)
    _redact(result)
    return result


def without_personal_data(decision: v1.Decision) -> v1.Decision:
    """Return what of a decision does not come of personal data. Changes nothing of its argument.

    Of an action, entries tell the type and the scope; of the rest that is stored in `PersonalData` alone, nothing. This
    is for comparing a decision of which something was erased: what its entries make of it is `evolve`'s to say.
    """
    rest = _copy(decision)
    _strip(rest)
    del rest.notes[:]  # whether a remark was kept as a note depends on there being one
    return rest


def _copy(message: M) -> M:
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


def _redact(message: Message) -> None:
    fields = _fields(message.DESCRIPTOR)
    for field in fields.marked:
        _redact_field(message, field)
    for field in fields.holding:
        for held in _held(message, field):
            _redact(held)


def _redact_field(message: Message, field: FieldDescriptor) -> None:
    value = getattr(message, field.name)
    if not value:
        return
    if _is_map(field):
        for key in list(value):  # a map that is written to while it is gone through passes over some
            value[key] = _hidden(value[key])
    elif field.is_repeated:
        value[:] = [_hidden(one) for one in value]
    else:
        setattr(message, field.name, _hidden(value))


def _hidden(value: str | bytes) -> str | bytes:
    if not value:
        return value
    return REDACTED if isinstance(value, str) else REDACTED.encode()


def _strip(message: Message) -> None:
    fields = _fields(message.DESCRIPTOR)
    for field in fields.marked:
        message.ClearField(field.name)
    for field in fields.holding:
        if field.message_type not in _STORED_APART:
            for held in _held(message, field):
                _strip(held)
        elif field.is_repeated:
            message.ClearField(field.name)
        elif message.HasField(field.name):
            getattr(message, field.name).CopyFrom(_remaining(getattr(message, field.name)))


def _remaining(message: Message) -> Message:
    """Return what entries tell of a message that is stored in `PersonalData` alone."""
    if isinstance(message, v1.Proposal):
        return v1.Proposal(action=_remaining(message.action))  # type: ignore[arg-type]  # an action stays one
    if isinstance(message, v1.Action):
        return v1.Action(type=message.type, scope=message.scope)
    return type(message)()


def _held(message: Message, field: FieldDescriptor) -> list[Any]:
    """Return the messages that a field holds; none where it is not set."""
    if field.is_repeated:
        return list(getattr(message, field.name))
    return [getattr(message, field.name)] if message.HasField(field.name) else []


def _is_map(field: FieldDescriptor) -> bool:
    return _type_of_values(field) is not field


@cache
def _fields(descriptor: Descriptor) -> _Fields:
    marked = tuple(field for field in descriptor.fields if _is_marked(field))
    assert all(_holds_text(field) for field in marked), "personal data is text"
    return _Fields(
        marked,
        tuple(
            field
            for field in descriptor.fields
            if field.message_type is not None and field not in marked and _holds_marked(field.message_type)
        ),
    )


def _is_marked(field: FieldDescriptor) -> bool:
    return bool(field.GetOptions().Extensions[v1.personal_data])


def _holds_text(field: FieldDescriptor) -> bool:
    return _type_of_values(field).type in {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}


def _type_of_values(field: FieldDescriptor) -> FieldDescriptor:
    """Return the field that says of which type a map's values are; of what is no map, the field itself."""
    held = field.message_type
    return held.fields_by_name["value"] if held is not None and held.GetOptions().map_entry else field


@cache
def _holds_marked(descriptor: Descriptor) -> bool:
    """Tell whether a message can hold a marked field, however deep. No message of the contract contains itself."""
    assert not descriptor.GetOptions().map_entry, "a map is marked, or holds nothing personal"
    fields = _fields(descriptor)
    return bool(fields.marked or fields.holding)


_STORED_APART: Final = frozenset(
    field.message_type for field in v1.PersonalData.DESCRIPTOR.fields if field.message_type is not None
)
"""The messages that `PersonalData` holds: no entry has them, so that what is erased of it is gone of them."""
