"""The sieve: tells at once that a message is in order, so that the rules are asked only about what is not.

Theory of operation. Nearly all that comes is in order, and of that nobody wants to know more. So each message type has,
beside its rule, a check that says yes or no and nothing else: Python source, written from the same descriptors and
`(limits)` and compiled once, that reads each field once into a local and compares, without a call for each field. What
is written for a `Cancel`:

    def check(_message, _total):
        decision_id = _message.decision_id
        if identifier_1_64(decision_id) is None: return False
        reason = _message.reason
        if len(reason) > 4096: return False
        return True

A yes holds: the rule would find nothing. A no means that the rule has to look; it explains, and has the last word. Left
to whoever asks is whether there are fields that nobody knows: that is cheaper to find out of a whole frame than of each
action in it. `tests/property/test_sieve.py` holds checks and rules together.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from governance import v1
from governance_server.rpc import relations, rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.descriptor import Descriptor

Check: TypeAlias = Callable[[Any, int], bool]
"""Takes a message and how many bytes the whole has that it is part of; returns whether it is in order."""

_TEXTS: Final = {FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}


@functools.cache
def check_of(descriptor: Descriptor) -> Check:
    """Return the check for all messages of a type. The type must not contain itself."""
    written = _Source(descriptor)
    code = compile(written.text, f"<check of {descriptor.full_name}>", "exec")
    exec(code, written.names)  # noqa: S102 - written here, from the contract; nothing that anybody sent is in it
    check: Check = written.names["check"]
    return check


class _Source:
    """The source of one check.

    Locals have the names of fields and oneofs; the two arguments have names that no field can have.

    Attributes:
        names: What it refers to, by name.
    """

    def __init__(self, descriptor: Descriptor) -> None:
        self.names: dict[str, Any] = {}
        self._lines: list[str] = []
        for field in descriptor.fields:
            self._field(field)
        for oneof in descriptor.oneofs:
            self._choice(oneof.name, {each.name: each.message_type for each in oneof.fields if each.message_type})
        self._relation(descriptor.full_name)
        assert {"len", "any", "getattr", *self.names}.isdisjoint(field.name for field in descriptor.fields)

    @property
    def text(self) -> str:
        """The whole of it."""
        return "\n    ".join(("def check(_message, _total):", *self._lines, "return True\n"))

    def _refuse_if(self, wrong: str, depth: int = 0) -> None:
        self._lines.append(f"{'    ' * depth}if {wrong}: return False")

    def _named(self, name: str, value: object) -> str:
        """Return the name by which the source refers to a value."""
        assert self.names.setdefault(name, value) == value
        return name

    def _field(self, field: FieldDescriptor) -> None:
        limits = rules.limits_of(field)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            self._map(field.name, field.message_type.fields_by_name, limits)
        elif field.is_repeated:
            self._list(field, limits)
        elif field.message_type is None:
            self._scalar(field, limits)
        elif field.containing_oneof is None:
            self._message(field, field.message_type, limits)
        else:
            # Left to `_choice`, which knows of no bounds but those within the message.
            assert rules.time(field, limits) is None
            assert not rules.is_required(field)

    def _scalar(self, field: FieldDescriptor, limits: v1.Limits) -> None:
        name, rule, required = field.name, rules.scalar(field, limits), rules.is_required(field)
        wrong = self._wrong(field, limits, name)
        self._lines.append(f"{name} = _message.{name}")
        is_set = f"_message.HasField({name!r})" if field.has_presence else name
        default_passes = rule is None or not rule(field.default_value)
        if required and (default_passes or field.has_presence):
            self._refuse_if(f"not {is_set}")
        if wrong is not None:
            self._refuse_if(wrong if required or default_passes else f"{is_set} and {wrong}")

    def _message(self, field: FieldDescriptor, message: Descriptor, limits: v1.Limits) -> None:
        """Check a message. One that is not set reads as an empty one: which it is, is asked only where it matters."""
        wrong, is_set = self._wrong(field, limits, f"_message.{field.name}"), f"_message.HasField({field.name!r})"
        time = rules.time(field, limits)
        empty = GetMessageClass(message)()
        empty_passes = not time(empty) if time is not None else check_of(message)(empty, 0)
        if rules.is_required(field):
            self._refuse_if(f"not {is_set} or {wrong}" if empty_passes else f"{wrong}")
        else:
            # Times are seldom set, and asking is quicker than reading; other parts are there nearly always.
            self._refuse_if(f"{wrong}" if empty_passes and time is None else f"{is_set} and {wrong}")

    def _list(self, field: FieldDescriptor, limits: v1.Limits) -> None:
        name = field.name
        self._lines.append(f"{name} = _message.{name}")
        if rules.is_required(field):
            self._refuse_if(f"not {name}")
        self._lines.append(f"if {name}:")
        self._refuse_if(f"len({name}) > {limits.max_items or sys.maxsize}", 1)
        wrong = self._wrong(field, limits, "_item")
        if wrong is not None:
            # Of a slice: to go through the list itself ends in an IndexError that protobuf makes and Python drops.
            self._lines.append(f"    for _item in {name}[:]:")
            self._refuse_if(wrong, 2)

    def _map(self, name: str, parts: Mapping[str, FieldDescriptor], limits: v1.Limits) -> None:
        key = self._wrong(parts["key"], v1.Limits(max_length=limits.max_key_length), "_key")
        value = self._wrong(parts["value"], limits, f"{name}[_key]")
        self._lines += (f"{name} = _message.{name}", f"if {name}:")
        self._refuse_if(f"len({name}) > {limits.max_items or sys.maxsize}", 1)
        self._lines.append(f"    for _key in {name}:")
        self._refuse_if(f"{key} or {value}", 2)

    def _choice(self, name: str, members: Mapping[str, Descriptor]) -> None:
        """Check the one message of a oneof that is there; its scalars are checked as other fields are."""
        checks = {member: check_of(message) for member, message in members.items() if message.fields}
        if members:
            self._lines.append(f"{name} = _message.WhichOneof({name!r})")
        if checks:
            chosen = f"{self._named(f'checks_of_{name}', checks)}.get({name})"
            self._lines.append(f"_check = {chosen}")
            self._refuse_if(f"_check is not None and not _check(getattr(_message, {name}), _total)")

    def _relation(self, message: str) -> None:
        """Check what binds one field to another."""
        if message in relations.BROKEN:
            if relations.BROKEN[message]:
                self._refuse_if(relations.BROKEN[message])
        elif message in relations.RELATIONS:
            self._refuse_if(f"any({self._named('relation', relations.RELATIONS[message])}(_message))")

    def _wrong(self, field: FieldDescriptor, limits: v1.Limits, value: str) -> str | None:
        """Return the expression that is true where one value of a field breaks its rule; None where none can."""
        if field.type in _TEXTS:
            return self._wrong_text(limits, value)
        if field.type == FieldDescriptor.TYPE_BOOL:
            return None
        if field.enum_type is not None:
            known = frozenset(field.enum_type.values_by_number)
            return f"{value} not in {self._named(f'every_{field.enum_type.name}', known)}"
        if field.message_type is None:
            least, most = rules.bounds(field, limits)
            return f"not {least!r} <= {value} <= {most!r}"
        rule = rules.time(field, limits)
        if rule is not None:
            return f"{self._named(f'rule_of_{field.name}', rule)}({value})"
        check = self._named(f"check_{field.message_type.name}", check_of(field.message_type))
        return f"not {check}({value}, _total)"

    def _wrong_text(self, limits: v1.Limits, value: str) -> str:
        fewest, most = limits.min_length, limits.max_length or sys.maxsize
        if limits.identifier:
            name = self._named(f"identifier_{max(fewest, 1)}_{most}", rules.identifier(limits))
            return f"{name}({value}) is None"
        return f"not {fewest} <= len({value}) <= {most} and {value}" if fewest else f"len({value}) > {most}"
