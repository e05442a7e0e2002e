"""Where untrusted bytes become values: the only place.

`parse` makes a message of bytes and `validate` holds it to the contract: the `(limits)` of every field, what protobuf
leaves open (NaN, unknown enum values, moments out of range), and the few rules that bind one field to another. What
passed both may be decided on, hashed and stored. A server-side rule that depends on what holds now is the domain's.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final, TypeVar, cast

from google.protobuf.message import DecodeError, Message

from governance import v1
from governance_server.errors import FieldViolation, InvalidArgument
from governance_server.rpc import relations, rules, sieve, wire
from governance_server.rpc.rules import Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import Descriptor, FieldDescriptor

M = TypeVar("M", bound=Message)

_SENT_AGAIN: Final = "Nothing of this message was done. Correct it and send it again."


def parse(message_type: type[M], data: bytes) -> M:
    """Return the message that bytes hold. It still has to be validated.

    Raises:
        InvalidArgument: FIELD_INVALID for a string that is not UTF-8, naming it; MESSAGE_MALFORMED for bytes that are
            no such message.
    """
    try:
        return message_type.FromString(data)
    except DecodeError:
        field = wire.bad_text(_descriptor(message_type), data)
    if field is None:
        raise InvalidArgument(
            v1.ERROR_REASON_MESSAGE_MALFORMED,
            f"The {len(data)} bytes are not a {message_type.DESCRIPTOR.name}. {_SENT_AGAIN}",
        )
    raise _field_invalid([Violation(field, "is not UTF-8")])


def validate(message: Message) -> None:
    """Hold a message, fresh from `parse`, to the contract. What the contract does not know is dropped from it.

    Unknown fields are dropped because nothing bounds them: they would be stored as they came. In an action they are
    refused instead, since its digest would not cover them.

    Raises:
        InvalidArgument: FIELD_INVALID with up to 16 violations. The metadata's `request_id` names the command that the
            first of them is in, where that command has an id that is in order.
    """
    descriptor = _descriptor(type(message))
    whole = message.SerializeToString()
    if sieve.check_of(descriptor)(message, len(whole)):
        message.DiscardUnknownFields()
        if message.ByteSize() == len(whole):
            return
        # Something was dropped. Where it was is for the rule to say.
        message.ParseFromString(whole)
    violations = compiled(descriptor)(message)
    if violations:
        raise _field_invalid(violations)
    message.DiscardUnknownFields()


@functools.cache
def compiled(descriptor: Descriptor) -> rules.Rule:
    """Return the rule for all messages of a type, made of the rules of its fields. The type must not contain itself."""
    checks = {field: check for field in descriptor.fields if (check := _field(field)) is not None}
    required = tuple((field.name, field.has_presence) for field in descriptor.fields if rules.is_required(field))
    relation = relations.RELATIONS.get(descriptor.full_name)
    command_id = relations.COMMAND_IDS.get(descriptor.full_name)

    def rule(message: Message) -> Sequence[Violation]:
        found: list[Violation] = []
        # Only what is set is looked at: a field that is not costs nothing.
        for field, value in message.ListFields():
            check = checks.get(field)
            if check is not None and (violations := check(value)):
                found += rules.beneath(f".{field.name}", violations)
                if len(found) >= rules.MOST_VIOLATIONS:
                    break
        for name, presence in required:
            if not (message.HasField(name) if presence else getattr(message, name)):
                found.append(Violation(f".{name}", rules.REQUIRED))
        if relation is not None:
            found += relation(message)
        if found and command_id is not None:
            found = relations.with_command_id(found, command_id(message))
        return found

    return rule


def _field(field: FieldDescriptor) -> rules.Rule | None:
    """Return the rule for what a field holds when it is set; None where anything will do."""
    limits = rules.limits_of(field)
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        key = rules.scalar(entry.fields_by_name["key"], v1.Limits(max_length=limits.max_key_length))
        value = _one(entry.fields_by_name["value"], limits)
        assert key is not None
        assert value is not None, "the contract has no map of bools, of which nothing could be wrong"
        return rules.mapping(key, value, limits)
    rule = _one(field, limits)
    return rules.each(rule, limits) if field.is_repeated else rule


def _one(field: FieldDescriptor, limits: v1.Limits) -> rules.Rule | None:
    """Return the rule for one value of a field."""
    if field.message_type is None:
        return rules.scalar(field, limits)
    return rules.time(field, limits) or compiled(field.message_type)


def _descriptor(message_type: type[Message]) -> Descriptor:
    # The published stubs name the class of one implementation beside the interface that both have.
    return cast("Descriptor", message_type.DESCRIPTOR)


def _field_invalid(found: Sequence[Violation]) -> InvalidArgument:
    violations = [
        FieldViolation(path.removeprefix("."), description) for path, description, _ in found[: rules.MOST_VIOLATIONS]
    ]
    field, description = violations[0]
    more = f", and {len(violations) - 1} more" if len(violations) > 1 else ""
    command_id = next((violation.command_id for violation in found if violation.command_id), "")
    return InvalidArgument(
        v1.ERROR_REASON_FIELD_INVALID,
        f"{field or 'The message'} {description}{more}. {_SENT_AGAIN}",
        field_violations=violations,
        metadata={"request_id": command_id} if command_id else None,
    )
