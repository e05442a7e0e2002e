"""Every request of the contract and every field of it that can be reached, each in a smallest valid message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from governance import v1
from governance.v1 import (
    administration_service_pb2,
    audit_service_pb2,
    console_service_pb2,
    decision_service_pb2,
)
from governance_server.rpc.rules import is_required, limits_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, MethodDescriptor
    from google.protobuf.message import Message

FILES: Final = (administration_service_pb2, audit_service_pb2, console_service_pb2, decision_service_pb2)
METHODS: Final[tuple[MethodDescriptor, ...]] = tuple(
    method for file in FILES for service in file.DESCRIPTOR.services_by_name.values() for method in service.methods
)
REQUESTS: Final[tuple[type[Message], ...]] = tuple(GetMessageClass(method.input_type) for method in METHODS)
SERVERS_OWN: Final = {"governance.v1.Outcome.reported_at", "governance.v1.Outcome.reported_by"}
"""Fields that a request must leave out, whole."""


class Site(NamedTuple):
    """A field of a request, by the fields that lead to it."""

    request: type[Message]
    chain: tuple[FieldDescriptor, ...]

    @property
    def field(self) -> FieldDescriptor:
        return self.chain[-1]

    @property
    def limits(self) -> v1.Limits:
        return limits_of(self.field)

    @property
    def path(self) -> str:
        """The field's path where every list on the way has one item."""
        steps = [f"{step.name}[0]" if step.is_repeated else step.name for step in self.chain[:-1]]
        return ".".join([*steps, self.field.name])

    def message(self, value: Any) -> Message:
        """Return a request that is valid but, maybe, for this field, which holds `value`."""
        request: Message = minimal(self.request.DESCRIPTOR)
        here = request
        for step in self.chain[:-1]:
            here = _enter(here, step)
        put(here, self.field, value)
        return request

    def left_out(self) -> Message:
        """Return a request that is valid but, maybe, for this field, which is left out."""
        request = self.message(a_value(self.field))
        here: Any = request
        for step in self.chain[:-1]:
            here = getattr(here, step.name)[0] if step.is_repeated else getattr(here, step.name)
        here.ClearField(self.field.name)
        return request


def sites(request: type[Message]) -> Iterator[Site]:
    """Give every field that a request reaches, into messages but not into moments and spans."""
    yield from _below(request, ())


def all_sites() -> list[Site]:
    return [site for request in REQUESTS for site in sites(request)]


def _below(request: type[Message], chain: tuple[FieldDescriptor, ...]) -> Iterator[Site]:
    descriptor = chain[-1].message_type if chain else cast("Descriptor", request.DESCRIPTOR)
    assert descriptor is not None
    for field in descriptor.fields:
        if field.full_name in SERVERS_OWN:
            continue
        yield Site(request, (*chain, field))
        if is_message(field):
            yield from _below(request, (*chain, field))


def is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def is_message(field: FieldDescriptor) -> bool:
    """Tell whether a field holds messages of the contract's own."""
    well_known = {Timestamp.DESCRIPTOR, Duration.DESCRIPTOR}
    return field.message_type is not None and not is_map(field) and field.message_type not in well_known


def put(message: Any, field: FieldDescriptor, value: Any) -> None:
    """Set a field of any kind to a value: of a list its items, of a map its entries."""
    if is_map(field):
        message.ClearField(field.name)
        getattr(message, field.name).update(value)
    elif field.is_repeated:
        message.ClearField(field.name)
        getattr(message, field.name).extend(value)
    elif field.message_type is not None:
        getattr(message, field.name).CopyFrom(value)
    else:
        setattr(message, field.name, value)
    _settle(message)


def minimal(descriptor: Any) -> Any:
    """Return the smallest valid message of a type."""
    message = GetMessageClass(descriptor)()
    for field in descriptor.fields:
        if is_required(field):
            put(message, field, a_value(field))
    _settle(message)
    return message


def a_value(field: FieldDescriptor) -> Any:
    """Return one valid value for a field, or for one item of it."""
    limits = limits_of(field)
    if field.message_type is not None:
        if field.message_type is Duration.DESCRIPTOR:
            return Duration(seconds=int(limits.minimum) or 1)
        return Timestamp(seconds=1) if field.message_type is Timestamp.DESCRIPTOR else minimal(field.message_type)
    if field.type == FieldDescriptor.TYPE_STRING:
        return "a" * (limits.min_length or 1)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b"a" * (limits.min_length or 1)
    return 1


def _enter(message: Any, step: FieldDescriptor) -> Any:
    if step.is_repeated:
        message.ClearField(step.name)
        getattr(message, step.name).append(minimal(step.message_type))
        inner = getattr(message, step.name)[0]
    else:
        inner = getattr(message, step.name)
        inner.CopyFrom(minimal(step.message_type))
    _settle(message)
    return inner


def _settle(message: Any) -> None:
    """Make the fields of a message agree with each other."""
    match message:
        case v1.CoreCommand():
            if message.HasField("proposal"):
                message.request_id = ""
            elif not message.request_id:
                message.request_id = "r"
        case v1.Verdict() if message.WhichOneof("seen") is None:
            message.version = 1
        case v1.ClientHello() if message.offset and not message.ledger_id:
            message.ledger_id = "l"
        case v1.HaltScope() if message.WhichOneof("scope") is None:
            message.all = True
